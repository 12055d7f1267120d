#!/usr/bin/env bash
# Everything that a change has to pass, the same on a laptop and in CI.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

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

step 'dependencies: licences, sources, advisories'
ci/deny.sh

# Before ci/fresh.sh, whose trials overwrite the reports of all packs.
step 'JUnit, read by other people'\''s parsers'
ci/junit.sh

step 'the HTML report, in a browser'
ci/page.sh

step 'generated files are fresh'
ci/fresh.sh

step 'all checks passed'
