//! [`Document`]: a JSON or CBOR file that is changed in place, with its members in their
//! order.

use super::change::Hunk;
use ciborium::Value as Cbor;
use provision_core::{cbor, json};
use serde_json::Value;

/// A document of a pack.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) tree: Cbor,
    form: Form,
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Cbor,
    /// On several lines or on one, with or without a line feed at its end.
    Json {
        pretty: bool,
        ends: bool,
    },
}

impl Document {
    /// Reads the document in the file `name`, strictly; `None` if that fails.
    pub(super) fn read(name: &str, bytes: &[u8], depth: usize) -> Option<Self> {
        if name.ends_with(".cbor") {
            let tree = cbor::parse(bytes, depth).ok()?;
            let form = Form::Cbor;
            return Some(Self { tree, form });
        }
        json::parse(bytes, depth).ok()?;
        let text = bytes.trim_ascii();
        Some(Self {
            tree: serde_json::from_slice(bytes).ok()?,
            form: Form::Json {
                pretty: text.contains(&b'\n'),
                ends: bytes.ends_with(b"\n"),
            },
        })
    }

    /// An empty document of the form that the name of a file asks for.
    pub(super) fn empty(name: &str) -> Self {
        let form = if name.ends_with(".cbor") {
            Form::Cbor
        } else {
            let (pretty, ends) = (true, true);
            Form::Json { pretty, ends }
        };
        let tree = Cbor::Map(Vec::new());
        Self { tree, form }
    }

    /// The bytes of the document. JSON on several lines has two spaces a level.
    pub(super) fn write(&self) -> Option<Vec<u8>> {
        let (pretty, ends) = match self.form {
            Form::Cbor => {
                let mut bytes = Vec::new();
                ciborium::into_writer(&self.tree, &mut bytes).ok()?;
                return Some(bytes);
            }
            Form::Json { pretty, ends } => (pretty, ends),
        };
        let written = if pretty {
            serde_json::to_vec_pretty(&self.tree)
        } else {
            serde_json::to_vec(&self.tree)
        };
        let mut bytes = written.ok()?;
        if ends {
            bytes.push(b'\n');
        }
        Some(bytes)
    }

    /// The members of the document; `None` if it is no map.
    pub(super) fn map(&mut self) -> Option<&mut Members> {
        self.tree.as_map_mut()
    }
}

/// Members in their order.
pub(super) type Members = Vec<(Cbor, Cbor)>;

/// The member `key`.
pub(super) fn get<'m>(members: &'m [(Cbor, Cbor)], key: &str) -> Option<&'m Cbor> {
    let found = members.iter().find(|(k, _)| k.as_text() == Some(key))?;
    Some(&found.1)
}

/// The member `key`, to be changed.
pub(super) fn get_mut<'m>(members: &'m mut Members, key: &str) -> Option<&'m mut Cbor> {
    let mut members = members.iter_mut();
    let found = members.find(|(k, _)| k.as_text() == Some(key))?;
    Some(&mut found.1)
}

/// Sets the member `key`. A new one comes last, or to its place if the members are
/// sorted.
pub(super) fn set(members: &mut Members, key: &str, value: Cbor) {
    if let Some(member) = get_mut(members, key) {
        *member = value;
        return;
    }
    let is_before = |(k, _): &(Cbor, Cbor)| k.as_text().is_some_and(|k| k < key);
    let at = if members.is_sorted_by(|(a, _), (b, _)| a.as_text() <= b.as_text()) {
        members.iter().take_while(|m| is_before(m)).count()
    } else {
        members.len()
    };
    members.insert(at, (Cbor::Text(key.into()), value));
}

/// The places at which the file `name` differs before and after; the first one says so if
/// its layout changes too.
pub(super) fn hunks(name: &str, old: &[u8], new: &[u8], depth: usize) -> Vec<Hunk> {
    let value = |bytes: &[u8]| -> Option<Value> {
        if name.ends_with(".cbor") {
            cbor::to_json(&cbor::parse(bytes, depth).ok()?).ok()
        } else {
            json::parse(bytes, depth).ok()
        }
    };
    let mut hunks = Vec::new();
    let same = Document::read(name, old, depth).and_then(|document| document.write());
    if same.is_some_and(|same| same != old) {
        let (at, old) = ("the layout of the file", Some("as it was written"));
        let new = if name.ends_with(".cbor") {
            "each length before its contents"
        } else {
            "a member a line and two spaces a level, or one line"
        };
        hunks.push(Hunk::new(at, old, Some(new)));
    }
    let (Some(old), Some(new)) = (value(old), value(new)) else {
        return hunks;
    };
    let differences = json::differences(&old, &new, &|a, b| a == b);
    let text = |value: Option<&Value>| value.map(ToString::to_string);
    hunks.extend(differences.into_iter().map(|difference| {
        let at = match difference.at.as_str() {
            "" => "the document",
            at => at,
        };
        let (old, new) = (text(difference.first), text(difference.second));
        Hunk::new(at, old.as_deref(), new.as_deref())
    }));
    hunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_that_is_not_changed_keeps_its_bytes() {
        for text in [
            "{\n  \"b\": [\n    1,\n    -2,\n    1.5\n  ],\n  \"a\": null\n}\n",
            "{\"b\":\"\u{e4}\",\"a\":{\"z\":true,\"y\":[]}}",
        ] {
            let document = Document::read("x.json", text.as_bytes(), 9).expect("JSON");
            assert_eq!(document.write().expect("writes"), text.as_bytes());
        }
        let bytes = [0xa2, 0x61, b'b', 1, 0x61, b'a', 0x42, 0, 1];
        let document = Document::read("x.cbor", &bytes, 9).expect("CBOR");
        assert_eq!(document.write().expect("writes"), bytes);
        assert!(Document::read("x.json", b"{\"a\":1,\"a\":2}", 9).is_none());
    }

    #[test]
    fn new_member_goes_to_its_place_among_sorted_ones_and_else_to_the_end() {
        let keys = |text: &str| {
            let mut document = Document::read("x.json", text.as_bytes(), 9).expect("JSON");
            set(document.map().expect("a map"), "b", Cbor::Null);
            String::from_utf8(document.write().expect("writes")).expect("UTF-8")
        };
        assert_eq!(keys(r#"{"a":1,"c":2}"#), r#"{"a":1,"b":null,"c":2}"#);
        assert_eq!(keys(r#"{"c":1,"a":2}"#), r#"{"c":1,"a":2,"b":null}"#);
        assert_eq!(keys(r#"{"b":1}"#), r#"{"b":null}"#);
    }

    #[test]
    fn hunks_name_each_place_and_a_change_of_the_layout() {
        let (old, new) = (b"{ \"a\": 1, \"b\": 2}", b"{\"a\":1,\"b\":3}");
        let found = hunks("x.json", old, new, 9);
        let places: Vec<&str> = found.iter().map(|hunk| hunk.at.as_str()).collect();
        assert_eq!(places, ["the layout of the file", "/b"]);
        assert_eq!(found[1], Hunk::new("/b", Some("2"), Some("3")));
    }
}
