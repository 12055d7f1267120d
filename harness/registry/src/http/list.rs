//! Lists of a registry: the tags of a repository, the repositories of a catalogue.

use super::{Answer, Http, Request};
use crate::error::RegistryError;
use crate::manifest::MANIFEST_BYTES;
use crate::names::{Host, Image, repository_name, tag_name};
use crate::pattern::{Pattern, Repositories, Tags};
use provision_core::codes::RegistryCode;
use provision_core::json;
use provision_core::text::inert;
use serde_json::Value;
use std::collections::BTreeSet;
use ureq::http::header::LINK;

/// Names of a list, at most.
const NAMES: usize = 100_000;
/// Pages of a list, at most.
const PAGES: usize = 1_000;

impl Http {
    /// The images that `pattern` matches.
    pub(crate) fn list(
        &self,
        pattern: &Pattern,
        latest: Option<usize>,
    ) -> Result<Vec<Image>, RegistryError> {
        let repositories = match &pattern.repositories {
            Repositories::One(name) => BTreeSet::from([name.clone()]),
            Repositories::Prefix(prefix) => {
                let scope = "registry:catalog:*".to_owned();
                let all =
                    self.names(&pattern.host, "/v2/_catalog".into(), scope, "repositories")?;
                let mut named = BTreeSet::new();
                for name in all.into_iter().filter(|name| name.starts_with(prefix)) {
                    named.insert(repository_name(&name).map_err(|why| wrong(&pattern.host, &why))?);
                }
                named
            }
        };
        let mut images = Vec::new();
        for repository in repositories {
            let tags = match &pattern.tags {
                Tags::One(tag) => vec![tag.clone()],
                Tags::All => self.tags(&pattern.host, &repository)?,
            };
            images.extend(pattern.images(&repository, &tags, latest));
        }
        Ok(images)
    }

    fn tags(&self, host: &Host, repository: &str) -> Result<Vec<String>, RegistryError> {
        let scope = format!("repository:{repository}:pull");
        let tags = self.names(host, format!("/v2/{repository}/tags/list"), scope, "tags")?;
        let checked = tags
            .into_iter()
            .map(|tag| tag_name(&tag).map_err(|why| wrong(host, &why)));
        checked.collect()
    }

    /// All names of a list, over all its pages.
    fn names(
        &self,
        host: &Host,
        path: String,
        scope: String,
        field: &str,
    ) -> Result<BTreeSet<String>, RegistryError> {
        let mut names = BTreeSet::new();
        let mut next = Some(path);
        for _ in 0..PAGES {
            let Some(path) = next else { return Ok(names) };
            let request = Request::get(path, scope.clone(), 0);
            let answer = self.ask(host, &request)?;
            next = next_page(&answer)?;
            let bytes = answer.bytes(&format!("{host}: {field}"), MANIFEST_BYTES)?;
            let page = page(&bytes, field).map_err(|why| wrong(host, &why))?;
            let before = names.len();
            names.extend(page);
            if names.len() > NAMES {
                return Err(too_many(host, field));
            }
            // A page without a new name leads on for ever.
            if names.len() == before {
                return Ok(names);
            }
        }
        Err(too_many(host, field))
    }
}

fn too_many(host: &Host, field: &str) -> RegistryError {
    let message = format!("{host}: more than {NAMES} {field}, or more than {PAGES} pages of them");
    RegistryError::new(RegistryCode::Bound, message)
}

fn wrong(host: &Host, why: &str) -> RegistryError {
    RegistryError::new(RegistryCode::Manifest, format!("{host}: {why}"))
}

fn page(bytes: &[u8], field: &str) -> Result<Vec<String>, String> {
    let parsed = json::parse(bytes, 8).map_err(|e| inert(&e.to_string(), 200))?;
    match parsed.get(field) {
        // Registries send null for an empty list.
        Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(all)) => {
            let name = |v: &Value| v.as_str().map(str::to_owned);
            let names: Option<Vec<String>> = all.iter().map(name).collect();
            names.ok_or_else(|| format!("`{field}` holds what is no text"))
        }
        _ => Err(format!("no list `{field}`")),
    }
}

/// Path and query of the next page, which has to be at the registry itself: the request
/// carries its token.
fn next_page(answer: &Answer) -> Result<Option<String>, RegistryError> {
    let link = answer
        .headers
        .get(LINK)
        .and_then(|value| value.to_str().ok());
    let Some((to, _)) = link.and_then(|link| link.strip_prefix('<')?.split_once('>')) else {
        return Ok(None);
    };
    let url = answer
        .url
        .join(to)
        .ok()
        .filter(|url| url.origin() == answer.url.origin());
    let url = url.ok_or_else(|| {
        let message = format!("{}: its next page is at another host", answer.from);
        RegistryError::new(RegistryCode::Redirect, message)
    })?;
    Ok(Some(match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }))
}
