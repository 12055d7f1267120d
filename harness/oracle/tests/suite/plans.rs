//! Which plans are judged, and which URLs and templates in them are violations.

use crate::steps;

use provision_core::wizard::{StepAnswer, StepExecutor, StepRequest};
use provision_core::{Pack, Status};
use provision_oracle::{Conditions, judge, observe};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The plan of the answers and the base URL that a step receives.
type Plan = fn(&Value) -> Value;

/// A wizard that asks for a room, a place and a secret, accepts everything, and makes this plan.
struct Wizard(Plan);

impl StepExecutor for Wizard {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        let input = steps::input(request);
        let mut answer = match input["step"].as_str().unwrap_or_default() {
            "collect" => json!({ "questions": { "questions": [
                { "id": "room", "kind": "text", "required": true },
                { "id": "callback", "kind": "text", "required": true },
                { "id": "pin", "kind": "text", "required": true, "secret": true },
            ] } }),
            "apply" => json!({ "plan": (self.0)(&input) }),
            _ => json!({}),
        };
        // What a plan of these tests has under `log` goes into the log.
        let plan = answer.get_mut("plan").and_then(Value::as_object_mut);
        let line = plan.and_then(|plan| plan.remove("log"));
        let mut said = steps::answer(Ok(answer));
        said.attempts.logs.extend(line.map(|line| line.to_string()));
        said
    }
}

fn base(input: &Value) -> &str {
    let base = input["inputs"]["public_base_url"].as_str();
    base.unwrap_or_default()
}

fn room(input: &Value) -> &Value {
    &input["inputs"]["answers"]["config"]["room"]
}

/// The findings of `check` on a wizard that gets this answer as room.
fn findings(check: &str, room: &str, plan: Plan) -> Vec<String> {
    judged(check, room, &[], plan).1
}

/// The status of `check` with its findings, for a pack that also has these files.
fn judged(check: &str, room: &str, files: &[(&str, &str)], plan: Plan) -> (Status, Vec<String>) {
    let config = json!({ "room": room, "callback": "https://own.example/cb" });
    let input = json!({ "config": config, "secrets": { "pin": "pin-4711-0815-2342" } });
    let input = input.to_string();
    let fixture = [("fixtures/setup.input.json", input.as_str())];
    let source = steps::pack(&[&fixture, files].concat());
    let subject = observe(Ok(source), &Wizard(plan), &Conditions::default());
    let mut results = judge(&subject).into_iter().filter(|r| r.check == check);
    let result = results.next().expect("a result");
    let failed = result.status >= Status::Failed;
    let findings = result.findings.iter().filter(|_| failed);
    let findings = findings.map(|f| format!("{} {}", f.code, f.at)).collect();
    (result.status, findings)
}

fn hook(url: String) -> Value {
    json!({ "webhook_ops": [{ "op": "register", "id": "hook", "url": url }] })
}

#[test]
fn template_that_stands_in_an_answer_is_the_users() {
    let copies: Plan = |input| {
        json!({
            "config_patch": { "room": room(input) },
            "notes": [format!("the room is {}", room(input))],
        })
    };
    let found = findings("plan.shape", "Hello {{ name }}, <value>", copies);
    assert_eq!(found, [""; 0]);
    let adds: Plan = |input| json!({ "config_patch": { "room": room(input), "own": "{{ own }}" } });
    let found = findings("plan.shape", "Hello {{ name }}", adds);
    assert_eq!(found, ["E_TEMPLATE /config_patch/own"]);
}

/// Checks, plans that violate one under one condition alone, and the finding.
const CONDITIONS: [(&str, Plan, &str); 6] = [
    (
        "plan.shape",
        |input| {
            let is_empty = *room(input) == "";
            let verb = if is_empty { "explode" } else { "register" };
            json!({ "webhook_ops": [{ "op": verb, "url": format!("{}/x", base(input)) }] })
        },
        "E_OP_VERB /webhook_ops, with `room` ",
    ),
    (
        "secrets.redacted",
        |input| {
            let is_redacted = room(input).is_string();
            let value = json!({ "redacted": is_redacted, "value": null });
            json!({ "secrets_patch": { "set": { "token": value } } })
        },
        "E_SECRET_PLAIN /secrets_patch/set/token, with `room` ",
    ),
    (
        "plan.webhooks",
        |input| match input["inputs"]["tenant"]["tenant"].as_str() {
            Some(_) => hook("https://evil.example/hook".into()),
            None => hook(format!("{}/hook", base(input))),
        },
        "E_WEBHOOK_BASE /webhook_ops/0/url, with a tenant",
    ),
    (
        "plan.shape",
        |input| {
            let verb = if input["mode"] == "install" {
                "explode"
            } else {
                "sync"
            };
            json!({ "subscription_ops": [{ "op": verb }] })
        },
        "E_OP_VERB /subscription_ops, in the mode of an installation",
    ),
    (
        "plan.redirects",
        |input| {
            let redirect = match input["inputs"]["tenant"]["tenant"].as_str() {
                Some(_) => "https://evil.example/cb".to_owned(),
                None => format!("{}/cb", base(input)),
            };
            json!({ "oauth_ops": [
                    { "op": "start", "provider": "p", "redirect_url": redirect },
                ] })
        },
        "E_REDIRECT /oauth_ops/0/redirect_url, with a tenant",
    ),
    (
        "plan.redirects",
        |_| {
            let url = "https://conformance.invalid/n";
            json!({ "subscription_ops": [{ "op": "create", "notification_url": url }] })
        },
        "E_REDIRECT /subscription_ops/0/notification_url, with another public base URL",
    ),
];

#[test]
fn violation_in_any_plan_of_the_wizard_names_its_condition() {
    for (check, plan, finding) in CONDITIONS {
        let found = findings(check, "lobby", plan);
        assert_eq!(found.len(), 1, "{check}: {found:?}");
        assert!(found[0].starts_with(finding), "{check}: {found:?}");
    }
}

#[test]
fn redirect_elsewhere_is_found_at_its_place() {
    let rows: BTreeMap<&str, Plan> = [
        (
            "/oauth_ops/0/redirect_url",
            (|_| {
                json!({ "oauth_ops": [
                { "op": "start", "provider": "p", "redirect_url": "https://evil.example/cb" },
            ] })
            }) as Plan,
        ),
        ("/oauth_ops/0/redirect_uri", |input| {
            let url = format!("{}/cb", base(input).replace("https", "http"));
            json!({ "oauth_ops": [{ "op": "start", "provider": "p", "redirect_uri": url }] })
        }),
        ("/oauth_ops/0/metadata/redirectUris", |input| {
            let urls = [
                format!("{}/cb", base(input)),
                format!("{}@evil.example", base(input)),
            ];
            let metadata = json!({ "redirectUris": urls });
            json!({ "oauth_ops": [{ "op": "start", "provider": "p", "metadata": metadata }] })
        }),
        ("/oauth_ops/1/redirect_url", |input| {
            let cb = |end: &str| {
                let url = format!("{}/cb{end}", base(input));
                json!({ "op": "start", "provider": "p", "redirect_url": url })
            };
            json!({ "oauth_ops": [cb(""), cb("#token")] })
        }),
        (
            "/subscription_ops/0/metadata/lifecycleNotificationUrl",
            |_| {
                let metadata = json!({ "lifecycleNotificationUrl": "https://evil.example/n" });
                json!({ "subscription_ops": [{ "op": "create", "metadata": metadata }] })
            },
        ),
        ("/subscription_ops/0/notification_url", |input| {
            let url = format!(r"{}\@evil.example/", base(input));
            json!({ "subscription_ops": [{ "op": "create", "notification_url": url }] })
        }),
    ]
    .into();
    for (at, plan) in rows {
        let found = findings("plan.redirects", "lobby", plan);
        assert_eq!(found, [format!("E_REDIRECT {at}")], "{at}");
    }
}

#[test]
fn urls_of_the_provider_and_of_the_user_are_no_redirects() {
    let plan: Plan = |input| {
        let own = &input["inputs"]["answers"]["config"]["callback"];
        // What a probe answers there is another place of the user's.
        let own = own.as_str().filter(|own| own.starts_with("https://own"));
        let own = own.map_or_else(|| format!("{}/cb", base(input)), str::to_owned);
        json!({
            "oauth_ops": [
                {
                    "op": "start", "provider": "p", "redirect_url": format!("{}/cb", base(input)),
                    "authorize_url": "https://login.example/authorize",
                    "token_url": "https://login.example/token",
                    "redirect": true,
                },
                { "op": "start", "provider": "q", "redirect_url": own },
                { "op": "revoke", "provider": "r", "redirect_url": "https://old.example/cb" },
            ],
            "subscription_ops": [
                {
                    "op": "create", "resource": "https://graph.example/me",
                    "url": "https://graph.example/subscriptions",
                    "metadata": { "endpoint": "https://graph.example/v1.0" },
                    "notification_url": format!("{}/n#a", base(input)),
                },
                { "op": "delete", "notification_url": "https://old.example/n" },
            ],
        })
    };
    assert_eq!(findings("plan.redirects", "lobby", plan), [""; 0]);
}

#[test]
fn required_answer_that_changes_nothing_is_found() {
    let ignores: Plan = |_| json!({ "config_patch": { "room": "lobby" } });
    let found = findings("answers.used", "lobby", ignores);
    assert_eq!(found, ["E_ANSWER_UNUSED `room`"]);
    let uses: Plan = |input| json!({ "notes": [format!("the room is {}", room(input))] });
    assert_eq!(findings("answers.used", "lobby", uses), [""; 0]);
    let logs: Plan = |input| json!({ "log": room(input) });
    assert_eq!(findings("answers.used", "lobby", logs), [""; 0]);
    // It depends on one of the other answers.
    let some: Plan = |input| json!({ "config_patch": { "x": *room(input) == "x2" } });
    assert_eq!(findings("answers.used", "lobby", some), [""; 0]);
}

#[test]
fn empty_text_for_a_required_answer_has_to_stay_out_of_the_config() {
    let keeps: Plan = |input| json!({ "config_patch": { "room": room(input) } });
    let found = findings("answers.empty-refused", "lobby", keeps);
    assert_eq!(found, ["E_ANSWER_EMPTY `room`"]);
    let renames: Plan = |input| json!({ "config_patch": { "to": { "names": [room(input)] } } });
    let found = findings("answers.empty-refused", "lobby", renames);
    assert_eq!(found, ["E_ANSWER_EMPTY `room`"]);
    let other: Plan = |input| json!({ "config_patch": { "note": "", "given": room(input) != "" } });
    let found = findings("answers.empty-refused", "lobby", other);
    assert_eq!(found, [""; 0]);
    let replaces: Plan = |input| {
        let room = room(input).as_str().filter(|room| !room.is_empty());
        json!({ "config_patch": { "room": room.unwrap_or("lobby") } })
    };
    assert_eq!(
        findings("answers.empty-refused", "lobby", replaces),
        [""; 0]
    );
}

#[test]
fn secret_that_setup_asks_for_has_to_be_set_or_declared() {
    let forgets: Plan = |_| json!({ "config_patch": { "room": "lobby" } });
    let found = findings("secrets.declared", "lobby", forgets);
    assert_eq!(found, ["E_SECRET_UNSET question `pin`"]);
    let sets: Plan = |_| {
        let redacted = json!({ "redacted": true, "value": null });
        json!({ "secrets_patch": { "set": { "PIN": redacted } } })
    };
    let found = findings("secrets.declared", "lobby", sets);
    assert_eq!(found, ["E_SECRET_UNDECLARED /secrets_patch/set/PIN"]);
}

/// Plans, and where each has a URL that nobody reaches if there is no public base URL.
const WITHOUT_BASE: [(Plan, &[&str]); 7] = [
    (
        |input| hook(format!("{}/hook", base(input))),
        &["E_NO_BASE /webhook_ops/0/url, without a public base URL"],
    ),
    (
        |input| {
            let base = input["inputs"]["public_base_url"].as_str();
            hook(format!("{}/hook", base.unwrap_or("https://null")))
        },
        &[],
    ),
    (
        |input| {
            let base = input["inputs"]["public_base_url"].as_str();
            hook(format!("{}/hook", base.unwrap_or("null")))
        },
        &["E_NO_BASE /webhook_ops/0/url, without a public base URL"],
    ),
    // The operation is left out.
    (
        |input| match base(input) {
            "" => json!({ "webhook_ops": [] }),
            base => hook(format!("{base}/hook")),
        },
        &[],
    ),
    // The user gives the URL.
    (
        |input| {
            let url = match base(input) {
                "" => input["inputs"]["answers"]["config"]["callback"].as_str(),
                base => Some(base),
            };
            hook(url.unwrap_or_default().to_owned())
        },
        &[],
    ),
    (
        |input| {
            let url = format!("{}/cb", base(input));
            json!({ "oauth_ops": [{ "op": "start", "provider": "p", "redirect_url": url }],
                    "subscription_ops": [{ "op": "create", "notification_url": url }] })
        },
        &[
            "E_NO_BASE /oauth_ops/0/redirect_url, without a public base URL",
            "E_NO_BASE /subscription_ops/0/notification_url, without a public base URL",
        ],
    ),
    // What is taken back leads nobody anywhere.
    (
        |input| {
            let url = format!("{}/cb", base(input));
            json!({ "oauth_ops": [{ "op": "revoke", "provider": "p", "redirect_url": url }] })
        },
        &[],
    ),
];

#[test]
fn relative_urls_of_a_run_without_a_base_url_are_found() {
    for (at, (plan, expected)) in WITHOUT_BASE.into_iter().enumerate() {
        let found = findings("plan.without-base", "lobby", plan);
        assert_eq!(found, expected, "row {at}");
    }
}

#[test]
fn url_that_the_user_gives_is_reached_whatever_it_is() {
    let config = json!({ "room": "lobby", "callback": "http://intranet.example/cb" });
    let input = json!({ "config": config, "secrets": { "pin": "pin-4711-0815-2342" } });
    let fixture = [("fixtures/setup.input.json", &*input.to_string())];
    let of_user: Plan = |input| match base(input) {
        "" => {
            let config = &input["inputs"]["answers"]["config"];
            hook(config["callback"].as_str().unwrap_or_default().to_owned())
        }
        base => hook(format!("{base}/hook")),
    };
    let (status, found) = judged("plan.without-base", "lobby", &fixture, of_user);
    assert_eq!((status, found), (Status::Passed, vec![]));
}

#[test]
fn run_without_a_base_url_is_judged_only_if_somebody_may_run_it() {
    let relative: Plan = |input| hook(format!("{}/hook", base(input)));
    let manifest = r#"{"id": "p", "version": "1.0.0",
        "meta": {"entry_flows": {"setup": "s"}, "requires_public_base_url": true}}"#;
    let files = [("pack.json", manifest)];
    let (status, found) = judged("plan.without-base", "lobby", &files, relative);
    assert_eq!((status, found), (Status::NotApplicable, vec![]));
    // It refuses.
    let refuses: Plan = |input| match base(input) {
        "" => json!("no base URL"),
        base => hook(format!("{base}/hook")),
    };
    let (status, found) = judged("plan.without-base", "lobby", &[], refuses);
    assert_eq!((status, found), (Status::NotApplicable, vec![]));
}
