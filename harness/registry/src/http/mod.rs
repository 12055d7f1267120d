//! Requests to registries: over TLS, within bounds of bytes and time, with credentials for
//! the host that they belong to alone.

mod authorize;
mod challenge;
mod list;
mod repository;
mod tokens;

use crate::error::RegistryError;
use crate::names::Host;
use crate::settings::Settings;
use provision_core::codes::RegistryCode;
use provision_core::text::{counted, inert};
pub(crate) use repository::Repository;
use std::io::Read as _;
use std::time::Duration;
use tokens::Tokens;
use ureq::http::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, LOCATION};
use ureq::http::{Method, StatusCode};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};
use url::Url;

/// Redirects of one request, at most.
const REDIRECTS: usize = 5;
/// Bytes a second that a blob may need, at least.
const SLOWEST: u64 = 256 * 1024;

/// Asks registries.
#[derive(Debug)]
pub(crate) struct Http {
    agent: Agent,
    settings: Settings,
    tokens: Tokens,
}

/// One request to a registry.
#[derive(Debug, Clone)]
pub(crate) struct Request<'r> {
    pub(crate) method: Method,
    /// Path and query at the registry, from `/v2/`.
    pub(crate) path: String,
    /// What it needs to be allowed to do there.
    pub(crate) scope: String,
    pub(crate) accept: Option<&'static str>,
    /// The body and its media type.
    pub(crate) body: Option<(&'r [u8], &'static str)>,
    /// Bytes of a blob that is on the way, in either direction; 0 for all that is small.
    pub(crate) bytes: u64,
}

/// An answer, of which the body is not read yet.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: ureq::http::HeaderMap,
    /// Who answered, for messages.
    pub(crate) from: String,
    /// Where.
    pub(crate) url: Url,
    body: Body,
}

impl<'r> Request<'r> {
    /// A request for a blob of `bytes`, or for something small.
    pub(crate) fn get(path: String, scope: String, bytes: u64) -> Request<'r> {
        Request {
            method: Method::GET,
            path,
            scope,
            accept: None,
            body: None,
            bytes,
        }
    }
}

impl Http {
    pub(crate) fn new(settings: &Settings) -> Self {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier);
        let config = Agent::config_builder()
            .tls_config(tls.build())
            // NB: redirects are followed here, without credentials.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(concat!("greentic-provision/", env!("CARGO_PKG_VERSION")))
            .accept("*/*")
            .accept_encoding("identity")
            .timeout_connect(Some(settings.timeout))
            .build();
        Self {
            agent: config.new_agent(),
            settings: settings.clone(),
            tokens: Tokens::default(),
        }
    }

    /// Asks `host`, with credentials if it asks for them, and follows redirects.
    pub(crate) fn ask(&self, host: &Host, request: &Request<'_>) -> Result<Answer, RegistryError> {
        let url = self.url(host, &request.path)?;
        let mut authorization = self.tokens.known(host, &request.scope);
        let mut answer = self.send(&url, request, authorization.as_deref())?;
        if answer.status == StatusCode::UNAUTHORIZED {
            let fresh = self.authorize(host, &request.scope, &answer)?;
            answer = self.send(&url, request, Some(&fresh))?;
            authorization = Some(fresh);
        }
        if matches!(
            answer.status,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
        ) {
            self.tokens.forget(host, &request.scope);
            let message = format!(
                "{} refuses the request (status {}); log in with `docker login`, or give \
                 --username and --password-stdin",
                answer.from,
                answer.status.as_u16()
            );
            return Err(RegistryError::new(RegistryCode::Auth, message));
        }
        self.follow(answer, request, authorization.as_deref())
    }

    /// Follows redirects of reads. The credentials stay with scheme, host and port that they
    /// were for; another place gets none, and none comes back after that.
    fn follow(
        &self,
        mut answer: Answer,
        request: &Request<'_>,
        mut authorization: Option<&str>,
    ) -> Result<Answer, RegistryError> {
        for _ in 0..REDIRECTS {
            if !answer.status.is_redirection() {
                return Ok(answer);
            }
            let refused = |why: &str| {
                let message = format!("{}: {why}", answer.from);
                RegistryError::new(RegistryCode::Redirect, message)
            };
            if request.method != Method::GET && request.method != Method::HEAD {
                return Err(refused(
                    "redirects a request that writes, which is not followed",
                ));
            }
            let to = answer
                .headers
                .get(LOCATION)
                .and_then(|value| value.to_str().ok());
            let to = to.ok_or_else(|| refused("a redirect without a location"))?;
            let url = answer
                .url
                .join(to)
                .map_err(|_| refused("a redirect to what is no URL"))?;
            self.check_url(&url).map_err(|why| refused(&why))?;
            authorization = authorization.filter(|_| url.origin() == answer.url.origin());
            answer = self.send(&url, request, authorization)?;
        }
        if !answer.status.is_redirection() {
            return Ok(answer);
        }
        let message = format!("{}: more than {REDIRECTS} redirects", answer.from);
        Err(RegistryError::new(RegistryCode::Redirect, message))
    }

    /// The URL of `path` at `host`.
    fn url(&self, host: &Host, path: &str) -> Result<Url, RegistryError> {
        let scheme = if self.settings.plain_http && host.is_loopback() {
            "http"
        } else {
            "https"
        };
        let url = Url::parse(&format!("{scheme}://{}{path}", host.answering()));
        url.map_err(|e| RegistryError::new(RegistryCode::Redirect, format!("{host}: {e}")))
    }

    /// Why no request may go to `url`.
    fn check_url(&self, url: &Url) -> Result<(), String> {
        let shown = shown(url);
        let host = url.host_str().map(Host::parse);
        let Some(Ok(host)) = host else {
            return Err(format!("a redirect to {shown}, which names no host"));
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!("a redirect to {shown} with a user name"));
        }
        match url.scheme() {
            "https" => Ok(()),
            "http" if self.settings.plain_http && host.is_loopback() => Ok(()),
            _ => Err(format!("a redirect to {shown}; only https is followed")),
        }
    }

    /// Sends one request and reads the head of its answer.
    fn send(
        &self,
        url: &Url,
        request: &Request<'_>,
        authorization: Option<&str>,
    ) -> Result<Answer, RegistryError> {
        let from = shown(url);
        let mut head = ureq::http::Request::builder()
            .method(request.method.clone())
            .uri(url.as_str());
        if let Some(accept) = request.accept {
            head = head.header(ACCEPT, accept);
        }
        if let Some(authorization) = authorization {
            head = head.header(AUTHORIZATION, authorization);
        }
        let time = self.time(request.bytes);
        // NB: a proxy would hear what plain HTTP says.
        let is_plain = url.scheme() == "http";
        let proxy = if is_plain {
            None
        } else {
            ureq::Proxy::try_from_env()
        };
        // NB: the error may quote a header.
        let unsendable = |_| {
            let message = format!(
                "{from}: the request cannot be sent: a character in its URL or in the credentials is not allowed there"
            );
            RegistryError::new(RegistryCode::Credentials, message)
        };
        let sent = match request.body {
            Some((bytes, media_type)) => {
                let head = head.header("content-type", media_type);
                let whole = self
                    .agent
                    .configure_request(head.body(bytes).map_err(unsendable)?);
                self.agent
                    .run(whole.timeout_global(Some(time)).proxy(proxy).build())
            }
            None => {
                let whole = self
                    .agent
                    .configure_request(head.body(()).map_err(unsendable)?);
                self.agent
                    .run(whole.timeout_global(Some(time)).proxy(proxy).build())
            }
        };
        let (head, body) = sent.map_err(|e| broken(&from, &e))?.into_parts();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            from,
            url: url.clone(),
            body,
        })
    }

    fn time(&self, bytes: u64) -> Duration {
        self.settings
            .timeout
            .saturating_add(Duration::from_secs(bytes / SLOWEST))
    }
}

impl Answer {
    /// The body, of at most `bound` bytes, of an answer that has to be a success; `what` is
    /// asked for.
    pub(crate) fn bytes(mut self, what: &str, bound: u64) -> Result<Vec<u8>, RegistryError> {
        self.check_success(what)?;
        if self.length().is_some_and(|length| length > bound) {
            return Err(self.too_long(what, bound));
        }
        let bytes = self.up_to(bound)?;
        if bytes.len() as u64 > bound {
            return Err(self.too_long(what, bound));
        }
        Ok(bytes)
    }

    /// At most `bound + 1` bytes of the body.
    pub(crate) fn up_to(&mut self, bound: u64) -> Result<Vec<u8>, RegistryError> {
        let encoded = self.headers.get(CONTENT_ENCODING);
        if encoded.is_some_and(|encoding| encoding.as_bytes() != b"identity") {
            let message = format!(
                "{}: a compressed answer, which was not asked for",
                self.from
            );
            return Err(RegistryError::new(RegistryCode::Encoding, message));
        }
        let mut bytes = Vec::new();
        let reader = self.body.with_config().limit(u64::MAX).reader();
        let read = reader.take(bound.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|e| self.cut_off(&e, bytes.len()))?;
        Ok(bytes)
    }

    /// The number of bytes that the body is said to have.
    pub(crate) fn length(&self) -> Option<u64> {
        let length = self.headers.get(CONTENT_LENGTH)?;
        length.to_str().ok()?.trim().parse().ok()
    }

    pub(crate) fn check_success(&self, what: &str) -> Result<(), RegistryError> {
        let (code, why) = match self.status {
            status if status.is_success() => return Ok(()),
            StatusCode::NOT_FOUND => (RegistryCode::NotFound, "has no such thing".to_owned()),
            status => (
                RegistryCode::Status,
                format!("answers with status {}", status.as_u16()),
            ),
        };
        // NB: the body is not shown: it may quote the credentials of the request.
        Err(RegistryError::new(
            code,
            format!("{what}: {} {why}", self.from),
        ))
    }

    fn too_long(&self, what: &str, bound: u64) -> RegistryError {
        let message = format!("{what}: {} sends more than {bound} bytes", self.from);
        RegistryError::new(RegistryCode::Bound, message)
    }

    /// The body ended early.
    fn cut_off(&self, error: &std::io::Error, read: usize) -> RegistryError {
        let inner = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<ureq::Error>());
        if let Some(inner @ ureq::Error::Timeout(_)) = inner {
            return broken(&self.from, inner);
        }
        if self.length().is_some_and(|length| length > read as u64) {
            let said = self.length().unwrap_or_default();
            let message = format!(
                "{}: the answer ends after {}, and its header says {said}",
                self.from,
                counted(read, "byte", "bytes")
            );
            return RegistryError::new(RegistryCode::Length, message);
        }
        let message = format!("{}: {}", self.from, inert(&error.to_string(), 200));
        RegistryError::new(RegistryCode::Unreachable, message)
    }
}

/// A URL without user name, query and fragment, which may hold credentials.
fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    inert(
        &format!("{}://{host}{port}{}", url.scheme(), url.path()),
        300,
    )
}

/// No answer came.
fn broken(from: &str, error: &ureq::Error) -> RegistryError {
    let code = match error {
        ureq::Error::Timeout(_) => RegistryCode::Timeout,
        _ => RegistryCode::Unreachable,
    };
    // NB: an error about a URL would show its query.
    let why = match error {
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => "the URL is not allowed".to_owned(),
        other => inert(&other.to_string(), 200),
    };
    RegistryError::new(code, format!("{from}: {why}"))
}
