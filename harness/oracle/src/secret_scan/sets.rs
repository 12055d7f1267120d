//! How the automata that search for a set of secrets are built and kept.

use super::recent::Recent;
use aho_corasick::AhoCorasickKind;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

/// How automata are built.
///
/// NB: a DFA, which is the default for so few needles, takes longer to build than all texts of
/// a pack take to search.
pub(super) const AUTOMATON: AhoCorasickKind = AhoCorasickKind::ContiguousNFA;

/// Sets of secrets whose automata are kept.
pub(super) const SETS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(15);

/// What was made last, by the set of secrets.
pub(super) type BySet<T> = Recent<BTreeMap<String, String>, T>;
