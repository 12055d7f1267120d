//! Fuzzing finds, confirms and shrinks each kind of violation of a faulty guest.

use provision_core::wizard::{
    Call, StepAnswer, StepCode, StepExecutor, StepFailure, StepOutcome, StepRequest, wizards,
};
use provision_core::{Limits, Pack, Source};
use provision_oracle::fuzzing::{Campaign, Found, TargetRunner, input_specs};
use provision_oracle::generators::json::Dictionary;
use provision_oracle::{Conditions, observe};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

type Says = fn(&Value, u64) -> Result<Value, StepFailure>;

/// An executor whose answer depends on the step's input and the number of the call.
struct Guest(Says, AtomicU64);

impl StepExecutor for Guest {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        let Call::Step { input } = &request.call else {
            unreachable!("a pack of steps");
        };
        let input: Value = serde_json::from_slice(input).expect("JSON");
        let said = (self.0)(&input, self.1.fetch_add(1, Ordering::Relaxed));
        StepAnswer::of(said.map(|value| StepOutcome::Json(value.to_string().into_bytes())))
    }
}

fn source() -> Source {
    let manifest = r#"{"id": "p", "version": "1.0.0", "meta": {"entry_flows": {"setup": "s"}}}"#;
    let input = r#"{"config": {"room": "blue"}, "secrets": {"TOKEN": "hunter-2-hunter-2"}}"#;
    let files = [
        ("pack.json", manifest),
        ("s.wat", "(module)"),
        ("fixtures/setup.input.json", input),
    ];
    Source::Folder {
        files: files
            .map(|(n, c)| (n.to_owned(), c.as_bytes().to_vec()))
            .into(),
        manifest: None,
    }
}

/// The violations that a campaign of `runs` finds in a pack with these steps.
fn campaign(says: Says, runs: usize) -> Vec<Found> {
    let (found, unjudged) = with_unjudged(says, runs);
    assert_eq!(unjudged, [""; 0]);
    found
}

/// The violations that such a campaign finds, and the wizards that it cannot judge.
fn with_unjudged(says: Says, runs: usize) -> (Vec<Found>, Vec<String>) {
    let results = std::cell::RefCell::default();
    with_runner(says, |runner, campaign| {
        for _ in 0..runs {
            let (input, spec) = campaign.next_input().expect("something to fuzz");
            let tried = runner.try_once(&input, &spec).expect("the wizard is there");
            let (_, mut findings) = campaign.learn(&input, &tried);
            let more = runner.look_again(&input, &spec);
            findings.extend(campaign.claim(&input, more));
            for finding in findings {
                match runner.confirm(&finding, &input, &spec) {
                    Some(found) => campaign.keep(found),
                    None => campaign.give_up(&input, &finding),
                }
            }
        }
        *results.borrow_mut() = (
            campaign.found().into_iter().cloned().collect(),
            campaign.unjudged(),
        );
    });
    results.into_inner()
}

fn codes(found: &[Found]) -> BTreeSet<&str> {
    found.iter().map(|f| f.finding.code.as_str()).collect()
}

fn room(input: &Value) -> &Value {
    &input["inputs"]["answers"]["config"]["room"]
}

/// A valid guest: it asks two questions, and refuses a `room` that is not a text.
fn valid(input: &Value, _: u64) -> Result<Value, StepFailure> {
    Ok(match input["step"].as_str().unwrap_or_default() {
        "collect" => json!({ "questions": { "questions": [
            { "id": "room", "kind": "text", "required": true },
            { "id": "TOKEN", "kind": "text", "required": true, "secret": true },
        ] } }),
        "validate" if !room(input).is_string() => json!({ "diagnostics": [
            { "severity": "error", "code": "ROOM", "message": "`room` has to be a text" },
        ] }),
        "apply" => json!({ "plan": { "config_patch": { "room": room(input) } } }),
        _ => json!({}),
    })
}

/// A valid guest whose summary contains the answer `room`.
fn echoes_room(input: &Value, n: u64) -> Result<Value, StepFailure> {
    if input["step"] == "summary" {
        Ok(json!({ "summary": room(input) }))
    } else {
        valid(input, n)
    }
}

#[test]
fn valid_pack_has_no_violation() {
    assert_eq!(codes(&campaign(valid, 300)), BTreeSet::new());
}

/// A guest that offers a choice, a port and a room, and traps where `traps` says so.
fn offers(input: &Value, traps: fn(&Value) -> bool) -> Result<Value, StepFailure> {
    let config = &input["inputs"]["answers"]["config"];
    match input["step"].as_str().unwrap_or_default() {
        "collect" => Ok(json!({ "questions": { "questions": [
            { "id": "region", "kind": "choice", "options": ["eu", "south-4"], "required": true },
            { "id": "port", "kind": "integer", "min": 1, "max": 48_611 },
            { "id": "room", "kind": "text", "default": "foyer of the tower" },
        ] } })),
        "apply" if traps(config) => Err(StepFailure::new(StepCode::Trap, "unreachable")),
        _ => Ok(json!({})),
    }
}

#[test]
fn answers_that_the_form_offers_are_tried_first() {
    let rows: [(&str, Says); 4] = [
        ("the second choice", |input, _| {
            offers(input, |config| config["region"] == "south-4")
        }),
        ("the maximum", |input, _| {
            offers(input, |config| config["port"] == 48_611)
        }),
        ("the default", |input, _| {
            offers(input, |config| config["room"] == "foyer of the tower")
        }),
        ("two together", |input, _| {
            offers(input, |config| {
                config["region"] == "south-4" && config["port"] == 48_611
            })
        }),
    ];
    for (what, says) in rows {
        assert_eq!(codes(&campaign(says, 24)), ["E_TRAP"].into(), "{what}");
    }
}

#[test]
fn answer_that_only_apply_refuses_is_found() {
    let found = campaign(
        |input, n| {
            if input["step"] == "apply" && room(input) == "" {
                Err(StepFailure::new(StepCode::Step, "no room"))
            } else {
                valid(input, n)
            }
        },
        300,
    );
    assert_eq!(codes(&found), ["E_VALIDATE_ACCEPTS"].into());
    let answers = &found[0].input.inputs.answers;
    assert_eq!(answers["config"], json!({ "room": "" }));
}

#[test]
fn answer_that_differs_between_runs_is_found() {
    let found = campaign(
        |input, n| {
            if input["step"] == "summary" {
                Ok(json!({ "summary": n }))
            } else {
                valid(input, n)
            }
        },
        10,
    );
    assert_eq!(codes(&found), ["E_OUTPUT_DIFFERS"].into());
}

#[test]
fn setup_that_changes_its_own_result_is_found() {
    let found = campaign(
        |input, n| {
            if input["step"] == "apply" && !input["inputs"]["existing_state"].is_null() {
                Ok(json!({ "plan": { "config_patch": { "room": "again" } } }))
            } else {
                valid(input, n)
            }
        },
        10,
    );
    assert!(
        codes(&found).contains("E_NOT_IDEMPOTENT"),
        "{:?}",
        codes(&found)
    );
}

#[test]
fn leak_is_found_and_copied_answer_is_not_a_leak() {
    let found = campaign(
        |input, n| {
            if input["step"] == "apply" {
                let token = &input["inputs"]["answers"]["secrets"]["TOKEN"];
                Ok(json!({ "plan": { "notes": [format!("token {token}")] } }))
            } else {
                valid(input, n)
            }
        },
        40,
    );
    assert_eq!(codes(&found), ["E_SECRET_SHOWN"].into());
    // A secret that a change copies into another answer is not secret there.
    let found = campaign(echoes_room, 300);
    assert_eq!(codes(&found), BTreeSet::new());
}

/// If no step ran, the absence of findings proves nothing.
#[test]
fn wizard_that_cannot_run_is_reported_as_unjudged() {
    let unsupported = |_: &Value, _| Err(StepFailure::new(StepCode::Unsupported, "an agent"));
    let (found, unjudged) = with_unjudged(unsupported, 50);
    assert_eq!(codes(&found), BTreeSet::new());
    assert_eq!(unjudged, ["s"]);
}

/// Calls `test` with a runner and a campaign for a pack with these steps.
fn with_runner(says: Says, test: impl Fn(&TargetRunner<'_>, &mut Campaign)) {
    let guest = Guest(says, AtomicU64::new(0));
    let conditions = Conditions {
        probes: 0,
        ..Conditions::default()
    };
    let subject = observe(Ok(source()), &guest, &conditions);
    let pack = &subject.opened.as_ref().expect("opens").pack;
    let runner = TargetRunner {
        executor: &guest,
        hits: &Vec::new,
        plain: &guest,
        pack,
        wizards: &wizards(pack),
        limits: &Limits::default(),
    };
    let specs = input_specs(&subject, &conditions);
    test(&runner, &mut Campaign::new(specs, Dictionary::default(), 3));
}

#[test]
fn unconfirmed_finding_is_dropped_after_eight_attempts() {
    with_runner(valid, |_, campaign| {
        let (input, _) = campaign.next_input().expect("something to fuzz");
        let finding = provision_core::Finding::new(
            provision_core::wizard::StepCode::Trap,
            "step apply",
            "",
            "",
        );
        for _ in 0..8 {
            assert_eq!(campaign.claim(&input, vec![finding.clone()]).len(), 1);
            assert_eq!(campaign.claim(&input, vec![finding.clone()]).len(), 0);
            campaign.give_up(&input, &finding);
        }
        assert_eq!(campaign.claim(&input, vec![finding]).len(), 0);
    });
}

#[test]
fn secret_copied_into_another_answer_is_not_a_leak() {
    with_runner(echoes_room, |runner, campaign| {
        let (_, spec) = campaign.next_input().expect("something to fuzz");
        let mut input = spec.base.clone();
        input.inputs.answers["config"]["room"] = json!(spec.secrets["TOKEN"]);
        let tried = runner.try_once(&input, &spec).expect("runs");
        assert!(tried.findings.is_empty(), "{:?}", tried.findings);
    });
}

#[test]
fn shrinking_restores_irrelevant_inputs() {
    let traps: Says = |input, n| {
        if input["step"] == "apply" && room(input) == "" {
            Err(StepFailure::new(StepCode::Trap, "unreachable"))
        } else {
            valid(input, n)
        }
    };
    with_runner(traps, |runner, campaign| {
        let (_, spec) = campaign.next_input().expect("something to fuzz");
        let mut input = spec.base.clone();
        input.mode = provision_core::wizard::ProvisionMode::Install;
        input.inputs.provider_id = "x".into();
        input.inputs.public_base_url = None;
        input.inputs.answers["config"]["room"] = json!("");
        let tried = runner.try_once(&input, &spec).expect("runs");
        let found = runner.confirm(&tried.findings[0], &input, &spec);
        let found = found.expect("shows again").input;
        assert_eq!(found.mode, spec.base.mode);
        assert_eq!(found.inputs.provider_id, spec.base.inputs.provider_id);
        assert_eq!(
            found.inputs.public_base_url,
            spec.base.inputs.public_base_url
        );
    });
}

/// A run of a guest that loops takes as long as its fuel lasts.
#[test]
fn no_input_of_a_guest_that_loops_runs_twice_and_none_is_changed_further() {
    let loops: Says = |input, n| {
        if input["step"] == "apply" && room(input) == "" {
            Err(StepFailure::new(StepCode::Fuel, "all fuel consumed"))
        } else {
            valid(input, n)
        }
    };
    with_runner(loops, |runner, campaign| {
        let (_, spec) = campaign.next_input().expect("something to fuzz");
        let mut input = spec.base.clone();
        input.inputs.answers["config"]["room"] = json!("");
        let mut tried = runner.try_once(&input, &spec).expect("runs");
        tried.ended = Some("out of fuel".into());
        let guest = Counting(runner.plain, Mutex::default());
        let counted = TargetRunner {
            plain: &guest,
            ..*runner
        };
        assert_eq!(counted.look_again(&input, &spec).len(), 1);
        counted
            .confirm(&tried.findings[0], &input, &spec)
            .expect("shows again");
        let mut asked = guest.1.into_inner().expect("no panic");
        let all = asked.len();
        asked.sort_unstable();
        asked.dedup();
        // The first look and the first run of the shrinking are the same run.
        assert_eq!(all, asked.len() + 1);
        let corpus = campaign.progress().corpus;
        assert!(campaign.learn(&input, &tried).0, "it is new");
        assert_eq!(campaign.progress().corpus, corpus);
    });
}

/// Counts the runs of apply that the executor gets, by their inputs.
struct Counting<'e>(&'e dyn StepExecutor, Mutex<Vec<Vec<u8>>>);

impl StepExecutor for Counting<'_> {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        if let Call::Step { input } = &request.call
            && input.ends_with(br#""step":"apply"}"#)
        {
            let mut asked = self.1.lock().unwrap_or_else(PoisonError::into_inner);
            asked.push(input.clone());
        }
        self.0.execute(pack, request)
    }
}
