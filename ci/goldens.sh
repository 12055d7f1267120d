#!/usr/bin/env bash
# Proves that golden/ is what the packs give today: every snapshot is written
# again from nothing and must come out the same.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -n "$(git status --porcelain -- golden)" ]; then
    echo 'error: golden/ has uncommitted changes; commit or drop them first' >&2
    exit 1
fi
find golden -name '*.snap' -delete
# The expected outcome is decided by git below, not by this run.
INSTA_UPDATE=always INSTA_OUTPUT=none \
    cargo test --workspace --locked --test conformance -- ::golden >/dev/null 2>&1 || true
if [ -n "$(git status --porcelain -- golden)" ]; then
    git --no-pager diff -- golden
    git status --short -- golden
    git checkout --quiet -- golden
    echo 'error: golden/ is stale; see the README on blessing' >&2
    exit 1
fi
echo "$(find golden -name '*.snap' | wc -l) goldens are fresh"
