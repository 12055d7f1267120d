#!/usr/bin/env bash
# Checks that take too long for each change: the differential run over more than
# 100 000 archives, the bench that bounds memory and time of each archive mutation,
# 500 processes killed while they apply, a run without each check, a bug planted at
# each boundary, the edges that the seeds reach, the build of ClusterFuzzLite, and ten
# minutes of each fuzz target (or MINUTES).
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

# Four properties, each over this many archives.
step "differential run: 4 x ${CASES:=30000} archives"
PROPTEST_CASES=$CASES cargo test --release --locked -p provision-oracle --test suite mutations::

step 'time and memory of each archive mutation'
cargo bench --locked --workspace --bench mutations

step "killed while applying: ${KILLS:=500} processes"
GREENTIC_CRASH_KILLS=$KILLS GREENTIC_CRASH_INSTALLS=50 \
    cargo test --locked --workspace --test apply crash::

step 'each check finds nothing'
ci/mutations.sh

step 'planted bugs are found'
ci/planted.sh

step 'the seeds reach what they did'
SECONDS_EACH=5 ci/fuzz-smoke.sh

step 'the build of ClusterFuzzLite'
SECONDS_EACH=5 ci/fleet/test-clusterfuzzlite.sh

# MINUTES each; FUZZ_TOOLCHAIN pins the nightly.
step "fuzzing, ${MINUTES:=10} minutes each"
MINUTES=$MINUTES ci/fuzz-nightly.sh
