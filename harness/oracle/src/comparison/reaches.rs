//! Compares what the manifest lets a pack get at: HTTP hosts and static routes.

use super::change::{Found, ReachKind};
use super::packs::Packs;
use provision_core::extensions::payload;
use provision_core::{Pack, json};
use serde_json::Value;
use std::collections::BTreeSet;

/// Members of manifests that list the hosts to which requests are allowed.
const HOSTS: [&str; 8] = [
    "allowed_hosts",
    "allow_hosts",
    "allowedHosts",
    "http_hosts",
    "outbound_hosts",
    "hosts",
    "egress",
    "allowed_domains",
];
const ROUTES: &str = "greentic.static-routes.v1";

pub(super) fn compare(packs: Packs<'_>, found: &mut Found<'_>) {
    let depth = packs.limits.depth;
    let [old, new] = [packs.old, packs.new].map(|opened| &*opened.pack);
    let (before, after) = (hosts(old, depth), hosts(new, depth));
    found.reach(ReachKind::HttpHost, "manifest", (&before, &after));
    let (before, after) = (routes(old), routes(new));
    found.reach(ReachKind::StaticRoute, "manifest", (&before, &after));
}

fn hosts(pack: &Pack, depth: usize) -> BTreeSet<String> {
    let value = match pack.manifest().pack_v1.as_deref() {
        Some(manifest) => serde_json::to_value(manifest).unwrap_or_default(),
        None => {
            let bytes = pack.read(pack.manifest_file()).unwrap_or_default();
            json::parse(&bytes, depth).unwrap_or_default()
        }
    };
    let mut found = BTreeSet::new();
    collect(&value, &mut found);
    found
}

/// The texts in the lists under one of [`HOSTS`].
fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(map) => map.iter().for_each(|(key, member)| {
            let list = member.as_array().filter(|_| HOSTS.contains(&key.as_str()));
            let names = list.into_iter().flatten().filter_map(Value::as_str);
            found.extend(names.map(str::to_owned));
            collect(member, found);
        }),
        _ => {}
    }
}

fn routes(pack: &Pack) -> BTreeSet<String> {
    let manifest = pack.manifest().pack_v1.as_deref();
    let extension = manifest.and_then(|manifest| payload(manifest, ROUTES));
    let extension = extension.unwrap_or_default();
    let routes = extension.get("routes").and_then(Value::as_array);
    let paths = routes.into_iter().flatten();
    let paths = paths.filter_map(|route| route.get("public_path")?.as_str());
    paths.map(str::to_owned).collect()
}
