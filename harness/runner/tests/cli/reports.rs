//! Reports in every format, over packs whose text tries to break out of them,
//! and expected failures.

use crate::support::{code, conformance, copy, fixture, stderr, stdout};
use serde_json::Value;
use std::fs;
use std::path::Path;

#[test]
fn hostile_text_stays_text_in_every_format() {
    let temp = tempfile::tempdir().expect("a folder");
    let packs = fixture("");
    let flags = "--report r.json --sarif r.sarif --html r.html --markdown r.md --junit r.xml";
    assert_eq!(code(&conformance(temp.path(), &packs, flags)), 4);
    let read = |name: &str| fs::read_to_string(temp.path().join(name)).expect(name);
    for file in ["r.html", "r.md", "r.xml", "r.sarif", "r.json"] {
        let report = read(file);
        let controls = report
            .chars()
            .filter(|c| c.is_control() && *c != '\n')
            .count();
        assert_eq!(controls, 0, "{file}");
        assert!(!report.contains('\u{202e}'), "{file} turns text round");
        assert!(!report.is_empty());
    }
    let html = read("r.html");
    assert!(html.contains("&lt;script&gt;"), "the note is shown");
    // The page's own script is the only one, and it stands at the end.
    let (page, script) = html.rsplit_once("<script>").expect("the page's script");
    assert!(!page.contains("<script") && !page.contains("<testcase"));
    assert!(!script.contains("planted"));
    for line in read("r.md").lines().filter(|l| l.contains('<')) {
        assert!(
            line.contains("` ") && line.contains(" `"),
            "markup outside a code span: {line}"
        );
    }
}

#[test]
fn sarif_has_a_result_for_each_violation_and_a_rule_for_each_check() {
    let temp = tempfile::tempdir().expect("a folder");
    let packs = fixture("nonconforming");
    let flags = "--report r.json --sarif r.sarif";
    assert_eq!(code(&conformance(temp.path(), &packs, flags)), 1);
    let read = |name: &str| -> Value {
        let bytes = fs::read(temp.path().join(name)).expect(name);
        serde_json::from_slice(&bytes).expect("JSON")
    };
    let (report, sarif) = (read("r.json"), read("r.sarif"));
    let count = |list: &Value| list.as_array().map_or(0, Vec::len);
    let packs = report["packs"].as_array().expect("a list");
    let errors: usize = packs.iter().map(|p| count(&p["errors"])).sum();
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().expect("a list");
    assert_eq!(results.len(), errors);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("fits");
        assert_eq!(
            run["tool"]["driver"]["rules"][index]["id"],
            result["ruleId"]
        );
        let print = &result["partialFingerprints"]["violation/v1"];
        let same = results
            .iter()
            .filter(|r| r["partialFingerprints"]["violation/v1"] == *print);
        assert_eq!(same.count(), 1, "{result}");
    }
}

/// An expectation of the webhook of `webhook-http`, with this code and end.
fn expectation(code: &str, added: &str, expires: &str) -> String {
    format!(
        "[[expect]]\ncheck = \"plan.webhooks\"\npack = \"webhook-http\"\nversion = \"^0.1\"\n\
         code = \"{code}\"\nreason = \"no TLS yet\"\nissue = \"#1\"\nowner = \"us\"\n\
         added = \"{added}\"\nexpires = \"{expires}\"\n"
    )
}

#[test]
fn an_expected_failure_is_excused_and_a_stale_expectation_is_not() {
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
    let other = run(&expectation("E_WEBHOOK_BASE", &added, &expires), "");
    assert_eq!(
        code(&other),
        1,
        "another code is not excused, and a failure outranks it"
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
    assert_eq!(code(&part), 0, "a part of the packs proves nothing");
}
