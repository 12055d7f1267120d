//! Wizards of different drivers, in every mode and on every state, whose steps answer
//! anything: the outcome follows from the steps, and the plan of step modules is the sum
//! of their patches.

use crate::target::{Attacker, Seeds, Target};
use arbitrary::{Arbitrary, Unstructured};
use provision_core::wizard::{
    Call, Driver, InstalledState, Outcome, ProvisionPlan, StepAnswer, StepExecutor, StepRequest,
    Task, Wizard, WizardRun, drive, wizards,
};
use provision_core::{Limits, Pack, Source};
use provision_oracle::generators::wizard_cases::WizardCase;
use std::sync::Mutex;

pub(crate) const TARGET: Target = Target {
    name: "wizard_machine",
    attacker: Attacker::GuestOutput,
    boundary: "the wizard machine: drivers, routing, templates, merging",
    oracle: "two runs are equal; the outcome follows from the steps; the plan of step modules is the sum of their patches; steps and calls stay within the bound on nodes; applying a plan twice equals applying it once",
    max_len: 4096,
    seeds: Seeds::Random(900),
    body,
    show: crate::as_made::<WizardCase>,
    mutator: None,
};

/// Returns the answers of the story in sequence, and then from the start again.
struct StoryExecutor<'s> {
    story: &'s WizardCase,
    calls: Mutex<usize>,
}

impl StepExecutor for StoryExecutor<'_> {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        let mut calls = self.calls.lock().expect("nobody panicked");
        let answers = &self.story.answers;
        let answer = answers[*calls % answers.len()].clone();
        *calls += 1;
        if let Call::Step { input } = &request.call {
            let input: serde_json::Value = serde_json::from_slice(input).expect("a step gets JSON");
            assert_eq!(
                input["inputs"]["provider_id"],
                self.story.inputs.provider_id
            );
        }
        StepAnswer::of(answer)
    }
}

fn body(data: &[u8]) {
    let Ok(story) = WizardCase::arbitrary(&mut Unstructured::new(data)) else {
        return;
    };
    let limits = Limits::FUZZ;
    let files = story.files.clone();
    let manifest = None;
    let Ok(pack) = Pack::open(Source::Folder { files, manifest }, &limits) else {
        return;
    };
    for wizard in wizards(&pack) {
        let run = run_wizard(&story, &pack, &wizard, &limits);
        assert_eq!(
            run,
            run_wizard(&story, &pack, &wizard, &limits),
            "two runs differ"
        );
        ended_as_its_steps_say(&run, &story);
        summed_up(&run, &wizard);
        applied_twice(&run.plan);
    }
}

fn run_wizard(story: &WizardCase, pack: &Pack, wizard: &Wizard, limits: &Limits) -> WizardRun {
    let executor = StoryExecutor {
        story,
        calls: Mutex::new(0),
    };
    let task = Task {
        wizard,
        inputs: &story.inputs,
        mode: story.mode,
        answers: None,
        stores: None,
    };
    let run = drive(&executor, pack, &task, limits);
    let calls = *executor.calls.lock().expect("nobody panicked");
    assert!(calls <= limits.flow.nodes, "{calls} calls");
    assert!(
        run.steps.len() <= limits.flow.nodes + 8,
        "{} steps",
        run.steps.len()
    );
    run
}

fn ended_as_its_steps_say(run: &WizardRun, story: &WizardCase) {
    let failed = run.steps.iter().filter(|s| s.failure().is_some()).count();
    let errors = run.diagnostics.iter();
    let errors = errors.filter(|d| d.severity == greentic_types::validate::Severity::Error);
    match &run.outcome {
        Outcome::Completed => {
            assert_eq!(failed, 0, "completed, although a step failed");
            assert_eq!(errors.count(), 0, "completed, although a step refused");
            assert!(run.steps.iter().all(|s| s.output().is_some()));
        }
        Outcome::Refused { .. } => assert!(errors.count() > 0, "refused without a reason"),
        Outcome::Failed => assert!(failed > 0, "failed, although no step did"),
        Outcome::NothingRan => panic!("a step ran: {:?}", story.answers),
    }
    assert_eq!(
        run.result().plan.is_some(),
        run.completed(),
        "a complete run has no plan, or an incomplete run has one"
    );
    let executed = run.executed();
    assert!(executed <= run.steps.len() - failed);
}

/// The plan is the sum of the steps' patches, in the order of the steps.
fn summed_up(run: &WizardRun, wizard: &Wizard) {
    if !matches!(
        wizard.driver,
        Driver::StepModules { .. } | Driver::SingleModule { .. }
    ) {
        return;
    }
    let mut sum = ProvisionPlan::default();
    for output in run.steps.iter().filter_map(|s| s.output()) {
        sum.merge(output.plan_patch.clone().unwrap_or_default());
    }
    assert_eq!(sum, run.plan, "the plan is not the sum of its steps");
}

fn applied_twice(plan: &ProvisionPlan) {
    let mut state = InstalledState::default();
    state.apply(plan);
    let once = state.clone();
    state.apply(plan);
    assert_eq!(
        state, once,
        "applying the plan twice differs from applying it once"
    );
    let text = serde_json::to_string(&state.existing()).expect("JSON");
    drop(serde_json::from_str::<serde_json::Value>(&text).expect("JSON again"));
}
