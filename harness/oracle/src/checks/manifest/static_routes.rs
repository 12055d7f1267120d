//! Checks of the extension `greentic.static-routes.v1`: web pages that the host serves
//! from a pack.

use super::provider::conclude;
use crate::check::Findings;
use crate::subject::Subject;
use provision_core::codes::CheckCode;
use provision_core::extensions::payload;
use provision_core::text::inert;
use provision_core::{Finding, Pack};
use serde::Deserialize;

const EXTENSION: &str = "greentic.static-routes.v1";

/// Paths below which the host itself answers.
const RESERVED: [&str; 18] = [
    "/healthz",
    "/readyz",
    "/status",
    "/token",
    "/api/onboard",
    "/runtime",
    "/deployments",
    "/config",
    "/cache",
    "/observability",
    "/v1/messaging/ingress",
    "/v1/events/ingress",
    "/v1/secrets/ingress",
    "/v1/oauth/ingress",
    "/messaging/ingress",
    "/events/ingress",
    "/secrets/ingress",
    "/oauth/ingress",
];

/// Reserved paths that do not reserve what is below them.
const EXACT: [&str; 4] = ["/healthz", "/readyz", "/status", "/token"];

#[derive(Deserialize)]
struct Routes {
    #[serde(default = "first")]
    schema_version: u64,
    #[serde(default)]
    routes: Vec<Route>,
}

fn first() -> u64 {
    1
}

#[derive(Deserialize)]
struct Route {
    public_path: String,
    source_root: String,
    index_file: Option<String>,
    spa_fallback: Option<String>,
    #[serde(flatten)]
    flat: Scope,
    /// Outranks the flat flags.
    scope: Option<Scope>,
    cache: Option<Cache>,
}

#[derive(Clone, Copy, Deserialize)]
struct Scope {
    #[serde(default)]
    tenant: bool,
    #[serde(default)]
    team: bool,
}

#[derive(Deserialize)]
struct Cache {
    strategy: String,
    max_age_seconds: Option<u64>,
}

/// `manifest.static-routes`
pub(super) fn valid(subject: &Subject, findings: &mut Findings) {
    let nothing = "the manifest declares no static routes";
    conclude(subject, findings, nothing, |pack, manifest| {
        let value = payload(manifest, EXTENSION)?;
        Some(match serde_json::from_value::<Routes>(value) {
            Err(error) => vec![violation("the extension", &error.to_string())],
            Ok(routes) => judge(pack, &routes),
        })
    });
}

fn violation(at: &str, actual: &str) -> Finding {
    let at = format!("{EXTENSION}, {at}");
    let expected = "a route that the host accepts";
    Finding::new(CheckCode::StaticRoute, at, expected, inert(actual, 300))
}

fn judge(pack: &Pack, routes: &Routes) -> Vec<Finding> {
    let mut found = Vec::new();
    if routes.schema_version != 1 {
        let actual = format!("schema_version {}", routes.schema_version);
        found.push(violation("the extension", &actual));
    }
    let paths: Vec<String> = routes.routes.iter().map(|r| path(&r.public_path)).collect();
    for (i, route) in routes.routes.iter().enumerate() {
        let at = format!("route {} ({})", i + 1, inert(&route.public_path, 120));
        let mut why = problems(route, &paths[i]);
        let others = paths[..i].iter();
        let overlapping =
            others.filter(|other| is_below(&paths[i], other) || is_below(other, &paths[i]));
        why.extend(overlapping.map(|other| format!("it overlaps with {other}")));
        found.extend(why.iter().map(|why| violation(&at, why)));
        if why.is_empty() {
            found.extend(missing(pack, route, &at));
        }
    }
    found
}

/// Why the host refuses a route, apart from other routes.
fn problems(route: &Route, path: &str) -> Vec<String> {
    let mut why = Vec::new();
    let Scope { tenant, team } = route.scope.unwrap_or(route.flat);
    let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    let position = |name: &str| segments.iter().position(|segment| *segment == name);
    let (tenant_at, team_at) = (position("{tenant}"), position("{team}"));
    if segments.is_empty() {
        why.push("its public_path is the root".to_owned());
    }
    for (name, flag, at) in [("tenant", tenant, tenant_at), ("team", team, team_at)] {
        if flag != at.is_some() {
            why.push(format!(
                "its {name} flag is {flag}, and its public_path says otherwise"
            ));
        }
    }
    if team_at.is_some_and(|team| tenant_at.is_none_or(|tenant| team < tenant)) {
        why.push("its public_path has {team} without {tenant} before it".to_owned());
    }
    let known = |segment: &&&str| !matches!(**segment, "{tenant}" | "{team}");
    let unknown = segments
        .iter()
        .filter(known)
        .find(|s| s.contains(['{', '}']));
    why.extend(unknown.map(|segment| format!("the host knows no segment {segment}")));
    let reserved = |reserved: &&&str| {
        path == **reserved || (!EXACT.contains(*reserved) && is_below(path, reserved))
    };
    if let Some(reserved) = RESERVED.iter().find(reserved) {
        why.push(format!("the host itself answers at {reserved}"));
    }
    let files = [
        Some(&route.source_root),
        route.index_file.as_ref(),
        route.spa_fallback.as_ref(),
    ];
    let outside = files
        .into_iter()
        .flatten()
        .find(|file| asset(file).is_none());
    why.extend(outside.map(|file| format!("`{file}` is no path inside the pack")));
    why.extend(route.cache.as_ref().and_then(cache_problem));
    why
}

fn cache_problem(cache: &Cache) -> Option<String> {
    match (cache.strategy.trim(), cache.max_age_seconds) {
        ("" | "none", _) | ("public-max-age", Some(_)) => None,
        ("public-max-age", None) => Some("its cache has no max_age_seconds".into()),
        (other, _) => Some(format!("the host knows no cache strategy `{other}`")),
    }
}

/// The finding on a route whose pages the pack does not have.
fn missing(pack: &Pack, route: &Route, at: &str) -> Option<Finding> {
    let root = asset(&route.source_root)?;
    let below = format!("{root}/");
    let any = pack.files().any(|file| file.starts_with(&below));
    let index = route.index_file.as_deref().and_then(asset);
    let index = index.map(|file| format!("{below}{file}"));
    let lacking = match index {
        _ if !any => below,
        Some(index) if !pack.has(&index) => index,
        _ => return None,
    };
    Some(Finding::new(
        CheckCode::FileMissing,
        format!("{EXTENSION}, {at}"),
        format!("{} in the pack", inert(&lacking, 200)),
        "it is not there, so the host answers 404",
    ))
}

/// A public path with one slash before it and none after it.
fn path(written: &str) -> String {
    format!("/{}", written.trim().trim_matches('/'))
}

/// Whether `path` is `prefix` or below it.
fn is_below(path: &str, prefix: &str) -> bool {
    let rest = path.strip_prefix(prefix);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A path inside the pack, without `.` components; `None` if it leads outside.
fn asset(written: &str) -> Option<String> {
    let absolute = written.starts_with('/');
    let segments: Vec<&str> = written
        .split('/')
        .filter(|s| !s.is_empty() && *s != ".")
        .collect();
    let inside = !absolute && !segments.is_empty() && !segments.contains(&"..");
    inside.then(|| segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_core::{Limits, Source};
    use serde_json::{Value, json};

    fn found(routes: Value) -> Vec<(String, String)> {
        let files = ["pack.json", "assets/gui/index.html"];
        let source = Source::Folder {
            files: files.map(|f| (f.to_owned(), b"{}".to_vec())).into(),
            manifest: None,
        };
        let pack = Pack::open(source, &Limits::default()).expect("opens");
        let routes = serde_json::from_value(json!({ "routes": routes })).expect("routes");
        let found = judge(&pack, &routes).into_iter();
        found.map(|f| (f.code.to_string(), f.actual)).collect()
    }

    #[test]
    fn route_that_the_host_accepts_has_no_finding() {
        let nested = json!({"public_path": "/v1/web/{tenant}", "source_root": "assets/gui",
            "index_file": "index.html", "scope": {"tenant": true}});
        let flat = json!({"public_path": "other/{tenant}/{team}", "source_root": "./assets/gui",
            "tenant": true, "team": true,
            "cache": {"strategy": "public-max-age", "max_age_seconds": 60}});
        assert_eq!(found(json!([nested, flat])), []);
    }

    #[test]
    fn each_rule_of_the_host_refuses_a_route() {
        let route = |changes: Value| {
            let mut route = json!({"public_path": "/web", "source_root": "assets/gui"});
            for (key, value) in changes.as_object().expect("an object") {
                route[key] = value.clone();
            }
            found(json!([route]))
        };
        for (changes, says) in [
            (json!({"public_path": "/"}), "root"),
            (
                json!({"public_path": "/web/{tenant}"}),
                "tenant flag is false",
            ),
            (json!({"tenant": true}), "tenant flag is true"),
            (
                json!({"public_path": "/{team}", "team": true}),
                "without {tenant}",
            ),
            (json!({"public_path": "/{user}"}), "no segment {user}"),
            (json!({"public_path": "/config/web"}), "answers at /config"),
            (json!({"public_path": "/token/"}), "answers at /token"),
            (json!({"source_root": "../gui"}), "no path inside"),
            (json!({"index_file": "/index.html"}), "no path inside"),
            (
                json!({"cache": {"strategy": "for-ever"}}),
                "no cache strategy",
            ),
            (
                json!({"cache": {"strategy": "public-max-age"}}),
                "max_age_seconds",
            ),
        ] {
            let found = route(changes.clone());
            let one = matches!(&found[..], [(code, why)] if code == "E_STATIC_ROUTE" && why.contains(says));
            assert!(one, "{changes}: {found:?}");
        }
        assert_eq!(route(json!({"public_path": "/token/web"})), []);
        for changes in [
            json!({"source_root": "assets/none"}),
            json!({"index_file": "no.html"}),
        ] {
            let found = route(changes.clone());
            assert!(
                matches!(&found[..], [(code, _)] if code == "E_FILE_MISSING"),
                "{changes}: {found:?}"
            );
        }
        let two = |path: &str| json!({"public_path": path, "source_root": "assets/gui"});
        let found = found(json!([two("/web"), two("/web/inner")]));
        assert!(found[0].1.contains("overlaps with /web"), "{found:?}");
    }
}
