//! Files that authors write by hand, read as strictly as the setup tool reads them.
//!
//! The tool decodes `setup.yaml` and the list of secret requirements into types: one
//! value of another type, and it drops the whole file without a word. Of `qa/*.json` it
//! reads the members that it knows, and takes one of another type as left out.

mod members;
mod node;
mod shape;
mod spelling;

pub use node::{Node, Place, Syntax, Tree, yaml_value};
pub use shape::{Fault, Problem};

use crate::limits::Limits;
use crate::pack::Pack;
use serde_json::Value;
use std::borrow::Cow;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `setup.yaml`.
    SetupForm,
    /// `qa/*.json`.
    QaForm,
    /// `secret-requirements.json`, under any of its names.
    Secrets,
    /// `i18n/en.json`: texts by key.
    Texts,
}

/// A file that an author wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Authored {
    /// Its name.
    pub file: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether it is the first of its kind, which is the one that hosts read.
    pub is_first: bool,
    /// Its faults in the order of the file, or why it does not decode.
    pub faults: Result<Vec<Fault>, Syntax>,
}

/// Why the setup tool drops a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where; `None` if the reason says it or the whole file is meant.
    pub place: Option<Place>,
    /// The reason.
    pub why: String,
}

impl From<Syntax> for Refusal {
    fn from(syntax: Syntax) -> Self {
        Self {
            place: syntax.place,
            why: syntax.message,
        }
    }
}

impl Fault {
    /// Why the setup tool drops a file of `kind` that has the fault; `None` if it reads
    /// the file nevertheless.
    #[must_use]
    pub fn refusal(&self, kind: Kind) -> Option<Refusal> {
        let drops = match (&self.problem, kind) {
            (Problem::Type { .. }, Kind::SetupForm | Kind::Secrets | Kind::Texts) => true,
            (Problem::Unnamed { .. }, kind) => kind == Kind::Secrets,
            _ => false,
        };
        drops.then(|| Refusal {
            place: self.place,
            why: self.to_string(),
        })
    }
}

/// Names of `setup.yaml`, in the order in which the setup tool looks for it.
pub const SETUP_FORMS: [&str; 2] = ["assets/setup.yaml", "setup.yaml"];

/// Names of the list of secret requirements, in the order in which the setup tool looks
/// for it. The last ones are those of older builders, which no tool reads today.
pub const SECRET_LISTS: [&str; 6] = [
    "assets/secret-requirements.json",
    "assets/secret_requirements.json",
    "secret-requirements.json",
    "secret_requirements.json",
    "assets/.secret_requirements.json",
    ".secret_requirements.json",
];

/// How many of [`SECRET_LISTS`] the setup tool reads.
const READ_LISTS: usize = 4;

/// The list of secret requirements that the setup tool reads.
#[must_use]
pub fn read_secret_list(pack: &Pack) -> Option<&'static str> {
    let mut read = SECRET_LISTS.into_iter().take(READ_LISTS);
    read.find(|file| pack.has(file))
}

/// Every file that an author wrote for setup, in the order of the setup tool. A copy of
/// a file under another name is left out.
#[must_use]
pub fn authored(pack: &Pack, limits: &Limits) -> Vec<Authored> {
    let present = |names: &'static [&'static str]| {
        names
            .iter()
            .filter(|file| pack.has(file))
            .map(|f| (*f).to_owned())
    };
    let of = |is: fn(&str) -> bool| pack.files().filter(move |f| is(f)).map(str::to_owned);
    let mut found = Vec::new();
    found.extend(present(&SETUP_FORMS).map(|file| (file, Kind::SetupForm)));
    found.extend(of(is_qa_form).map(|file| (file, Kind::QaForm)));
    found.extend(present(&SECRET_LISTS).map(|file| (file, Kind::Secrets)));
    found.extend(of(is_texts).map(|file| (file, Kind::Texts)));
    let mut read: Vec<(Kind, Cow<'_, [u8]>)> = Vec::new();
    let mut all = Vec::new();
    for (file, kind) in found {
        let bytes = pack.read(&file).unwrap_or_default();
        if read.iter().any(|(k, b)| *k == kind && *b == bytes) {
            continue;
        }
        let many = matches!(kind, Kind::QaForm | Kind::Texts);
        all.push(Authored {
            is_first: many || !read.iter().any(|(k, _)| *k == kind),
            faults: faults(&bytes, kind, limits),
            kind,
            file,
        });
        read.push((kind, bytes));
    }
    all
}

/// Whether the setup tool takes the file for a form.
#[must_use]
pub fn is_qa_form(file: &str) -> bool {
    let bare = file.strip_prefix("assets/").unwrap_or(file);
    bare.starts_with("qa/") && bare.ends_with(".json")
}

/// Whether hosts read the file as texts of a language.
fn is_texts(file: &str) -> bool {
    let bare = file.strip_prefix("assets/").unwrap_or(file);
    let name = bare
        .strip_prefix("i18n/")
        .and_then(|f| f.strip_suffix(".json"));
    let mut parts = name.unwrap_or_default().split(['-', '_']);
    let is_language =
        |part: &str| matches!(part.len(), 2 | 3) && part.bytes().all(|b| b.is_ascii_lowercase());
    let is_part =
        |part: &str| matches!(part.len(), 2..=8) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    parts.next().is_some_and(is_language) && parts.all(is_part)
}

/// The faults of one file.
///
/// # Errors
/// [`Syntax`] if it does not decode at all.
pub fn faults(bytes: &[u8], kind: Kind, limits: &Limits) -> Result<Vec<Fault>, Syntax> {
    if kind == Kind::SetupForm {
        return Ok(of_node(&Node::yaml(bytes, limits)?, kind, bytes));
    }
    // NB: only faults have places, and finding these takes longer than all else.
    let found = of_node(&Node::json(bytes, limits)?, kind, bytes);
    if found.is_empty() {
        return Ok(found);
    }
    Ok(of_node(
        &Node::json_with_places(bytes, limits)?,
        kind,
        bytes,
    ))
}

/// The faults of a document of this kind.
fn of_node(node: &Node, kind: Kind, bytes: &[u8]) -> Vec<Fault> {
    let source = String::from_utf8_lossy(bytes);
    match kind {
        Kind::SetupForm => shape::of_record(node, &members::SETUP, &source),
        // The setup tool skips documents of another kind.
        Kind::QaForm if !is_form(node) => Vec::new(),
        Kind::QaForm => shape::of_record(node, &members::QA, &source),
        Kind::Secrets => shape::of_list(node, &members::SECRET, &source),
        Kind::Texts => shape::of_texts(node),
    }
}

/// Whether a JSON document looks like a form: it has questions, or nearly.
fn is_form(node: &Node) -> bool {
    let Tree::Map(members) = &node.tree else {
        return false;
    };
    let mut names = members.iter().filter_map(|(key, _)| key.text());
    names.any(|name| name == "questions" || shape::means_questions(name))
}

/// `setup.yaml` as the setup tool decodes it.
///
/// # Errors
/// Every reason for which the tool drops the file.
pub fn setup_form(bytes: &[u8], limits: &Limits) -> Result<Value, Vec<Refusal>> {
    let refused = refusals(bytes, Kind::SetupForm, limits);
    if refused.is_empty() {
        yaml_value(bytes, limits).map_err(|syntax| vec![syntax.into()])
    } else {
        Err(refused)
    }
}

/// Every reason for which the setup tool drops the file.
#[must_use]
pub fn refusals(bytes: &[u8], kind: Kind, limits: &Limits) -> Vec<Refusal> {
    match faults(bytes, kind, limits) {
        Ok(faults) => faults.iter().filter_map(|f| f.refusal(kind)).collect(),
        Err(syntax) => vec![syntax.into()],
    }
}
