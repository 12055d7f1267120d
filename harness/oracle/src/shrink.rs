//! Shrinks a failing JSON value by delta debugging over its members.

use serde_json::Value;

/// The result of shrinking a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimised {
    /// The smallest failing value that was found; the original if it does not fail.
    pub value: Value,
    /// Whether the original value fails. If it does not, nothing is shrunk.
    pub fails: bool,
    /// The number of calls of the predicate.
    pub asked: usize,
}

/// Removes members of objects and items of lists from `value`, first half of them,
/// then a quarter, down to one, while `fails` returns true. Calls `fails` at most
/// `most` times, the first time with `value` itself.
pub fn minimise(value: &Value, most: usize, mut fails: impl FnMut(&Value) -> bool) -> Minimised {
    let mut asked = 1;
    if most == 0 || !fails(value) {
        return Minimised {
            value: value.clone(),
            fails: false,
            asked,
        };
    }
    let mut best = value.clone();
    let mut parts = 1;
    loop {
        let places = places(&best);
        if places.is_empty() || parts > places.len() {
            break;
        }
        let size = places.len().div_ceil(parts);
        let mut smaller = None;
        for chunk in places.chunks(size) {
            if asked >= most {
                break;
            }
            let without = without(&best, chunk);
            asked += 1;
            if fails(&without) {
                smaller = Some(without);
                break;
            }
        }
        match smaller {
            Some(value) => (best, parts) = (value, 1),
            None if asked >= most || size == 1 => break,
            // NB: reach chunks of one also if the number of places is no power of two.
            None => parts = (parts * 2).min(places.len()),
        }
    }
    Minimised {
        value: best,
        fails: true,
        asked,
    }
}

/// Paths of all removable values, each after the value that contains it.
fn places(value: &Value) -> Vec<Vec<Step>> {
    fn walk(value: &Value, at: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
        let mut inner = |step: Step, value: &Value| {
            at.push(step);
            found.push(at.clone());
            walk(value, at, found);
            at.pop();
        };
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    inner(Step::Key(key.clone()), value);
                }
            }
            Value::Array(items) => {
                for (i, value) in items.iter().enumerate() {
                    inner(Step::Index(i), value);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, &mut Vec::new(), &mut found);
    found
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
}

fn without(value: &Value, places: &[Vec<Step>]) -> Value {
    let mut value = value.clone();
    // From the end, so that the remaining indices stay valid.
    for place in places.iter().rev() {
        let Some((last, outer)) = place.split_last() else {
            continue;
        };
        let mut parent = Some(&mut value);
        for step in outer {
            parent = parent.and_then(|p| match step {
                Step::Key(key) => p.get_mut(key),
                Step::Index(i) => p.get_mut(i),
            });
        }
        match (parent, last) {
            (Some(Value::Object(map)), Step::Key(key)) => drop(map.remove(key)),
            (Some(Value::Array(items)), Step::Index(i)) if *i < items.len() => {
                items.remove(*i);
            }
            _ => {}
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shrunk_value_keeps_only_the_failing_part() {
        let value = json!({
            "config": {"a": 1, "b": [1, 2, {"deep": "x", "other": 3}], "c": "long"},
            "secrets": {"k": "v"},
        });
        let deep = |v: &Value| v.to_string().contains("deep");
        let found = minimise(&value, 1000, deep);
        assert!(found.fails);
        assert_eq!(found.value, json!({"config": {"b": [{"deep": "x"}]}}));
        assert!(minimise(&value, 3, deep).asked <= 3);
    }

    #[test]
    fn object_of_any_size_shrinks_to_the_failing_member() {
        for count in 2..12 {
            let all: serde_json::Map<String, Value> = (0..count)
                .map(|n| (format!("k{n}"), json!({ "v": n })))
                .collect();
            let wanted = |v: &Value| v.pointer("/k1/v").is_some();
            let found = minimise(&Value::Object(all), 1000, wanted);
            assert_eq!(found.value, json!({ "k1": { "v": 1 } }), "of {count}");
        }
    }

    #[test]
    fn value_that_does_not_fail_is_unchanged() {
        let value = json!({"a": 1});
        let found = minimise(&value, 100, |_| false);
        assert_eq!((found.value, found.fails, found.asked), (value, false, 1));
    }
}
