//! What a guest does, as data: rules that test its input, and the answer that it gives.

use provision_core::wizard::ProvisionMode;
use serde_json::{Value, json};

/// Where a value lies in the input of a step.
pub type Path = Vec<String>;

/// A test of the input of a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// It holds always.
    Always,
    /// The value is this one.
    Is(Path, Value),
    /// There is no value, or `null`.
    Absent(Path),
    /// It is a text that holds these printable characters.
    Holds(Path, String),
    /// It is a text.
    Text(Path),
    /// It is a whole number.
    Whole(Path),
    /// It is a text of digits.
    Spelled(Path),
    /// It is a number from the first to the second, or spells one.
    Between(Path, i64, i64),
    /// It is a text of at least so many characters.
    LongerThan(Path, usize),
    /// It is a text of characters from the first to the second.
    Made(Path, char, char),
    /// The clock shows more than so many nanoseconds since its start. Only components can
    /// ask for the time.
    LaterThan(u64),
    /// A random number is a multiple of this one. Only components can ask for one.
    Chance(u64),
    /// Something is kept as state of this tenant. Only components can ask for it.
    Kept(Whose),
    /// Each of them holds.
    All(Vec<Self>),
    /// At least one of them holds.
    Any(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
}

impl Test {
    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }
}

/// What a step does if the test of a rule holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// It traps.
    Trap,
    /// It never ends.
    Loop,
    /// It divides by the number at the path, and goes on.
    Divide(Path),
    /// It asks for the time, and goes on. Only components can.
    ReadClock,
    /// It keeps the text at the path as state of this tenant, and goes on. Only components
    /// can.
    Keep(Whose, Path),
    /// It gives this answer.
    Say(Out),
}

/// The tenant whose state a step names.
#[derive(Debug, Clone, PartialEq)]
pub enum Whose {
    /// This one.
    Fixed(String),
    /// The one that the text at the path names.
    Of(Path),
}

/// JSON that a step writes.
#[derive(Debug, Clone, PartialEq)]
pub enum Out {
    /// This value.
    Json(Value),
    /// The value at the path, or `null`.
    Copy(Path),
    /// The number that the text at the path spells.
    Read(Path),
    /// The bytes of the text at the path, as a list.
    Bytes(Path),
    /// A text of these parts.
    Text(Vec<Part>),
    /// A list of those items whose test holds.
    List(Vec<(Test, Self)>),
    /// An object of those members whose test holds.
    Object(Vec<(String, Test, Self)>),
}

/// A part of a text that a step writes.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// These characters.
    Fixed(String),
    /// What the text at the path holds.
    Of(Path),
    /// The first half of it.
    FirstHalf(Path),
    /// The second half of it.
    SecondHalf(Path),
    /// The same backwards.
    Reversed(Path),
    /// The same in hexadecimal digits.
    Hex(Path),
    /// The scheme and the host of the URL at the path.
    Origin(Path),
    /// What follows them.
    Rest(Path),
    /// The time since some start. Only components can ask for it.
    Clock,
    /// The time of day, in seconds. Only components can ask for it.
    WallClock,
    /// A random number. Only components can ask for it.
    Chance,
    /// What is kept as state of this tenant. Only components can ask for it.
    Kept(Whose),
}

impl Part {
    /// The characters of `text`.
    #[must_use]
    pub fn fixed(text: &str) -> Self {
        Self::Fixed(text.to_owned())
    }
}

/// A rule of a step.
pub type Rule = (Test, Act);

/// A step: the first rule that gives an answer ends it, else it gives its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its rules, in order.
    pub rules: Vec<Rule>,
    /// Its answer.
    pub says: Out,
}

impl Step {
    /// A step without rules.
    #[must_use]
    pub fn saying(says: Out) -> Self {
        Self {
            rules: Vec::new(),
            says,
        }
    }

    /// Puts a rule before all others.
    pub fn first(&mut self, test: Test, act: Act) {
        self.rules.insert(0, (test, act));
    }
}

/// Whether the step runs in this mode.
#[must_use]
pub(super) fn in_mode(mode: ProvisionMode) -> Test {
    Test::Is(path(&["mode"]), mode.name().into())
}

/// A path in the input of a step.
#[must_use]
pub(super) fn path(keys: &[&str]) -> Path {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

/// The base URL of the run.
#[must_use]
pub(super) fn base() -> Path {
    path(&["inputs", "public_base_url"])
}

/// The answer of a step that refuses with this message.
#[must_use]
pub(super) fn refusal(message: &str) -> Out {
    let diagnostic = json!({ "severity": "error", "code": "INVALID", "message": message });
    Out::Json(json!({ "diagnostics": [diagnostic] }))
}
