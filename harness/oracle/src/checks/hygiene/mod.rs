//! hygiene.*: does the pack contain local paths, credentials or active text?

pub(crate) mod local_paths;
pub(crate) mod paths;
mod patterns;

use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, Run, ScopeKind, Stage};
use crate::credentials::{CREDENTIAL_SHAPES, CREDENTIALS, is_placeholder};
use crate::subject::Subject;
use patterns::broken;
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::{has_stray_invisible, inert};
use serde_json::Value;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "hygiene.no-local-paths",
        stage: Stage::Hygiene,
        level: Level::Should,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Nowhere,
        host: "No host looks for it.",
        requirement: "The pack leaks no path of the machine that built it.",
        why: "Paths of a build machine reveal who built the pack and where, and make builds differ.",
        fix: "Build with `--remap-path-prefix`, strip the component, and write relative paths into lock files.",
        run: Run::OfPack(local_paths::no_local_paths),
    },
    Check {
        id: "hygiene.no-embedded-secrets",
        stage: Stage::Hygiene,
        level: Level::Publish,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Integrity,
        host: "No host looks for it; everybody who downloads the pack has the credential.",
        requirement: "The pack's files hold nothing that looks like a live credential, and none of them is a \
                      file in which a tool keeps credentials.",
        why: "A credential in a pack is published with it, permanently.",
        fix: "Remove it, revoke it, and let setup ask for it.",
        run: Run::OfPack(no_embedded_secrets),
    },
    Check {
        id: "hygiene.no-residue",
        stage: Stage::Hygiene,
        level: Level::Should,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Nowhere,
        host: "No host looks for it.",
        requirement: "The pack has no files that version control, an editor, a package manager or a desktop left behind.",
        why: "Such files are of no use to a host, and may tell more than their author knows, as the history in `.git` does.",
        fix: "Pack a clean folder, and list what belongs in the pack.",
        run: Run::OfPack(paths::no_residue),
    },
    Check {
        id: "hygiene.inert-text",
        stage: Stage::Hygiene,
        level: Level::Should,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Nowhere,
        host: "No host looks for it.",
        requirement: "Questions, notes and diagnostics carry no terminal escapes, bidi controls, CI \
                      workflow commands or markup.",
        why: "Text of a pack is shown on terminals, in CI logs and on web pages, which act on escapes, commands and markup in it.",
        fix: "Use plain text in questions, notes and diagnostics.",
        run: Run::OfPack(inert_text),
    },
];

fn no_embedded_secrets(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let Some(shapes) = CREDENTIAL_SHAPES.as_ref() else {
        return findings.pack(broken());
    };
    let mut found = paths::credential_files(&opened.pack);
    for name in opened.pack.files() {
        let Some(bytes) = opened.pack.read(name) else {
            continue;
        };
        for (index, shape) in shapes.present(&bytes) {
            let live = |m: &regex::bytes::Match<'_>| !is_placeholder(m.as_bytes());
            if let Some(first) = shape.find_iter(&bytes).find(live) {
                found.push(Finding::new(
                    CheckCode::EmbeddedSecret,
                    format!("`{}`, byte {}", inert(name, 120), first.start()),
                    "nothing that looks like a live credential",
                    // NB: never the credential itself.
                    format!("{} of {} bytes", CREDENTIALS[index].0, first.len()),
                ));
            }
        }
    }
    findings.pack(Conclusion::of(found));
}

fn inert_text(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, |_, observed| {
        let Some(run) = observed.run().filter(|run| run.executed() > 0) else {
            return Conclusion::Blocked("no step answered anything".into());
        };
        let mut found = Vec::new();
        let mut judge = |at: String, text: &str, of: Use| {
            if let Some(what) = active(text, of) {
                let expected = "text that nothing obeys";
                let actual = format!("{what}: {}", inert(text, 120));
                found.push(Finding::new(CheckCode::ActiveText, at, expected, actual));
            }
        };
        for (i, note) in run.plan.notes.iter().enumerate() {
            judge(format!("note {i}"), note, Use::Prose);
        }
        for (i, d) in run.diagnostics.iter().enumerate() {
            judge(format!("diagnostic {i}"), &d.message, Use::Prose);
            let hint = d.hint.as_deref().unwrap_or_default();
            judge(format!("diagnostic {i}, hint"), hint, Use::Prose);
        }
        for step in &run.steps {
            let questions = step.output().and_then(|o| o.questions.as_ref());
            if let Some(questions) = questions {
                let at = format!("step {}, questions", step.step);
                each_text(questions, Use::Prose, &mut |text, of| {
                    judge(at.clone(), text, of)
                });
            }
        }
        Conclusion::of(found)
    });
}

/// Members whose texts programs compare.
const NAMES: [&str; 6] = ["id", "name", "key", "field", "value", "url"];
/// What names of right-to-left scripts do without, and prose does not.
const DIRECTION_MARKS: [char; 3] = ['\u{200e}', '\u{200f}', '\u{61c}'];

/// How a text is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Users read it.
    Prose,
    /// Programs compare it.
    Name,
}

fn each_text(value: &Value, of: Use, judge: &mut impl FnMut(&str, Use)) {
    match value {
        Value::String(text) => judge(text, of),
        Value::Array(items) => items.iter().for_each(|item| each_text(item, of, judge)),
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            if has_mark(key) {
                judge(key, Use::Name);
            }
            let of = match value {
                Value::String(_) if NAMES.contains(&key.as_str()) => Use::Name,
                _ => Use::Prose,
            };
            each_text(value, of, judge);
        }),
        _ => {}
    }
}

fn has_mark(text: &str) -> bool {
    text.contains(DIRECTION_MARKS)
}

/// The first kind of active text in `text`: an escape, a command or markup.
fn active(text: &str, of: Use) -> Option<&'static str> {
    let is_command = |line: &str| {
        let line = line.trim_start();
        line.starts_with("##vso[")
            || line.starts_with("##[")
            || line.starts_with("::") && line[2..].contains("::")
    };
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\t' | '\r'))
    {
        Some("a control character")
    } else if has_stray_invisible(text) || of == Use::Name && has_mark(text) {
        Some("an invisible or text-direction character")
    } else if text.lines().any(is_command) {
        Some("a command to a CI system")
    } else if text.contains("]]>") || is_markup(text) {
        Some("markup")
    } else {
        None
    }
}

/// Whether `text` contains a tag: `<`, then a letter, `/`, `!` or `?`, then `>`.
/// Placeholders such as `<value>` have no attribute and are no closing tag.
fn is_markup(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let rest = &text[at + 1..];
        let Some((tag, _)) = rest.split_once('>') else {
            return false;
        };
        tag.starts_with(['/', '!', '?'])
            || tag.ends_with('/')
            || tag.starts_with(|c: char| c.is_ascii_alphabetic()) && tag.contains(['=', ' '])
            || matches!(
                tag.to_ascii_lowercase().as_str(),
                "script" | "b" | "i" | "a" | "img" | "svg" | "iframe"
            )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn active_text_is_named_by_its_kind() {
        let (control, command) = ("a control character", "a command to a CI system");
        for (bad, kind) in [
            ("\u{1b}[2J", control),
            ("a\u{fe0f}b", "an invisible or text-direction character"),
            ("a\u{202e}b", "an invisible or text-direction character"),
            ("::error::x", command),
            ("x\n::set-output name=a::b", command),
            ("##vso[task.complete]", command),
            ("]]>", "markup"),
            ("<script>", "markup"),
            ("<a href=x>", "markup"),
            ("</b>", "markup"),
        ] {
            assert_eq!(active(bad, Use::Prose), Some(kind), "{bad:?}");
        }
        for inert in [
            "",
            "a < b > c",
            "\u{2764}\u{fe0f} 1\u{fe0f}\u{20e3}",
            "<value>",
            "<public_base_url>",
            "line\nline",
            "std::fmt",
        ] {
            assert_eq!(active(inert, Use::Prose), None, "{inert:?}");
        }
    }

    #[test]
    fn direction_mark_is_ordinary_in_hebrew_prose_and_active_in_names() {
        let name = "\u{5e9}\u{5dc}\u{200f}";
        let questions = serde_json::json!({
            "label": "\u{5e9}\u{5dc}\u{5d5}\u{5dd}!\u{200f}",
            "choices": [name],
            "id": name,
            "show": { name: true, "when": [{ "field": name }] },
        });
        let mut found = Vec::new();
        each_text(&questions, Use::Prose, &mut |text, of| {
            found.extend(active(text, of).map(|_| text.to_owned()));
        });
        assert_eq!(found, [name; 3], "the id, the key and the field");
    }
}
