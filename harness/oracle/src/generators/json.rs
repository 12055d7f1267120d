//! Changes of JSON values; the result is JSON again.

use provision_core::rng::Rng;
use serde_json::{Map, Number, Value};

/// Texts and numbers that occur in the code of a guest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dictionary {
    /// Texts that the guest compares with.
    pub texts: Vec<String>,
    /// Whole numbers that the guest compares with.
    pub numbers: Vec<i64>,
    /// Other texts in the guest.
    pub others: Vec<String>,
}

/// Boundary numbers of machines and formats.
const EDGES: [i64; 16] = [
    0,
    1,
    -1,
    127,
    128,
    255,
    256,
    32_767,
    65_535,
    65_536,
    i32::MAX as i64,
    i32::MIN as i64,
    u32::MAX as i64,
    9_007_199_254_740_993,
    i64::MAX,
    i64::MIN,
];

/// Texts that break code that builds other texts from them.
const WORDS: [&str; 14] = [
    "",
    " ",
    "null",
    "true",
    "0",
    "-1",
    "\u{0}",
    "\"\\",
    "{{a}}",
    "../..",
    "https://a.invalid/",
    "\u{202e}",
    "é\u{301}",
    "\u{10ffff}",
];

/// Changes `value` in one place; nests at most `deepest` levels below it.
pub fn change(value: &mut Value, rng: &mut Rng, dictionary: &Dictionary, deepest: usize) {
    let places = count(value);
    let place = rng.below(places);
    if let Some((at, depth)) = nth(value, place, 0) {
        change_here(at, rng, dictionary, deepest.saturating_sub(depth));
    }
}

/// The number of values in `value`, itself included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    }
}

/// The value at `place`, counted from the outside in, and its depth.
fn nth(value: &mut Value, place: usize, depth: usize) -> Option<(&mut Value, usize)> {
    if place == 0 {
        return Some((value, depth));
    }
    let mut left = place - 1;
    let inner: Box<dyn Iterator<Item = &mut Value>> = match value {
        Value::Array(items) => Box::new(items.iter_mut()),
        Value::Object(map) => Box::new(map.values_mut()),
        _ => return None,
    };
    for item in inner {
        let size = count(item);
        if left < size {
            return nth(item, left, depth + 1);
        }
        left -= size;
    }
    None
}

fn change_here(value: &mut Value, rng: &mut Rng, dictionary: &Dictionary, deepest: usize) {
    if rng.one_in(8) {
        *value = leaf(rng, dictionary);
        return;
    }
    match value {
        Value::Object(map) => change_object(map, rng, dictionary, deepest),
        Value::Array(items) => change_array(items, rng, dictionary, deepest),
        Value::String(text) => *text = changed_text(text, rng, dictionary),
        Value::Number(number) => *value = changed_number(number, rng, dictionary),
        Value::Bool(flag) => *flag = !*flag,
        Value::Null => *value = leaf(rng, dictionary),
    }
    if deepest > 0 && rng.one_in(16) {
        let inner = value.take();
        *value = if rng.one_in(2) {
            Value::Array(vec![inner])
        } else {
            Value::Object([(word(rng, dictionary), inner)].into_iter().collect())
        };
    }
}

fn change_object(
    map: &mut Map<String, Value>,
    rng: &mut Rng,
    dictionary: &Dictionary,
    deepest: usize,
) {
    let keys: Vec<String> = map.keys().cloned().collect();
    let key = rng.choose(&keys).cloned();
    match (rng.below(4), key) {
        (0, Some(key)) => {
            map.remove(&key);
        }
        (1, Some(key)) => {
            if let Some(value) = map.remove(&key) {
                map.insert(word(rng, dictionary), value);
            }
        }
        (2, Some(key)) => {
            if let Some(value) = rng.choose(&keys).and_then(|k| map.get(k)).cloned() {
                map.insert(key, value);
            }
        }
        _ if deepest > 0 => {
            map.insert(word(rng, dictionary), leaf(rng, dictionary));
        }
        _ => {}
    }
}

fn change_array(items: &mut Vec<Value>, rng: &mut Rng, dictionary: &Dictionary, deepest: usize) {
    let at = rng.below(items.len());
    match rng.below(4) {
        0 if !items.is_empty() => drop(items.remove(at)),
        1 if !items.is_empty() => {
            let copy = items.get(at).cloned().unwrap_or_default();
            // Repeated doubling must not grow a list without bound.
            let times = if items.len() < 64 {
                1 + rng.below(8)
            } else {
                0
            };
            items.extend(std::iter::repeat_n(copy, times));
        }
        2 if !items.is_empty() => {
            let other = rng.below(items.len());
            items.swap(at, other);
        }
        _ if deepest > 0 => items.push(leaf(rng, dictionary)),
        _ => {}
    }
}

/// A value that contains no other value.
pub fn leaf(rng: &mut Rng, dictionary: &Dictionary) -> Value {
    match rng.below(8) {
        0 => Value::Null,
        1 => Value::Bool(rng.one_in(2)),
        2..=4 => Value::Number(number(rng, dictionary).into()),
        5 => Number::from_f64(f64::from_bits(rng.next_number())).map_or(Value::Null, Value::Number),
        6 if rng.one_in(4) => {
            if rng.one_in(2) {
                Value::Array(Vec::new())
            } else {
                Value::Object(Map::new())
            }
        }
        _ => Value::String(word(rng, dictionary)),
    }
}

/// A whole number: of the dictionary, a boundary number, or any.
pub fn number(rng: &mut Rng, dictionary: &Dictionary) -> i64 {
    match rng.below(8) {
        0 => *rng.choose(&EDGES).unwrap_or(&0),
        1 => (rng.next_number() % 100_000).cast_signed(),
        2 => rng.next_number().cast_signed() >> rng.below(64),
        _ => match rng.choose(&dictionary.numbers) {
            Some(number) => *number,
            None => rng.next_number().cast_signed() >> rng.below(64),
        },
    }
}

/// A text: of the dictionary, a hostile one, or any.
pub fn word(rng: &mut Rng, dictionary: &Dictionary) -> String {
    let known = match rng.below(8) {
        0 => return (*rng.choose(&WORDS).unwrap_or(&"")).to_owned(),
        1 => {
            let len = rng.below(12);
            let letters = (0..len).map(|_| char::from(b' ' + (rng.below(95) as u8)));
            return letters.collect();
        }
        2 => &dictionary.others,
        _ => &dictionary.texts,
    };
    match rng.choose(known) {
        Some(text) => text.clone(),
        None => "a".repeat(1 << rng.below(10)),
    }
}

fn changed_text(text: &str, rng: &mut Rng, dictionary: &Dictionary) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let at = rng.below(letters.len() + 1);
    match rng.below(6) {
        0 => return word(rng, dictionary),
        1 => letters.truncate(at),
        2 => {
            let insert = word(rng, dictionary);
            letters.splice(at..at, insert.chars());
        }
        3 if at < letters.len() => drop(letters.remove(at)),
        4 if at < letters.len() => letters[at] = char::from(b' ' + (rng.below(95) as u8)),
        _ => {
            let digits = text.parse::<i64>().ok().map(|n| n.wrapping_add(1));
            return digits.map_or_else(|| word(rng, dictionary), |n| n.to_string());
        }
    }
    letters.into_iter().collect()
}

fn changed_number(was: &Number, rng: &mut Rng, dictionary: &Dictionary) -> Value {
    let Some(whole) = was.as_i64() else {
        return Value::Number(number(rng, dictionary).into());
    };
    let small = rng.below(35).cast_signed() as i64 + 1;
    let changed = match rng.below(6) {
        0 => whole.wrapping_add(small),
        1 => whole.wrapping_sub(small),
        2 => whole ^ (1 << rng.below(63)),
        3 => whole.wrapping_neg(),
        _ => number(rng, dictionary),
    };
    Value::Number(changed.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeSet;

    fn depth(value: &Value) -> usize {
        match value {
            Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
            Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
            _ => 0,
        }
    }

    #[test]
    fn every_kind_of_change_is_reached_within_the_depth_bound() {
        let dictionary = Dictionary {
            texts: vec!["magic-word".into()],
            numbers: vec![31_337],
            others: vec!["other-word".into()],
        };
        let start = json!({ "config": { "port": 1, "on": true, "rooms": ["a"] } });
        let mut rng = Rng::new(7);
        let mut seen = BTreeSet::new();
        for _ in 0..4_000 {
            let mut value = start.clone();
            for _ in 0..3 {
                change(&mut value, &mut rng, &dictionary, 6);
            }
            assert!(depth(&value) <= 6 + 3, "{value}");
            let text = value.to_string();
            for (mark, what) in [
                ("31337", "a number of the dictionary"),
                ("magic-word", "a text of the dictionary"),
                ("other-word", "another text of the guest"),
                ("9223372036854775807", "an edge"),
                ("false", "a flag"),
                ("null", "nothing"),
                (r#"["a","a"#, "a longer list"),
                ("../..", "a path"),
            ] {
                if text.contains(mark) {
                    seen.insert(what);
                }
            }
            if value.pointer("/config/port").is_none() {
                seen.insert("a removed member");
            }
        }
        assert_eq!(seen.len(), 9, "{seen:?}");
    }

    #[test]
    fn changes_depend_on_the_seed_only() {
        let changed = |seed| {
            let mut value = json!({ "a": [1, "b", { "c": null }] });
            let mut rng = Rng::new(seed);
            for _ in 0..20 {
                change(&mut value, &mut rng, &Dictionary::default(), 8);
            }
            value
        };
        assert_eq!(changed(1), changed(1));
        assert_ne!(changed(1), changed(2));
    }
}
