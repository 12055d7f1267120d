#!/usr/bin/env bash
# Checks dependencies against deny.toml: licences, sources and duplicates, and
# known vulnerabilities where the advisory database can be reached.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! cargo deny --version >/dev/null 2>&1; then
    echo 'SKIPPED: cargo-deny is not installed (cargo install cargo-deny --locked), so dependencies are not checked' >&2
    exit 0
fi
cargo deny --offline --locked check bans licenses sources
if timeout 120 cargo deny fetch db >/dev/null 2>&1; then
    cargo deny --offline --locked check advisories
else
    echo 'SKIPPED: the advisory database cannot be fetched, so known vulnerabilities are not looked for' >&2
fi
