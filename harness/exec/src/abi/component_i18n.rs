//! `greentic:component/component-i18n@0.6`: the texts of a component.

use super::interface::{Abi, Answer};
use super::target::Target;
use crate::reflect::Data;
use provision_core::wizard::{Call, StepOutcome};

pub(super) const ABI: Abi = Abi {
    interface: "greentic:component/component-i18n",
    versions: &["0.6"],
    call,
};

fn call(target: &mut Target<'_>, interface: &str, call: &Call) -> Answer {
    match call {
        Call::I18nKeys => {
            let keys = target.call(interface, "i18n-keys", &[]);
            Some(keys.and_then(|results| target.value(&results)))
        }
        // Version 0.6.0 has only `i18n-keys`.
        Call::I18nBundle { locale } if target.has(interface, "i18n-bundle") => {
            let arguments = [Data::Text(locale.clone())];
            let bundle = target.call(interface, "i18n-bundle", &arguments);
            Some(bundle.and_then(|results| target.bytes(&results).map(StepOutcome::Cbor)))
        }
        _ => None,
    }
}
