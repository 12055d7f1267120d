//! The HTML report: what it says is what the JSON report says, it loads nothing, its links
//! lead somewhere, and a page of very many packs is small.

use crate::support::{code, conformance, copy, fixture, read, run_in, stderr};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The page and the JSON report of these packs.
fn judged(folder: &Path, packs: &[&str], flags: &str) -> (String, Value) {
    for pack in packs {
        let name = Path::new(pack).file_name().expect("a name");
        copy(&fixture(pack), &folder.join("packs").join(name));
    }
    let flags = format!("--html r.html --report r.json {flags}");
    let run = conformance(folder, Path::new("packs"), &flags);
    assert_ne!(code(&run), 2, "{}", stderr(&run));
    let page = fs::read_to_string(folder.join("r.html")).expect("a page");
    (page, read(&folder.join("r.json")))
}

const PACKS: [&str; 6] = [
    "conforming/noop-provision",
    "conforming/greeter",
    "conforming/digital-worker",
    "nonconforming/trap-apply",
    "nonconforming/golden-mismatch",
    "nonconforming/trap-all",
];

/// The text between `before` and `after`, which both occur.
fn between<'p>(page: &'p str, before: &str, after: &str) -> &'p str {
    let (_, rest) = page.split_once(before).expect(before);
    rest.split_once(after).expect(after).0
}

/// Every value of this attribute.
fn values<'p>(page: &'p str, attribute: &str) -> Vec<&'p str> {
    let before = format!(" {attribute}=\"");
    let found = page.match_indices(&before);
    found
        .map(|(at, _)| &page[at + before.len()..])
        .map(|part| part.split_once('"').expect("its end").0)
        .collect()
}

#[test]
fn tiles_title_and_table_of_checks_have_the_counts_of_the_json_report() {
    let temp = tempfile::tempdir().expect("a folder");
    let (page, report) = judged(temp.path(), &PACKS, "");
    for (verdict, count) in report["summary"]["verdicts"].as_object().expect("counts") {
        let tile = between(&page, &format!("data-tile=\"{verdict}\">"), "</li>");
        assert_eq!(between(tile, "<b>", "</b>"), count.to_string(), "{verdict}");
    }
    let failed = &report["summary"]["verdicts"]["fail"];
    assert!(
        page.contains(&format!("<h1>{failed} of 6 packs fail</h1>")),
        "{page}"
    );
    let packs = report["packs"].as_array().expect("packs");
    // In the JSON report, a blocked check is one that was skipped although it applies.
    let of = |check: &str, status: &str| {
        let has = |pack: &&Value| {
            let mut checks = pack["checks"].as_array().expect("checks").iter();
            checks.any(|c| c["check"] == check && c["status"] == status && c["applicable"] == true)
        };
        packs.iter().filter(has).count()
    };
    for check in ["plan.golden", "wizard.completes", "wizard.output"] {
        let row = between(&page, &format!("id=\"check-{check}\""), "</tr>");
        let fields: Vec<&str> = row.split("<td").skip(1).collect();
        let fields: Vec<&str> = fields.iter().map(|f| between(f, ">", "<")).collect();
        let failed = of(check, "failed").to_string();
        let blocked = of(check, "skipped").to_string();
        assert!(failed != "0" || blocked != "0", "{check}");
        assert_eq!(fields[0], failed, "{check}: {row}");
        assert_eq!(fields[1], blocked, "{check}: {row}");
    }
}

#[test]
fn page_begins_with_the_result_and_what_to_do_and_ends_with_folded_packs() {
    let temp = tempfile::tempdir().expect("a folder");
    let (page, report) = judged(temp.path(), &PACKS, "");
    let places = [
        "<h1>",
        "class=\"tiles\"",
        "What to do first",
        "<form id=\"filter\"",
        "id=\"matrix\"",
        "<section class=\"far\" id=\"packs\"",
    ];
    let places = places.map(|part| page.find(part).expect(part));
    assert!(places.is_sorted(), "{places:?}");
    let packs: Vec<&str> = page.split("<details id=\"p").skip(1).collect();
    assert_eq!(
        packs.len(),
        report["packs"].as_array().expect("packs").len()
    );
    for pack in packs {
        let tag = pack.split_once('>').expect("its end").0;
        assert!(!tag.contains(" open"), "{tag}");
        assert!(pack.contains("</summary>"), "{tag}");
    }
    let cause = &report["packs"].as_array().expect("packs").iter();
    let cause = cause
        .clone()
        .find(|pack| pack["verdict"] == "fail")
        .expect("a failed pack")["causes"][0]
        .clone();
    for said in [&cause["do"], &cause["code"]] {
        let said = said.as_str().expect("a text").replace('\'', "&#39;");
        let first = between(&page, "What to do first", "</section>");
        assert!(first.contains(&said), "{said}: {first}");
    }
}

#[test]
fn filters_of_the_address_are_in_the_page_and_every_link_leads_somewhere() {
    let temp = tempfile::tempdir().expect("a folder");
    let (page, report) = judged(temp.path(), &PACKS, "");
    let filters: BTreeSet<&str> = values(&page, "data-filter").into_iter().collect();
    for filter in [
        "verdict=fail",
        "verdict=pass",
        "check=plan.golden",
        "code=E_TRAP",
    ] {
        assert!(filters.contains(filter), "{filter}: {filters:?}");
    }
    let names: Vec<&str> = values(&page, "id");
    let different: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(names.len(), different.len(), "a name is there twice");
    // NB: the links to all packs with a code are shown by the script alone.
    let without = page.split("<span class=\"js-only\">");
    let links = without.enumerate().flat_map(|(i, part)| {
        let part = match i {
            0 => part,
            _ => part.split_once("</span>").expect("its end").1,
        };
        values(part, "href")
    });
    let links: Vec<&str> = links.collect();
    assert!(links.len() > 10, "{links:?}");
    for link in links {
        let name = link.strip_prefix('#').expect("a place on the page");
        assert!(different.contains(name), "{link}");
    }
    for pack in report["packs"].as_array().expect("packs") {
        let checks = pack["checks"].as_array().expect("checks").iter();
        let failed = checks.filter(|c| c["status"] == "failed" && c["level"] == "must");
        let label = pack["pack"].as_str().expect("a label");
        let mut of_pack = page.split("<details id=\"p").skip(1);
        let of_pack = of_pack
            .find(|part| part.contains(&format!("<span class=\"l\">{label}</span>")))
            .expect(label);
        let has = values(of_pack, "data-has");
        let has: Vec<&str> = has.iter().flat_map(|has| has.split(' ')).collect();
        for check in failed.map(|c| c["check"].as_str().expect("an id")) {
            assert!(has.contains(&check), "{label}: {check} is not in {has:?}");
        }
    }
}

#[test]
fn pages_load_nothing_and_allow_their_own_style_and_script_alone() {
    let temp = tempfile::tempdir().expect("a folder");
    let folder = temp.path();
    let (report, _) = judged(folder, &PACKS, "");
    fs::create_dir(folder.join("nights")).expect("creates");
    fs::copy(folder.join("r.json"), folder.join("nights/1.json")).expect("copies");
    let history = ["report", "history", "nights", "--html", "h.html"];
    assert_eq!(code(&run_in(folder, &history)), 0);
    let history = fs::read_to_string(folder.join("h.html")).expect("a page");
    for (page, scripts) in [(report, 1), (history, 0)] {
        let policy = between(&page, "Content-Security-Policy\" content=\"", "\"");
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        for part in ["style", "script"] {
            let all: Vec<&str> = page.split(&format!("<{part}>")).skip(1).collect();
            assert_eq!(all.len(), if part == "style" { 1 } else { scripts });
            for own in all {
                let own = own.split_once(&format!("</{part}>")).expect("its end").0;
                let hash = STANDARD.encode(Sha256::digest(own.as_bytes()));
                let allowed = format!("{part}-src 'sha256-{hash}'");
                assert!(policy.contains(&allowed), "{policy} lacks {allowed}");
            }
        }
        for outside in [
            "http:", "https:", " src=", "url(", "@import", " style=", "<link",
        ] {
            let (_, body) = page.split_once("</head>").expect("a head");
            // Texts of packs may name addresses; attributes and styles may not.
            let attributes = body.split('<').filter_map(|tag| tag.split_once('>'));
            for (tag, _) in attributes.filter(|(tag, _)| !tag.starts_with("code")) {
                assert!(!tag.contains(outside), "{outside}: {tag}");
            }
        }
    }
}

/// The stream of `folder`, whose packs are there again and again under other names.
fn multiplied(folder: &Path, times: usize) {
    let stream = fs::read_to_string(folder.join("o/events.jsonl")).expect("events");
    let events: Vec<Value> = stream
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let (first, rest) = events.split_first().expect("events");
    let (last, of_packs) = rest.split_last().expect("an end");
    let label = |label: &Value, nth: usize| format!("{nth}/{}", label.as_str().expect("a label"));
    let mut first = first.clone();
    let labels = first["packs"].as_array().expect("labels").clone();
    let all = (0..times).flat_map(|nth| labels.iter().map(move |l| Value::from(label(l, nth))));
    first["packs"] = all.collect();
    let mut out = format!("{first}\n");
    for nth in 0..times {
        for event in of_packs {
            let mut event = event.clone();
            event["pack"] = label(&event["pack"], nth).into();
            out += &format!("{event}\n");
        }
    }
    fs::write(folder.join("many.jsonl"), out + &format!("{last}\n")).expect("writes");
}

#[test]
fn page_of_very_many_packs_takes_few_bytes_and_elements_for_each() {
    let temp = tempfile::tempdir().expect("a folder");
    let (few, _) = judged(temp.path(), &PACKS, "--out o");
    let times = 100;
    multiplied(temp.path(), times);
    let render = ["report", "render", "many.jsonl", "--html", "many.html"];
    assert_eq!(code(&run_in(temp.path(), &render)), 1);
    let many = fs::read_to_string(temp.path().join("many.html")).expect("a page");
    let packs = times * PACKS.len();
    assert_eq!(many.matches("<details id=\"p").count(), packs);
    let elements = |page: &str| {
        let tags = page.match_indices('<');
        tags.filter(|(at, _)| !page[at + 1..].starts_with('/'))
            .count()
    };
    let bytes = (many.len() - few.len()) / packs;
    let elements = (elements(&many) - elements(&few)) / packs;
    assert!(bytes < 5_000, "{bytes} bytes a pack");
    assert!(elements < 100, "{elements} elements a pack");
    // What does not apply is the same in all of them, and is listed once for each.
    let sets = |page: &str| page.matches("<details id=\"n").count();
    assert_eq!(sets(&many), sets(&few));
}
