#!/usr/bin/env bash
# Proves that the generated files are what the sources give today: ci/bless.sh
# deletes them and writes them again, and git must see no difference.
set -euo pipefail
cd "$(dirname "$0")/.."

readarray -t generated < <(ci/bless.sh --list)
# The check restores the files afterwards, so it would destroy uncommitted changes.
if [ -n "$(git status --porcelain -- "${generated[@]}")" ]; then
    git status --short -- "${generated[@]}" >&2
    echo 'error: generated files have uncommitted changes; commit or drop them first' >&2
    exit 1
fi
restore() {
    git checkout --quiet -- "${generated[@]}"
    git clean --quiet --force -d -- "${generated[@]}"
}
trap restore EXIT
ci/bless.sh
stale=$(git status --porcelain -- "${generated[@]}")
if [ -n "$stale" ]; then
    git --no-pager diff --stat --patch -- "${generated[@]}" | head -n 200
    echo "$stale" >&2
    echo 'error: these generated files are stale; run ci/bless.sh, read the difference and commit it' >&2
    exit 1
fi
echo "$(git ls-files -- "${generated[@]}" | wc -l) generated files are fresh"
