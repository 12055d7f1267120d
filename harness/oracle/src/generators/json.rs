//! Changes of JSON values that leave them JSON values.

use super::rng::Rng;
use serde_json::{Map, Number, Value};

/// Words and numbers that a guest is known to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dictionary {
    /// Texts that it compares with.
    pub texts: Vec<String>,
    /// Whole numbers that it compares with.
    pub numbers: Vec<i64>,
    /// Texts that it has, for whatever.
    pub others: Vec<String>,
}

/// Numbers on the edges of what machines and formats hold.
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

/// Texts that trip those who build other texts out of them.
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

/// Changes `value` somewhere; nests no deeper than `deepest` levels below it.
pub fn change(value: &mut Value, numbers: &mut Rng, words: &Dictionary, deepest: usize) {
    let places = count(value);
    let place = numbers.below(places);
    if let Some((at, depth)) = nth(value, place, 0) {
        change_here(at, numbers, words, deepest.saturating_sub(depth));
    }
}

/// Every value in `value`, itself included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    }
}

/// The value at `place`, counted from the outside in, and how deep it is.
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

fn change_here(value: &mut Value, numbers: &mut Rng, words: &Dictionary, deepest: usize) {
    if numbers.one_in(8) {
        *value = leaf(numbers, words);
        return;
    }
    match value {
        Value::Object(map) => change_object(map, numbers, words, deepest),
        Value::Array(items) => change_array(items, numbers, words, deepest),
        Value::String(text) => *text = changed_text(text, numbers, words),
        Value::Number(number) => *value = changed_number(number, numbers, words),
        Value::Bool(flag) => *flag = !*flag,
        Value::Null => *value = leaf(numbers, words),
    }
    if deepest > 0 && numbers.one_in(16) {
        let inner = value.take();
        *value = match numbers.one_in(2) {
            true => Value::Array(vec![inner]),
            false => Value::Object([(word(numbers, words), inner)].into_iter().collect()),
        };
    }
}

fn change_object(
    map: &mut Map<String, Value>,
    numbers: &mut Rng,
    words: &Dictionary,
    deepest: usize,
) {
    let keys: Vec<String> = map.keys().cloned().collect();
    let key = numbers.choose(&keys).cloned();
    match (numbers.below(4), key) {
        (0, Some(key)) => {
            map.remove(&key);
        }
        (1, Some(key)) => {
            if let Some(value) = map.remove(&key) {
                map.insert(word(numbers, words), value);
            }
        }
        (2, Some(key)) => {
            if let Some(value) = numbers.choose(&keys).and_then(|k| map.get(k)).cloned() {
                map.insert(key, value);
            }
        }
        _ if deepest > 0 => {
            map.insert(word(numbers, words), leaf(numbers, words));
        }
        _ => {}
    }
}

fn change_array(items: &mut Vec<Value>, numbers: &mut Rng, words: &Dictionary, deepest: usize) {
    let at = numbers.below(items.len());
    match numbers.below(4) {
        0 if !items.is_empty() => drop(items.remove(at)),
        1 if !items.is_empty() => {
            let copy = items.get(at).cloned().unwrap_or_default();
            // Doubling, again and again, must not get out of hand.
            let times = if items.len() < 64 {
                1 + numbers.below(8)
            } else {
                0
            };
            items.extend(std::iter::repeat_n(copy, times));
        }
        2 if !items.is_empty() => {
            let other = numbers.below(items.len());
            items.swap(at, other);
        }
        _ if deepest > 0 => items.push(leaf(numbers, words)),
        _ => {}
    }
}

/// A value without values in it.
pub fn leaf(numbers: &mut Rng, words: &Dictionary) -> Value {
    match numbers.below(8) {
        0 => Value::Null,
        1 => Value::Bool(numbers.one_in(2)),
        2..=4 => Value::Number(number(numbers, words).into()),
        5 => Number::from_f64(f64::from_bits(numbers.next_number()))
            .map_or(Value::Null, Value::Number),
        6 if numbers.one_in(4) => match numbers.one_in(2) {
            true => Value::Array(Vec::new()),
            false => Value::Object(Map::new()),
        },
        _ => Value::String(word(numbers, words)),
    }
}

/// A whole number: of the dictionary, on an edge, or any.
pub fn number(numbers: &mut Rng, words: &Dictionary) -> i64 {
    match numbers.below(8) {
        0 => *numbers.choose(&EDGES).unwrap_or(&0),
        1 => (numbers.next_number() % 100_000).cast_signed(),
        2 => numbers.next_number().cast_signed() >> numbers.below(64),
        _ => match numbers.choose(&words.numbers) {
            Some(number) => *number,
            None => numbers.next_number().cast_signed() >> numbers.below(64),
        },
    }
}

/// A text: of the dictionary, of those that trip others, or any.
pub fn word(numbers: &mut Rng, words: &Dictionary) -> String {
    let known = match numbers.below(8) {
        0 => return (*numbers.choose(&WORDS).unwrap_or(&"")).to_owned(),
        1 => {
            let len = numbers.below(12);
            let letters = (0..len).map(|_| char::from(b' ' + (numbers.below(95) as u8)));
            return letters.collect();
        }
        2 => &words.others,
        _ => &words.texts,
    };
    match numbers.choose(known) {
        Some(text) => text.clone(),
        None => "a".repeat(1 << numbers.below(10)),
    }
}

fn changed_text(text: &str, numbers: &mut Rng, words: &Dictionary) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let at = numbers.below(letters.len() + 1);
    match numbers.below(6) {
        0 => return word(numbers, words),
        1 => letters.truncate(at),
        2 => {
            let insert = word(numbers, words);
            letters.splice(at..at, insert.chars());
        }
        3 if at < letters.len() => drop(letters.remove(at)),
        4 if at < letters.len() => letters[at] = char::from(b' ' + (numbers.below(95) as u8)),
        _ => {
            let digits = text.parse::<i64>().ok().map(|n| n.wrapping_add(1));
            return digits.map_or_else(|| word(numbers, words), |n| n.to_string());
        }
    }
    letters.into_iter().collect()
}

fn changed_number(was: &Number, numbers: &mut Rng, words: &Dictionary) -> Value {
    let Some(whole) = was.as_i64() else {
        return Value::Number(number(numbers, words).into());
    };
    let small = numbers.below(35).cast_signed() as i64 + 1;
    let changed = match numbers.below(6) {
        0 => whole.wrapping_add(small),
        1 => whole.wrapping_sub(small),
        2 => whole ^ (1 << numbers.below(63)),
        3 => whole.wrapping_neg(),
        _ => number(numbers, words),
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
    fn every_kind_of_change_is_reached_and_none_nests_too_deep() {
        let words = Dictionary {
            texts: vec!["magic-word".into()],
            numbers: vec![31_337],
            others: vec!["other-word".into()],
        };
        let start = json!({ "config": { "port": 1, "on": true, "rooms": ["a"] } });
        let mut numbers = Rng::new(7);
        let mut seen = BTreeSet::new();
        for _ in 0..4_000 {
            let mut value = start.clone();
            for _ in 0..3 {
                change(&mut value, &mut numbers, &words, 6);
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
                (r#"["a","a"#, "a list that grew"),
                ("../..", "a path"),
            ] {
                if text.contains(mark) {
                    seen.insert(what);
                }
            }
            if value.pointer("/config/port").is_none() {
                seen.insert("a member that is gone");
            }
        }
        assert_eq!(seen.len(), 9, "{seen:?}");
    }

    #[test]
    fn the_seed_decides() {
        let changed = |seed| {
            let mut value = json!({ "a": [1, "b", { "c": null }] });
            let mut numbers = Rng::new(seed);
            for _ in 0..20 {
                change(&mut value, &mut numbers, &Dictionary::default(), 8);
            }
            value
        };
        assert_eq!(changed(1), changed(1));
        assert_ne!(changed(1), changed(2));
    }
}
