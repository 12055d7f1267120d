//! Tests of expectations.

use super::*;
use provision_core::wizard::NoopExecutor;
use provision_core::{Finding, FindingCode, Source, Status};
use provision_oracle::{Conditions, Level, Scope, observe};
use time::macros::date;

fn file(check: &str, version: &str, added: &str, expires: &str) -> String {
    format!(
        "[[expect]]\ncheck = \"{check}\"\npack = \"p\"\nversion = \"{version}\"\ncode = \"E_X\"\n\
         reason = \"r\"\nissue = \"i\"\nowner = \"o\"\nadded = \"{added}\"\nexpires = \"{expires}\"\n"
    )
}

fn good() -> String {
    file("plan.golden", ">=1, <2", "2026-01-01", "2026-03-01")
}

fn subject() -> Subject {
    let manifest = br#"{"id":"p","version":"1.5.0"}"#.to_vec();
    let files = [("pack.json".to_owned(), manifest)].into();
    let source = Source::Folder {
        files,
        manifest: None,
    };
    observe(Ok(source), &NoopExecutor, &Conditions::default())
}

fn finding(code: &str) -> Finding {
    Finding::new(FindingCode::Foreign(code.into()), "", "", "")
}

fn golden(codes: &[&str]) -> CheckResult {
    CheckResult {
        check: "plan.golden",
        level: Level::Must,
        scope: Scope::Pack,
        status: if codes.is_empty() {
            Status::Passed
        } else {
            Status::Failed
        },
        findings: codes.iter().map(|c| finding(c)).collect(),
        reason: None,
    }
}

/// The status after excusing, and the stale expectations.
fn applied(text: &str, today: Date, codes: &[&str]) -> (Status, Vec<String>) {
    let expectations = Expectations::parse(text, today).expect("parses");
    let excusal = expectations.excuse(&subject(), vec![golden(codes)]);
    expectations.record("p", &excusal.fates);
    (excusal.results[0].status, expectations.stale(true))
}

#[test]
fn expected_code_is_excused_and_untrue_expectation_is_stale() {
    let today = date!(2026 - 02 - 01);
    assert_eq!(
        applied(&good(), today, &["E_X", "E_X"]),
        (Status::Excused, vec![])
    );
    assert_eq!(
        applied(&good(), today, &["E_X", "E_Y"]),
        (Status::Failed, vec![]),
        "another reason as well, and the expectation is still true"
    );
    let (status, stale) = applied(&good(), today, &[]);
    assert_eq!(status, Status::Passed);
    assert!(stale[0].contains("no longer fails"), "{stale:?}");
    let (status, stale) = applied(&good(), date!(2026 - 03 - 02), &["E_X"]);
    assert_eq!(status, Status::Failed);
    assert!(stale[0].contains("expired"), "{stale:?}");
    let other = file("plan.golden", ">=2", "2026-01-01", "2026-03-01");
    let (status, stale) = applied(&other, today, &["E_X"]);
    assert_eq!(status, Status::Failed);
    assert!(stale[0].contains("no selected pack matches"), "{stale:?}");
    let partial = Expectations::parse(&other, today).expect("parses");
    assert_eq!(
        partial.stale(false),
        [""; 0],
        "a part of the packs proves nothing"
    );
}

#[test]
fn cause_excuses_the_checks_that_fail_only_because_of_it() {
    let today = date!(2026 - 02 - 01);
    let with_cause = |id: &str| {
        let entry = good().replace("check = \"plan.golden\"\n", "");
        entry.replace("code = \"E_X\"", &format!("cause = \"{id}\""))
    };
    let of = |codes: &[&str]| causes(&subject(), &[golden(codes)]);
    let id = &of(&["E_X"])[0].id;
    let (status, stale) = applied(&with_cause(id), today, &["E_X"]);
    assert_eq!((status, stale), (Status::Excused, vec![]));
    assert_eq!(
        applied(&with_cause(id), today, &["E_X", "E_Y"]),
        (Status::Failed, vec![]),
        "another cause as well"
    );
    let (status, stale) = applied(&with_cause(id), today, &["E_X", "E_X"]);
    assert_eq!(status, Status::Failed);
    assert!(stale[0].contains("has 2 such findings"), "{stale:?}");
    let two = with_cause(id) + "count = 2\n";
    assert_eq!(
        applied(&two, today, &["E_X", "E_X"]),
        (Status::Excused, vec![])
    );
    let (status, stale) = applied(&with_cause("0123456789abcdef"), today, &["E_X"]);
    assert_eq!(status, Status::Failed);
    assert!(
        stale[0].contains("of cause 0123456789abcdef for p"),
        "{stale:?}"
    );
    let mut sandbox = golden(&["E_X"]);
    sandbox.check = "sandbox.no-effects";
    let id = &causes(&subject(), std::slice::from_ref(&sandbox))[0].id;
    let expectations = Expectations::parse(&with_cause(id), today).expect("parses");
    let excusal = expectations.excuse(&subject(), vec![sandbox]);
    assert_eq!(excusal.results[0].status, Status::Failed, "never excused");
    for (text, said) in [
        (with_cause("short"), "16 hex digits"),
        (
            good().replace("code", "cause = \"0123456789abcdef\"\ncode"),
            "stands alone",
        ),
        (
            good().replace("check = \"plan.golden\"\n", ""),
            "unknown check",
        ),
    ] {
        let error = Expectations::parse(&text, today)
            .expect_err("bad")
            .to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn expectation_is_ending_from_14_days_before_its_end() {
    let ending = |today| {
        Expectations::parse(&good(), today)
            .expect("parses")
            .ending()
            .len()
    };
    assert_eq!(ending(date!(2026 - 02 - 14)), 0);
    assert_eq!(ending(date!(2026 - 02 - 15)), 1);
    assert_eq!(ending(date!(2026 - 03 - 02)), 0, "it is stale then");
}

#[test]
fn invalid_entry_is_refused_with_its_cause() {
    let refused = |text: &str| {
        let error = Expectations::parse(text, date!(2026 - 02 - 01)).expect_err("bad");
        error.to_string()
    };
    for (text, said) in [
        (
            file("no.check", "*", "2026-01-01", "2026-01-02"),
            "unknown check",
        ),
        (
            file("sandbox.within-limits", "*", "2026-01-01", "2026-01-02"),
            "cannot be excused",
        ),
        (
            file("archive.readable", "*", "2026-01-01", "2026-01-02"),
            "cannot be excused",
        ),
        (
            file("plan.golden", "*", "2026-01-01", "2026-07-01"),
            "181 days",
        ),
        (
            file("plan.golden", "*", "2026-01-02", "2026-01-01"),
            "-1 days",
        ),
        (file("plan.golden", "*", "soon", "2026-01-01"), "`added`"),
        (
            file("plan.golden", "one", "2026-01-01", "2026-01-02"),
            "version",
        ),
        (good().replace("\"r\"", "\" \""), "`reason` is empty"),
        (good().replace("expires", "expired"), "expired"),
    ] {
        assert!(refused(&text).contains(said), "{said}: {}", refused(&text));
    }
}

#[test]
fn expectation_that_begins_later_excuses_nothing() {
    // In other time zones it is tomorrow already.
    let tomorrow = applied(&good(), date!(2025 - 12 - 31), &["E_X"]);
    assert_eq!(tomorrow, (Status::Excused, vec![]));
    let (status, stale) = applied(&good(), date!(2025 - 12 - 30), &["E_X"]);
    assert_eq!(status, Status::Failed);
    let said = "it was added on 2026-01-01, which is in the future";
    assert!(stale[0].contains(said), "{stale:?}");
}

/// The status of a check in two wizards after excusing, and the stale expectations; each
/// finding has its wizard, its place and what was found.
fn located(text: &str, found: &[(&str, &str, &str)]) -> (Vec<Status>, Vec<String>) {
    let expectations = Expectations::parse(text, date!(2026 - 02 - 01)).expect("parses");
    let of = |wizard: &str| {
        let mut result = golden(&["E_X"]);
        result.scope = Scope::Wizard(wizard.into());
        let findings = found.iter().filter(|(scope, ..)| *scope == wizard);
        let findings = findings.map(|(_, at, actual)| Finding {
            at: (*at).into(),
            actual: (*actual).into(),
            ..finding("E_X")
        });
        result.findings = findings.collect();
        result
    };
    let results = [of("setup"), of("update")];
    let results = results.into_iter().filter(|r| !r.findings.is_empty());
    let excusal = expectations.excuse(&subject(), results.collect());
    expectations.record("p", &excusal.fates);
    let statuses = excusal.results.iter().map(|r| r.status).collect();
    (statuses, expectations.stale(true))
}

#[test]
fn finding_beyond_the_place_or_the_number_is_not_excused() {
    use Status::{Excused, Failed};
    let old = ("setup", "/hooks/0/url", "a");
    let new = ("setup", "/hooks/1/url", "b");
    let same_elsewhere = ("update", "/hooks/0/url", "a");
    let worse_in_place = ("update", "/hooks/0/url", "b");
    let with = |more: &str| good() + more;
    // Without a place and a number: one finding, wherever it shows.
    assert_eq!(located(&good(), &[old]), (vec![Excused], vec![]));
    let twice = [old, same_elsewhere];
    assert_eq!(located(&good(), &twice), (vec![Excused, Excused], vec![]));
    for found in [[old, new], [old, worse_in_place]] {
        let (statuses, stale) = located(&good(), &found);
        assert!(statuses.iter().all(|s| *s == Failed), "{found:?}");
        assert!(stale[0].contains("2 such findings"), "{stale:?}");
        let two = with("count = 2\n");
        let (statuses, stale) = located(&two, &found);
        assert!(statuses.iter().all(|s| *s == Excused), "{found:?}");
        assert_eq!(stale, [""; 0]);
    }
    // With a place: what is elsewhere is new, and does not make the expectation stale.
    for at in ["/hooks/0/url", "/hooks/0/*", "*/0/*", "/hooks/0*url", "*0*"] {
        let here = with(&format!("at = \"{at}\"\n"));
        assert_eq!(located(&here, &[old]), (vec![Excused], vec![]), "{at}");
        assert_eq!(located(&here, &[old, new]), (vec![Failed], vec![]), "{at}");
        let (statuses, stale) = located(&here, &[new]);
        assert_eq!(statuses, [Failed], "{at}");
        assert!(stale[0].contains("no longer fails"), "{stale:?}");
    }
    // Two expectations, one for each place.
    let each = ["0", "1"].map(|n| with(&format!("at = \"/hooks/{n}/url\"\n")));
    assert_eq!(
        located(&each.concat(), &[old, new]),
        (vec![Excused], vec![])
    );
    for wrong in ["/hooks", "hooks/0/url", "/hooks/0/url/*", "/hooks/0*0/url"] {
        let (statuses, _) = located(&with(&format!("at = \"{wrong}\"\n")), &[old]);
        assert_eq!(statuses, [Failed], "{wrong}");
    }
    let zero = Expectations::parse(&with("count = 0\n"), date!(2026 - 02 - 01));
    assert!(zero.is_err());
}
