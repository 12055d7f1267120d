//! [`Change`], [`Reach`], and the list that collects them: every text in it is inert,
//! bounded and without secrets.

use super::rules::{Class, Rule};
use crate::secret_scan::Secrets;
use provision_core::text::inert;
use std::collections::BTreeSet;

/// Characters of one text, at most.
const TEXT: usize = 300;
/// Differences that are kept, at most, and reaches and parts as many: a pack may have
/// millions.
const MOST: usize = 20_000;

/// A difference between two packs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The rule that it follows, which says its class and why.
    pub rule: Rule,
    /// Where it is.
    pub place: String,
    /// What the old pack has; `None` if it has nothing there.
    pub old: Option<String>,
    /// What the new pack has; `None` if it has nothing there.
    pub new: Option<String>,
    /// Whether the harness guesses, for example that one name replaces another.
    pub guess: bool,
}

/// Something that a pack gets at, or that a host serves of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReachKind {
    /// An interface of the host that a component imports.
    Import,
    /// A capability that the manifest declares for a component.
    ComponentCapability,
    /// A capability of the host that the pack declares for itself.
    PackCapability,
    /// A host that the manifest allows requests to.
    HttpHost,
    /// A path at which the host serves files of the pack.
    StaticRoute,
    /// A scope that the plan asks an authorisation server for.
    OauthScope,
}

impl ReachKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Import,
        Self::ComponentCapability,
        Self::PackCapability,
        Self::HttpHost,
        Self::StaticRoute,
        Self::OauthScope,
    ];

    /// The stable name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::ComponentCapability => "component-capability",
            Self::PackCapability => "pack-capability",
            Self::HttpHost => "http-host",
            Self::StaticRoute => "static-route",
            Self::OauthScope => "oauth-scope",
        }
    }
}

/// Something that only one of the packs gets at, for a reviewer of the new one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reach {
    /// Whether the new pack gets at it and the old one does not; if not, the old one does.
    pub gained: bool,
    /// What it is.
    pub kind: ReachKind,
    /// Who gets at it: a component, a wizard, the manifest.
    pub place: String,
    /// Its name.
    pub what: String,
}

/// A part that could not be compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotCompared {
    /// The part.
    pub what: String,
    /// Why not.
    pub why: String,
    /// Whether it could hide what breaks users: a host reads it, or runs it.
    pub matters: bool,
}

/// Collects what a comparison finds.
pub(super) struct Found<'s> {
    secrets: [&'s Secrets; 2],
    pub(super) changes: BTreeSet<Change>,
    pub(super) reaches: BTreeSet<Reach>,
    pub(super) not_compared: BTreeSet<NotCompared>,
    /// The worst class of the changes that are not kept.
    left_out: Option<Class>,
    /// Whether the changes are those of a wizard that no host runs.
    unrun: bool,
}

impl<'s> Found<'s> {
    /// A list whose texts show none of these secrets.
    pub(super) fn without(secrets: [&'s Secrets; 2]) -> Self {
        Self {
            secrets,
            changes: BTreeSet::new(),
            reaches: BTreeSet::new(),
            not_compared: BTreeSet::new(),
            left_out: None,
            unrun: false,
        }
    }

    /// Takes the changes that follow for those of a wizard that no host runs, or not: what
    /// nobody runs breaks nobody.
    pub(super) fn of_unrun(&mut self, unrun: bool) {
        self.unrun = unrun;
    }

    fn text(&self, text: &str) -> String {
        let [old, new] = self.secrets;
        inert(&old.without(&new.without(text)), TEXT)
    }

    /// Adds a change from `old` to `new`.
    pub(super) fn change(&mut self, rule: Rule, place: &str, (old, new): Pair<'_>) {
        self.add(rule, place, (old, new), false);
    }

    /// The same, which the harness guesses.
    pub(super) fn guess(&mut self, rule: Rule, place: &str, (old, new): Pair<'_>) {
        self.add(rule, place, (old, new), true);
    }

    /// The same, which the harness guesses if `guess` says so.
    pub(super) fn add(&mut self, rule: Rule, place: &str, (old, new): Pair<'_>, guess: bool) {
        let rule = if self.unrun {
            Rule::WizardUnrunChanged
        } else {
            rule
        };
        if self.changes.len() >= MOST {
            return self.leave_out(rule.class());
        }
        let change = Change {
            rule,
            place: self.text(place),
            old: old.map(|text| self.text(text)),
            new: new.map(|text| self.text(text)),
            guess,
        };
        self.changes.insert(change);
    }

    /// Adds each member of one set that the other lacks.
    pub(super) fn reach(
        &mut self,
        kind: ReachKind,
        place: &str,
        (old, new): (&BTreeSet<String>, &BTreeSet<String>),
    ) {
        let gained = new.difference(old).map(|what| (true, what));
        let lost = old.difference(new).map(|what| (false, what));
        for (gained, what) in gained.chain(lost) {
            if self.reaches.len() >= MOST {
                return self.leave_out(Class::Internal);
            }
            let reach = Reach {
                gained,
                kind,
                place: self.text(place),
                what: self.text(what),
            };
            self.reaches.insert(reach);
        }
    }

    /// Adds a part that could not be compared.
    pub(super) fn skip(&mut self, what: &str, why: &str) {
        self.skip_if(what, why, true);
    }

    /// The same, with whether the part matters.
    pub(super) fn skip_if(&mut self, what: &str, why: &str, matters: bool) {
        if self.not_compared.len() >= MOST {
            return self.leave_out(Class::Internal);
        }
        let skipped = NotCompared {
            what: self.text(what),
            why: self.text(why),
            matters,
        };
        self.not_compared.insert(skipped);
    }

    fn leave_out(&mut self, class: Class) {
        self.left_out = self.left_out.max(Some(class));
    }

    /// Says so if not all differences are kept.
    pub(super) fn say_what_is_left_out(&mut self) {
        if let Some(class) = self.left_out {
            let what = "further differences".to_owned();
            let why = format!("there are more than {MOST}; the worst of the others is {class}");
            let matters = true;
            self.not_compared.insert(NotCompared { what, why, matters });
        }
    }

    /// Keeps the same change once, if the setup form and several wizards have it.
    pub(super) fn merge_wizards(&mut self) {
        let mut seen = BTreeSet::new();
        self.changes.retain(|change| {
            let Some((head, rest)) = change.place.split_once(", ") else {
                return true;
            };
            let of_wizard = head == "setup form" || head.starts_with("wizard ");
            let words = match change.rule {
                // The form and the wizard may describe the question in other words.
                Rule::QuestionAdded | Rule::QuestionAddedRequired | Rule::QuestionRemoved => None,
                _ => Some((change.old.clone(), change.new.clone())),
            };
            !of_wizard || seen.insert((change.rule, rest.to_owned(), words))
        });
        self.drop_unrun();
    }

    /// Drops what a wizard that no host runs shares with one that a host runs.
    fn drop_unrun(&mut self) {
        let part = |change: &Change| {
            let (_, rest) = change.place.split_once(", ")?;
            Some((rest.to_owned(), change.old.clone(), change.new.clone()))
        };
        let run = self.changes.iter();
        let run = run.filter(|change| change.rule != Rule::WizardUnrunChanged);
        let run: BTreeSet<_> = run.filter_map(part).collect();
        self.changes.retain(|change| {
            let is_known = part(change).is_some_and(|part| run.contains(&part));
            change.rule != Rule::WizardUnrunChanged || !is_known
        });
    }

    /// Whether there is a change by one of these rules at `place`.
    pub(super) fn has(&self, rules: &[Rule], place: impl Fn(&str) -> bool) -> bool {
        let mut changes = self.changes.iter();
        changes.any(|change| rules.contains(&change.rule) && place(&change.place))
    }

    /// The worst class.
    pub(super) fn worst(&self) -> Option<Class> {
        let classes = self.changes.iter().map(|change| change.rule.class());
        // A reviewer looks at each release that gets at something else.
        let reaches = self.reaches.iter().map(|_| Class::Internal);
        classes.chain(reaches).chain(self.left_out).max()
    }
}

/// What the old and what the new pack has at a place.
pub(super) type Pair<'t> = (Option<&'t str>, Option<&'t str>);

/// Both packs have something there.
pub(super) fn both<'t>(old: &'t str, new: &'t str) -> Pair<'t> {
    (Some(old), Some(new))
}
