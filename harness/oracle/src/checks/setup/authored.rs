//! Files that authors write for setup: what the setup tool does not read as written.

use crate::check::{Conclusion, Findings};
use crate::subject::{Opened, Subject};
use provision_core::Finding;
use provision_core::authored::{self, Authored, Fault, Kind, Place, Problem, Refusal};
use provision_core::codes::CheckCode;
use provision_core::text::inert;

/// What a fault does to users.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Harm {
    /// The setup tool drops the file.
    Dropped,
    /// The setup tool does not ask, does not require or does not protect an answer.
    Weaker,
    /// No host does anything else because of it.
    None,
}

/// `file:line:column`, as reports link to places.
pub(super) fn at(file: &str, place: Option<Place>) -> String {
    let file = inert(file, 200);
    match place {
        Some(Place { line, column }) => format!("{file}:{line}:{column}"),
        None => file,
    }
}

/// A finding on each reason for which the setup tool drops `file`.
pub(super) fn unreadable(code: CheckCode, file: &str, refused: &[Refusal]) -> Vec<Finding> {
    let finding = |refusal: &Refusal| {
        let expected = "a file that the setup tool can read";
        let place = at(file, refusal.place);
        Finding::new(code, place, expected, inert(&refusal.why, 300))
    };
    refused.iter().map(finding).collect()
}

/// setup.secrets-read.
pub(super) fn secrets_read(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let Some(file) = authored::read_secret_list(&opened.pack) else {
        let reason = "the pack has no file that lists secrets";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    };
    let bytes = opened.pack.read(file).unwrap_or_default();
    let refused = authored::refusals(&bytes, Kind::Secrets, &subject.limits);
    let code = CheckCode::SecretsUnreadable;
    findings.pack(Conclusion::of(unreadable(code, file, &refused)));
}

/// setup.form-meant.
pub(super) fn meant(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let mut files = authored::authored(&opened.pack, &subject.limits);
    files.retain(|file| matches!(file.kind, Kind::SetupForm | Kind::QaForm));
    if files.is_empty() {
        let reason = "the pack has no setup form";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    }
    let found = of_harm(opened, &files, Harm::Weaker, |file, fault| {
        let expected = match &fault.problem {
            Problem::Unknown {
                meant: Some(meant), ..
            } => format!("`{meant}`, which the setup tool reads"),
            Problem::Type { expected, .. } => (*expected).to_owned(),
            Problem::Unnamed { expected } => {
                format!("`{expected}`, by which the setup tool knows a question")
            }
            Problem::Unknown { .. } => "a member that the setup tool reads".to_owned(),
        };
        let code = CheckCode::FormMember;
        let place = at(&file.file, fault.place);
        Finding::new(code, place, expected, fault.to_string())
    });
    findings.pack(Conclusion::of(found));
}

/// setup.files-strict.
pub(super) fn strict(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let files = authored::authored(&opened.pack, &subject.limits);
    if files.is_empty() {
        let reason = "the pack has no setup form, list of secrets or texts";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    }
    let mut found = of_harm(opened, &files, Harm::None, |file, fault| {
        let (code, expected) = match &fault.problem {
            Problem::Unknown { .. } => (CheckCode::MemberUnknown, "a member that tools read"),
            Problem::Type { expected, .. } => (CheckCode::MemberType, *expected),
            Problem::Unnamed { .. } => (CheckCode::MemberType, "a member that names it"),
        };
        let place = at(&file.file, fault.place);
        Finding::new(code, place, expected, fault.to_string())
    });
    // `setup.form` and `setup.secrets-read` report the files that the setup tool reads.
    let others = files
        .iter()
        .filter(|file| file.kind == Kind::Texts || !is_read(opened, file));
    for file in others {
        if let Err(syntax) = &file.faults {
            let refused = [Refusal::from(syntax.clone())];
            found.extend(unreadable(CheckCode::MemberType, &file.file, &refused));
        }
    }
    findings.pack(Conclusion::of(found));
}

fn of_harm(
    opened: &Opened,
    files: &[Authored],
    harm: Harm,
    finding: impl Fn(&Authored, &Fault) -> Finding,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in files {
        let faults = file.faults.as_deref().unwrap_or_default();
        let faults = faults.iter().filter(|f| harm_of(opened, file, f) == harm);
        found.extend(faults.map(|fault| finding(file, fault)));
    }
    found
}

/// Whether the setup tool reads the file.
fn is_read(opened: &Opened, file: &Authored) -> bool {
    let undecoded = opened.form.undecoded.iter().map(|(file, _)| file.as_str());
    let mut forms = undecoded.chain(opened.form.file.as_deref());
    match file.kind {
        Kind::SetupForm | Kind::QaForm => forms.any(|form| form == file.file),
        Kind::Secrets => authored::read_secret_list(&opened.pack) == Some(&file.file),
        Kind::Texts => true,
    }
}

fn harm_of(opened: &Opened, file: &Authored, fault: &Fault) -> Harm {
    // NB: a form whose questions are called otherwise is no form to the setup tool.
    if file.kind == Kind::QaForm && opened.form.questions.is_empty() && hides_questions(fault) {
        return Harm::Weaker;
    }
    if file.kind == Kind::Texts || !is_read(opened, file) {
        return Harm::None;
    }
    if fault.refusal(file.kind).is_some() {
        return Harm::Dropped;
    }
    if file.kind == Kind::Secrets {
        return Harm::None;
    }
    let is_secret = || {
        let owner = fault.owner.as_deref();
        owner.is_some_and(|owner| opened.form.is_secret(owner))
    };
    let weakens = match &fault.problem {
        Problem::Unnamed { .. } => true,
        Problem::Unknown { both: true, .. } => false,
        Problem::Unknown { meant, affirms, .. } => {
            let meant = meant.unwrap_or_default();
            *affirms && (meant == "required" || meant == "secret" && !is_secret())
        }
        Problem::Type { affirms, .. } => *affirms && fault.member.ends_with(".required"),
    };
    if weakens { Harm::Weaker } else { Harm::None }
}

fn hides_questions(fault: &Fault) -> bool {
    let questions = Some("questions");
    matches!(fault.problem, Problem::Unknown { meant, .. } if meant == questions)
}
