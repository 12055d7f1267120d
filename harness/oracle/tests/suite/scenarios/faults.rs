//! The faults of scenarios, and the check that finds each.

use super::good::{CONSISTENT, Change, FILES, PARITY, REPORT, TRANSCRIPT, extend, remove, replace};
use serde_json::json;

/// One fault each: what it is, the check and the code that must find it, and the change.
pub(super) const FAULTS: [(&str, &str, &str, Change); 54] = [
    ("list is an object", FILES, "E_SCENARIO_SHAPE", |f| {
        f["pack.json"]["scenarios"] = json!({})
    }),
    ("row is a text", FILES, "E_SCENARIO_SHAPE", |f| {
        f["pack.json"]["scenarios"][0] = json!("pick")
    }),
    ("row without id", FILES, "E_SCENARIO_SHAPE", |f| {
        remove(&mut f["pack.json"]["scenarios"][0], "id")
    }),
    ("row without entry", FILES, "E_SCENARIO_SHAPE", |f| {
        remove(&mut f["pack.json"]["scenarios"][0], "entry")
    }),
    ("golden is a number", FILES, "E_SCENARIO_SHAPE", |f| {
        f["pack.json"]["scenarios"][1]["golden"] = json!(1)
    }),
    ("entry is missing", FILES, "E_FILE_MISSING", |f| {
        remove(f, "scenarios/pick.json")
    }),
    ("golden is missing", FILES, "E_FILE_MISSING", |f| {
        remove(f, "golden/greet.json")
    }),
    ("entry above the pack", FILES, "E_PATH_LEAVES", |f| {
        f["pack.json"]["scenarios"][0]["entry"] = json!("../scenarios/pick.json")
    }),
    (
        "entry through the folder above",
        FILES,
        "E_PATH_LEAVES",
        |f| f["pack.json"]["scenarios"][0]["entry"] = json!("scenarios/../scenarios/pick.json"),
    ),
    ("golden at the root", FILES, "E_PATH_LEAVES", |f| {
        f["pack.json"]["scenarios"][0]["golden"] = json!("/golden/pick.json")
    }),
    ("golden on a drive", FILES, "E_PATH_LEAVES", |f| {
        f["pack.json"]["scenarios"][0]["golden"] = json!("c:/pick.json")
    }),
    ("golden with a backslash", FILES, "E_PATH_LEAVES", |f| {
        f["pack.json"]["scenarios"][0]["golden"] = json!("golden\\pick.json")
    }),
    ("entry is empty", FILES, "E_SCENARIO_JSON", |f| {
        f["scenarios/pick.json"] = json!("")
    }),
    ("golden is cut off", FILES, "E_SCENARIO_JSON", |f| {
        f["golden/pick.json"] = json!("{\"scenario_id\": \"pi")
    }),
    ("golden has a key twice", FILES, "E_SCENARIO_JSON", |f| {
        f["golden/pick.json"] = json!("{\"scenario_id\": \"pick\", \"scenario_id\": \"pick\"}")
    }),
    ("entry is a list", FILES, "E_SCENARIO_SHAPE", |f| {
        f["scenarios/pick.json"] = json!([])
    }),
    ("entry of another scenario", FILES, "E_SCENARIO_ID", |f| {
        f["scenarios/pick.json"]["scenario"] = json!("greet")
    }),
    ("golden of another scenario", FILES, "E_SCENARIO_ID", |f| {
        f["golden/greet.json"]["scenario_id"] = json!("pick")
    }),
    ("golden without id", FILES, "E_SCENARIO_ID", |f| {
        remove(&mut f["golden/pick.json"], "scenario_id")
    }),
    ("entry beyond the bound", FILES, "E_SCENARIO_BOUND", |f| {
        f["scenarios/pick.json"]["more"] = json!("x".repeat(300_000))
    }),
    ("steps beyond the bound", FILES, "E_SCENARIO_BOUND", |f| {
        f["scenarios/pick.json"]["steps"] = json!(vec![0; 2_001])
    }),
    ("no scenario", CONSISTENT, "E_SCENARIO_EMPTY", |f| {
        f["pack.json"]["scenarios"] = json!([]);
        remove(f, "golden/render_reports.json");
    }),
    ("no step", CONSISTENT, "E_SCENARIO_EMPTY", |f| {
        f["scenarios/pick.json"]["steps"] = json!([])
    }),
    ("steps are an object", CONSISTENT, "E_SCENARIO_SHAPE", |f| {
        f["scenarios/pick.json"]["steps"] = json!({})
    }),
    ("step is a text", CONSISTENT, "E_SCENARIO_SHAPE", |f| {
        f["scenarios/pick.json"]["steps"][2] = json!("Red it is.")
    }),
    (
        "step without message",
        CONSISTENT,
        "E_SCENARIO_SHAPE",
        |f| remove(&mut f["scenarios/pick.json"]["steps"][2], "message"),
    ),
    ("step without kind", CONSISTENT, "E_SCENARIO_SHAPE", |f| {
        remove(&mut f["scenarios/greet.json"]["steps"][0], "kind")
    }),
    ("option is a number", CONSISTENT, "E_SCENARIO_SHAPE", |f| {
        f["scenarios/pick.json"]["steps"][0]["options"][1] = json!(7)
    }),
    ("unknown kind", CONSISTENT, "E_SCENARIO_ACTOR", |f| {
        f["scenarios/greet.json"]["steps"][1]["kind"] = json!("forward")
    }),
    ("unknown actor", CONSISTENT, "E_SCENARIO_ACTOR", |f| {
        f["scenarios/pick.json"]["steps"]
            .as_array_mut()
            .expect("steps")
            .push(json!({ "actor": "parrot", "message": "!" }));
        extend(f, "PARROT: !");
    }),
    (
        "question at the end",
        CONSISTENT,
        "E_SCENARIO_UNANSWERED",
        |f| {
            f["scenarios/pick.json"]["steps"]
                .as_array_mut()
                .expect("steps")
                .push(json!({ "actor": "bot", "message": "Sure?", "options": ["Yes"] }));
            extend(f, "BOT: Sure? [Yes]");
        },
    ),
    ("same id twice", CONSISTENT, "E_ID_TWICE", |f| {
        let row = f["pack.json"]["scenarios"][0].clone();
        f["pack.json"]["scenarios"]
            .as_array_mut()
            .expect("rows")
            .push(row);
    }),
    (
        "answer is no option",
        CONSISTENT,
        "E_SCENARIO_ANSWER",
        |f| {
            f["scenarios/pick.json"]["steps"][0]["options"][0] = json!("Green");
            replace(f, 0, "BOT: Colour? [Green, Blue]");
        },
    ),
    ("wrong line", TRANSCRIPT, "E_TRANSCRIPT", |f| {
        f["golden/pick.json"]["transcript"][1] = json!("USER: Blue")
    }),
    ("actor in lower case", TRANSCRIPT, "E_TRANSCRIPT", |f| {
        f["golden/pick.json"]["transcript"][1] = json!("user: Red")
    }),
    ("options left out", TRANSCRIPT, "E_TRANSCRIPT", |f| {
        f["golden/pick.json"]["transcript"][0] = json!("BOT: Colour?")
    }),
    ("line missing", TRANSCRIPT, "E_TRANSCRIPT", |f| {
        drop(
            f["golden/pick.json"]["transcript"]
                .as_array_mut()
                .expect("lines")
                .pop(),
        )
    }),
    ("line too many", TRANSCRIPT, "E_TRANSCRIPT", |f| {
        f["golden/greet.json"]["transcript"]
            .as_array_mut()
            .expect("lines")
            .push(json!(""))
    }),
    ("no transcript", TRANSCRIPT, "E_SCENARIO_SHAPE", |f| {
        remove(&mut f["golden/pick.json"], "transcript")
    }),
    ("line is a number", TRANSCRIPT, "E_SCENARIO_SHAPE", |f| {
        f["golden/pick.json"]["transcript"][0] = json!(0)
    }),
    ("wrong count", REPORT, "E_RENDER_REPORT", |f| {
        f["golden/render_reports.json"][0]["bot_messages"] = json!(2)
    }),
    ("wrong hash", REPORT, "E_RENDER_REPORT", |f| {
        f["golden/render_reports.json"][1]["transcript_hash"] = json!("0".repeat(64))
    }),
    ("row missing", REPORT, "E_RENDER_REPORT", |f| {
        drop(
            f["golden/render_reports.json"]
                .as_array_mut()
                .expect("rows")
                .pop(),
        )
    }),
    ("row of another pack", REPORT, "E_RENDER_REPORT", |f| {
        f["golden/render_reports.json"][1]["pack_id"] = json!("q")
    }),
    ("rows in another order", REPORT, "E_RENDER_REPORT", |f| {
        f["golden/render_reports.json"]
            .as_array_mut()
            .expect("rows")
            .reverse()
    }),
    ("row without hash", REPORT, "E_SCENARIO_SHAPE", |f| {
        remove(&mut f["golden/render_reports.json"][0], "transcript_hash")
    }),
    ("report is no JSON", REPORT, "E_SCENARIO_JSON", |f| {
        f["golden/render_reports.json"] = json!("rows")
    }),
    ("no downgrade", PARITY, "E_CAPABILITY_LACKING", |f| {
        f["capabilities/providers.yaml"]["downgrades"] = json!([])
    }),
    ("blank reason", PARITY, "E_DOWNGRADE_REASON", |f| {
        f["capabilities/providers.yaml"]["downgrades"][0]["reason"] = json!(" \t")
    }),
    (
        "downgrade of what the simulator has",
        PARITY,
        "E_DOWNGRADE",
        |f| {
            f["capabilities/providers.yaml"]["providers"]["b"]["capabilities"] =
                json!(["send", "stream"])
        },
    ),
    (
        "unknown simulator",
        PARITY,
        "E_CAPABILITIES_PROVIDER",
        |f| f["capabilities/providers.yaml"]["simulator_provider"] = json!("c"),
    ),
    ("no document", PARITY, "E_CAPABILITIES_UNREADABLE", |f| {
        f["capabilities/providers.yaml"] = json!("a: [\n")
    }),
    ("report beyond the bound", REPORT, "E_SCENARIO_BOUND", |f| {
        f["golden/render_reports.json"] = json!(" ".repeat(300_000))
    }),
    (
        "simulator beyond the bound",
        PARITY,
        "E_CAPABILITIES_UNREADABLE",
        |f| f["capabilities/providers.yaml"] = json!("#".repeat(300_000)),
    ),
];
