use super::*;
use std::collections::BTreeMap;

/// The shard that `text` names: variables with their values, separated by spaces.
fn of(text: &str) -> Result<Shard, EngineError> {
    let pairs = text.split_whitespace().map(|pair| {
        let (name, value) = pair.split_once('=').expect("a variable");
        (name.to_owned(), value.to_owned())
    });
    let variables: BTreeMap<String, String> = pairs.collect();
    shard(|name| variables.get(name).cloned())
}

fn at(index: u64, count: u64) -> Result<Shard, EngineError> {
    Ok(Shard { index, count })
}

#[test]
fn first_and_last_process_of_each_engine_are_the_first_and_the_last_shard() {
    let slurm = "SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=3 SLURM_ARRAY_TASK_COUNT=4";
    for (first, last, rest) in [
        (
            "JOB_COMPLETION_INDEX=0",
            "JOB_COMPLETION_INDEX=3",
            "PROVISION_SHARD_COUNT=4",
        ),
        ("SLURM_ARRAY_TASK_ID=0", "SLURM_ARRAY_TASK_ID=3", slurm),
        (
            "AWS_BATCH_JOB_ARRAY_INDEX=0",
            "AWS_BATCH_JOB_ARRAY_INDEX=3",
            "AWS_BATCH_JOB_ARRAY_SIZE=4",
        ),
        (
            "CLOUD_RUN_TASK_INDEX=0",
            "CLOUD_RUN_TASK_INDEX=3",
            "CLOUD_RUN_TASK_COUNT=4",
        ),
        ("CI_NODE_INDEX=1", "CI_NODE_INDEX=4", "CI_NODE_TOTAL=4"),
        (
            "BUILDKITE_PARALLEL_JOB=0",
            "BUILDKITE_PARALLEL_JOB=3",
            "BUILDKITE_PARALLEL_JOB_COUNT=4",
        ),
        (
            "CIRCLE_NODE_INDEX=0",
            "CIRCLE_NODE_INDEX=3",
            "CIRCLE_NODE_TOTAL=4",
        ),
    ] {
        assert_eq!(of(&format!("{first} {rest}")), at(1, 4), "{first}");
        assert_eq!(of(&format!("{last} {rest}")), at(4, 4), "{last}");
    }
}

#[test]
fn slurm_array_may_begin_anywhere_and_have_a_step() {
    let array = |id: u64| {
        of(&format!(
            "SLURM_ARRAY_TASK_ID={id} SLURM_ARRAY_TASK_MIN=10 SLURM_ARRAY_TASK_MAX=30 \
             SLURM_ARRAY_TASK_STEP=10 SLURM_ARRAY_TASK_COUNT=3"
        ))
    };
    assert_eq!(array(10), at(1, 3));
    assert_eq!(array(30), at(3, 3));
    assert!(matches!(array(15), Err(EngineError::Gaps { .. })));
    assert!(matches!(array(40), Err(EngineError::Range { .. })));
    for (max, step, count) in [(30, 10, 2), (32, 10, 3), (30, 0, 3), (5, 10, 3)] {
        let listed = of(&format!(
            "SLURM_ARRAY_TASK_ID=10 SLURM_ARRAY_TASK_MIN=10 SLURM_ARRAY_TASK_MAX={max} \
             SLURM_ARRAY_TASK_STEP={step} SLURM_ARRAY_TASK_COUNT={count}"
        ));
        assert!(
            matches!(listed, Err(EngineError::Gaps { .. })),
            "{listed:?}"
        );
    }
}

#[test]
fn variables_that_name_no_shard_are_shown_with_what_they_hold() {
    let largest = format!("JOB_COMPLETION_INDEX=0 PROVISION_SHARD_COUNT={}", u64::MAX);
    assert_eq!(of(&largest), at(1, u64::MAX));
    for (variables, said) in [
        (
            "",
            "JOB_COMPLETION_INDEX and PROVISION_SHARD_COUNT (Kubernetes",
        ),
        (
            "JOB_COMPLETION_INDEX=2",
            "JOB_COMPLETION_INDEX=2, and PROVISION_SHARD_COUNT is not set",
        ),
        (
            "PROVISION_SHARD_COUNT=2",
            "PROVISION_SHARD_COUNT=2, and JOB_COMPLETION_INDEX is not set",
        ),
        (
            "SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=4",
            "SLURM_ARRAY_TASK_ID=1, SLURM_ARRAY_TASK_COUNT=4, and SLURM_ARRAY_TASK_MIN is not set",
        ),
        (
            "CLOUD_RUN_TASK_INDEX=one CLOUD_RUN_TASK_COUNT=4",
            "CLOUD_RUN_TASK_INDEX=one is not a whole number",
        ),
        (
            "CLOUD_RUN_TASK_INDEX=-1 CLOUD_RUN_TASK_COUNT=4",
            "CLOUD_RUN_TASK_INDEX=-1 is not a whole number",
        ),
        (
            "CI_NODE_INDEX=0 CI_NODE_TOTAL=4",
            "CI_NODE_INDEX=0, CI_NODE_TOTAL=4: the number of the process has to be from 1 to 4",
        ),
        (
            "BUILDKITE_PARALLEL_JOB=4 BUILDKITE_PARALLEL_JOB_COUNT=4",
            "has to be from 0 to 3",
        ),
        (
            "AWS_BATCH_JOB_ARRAY_INDEX=0 AWS_BATCH_JOB_ARRAY_SIZE=0",
            "AWS_BATCH_JOB_ARRAY_INDEX=0, AWS_BATCH_JOB_ARRAY_SIZE=0",
        ),
        (
            "CIRCLE_NODE_INDEX=0 CIRCLE_NODE_TOTAL=2 CI_NODE_INDEX=2 CI_NODE_TOTAL=2",
            "CI_NODE_INDEX=2, CI_NODE_TOTAL=2 say shard 2/2, and CIRCLE_NODE_INDEX=0, \
             CIRCLE_NODE_TOTAL=2 say shard 1/2",
        ),
    ] {
        let error = of(variables).expect_err(variables).to_string();
        assert!(error.contains(said), "{variables}: {error}");
        assert!(error.contains("--shard I/N"), "{variables}: {error}");
    }
}

#[test]
fn engine_that_counts_jobs_that_it_does_not_split_is_left_out() {
    let array = "AWS_BATCH_JOB_ARRAY_INDEX=1 AWS_BATCH_JOB_ARRAY_SIZE=2";
    assert_eq!(of(&format!("CI_NODE_TOTAL=1 {array}")), at(2, 2));
    assert_eq!(of("CI_NODE_TOTAL=1"), Err(EngineError::Unset));
}

#[test]
fn engines_that_agree_name_one_shard() {
    let both = "CI_NODE_INDEX=2 CI_NODE_TOTAL=3 CIRCLE_NODE_INDEX=1 CIRCLE_NODE_TOTAL=3";
    assert_eq!(of(both), at(2, 3));
}

#[test]
fn readme_has_a_row_for_each_engine() {
    let readme = include_str!("../../../README.md");
    for engine in &ENGINES {
        let first = match engine.numbers {
            Numbers::From(from) => from.to_string(),
            Numbers::Between { first, .. } => format!("`{first}`"),
        };
        let Engine {
            name, index, count, ..
        } = engine;
        let row = format!("| {name} | `{index}`, from {first} | `{count}`");
        assert!(readme.contains(&row), "no row: {row}");
    }
}
