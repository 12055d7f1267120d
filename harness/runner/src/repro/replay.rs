//! Replays a recorded failure.

use super::bundle::{Bundle, FuzzBundle};
use super::error::BundleError;
use super::pack::BundledPack;
use crate::examine::{examine_after, open};
use crate::executors::{AnyExecutor, Isolation};
use crate::exit::Error;
use crate::fuzz::{self, Prepared};
use crate::place::Place;
use provision_core::text::inert;
use provision_core::{Finding, Limits, Status};
use provision_exec::Compilers;
use provision_oracle::normalise::Rules;
use provision_oracle::{CheckResult, Conditions, Level, Predecessor, checks};
use provision_registry::Registries;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Rules of a bundle, at most: each is tried at each text of a plan.
const MOST_RULES: usize = 100;

/// The rules that `texts` spell.
fn rules(texts: &[String]) -> Result<Rules, BundleError> {
    if texts.len() > MOST_RULES {
        return Err(BundleError::Rules {
            found: texts.len(),
            most: MOST_RULES,
        });
    }
    let rule = |text: &String| {
        text.parse().map_err(|why| BundleError::Rule {
            rule: text.clone(),
            why,
        })
    };
    let rules: Vec<_> = texts.iter().map(rule).collect::<Result<_, _>>()?;
    Ok(Rules::new(rules))
}

/// How a bundle is replayed.
#[derive(Debug, Clone, Copy)]
pub struct Replay<'r> {
    /// The bundle's file. The path of its pack may be relative to its folder.
    pub bundle: &'r Path,
    /// Where the pack is, if the user says so.
    pub pack: Option<&'r Place>,
    /// Where the release before it is, if the user says so.
    pub previous: Option<&'r Place>,
    /// What asks registries, for a pack that is in one.
    pub registries: &'r Registries,
    /// In which process guests run.
    pub isolation: &'r Isolation,
}

/// The result of replaying a failed check.
#[derive(Debug, Clone)]
pub enum Shown {
    /// The check fails with the same codes.
    Again(CheckResult),
    /// The check fails with other codes.
    Differently(CheckResult),
    /// The check no longer fails.
    NoLonger(CheckResult),
}

impl Replay<'_> {
    /// Judges the pack of `bundle` again, under the bundle's conditions.
    ///
    /// # Errors
    /// [`Error::Bundle`], before any guest runs, if the pack is another one or this
    /// version has no such check; and if the check has no result for the scope.
    pub fn check(&self, bundle: &Bundle) -> Result<Shown, Error> {
        let Bundle {
            pack,
            previous,
            check,
            scope,
            seed,
            limits,
            normalise,
            answers,
            public_base_url,
            observed,
            format: _,
            version: _,
            profile: _,
            expected: _,
        } = bundle;
        let known = checks::by_id(check).ok_or_else(|| BundleError::NoCheck(check.clone()))?;
        let read = self.load(pack, limits)?;
        let compilers = match known.level {
            Level::Should => Compilers::All,
            Level::Must | Level::Publish => Compilers::One,
        };
        let executor = self.executor(limits, compilers)?;
        let conditions = Conditions {
            limits: limits.clone(),
            public_base_url: public_base_url.clone(),
            seed: *seed,
            answers: answers.clone(),
            normalise: Arc::new(rules(normalise)?),
            ..Conditions::default()
        };
        let before = previous.as_ref().map(|previous| {
            let read = self.load_previous(previous, limits)?;
            Ok::<_, Error>(Predecessor::Pack(Box::new(open(read, &conditions))))
        });
        let examined = examine_after(
            read,
            before.transpose()?,
            &executor,
            &conditions,
            known.level,
        );
        let mut results = examined.results.into_iter();
        let result = results.find(|r| r.check == known.id && r.scope.to_string() == *scope);
        let result = result.ok_or_else(|| BundleError::NoResult {
            check: known.id,
            scope: scope.clone(),
        })?;
        Ok(if result.status < Status::Failed {
            Shown::NoLonger(result)
        } else if codes(&result.findings) == codes(observed) {
            Shown::Again(result)
        } else {
            Shown::Differently(result)
        })
    }

    /// Runs the input of `bundle` again. Returns the violation if it still shows.
    ///
    /// # Errors
    /// [`Error::Bundle`], before any guest runs, if the pack is another one.
    pub fn input(&self, bundle: &FuzzBundle) -> Result<Option<Finding>, Error> {
        let FuzzBundle {
            pack,
            seed,
            limits,
            input,
            observed,
            format: _,
            kind: _,
            version: _,
        } = bundle;
        let source = self.load(pack, limits)?.map(|read| read.source);
        let executor = self.executor(limits, Compilers::One)?;
        let conditions = fuzz::conditions(limits, *seed, Some(input.wizard.clone()));
        let label = inert(&pack.label, 200);
        let prepared = Prepared::of(&label, source, &executor, &conditions)?;
        Ok(prepared.shows(&executor, limits, input, observed))
    }

    fn load(&self, pack: &BundledPack, limits: &Limits) -> Result<super::pack::Loaded, Error> {
        let folder = self.bundle.parent().unwrap_or(Path::new(""));
        pack.load(self.pack, self.registries, folder, &limits.archive)
    }

    /// The release before the pack.
    fn load_previous(
        &self,
        pack: &BundledPack,
        limits: &Limits,
    ) -> Result<super::pack::Loaded, Error> {
        let folder = self.bundle.parent().unwrap_or(Path::new(""));
        pack.load(self.previous, self.registries, folder, &limits.archive)
    }

    fn executor(&self, limits: &Limits, compilers: Compilers) -> Result<AnyExecutor, Error> {
        self.isolation.steps(limits, compilers, None, 1)
    }
}

fn codes(findings: &[Finding]) -> BTreeSet<&str> {
    findings.iter().map(|f| f.code.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::PackRef;
    use crate::repro::bundled;
    use provision_worker::CompileTimeout;
    use std::time::Duration;

    fn bundle(digest: &str) -> Bundle {
        let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
        let pack = PackRef {
            reference: None,
            label: "noop".into(),
            path: packs.join("conforming/noop-provision"),
        };
        Bundle {
            format: 1,
            version: String::new(),
            pack: bundled(&pack, digest, true),
            previous: None,
            check: "wizard.completes".into(),
            scope: "setup_default".into(),
            profile: "core".into(),
            public_base_url: Conditions::default().public_base_url,
            seed: 0,
            limits: Limits::default(),
            normalise: Vec::new(),
            answers: None,
            expected: String::new(),
            observed: Vec::new(),
        }
    }

    /// The program for workers does not exist, so no guest can run.
    #[test]
    fn pack_with_another_digest_is_refused_before_an_executor_starts() {
        let second = Duration::from_secs(1);
        let isolation = Isolation::Workers {
            program: "/nowhere/program".into(),
            compiling: CompileTimeout {
                base: second,
                mib: second,
            },
            require_restrictions: false,
        };
        let replay = Replay {
            bundle: Path::new("bundle.json"),
            pack: None,
            previous: None,
            registries: &Registries::default(),
            isolation: &isolation,
        };
        let wrong = replay.check(&bundle(&"0".repeat(64)));
        let Err(Error::Bundle(BundleError::OtherPack { actual, .. })) = wrong else {
            unreachable!("{wrong:?}");
        };
        let right = replay.check(&bundle(&actual));
        match right {
            Err(Error::Workers(_)) => {}
            Ok(Shown::Differently(result)) => assert_eq!(result.status, Status::Error),
            other => unreachable!("{other:?}"),
        }
    }
}
