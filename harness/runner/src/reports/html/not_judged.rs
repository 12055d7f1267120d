//! Checks that were not judged, with the reason. Many packs have the same checks that do
//! not apply, for the same reasons: the page lists each such set once.

use super::summary::more_than;
use super::text::text;
use crate::events::CheckFinished;
use provision_core::text::counted;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Bytes of sets that are kept until the end of the page. Later ones stand in their pack.
const KEPT: usize = 4 * 1024 * 1024;
/// Checks that are listed for one reason, at most.
const NAMED: usize = 60;
/// Reasons of one list, at most.
const REASONS: usize = 100;

/// Sets of checks that do not apply to some pack.
#[derive(Default)]
pub(super) struct NotApplicable {
    /// The number of each set, by its list.
    sets: BTreeMap<String, usize>,
    bytes: usize,
}

impl NotApplicable {
    /// A link to the list of these checks; the list itself if too many different ones are
    /// kept already.
    pub(super) fn refer(&mut self, checks: &[&CheckFinished]) -> String {
        if checks.is_empty() {
            return String::new();
        }
        let count = counted(checks.len(), "check does", "checks do");
        let list = reasons(checks);
        if let Some(number) = self.sets.get(&list) {
            return link(&count, *number);
        }
        if self.bytes + list.len() > KEPT {
            return format!("<details><summary>{count} not apply</summary>{list}</details>\n");
        }
        let number = self.sets.len() + 1;
        self.bytes += list.len();
        self.sets.insert(list, number);
        link(&count, number)
    }

    /// The lists that packs refer to.
    pub(super) fn section(&self) -> String {
        let mut lists: Vec<(&String, &usize)> = self.sets.iter().collect();
        lists.sort_by_key(|(_, number)| **number);
        let mut out = String::new();
        if lists.is_empty() {
            return out;
        }
        let sets = counted(lists.len(), "set of checks", "sets of checks");
        let _ = writeln!(
            out,
            "<h2>Checks that do not apply</h2><details><summary>{sets}, each with the reasons\
             </summary>"
        );
        for (list, number) in lists {
            let _ = writeln!(
                out,
                "<details id=\"n{number}\"><summary>set {number}</summary>{list}</details>"
            );
        }
        out + "</details>\n"
    }
}

fn link(count: &str, number: usize) -> String {
    format!("<p>{count} not apply: <a href=\"#n{number}\">set {number}</a></p>\n")
}

/// These checks by reason.
pub(super) fn reasons(checks: &[&CheckFinished]) -> String {
    let mut by_reason: BTreeMap<&str, Vec<&CheckFinished>> = BTreeMap::new();
    for check in checks {
        let why = check.reason.as_deref().unwrap_or("no reason given");
        by_reason.entry(why).or_default().push(check);
    }
    let mut out = String::from("<ul>");
    for (why, checks) in by_reason.iter().take(REASONS) {
        let names = checks.iter().take(NAMED).map(|c| match c.scope.as_str() {
            "pack" => text(&c.check),
            scope => format!("{} ({})", text(&c.check), text(scope)),
        });
        let mut names: Vec<String> = names.collect();
        if let Some(more) = more_than(checks.len(), NAMED) {
            names.push(format!("and {more} more; see the JSON report"));
        }
        let _ = write!(out, "<li>{}: {}</li>", text(why), names.join(", "));
    }
    if let Some(more) = more_than(by_reason.len(), REASONS) {
        let more = counted(more, "more reason", "more reasons");
        let _ = write!(out, "<li>and {more}; see the JSON report</li>");
    }
    out + "</ul>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(id: &str, why: &str) -> CheckFinished {
        let event = json!({
            "event": "check_finished", "pack": "p", "scope": "pack", "check": id,
            "level": "must", "status": "skipped", "applicable": false, "reason": why,
            "findings": [], "reproduce": null,
        });
        match serde_json::from_value(event).expect("an event") {
            crate::events::Event::CheckFinished(check) => check,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn equal_sets_are_listed_once_and_others_by_themselves() {
        let (a, b) = (check("a", "<none>"), check("b", "<none>"));
        let mut sets = NotApplicable::default();
        let first = sets.refer(&[&a, &b]);
        assert_eq!(first, sets.refer(&[&a, &b]));
        assert_ne!(first, sets.refer(&[&b]));
        assert!(first.starts_with("<p>2 checks do not apply: <a href=\"#n1\">"));
        let section = sets.section();
        assert_eq!(section.matches("<details id").count(), 2, "{section}");
        assert!(section.contains("<li>&lt;none&gt;: a, b</li>"), "{section}");
    }

    #[test]
    fn list_of_very_many_checks_is_short() {
        let all: Vec<CheckFinished> = (0..10_000).map(|i| check("a", &i.to_string())).collect();
        let list = reasons(&all.iter().collect::<Vec<_>>());
        assert!(list.len() < 10_000, "{}", list.len());
        assert!(list.contains("9900 more reasons"), "{list}");
    }
}
