//! `plan`, `apply` and `installs`, on a store in a folder of its own.

use crate::support::{check, code, fixture, json, read, run_in, schema, stderr, stdout, text};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

pub(crate) const SECRET: &str = "hunter2-hunter2-hunter2";

/// A folder with a store, and answers for the pack `rust-provider`.
pub(crate) struct Place {
    folder: tempfile::TempDir,
    pub(crate) pack: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let answers = json!({"config": {"room": "blue"}, "secrets": {"chat_token": SECRET}});
        fs::write(folder.path().join("a.json"), answers.to_string()).expect("writes");
        Self {
            folder,
            pack: fixture("conforming/rust-provider.gtpack"),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs `command` on the pack with these further flags.
    pub(crate) fn on_pack(&self, command: &str, more: &str) -> Output {
        let flags = [command, "--pack", text(&self.pack)].into_iter();
        self.run(flags.chain(more.split_whitespace()))
    }

    /// The same, for the installation `i` with the answers.
    pub(crate) fn on_install(&self, command: &str, more: &str) -> Output {
        let install = "--provider-id p --install-id i --answers a.json \
                       --public-base-url https://a.example";
        self.on_pack(command, &format!("{install} {more}"))
    }

    pub(crate) fn installs(&self, more: &str) -> Output {
        self.run(["installs"].into_iter().chain(more.split_whitespace()))
    }

    fn run<'a>(&self, args: impl Iterator<Item = &'a str>) -> Output {
        run_in(self.path(), &args.collect::<Vec<_>>())
    }

    /// The bytes of everything below the folder, without the answers.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let files = walkdir::WalkDir::new(self.path());
        let files = files.into_iter().map(|e| e.expect("readable").into_path());
        let kept = files.filter(|f| f.is_file() && !f.ends_with("a.json"));
        kept.flat_map(|f| fs::read(f).expect("reads")).collect()
    }
}

fn keys(value: &Value, part: &str, kind: &str) -> Vec<String> {
    let changes = value["diff"].as_array().expect("a list").iter();
    let matching = changes.filter(|c| c["part"] == part && c["kind"] == kind);
    matching
        .map(|c| c["key"].as_str().expect("a key").to_owned())
        .collect()
}

/// The plan is refused because the pack or the store has changed since it was saved.
pub(crate) fn assert_stale(refused: &Output) {
    assert_eq!(code(refused), 3, "{}", stderr(refused));
    let stale = stderr(refused).contains("E_PLAN_STALE");
    assert!(stale, "{}", stderr(refused));
}

#[test]
fn saved_plan_is_applied_once_and_shows_no_secret() {
    let place = Place::new();
    let planned = place.on_install("plan", "--out plan.json --json");
    assert_eq!(code(&planned), 0, "{}", stderr(&planned));
    check(&schema("plan.schema.json"), &json(&planned));
    assert_eq!(read(&place.path().join("plan.json")), json(&planned));
    assert_eq!(keys(&json(&planned), "secret", "added"), ["CHAT_TOKEN"]);
    let without = place.on_pack("apply", "--plan plan.json");
    assert_ne!(code(&without), 0, "the secret is not given again");
    let applied = place.on_pack("apply", "--plan plan.json --answers a.json --json");
    assert_eq!(code(&applied), 0, "{}", stderr(&applied));
    check(&schema("apply.schema.json"), &json(&applied));
    assert_eq!(json(&applied)["diff"], json(&planned)["diff"]);
    let again = place.on_pack("apply", "--plan plan.json --answers a.json");
    assert_stale(&again);
    let shown = [planned, without, applied, again];
    let shown = shown
        .iter()
        .flat_map(|o| [&o.stdout[..], &o.stderr].concat());
    let all: Vec<u8> = shown.chain(place.bytes()).collect();
    let found = all.windows(SECRET.len()).any(|w| w == SECRET.as_bytes());
    assert!(!found, "the secret shows");
}

#[test]
fn install_is_listed_verified_and_taken_back_without_a_trace() {
    let place = Place::new();
    let applied = place.on_install("apply", "--yes");
    assert_eq!(code(&applied), 0, "{}", stderr(&applied));
    assert!(
        stdout(&applied).contains("+ secret CHAT_TOKEN"),
        "{}",
        stdout(&applied)
    );
    let listed = place.installs("list --json");
    check(&schema("installs.schema.json"), &json(&listed));
    assert_eq!(json(&listed)[0]["secret_keys"], json!(["CHAT_TOKEN"]));
    let shown = place.installs("show --provider-id p --install-id i --json");
    check(&schema("install.schema.json"), &json(&shown));
    assert_eq!(json(&shown)["config"], json!({"room": "blue"}));
    assert_eq!(json(&shown)["operations"][0]["kind"], "webhook");
    let again = place.on_install("apply", "--yes --json");
    assert_eq!(json(&again)["changed"], false, "{}", stdout(&again));
    let deleted = place.on_install("apply", "--mode delete --yes --json");
    assert_eq!(code(&deleted), 0, "{}", stderr(&deleted));
    assert_eq!(json(&place.installs("list --json")), json!([]));
    let verified = place.installs("verify --json");
    assert_eq!((code(&verified), json(&verified)), (0, json!([])));
}

#[test]
fn apply_on_a_pipe_without_consent_and_update_of_nothing_are_refused() {
    let place = Place::new();
    let asked = place.on_install("apply", "");
    assert_eq!(code(&asked), 2);
    assert!(stderr(&asked).contains("--yes"), "{}", stderr(&asked));
    let none = place.installs("list");
    assert_eq!(code(&none), 6, "there is no store: {}", stderr(&none));
    let update = place.on_install("apply", "--mode delete --yes");
    assert_eq!(code(&update), 2);
    assert!(
        stderr(&update).contains("E_NOT_INSTALLED"),
        "{}",
        stderr(&update)
    );
}

#[test]
fn secret_without_a_value_refuses_the_apply_and_leaves_the_store_empty() {
    let place = Place::new();
    fs::write(
        place.path().join("a.json"),
        r#"{"config": {"room": "blue"}}"#,
    )
    .expect("writes");
    let applied = place.on_install("apply", "--yes");
    assert_eq!(code(&applied), 1, "{}", stderr(&applied));
    let said = stderr(&applied);
    for part in ["E_SECRET_UNRESOLVED", "`CHAT_TOKEN`", "--answers FILE"] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(json(&place.installs("list --json")), json!([]));
}

#[test]
fn wizard_that_traps_changes_nothing() {
    let mut place = Place::new();
    place.pack = fixture("nonconforming/trap-apply");
    let applied = place.on_install("apply", "--yes");
    assert_eq!(code(&applied), 1, "{}", stderr(&applied));
    assert!(
        stderr(&applied).contains("nothing was changed"),
        "{}",
        stderr(&applied)
    );
    assert_eq!(json(&place.installs("list --json")), json!([]));
}

#[test]
fn installs_of_one_tenant_are_exported_with_secrets_and_no_file_is_replaced() {
    let place = Place::new();
    let tenant = "--environment dev --tenant acme";
    let applied = place.on_install("apply", &format!("{tenant} --yes"));
    assert_eq!(code(&applied), 0, "{}", stderr(&applied));
    let export = format!("installs export --layout greentic-setup {tenant} --out out --json");
    let args: Vec<&str> = export.split_whitespace().collect();
    let args = [&args[..], &["--pack", text(&place.pack)]].concat();
    let exported = run_in(place.path(), &args);
    assert_eq!(code(&exported), 0, "{}", stderr(&exported));
    let files = json!([".providers/p/config.envelope.cbor", "seeds.yaml"]);
    assert_eq!(json(&exported)["files"], files);
    let seeds = fs::read_to_string(place.path().join("out/seeds.yaml")).expect("reads");
    let uri = "secrets://dev/acme/_/p/chat_token";
    assert!(seeds.contains(uri) && seeds.contains(SECRET), "{seeds}");
    assert_eq!(code(&run_in(place.path(), &args)), 6, "no file is replaced");
}

/// All packs use one installation of one store, so that what one of them leaves shows in
/// the plan of the next.
#[test]
fn second_plan_of_each_conforming_pack_is_empty_and_delete_leaves_nothing() {
    let mut place = Place::new();
    let answers = json!({
        "config": {"room": "blue", "channel": "general"},
        "secrets": {"CHAT_TOKEN": SECRET, "API_KEY": SECRET, "api_key": SECRET, "NODE_TOKEN": SECRET},
        "bot_token": SECRET,
    });
    fs::write(place.path().join("a.json"), answers.to_string()).expect("writes");
    let mut installed = 0;
    for entry in fs::read_dir(fixture("conforming")).expect("packs") {
        place.pack = entry.expect("a pack").path();
        if place.pack.extension().is_some_and(|e| e == "toml") {
            continue;
        }
        if place.pack.join("oci-layout").is_file() {
            place.pack = PathBuf::from(format!("oci-layout:{}", text(&place.pack)));
        }
        let pack = text(&place.pack).to_owned();
        let applied = place.on_install("apply", "--yes --json");
        if stderr(&applied).contains("the pack has no setup wizard") {
            continue;
        }
        assert_eq!(code(&applied), 0, "{pack}: {}", stderr(&applied));
        let planned = place.on_install("plan", "--json");
        assert_eq!(code(&planned), 0, "{pack}: {}", stderr(&planned));
        let changed = json(&planned)["diff"].as_array().map(Vec::len);
        assert_eq!(changed, Some(0), "{pack}: {}", stdout(&planned));
        let verified = place.installs("verify --json");
        assert_eq!(code(&verified), 0, "{pack}: {}", stderr(&verified));
        let deleted = place.on_install("apply", "--mode delete --yes");
        assert_eq!(code(&deleted), 0, "{pack}: {}", stderr(&deleted));
        assert_eq!(json(&place.installs("list --json")), json!([]), "{pack}");
        installed += 1;
    }
    assert!(installed >= 10, "only {installed} packs were set up");
    let bytes = place.bytes();
    let found = bytes.windows(SECRET.len()).any(|w| w == SECRET.as_bytes());
    assert!(!found, "the secret is in the store in plain text");
}

#[test]
fn pack_with_a_contract_is_set_up_through_it_as_the_operator_does() {
    let mut place = Place::new();
    place.pack = fixture("conforming/operator-provider");
    let refused = place.on_pack("plan", "--provider-id p --install-id i");
    assert_eq!(code(&refused), 1, "{}", stdout(&refused));
    let why = stderr(&refused);
    assert!(
        why.contains("wizard operator.setup") && why.contains("`room`"),
        "{why}"
    );
    let legacy = "--provider-id p --install-id i --wizard setup_default";
    let legacy = place.on_pack("plan", legacy);
    let other = stderr(&legacy);
    assert!(!other.contains("operator.setup"), "{other}");
}
