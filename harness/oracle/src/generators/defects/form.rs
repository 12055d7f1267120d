//! [`Asked`]: a question as data, the rules by which a guest refuses its answers, and how
//! a list and a card ask it.

use super::guest_language::{Act, Out, Path, Rule, Test, path, refusal};
use provision_core::rng::Rng;
use serde_json::{Map, Value, json};

/// How the form of a wizard is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A list `questions`.
    List,
    /// An Adaptive Card.
    Card,
}

/// What a question is for in a generated wizard. Each wizard has one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A choice that has to be made.
    Choice,
    /// A number with limits that has to be given.
    Number,
    /// Yes or no.
    Toggle,
    /// A text that has to be given.
    Text,
    /// A text of small letters that has to be given.
    Pattern,
    /// A long text that may be left out.
    Optional,
    /// A text that has a default.
    Default,
    /// A secret text.
    Secret,
    /// A text that is asked for one of the choices alone; only lists can say so.
    Conditional,
}

/// What a question takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Takes {
    /// One of these.
    Choice(Vec<String>),
    /// A whole number from the first to the second.
    Number(i64, i64),
    /// A number without limits.
    AnyNumber,
    /// A truth value.
    Toggle,
    /// A text from the first to the second number of characters.
    Text(usize, usize),
    /// The same, of small letters.
    Letters(usize, usize),
    /// A day.
    Date,
}

/// A question as data.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// What it is for.
    pub role: Role,
    /// The key of its answer.
    pub id: String,
    /// The text that its users see.
    pub label: String,
    /// What it takes.
    pub takes: Takes,
    /// Whether it has to be answered.
    pub required: bool,
    /// Whether it is asked as a secret.
    pub secret: bool,
    /// The answer if there is none.
    pub default: Option<Value>,
    /// The question and the answer on which it is asked; `None` if it always is.
    pub shown_if: Option<(String, Value)>,
    /// The answer in the pack's fixture, if it is not the usual one.
    pub fixed: Option<Value>,
}

/// The path of the answer to the question `id`.
fn answer(id: &str, secret: bool) -> Path {
    let part = if secret { "secrets" } else { "config" };
    path(&["inputs", "answers", part, id])
}

const CHOICES: [&str; 6] = ["eu", "us", "asia", "north", "south", "island"];

impl Asked {
    fn new(role: Role, id: &str, takes: Takes) -> Self {
        Self {
            role,
            id: id.to_owned(),
            label: format!("The {id}"),
            takes,
            required: !matches!(role, Role::Optional | Role::Default),
            secret: role == Role::Secret,
            default: None,
            shown_if: None,
            fixed: None,
        }
    }

    /// One question of each role that `form` can ask.
    pub(super) fn all(rng: &mut Rng, form: Form) -> Vec<Self> {
        let one = |rng: &mut Rng, of: [&'static str; 3]| *rng.choose(&of).unwrap_or(&of[0]);
        let first = rng.below(CHOICES.len() - 3);
        let count = 2 + rng.below(3);
        let choices = CHOICES.iter().skip(first).take(count);
        let choices: Vec<String> = choices.map(|c| (*c).to_owned()).collect();
        let id = one(rng, ["region", "site", "cluster"]);
        let mut choice = Self::new(Role::Choice, id, Takes::Choice(choices.clone()));
        choice.label = format!("The {id} to use");
        let least = 1 + rng.below(3_000) as i64;
        let most = least + 2 + rng.below(40_000) as i64;
        let number = Takes::Number(least, most);
        let number = Self::new(Role::Number, one(rng, ["port", "limit", "quota"]), number);
        let toggle = one(rng, ["verbose", "threaded", "archive"]);
        let toggle = Self::new(Role::Toggle, toggle, Takes::Toggle);
        let text = Takes::Text(1, 40 + rng.below(60));
        let text = Self::new(Role::Text, one(rng, ["room", "team_name", "channel"]), text);
        let letters = Takes::Letters(2 + rng.below(2), 20 + rng.below(20));
        let letters = Self::new(
            Role::Pattern,
            one(rng, ["alias", "prefix", "handle"]),
            letters,
        );
        let long = Takes::Text(0, 4_000 + rng.below(100));
        let long = Self::new(
            Role::Optional,
            one(rng, ["greeting", "banner", "motto"]),
            long,
        );
        let topic = one(rng, ["topic", "folder", "label"]);
        let mut default = Self::new(Role::Default, topic, Takes::Text(1, 30));
        default.default = Some(one(rng, ["general", "lobby", "default"]).into());
        let secret = Takes::Text(8, 200);
        let id = one(rng, ["token", "api_key", "signing_secret"]);
        let secret = Self::new(Role::Secret, id, secret);
        let mut all = vec![choice, number, toggle, text, letters, long, default, secret];
        if form == Form::List {
            let id = one(rng, ["zone", "rack", "floor"]);
            let mut conditional = Self::new(Role::Conditional, id, Takes::Text(1, 25));
            let last = choices.last().cloned().unwrap_or_default();
            conditional.shown_if = Some((all[0].id.clone(), last.into()));
            all.push(conditional);
        }
        all
    }

    /// Where its answer lies.
    #[must_use]
    pub fn path(&self) -> Path {
        answer(&self.id, self.secret)
    }

    /// Whether it is answered with `value`.
    #[must_use]
    pub fn is(&self, value: impl Into<Value>) -> Test {
        Test::Is(self.path(), value.into())
    }

    /// Whether it is not answered.
    #[must_use]
    pub fn absent(&self) -> Test {
        Test::Absent(self.path())
    }

    /// The choice at this place.
    #[must_use]
    pub fn choice(&self, at: usize) -> Value {
        match &self.takes {
            Takes::Choice(choices) => choices.get(at).cloned().unwrap_or_default().into(),
            _ => Value::Null,
        }
    }

    /// Its least and its greatest number.
    #[must_use]
    pub fn limits(&self) -> (i64, i64) {
        match self.takes {
            Takes::Number(least, most) => (least, most),
            Takes::Text(least, most) | Takes::Letters(least, most) => (least as i64, most as i64),
            _ => (0, 0),
        }
    }

    /// Whether the form shows it.
    fn shown(&self) -> Test {
        match &self.shown_if {
            Some((id, value)) => Test::Is(answer(id, false), value.clone()),
            None => Test::Always,
        }
    }

    /// Whether the answer is one that the question allows.
    fn fits(&self) -> Test {
        let at = || self.path();
        let within = |least: usize, most: usize| {
            vec![
                Test::Text(at()),
                Test::LongerThan(at(), least),
                Test::LongerThan(at(), most + 1).negated(),
            ]
        };
        match &self.takes {
            Takes::Choice(choices) => {
                Test::Any(choices.iter().map(|c| self.is(c.as_str())).collect())
            }
            Takes::Number(least, most) => {
                Test::All(vec![Test::Whole(at()), Test::Between(at(), *least, *most)])
            }
            Takes::AnyNumber => Test::Whole(at()),
            Takes::Toggle => Test::Any(vec![self.is(true), self.is(false)]),
            Takes::Text(least, most) => Test::All(within(*least, *most)),
            Takes::Letters(least, most) => {
                let mut all = within(*least, *most);
                all.push(Test::Made(at(), 'a', 'z'));
                Test::All(all)
            }
            Takes::Date => Test::Text(at()),
        }
    }

    /// The rules that refuse what the question forbids.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        let id = &self.id;
        let on = |test: Test| Test::All(vec![self.shown(), test]);
        let wrong = Test::All(vec![self.absent().negated(), self.fits().negated()]);
        let wrong = on(wrong);
        let message = format!("`{id}` is not what the form asks for");
        let mut rules = vec![(wrong, Act::Say(refusal(&message)))];
        if self.required && self.default.is_none() {
            let message = format!("`{id}` is missing");
            rules.push((on(self.absent()), Act::Say(refusal(&message))));
        }
        rules
    }

    /// What the config gets of it.
    #[must_use]
    pub fn config(&self) -> Vec<(String, Test, Out)> {
        let given = Test::All(vec![self.shown(), self.absent().negated()]);
        let mut members = vec![(self.id.clone(), given, Out::Copy(self.path()))];
        if let Some(default) = &self.default {
            let absent = Test::All(vec![self.shown(), self.absent()]);
            members.push((self.id.clone(), absent, Out::Json(default.clone())));
        }
        members
    }

    /// The question as an item of a list.
    #[must_use]
    pub fn listed(&self) -> Value {
        let mut item = Map::new();
        let mut set = |key: &str, value: Value| item.insert(key.to_owned(), value);
        set("id", self.id.as_str().into());
        set("title", self.label.as_str().into());
        set("required", self.required.into());
        if self.secret {
            set("secret", true.into());
        }
        if let Some(default) = &self.default {
            set("default", default.clone());
        }
        if let Some((field, eq)) = &self.shown_if {
            set("visible_if", json!({ "field": field, "eq": eq }));
        }
        match &self.takes {
            Takes::Choice(choices) => {
                set("kind", "choice".into());
                set("options", json!(choices));
            }
            Takes::Number(least, most) => {
                set("kind", "integer".into());
                set("min", json!(least));
                set("max", json!(most));
            }
            Takes::AnyNumber => drop(set("kind", "integer".into())),
            Takes::Toggle => drop(set("kind", "bool".into())),
            Takes::Date => drop(set("kind", "date".into())),
            Takes::Text(least, most) | Takes::Letters(least, most) => {
                set("kind", "text".into());
                set("min_length", json!(least));
                set("max_length", json!(most));
                if matches!(self.takes, Takes::Letters(..)) {
                    set("pattern", "^[a-z]+$".into());
                }
            }
        }
        Value::Object(item)
    }

    /// The question as an input of a card.
    #[must_use]
    pub fn on_card(&self) -> Value {
        let mut input = json!({ "id": self.id, "label": self.label, "isRequired": self.required });
        let fields = match &self.takes {
            Takes::Choice(choices) => {
                let choice = |c: &String| json!({ "title": c, "value": c });
                let choices: Vec<Value> = choices.iter().map(choice).collect();
                json!({ "type": "Input.ChoiceSet", "choices": choices })
            }
            Takes::Number(least, most) => {
                json!({ "type": "Input.Number", "min": least, "max": most })
            }
            Takes::AnyNumber => json!({ "type": "Input.Number" }),
            Takes::Toggle => json!({ "type": "Input.Toggle", "title": self.label }),
            Takes::Date => json!({ "type": "Input.Date" }),
            Takes::Text(_, most) => json!({ "type": "Input.Text", "maxLength": most }),
            Takes::Letters(_, most) => {
                json!({ "type": "Input.Text", "maxLength": most, "regex": "^[a-z]+$" })
            }
        };
        for (key, value) in fields.as_object().into_iter().flatten() {
            input[key] = value.clone();
        }
        if self.secret {
            input["style"] = "Password".into();
        }
        if let Some(default) = &self.default {
            input["value"] = default.clone();
        }
        input
    }

    /// Its answer in the schema of the config.
    #[must_use]
    pub fn schema(&self) -> Value {
        match &self.takes {
            Takes::Choice(choices) => json!({ "enum": choices }),
            Takes::Number(least, most) => {
                json!({ "type": "integer", "minimum": least, "maximum": most })
            }
            Takes::AnyNumber => json!({ "type": "integer" }),
            Takes::Toggle => json!({ "type": "boolean" }),
            Takes::Text(_, most) | Takes::Letters(_, most) => {
                json!({ "type": "string", "maxLength": most })
            }
            Takes::Date => json!({ "type": "string" }),
        }
    }

    /// An answer that it allows.
    #[must_use]
    pub fn sample(&self) -> Value {
        match (&self.takes, self.role) {
            _ if self.fixed.is_some() => self.fixed.clone().unwrap_or_default(),
            (_, Role::Secret) => "k7Qm-2fXw-9ZtR-4bLs".into(),
            (Takes::Choice(_), _) => self.choice(0),
            (Takes::Number(least, _), _) => json!(least + 1),
            (Takes::AnyNumber, _) => json!(7),
            (Takes::Toggle, _) => json!(false),
            (Takes::Date, _) => "2026-03-01".into(),
            (_, Role::Default) => "attic".into(),
            (Takes::Text(..) | Takes::Letters(..), _) => "lobby".into(),
        }
    }
}
