//! [`Loss`]: what an update does not take over from an installation of another release.

use crate::secret_scan::Secrets;
use provision_apply::Part;
use provision_core::wizard::InstalledState;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Something that an installation had, and that the updated one lacks.
#[derive(Debug, Clone, PartialEq)]
pub enum Loss {
    /// A setup of the new release sets the key, and the update takes it away.
    Dropped {
        /// Config, secret or registration.
        part: Part,
        /// The key.
        key: String,
    },
    /// A setup of the new release keeps the same thing under another key, and the update
    /// does not move it there.
    NotMoved {
        /// Config, secret or registration.
        part: Part,
        /// The key that the installation has.
        from: String,
        /// The key that the new release reads.
        to: String,
        /// Whether it is a guess that one key replaces the other.
        guess: bool,
    },
    /// The update replaces a value that a setup of the new release would set as it was.
    Reset {
        /// The key in the config.
        key: String,
        /// The value before the update, as JSON.
        was: String,
        /// The value after it, as JSON.
        is: String,
    },
}

impl Loss {
    /// The same loss; its values show none of these secrets.
    pub(super) fn without(self, secrets: [&Secrets; 2]) -> Self {
        let clean = |text: String| {
            let [old, new] = secrets;
            old.without(&new.without(&text))
        };
        match self {
            Self::Reset { key, was, is } => Self::Reset {
                key,
                was: clean(was),
                is: clean(is),
            },
            other => other,
        }
    }
}

/// The three states of one update.
#[derive(Clone, Copy)]
pub(super) struct States<'s> {
    /// What the older release installed.
    pub(super) before: &'s InstalledState,
    /// What a setup of the newer release makes of the same answers.
    pub(super) fresh: &'s InstalledState,
    /// What the update leaves.
    pub(super) after: &'s InstalledState,
}

impl States<'_> {
    /// What the update loses, sorted by part and key. A key that the newer release does
    /// not use any more may go.
    pub(super) fn losses(self) -> Vec<Loss> {
        let mut found = self.of_config();
        let Self {
            before,
            fresh,
            after,
        } = self;
        let keys = |map: &BTreeMap<String, Value>| map.keys().cloned().collect::<BTreeSet<_>>();
        let parts = [
            (
                Part::Secret,
                [&before.secrets, &fresh.secrets, &after.secrets].map(Clone::clone),
            ),
            (
                Part::Webhook,
                [&before.webhooks, &fresh.webhooks, &after.webhooks].map(keys),
            ),
            (
                Part::Subscription,
                [
                    &before.subscriptions,
                    &fresh.subscriptions,
                    &after.subscriptions,
                ]
                .map(keys),
            ),
            (
                Part::OAuth,
                [&before.oauth, &fresh.oauth, &after.oauth].map(keys),
            ),
        ];
        for (part, [before, fresh, after]) in parts {
            found.extend(dropped(part, [&before, &fresh, &after]));
            // Without values, only a single pair can be one thing under two names.
            let gone: Vec<&String> = before.difference(&fresh).collect();
            let new: Vec<&String> = fresh.difference(&before).collect();
            if let ([from], [to]) = (&gone[..], &new[..])
                && !after.contains(*to)
            {
                found.push(Loss::NotMoved {
                    part,
                    from: (*from).clone(),
                    to: (*to).clone(),
                    guess: true,
                });
            }
        }
        found
    }

    fn of_config(self) -> Vec<Loss> {
        let keys = |state: &InstalledState| state.config.keys().cloned().collect();
        let [before, fresh, after]: [BTreeSet<String>; 3] =
            [self.before, self.fresh, self.after].map(keys);
        let mut found: Vec<Loss> = dropped(Part::Config, [&before, &fresh, &after]).collect();
        for to in fresh.difference(&before).filter(|to| !after.contains(*to)) {
            let value = self.fresh.config.get(to);
            let same = |from: &&String| self.before.config.get(*from) == value;
            let mut gone = before.difference(&fresh).filter(same);
            // A flag or a number has the same value by chance.
            let is_own = value.is_some_and(|v| v.as_str().is_some_and(|text| !text.is_empty()));
            if let (Some(from), None, true) = (gone.next(), gone.next(), is_own) {
                found.push(Loss::NotMoved {
                    part: Part::Config,
                    from: from.clone(),
                    to: to.clone(),
                    guess: false,
                });
            }
        }
        for (key, was) in &self.before.config {
            let is = self.after.config.get(key);
            let kept = self.fresh.config.get(key) == Some(was);
            if let Some(is) = is.filter(|is| *is != was && kept) {
                found.push(Loss::Reset {
                    key: key.clone(),
                    was: was.to_string(),
                    is: is.to_string(),
                });
            }
        }
        found
    }
}

/// The keys that all three states should have, and that the updated one lacks.
fn dropped<'k>(
    part: Part,
    [before, fresh, after]: [&'k BTreeSet<String>; 3],
) -> impl Iterator<Item = Loss> + 'k {
    let used = before.intersection(fresh);
    used.filter(|key| !after.contains(*key))
        .map(move |key| Loss::Dropped {
            part,
            key: key.clone(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn state(config: Value, secrets: &[&str], webhooks: &[&str]) -> InstalledState {
        let config = config.as_object().cloned().unwrap_or_default();
        InstalledState {
            config: config.into_iter().collect(),
            secrets: secrets.iter().map(|key| (*key).to_owned()).collect(),
            webhooks: webhooks
                .iter()
                .map(|key| ((*key).to_owned(), Value::Null))
                .collect(),
            ..InstalledState::default()
        }
    }

    fn losses(states: [InstalledState; 3]) -> Vec<Loss> {
        let [before, fresh, after] = &states;
        let states = States {
            before,
            fresh,
            after,
        };
        states.losses()
    }

    #[test]
    fn key_that_the_new_release_uses_is_dropped_and_one_that_it_does_not_use_may_go() {
        let before = state(
            json!({"room": "blue", "old": 1}),
            &["TOKEN", "SPARE"],
            &["w"],
        );
        let fresh = state(json!({"room": "blue"}), &["TOKEN"], &["w"]);
        let after = state(json!({}), &[], &[]);
        let dropped = |part, key: &str| Loss::Dropped {
            part,
            key: key.into(),
        };
        assert_eq!(
            losses([before.clone(), fresh.clone(), after]),
            [
                dropped(Part::Config, "room"),
                dropped(Part::Secret, "TOKEN"),
                dropped(Part::Webhook, "w"),
            ]
        );
        assert_eq!(losses([before.clone(), fresh.clone(), fresh.clone()]), []);
        assert_eq!(losses([before.clone(), fresh, before]), []);
    }

    #[test]
    fn renamed_key_that_the_update_does_not_fill_is_not_moved() {
        let before = state(json!({"room": "blue"}), &["OLD"], &[]);
        let fresh = state(json!({"place": "blue"}), &["NEW"], &[]);
        let not_moved = |part, from: &str, to: &str, guess| Loss::NotMoved {
            part,
            from: from.into(),
            to: to.into(),
            guess,
        };
        assert_eq!(
            losses([before.clone(), fresh.clone(), before.clone()]),
            [
                not_moved(Part::Config, "room", "place", false),
                not_moved(Part::Secret, "OLD", "NEW", true),
            ]
        );
        assert_eq!(losses([before, fresh.clone(), fresh]), []);
    }

    #[test]
    fn new_key_with_a_common_value_is_no_renamed_one() {
        let before = state(json!({"log": true, "gone": ""}), &[], &[]);
        let fresh = state(json!({"trace": true, "note": ""}), &[], &[]);
        assert_eq!(losses([before.clone(), fresh, before]), []);
    }

    #[test]
    fn value_that_only_the_update_changes_is_reset() {
        let before = state(json!({"room": "blue", "port": 80}), &[], &[]);
        let fresh = state(json!({"room": "blue", "port": 443}), &[], &[]);
        let after = state(json!({"room": "red", "port": 443}), &[], &[]);
        let reset = Loss::Reset {
            key: "room".into(),
            was: "\"blue\"".into(),
            is: "\"red\"".into(),
        };
        assert_eq!(losses([before, fresh, after]), [reset]);
    }
}
