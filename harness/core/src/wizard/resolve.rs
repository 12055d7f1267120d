//! Finds the wizards of a pack and the driver of each.

use super::kind::WizardKind;
use super::operator::{Contract, RunBy, contract};
use super::questions::SetupForm;
use super::role::{PackRole, Role, role};
use super::steps::ProvisionStep;
use crate::limits::Limits;
use crate::manifest::Manifest;
use crate::pack::Pack;
use crate::text::inert;
use crate::wasm;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What drives a wizard, in the order in which resolution tries them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "driver")]
pub enum Driver {
    /// A component that exports `greentic:provision/provisioner@0.1.x`.
    Provisioner {
        /// The component's file.
        component: String,
    },
    /// The flow's graph of nodes in the manifest.
    FlowGraph {
        /// The flow's id.
        flow: String,
    },
    /// One module or component for each step; `None` if the pack has none.
    StepModules {
        /// The file of each step.
        modules: BTreeMap<ProvisionStep, Option<String>>,
    },
    /// One module or component that reads the input's `step`.
    SingleModule {
        /// Its file.
        module: String,
    },
    /// A component's own questions and answers.
    ComponentQa {
        /// The component's file.
        component: String,
        /// The QA mode: `default`, `setup`, `update` or `remove`.
        mode: &'static str,
    },
    /// The provider's own operations `qa-spec`, `i18n-keys` and `apply-answers`, as the
    /// operator calls them, with the answers of the setup form.
    Operator {
        /// The component's file; `None` if the pack does not have it.
        component: Option<String>,
        /// The mode: `default`, `setup`, `upgrade` or `remove`.
        mode: &'static str,
    },
}

impl Driver {
    /// The name in reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Provisioner { .. } => "provisioner",
            Self::FlowGraph { .. } => "flow_graph",
            Self::StepModules { .. } => "step_modules",
            Self::SingleModule { .. } => "single_module",
            Self::ComponentQa { .. } => "component_qa",
            Self::Operator { .. } => "operator",
        }
    }
}

/// A wizard of a pack and its driver.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Wizard {
    /// Its purpose.
    pub kind: WizardKind,
    /// Its name: the flow's id, or `<component>.qa.<mode>`.
    pub name: String,
    /// Whether the pack's `setup` entry names it. The pack's setup fixtures belong
    /// to this wizard.
    pub primary: bool,
    /// Which host runs it.
    pub run_by: RunBy,
    /// The form that the setup tool shows before.
    #[serde(skip)]
    pub form: Arc<SetupForm>,
    /// Its driver.
    #[serde(flatten)]
    pub driver: Driver,
}

/// All wizards of `pack`, sorted by kind and name.
#[must_use]
pub fn wizards(pack: &Pack) -> Vec<Wizard> {
    let form = Arc::new(SetupForm::of(pack, &Limits::default()));
    let flows = flows_of(pack);
    let primary = primary_setup(pack, &flows);
    let provisioner = components(pack, |export| {
        wasm::is_interface(export, "greentic:provision/provisioner", "0.1")
    });
    let known = Known {
        pack,
        has_graph: has_graph(pack.manifest()),
        setup: primary.as_deref(),
        provisioner: provisioner.first(),
    };
    let mut found: Vec<Wizard> = flows
        .iter()
        .map(|(kind, flow)| Wizard {
            kind: *kind,
            name: inert(flow, 120),
            primary: primary.as_ref() == Some(flow),
            run_by: RunBy::Operator,
            form: Arc::clone(&form),
            driver: driver(&known, *kind, flow),
        })
        .collect();
    found.extend(component_qa(pack, &form));
    // The provisioner interface has three modes, with or without a flow for each.
    for kind in [WizardKind::Setup, WizardKind::Update, WizardKind::Remove] {
        let has_flow = found
            .iter()
            .any(|w| w.kind == kind && !matches!(w.driver, Driver::ComponentQa { .. }));
        if let (false, Some(component)) = (has_flow, provisioner.first()) {
            found.push(Wizard {
                kind,
                name: kind.entry().to_owned(),
                primary: kind == WizardKind::Setup,
                run_by: RunBy::Operator,
                form: Arc::clone(&form),
                driver: Driver::Provisioner {
                    component: component.clone(),
                },
            });
        }
    }
    let contract = contract(pack);
    found.extend(
        contract
            .iter()
            .flat_map(|contract| by_operator(contract, &form)),
    );
    let role = role(pack);
    for wizard in &mut found {
        wizard.run_by = run_by(pack, contract.is_some(), &role, wizard);
    }
    found.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    make_names_unique(&mut found);
    found
}

/// The wizards of a provider with a QA contract, a mode each.
fn by_operator(contract: &Contract, form: &Arc<SetupForm>) -> Vec<Wizard> {
    let modes = [
        ("default", WizardKind::Setup),
        ("setup", WizardKind::Setup),
        ("upgrade", WizardKind::Update),
        ("remove", WizardKind::Remove),
    ];
    let wizard = |(mode, kind)| Wizard {
        kind,
        name: format!("operator.{mode}"),
        primary: false,
        run_by: RunBy::Operator,
        form: Arc::clone(form),
        driver: Driver::Operator {
            component: contract.component.clone(),
            mode,
        },
    };
    modes.map(wizard).into()
}

/// The only flow that the operator runs when it sets a provider up.
pub const SETUP: &str = "setup_default";

/// The host that runs `wizard`.
fn run_by(pack: &Pack, has_contract: bool, role: &PackRole, wizard: &Wizard) -> RunBy {
    let is_v1 = pack.manifest().pack_v1.is_some();
    match &wizard.driver {
        // Hosts run every wizard of older forms.
        _ if !is_v1 => RunBy::Operator,
        // The operator takes the mode from the id of the flow that it was asked to run.
        Driver::Operator { mode, .. } => {
            let mut flows = pack.manifest().flows.iter();
            let is_run = *mode == "default" || flows.any(|f| mode_of(&f.id) == Some(*mode));
            if is_run {
                RunBy::Operator
            } else {
                RunBy::Nobody
            }
        }
        Driver::ComponentQa { .. } => RunBy::Author,
        Driver::Provisioner { .. } => RunBy::Operator,
        _ if has_contract || wizard.kind != WizardKind::Setup => RunBy::Nobody,
        _ if role.role == Role::Provider && !(role.needs_wizard && wizard.name == SETUP) => {
            RunBy::Nobody
        }
        _ => RunBy::Operator,
    }
}

/// The mode in which the operator asks a component when it is asked to run `flow`.
fn mode_of(flow: &str) -> Option<&'static str> {
    let modes = ["remove", "upgrade", "default", "setup"];
    modes.into_iter().find(|mode| flow.contains(mode))
}

/// Makes names unique: one flow may serve two entries, so its second wizard also
/// gets the entry in its name.
fn make_names_unique(wizards: &mut [Wizard]) {
    let mut names = BTreeSet::new();
    for wizard in wizards {
        if !names.insert(wizard.name.clone()) {
            wizard.name = format!("{}.{}", wizard.name, wizard.kind.entry());
            names.insert(wizard.name.clone());
        }
    }
}

/// The flows that `manifest` declares, with their kinds: from its entries, and from
/// the flows' own entries or names.
#[must_use]
pub fn entry_flows(manifest: &Manifest) -> BTreeSet<(WizardKind, String)> {
    let mut flows = BTreeSet::new();
    for (entry, flow) in &manifest.entry_flows {
        flows.extend(WizardKind::of_name(entry).map(|kind| (kind, flow.clone())));
    }
    for flow in &manifest.flows {
        let by_entry = flow.entries.iter().filter_map(|e| WizardKind::of_name(e));
        let kind = by_entry.min().or_else(|| WizardKind::of_name(&flow.id));
        flows.extend(kind.map(|kind| (kind, flow.id.clone())));
    }
    flows
}

/// The flows that the pack's manifest declares, and the requirements flow if only
/// a module shows that there is one.
fn flows_of(pack: &Pack) -> BTreeSet<(WizardKind, String)> {
    let mut flows = entry_flows(pack.manifest());
    // Packs often have a requirements module without a flow for it.
    let declared = flows
        .iter()
        .any(|(kind, _)| *kind == WizardKind::Requirements);
    if let (false, Some(setup)) = (declared, primary_setup(pack, &flows)) {
        let step = ProvisionStep::Requirements;
        if step_module(pack, &setup, step).is_some() {
            flows.insert((WizardKind::Requirements, "requirements".into()));
        }
    }
    flows
}

/// The flow that the `setup` entry names, else the first setup flow.
fn primary_setup(pack: &Pack, flows: &BTreeSet<(WizardKind, String)>) -> Option<String> {
    let manifest = pack.manifest();
    let named = manifest
        .entry_flows
        .iter()
        .find(|(entry, _)| entry == "setup");
    let declared = || manifest.flows.iter().find(|f| f.entries.contains("setup"));
    let setup = |(kind, _): &&(WizardKind, String)| *kind == WizardKind::Setup;
    // `setup_default` comes before `setup_custom`, although it sorts after it.
    let by_name = || {
        let is_default = |flow: &str| flow == "setup" || flow == "setup_default";
        let mut candidates: Vec<&String> = flows.iter().filter(setup).map(|(_, f)| f).collect();
        candidates.sort_by_key(|flow| !is_default(flow));
        candidates.first().map(|flow| (*flow).clone())
    };
    named
        .map(|(_, flow)| flow.clone())
        .or_else(|| declared().map(|f| f.id.clone()))
        .or_else(by_name)
}

/// What is known of a pack, and is the same for each of its flows.
struct Known<'p> {
    pack: &'p Pack,
    has_graph: BTreeMap<&'p str, bool>,
    setup: Option<&'p str>,
    provisioner: Option<&'p String>,
}

/// Whether each flow has a graph in the manifest. Of two flows with one id, the first.
fn has_graph(manifest: &Manifest) -> BTreeMap<&str, bool> {
    let mut found = BTreeMap::new();
    for flow in &manifest.flows {
        found.entry(flow.id.as_str()).or_insert(flow.has_graph);
    }
    found
}

fn driver(known: &Known<'_>, kind: WizardKind, flow: &str) -> Driver {
    let Known {
        pack,
        has_graph,
        setup,
        provisioner,
    } = known;
    let provisions = matches!(
        kind,
        WizardKind::Setup | WizardKind::Update | WizardKind::Remove
    );
    if let (true, Some(component)) = (provisions, provisioner) {
        return Driver::Provisioner {
            component: (*component).clone(),
        };
    }
    if has_graph.get(flow) == Some(&true) {
        return Driver::FlowGraph {
            flow: flow.to_owned(),
        };
    }
    let modules: BTreeMap<_, _> = kind
        .steps()
        .iter()
        .map(|step| {
            let own = step_module(pack, flow, *step);
            // A requirements module may be named after the setup flow.
            let of_setup = || match kind {
                WizardKind::Requirements => step_module(pack, (*setup)?, *step),
                _ => None,
            };
            (*step, own.or_else(of_setup))
        })
        .filter(|(step, module)| module.is_some() || !kind.may_lack(*step))
        .collect();
    if modules.values().any(Option::is_some) {
        return Driver::StepModules { modules };
    }
    match module(pack, flow) {
        Some(module) => Driver::SingleModule { module },
        None => Driver::StepModules { modules },
    }
}

fn step_module(pack: &Pack, flow: &str, step: ProvisionStep) -> Option<String> {
    module(pack, &format!("{flow}__{step}"))
}

/// The file `name.wasm` or `name.wat` in one of the folders that packs use.
fn module(pack: &Pack, name: &str) -> Option<String> {
    let folders = ["components/", "wasm/", "assets/wasm/", ""];
    folders.iter().find_map(|folder| {
        let file = |ending: &str| format!("{folder}{name}.{ending}");
        [file("wasm"), file("wat")]
            .into_iter()
            .find(|f| pack.has(f))
    })
}

/// The pack's component files with a `wanted` export, sorted.
fn components(pack: &Pack, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let is_component = |file: &&str| file.ends_with(".wasm");
    pack.files()
        .filter(is_component)
        .filter(|file| {
            let info = pack.info(file);
            info.is_some_and(|info| info.exports.iter().any(|e| wanted(e)))
        })
        .map(str::to_owned)
        .collect()
}

fn component_qa(pack: &Pack, form: &Arc<SetupForm>) -> Vec<Wizard> {
    let modes = [
        ("default", WizardKind::Setup),
        ("setup", WizardKind::Setup),
        ("update", WizardKind::Update),
        ("remove", WizardKind::Remove),
    ];
    let components = components(pack, |export| {
        wasm::is_interface(export, "greentic:component/component-qa", "0.6")
            || wasm::is_interface(export, "greentic:component/qa", "0.6")
    });
    let mut found = Vec::new();
    for component in components {
        let file = component.rsplit('/').next().unwrap_or(&component);
        let stem = file.strip_suffix(".wasm").unwrap_or(file);
        for (mode, kind) in modes {
            found.push(Wizard {
                kind,
                name: format!("{stem}.qa.{mode}"),
                primary: false,
                run_by: RunBy::Operator,
                form: Arc::clone(form),
                driver: Driver::ComponentQa {
                    component: component.clone(),
                    mode,
                },
            });
        }
    }
    found
}
