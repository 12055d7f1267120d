//! The command `pack inspect`.

use super::output::{print_bounded, print_json};
use super::refused::refused;
use super::registry::{self, RegistryFlags};
use crate::exit::{Error, Exit};
use crate::place::{Place, Read};
use provision_core::archive::differences;
use provision_core::flow::{app_flows, entry};
use provision_core::integrity::sbom;
use provision_core::pack::RegistryOrigin;
use provision_core::text::{counted, inert};
use provision_core::wizard::{PackRole, Wizard, WizardKind, role, wizards};
use provision_core::{Limits, Pack, Source};
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::Arc;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A .gtpack file, a pack folder, a manifest beside its components, oci://HOST/REPOSITORY:TAG
    /// (or @sha256:DIGEST), or oci-layout:FOLDER[:TAG].
    #[arg(long, value_parser = registry::place())]
    pack: Place,
    #[command(flatten)]
    registries: RegistryFlags,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let path = &args.pack.path;
    if args.pack.is_missing() {
        return Err(Error::missing(path));
    }
    let limits = Limits::default();
    let registries = args.registries.open(&args.pack.reference)?;
    let Read { source, origin } = match args.pack.read(&registries, &limits.archive) {
        Ok(read) => read,
        Err(error) => return refused(path, args.json, &error, None),
    };
    let bytes = match &source {
        // NB: of an archive above the bound, `load` read only a part.
        Source::Archive(bytes) if bytes.len() as u64 <= limits.archive.archive_bytes => {
            Some(Arc::clone(bytes))
        }
        _ => None,
    };
    match Pack::open(source, &limits) {
        Err(error) => refused(path, args.json, &error, bytes.as_deref()),
        Ok(pack) => {
            let wizards = wizards(&pack);
            if args.json {
                print_json(&descriptor(&pack, &wizards, origin.as_ref()))?;
            } else {
                print_bounded(&text(&pack, &wizards, origin.as_ref()))?;
            }
            Ok(Exit::Conforms)
        }
    }
}

fn flow_of(wizards: &[Wizard], kind: WizardKind) -> Option<&str> {
    let of_kind = || wizards.iter().filter(|w| w.kind == kind);
    let wizard = of_kind().find(|w| w.primary).or_else(|| of_kind().next());
    wizard.map(|w| w.name.as_str())
}

/// NB: scripts that are older than this harness read the first seven fields;
/// these must not change.
fn descriptor(pack: &Pack, wizards: &[Wizard], origin: Option<&RegistryOrigin>) -> Value {
    let (manifest, role) = (pack.manifest(), role(pack));
    let files: Vec<Value> = pack
        .files()
        .map(|name| json!({ "path": name, "size": pack.size(name) }))
        .collect();
    json!({
        "pack_id": manifest.id,
        "pack_version": manifest.version,
        "setup_entry_flow": flow_of(wizards, WizardKind::Setup),
        "requirements_flow": flow_of(wizards, WizardKind::Requirements),
        "subscriptions_flow": flow_of(wizards, WizardKind::Subscriptions),
        "requires_public_base_url": manifest.requires_public_base_url,
        "outputs": manifest.capabilities,
        "role": { "role": role.role, "reason": role.reason },
        "digest": pack.digest(),
        "registry": origin,
        "manifest": { "file": pack.manifest_file(), "format": manifest.format },
        "unknown_fields": manifest.unknown,
        "sboms": sboms(pack),
        "canonical": pack.archive().map(|a| differences(a).is_empty()),
        "differences": pack.archive().map(|a| {
            let all = differences(a).into_iter();
            let all = all.map(|d| json!({ "what": d.what, "offsets": d.offsets, "entry": d.entry }));
            all.collect::<Vec<_>>()
        }),
        "wizards": wizards,
        "flows": flows(pack),
        "files": files,
    })
}

/// The pack's own flows and where each starts.
fn flows(pack: &Pack) -> Vec<Value> {
    let flows = app_flows(pack).into_iter();
    let flows = flows.map(|listed| {
        json!({
            "flow": inert(listed.id.as_str(), 200),
            "kind": listed.kind,
            "entry": entry(&listed.flow).map(|node| inert(node, 200)),
            "nodes": listed.flow.nodes.len(),
        })
    });
    flows.collect()
}

/// Describes each SBOM of the pack, without comparing it with the files.
fn sboms(pack: &Pack) -> Vec<Value> {
    let one = |file: &&str| {
        let decoded = sbom::decode(file, &pack.read(file)?, Limits::default().depth);
        Some(match decoded {
            Ok(sbom) => json!({
                "file": file, "rows": sbom.rows.len(), "unknown_fields": sbom.unknown,
            }),
            Err(why) => json!({ "file": file, "error": inert(&why.to_string(), 400) }),
        })
    };
    sbom::FILE_NAMES.iter().filter_map(one).collect()
}

/// Where in a registry a pack was.
fn from(origin: &RegistryOrigin) -> String {
    let (from, digest) = (&origin.reference, &origin.manifest_digest);
    format!("from      {from}, manifest digest {digest}\n")
}

fn text(pack: &Pack, wizards: &[Wizard], origin: Option<&RegistryOrigin>) -> String {
    let manifest = pack.manifest();
    let or_none = |v: &Option<String>| inert(v.as_deref().unwrap_or("(none)"), 200);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "pack      {} {}",
        or_none(&manifest.id),
        or_none(&manifest.version)
    );
    let PackRole { role, reason, .. } = role(pack);
    let (digest, file, format) = (pack.digest(), pack.manifest_file(), manifest.format);
    let _ = writeln!(out, "role      {role}: {reason}\nsha256    {digest}");
    out += &origin.map(from).unwrap_or_default();
    let _ = writeln!(out, "manifest  {file} ({format:?})");
    if !manifest.capabilities.is_empty() {
        let list: Vec<String> = manifest.capabilities.iter().map(|c| inert(c, 80)).collect();
        let _ = writeln!(out, "declares  {}", list.join(", "));
    }
    for sbom in sboms(pack) {
        let (file, rows, error) = (&sbom["file"], &sbom["rows"], &sbom["error"]);
        let _ = match error.as_str() {
            None => writeln!(
                out,
                "sbom      {}, {}",
                file.as_str().unwrap_or(""),
                counted(rows.as_u64().unwrap_or(0), "row", "rows")
            ),
            Some(why) => writeln!(out, "sbom      {}: {why}", file.as_str().unwrap_or("")),
        };
    }
    if !manifest.unknown.is_empty() {
        let _ = writeln!(out, "unknown   {}", manifest.unknown.join(", "));
    }
    for difference in pack.archive().map(differences).unwrap_or_default() {
        let (count, what) = (difference.offsets.len(), difference.what);
        let first = difference.offsets.first().copied().unwrap_or_default();
        let _ = writeln!(
            out,
            "canonical {what}: {}, first at byte {first}, `{}`",
            counted(count, "record", "records"),
            difference.entry
        );
    }
    if wizards.is_empty() {
        let _ = writeln!(out, "wizards   none");
    }
    for wizard in wizards {
        let mark = if wizard.primary {
            " (the setup entry)"
        } else {
            ""
        };
        let (kind, driver) = (wizard.kind.entry(), wizard.driver.name());
        let _ = writeln!(out, "wizard    {}: {kind}, by {driver}{mark}", wizard.name);
    }
    out += &flow_lines(pack);
    for name in pack.files() {
        let _ = writeln!(out, "file      {:>9}  {name}", pack.size(name).unwrap_or(0));
    }
    out
}

/// The lines on the pack's own flows.
fn flow_lines(pack: &Pack) -> String {
    let mut out = String::new();
    for flow in flows(pack) {
        let text = |key: &str| flow[key].as_str().unwrap_or("nowhere").to_owned();
        let (id, kind, start) = (text("flow"), text("kind"), text("entry"));
        let nodes = counted(flow["nodes"].as_u64().unwrap_or(0), "node", "nodes");
        let _ = writeln!(out, "flow      {id}: {kind}, {nodes}, starts at {start}");
    }
    out
}
