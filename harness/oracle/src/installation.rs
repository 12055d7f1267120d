//! [`Installation`]: one installation in a store in memory, on which plans are carried
//! out as `apply` does it.

use provision_apply::{
    Applied, Applier, ApplyError, Contents, InstallKey, MemoryStore, PackIdentity, Request, Store,
};
use provision_core::wizard::questions::canary;
use provision_core::wizard::{
    InstalledState, ProvisionMode, ProvisionPlan, SecretBytes, TenantContext,
};

/// One installation in a store of its own.
pub(crate) struct Installation {
    store: MemoryStore,
    install: InstallKey,
}

impl Installation {
    /// The installation that `plan` sets up.
    ///
    /// # Errors
    /// If the plan cannot be carried out.
    pub(crate) fn of(plan: &ProvisionPlan) -> Result<Self, ApplyError> {
        let new = Self {
            store: MemoryStore::default(),
            install: InstallKey {
                tenant: TenantContext::default(),
                provider_id: "conformance".into(),
                install_id: "conformance".into(),
            },
        };
        new.apply(ProvisionMode::Install, plan)?;
        Ok(new)
    }

    /// Carries `plan` out. A dry run has no values of secrets, so that each secret gets
    /// a made-up one, the same in every run, and another than guests were given: the
    /// applier refuses a plan that shows a value, which other checks judge.
    ///
    /// # Errors
    /// If the plan cannot be carried out.
    pub(crate) fn apply(
        &self,
        mode: ProvisionMode,
        plan: &ProvisionPlan,
    ) -> Result<Applied, ApplyError> {
        let keys = plan.secrets_patch.set.keys();
        let made_up =
            |key: &String| SecretBytes::new(canary(&format!("stored {key}")).into_bytes());
        let request = Request {
            install: self.install.clone(),
            mode,
            pack: PackIdentity {
                digest: String::new(),
                name: String::new(),
                version: String::new(),
            },
            plan: plan.clone(),
            writes: Vec::new(),
            secrets: keys.map(|key| (key.clone(), made_up(key))).collect(),
        };
        Applier::commit(&self.store, &request)
    }

    /// What the store has.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) fn installed(&self) -> Result<InstalledState, ApplyError> {
        let contents = Contents::read(&*self.store.read()?, &self.install)?;
        Ok(contents.installed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn installation_agrees_with_the_model_on_what_plans_leave() {
        let plans = [
            json!({
                "config_patch": {"room": "blue", "gone": null},
                "secrets_patch": {"set": {"TOKEN": "<redacted>", "OLD": "<redacted>"}},
                "webhook_ops": [{"op": "register", "id": "w", "url": "https://a.invalid/x"}],
                "subscription_ops": [{"op": "create", "id": "s"}, {"op": "create"}],
                "oauth_ops": [{"op": "start", "provider": "p"}],
            }),
            json!({
                "config_patch": {"room": null, "floor": 2},
                "secrets_patch": {"delete": ["OLD"]},
                "webhook_ops": [{"op": "unregister", "id": "w"}],
                "subscription_ops": [{"op": "delete", "id": "s"}],
            }),
        ];
        let plans =
            plans.map(|plan| serde_json::from_value::<ProvisionPlan>(plan).expect("a plan"));
        let installation = Installation::of(&plans[0]).expect("applies");
        let mut model = InstalledState::default();
        model.apply(&plans[0]);
        assert_eq!(installation.installed().expect("reads"), model);
        let applied = installation.apply(ProvisionMode::Update, &plans[1]);
        assert!(applied.expect("applies").changed);
        model.apply(&plans[1]);
        assert_eq!(installation.installed().expect("reads"), model);
    }
}
