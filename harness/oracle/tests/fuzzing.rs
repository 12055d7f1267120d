//! What fuzzing calls a violation, with executors that break in ways of their
//! own: each is found, confirmed, and made small.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use provision_core::wizard::{
    Call, HostActivity, Meters, StepAnswer, StepCode, StepExecutor, StepFailure, StepOutcome,
    StepRequest, wizards,
};
use provision_core::{Limits, Pack, Source};
use provision_oracle::fuzzing::{Campaign, Found, TargetRunner, ground};
use provision_oracle::generators::json::Dictionary;
use provision_oracle::{Conditions, observe};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

type Says = fn(&Value, u64) -> Result<Value, StepFailure>;

/// Answers by the step's input, and by how often it was asked.
struct Guest(Says, AtomicU64);

impl StepExecutor for Guest {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        let Call::Step { input } = &request.call else {
            unreachable!("a pack of steps");
        };
        let input: Value = serde_json::from_slice(input).expect("JSON");
        let said = (self.0)(&input, self.1.fetch_add(1, Ordering::Relaxed));
        StepAnswer {
            result: said.map(|value| StepOutcome::Json(value.to_string().into_bytes())),
            meters: Meters::default(),
            attempts: HostActivity::default(),
        }
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

/// What a campaign of so many runs finds in a pack whose steps say this.
fn campaign(says: Says, runs: usize) -> Vec<Found> {
    let (found, unjudged) = with_unjudged(says, runs);
    assert_eq!(unjudged, [""; 0]);
    found
}

/// The same, and the wizards of which nothing can be said.
fn with_unjudged(says: Says, runs: usize) -> (Vec<Found>, Vec<String>) {
    let told = std::cell::RefCell::default();
    with_bench(says, |bench, campaign| {
        for _ in 0..runs {
            let (input, ground) = campaign.next_input().expect("something to fuzz");
            let tried = bench
                .try_once(&input, &ground)
                .expect("the wizard is there");
            let (_, mut findings) = campaign.learn(&input, &tried);
            let more = bench.look_again(&input, &ground);
            findings.extend(campaign.claim(&input, more));
            for finding in findings {
                match bench.confirm(&finding, &input, &ground) {
                    Some(found) => campaign.keep(found),
                    None => campaign.give_up(&input, &finding),
                }
            }
        }
        *told.borrow_mut() = (
            campaign.found().into_iter().cloned().collect(),
            campaign.unjudged(),
        );
    });
    told.into_inner()
}

fn codes(found: &[Found]) -> BTreeSet<&str> {
    found.iter().map(|f| f.finding.code.as_str()).collect()
}

fn room(input: &Value) -> &Value {
    &input["inputs"]["answers"]["config"]["room"]
}

/// A sound guest: asks, refuses what is no text, and says so again.
fn sound(input: &Value, _: u64) -> Result<Value, StepFailure> {
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

#[test]
fn a_sound_pack_has_no_violation() {
    assert_eq!(codes(&campaign(sound, 300)), BTreeSet::new());
}

#[test]
fn what_validate_lets_through_and_apply_refuses_is_found() {
    let found = campaign(
        |input, n| match input["step"] == "apply" && room(input) == "" {
            true => Err(StepFailure::new(StepCode::Step, "no room")),
            false => sound(input, n),
        },
        300,
    );
    assert_eq!(codes(&found), ["E_VALIDATE_ACCEPTS"].into());
    let answers = &found[0].input.inputs.answers;
    assert_eq!(answers["config"], json!({ "room": "" }));
}

#[test]
fn an_answer_that_differs_from_run_to_run_is_found() {
    let found = campaign(
        |input, n| match input["step"] == "summary" {
            true => Ok(json!({ "summary": n })),
            false => sound(input, n),
        },
        10,
    );
    assert_eq!(codes(&found), ["E_OUTPUT_DIFFERS"].into());
}

#[test]
fn a_setup_that_does_otherwise_the_second_time_is_found() {
    let found = campaign(
        |input, n| match input["step"] == "apply" && !input["inputs"]["existing_state"].is_null() {
            true => Ok(json!({ "plan": { "config_patch": { "room": "again" } } })),
            false => sound(input, n),
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
fn a_secret_that_shows_is_found_and_one_that_was_put_elsewhere_is_none() {
    let found = campaign(
        |input, n| match input["step"] == "apply" {
            true => {
                let token = &input["inputs"]["answers"]["secrets"]["TOKEN"];
                Ok(json!({ "plan": { "notes": [format!("token {token}")] } }))
            }
            false => sound(input, n),
        },
        40,
    );
    assert_eq!(codes(&found), ["E_SECRET_SHOWN"].into());
    // Whatever is copied from one answer to another is no secret there.
    let found = campaign(
        |input, n| match input["step"] == "summary" {
            true => Ok(json!({ "summary": room(input) })),
            false => sound(input, n),
        },
        300,
    );
    assert_eq!(codes(&found), BTreeSet::new());
}

/// No finding is no praise where no step ever ran.
#[test]
fn a_wizard_that_cannot_be_driven_is_not_called_sound() {
    let unsupported = |_: &Value, _| Err(StepFailure::new(StepCode::Unsupported, "an agent"));
    let (found, unjudged) = with_unjudged(unsupported, 50);
    assert_eq!(codes(&found), BTreeSet::new());
    assert_eq!(unjudged, ["s"]);
}

/// What to fuzz in a pack whose steps say this, and how.
fn with_bench(says: Says, look: impl Fn(&TargetRunner<'_>, &mut Campaign)) {
    let guest = Guest(says, AtomicU64::new(0));
    let conditions = Conditions {
        probes: 0,
        ..Conditions::default()
    };
    let subject = observe(Ok(source()), &guest, &conditions);
    let pack = &subject.opened.as_ref().expect("opens").pack;
    let bench = TargetRunner {
        executor: &guest,
        hits: &Vec::new,
        plain: &guest,
        pack,
        wizards: &wizards(pack),
        limits: &Limits::default(),
    };
    let ground = ground(&subject, &conditions);
    look(&bench, &mut Campaign::new(ground, Dictionary::default(), 3));
}

#[test]
fn what_could_not_be_confirmed_is_not_forgotten_but_for_the_ninth_time() {
    with_bench(sound, |_, campaign| {
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
fn a_secret_in_another_answer_is_none_there() {
    let echoes: Says = |input, n| match input["step"] == "summary" {
        true => Ok(json!({ "summary": room(input) })),
        false => sound(input, n),
    };
    with_bench(echoes, |bench, campaign| {
        let (_, ground) = campaign.next_input().expect("something to fuzz");
        let mut input = ground.base.clone();
        input.inputs.answers["config"]["room"] = json!(ground.secrets["TOKEN"]);
        let tried = bench.try_once(&input, &ground).expect("runs");
        assert!(tried.findings.is_empty(), "{:?}", tried.findings);
    });
}

#[test]
fn what_does_not_matter_is_as_in_the_valid_input() {
    let breaks: Says = |input, n| match input["step"] == "apply" && room(input) == "" {
        true => Err(StepFailure::new(StepCode::Trap, "unreachable")),
        false => sound(input, n),
    };
    with_bench(breaks, |bench, campaign| {
        let (_, ground) = campaign.next_input().expect("something to fuzz");
        let mut input = ground.base.clone();
        input.mode = provision_core::wizard::ProvisionMode::Install;
        input.inputs.provider_id = "x".into();
        input.inputs.public_base_url = None;
        input.inputs.answers["config"]["room"] = json!("");
        let tried = bench.try_once(&input, &ground).expect("runs");
        let found = bench.confirm(&tried.findings[0], &input, &ground);
        let found = found.expect("shows again").input;
        assert_eq!(found.mode, ground.base.mode);
        assert_eq!(found.inputs.provider_id, ground.base.inputs.provider_id);
        assert_eq!(
            found.inputs.public_base_url,
            ground.base.inputs.public_base_url
        );
    });
}
