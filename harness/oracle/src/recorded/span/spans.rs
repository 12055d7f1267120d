//! What a recording of spans shows.

use super::place::Violations;
use provision_core::Finding;
use provision_core::codes::RecordedCode;

/// Everything that was observed of the spans of a recording.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spans {
    /// The number of spans.
    pub count: u64,
    /// The number of spans of the platform.
    pub(crate) of_platform: u64,
    /// The number of spans that have an id.
    pub(crate) with_ids: u64,
    /// The number of spans that name their tenant.
    pub(crate) with_tenant: u64,
    /// A value that exceeds its bound, and was not judged.
    pub(crate) too_large: Option<Finding>,
    /// Members that are there twice.
    pub(super) doubled: Vec<Finding>,
    /// More spans than are compared with each other.
    pub(crate) too_many: Option<Finding>,
    /// Spans whose resource was not known when they were judged.
    pub(crate) without_resource: Option<Finding>,
    /// Why a text was not searched to its end.
    pub(crate) unsearched: Option<String>,
    pub(super) keys: Violations,
    pub(super) tenant: Violations,
    pub(super) defaults: Violations,
    pub(super) private: Violations,
    pub(super) tree: Violations,
    pub(super) nested: Violations,
    pub(super) conventions: Violations,
}

/// What a check of spans is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Required attributes.
    Keys,
    /// One owner a trace.
    Tenant,
    /// Owners of local runs.
    Defaults,
    /// Secrets and what identifies people.
    Private,
    /// Ids, parents and starts.
    Tree,
    /// Ends within the parents.
    Nested,
    /// Conventions of OpenTelemetry.
    Conventions,
}

impl Spans {
    /// What is wrong with the recording as JSON and as an export. It may lack spans if it has
    /// something else to judge.
    pub(in super::super) fn defects(&self, may_lack: bool) -> Vec<Finding> {
        let is_empty = self.count == 0 && !may_lack;
        let empty = || {
            let code = RecordedCode::Empty;
            Finding::new(code, "the file", "at least one span", "none")
        };
        let too_large = self.too_large.clone();
        let missing = too_large.or_else(|| is_empty.then(empty));
        self.doubled.iter().cloned().chain(missing).collect()
    }

    /// The violations that `part` is about.
    pub(crate) fn violations(&self, part: Part) -> Vec<Finding> {
        let violations = match part {
            Part::Keys => &self.keys,
            Part::Tenant => &self.tenant,
            Part::Defaults => &self.defaults,
            Part::Private => &self.private,
            Part::Tree => &self.tree,
            Part::Nested => &self.nested,
            Part::Conventions => &self.conventions,
        };
        violations.findings()
    }
}
