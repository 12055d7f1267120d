//! Tests of flow graphs, with an executor whose answer depends on the operation.

use provision_core::wizard::{
    Call, Outcome, ProvisionInputs, ProvisionMode, StepAnswer, StepCode, StepExecutor, StepFailure,
    StepOutcome, StepRequest, Task, TenantContext, WizardRun, drive, wizards,
};
use provision_core::{Limits, Pack, Source};
use serde_json::{Value, json};

/// Answers `echo` with its input, `say` with its input's `say`, and fails `bad`.
struct Operations;

impl StepExecutor for Operations {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        let result = match &request.call {
            Call::Invoke {
                operation, input, ..
            } => match operation.as_str() {
                "echo" => Ok(StepOutcome::Json(input.to_string().into())),
                "say" => Ok(StepOutcome::Json(input["say"].to_string().into())),
                _ => Err(StepFailure::new(StepCode::Trap, "bad")),
            },
            other => Err(StepFailure::new(StepCode::Abi, other.function())),
        };
        StepAnswer::of(result)
    }
}

fn node(operation: &str, input: &Value, routing: &Value) -> Value {
    json!({
        "component": { "id": "demo.ops", "operation": operation },
        "input": { "mapping": input }, "output": { "mapping": {} }, "routing": routing,
    })
}

fn next(id: &str) -> Value {
    json!({ "next": { "node_id": id } })
}

/// Runs the setup flow `s` with these nodes, starting at the first one.
fn run(nodes: &[(&str, Value)]) -> WizardRun {
    run_from(nodes[0].0, nodes)
}

fn run_from(entry: &str, nodes: &[(&str, Value)]) -> WizardRun {
    run_with(entry, nodes, "questions: []")
}

/// The run of a pack with this setup form.
fn run_with(entry: &str, nodes: &[(&str, Value)], form: &str) -> WizardRun {
    let map: serde_json::Map<String, Value> = nodes
        .iter()
        .map(|(id, node)| {
            let mut node = node.clone();
            node["id"] = json!(id);
            ((*id).to_owned(), node)
        })
        .collect();
    let manifest = json!({
        "schema_version": "pack-v1", "pack_id": "demo.flows", "version": "1.0.0",
        "kind": "application", "publisher": "demo",
        "components": [{
            "id": "demo.ops", "version": "1.0.0", "supports": ["messaging"], "world": "a:b/c",
            "profiles": { "default": "d", "supported": ["d"] },
            "capabilities": { "wasi": {}, "host": {} },
        }],
        "flows": [{
            "id": "s", "kind": "job", "entrypoints": ["setup"],
            "flow": {
                "schema_version": "flow-v1", "id": "s", "kind": "job",
                "entrypoints": { "default": entry }, "nodes": map,
            },
        }],
    });
    let manifest = serde_json::from_value(manifest).expect("a manifest");
    let manifest = greentic_types::encode_pack_manifest(&manifest).expect("encodes");
    let files = [
        ("manifest.cbor", manifest),
        ("components/demo.ops.wasm", Vec::new()),
        ("setup.yaml", form.as_bytes().to_vec()),
    ];
    let files = files.map(|(n, b)| (n.to_owned(), b)).into();
    let manifest = None;
    let source = Source::Folder { files, manifest };
    let limits = Limits::default();
    let pack = Pack::open(source, &limits).expect("opens");
    let found = wizards(&pack);
    let inputs = ProvisionInputs {
        tenant: TenantContext::default(),
        provider_id: "demo".into(),
        install_id: "demo-1".into(),
        public_base_url: Some("https://base.invalid".into()),
        answers: json!({ "config": { "room": "blue" } }),
        existing_state: None,
    };
    let task = Task {
        wizard: &found[0],
        inputs: &inputs,
        mode: ProvisionMode::DryRun,
        answers: None,
        stores: None,
    };
    drive(&Operations, &pack, &task, &limits)
}

/// The name of each step, and its code if it failed.
fn seen(run: &WizardRun) -> Vec<String> {
    let code = |s: &provision_core::wizard::StepRun| s.failure().map_or("ok", |f| f.code.code());
    run.steps
        .iter()
        .map(|s| format!("{}: {}", s.name(), code(s)))
        .collect()
}

#[test]
fn nodes_follow_their_routing_and_see_earlier_answers() {
    let plan = json!({ "plan": { "config_patch": { "room": "{{ node.ask.room }}" } } });
    let run = run(&[
        (
            "ask",
            node(
                "echo",
                &json!({ "room": "{{ state.input.config.room }}" }),
                &next("s__apply"),
            ),
        ),
        ("s__apply", node("echo", &plan, &next("s__summary"))),
        (
            "s__summary",
            node(
                "echo",
                &json!({ "said": "{{ node.s__apply.plan }}" }),
                &json!("end"),
            ),
        ),
    ]);
    assert_eq!(run.outcome, Outcome::Completed, "{:?}", seen(&run));
    assert_eq!(
        seen(&run),
        [
            "node ask: ok",
            "step apply, node s__apply: ok",
            "step summary, node s__summary: ok"
        ]
    );
    assert_eq!(run.plan.config_patch["room"], json!("blue"));
    let said = &run.steps[2].output().expect("ran").data["said"];
    assert_eq!(
        said["config_patch"]["room"],
        json!("blue"),
        "a whole expression keeps its type"
    );
}

#[test]
fn branch_follows_status_and_failure_counts_as_error() {
    let branch = json!({ "branch": { "on_status": { "yes": "s__apply", "error": "mend" }, "default": null } });
    let apply = ("s__apply", node("echo", &json!({}), &json!("end")));
    let mend = ("mend", node("echo", &json!({}), &next("s__apply")));
    let asked = |operation: &str, say: &Value| {
        let ask = ("ask", node(operation, &json!({ "say": say }), &branch));
        run(&[ask, mend.clone(), apply.clone()])
    };
    let yes = asked("say", &json!({ "status": "yes" }));
    assert_eq!(
        seen(&yes),
        ["node ask: ok", "step apply, node s__apply: ok"]
    );
    let failed = asked("bad", &json!({}));
    assert_eq!(failed.outcome, Outcome::Failed);
    assert_eq!(
        seen(&failed),
        [
            "node ask: E_TRAP",
            "node mend: ok",
            "step apply, node s__apply: ok"
        ]
    );
    let lost = asked("say", &json!({ "status": "no" }));
    assert_eq!(seen(&lost), ["node ask: ok", "node ask: E_FLOW"]);
}

#[test]
fn cyclic_or_overlong_flow_is_stopped() {
    let round = run(&[
        ("s__apply", node("echo", &json!({}), &next("b"))),
        ("b", node("echo", &json!({}), &next("s__apply"))),
    ]);
    assert_eq!(round.outcome, Outcome::Failed);
    assert_eq!(round.steps.len(), 2 * 8 + 1, "each node runs eight times");
    assert_eq!(seen(&round)[16], "node s__apply: E_FLOW_LOOP");
    let long: Vec<(String, Value)> = (0..300)
        .map(|i| {
            let routing = match i {
                299 => json!("end"),
                _ => next(&format!("n{}", i + 1)),
            };
            (format!("n{i}"), node("echo", &json!({}), &routing))
        })
        .collect();
    let long: Vec<(&str, Value)> = long
        .iter()
        .map(|(id, n)| (id.as_str(), n.clone()))
        .collect();
    let long = run(&long);
    assert_eq!(long.steps.len(), 201);
    assert_eq!(
        long.steps[200].failure().map(|f| f.code),
        Some(StepCode::FlowLoop)
    );
}

#[test]
fn undrivable_flow_fails_and_builtin_node_needs_no_guest() {
    let apply = || ("s__apply", node("echo", &json!({}), &json!("end")));
    let nowhere = run_from("gone", &[apply()]);
    assert_eq!(seen(&nowhere), ["step node: E_FLOW"]);
    let custom = run(&[(
        "s__apply",
        node("echo", &json!({}), &json!({ "custom": { "jump": 1 } })),
    )]);
    assert_eq!(seen(&custom)[1], "node s__apply: E_UNSUPPORTED");
    let mut call = node("x", &json!({}), &next("s__apply"));
    call["component"] = json!({ "id": "flow.call" });
    assert_eq!(
        seen(&run(&[("a", call), apply()]))[0],
        "node a: E_UNSUPPORTED"
    );
    let mut emit = node("x", &json!({ "text": "hi" }), &next("s__apply"));
    emit["component"] = json!({ "id": "emit.log" });
    let emitted = run(&[("a", emit.clone()), apply()]);
    assert_eq!(
        (emitted.outcome.clone(), emitted.executed()),
        (Outcome::Completed, 1),
        "only the apply step ran a guest"
    );
    let mut template = node("text", &json!({ "template": "Hi" }), &next("s__apply"));
    for id in ["templating.handlebars", "templates.handlebars"] {
        template["component"] = json!({ "id": id });
        assert_eq!(
            seen(&run(&[("a", template.clone()), apply()]))[0],
            "node a: E_STEP_MISSING",
            "the runner renders no node"
        );
    }
    let mut missing = node("x", &json!({}), &next("s__apply"));
    missing["component"] = json!({ "id": "demo.gone", "operation": "x" });
    assert_eq!(
        seen(&run(&[("a", missing.clone()), apply()]))[0],
        "node a: E_STEP_MISSING"
    );
    missing["component"]["pack_alias"] = json!("other");
    assert_eq!(
        seen(&run(&[("a", missing), apply()]))[0],
        "node a: E_STEP_MISSING"
    );
    let loops = json!({ "x": "{{#each state.input}}{{/each}}" });
    assert_eq!(
        seen(&run(&[
            ("a", node("echo", &loops, &next("s__apply"))),
            apply()
        ]))[0],
        "node a: E_TEMPLATE"
    );
    let without = run(&[("only", node("echo", &json!({}), &json!("end")))]);
    assert_eq!(
        without.outcome,
        Outcome::Completed,
        "nothing has to be set up"
    );
}

#[test]
fn setup_without_an_apply_step_completes_if_it_sets_something() {
    let config = json!({ "plan": { "config_patch": { "room": "blue" } } });
    let sets = run(&[(
        "only",
        node("say", &json!({ "say": config }), &json!("end")),
    )]);
    assert_eq!(
        sets.outcome,
        Outcome::Completed,
        "the effect counts, not the name"
    );
}

#[test]
fn node_that_reports_error_or_malformed_plan_does_not_pass() {
    for say in [json!({ "ok": false }), json!({ "status": "error" })] {
        let run = run(&[(
            "s__apply",
            node("say", &json!({ "say": say }), &json!("end")),
        )]);
        assert_eq!(seen(&run), ["step apply, node s__apply: E_STEP"]);
    }
    let shape = json!({ "plan": { "notes": [1] } });
    let run_ = run(&[(
        "s__apply",
        node("say", &json!({ "say": shape }), &json!("end")),
    )]);
    assert_eq!(seen(&run_), ["step apply, node s__apply: E_OUTPUT_SHAPE"]);
    let refuses =
        json!({ "diagnostics": [{ "severity": "error", "code": "NO", "message": "no" }] });
    let refused = run(&[
        (
            "s__validate",
            node("say", &json!({ "say": refuses }), &next("s__apply")),
        ),
        ("s__apply", node("echo", &json!({}), &json!("end"))),
    ]);
    assert!(
        matches!(refused.outcome, Outcome::Refused { .. }),
        "{:?}",
        refused.outcome
    );
    assert_eq!(refused.steps.len(), 1, "nothing is applied after a refusal");
}

#[test]
fn setup_that_sets_nothing_fails_if_its_form_requires_an_answer() {
    let apply = || ("s__apply", node("echo", &json!({}), &json!("end")));
    let form = |required: bool| {
        format!("questions:\n- {{name: room, kind: string, required: {required}}}\n")
    };
    let run = |required| run_with("s__apply", &[apply()], &form(required));
    assert_eq!(run(false).outcome, Outcome::Completed);
    let prose = run(true);
    assert_eq!(
        seen(&prose)[1],
        "step apply: E_STEP_MISSING",
        "the name alone sets nothing up"
    );
    let failure = prose.steps[1].failure().expect("a failure");
    assert!(failure.message.contains("requires `room`"), "{failure}");
}
