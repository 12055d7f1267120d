//! `greentic:component/node@0.4` and `0.5`: operations on JSON text.

use super::interface::{Abi, Answer};
use super::target::Target;
use super::target::{guest_error, wrong_type};
use crate::reflect::{self, Data};
use provision_core::json::text;
use provision_core::wizard::{Call, CallContext, StepFailure, StepOutcome};
use serde_json::{Value, json};

pub(super) const ABI: Abi = Abi {
    interface: "greentic:component/node",
    versions: &["0.4", "0.5"],
    call,
};

fn call(target: &mut Target<'_>, interface: &str, call: &Call) -> Answer {
    match call {
        Call::Invoke {
            operation,
            context,
            input,
        } => Some(invoke(target, interface, operation, context, input)),
        Call::Describe => {
            let manifest = target.call(interface, "get-manifest", &[]);
            Some(manifest.and_then(|results| target.text(&results)))
        }
        _ => None,
    }
}

fn invoke(
    target: &mut Target<'_>,
    interface: &str,
    operation: &str,
    context: &CallContext,
    input: &Value,
) -> Result<StepOutcome, StepFailure> {
    let arguments = [
        Data::from(&exec_ctx(context)),
        Data::Text(operation.to_owned()),
        Data::Text(text(input)),
    ];
    let results = target.call(interface, "invoke", &arguments)?;
    let answer = results.first().map(reflect::json).unwrap_or_default();
    if let Some(error) = answer.get("err") {
        return Err(guest_error(error));
    }
    let Some(text) = answer.get("ok").and_then(Value::as_str) else {
        return Err(wrong_type("invoke-result"));
    };
    target
        .bounded(text.as_bytes().to_vec())
        .map(StepOutcome::Json)
}

/// The fields of all versions of `exec-ctx`.
fn exec_ctx(context: &CallContext) -> Value {
    json!({
        "tenant": tenant(context),
        "i18n-id": context.locale_or_english(),
        "flow-id": context.flow,
        "node-id": context.node,
    })
}

/// The fields of all versions of `tenant-ctx`; a component gets those that its own
/// type has. There is no deadline, so that no clock reaches the component.
pub(super) fn tenant(context: &CallContext) -> Value {
    let CallContext {
        environment,
        tenant,
        team,
        user,
        provider,
        flow,
        node,
        component: _,
        locale: _,
    } = context;
    let call = call_id(context);
    json!({
        "env": environment,
        "env-id": environment,
        "tenant": tenant,
        "tenant-id": tenant,
        "team": team,
        "team-id": team,
        "user": user,
        "user-id": user,
        "trace-id": call,
        "correlation-id": call,
        "i18n-id": context.locale_or_english(),
        "session-id": call,
        "flow-id": flow,
        "node-id": node,
        "provider-id": provider,
        "attempt": 1,
    })
}

/// The id of a call: 32 hex digits, as hosts make them, that follow from the context.
fn call_id(context: &CallContext) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [
        &context.tenant,
        &context.provider,
        &context.flow,
        &context.node,
    ] {
        hasher.update(part.as_bytes()).update(&[0]);
    }
    let digits = hasher.finalize().to_hex();
    digits.chars().take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn component_gets_the_language_and_ids_of_its_call() {
        let of = |tenant: &str, locale: Option<&str>| {
            let context = CallContext {
                tenant: tenant.into(),
                locale: locale.map(str::to_owned),
                ..CallContext::default()
            };
            exec_ctx(&context)
        };
        let (english, arabic) = (of("acme", None), of("acme", Some("ar-EG")));
        for place in ["/i18n-id", "/tenant/i18n-id"] {
            assert_eq!(english.pointer(place), Some(&json!("en")));
            assert_eq!(arabic.pointer(place), Some(&json!("ar-EG")));
        }
        let id = |context: &Value| context["tenant"]["trace-id"].clone();
        assert_eq!(id(&english), id(&of("acme", None)));
        assert_ne!(
            id(&english),
            id(&of("other", None)),
            "another call, another id"
        );
    }
}
