//! One of something is said in the singular: what commands print and write about one pack,
//! one check, one finding, one night.

use crate::support::{code, conformance, copy, fixture, run_in, stderr, stdout};
use std::fs;
use std::path::Path;

/// Words that end like a plural and are none.
const SINGULAR: [&str; 7] = ["pass", "has", "is", "was", "does", "follows", "waits"];

/// Every "1" with a noun in the plural.
fn wrong(text: &str) -> Vec<String> {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || "<>()\"',;:".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let pairs = words.windows(2).filter(|pair| {
        let noun = pair[1].trim_end_matches('.');
        let is_word = noun.chars().all(|c| c.is_ascii_lowercase());
        pair[0] == "1" && is_word && noun.ends_with('s') && !SINGULAR.contains(&noun)
    });
    pairs.map(|pair| pair.join(" ")).collect()
}

#[test]
fn wrong_plural_is_found() {
    assert_eq!(wrong("<p>1 packs, 21 packs; 1 pass"), ["1 packs"]);
    assert_eq!(wrong("has 1 findings."), ["1 findings."]);
    assert_eq!(wrong("1 pack has 2 findings"), [""; 0]);
}

#[test]
fn one_pack_one_finding_and_one_night_are_in_the_singular_everywhere() {
    let temp = tempfile::tempdir().expect("a folder");
    let folder = temp.path();
    copy(&fixture("nonconforming/golden-mismatch"), &folder.join("p"));
    let flags = "--report nights/1.json --html r.html --markdown r.md --junit r.xml --sarif \
                 r.sarif --timings --out o";
    fs::create_dir(folder.join("nights")).expect("creates");
    let run = conformance(folder, Path::new("p"), flags);
    assert_eq!(code(&run), 1, "{}", stderr(&run));
    let mut said = vec![stdout(&run).to_owned(), stderr(&run).to_owned()];
    for file in ["r.html", "r.md", "r.xml", "r.sarif"] {
        said.push(fs::read_to_string(folder.join(file)).expect(file));
    }
    let add = "expect add --expectations e.toml --from-last-run o/events.jsonl --reason r --issue \
               i --owner o --days 1";
    for command in [
        "report render o/events.jsonl --verbose",
        "report history nights --html h.html",
        add,
        "report history nights --html h.html --expectations e.toml",
        "conformance --packs p --list --shard 1/1",
        "conformance --packs p --expectations e.toml --out o",
        "expect prune --expectations e.toml --from-last-run o/events.jsonl",
        "fuzz p --runs 1 --seed 1 --jobs 1 --out f",
        "pack inspect --pack p",
        "cache show",
    ] {
        let output = run_in(folder, &command.split_whitespace().collect::<Vec<_>>());
        assert_ne!(
            output.status.code(),
            Some(2),
            "{command}: {}",
            stderr(&output)
        );
        said.push(format!("{}{}", stdout(&output), stderr(&output)));
    }
    said.push(fs::read_to_string(folder.join("h.html")).expect("a page"));
    for text in &said {
        assert_eq!(wrong(text), [""; 0], "{text}");
    }
    let all = said.concat();
    for part in [
        "1 pack: ",
        "1 of 1 pack fails",
        "1 night, ",
        "1 added, 1 expectation in",
        "1 day left",
    ] {
        assert!(all.contains(part), "{part}");
    }
}
