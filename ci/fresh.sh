#!/usr/bin/env bash
# Proves that all generated files are what the sources give today: ci/bless.sh
# writes them again, and git must see no difference.
set -euo pipefail
cd "$(dirname "$0")/.."

generated=(golden reports/CHECKS.md fuzz/THREATS.md fuzz/options fuzz/Cargo.toml corpus/seeds harness/runner/tests/contract)
if [ -n "$(git status --porcelain -- "${generated[@]}")" ]; then
    git status --short -- "${generated[@]}"
    echo 'error: generated files have uncommitted changes; commit or drop them first' >&2
    exit 1
fi
ci/bless.sh
if [ -n "$(git status --porcelain -- "${generated[@]}")" ]; then
    git --no-pager diff --stat -- "${generated[@]}"
    git status --short -- "${generated[@]}"
    git checkout --quiet -- "${generated[@]}"
    git clean --quiet --force -- "${generated[@]}"
    echo 'error: these generated files are stale; run ci/bless.sh, read the difference and commit it' >&2
    exit 1
fi
echo "$(git ls-files -- "${generated[@]}" | wc -l) generated files are fresh"
