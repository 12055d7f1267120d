//! Who a user is at a registry: from the command line, from Docker's config, or from a
//! credential helper that this config names.
//!
//! Source: Docker's documentation of `docker login`, "Credential stores", and the protocol
//! of docker-credential-helpers.

use crate::error::RegistryError;
use crate::files;
use crate::names::Host;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use provision_core::codes::RegistryCode;
use provision_core::json;
use provision_core::text::inert;
use serde_json::Value;
use std::fmt;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Bytes of Docker's config, at most.
const CONFIG_BYTES: u64 = 1024 * 1024;
/// Bytes that a helper answers, at most.
const ANSWER_BYTES: u64 = 64 * 1024;
/// The user name with which Docker marks a token that stands for a password.
const TOKEN_USER: &str = "<token>";

/// A text that no message shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides `text`.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn shown_to_its_host(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A user name and password that the command line gives for one host.
#[derive(Debug, Clone)]
pub struct Given {
    /// The host that they belong to.
    pub host: Host,
    /// The user name.
    pub username: String,
    /// The password.
    pub password: Secret,
}

/// Where credentials come from.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// Those of the command line, which come first.
    pub given: Option<Given>,
    /// Docker's config file. It need not exist.
    pub docker_config: Option<PathBuf>,
}

/// What a host knows a user by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Login {
    /// A name and a password.
    Password { username: String, password: Secret },
    /// A token with which the token service of the registry gives others.
    Refresh(Secret),
}

impl Credentials {
    /// The credentials of `host`; `None` if there are none, so that requests are anonymous.
    pub(crate) fn of(&self, host: &Host, time: Duration) -> Result<Option<Login>, RegistryError> {
        if let Some(given) = self.given.as_ref().filter(|given| given.host == *host) {
            return Ok(Some(Login::Password {
                username: given.username.clone(),
                password: given.password.clone(),
            }));
        }
        let Some(path) = &self.docker_config else {
            return Ok(None);
        };
        let Some(config) = read_config(path)? else {
            return Ok(None);
        };
        let key = config_key(host);
        let helper = config.pointer("/credHelpers").and_then(|all| all.get(&key));
        let named = helper.or_else(|| config.get("credsStore"));
        if let Some(helper) = named.and_then(Value::as_str)
            && let Some(login) = ask_helper(helper, &key, time)?
        {
            return Ok(Some(login));
        }
        in_file(&config, &key, path)
    }
}

/// What Docker's config calls `host`.
fn config_key(host: &Host) -> String {
    match host.answering() {
        "registry-1.docker.io" => "https://index.docker.io/v1/".to_owned(),
        other => other.to_owned(),
    }
}

fn refused(message: String) -> RegistryError {
    RegistryError::new(RegistryCode::Credentials, message)
}

fn read_config(path: &Path) -> Result<Option<Value>, RegistryError> {
    let shown = || inert(&path.to_string_lossy(), 300);
    let bytes = match files::read(path, true, CONFIG_BYTES) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(refused(format!("Docker's config {}: {e}", shown()))),
    };
    let bytes = bytes.ok_or_else(|| {
        let path = shown();
        refused(format!(
            "Docker's config {path}: more than {CONFIG_BYTES} bytes"
        ))
    })?;
    // NB: the error of the parser may quote what it read, which may be a password.
    let parsed = json::parse(&bytes, 32);
    let parsed =
        parsed.map_err(|_| refused(format!("Docker's config {}: not valid JSON", shown())));
    parsed.map(Some)
}

/// The login of `key` that the config file itself holds.
fn in_file(config: &Value, key: &str, path: &Path) -> Result<Option<Login>, RegistryError> {
    let Some(all) = config.get("auths").and_then(Value::as_object) else {
        return Ok(None);
    };
    let bare = |name: &str| {
        let name = name
            .strip_prefix("https://")
            .or(name.strip_prefix("http://"))
            .unwrap_or(name);
        name.split('/')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let entry = all.get(key).or_else(|| {
        let wanted = bare(key);
        all.iter()
            .find(|(name, _)| bare(name) == wanted)
            .map(|(_, entry)| entry)
    });
    let Some(entry) = entry else { return Ok(None) };
    let text = |name: &str| {
        entry
            .get(name)
            .and_then(Value::as_str)
            .filter(|t| !t.is_empty())
    };
    if let Some(token) = text("identitytoken") {
        return Ok(Some(Login::Refresh(Secret(token.to_owned()))));
    }
    let Some(auth) = text("auth") else {
        return Ok(match (text("username"), text("password")) {
            (Some(username), Some(password)) => Some(login(username, password)),
            _ => None,
        });
    };
    let bad = || {
        let (path, key) = (inert(&path.to_string_lossy(), 300), inert(key, 100));
        refused(format!(
            "Docker's config {path}: `auth` of {key} is not `name:password` in Base64; log in again"
        ))
    };
    let decoded = STANDARD.decode(auth.trim()).map_err(|_| bad())?;
    let decoded = String::from_utf8(decoded).map_err(|_| bad())?;
    let (username, password) = decoded.split_once(':').ok_or_else(bad)?;
    Ok(Some(login(username, password.trim_end_matches('\0'))))
}

fn login(username: &str, password: &str) -> Login {
    let password = Secret(password.to_owned());
    match username {
        TOKEN_USER => Login::Refresh(password),
        username => Login::Password {
            username: username.to_owned(),
            password,
        },
    }
}

/// Asks the program `docker-credential-<helper>`; `None` if it knows no such host.
fn ask_helper(helper: &str, key: &str, time: Duration) -> Result<Option<Login>, RegistryError> {
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_' || b == b'.';
    if helper.is_empty() || !helper.bytes().all(is_name) {
        let helper = inert(helper, 100);
        return Err(refused(format!(
            "`{helper}` is not the name of a credential helper"
        )));
    }
    let program = format!("docker-credential-{helper}");
    let failed = |why: String| refused(format!("{program}: {why}"));
    let mut child = Command::new(&program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| failed(format!("cannot be started: {e}")))?;
    // NB: a helper that reads nothing closes the pipe, which is its own matter.
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(key.as_bytes());
    }
    let (done, wait) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut answer = Vec::new();
            let read = stdout.take(ANSWER_BYTES + 1).read_to_end(&mut answer);
            let _ = done.send(read.map(|_| answer));
        });
    }
    let answer = wait.recv_timeout(time);
    if answer.is_err() || answer.as_ref().is_ok_and(|read| read.is_err()) {
        let _ = child.kill();
    }
    let Ok(Ok(answer)) = answer else {
        let _ = child.wait();
        return Err(failed(format!("no answer within {} s", time.as_secs())));
    };
    if answer.len() as u64 > ANSWER_BYTES {
        let _ = child.kill();
        let _ = child.wait();
        return Err(failed(format!("more than {ANSWER_BYTES} bytes")));
    }
    let status = child.wait().map_err(|e| failed(e.to_string()))?;
    if !status.success() {
        // The protocol's words for a host that the helper does not know.
        let unknown = String::from_utf8_lossy(&answer).contains("credentials not found");
        return if unknown {
            Ok(None)
        } else {
            Err(failed(status.to_string()))
        };
    }
    let parsed =
        json::parse(&answer, 8).map_err(|_| failed("its answer is not valid JSON".into()))?;
    let text = |name: &str| parsed.get(name).and_then(Value::as_str);
    match (text("Username"), text("Secret")) {
        (Some(username), Some(secret)) => Ok(Some(login(username, secret))),
        _ => Err(failed("its answer has no Username and Secret".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(config: &str, host: &str) -> Result<Option<Login>, RegistryError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.json");
        std::fs::write(&path, config).expect("a file");
        let credentials = Credentials {
            given: None,
            docker_config: Some(path),
        };
        credentials.of(&Host::parse(host).expect("a host"), Duration::from_secs(5))
    }

    #[test]
    fn login_belongs_to_its_host_and_port_alone() {
        let auth = STANDARD.encode("me:pass:word");
        let config = format!(r#"{{"auths":{{"https://r.example:5000/v2/":{{"auth":"{auth}"}}}}}}"#);
        let found = of(&config, "r.example:5000").expect("readable");
        assert_eq!(found, Some(login("me", "pass:word")));
        for other in [
            "r.example",
            "r.example:5001",
            "sub.r.example:5000",
            "example:5000",
        ] {
            assert_eq!(of(&config, other), Ok(None), "{other}");
        }
    }

    #[test]
    fn docker_hub_and_identity_tokens_are_found() {
        let config = r#"{"auths":{"https://index.docker.io/v1/":{"identitytoken":"t"}}}"#;
        let found = of(config, "docker.io").expect("readable");
        assert_eq!(found, Some(Login::Refresh(Secret("t".into()))));
    }

    #[test]
    fn defect_of_a_config_is_named_without_its_content() {
        for config in [r#"{"auths":{"r":{"auth":"hunter2"}}}"#, r#"{"hunter2"#] {
            let refused = of(config, "r").expect_err("a defect");
            assert_eq!(refused.code, RegistryCode::Credentials);
            assert!(!refused.message.contains("hunter2"), "{refused}");
        }
        let refused = of(r#"{"credsStore":"../evil"}"#, "r").expect_err("a defect");
        assert!(
            refused
                .message
                .contains("not the name of a credential helper"),
            "{refused}"
        );
        let refused = of(r#"{"credsStore":"not-on-this-machine"}"#, "r").expect_err("a defect");
        assert!(refused.message.contains("cannot be started"), "{refused}");
    }
}
