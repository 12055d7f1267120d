//! [`Installation`]: one installation in a store in memory, on which plans are carried
//! out as `apply` does it.

use provision_apply::{
    Applied, Applier, ApplyError, Contents, Diff, InstallKey, MemoryStore, PackIdentity, Request,
    Store, StoreError,
};
use provision_core::wizard::questions::canary;
use provision_core::wizard::{
    InstalledState, ProvisionMode, ProvisionPlan, SecretBytes, StoreView, TenantContext, WizardRun,
};
use std::collections::{BTreeMap, BTreeSet};

/// One installation in a store of its own.
#[derive(Debug, Clone)]
pub(crate) struct Installation {
    store: MemoryStore,
    install: InstallKey,
}

impl Default for Installation {
    /// A store without the installation.
    fn default() -> Self {
        Self {
            store: MemoryStore::default(),
            install: InstallKey {
                tenant: TenantContext::default(),
                provider_id: "conformance".into(),
                install_id: "conformance".into(),
            },
        }
    }
}

impl Installation {
    /// The installation that `plan` sets up.
    ///
    /// # Errors
    /// If the plan cannot be carried out.
    pub(crate) fn of(plan: &ProvisionPlan) -> Result<Self, ApplyError> {
        let new = Self::default();
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
        let secrets = keys.map(|key| (key.clone(), made_up(key)));
        let request = Request {
            mode,
            secrets: secrets.collect(),
            ..self.request(plan)
        };
        Applier::commit(&self.store, &request)
    }

    /// Carries the plan and the writes of `run` out, which was in apply mode, and says
    /// what changes.
    ///
    /// # Errors
    /// If the plan cannot be carried out; then nothing changes.
    pub(crate) fn carry_out(&self, run: &WizardRun) -> Result<Diff, ApplyError> {
        let applied = Applier::commit(&self.store, &self.request_of(run))?;
        Ok(applied.diff)
    }

    /// The secrets that the plan of `run` sets, and that have no value.
    pub(crate) fn unresolved(&self, run: &WizardRun) -> Vec<String> {
        provision_apply::unresolved(&self.request_of(run), &BTreeSet::new())
    }

    fn request_of(&self, run: &WizardRun) -> Request {
        Request {
            writes: run.writes.clone(),
            secrets: run.secret_answers.clone(),
            ..self.request(&run.plan)
        }
    }

    fn request(&self, plan: &ProvisionPlan) -> Request {
        Request {
            install: self.install.clone(),
            mode: ProvisionMode::Install,
            pack: PackIdentity {
                digest: String::new(),
                name: String::new(),
                version: String::new(),
            },
            plan: plan.clone(),
            writes: Vec::new(),
            secrets: BTreeMap::new(),
        }
    }

    /// What the store has.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) fn installed(&self) -> Result<InstalledState, StoreError> {
        Ok(self.contents()?.installed)
    }

    /// What guests see of the store.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) fn view(&self) -> Result<StoreView, StoreError> {
        provision_apply::view(&*self.store.read()?, &self.install)
    }

    /// How this installation differs from the `whole` one.
    ///
    /// # Errors
    /// If a store cannot be read.
    pub(crate) fn difference(&self, whole: &Self) -> Result<Diff, ApplyError> {
        Ok(Diff::between(&whole.contents()?, &self.contents()?))
    }

    fn contents(&self) -> Result<Contents, StoreError> {
        Contents::read(&*self.store.read()?, &self.install)
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
