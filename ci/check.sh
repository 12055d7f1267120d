#!/usr/bin/env bash
# Everything that a change has to pass, the same on a laptop and in CI.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

# A check that this machine cannot do exits 77 and says why. The last lines repeat it.
skipped=()
or_skip() {
    local status=0
    "$@" || status=$?
    [ "$status" -ne 77 ] || { skipped+=("$1"); return 0; }
    return "$status"
}

step 'formatting'
cargo fmt --all --check

step 'lints'
cargo clippy --workspace --all-targets --locked -- -D warnings

step 'documentation'
RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked --quiet

step 'tests'
cargo test --workspace --locked

# Each of these trials tries one wizard otherwise. This takes minutes.
step 'defects, in twenty wizards each'
PROVISION_SEEDS=20 cargo test --workspace --test conformance --locked -- generated::

step 'a real registry'
ci/registry.sh

step 'dependencies are compiled once'
ci/same-build.sh

step 'dependency arrows and import cycles'
ci/arrows.sh

step 'retired words'
ci/words.sh

step 'workflows, templates and scripts'
or_skip ci/workflows.sh

step 'what init writes'
or_skip ci/pipelines.sh

step 'dependencies: licences, sources, advisories'
ci/deny.sh

# Before ci/fresh.sh, whose trials overwrite the reports of all packs.
step 'JUnit, read by other people'\''s parsers'
ci/junit.sh

step 'the HTML report and the history, in a browser'
or_skip ci/page.sh

step 'shards on a real Slurm'
or_skip ci/fleet/test-slurm.sh

step 'the Kubernetes manifest, and its commands'
or_skip ci/fleet/test-kubernetes.py "${CARGO_TARGET_DIR:-target}/debug/greentic-provision"

step 'the container image'
or_skip ci/test-container.sh

step 'generated files are fresh'
ci/fresh.sh

if [ "${#skipped[@]}" -gt 0 ]; then
    step "all checks passed, and ${#skipped[@]} NOT DONE on this machine (the reason is above): ${skipped[*]}"
else
    step 'all checks passed'
fi
