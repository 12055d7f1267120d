//! Reports in every format, for packs with text that tries to escape its place, and
//! expected failures.

use crate::support::{
    check, code, conformance, copy, fixture, read, run_in, schema, stderr, stdout,
};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

#[test]
fn hostile_text_stays_text_in_every_format() {
    let temp = tempfile::tempdir().expect("a folder");
    let packs = temp.path().join("packs");
    fs::create_dir(&packs).expect("creates");
    for pack in [
        "hostile/text-injection",
        "hostile/log-long",
        "hostile/stdout-cut",
        "nonconforming/step-says-error",
    ] {
        let name = Path::new(pack).file_name().expect("a name");
        copy(&fixture(pack), &packs.join(name));
    }
    let flags = "--report r.json --sarif r.sarif --html r.html --markdown r.md --junit r.xml \
                 --annotations r.txt --code-quality q.json";
    let run = conformance(temp.path(), &packs, flags);
    assert_eq!(code(&run), 1);
    let verbose = conformance(temp.path(), &packs, "--verbose");
    for said in [stdout(&run), stdout(&verbose)] {
        let hostile = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!said.contains(hostile), "{said}");
    }
    let read = |name: &str| fs::read_to_string(temp.path().join(name)).expect(name);
    for file in [
        "r.html", "r.md", "r.xml", "r.sarif", "r.json", "r.txt", "q.json",
    ] {
        let report = read(file);
        let controls = report
            .chars()
            .filter(|c| c.is_control() && *c != '\n')
            .count();
        assert_eq!(controls, 0, "{file}");
        assert!(
            !report.contains('\u{202e}'),
            "{file} changes the direction of text"
        );
        assert!(!report.is_empty());
    }
    let html = read("r.html");
    assert!(html.contains("&lt;script&gt;"), "the page lacks the note");
    // The only script of the page is its own, before its body.
    let (head, body) = html.split_once("<body>").expect("a body");
    assert_eq!(head.matches("<script").count(), 1, "{head}");
    assert!(!body.contains("<script") && !body.contains("<testcase"));
    assert!(!head.contains("planted"));
    for line in read("r.md").lines().filter(|l| l.contains('<')) {
        assert!(
            line.contains("` ") && line.contains(" `"),
            "markup outside a code span: {line}"
        );
    }
}

#[test]
fn walks_through_flows_are_in_html_and_those_that_fail_in_junit() {
    let temp = tempfile::tempdir().expect("a folder");
    let flags = "--html r.html --junit r.xml";
    let read = |name: &str| fs::read_to_string(temp.path().join(name)).expect(name);
    let pack = fixture("nonconforming/flow-trap-on-text");
    assert_eq!(code(&conformance(temp.path(), &pack, flags)), 1);
    let (html, junit) = (read("r.html"), read("r.xml"));
    for line in [
        "<p>flow <b>main</b> with an empty message: completed</p>",
        "<p>flow <b>main</b> with a text message: failed</p>",
        "<b class=\"fail\">E_TRAP</b> ",
    ] {
        assert!(html.contains(line), "{line}");
    }
    assert!(junit.contains("flow main node a: ok, fuel "), "{junit}");
    assert!(junit.contains("flow main node a: E_TRAP, fuel "), "{junit}");
    let pack = fixture("conforming/application");
    assert_eq!(code(&conformance(temp.path(), &pack, flags)), 0);
    let (html, junit) = (read("r.html"), read("r.xml"));
    let withheld = "<code>dw.agent</code> <b class=\"skipped\">withheld</b> ";
    assert!(html.contains(withheld), "{html}");
    assert!(html.contains("<li>explain / text: "), "{html}");
    assert!(!junit.contains("flow default node"), "{junit}");
}

#[test]
fn sarif_has_a_result_for_each_cause_and_a_rule_for_each_check() {
    let temp = tempfile::tempdir().expect("a folder");
    let packs = fixture("nonconforming");
    let flags = "--report r.json --sarif r.sarif";
    assert_eq!(code(&conformance(temp.path(), &packs, flags)), 1);
    let read = |name: &str| -> Value {
        let bytes = fs::read(temp.path().join(name)).expect(name);
        serde_json::from_slice(&bytes).expect("JSON")
    };
    let (report, sarif) = (read("r.json"), read("r.sarif"));
    let packs = report["packs"].as_array().expect("a list");
    let causes = packs
        .iter()
        .flat_map(|p| p["causes"].as_array().expect("causes"));
    let causes: Vec<&Value> = causes.collect();
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().expect("a list");
    assert_eq!(results.len(), causes.len());
    for (result, cause) in results.iter().zip(causes) {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("fits");
        assert_eq!(
            run["tool"]["driver"]["rules"][index]["id"],
            result["ruleId"]
        );
        let prints = &result["partialFingerprints"];
        assert_eq!(prints["cause/v1"], cause["id"]);
        let same = results
            .iter()
            .filter(|r| r["partialFingerprints"]["causeInPack/v1"] == prints["causeInPack/v1"]);
        assert_eq!(same.count(), 1, "{result}");
        let advice = cause["level"] != "must";
        assert_eq!(result["level"] == "note", advice, "{result}");
    }
}

/// Writes `e.toml`, which excuses the webhook of `webhook-http`, and a copy of that pack.
fn excused_pack(folder: &Path) {
    copy(&fixture("nonconforming/webhook-http"), &folder.join("p"));
    let today = time::OffsetDateTime::now_utc().date();
    let expires = (today + time::Duration::days(30)).to_string();
    let file = expectation("E_WEBHOOK_SCHEME", &today.to_string(), &expires);
    fs::write(folder.join("e.toml"), file + "at = \"/webhook_ops/0/*\"\n").expect("writes");
}

#[test]
fn excused_failure_is_shown_as_such_in_every_report() {
    let temp = tempfile::tempdir().expect("a folder");
    let folder = temp.path();
    excused_pack(folder);
    let flags = "--report r.json --junit r.xml --sarif r.sarif --html r.html --markdown r.md \
                 --annotations r.txt --code-quality q.json --attestation a.json \
                 --expectations e.toml --out o";
    let run = conformance(folder, Path::new("p"), flags);
    assert_eq!(code(&run), 0, "{}", stderr(&run));
    let text = |name: &str| fs::read_to_string(folder.join(name)).expect(name);
    let reason = "expected to fail with E_WEBHOOK_SCHEME at /webhook_ops/0/* until";
    for (report, what) in [
        (text("r.json"), "json"),
        (text("r.xml"), "junit"),
        (text("r.sarif"), "sarif"),
        (text("r.html"), "html"),
        (text("r.md"), "markdown"),
    ] {
        assert!(report.contains(reason), "{what}: {report}");
    }
    let shown = "excused: plan.webhooks (setup_default): expected to fail with E_WEBHOOK_SCHEME";
    assert!(stdout(&run).contains(shown), "{}", stdout(&run));
    let tally = stdout(&run).lines().last().expect("a line");
    assert!(tally.contains(", 1 excused,"), "{tally}");
    let report = read(&folder.join("r.json"));
    check(&schema("report.schema.json"), &report);
    assert_eq!(report["summary"]["checks"]["excused"], 1);
    let name = "p::setup_default::plan.webhooks";
    let predicate = &read(&folder.join("a.json"))["predicate"];
    assert_eq!(predicate["result"], "WARNED");
    assert_eq!(predicate["warnedTests"], json!([name]));
    let junit = text("r.xml");
    assert!(
        junit.contains("<skipped message=\"expected to fail"),
        "{junit}"
    );
    assert!(text("r.md").contains("- **excused** plan.webhooks"));
    let field = "<td class=\"partial\" title=\"plan.webhooks: excused\">~</td>";
    assert!(text("r.html").contains(field));
    let results = read(&folder.join("r.sarif"))["runs"][0]["results"].clone();
    let results = results.as_array().expect("a list");
    let of_webhook = |r: &&Value| r["ruleId"] == "plan.webhooks";
    let result = results.iter().find(of_webhook).expect("a result");
    let suppression = &result["suppressions"][0];
    assert_eq!(suppression["kind"], "external");
    assert!(
        suppression["justification"]
            .as_str()
            .is_some_and(|t| t.contains(reason))
    );
    let suppressed = results.iter().filter(|r| !r["suppressions"].is_null());
    assert_eq!(suppressed.count(), 1);
    let excused = |text: &str| text.contains("Excused: ") && text.contains("E_WEBHOOK_SCHEME");
    let annotations = text("r.txt");
    let mut of_webhook_lines = annotations.lines().filter(|l| excused(l));
    assert!(
        of_webhook_lines
            .next()
            .is_some_and(|l| l.starts_with("::notice file="))
    );
    let issues = read(&folder.join("q.json"));
    let is_excused = |i: &&Value| i["description"].as_str().is_some_and(excused);
    let issue = issues
        .as_array()
        .and_then(|all| all.iter().find(is_excused));
    assert_eq!(issue.expect("an issue")["severity"], "info");
    let events = text("o/events.jsonl");
    let schema = schema("event.schema.json");
    for line in events.lines() {
        check(&schema, &serde_json::from_str(line).expect("JSON"));
    }
    // The same cause has the same identity when it is not excused.
    fs::write(folder.join("e.toml"), "").expect("writes");
    assert_eq!(code(&conformance(folder, Path::new("p"), flags)), 1);
    let again = read(&folder.join("r.sarif"))["runs"][0]["results"].clone();
    let again = again.as_array().expect("a list").iter().find(of_webhook);
    let prints = "partialFingerprints";
    assert_eq!(again.expect("a result")[prints], result[prints]);
}

#[test]
fn second_failure_of_an_excused_kind_fails_the_run() {
    let temp = tempfile::tempdir().expect("a folder");
    let folder = temp.path();
    excused_pack(folder);
    let step = folder.join("p/components/setup_default__apply.wat");
    let text = fs::read_to_string(&step).expect("the step");
    let one =
        r#"{\"op\":\"register\",\"id\":\"inbound\",\"url\":\"http://conformance.invalid/hook\"}"#;
    let more = format!(",{}", one.replace("inbound", "evil"));
    let changed = text.replace(one, &format!("{one}{more}"));
    // The step also returns the length of its answer.
    let length = 279 + more.replace('\\', "").len();
    let changed = changed.replace("const 279", &format!("const {length}"));
    assert!(changed.len() > text.len(), "{text}");
    fs::write(&step, changed).expect("writes");
    let flags = "--expectations e.toml --annotations a.txt";
    let run = conformance(folder, Path::new("p"), flags);
    assert_eq!(code(&run), 1, "{}", stdout(&run));
    assert!(
        stdout(&run).contains("E_WEBHOOK_SCHEME"),
        "{}",
        stdout(&run)
    );
    // One place of the cause is excused, and the cause is not.
    let annotations = fs::read_to_string(folder.join("a.txt")).expect("annotations");
    let mut of_cause = annotations
        .lines()
        .filter(|l| l.contains("E_WEBHOOK_SCHEME"));
    assert!(of_cause.next().is_some_and(|l| l.starts_with("::error ")));
    assert_eq!(of_cause.next(), None, "{annotations}");
}

/// An expectation for the webhook of `webhook-http`, with this code and these dates.
fn expectation(code: &str, added: &str, expires: &str) -> String {
    format!(
        "[[expect]]\ncheck = \"plan.webhooks\"\npack = \"webhook-http\"\nversion = \"^0.1\"\n\
         code = \"{code}\"\nreason = \"no TLS yet\"\nissue = \"#1\"\nowner = \"us\"\n\
         added = \"{added}\"\nexpires = \"{expires}\"\n"
    )
}

#[test]
fn expected_failure_is_excused_and_stale_expectation_is_not() {
    let temp = tempfile::tempdir().expect("a folder");
    let broken = temp.path().join("packs/webhook-http");
    copy(&fixture("nonconforming/webhook-http"), &broken);
    let run = |file: &str, more: &str| {
        fs::write(temp.path().join("e.toml"), file).expect("writes");
        let flags = "--expectations e.toml --report r.json";
        conformance(temp.path(), Path::new("packs"), &format!("{flags} {more}"))
    };
    let today = time::OffsetDateTime::now_utc().date();
    let (added, expires) = (
        today.to_string(),
        (today + time::Duration::days(30)).to_string(),
    );
    let good = run(&expectation("E_WEBHOOK_SCHEME", &added, &expires), "");
    assert_eq!(code(&good), 0, "{}{}", stdout(&good), stderr(&good));
    let report = fs::read_to_string(temp.path().join("r.json")).expect("a report");
    assert!(
        report.contains("expected to fail with E_WEBHOOK_SCHEME until"),
        "{report}"
    );
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let causes = report["packs"][0]["causes"].as_array().expect("causes");
    assert!(causes.iter().all(|c| c["code"] != "E_WEBHOOK_SCHEME"));
    let other = run(&expectation("E_WEBHOOK_BASE", &added, &expires), "");
    assert_eq!(
        code(&other),
        1,
        "the failure with another code is not excused, and outranks the stale expectation"
    );
    let expired = run(
        &expectation("E_WEBHOOK_SCHEME", "2020-01-01", "2020-02-01"),
        "",
    );
    assert_eq!(code(&expired), 1);
    assert!(
        stdout(&expired).contains("it has expired"),
        "{}",
        stdout(&expired)
    );
    assert_eq!(code(&run("[[expect]]\n", "")), 2);
    fs::remove_dir_all(&broken).expect("removes");
    copy(
        &fixture("conforming/noop-provision"),
        &temp.path().join("packs/noop"),
    );
    let unused = run(&expectation("E_WEBHOOK_SCHEME", &added, &expires), "");
    assert_eq!(code(&unused), 3, "{}", stdout(&unused));
    let part = run(
        &expectation("E_WEBHOOK_SCHEME", &added, &expires),
        "--provider noop",
    );
    assert_eq!(
        code(&part),
        0,
        "with --provider, an unused expectation is not stale"
    );
}

/// The events of a run of a failing pack: the first event, and the other lines.
fn stream_of_a_failing_pack(folder: &Path) -> (Value, String) {
    let packs = fixture("nonconforming/trap-apply");
    assert_eq!(code(&conformance(folder, &packs, "--out o")), 1);
    let stream = fs::read_to_string(folder.join("o/events.jsonl")).expect("events");
    let (first, rest) = stream.split_once('\n').expect("lines");
    (serde_json::from_str(first).expect("JSON"), rest.to_owned())
}

/// The console, JUnit, SARIF and HTML report of a stream.
fn rendered(folder: &Path, first: &Value, rest: &str) -> Vec<String> {
    fs::write(folder.join("e.jsonl"), format!("{first}\n{rest}")).expect("writes");
    let flags = "report render e.jsonl --verbose --junit r.xml --sarif r.sarif --html r.html";
    let run = run_in(folder, &flags.split(' ').collect::<Vec<_>>());
    assert_eq!(code(&run), 1, "{}", stderr(&run));
    let files = ["r.xml", "r.sarif", "r.html"];
    let files = files.map(|name| fs::read_to_string(folder.join(name)).expect(name));
    files.into_iter().chain([stdout(&run).to_owned()]).collect()
}

#[test]
fn rendered_stream_shows_its_own_requirement_texts() {
    let temp = tempfile::tempdir().expect("a folder");
    let (mut first, rest) = stream_of_a_failing_pack(temp.path());
    let text = &mut first["requirements"]["wizard.completes"]["text"];
    let ours = text.as_str().expect("a text").to_owned();
    *text = "Every wizard of version 9 completes.".into();
    for report in rendered(temp.path(), &first, &rest) {
        assert!(report.contains("of version 9 completes"), "{report}");
        assert!(!report.contains(&ours), "{report}");
    }
}

#[test]
fn stream_without_requirement_texts_shows_check_ids_alone() {
    let temp = tempfile::tempdir().expect("a folder");
    let (mut first, rest) = stream_of_a_failing_pack(temp.path());
    let stream = first.as_object_mut().expect("an object");
    let requirements = stream.remove("requirements").expect("requirements");
    let ours = requirements["wizard.completes"]["text"]
        .as_str()
        .expect("a text");
    for report in rendered(temp.path(), &first, &rest) {
        assert!(report.contains("wizard.completes"), "{report}");
        assert!(!report.contains(ours), "{report}");
    }
}

#[test]
fn stream_of_another_format_is_refused_with_both_versions() {
    let temp = tempfile::tempdir().expect("a folder");
    let (mut first, rest) = stream_of_a_failing_pack(temp.path());
    first["format"] = 2.into();
    first["version"] = "9.8.7".into();
    let render = |first: &Value| {
        fs::write(temp.path().join("e.jsonl"), format!("{first}\n{rest}")).expect("writes");
        run_in(temp.path(), &["report", "render", "e.jsonl"])
    };
    let without = serde_json::json!({"event": "run_started", "format": 2, "version": "9.8.7"});
    for first in [first, without] {
        let refused = render(&first);
        assert_eq!(code(&refused), 2);
        for part in ["format 2", "9.8.7", "format 1", env!("CARGO_PKG_VERSION")] {
            assert!(stderr(&refused).contains(part), "{}", stderr(&refused));
        }
    }
}
