//! Plants defects and checks that this harness catches each: a green run proves
//! nothing if the harness would miss them.

use crate::events::{Event, EventLog};
use crate::examine::examine_source;
use crate::exit::Error;
use crate::fold::Run;
use crate::out_folder::OutFolder;
use crate::run::{Options, started};
use provision_core::codes::{CheckCode, Rule, StepCode};
use provision_core::wizard::{StepAnswer, StepExecutor, StepOutcome, StepRequest};
use provision_core::{FindingCode, Pack, Source, Status, Verdict};
use provision_oracle::generators::archive::{ArchiveBuilder, Style};
use provision_oracle::generators::defects::{Defect, Harmless, defects, harmless};
use provision_oracle::{Conditions, Level};
use provision_registry::Registries;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A planted defect, and the result of the harness.
#[derive(Debug)]
pub struct Planted {
    /// What was planted.
    pub what: &'static str,
    /// Whether the harness caught it.
    pub caught: bool,
    /// What the harness reported.
    pub said: String,
}

const OK: &str = r#"{}"#;
const PLAN: &str = r#"{"plan":{"config_patch":{"a":1}}}"#;
const SECRET: &str = "planted-7c1e9b0d4f";

/// A module that answers `text`, or traps if there is none.
fn module(text: Option<&str>) -> String {
    let answer = text.unwrap_or_default();
    let escaped = answer.replace('\\', "\\\\").replace('"', "\\\"");
    let body = match text {
        Some(_) => format!("(i32.const 0) (i32.const {})", answer.len()),
        None => "unreachable".into(),
    };
    format!(
        "(module (memory (export \"memory\") 2) (data (i32.const 0) \"{escaped}\")\n\
         (func (export \"run\") (param i32 i32) (result i32 i32) {body}))"
    )
}

/// A pack whose apply and validate steps answer `apply` and `validate`; without an
/// answer, apply traps.
fn pack(apply: Option<&str>, validate: &str) -> BTreeMap<String, Vec<u8>> {
    let manifest =
        r#"{"id":"planted","version":"1.0.0","meta":{"entry_flows":{"setup":"s"}},"flows":[]}"#;
    let input = format!(r#"{{"config":{{}},"secrets":{{"KEY":"{SECRET}"}}}}"#);
    let files = [
        ("pack.json", manifest.to_owned()),
        ("fixtures/setup.input.json", input),
        ("components/s__collect.wat", module(Some(OK))),
        ("components/s__validate.wat", module(Some(validate))),
        ("components/s__apply.wat", module(apply)),
        ("components/s__summary.wat", module(Some(OK))),
    ];
    files
        .map(|(name, text)| (name.to_owned(), text.into_bytes()))
        .into()
}

/// Answers differently each time. The sandbox should prevent a guest from that.
struct Wavering<'e> {
    executor: &'e dyn StepExecutor,
    calls: AtomicU64,
}

impl StepExecutor for Wavering<'_> {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        let mut answer = self.executor.execute(pack, request);
        let n = self.calls.fetch_add(1, Ordering::Relaxed);
        if request.component.contains("apply") {
            let text = format!(r#"{{"plan":{{"config_patch":{{"a":{n}}}}}}}"#);
            answer.result = Ok(StepOutcome::Json(text.into_bytes()));
        }
        answer
    }
}

/// Plants a trap, a nondeterminism, an archive that leaves its folder, a leaking
/// secret, a valid pack and a torn report; then every defect and every harmless
/// peculiarity of generated wizards.
///
/// # Errors
/// [`Error::Io`] if the torn report cannot be written below `scratch`.
pub fn self_test(executor: &dyn StepExecutor, scratch: &Path) -> Result<Vec<Planted>, Error> {
    let folder = |files| Source::Folder {
        files,
        manifest: None,
    };
    let leaks = format!(r#"{{"plan":{{"notes":["{SECRET}"]}}}}"#);
    let wavering = Wavering {
        executor,
        calls: AtomicU64::new(0),
    };
    let caught = |what, source, executor: &dyn StepExecutor, check: &str, code: FindingCode| {
        fails(what, source, executor, Level::Must, (check, code))
    };
    let by_hand = vec![
        valid(
            "a valid pack, which must pass",
            folder(pack(Some(PLAN), OK)),
            executor,
            Level::Must,
        ),
        caught(
            "a step that traps",
            folder(pack(None, OK)),
            executor,
            "wizard.completes",
            StepCode::Trap.into(),
        ),
        caught(
            "a step that answers differently each time",
            folder(pack(Some(PLAN), OK)),
            &wavering,
            "determinism.repeat",
            CheckCode::OutputDiffers.into(),
        ),
        caught(
            "an archive that leaves its folder",
            slips(),
            executor,
            "archive.readable",
            Rule::NameDots.into(),
        ),
        caught(
            "a secret in a note",
            folder(pack(Some(&leaks), OK)),
            executor,
            "secrets.contained",
            CheckCode::SecretShown.into(),
        ),
        torn(scratch)?,
    ];
    Ok(by_hand.into_iter().chain(generated(executor)).collect())
}

/// Plants each row of the tables into a generated wizard.
fn generated(executor: &dyn StepExecutor) -> impl Iterator<Item = Planted> {
    let found = move |(seed, defect): (u64, Defect)| {
        let source = defect.planted(seed).source();
        let (check, code) = defect.found;
        fails(defect.doc, source, executor, Level::Should, (check, code))
    };
    let passed = move |(seed, row): (u64, Harmless)| {
        valid(row.doc, row.varied(seed).source(), executor, Level::Should)
    };
    let defects = (0..).zip(defects()).map(found);
    defects.chain((0..).zip(harmless()).map(passed))
}

/// A valid pack must pass: a harness that fails every pack would catch every defect.
fn valid(what: &'static str, source: Source, executor: &dyn StepExecutor, level: Level) -> Planted {
    let conditions = Conditions::default();
    let examined = examine_source(Ok(source), executor, &conditions, level);
    Planted {
        what,
        caught: examined.verdict == Verdict::Pass,
        said: examined.verdict.to_string(),
    }
}

fn fails(
    what: &'static str,
    source: Source,
    executor: &dyn StepExecutor,
    level: Level,
    (check, code): (&str, FindingCode),
) -> Planted {
    let conditions = Conditions::default();
    let examined = examine_source(Ok(source), executor, &conditions, level);
    let failed = examined.results.iter().find(|r| {
        r.check == check && r.status == Status::Failed && r.findings.iter().any(|f| f.code == code)
    });
    Planted {
        what,
        caught: failed.is_some() && examined.verdict == Verdict::Fail,
        said: match failed {
            Some(_) => format!("{check} fails with {code}"),
            None => format!(
                "verdict {}, and {check} does not report {code}",
                examined.verdict
            ),
        },
    }
}

/// An archive with a file above the folder that it is extracted to.
fn slips() -> Source {
    let mut archive = ArchiveBuilder::empty();
    for (name, bytes) in pack(Some(PLAN), OK) {
        archive.add(&name, &bytes, Style::default());
    }
    archive.add("../planted.txt", b"outside", Style::default());
    Source::Archive(Arc::from(archive.write()))
}

/// A stream that ends in the middle of a line, as a killed process leaves it.
fn torn(scratch: &Path) -> Result<Planted, Error> {
    let path = scratch.join("torn.jsonl");
    let log = EventLog::create(&path, None)?;
    let options = Options {
        level: Level::Must,
        trust: Vec::new(),
        answers: None,
        filter: None,
        conditions: Conditions::default(),
        registries: Registries::default(),
        releases: None,
        release_flags: String::new(),
        config_flags: "",
        artifacts: OutFolder::create(&scratch.join("artifacts"))?,
        jobs: 1,
        expectations: None,
        configuration: Vec::new(),
        complete: true,
    };
    let mut begun = started(&[], &[], None, &options);
    begun.packs = vec!["planted".into()];
    log.emit(&Event::RunStarted(Box::new(begun)));
    let pack = "planted".to_owned();
    log.emit(&Event::PackStarted { pack });
    log.finish()?;
    let io = |e| Error::io("write", &path, e);
    let mut bytes = std::fs::read(&path).map_err(io)?;
    bytes.extend(br#"{"event":"pack_finished","pack":"pla"#);
    std::fs::write(&path, bytes).map_err(io)?;
    let run = Run::read(&path)?;
    let verdicts: Vec<String> = run.packs.iter().map(|p| p.verdict().to_string()).collect();
    Ok(Planted {
        what: "a torn report",
        caught: !run.finished && verdicts == ["error"],
        said: format!(
            "finished: {}, verdicts: {}",
            run.finished,
            verdicts.join(", ")
        ),
    })
}
