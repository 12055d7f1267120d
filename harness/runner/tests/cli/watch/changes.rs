//! What `watch` judges again, and what it shows of it.

use super::{Place, plans, replace};
use crate::support::{check, fixture, schema};
use serde_json::Value;
use std::fs::{self, File};
use std::io::Write;

#[test]
fn each_kind_of_change_is_judged_and_compared_with_the_state_before() {
    let place = Place::new();
    let mut watching = place.watch("");
    let (plan, right, wrong) = plans(&place);
    replace(&plan, &wrong);
    let round = watching.round();
    assert_eq!(round[0], "judged 1 of 2 packs: greeter");
    assert_eq!(round[1], "  worse      greeter: pass → fail");
    assert!(
        round[2].starts_with("  new cause  E_PLAN_DIFFERS (must) in greeter: "),
        "{round:#?}"
    );
    assert!(round[3].starts_with("             do: "), "{round:#?}");
    let last = round.last().expect("a line");
    assert!(last.starts_with("2 packs: 1 pass, 1 fail, "), "{round:#?}");
    // Truncates and writes.
    fs::write(&plan, &right).expect("writes");
    let round = watching.round();
    assert_eq!(round[0], "judged 1 of 2 packs: greeter");
    assert_eq!(round[1], "  better     greeter: fail → pass");
    assert!(round[2].starts_with("  gone cause E_PLAN_DIFFERS (must) in greeter: "));
    place.add("nonconforming/golden-mismatch", "another");
    let round = watching.round();
    assert_eq!(round[0], "judged 1 of 3 packs: another");
    assert_eq!(round[1], "  new pack   another: fail");
    assert!(round[2].starts_with("  new cause  E_PLAN_DIFFERS (must) in another: "));
    fs::remove_dir_all(place.at("another")).expect("removes");
    assert_eq!(
        watching.round()[..2],
        ["2 packs left", "  gone pack  another"]
    );
    fs::rename(place.at("noop.gtpack"), place.at("moved.gtpack")).expect("renames");
    let round = watching.round();
    assert_eq!(round[0], "judged 1 of 2 packs: moved.gtpack");
    assert_eq!(round[1], "  new pack   moved.gtpack: pass");
    assert_eq!(round[2], "  gone pack  noop.gtpack");
    let (code, rest) = watching.end("-INT");
    assert_eq!(code, 0, "{rest:#?}");
    assert!(rest[0].starts_with("2 packs: 2 pass, 0 fail"), "{rest:#?}");
    assert!(rest[1].ends_with(" ended by SIGINT, exit 0"), "{rest:#?}");
}

#[test]
fn same_bytes_are_not_judged_again() {
    let place = Place::new();
    let mut watching = place.watch("");
    let archive = fs::read(place.at("noop.gtpack")).expect("reads");
    replace(&place.at("noop.gtpack"), &archive);
    fs::write(place.at("noop.gtpack"), &archive).expect("writes");
    fs::write(place.at("greeter/.pack.json.swp"), "an editor").expect("writes");
    fs::write(place.at("no-pack.txt"), "x").expect("writes");
    let touched = File::options().append(true).open(place.at("noop.gtpack"));
    touched
        .expect("opens")
        .set_modified(std::time::SystemTime::now())
        .expect("touches");
    let (plan, _, wrong) = plans(&place);
    replace(&plan, &wrong);
    assert_eq!(watching.round()[0], "judged 1 of 2 packs: greeter");
    // NB: what the other packs made to do came before this change.
    place.add("conforming/noop-provision", "new");
    assert_eq!(watching.round()[0], "judged 1 of 3 packs: new");
}

#[test]
fn half_of_an_archive_is_shown_as_what_it_is_and_judged_again_when_it_is_whole() {
    let place = Place::new();
    let path = place.at("noop.gtpack");
    let whole = fs::read(&path).expect("reads");
    let (half, rest) = whole.split_at(whole.len() / 2);
    let mut watching = place.watch("");
    let mut file = File::create(&path).expect("truncates");
    file.write_all(half).expect("writes");
    let round = loop {
        let round = watching.round();
        // NB: a slow machine may show the empty file first.
        if round.iter().any(|line| line.contains("E_ZIP_TRUNCATED")) {
            break round;
        }
    };
    assert!(
        round
            .iter()
            .any(|line| line.starts_with("2 packs: 1 pass, 1 fail")),
        "{round:#?}"
    );
    file.write_all(rest).expect("writes");
    drop(file);
    let round = watching.round();
    assert_eq!(
        round[1], "  better     noop.gtpack: fail → pass",
        "{round:#?}"
    );
    assert_eq!(watching.end("-TERM").0, 0);
}

#[test]
fn changed_file_of_the_command_line_judges_everything_and_a_wrong_one_ends_nothing() {
    let place = Place::new();
    let (plan, right, wrong) = plans(&place);
    fs::write(&plan, &wrong).expect("writes");
    let expectations = place.folder().join("known.toml");
    fs::write(&expectations, "").expect("writes");
    let mut watching = place.watch("--expectations known.toml");
    fs::write(&expectations, "[[expect]\n").expect("writes");
    let said = watching.until("nothing was judged").join("\n");
    assert!(said.contains(" error: expectations known.toml: "), "{said}");
    let day = time::OffsetDateTime::now_utc().date();
    let entry = format!(
        "[[expect]]\ncheck = \"plan.golden\"\npack = \"demo-messaging-telegram\"\nversion = \"*\"\n\
         code = \"E_PLAN_DIFFERS\"\ncount = 9\nreason = \"r\"\nissue = \"i\"\nowner = \"o\"\n\
         added = \"{day}\"\nexpires = \"{}\"\n",
        day + time::Duration::days(30)
    );
    replace(&expectations, entry.as_bytes());
    let round = watching.round();
    assert_eq!(round[0], "judged 2 of 2 packs: greeter, noop.gtpack");
    assert_eq!(round[1], "  better     greeter: fail → pass", "{round:#?}");
    // A pack that is mended makes the entry stale, also if only this pack is judged.
    replace(&plan, &right);
    let round = watching.round();
    assert!(
        round.iter().any(|line| line.starts_with("stale: ")),
        "{round:#?}"
    );
    replace(&plan, &wrong);
    let round = watching.round();
    assert!(
        !round.iter().any(|line| line.starts_with("stale: ")),
        "{round:#?}"
    );
    replace(&plan, &right);
    watching.round();
    let (code, rest) = watching.end("-INT");
    assert_eq!(code, 3, "{rest:#?}");
    assert!(rest[0].starts_with("stale: "), "{rest:#?}");
}

#[test]
fn lines_of_json_match_the_schema_and_say_what_changed() {
    let place = Place::new();
    let schema = schema("watch.schema.json");
    let mut watching = place.start("w --json");
    let next = |text: &str, watching: &mut super::Watching| -> Value {
        let line = watching.until(text).pop().expect("a line");
        let value = serde_json::from_str(&line).expect("JSON");
        check(&schema, &value);
        value
    };
    let first = next("judged", &mut watching);
    assert_eq!(first["summary"]["pass"], 2);
    assert_eq!(first["added"][0]["pack"], "greeter");
    let (plan, _, wrong) = plans(&place);
    replace(&plan, &wrong);
    let second = next("judged", &mut watching);
    assert_eq!(second["judged"], serde_json::json!(["greeter"]));
    assert_eq!(second["changed"][0]["new"], "fail");
    assert_eq!(second["appeared"][0]["code"], "E_PLAN_DIFFERS");
    assert_eq!(second["exit_code"], 1);
    let (code, rest) = watching.end("-INT");
    assert_eq!((code, rest.len()), (1, 1), "{rest:#?}");
    let last: Value = serde_json::from_str(&rest[0]).expect("JSON");
    check(&schema, &last);
    assert_eq!(last["by"], "SIGINT");
}

#[test]
fn another_pack_of_a_bundle_is_judged_again_with_what_it_provides() {
    let place = Place::empty();
    fs::create_dir(place.at("packs")).expect("creates");
    for name in ["a.gtpack", "b.gtpack"] {
        place.add("conforming/noop-archive.gtpack", &format!("packs/{name}"));
    }
    fs::write(place.at("bundle.yaml"), "id: b\n").expect("writes");
    let mut watching = place.start("w/packs/a.gtpack");
    watching.until("Ctrl-C ends");
    fs::copy(
        fixture("conforming/rust-provider.gtpack"),
        place.at("packs/b.gtpack"),
    )
    .expect("copies");
    let round = watching.round();
    assert_eq!(round[0], "judged 1 of 1 pack: a.gtpack", "{round:#?}");
}
