#!/usr/bin/env bash
# Judges packs as an array of Slurm, and merges the shards in a job that starts when all
# tasks of the array have ended.
#
#   PACKS=/shared/packs OUT=/shared/run ci/fleet/slurm.sh TASKS [FLAGS OF SBATCH...]
#
# PACKS and OUT are folders that all nodes see; OUT has to be a new one. PROGRAM names the
# binary (greentic-provision), and FLAGS further flags of `conformance` (--profile publish).
# Prints the ids of the array and of the merge job, whose exit code is that of the whole
# run. If the node of task 3 failed, run `conformance --shard 4/TASKS --out OUT/shard-3` in a
# job of its own (an array of one task would be shard 1 of 1), and merge again.
set -euo pipefail

: "${PROGRAM:=greentic-provision}"

submit() {
    if [ "$#" -lt 1 ] || ! [ "$1" -ge 1 ] 2>/dev/null || [ -z "${PACKS-}" ] || [ -z "${OUT-}" ]; then
        echo 'usage: PACKS=FOLDER OUT=NEW-FOLDER ci/fleet/slurm.sh TASKS [FLAGS OF SBATCH...]' >&2
        exit 2
    fi
    tasks=$1
    shift
    # Shards of an earlier run in the same folder would be merged with those of this one.
    mkdir -p "$(dirname "$OUT")"
    mkdir "$OUT" || { echo "error: OUT has to be a new folder, and its parent writable: $OUT" >&2; exit 2; }
    OUT=$(cd "$OUT" && pwd)
    # Variables of a CI job that submits this would contradict those of the array.
    unset CI_NODE_INDEX CI_NODE_TOTAL BUILDKITE_PARALLEL_JOB BUILDKITE_PARALLEL_JOB_COUNT \
        CIRCLE_NODE_INDEX CIRCLE_NODE_TOTAL JOB_COMPLETION_INDEX PROVISION_SHARD_COUNT
    export PACKS OUT PROGRAM FLAGS=${FLAGS-} FLEET_STEP FLEET_TASKS=$tasks
    # Two packs at a time: for each, a worker runs steps and another compiles, and each may
    # use 1 GiB. The supervisor takes the rest.
    FLEET_STEP=shard
    array=$(sbatch --parsable --job-name=conformance --array="0-$((tasks - 1))" \
        --cpus-per-task=2 --mem=5G --output="$OUT/task-%a.log" "$@" "$0")
    FLEET_STEP=merge
    # Also after tasks that failed: the merge names the shards that are missing.
    merge=$(sbatch --parsable --job-name=conformance-merge --dependency="afterany:$array" \
        --cpus-per-task=1 --mem=2G --output="$OUT/merge.log" "$@" "$0")
    echo "$array $merge"
}

judge() {
    # Compiled code stays on the node: see README.md on shared compile caches.
    local scratch
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    # NB: FLAGS is a list of words.
    # shellcheck disable=SC2086
    "$PROGRAM" conformance --packs "$PACKS" --shard auto --jobs 2 --cache "$scratch/cache" \
        --out "$OUT/shard-$SLURM_ARRAY_TASK_ID" ${FLAGS-}
}

merge() {
    streams=()
    for ((task = 0; task < FLEET_TASKS; task++)); do
        # The merge says which shards are missing; one without packs is not.
        [ -e "$OUT/shard-$task/events.jsonl" ] && streams+=("$OUT/shard-$task/events.jsonl")
    done
    "$PROGRAM" report merge "${streams[@]}" --out "$OUT/events.jsonl" \
        --report "$OUT/report.json" --junit "$OUT/junit.xml" --markdown "$OUT/summary.md"
}

case ${FLEET_STEP-submit} in
    submit) submit "$@" ;;
    shard) judge ;;
    merge) merge ;;
    *) echo "error: FLEET_STEP is ${FLEET_STEP}, not shard or merge" >&2; exit 2 ;;
esac
