//! manifest.*: does the pack say who it is, well-formed?

use crate::judge::{Check, Conclusion, Findings, Level, ScopeKind};
use crate::observe::Subject;
use greentic_types::validate::{Severity, validate_pack_manifest_core};
use provision_core::manifest::Manifest;
use provision_core::text::inert;
use provision_core::{Finding, OpenError};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "manifest.decodes",
        level: Level::Must,
        scope: ScopeKind::Pack,
        requirement: "There is a manifest, and it decodes strictly (no duplicate keys, no trailing \
                      bytes, bounded depth).",
        run: decodes,
    },
    Check {
        id: "manifest.identity",
        level: Level::Must,
        scope: ScopeKind::Pack,
        requirement: "The id and the version are well-formed: a safe identifier, a semantic version.",
        run: identity,
    },
    Check {
        id: "manifest.core-rules",
        level: Level::Must,
        scope: ScopeKind::Pack,
        requirement: "`greentic_types::validate::validate_pack_manifest_core` reports no error.",
        run: core_rules,
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
    let Manifest { id, version, .. } = opened.pack.manifest();
    let at = opened.pack.manifest_file();
    let show = |value: &Option<String>| {
        value
            .as_ref()
            .map_or_else(|| "nothing".into(), |v| format!("`{}`", inert(v, 120)))
    };
    let mut found = Vec::new();
    if !id.as_deref().is_some_and(is_safe_id) {
        let expected = "an id of letters, digits, `.`, `_` and `-`, at most 128, starting with a \
                        letter or digit";
        found.push(Finding::new("E_PACK_ID", at, expected, show(id)));
    }
    let is_semver = |v: &str| semver::Version::parse(v).is_ok();
    if !version.as_deref().is_some_and(is_semver) {
        let expected = "a semantic version such as 1.2.3";
        found.push(Finding::new("E_PACK_VERSION", at, expected, show(version)));
    }
    findings.pack(Conclusion::of(found));
}

fn is_safe_id(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    id.len() <= 128
        && id.starts_with(|c: char| c.is_ascii_alphanumeric())
        && id.chars().all(plain)
        && !id.contains("..")
}

fn core_rules(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let Some(manifest) = &opened.pack.manifest().pack_v1 else {
        let reason = "the manifest is not pack-v1, which these rules are for";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    };
    let errors = validate_pack_manifest_core(manifest)
        .into_iter()
        .filter(|d| d.severity == Severity::Error)
        .map(|d| {
            let at = inert(d.path.as_deref().unwrap_or("manifest"), 200);
            let expected = d
                .hint
                .unwrap_or_else(|| "a manifest that obeys the core rules".into());
            Finding::new(d.code, at, inert(&expected, 200), inert(&d.message, 200))
        });
    findings.pack(Conclusion::of(errors.collect()));
}

#[cfg(test)]
mod tests {
    use super::is_safe_id;

    #[test]
    fn an_id_is_never_a_path() {
        for bad in [
            "",
            ".",
            "..",
            "a/b",
            "a..b",
            "-a",
            "a b",
            "a\u{202e}",
            "é",
            &"a".repeat(129),
        ] {
            assert!(!is_safe_id(bad), "{bad:?}");
        }
        for good in [
            "a",
            "greentic.secrets.vault-kv",
            "messaging-telegram",
            "0x_1",
        ] {
            assert!(is_safe_id(good), "{good:?}");
        }
    }
}
