//! manifest.*: is the manifest well-formed, and does it match the pack?

mod component_manifests;
mod components;
mod digital_worker;
mod oauth;
mod provider;
mod schemas;
mod static_routes;
mod unambiguous;

use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, ScopeKind, Stage};
use crate::subject::Subject;
use greentic_types::PackManifest;
use greentic_types::validate::{Severity, validate_pack_manifest_core};
use provision_core::codes::CheckCode;
use provision_core::manifest::{Format, Manifest, NameOf};
use provision_core::text::inert;
use provision_core::{Finding, OpenError};
use std::collections::BTreeMap;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "manifest.decodes",
        stage: Stage::Manifest,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Load,
        host: "The runner loads nothing but `manifest.cbor` and refuses a pack without it.",
        requirement: "There is a manifest, and it decodes strictly (no duplicate keys, no trailing \
                      bytes, bounded depth).",
        why: "Readers differ on a manifest with a duplicate key: some take the first value, others the last.",
        fix: "Generate the manifest with the ecosystem's own tools; remove duplicate keys, trailing bytes and deep nesting.",
        run: decodes,
    },
    Check {
        id: "manifest.unambiguous",
        stage: Stage::Manifest,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Integrity,
        host: "No host compares the manifests; each host reads the one that it prefers, so the pack that was reviewed is not the pack that runs.",
        requirement: "Where several manifests are present they agree on id, version and entry flows.",
        why: "Readers prefer different manifests; if these disagree, they install different packs.",
        fix: "Ship one manifest, or generate all of them from the same source.",
        run: unambiguous::agree,
    },
    Check {
        id: "manifest.identity",
        stage: Stage::Manifest,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Load,
        host: "The manifest decoder of the hosts refuses malformed ids and versions.",
        requirement: "The id and the version are well-formed: a safe identifier, a semantic version.",
        why: "Ids and versions become file names, keys and dependencies; an id that is a path, or a version that is none, breaks the tools that use it.",
        fix: "Use letters, digits, dots, dashes and underscores for the id, a semantic version such as 1.2.3, and flow names that are plain names.",
        run: identity,
    },
    Check {
        id: "manifest.core-rules",
        stage: Stage::Manifest,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Run,
        host: "The pack doctor refuses the pack, and the runner fails at the node.",
        requirement: "`greentic_types::validate::validate_pack_manifest_core` reports no error, components of nodes left out.",
        why: "These are the rules that every host of the ecosystem applies before it looks any further.",
        fix: "Correct what the rule's message in the finding names; the ecosystem's pack tool shows more.",
        run: core_rules,
    },
    Check {
        id: "manifest.components-present",
        stage: Stage::Manifest,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Load,
        host: "The runner refuses the pack: components missing.",
        requirement: "Every component that the manifest names is in the pack (or a pinned, resolvable \
                      source).",
        why: "A flow with a missing component fails when a user runs it, not when it is published.",
        fix: "Add the component's file, or pin its source by a sha256 digest.",
        run: components::present,
    },
    Check {
        id: "manifest.nodes-resolve",
        stage: Stage::Manifest,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::WithFlows,
        bites: Bite::Run,
        host: "The runner fails when the flow reaches the node.",
        requirement: "Every flow node names a component of the pack, and this component exports something.",
        why: "The runner refuses a flow whose node has no component, and cannot call one that exports nothing.",
        fix: "Correct the component's id, or pack the component that the node names.",
        run: components::nodes_resolve,
    },
    Check {
        id: "manifest.legacy-nodes",
        stage: Stage::Manifest,
        level: Level::Should,
        scope: ScopeKind::Pack,
        applies: Applies::Providers,
        bites: Bite::Nowhere,
        host: "No host runs the setup flows of a provider whose extension declares the QA operations.",
        requirement: "The components of the nodes of a provider's flows export something, also where the operator does not run the flows.",
        why: "A flow that cannot run misleads people who read the pack.",
        fix: "Pack the component that the nodes were written for, or remove the flows.",
        run: components::legacy_nodes,
    },
    Check {
        id: "manifest.node-operations",
        stage: Stage::Manifest,
        // The runner passes any name to the component, which may accept more names
        // than it declares.
        level: Level::Should,
        scope: ScopeKind::Pack,
        applies: Applies::WithFlows,
        bites: Bite::Nowhere,
        host: "No host compares the operation with the declared ones.",
        requirement: "Every flow node names an operation that its component declares.",
        why: "A component that does not know the operation fails when a user runs the flow.",
        fix: "Correct the operation's name, or declare it in the component's manifest.",
        run: components::node_operations,
    },
    Check {
        id: "manifest.schemas-valid",
        stage: Stage::Manifest,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Setup,
        host: "The operator refuses setup: the schema is not in the pack.",
        requirement: "Every config schema that a host reads exists and is a valid JSON Schema: that of the first component, and those that extensions name under `config_schema_ref`.",
        why: "The operator refuses setup if a schema is not in the pack, and validates nothing with an invalid one.",
        fix: "Add the file that is referenced, or correct the schema; the finding names the place.",
        run: schemas::of_hosts,
    },
    Check {
        id: "manifest.component-schemas",
        stage: Stage::Manifest,
        // No host resolves these references inside a pack.
        level: Level::Should,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Nowhere,
        host: "No host resolves these references inside a pack.",
        requirement: "Every JSON Schema of a component's operations, and of the config of the other components, exists and is valid.",
        why: "The runner gives these schemas to language models as they are; a reference to a file outside the pack means nothing there.",
        fix: "Write the schema into the manifest, or add the file that is referenced; the finding names the place.",
        run: schemas::of_components,
    },
    Check {
        id: "manifest.component-identity",
        stage: Stage::Manifest,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Setup,
        host: "The operator calls the wrong component, which asks for other answers than the setup form.",
        requirement: "A component's own description names the component that the manifest says it is.",
        why: "A provider that was packed with another provider's component sets up the wrong thing under the right name.",
        fix: "Pack the component whose own description has the id that the manifest gives it.",
        run: components::identity,
    },
    Check {
        id: "manifest.provider-visible",
        stage: Stage::Manifest,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::Providers,
        bites: Bite::Setup,
        host: "The operator does not see the provider; the setup tool says so in a warning.",
        requirement: "The manifest of a provider has the capability extension, and its provider extension has the name that hosts read.",
        why: "Hosts find providers by these extensions; without them the provider is installed and never used.",
        fix: "Build the pack with a version of greentic-pack that writes `greentic.ext.capabilities.v1` and `greentic.provider-extension.v1`.",
        run: provider::visible,
    },
    Check {
        id: "manifest.references",
        stage: Stage::Manifest,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Load,
        host: "The pack doctor refuses the pack: PACK_MISSING_FILE.",
        requirement: "Every document and every component manifest that the pack's manifest refers to is in the pack.",
        why: "The pack tools refuse a pack that refers to a file which is not there.",
        fix: "Add the file, or remove the reference from the manifest.",
        run: provider::references,
    },
    Check {
        id: "manifest.secret-scopes",
        stage: Stage::Manifest,
        // No host reads the scope when it sets the pack up or runs it.
        level: Level::Publish,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Integrity,
        host: "The pack doctor refuses the pack: PACK_SECRET_REQUIREMENTS_INVALID. No other host reads the scope.",
        requirement: "Every secret that the manifest lists has a scope with an environment and a tenant.",
        why: "Without a scope nobody can say whose secret it is.",
        fix: "State the scope in the pack's source, or build with `--default-secret-scope`.",
        run: provider::secret_scopes,
    },
    Check {
        id: "manifest.oauth-capabilities",
        stage: Stage::Manifest,
        // Hosts find capabilities by what packs offer, not by what they require.
        level: Level::Publish,
        scope: ScopeKind::Pack,
        applies: Applies::WithFlows,
        bites: Bite::Integrity,
        host: "The pack doctor refuses the pack: PACK_OAUTH_…_CAPABILITY_REQUIRED. No other host compares nodes with dependencies.",
        requirement: "If a node of a flow uses OAuth, a dependency of the pack requires the capability that provides it.",
        why: "A bundle without an OAuth provider looks complete, and its users cannot sign in.",
        fix: "Add the capability that the finding names to `required_capabilities` of a dependency.",
        run: oauth::capabilities,
    },
    Check {
        id: "manifest.digital-worker",
        stage: Stage::Manifest,
        // The files are read by tools of authors; no host here loads such a pack.
        level: Level::Publish,
        scope: ScopeKind::Pack,
        applies: Applies::DigitalWorkers,
        bites: Bite::Integrity,
        host: "The pack doctor refuses the pack: PACK_DW_…",
        requirement: "`manifest.json` and `metadata.json` of a digital worker have their fields, agree on the kind, and every index of knowledge names files of the pack.",
        why: "A worker without its manifest or its knowledge answers nothing, or the wrong thing.",
        fix: "Export the pack again from the tool that made it.",
        run: digital_worker::fields,
    },
    Check {
        id: "manifest.digital-worker-tidy",
        stage: Stage::Manifest,
        level: Level::Should,
        scope: ScopeKind::Pack,
        applies: Applies::DigitalWorkers,
        bites: Bite::Nowhere,
        host: "The pack doctor warns; nobody reads the field or the file.",
        requirement: "The time at which a digital worker was made is a time by RFC 3339, and an index names each file of its knowledge.",
        why: "A file of knowledge that no index names is not part of what the worker knows, which its author will not notice.",
        fix: "Export the pack again from the tool that made it.",
        run: digital_worker::tidy,
    },
    Check {
        id: "manifest.no-sources",
        stage: Stage::Manifest,
        // Hosts do not read these files.
        level: Level::Publish,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Integrity,
        host: "The pack doctor refuses the pack; no other host reads these files.",
        requirement: "A pack that says it is a production build has no source files: `pack.yaml`, `*.ygtc`, flows as JSON.",
        why: "Sources may differ from what was built, and often contain what is not meant to be published.",
        fix: "Build the pack with `greentic-pack build` for production, and add no file afterwards.",
        run: provider::no_sources,
    },
    Check {
        id: "manifest.static-routes",
        stage: Stage::Manifest,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Load,
        host: "greentic-start refuses to start its server with such a route; where only the file is missing, it answers 404.",
        requirement: "Every static route that the manifest declares is one that the host accepts, and its pages are in the pack.",
        why: "One malformed route keeps the whole bundle from starting.",
        fix: "Correct the route in `greentic.static-routes.v1`, or pack the files below its source_root.",
        run: static_routes::valid,
    },
    Check {
        id: "manifest.component-manifests",
        stage: Stage::Manifest,
        level: Level::Should,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Nowhere,
        host: "Hosts read the pack's manifest; the pack tools compare these files only to print them.",
        requirement: "The manifest that the pack carries for a component decodes, and agrees with the pack's manifest on id, version and hash.",
        why: "People who look into the pack see another component or version there than hosts run.",
        fix: "Build the pack again, so that its tool writes these files.",
        run: component_manifests::agree,
    },
    Check {
        id: "manifest.components-distinct",
        stage: Stage::Manifest,
        level: Level::Should,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Nowhere,
        host: "No host compares the bytes of components.",
        requirement: "Components with different ids are not the same bytes.",
        why: "Two ids with the same bytes mean that one of them was filled with a copy by mistake.",
        fix: "Pack each component's own build.",
        run: components::distinct,
    },
];

fn decodes(subject: &Subject, findings: &mut Findings) {
    findings.pack(match &subject.opened {
        Ok(_) => Conclusion::Passed,
        Err(OpenError::Manifest(error)) => Conclusion::Failed(vec![Finding::new(
            error.code(),
            "manifest",
            "a manifest that decodes strictly",
            inert(&error.to_string(), 400),
        )]),
        Err(error) => Conclusion::Blocked(format!("the archive was refused: {}", error.code())),
    });
}

fn identity(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    if opened.pack.manifest().format == Format::DigitalWorker {
        let reason = "manifest.digital-worker judges the ids of a digital worker";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    }
    let Manifest {
        id,
        version,
        misnamed,
        ..
    } = opened.pack.manifest();
    let at = opened.pack.manifest_file();
    let finding = |of: NameOf, actual: String| {
        let (code, expected) = match of {
            NameOf::Pack => (CheckCode::PackId, SAFE_NAME),
            NameOf::Version => (CheckCode::PackVersion, "a semantic version such as 1.2.3"),
            NameOf::Flow => (CheckCode::FlowName, SAFE_NAME),
        };
        Finding::new(code, at, expected, actual)
    };
    let mut found: Vec<Finding> = misnamed
        .iter()
        .map(|m| finding(m.of, format!("`{}`", inert(&m.name, 120))))
        .collect();
    for (of, value) in [(NameOf::Pack, id), (NameOf::Version, version)] {
        if value.is_none() && !misnamed.iter().any(|m| m.of == of) {
            found.push(finding(of, "nothing".into()));
        }
    }
    findings.pack(Conclusion::of(found));
}

const SAFE_NAME: &str =
    "at most 128 letters, digits, `.`, `_` and `-`, starting with a letter or digit, no `..`";

fn core_rules(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let Some(manifest) = &opened.pack.manifest().pack_v1 else {
        let reason = "the manifest is not pack-v1, which these rules are for";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    };
    let called = called(manifest);
    let errors = validate_pack_manifest_core(manifest)
        .into_iter()
        .filter(|d| d.severity == Severity::Error)
        // `manifest.nodes-resolve` reports these nodes, by the runner's own rules.
        .filter(|d| d.code != "PACK_FLOW_COMPONENT_MISSING")
        .map(|d| {
            let at = inert(d.path.as_deref().unwrap_or("manifest"), 200);
            let expected = d
                .hint
                .unwrap_or_else(|| "a manifest that obeys the core rules".into());
            let component = d.path.as_ref().and_then(|path| called.get(path));
            let file = component.map(|id| components::usual_file(id));
            let finding = Finding::new(
                provision_core::FindingCode::Foreign(d.code.to_string()),
                at,
                inert(&expected, 200),
                inert(&d.message, 200),
            );
            finding.about(file.as_deref())
        });
    findings.pack(Conclusion::of(errors.collect()));
}

/// The component of each flow node, by the path under which the core rules report it.
fn called(manifest: &PackManifest) -> BTreeMap<String, &str> {
    let nodes = manifest.flows.iter().flat_map(|entry| {
        let nodes = entry.flow.nodes.iter();
        nodes.map(move |(id, node)| {
            let path = format!(
                "flows.{}.nodes.{}.component.id",
                entry.id.as_str(),
                id.as_str()
            );
            (path, node.component.id.as_str())
        })
    });
    nodes.collect()
}
