//! The golden transcript of a scenario.

use super::shape::{kind_of, shape, text};
use crate::codes::ScenarioCode;
use crate::finding::Finding;
use crate::limits::SCENARIO_STEPS;
use crate::text::inert;
use serde_json::{Map, Value};

/// The file with the transcript of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Golden {
    /// The id of the scenario according to this file.
    pub id: Option<String>,
    /// The lines, or why the file has none.
    pub transcript: Result<Vec<String>, Finding>,
}

impl Golden {
    /// The transcript in `map`, the content of `file`.
    ///
    /// # Errors
    /// A finding if there are more lines than the bound.
    pub(super) fn of(file: &str, map: &Map<String, Value>) -> Result<Self, Finding> {
        let place = inert(file, 200);
        let listed = map.get("transcript");
        if let Some(Value::Array(lines)) = listed
            && lines.len() > SCENARIO_STEPS
        {
            let expected = format!("at most {SCENARIO_STEPS} lines");
            let actual = format!("{} lines", lines.len());
            let found = Finding::new(ScenarioCode::Bound, place, expected, actual);
            return Err(found.about(file));
        }
        let malformed = |actual: String| {
            let at = format!("{place}, /transcript");
            shape(at, "a list of texts", actual).about(file)
        };
        let transcript = match listed {
            None => Err(malformed("nothing".into())),
            Some(Value::Array(lines)) => {
                let line = |line: &Value| match line {
                    Value::String(text) if cfg!(planted_bug = "scenario") => {
                        Ok(text.trim_end().to_owned())
                    }
                    Value::String(text) => Ok(text.clone()),
                    other => Err(malformed(format!("{} among the lines", kind_of(other)))),
                };
                lines.iter().map(line).collect()
            }
            Some(other) => Err(malformed(kind_of(other))),
        };
        let id = text(map, "scenario_id");
        Ok(Self { id, transcript })
    }
}
