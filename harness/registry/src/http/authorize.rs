//! Authorises requests: with a password, or with a token that a service gives for one.

use super::challenge::Challenge;
use super::{Answer, Http, Request, shown};
use crate::credentials::Login;
use crate::error::RegistryError;
use crate::names::Host;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use provision_core::codes::RegistryCode;
use provision_core::json;
use serde_json::Value;
use ureq::http::Method;
use ureq::http::header::WWW_AUTHENTICATE;
use url::Url;

/// Bytes of the answer of a token service, at most.
const TOKEN_BYTES: u64 = 64 * 1024;
/// Token services that are not at the registry's own host, and are known to be the registry's.
const SERVICES: [(&str, &str); 2] = [
    ("registry-1.docker.io", "auth.docker.io"),
    ("registry.gitlab.com", "gitlab.com"),
];

impl Http {
    /// The header that authorises requests of `scope` at `host`, which `refused` one.
    pub(super) fn authorize(
        &self,
        host: &Host,
        scope: &str,
        refused: &Answer,
    ) -> Result<String, RegistryError> {
        let headers = refused.headers.get_all(WWW_AUTHENTICATE).iter();
        let mut challenges = headers.filter_map(|header| Challenge::parse(header.to_str().ok()?));
        let login = self.settings.credentials.of(host, self.settings.timeout)?;
        let header = match (challenges.next(), login) {
            (Some(Challenge::Bearer { realm, service }), login) => {
                let realm = self.realm(host, &realm, login.is_some())?;
                let token = self.token(&realm, service.as_deref(), scope, login.as_ref())?;
                format!("Bearer {token}")
            }
            (Some(Challenge::Basic), Some(Login::Password { username, password })) => {
                basic(&username, password.shown_to_its_host())
            }
            (challenge, login) => {
                let why = match (challenge, login) {
                    (None, _) => "in no way that this program knows",
                    (_, Some(_)) => "with a password, and the credentials hold a token",
                    (_, None) => {
                        "with a password, and there is none; log in with `docker login`, or give \
                         --username and --password-stdin"
                    }
                };
                let message = format!("{}: asks for authorisation {why}", refused.from);
                return Err(RegistryError::new(RegistryCode::Auth, message));
            }
        };
        self.tokens.remember(host, scope, &header);
        Ok(header)
    }

    /// The URL of a token service. It gets credentials only if they belong to its host.
    fn realm(&self, host: &Host, realm: &str, with_login: bool) -> Result<Url, RegistryError> {
        let refused =
            |why: String| RegistryError::new(RegistryCode::Realm, format!("{host}: {why}"));
        let url =
            Url::parse(realm).map_err(|_| refused("its token service has no valid URL".into()))?;
        self.check_url(&url)
            .map_err(|why| refused(format!("token service: {why}")))?;
        if !with_login {
            return Ok(url);
        }
        let port = url.port().map_or(String::new(), |port| format!(":{port}"));
        let service = format!("{}{port}", url.host_str().unwrap_or_default());
        let known = SERVICES.contains(&(host.answering(), service.as_str()));
        let allowed = self
            .settings
            .auth_hosts
            .iter()
            .any(|allowed| allowed.as_str() == service);
        if service == host.answering() || known || allowed {
            return Ok(url);
        }
        Err(refused(format!(
            "it asks to send its credentials to {}; if they belong there, give --auth-host {service}",
            shown(&url)
        )))
    }

    /// A token for `scope`.
    fn token(
        &self,
        realm: &Url,
        service: Option<&str>,
        scope: &str,
        login: Option<&Login>,
    ) -> Result<String, RegistryError> {
        let mut url = realm.clone();
        let body;
        let mut authorization = None;
        let mut request = Request::get(String::new(), String::new(), 0);
        if let Some(Login::Refresh(token)) = login {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.append_pair("grant_type", "refresh_token");
            form.append_pair("client_id", "greentic-provision");
            form.append_pair("scope", scope);
            form.append_pair("refresh_token", token.shown_to_its_host());
            service.iter().for_each(|service| {
                form.append_pair("service", service);
            });
            body = form.finish();
            request.method = Method::POST;
            request.body = Some((body.as_bytes(), "application/x-www-form-urlencoded"));
        } else {
            let mut query = url.query_pairs_mut();
            query.append_pair("scope", scope);
            service.iter().for_each(|service| {
                query.append_pair("service", service);
            });
            drop(query);
        }
        if let Some(Login::Password { username, password }) = login {
            authorization = Some(basic(username, password.shown_to_its_host()));
        }
        let answer = self.send(&url, &request, authorization.as_deref())?;
        if !answer.status.is_success() {
            let message = format!(
                "{} gives no token (status {}); log in with `docker login`, or give --username \
                 and --password-stdin",
                answer.from,
                answer.status.as_u16()
            );
            return Err(RegistryError::new(RegistryCode::Auth, message));
        }
        let from = answer.from.clone();
        let bytes = answer.bytes("a token", TOKEN_BYTES)?;
        // NB: the error of the parser may quote the token.
        let parsed = json::parse(&bytes, 8).ok();
        let text = |name: &str| parsed.as_ref()?.get(name).and_then(Value::as_str);
        let token = text("token").or_else(|| text("access_token"));
        let is_plain = |t: &&str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_graphic());
        token.filter(is_plain).map(str::to_owned).ok_or_else(|| {
            let message = format!("{from}: its answer has no token");
            RegistryError::new(RegistryCode::Auth, message)
        })
    }
}

fn basic(username: &str, password: &str) -> String {
    format!(
        "Basic {}",
        STANDARD.encode(format!("{username}:{password}"))
    )
}
