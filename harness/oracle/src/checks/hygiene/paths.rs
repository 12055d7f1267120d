//! Files that are recognised by their path: where tools keep credentials, and what
//! tools leave behind.

use crate::check::{Conclusion, Findings};
use crate::credentials::is_placeholder;
use crate::subject::Subject;
use provision_core::codes::CheckCode;
use provision_core::text::{counted, inert};
use provision_core::{Finding, Pack};
use std::collections::BTreeMap;

/// Names of files that hold nothing but credentials, in lower case.
const CREDENTIAL_NAMES: [&str; 18] = [
    ".netrc",
    "_netrc",
    ".pgpass",
    ".htpasswd",
    ".git-credentials",
    ".dockercfg",
    ".dockerconfigjson",
    ".my.cnf",
    ".s3cfg",
    ".terraformrc",
    ".vault-token",
    "terraform.tfstate",
    "terraform.tfstate.backup",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "application_default_credentials.json",
];

/// Ends of the names of files that hold private keys or passwords.
const CREDENTIAL_ENDS: [&str; 6] = [".jks", ".kdbx", ".keystore", ".p12", ".pfx", ".ppk"];

/// Ends of such paths that need their folder to be recognised.
const CREDENTIAL_PATHS: [&str; 6] = [
    ".aws/credentials",
    ".azure/accesstokens.json",
    ".docker/config.json",
    ".kube/config",
    ".cargo/credentials",
    ".cargo/credentials.toml",
];

/// Settings of package managers, which may hold a token, and how it is set.
const SETTINGS: [&str; 2] = [".npmrc", ".pypirc"];
const TOKENS: [&str; 4] = ["_authtoken", "_auth", "_password", "password"];

/// Endings of environment files that are made to be shared.
const TEMPLATES: [&str; 7] = [
    "example", "sample", "template", "tmpl", "dist", "defaults", "schema",
];

/// Folders of tools.
const RESIDUE_FOLDERS: [&str; 13] = [
    ".git",
    ".hg",
    ".svn",
    ".vscode",
    ".terraform",
    ".tox",
    ".venv",
    ".ruff_cache",
    ".pytest_cache",
    ".mypy_cache",
    "__pycache__",
    "__macosx",
    "node_modules",
];

/// Files of desktops.
const RESIDUE_NAMES: [&str; 3] = [".ds_store", "thumbs.db", "desktop.ini"];
/// Ends of files of editors and compilers.
const RESIDUE_ENDS: [&str; 5] = [".swp", ".swo", ".pyc", ".orig", "~"];

/// The files of `pack` in which tools keep credentials. An empty one is none.
pub(super) fn credential_files(pack: &Pack) -> Vec<Finding> {
    let files = pack.files().filter(|name| {
        let read = || pack.read(name).unwrap_or_default();
        pack.size(name).is_some_and(|bytes| bytes > 0)
            && keeps_credentials(name, || read().to_vec())
    });
    let files = files.map(|name| {
        Finding::new(
            CheckCode::CredentialFile,
            format!("`{}`", inert(name, 120)),
            "no file in which a tool keeps credentials",
            "it is in the pack",
        )
    });
    files.collect()
}

fn keeps_credentials(path: &str, read: impl FnOnce() -> Vec<u8>) -> bool {
    let path = path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let ends = |end: &str| {
        let front = path.strip_suffix(end);
        front.is_some_and(|front| front.is_empty() || front.ends_with('/'))
    };
    is_environment(name)
        || CREDENTIAL_NAMES.contains(&name)
        || CREDENTIAL_ENDS.iter().any(|end| name.ends_with(end))
        || CREDENTIAL_PATHS.iter().any(|end| ends(end))
        || SETTINGS.contains(&name) && sets_token(&String::from_utf8_lossy(&read()))
}

/// Whether `name` is an environment file: `.env`, `.env.production`,
/// `.dev.secrets.env`, but not `.env.example`.
fn is_environment(name: &str) -> bool {
    let is_template = || {
        name.split(['.', '-', '_'])
            .any(|part| TEMPLATES.contains(&part))
    };
    let is_environment =
        name == ".env" || name.starts_with(".env.") || name.ends_with(".secrets.env");
    is_environment && !is_template()
}

/// Whether a line of `settings` sets a token to something else than a variable.
fn sets_token(settings: &str) -> bool {
    settings.lines().any(|line| {
        let Some((key, value)) = line.split_once('=') else {
            return false;
        };
        let key = key.rsplit(':').next().unwrap_or_default();
        let key = key.trim().to_ascii_lowercase();
        let value = value.trim().trim_matches(['"', '\'']);
        let is_variable = value.starts_with("${") || value.starts_with('<');
        TOKENS.contains(&key.as_str())
            && !value.is_empty()
            && !is_variable
            && !is_placeholder(value.as_bytes())
    })
}

/// The topmost part of `path` that a tool left behind: a folder or the file.
pub(crate) fn residue(path: &str) -> Option<&str> {
    let mut end = 0;
    for part in path.split('/') {
        let name = part.to_ascii_lowercase();
        let is_last = end + part.len() == path.len();
        end += part.len();
        let is_residue = if is_last {
            RESIDUE_NAMES.contains(&name.as_str())
                || name.starts_with("._")
                || RESIDUE_ENDS
                    .iter()
                    .any(|e| name.len() > e.len() && name.ends_with(e))
        } else {
            RESIDUE_FOLDERS.contains(&name.as_str())
        };
        if is_residue {
            return path.get(..end);
        }
        end += 1;
    }
    None
}

/// `hygiene.no-residue`
pub(super) fn no_residue(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for top in opened.pack.files().filter_map(residue) {
        *left.entry(top).or_default() += 1;
    }
    let found = left.into_iter().map(|(top, count)| {
        Finding::new(
            CheckCode::BuildResidue,
            format!("`{}`", inert(top, 120)),
            "only files that the pack needs",
            format!(
                "{} that a tool left behind",
                counted(count, "file", "files")
            ),
        )
    });
    findings.pack(Conclusion::of(found.collect()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keeps(path: &str, content: &str) -> bool {
        keeps_credentials(path, || content.as_bytes().to_vec())
    }

    #[test]
    fn credential_file_is_recognised_by_its_path() {
        for path in [
            ".env",
            "web/.ENV.production",
            ".greentic/dev/.dev.secrets.env",
            "keys/id_rsa",
            ".netrc",
            "home/.aws/credentials",
            ".aws/credentials",
            ".azure/accessTokens.json",
            "infra/terraform.tfstate",
            "certs/server.P12",
            ".vault-token",
        ] {
            assert!(keeps(path, ""), "{path}");
        }
        for path in [
            ".env.example",
            ".env.production.sample",
            "example.secrets.env",
            "assets/deploy.env",
            "assets/environment",
            "id_rsa.pub",
            "docs/credentials",
            "my.aws/credentials",
            "assets/.secret_requirements.json",
            ".envrc",
            ".cargo/config.toml",
            "certs/server.crt",
            "docs/accessTokens.json",
            "infra/main.tf",
        ] {
            assert!(!keeps(path, ""), "{path}");
        }
    }

    #[test]
    fn settings_are_credentials_only_with_a_token() {
        let token = "//registry.npmjs.org/:_authToken=aB3dE5gH7jK9mN1pQ3";
        assert!(keeps(".npmrc", token));
        assert!(keeps(".pypirc", "[pypi]\npassword = aB3dE5gH7jK9mN1pQ3\n"));
        for harmless in [
            "",
            "registry=https://registry.npmjs.org/\n",
            "//registry.npmjs.org/:_authToken=${NPM_TOKEN}",
            "//registry.npmjs.org/:_authToken=xxxxxxxxxxxxxxxx",
            "_password=",
        ] {
            assert!(!keeps(".npmrc", harmless), "{harmless}");
        }
    }

    #[test]
    fn residue_is_named_by_its_topmost_part() {
        for (path, top) in [
            (".git/objects/00/11", Some(".git")),
            (
                "web/node_modules/a/node_modules/b.js",
                Some("web/node_modules"),
            ),
            ("assets/.tox/py3/x", Some("assets/.tox")),
            ("assets/.DS_Store", Some("assets/.DS_Store")),
            ("assets/._card.json", Some("assets/._card.json")),
            ("flows/.main.ygtc.swp", Some("flows/.main.ygtc.swp")),
            (".packc/secret-requirements.json", None),
            (".gitignore", None),
            ("git/config", None),
            ("assets/_._x", None),
            ("~", None),
        ] {
            assert_eq!(residue(path), top, "{path}");
        }
    }
}
