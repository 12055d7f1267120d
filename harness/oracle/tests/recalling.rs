//! What is taken from an earlier run, and what never is.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use provision_core::wizard::{
    Call, HostActivity, Meters, StepAnswer, StepCode, StepExecutor, StepFailure, StepOutcome,
    StepRequest,
};
use provision_core::{Pack, Source, Status};
use provision_oracle::{CheckResult, Conditions, Earlier, Subject, judge, observe};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Notes in memory.
#[derive(Debug, Default)]
struct Notes {
    program: String,
    kept: Mutex<BTreeMap<[u8; 32], Vec<u8>>>,
}

impl Earlier for Notes {
    fn program(&self) -> &[u8] {
        self.program.as_bytes()
    }

    fn find(&self, name: &blake3::Hash) -> Option<Vec<u8>> {
        let kept = self.kept.lock().expect("no panic");
        kept.get(name.as_bytes()).cloned()
    }

    fn keep(&self, name: &blake3::Hash, note: &[u8]) {
        let mut kept = self.kept.lock().expect("no panic");
        kept.insert(*name.as_bytes(), note.to_owned());
    }
}

impl Notes {
    fn count(&self) -> usize {
        self.kept.lock().expect("no panic").len()
    }
}

/// A guest that asks for a room, and traps over answers that `breaks` names.
struct Guest {
    calls: AtomicUsize,
    fuel: u64,
    /// The fuel of the requirements step.
    required: u64,
    breaks: &'static str,
    how: StepCode,
}

impl Guest {
    fn new(breaks: &'static str, how: StepCode) -> Self {
        Self {
            calls: AtomicUsize::new(0),
            fuel: 1,
            required: 1,
            breaks,
            how,
        }
    }
}

const QUESTIONS: &str = r#"{"questions": {"questions": [{"id": "room", "kind": "text"}]}}"#;

impl StepExecutor for Guest {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let input = match &request.call {
            Call::Step { input } => String::from_utf8_lossy(input),
            _ => Default::default(),
        };
        let result = match !self.breaks.is_empty() && input.contains(self.breaks) {
            true => Err(StepFailure::new(self.how, "over an answer")),
            false if input.contains(r#""step":"collect""#) => Ok(QUESTIONS),
            false => Ok("{}"),
        };
        StepAnswer {
            result: result.map(|text| StepOutcome::Json(text.into())),
            meters: Meters {
                fuel: match request.component.as_str() {
                    "r.wat" => self.required,
                    _ => self.fuel,
                },
                ..Meters::default()
            },
            attempts: HostActivity::default(),
        }
    }
}

fn pack(text: &str) -> Source {
    let manifest = r#"{"id": "p", "version": "1.0.0", "meta": {"entry_flows":
        {"setup": "s", "requirements": "r"}}}"#;
    let module = |name| (name, "(module)");
    let files = [
        ("pack.json", manifest),
        module("s.wat"),
        module("r.wat"),
        ("a", text),
    ];
    let files = files.map(|(n, c)| (n.to_owned(), c.as_bytes().to_vec()));
    Source::Folder {
        files: files.into(),
        manifest: None,
    }
}

fn conditions(notes: &Arc<Notes>) -> Conditions {
    Conditions {
        earlier: Some(Arc::clone(notes) as _),
        ..Conditions::default()
    }
}

/// Whether what was tried is recalled, and how often `guest` was called.
fn seen(text: &str, guest: &Guest, conditions: &Conditions) -> (bool, usize, Subject) {
    let before = guest.calls.load(Ordering::Relaxed);
    let subject = observe(Ok(pack(text)), guest, conditions);
    let wizards = subject.wizards().iter();
    let mut setup = wizards.filter(|o| o.wizard.primary);
    let runs = setup.next().expect("it sets up").runs.as_ref();
    let probed = runs.expect("runs").probed.as_ref().expect("it completes");
    assert!(probed.probes.len() > 20, "{}", probed.probes.len());
    let calls = guest.calls.load(Ordering::Relaxed) - before;
    (probed.recalled, calls, subject)
}

fn told(subject: &Subject) -> Vec<String> {
    let told = |r: CheckResult| format!("{} {:?} {:?}", r.check, r.status, r.findings);
    judge(subject).into_iter().map(told).collect()
}

#[test]
fn what_was_tried_is_recalled_and_wizards_are_driven_twice_all_the_same() {
    for breaks in ["", "DROP TABLE", "extra-5d1f"] {
        let notes = Arc::new(Notes::default());
        let conditions = conditions(&notes);
        let guest = Guest::new(breaks, StepCode::Trap);
        let (recalled, fresh, first) = seen("a", &guest, &conditions);
        assert!(!recalled);
        let (recalled, again, second) = seen("a", &guest, &conditions);
        assert!(recalled && again < fresh, "{again} of {fresh}");
        // The first run and the isolated one of both, and setting up once more.
        assert_eq!(again, 2 * (4 + 1) + 4);
        assert_eq!(told(&first), told(&second));
        let results = judge(&second);
        let mut hostile = results.iter().filter(|r| r.check == "answers.hostile");
        let fails = hostile.any(|r| r.status == Status::Failed);
        assert_eq!(fails, breaks == "DROP TABLE");
    }
}

#[test]
fn other_bytes_conditions_answers_and_programs_are_tried_anew() {
    let notes = Arc::new(Notes::default());
    let same = conditions(&notes);
    let mut guest = Guest::new("", StepCode::Trap);
    assert!(!seen("a", &guest, &same).0);
    assert!(seen("a", &guest, &same).0);
    assert!(!seen("b", &guest, &same).0, "other bytes");
    for (what, change) in [
        ("a seed", (|c| c.seed = 1) as fn(&mut Conditions)),
        ("a base URL", |c| {
            c.public_base_url = "https://b.invalid".into()
        }),
        ("fewer probes", |c| c.probes = 200),
        ("no second runs", |c| c.second_runs = false),
        ("a bound", |c| c.limits.step.fuel /= 2),
    ] {
        let mut other = same.clone();
        change(&mut other);
        assert!(!seen("a", &guest, &other).0, "{what}");
        assert!(seen("a", &guest, &other).0, "{what}");
    }
    // What the wizard says to valid answers is no longer what it said.
    guest.fuel = 2;
    assert!(!seen("a", &guest, &same).0, "another run");
    assert!(seen("a", &guest, &same).0);
    guest.required = 2;
    assert!(!seen("a", &guest, &same).0, "another run of another wizard");
    assert!(seen("a", &guest, &same).0);
    let kept = notes.kept.lock().expect("no panic").clone();
    let other = Arc::new(Notes {
        program: "another".into(),
        kept: Mutex::new(kept),
    });
    assert!(!seen("a", &guest, &conditions(&other)).0, "another program");
}

#[test]
fn what_the_machine_did_is_never_kept() {
    // A deadline is no answer, and neither is a budget that was used up before.
    for how in [
        StepCode::Deadline,
        StepCode::WorkerCrash,
        StepCode::PackBudget,
    ] {
        let notes = Arc::new(Notes::default());
        let guest = Guest::new("DROP TABLE", how);
        for _ in 0..2 {
            assert!(!seen("a", &guest, &conditions(&notes)).0, "{how:?}");
            assert_eq!(notes.count(), 0, "{how:?}");
        }
    }
}

#[test]
fn a_note_that_is_none_counts_for_nothing() {
    let notes = Arc::new(Notes::default());
    let guest = Guest::new("", StepCode::Trap);
    assert!(!seen("a", &guest, &conditions(&notes)).0);
    for bad in [&b""[..], b"{", b"[]", b"{\"digest\":\"\",\"wizards\":[]}"] {
        let mut kept = notes.kept.lock().expect("no panic");
        kept.values_mut().for_each(|note| *note = bad.to_owned());
        drop(kept);
        assert!(!seen("a", &guest, &conditions(&notes)).0, "{bad:?}");
        assert!(
            seen("a", &guest, &conditions(&notes)).0,
            "it is written anew"
        );
    }
}
