//! Reads the text of a file of settings.

use super::{At, Config, ConfigError, Fault, Key, SHARDS};
use provision_oracle::Level;
use provision_oracle::normalise::Rule;
use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The settings in `text`.
///
/// # Errors
/// [`ConfigError`] says what is wrong, and where: of several faults, the first.
pub fn parse(text: &str) -> Result<Config, ConfigError> {
    let table = DeTable::parse(text).map_err(|e| {
        let offset = e.span().map_or(0, |span| span.start);
        located(text, offset, Fault::Toml(e.message().to_owned()))
    })?;
    // NB: not in the order of the file.
    let mut members: Vec<_> = table.get_ref().iter().collect();
    members.sort_by_key(|(name, _)| name.span().start);
    let mut config = Config::default();
    for (name, value) in members {
        let Some(key) = Key::named(name.get_ref()) else {
            let fault = Fault::UnknownKey(name.get_ref().clone().into_owned());
            return Err(located(text, name.span().start, fault));
        };
        let value = Value { text, key, value };
        value.into_config(&mut config)?;
    }
    Ok(config)
}

fn located(text: &str, offset: usize, fault: Fault) -> ConfigError {
    let (line, column) = place(text, offset);
    ConfigError {
        line,
        column,
        fault,
    }
}

/// The line and the column of the byte at `offset`.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    let line = before.iter().filter(|byte| **byte == b'\n').count();
    let start = before.iter().rposition(|byte| *byte == b'\n');
    let start = start.map_or(0, |newline| newline + 1);
    let in_line = before.get(start..).unwrap_or_default();
    (
        line + 1,
        String::from_utf8_lossy(in_line).chars().count() + 1,
    )
}

/// The value of a key.
struct Value<'t> {
    text: &'t str,
    key: Key,
    value: &'t Spanned<DeValue<'t>>,
}

impl Value<'_> {
    fn into_config(self, config: &mut Config) -> Result<(), ConfigError> {
        match self.key {
            Key::Packs => config.packs = Some(self.named()?),
            Key::Previous => config.previous = Some(self.strings()?),
            Key::Profile => config.profile = Some(self.profile()?),
            Key::Trust => {
                let paths = self.strings()?.into_iter();
                config.trust = Some(paths.map(|path| PathBuf::from(path.value)).collect());
            }
            Key::Expectations => config.expectations = Some(self.string()?.into()),
            Key::Answers => config.answers = Some(self.string()?.into()),
            Key::Normalise => config.normalise = Some(self.rules()?),
            Key::Shards => config.shards = Some(self.shards()?),
        }
        Ok(())
    }

    fn wrong(&self, fault: Fault) -> ConfigError {
        located(self.text, self.value.span().start, fault)
    }

    fn mistyped(&self) -> ConfigError {
        self.wrong(Fault::Type(self.key, type_name(self.value.get_ref())))
    }

    fn string(&self) -> Result<String, ConfigError> {
        let text = self
            .value
            .get_ref()
            .as_str()
            .ok_or_else(|| self.mistyped())?;
        if text.is_empty() {
            return Err(self.wrong(Fault::Empty(self.key)));
        }
        Ok(text.to_owned())
    }

    fn strings(&self) -> Result<Vec<At<String>>, ConfigError> {
        let items = self.value.get_ref().as_array();
        let items = items.ok_or_else(|| self.mistyped())?.iter();
        let string = |item: &Spanned<DeValue<'_>>| {
            let (line, column) = place(self.text, item.span().start);
            let wrong = |fault| ConfigError {
                line,
                column,
                fault,
            };
            let found = item.get_ref();
            let Some(value) = found.as_str() else {
                return Err(wrong(Fault::Item(self.key, type_name(found))));
            };
            if value.is_empty() {
                return Err(wrong(Fault::Empty(self.key)));
            }
            Ok(At {
                value: value.to_owned(),
                line,
                column,
            })
        };
        items.map(string).collect()
    }

    /// At least one string.
    fn named(&self) -> Result<Vec<At<String>>, ConfigError> {
        let strings = self.strings()?;
        if strings.is_empty() {
            return Err(self.wrong(Fault::Empty(self.key)));
        }
        Ok(strings)
    }

    fn profile(&self) -> Result<Level, ConfigError> {
        let name = self.string()?;
        let level = Level::of_profile(&name);
        level.ok_or_else(|| self.wrong(Fault::Profile(name)))
    }

    fn rules(&self) -> Result<Vec<Rule>, ConfigError> {
        let rule = |At {
                        value,
                        line,
                        column,
                    }: At<String>| {
            value.parse().map_err(|why| ConfigError {
                line,
                column,
                fault: Fault::Value(self.key, value, why),
            })
        };
        self.strings()?.into_iter().map(rule).collect()
    }

    fn shards(&self) -> Result<u64, ConfigError> {
        let number = self.value.get_ref().as_integer();
        let number = number.ok_or_else(|| self.mistyped())?;
        let count = u64::from_str_radix(number.as_str(), number.radix());
        let least = u64::from(!cfg!(planted_bug = "settings"));
        let count = count.ok().filter(|count| (least..=SHARDS).contains(count));
        count.ok_or_else(|| self.wrong(Fault::Shards(number.to_string())))
    }
}

/// The type of a value, with its article.
fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
