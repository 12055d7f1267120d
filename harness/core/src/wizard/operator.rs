//! How the operator sets a provider up: by the operations of its own component, where the
//! provider extension declares them.

use crate::components;
use crate::pack::Pack;
use serde::{Deserialize, Serialize};

/// The host that runs a wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunBy {
    /// The operator, when it sets a pack up.
    Operator,
    /// The tools of an author who builds a flow.
    Author,
    /// No host runs it.
    Nobody,
}

impl RunBy {
    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Author => "author",
            Self::Nobody => "nobody",
        }
    }
}

/// The operations that the operator calls to set a provider up.
const OPERATIONS: [&str; 3] = ["qa-spec", "apply-answers", "i18n-keys"];

/// The component that the operator asks.
pub(super) struct Contract {
    /// Its file; `None` if the pack does not have it.
    pub component: Option<String>,
}

/// The QA contract of a provider; `None` if its extension does not declare the
/// operations. The operator runs the setup flow then.
pub(super) fn contract(pack: &Pack) -> Option<Contract> {
    let manifest = pack.manifest().pack_v1.as_deref()?;
    let extension = manifest.provider_extension_inline()?;
    let mut providers = extension.providers.iter();
    let declares = providers.any(|provider| {
        let has = |operation: &&str| provider.ops.iter().any(|op| op == operation);
        OPERATIONS.iter().all(has)
    });
    // NB: one provider has to declare the operations; the operator then asks the first.
    let first = extension.providers.first().filter(|_| declares)?;
    let component = &first.runtime.component_ref;
    Some(Contract {
        component: components::resolve(pack, manifest, component),
    })
}
