#!/usr/bin/env bash
# Lints what `greentic-provision init` writes for each CI service, with and without shards.
# Exits 77 if zizmor and check-jsonschema (both on PyPI) are not installed.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-$PWD/target}
PATH=$target/linters/bin:$PATH
for linter in zizmor check-jsonschema; do
    command -v "$linter" >/dev/null && continue
    echo "SKIPPED: $linter is not installed (pip install -r ci/linters.txt), so what init writes is not linted" >&2
    exit 77
done
cargo build --quiet --workspace --locked --bin greentic-provision
program=$target/debug/greentic-provision
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for shards in 1 2; do
    repository=$work/$shards
    mkdir -p "$repository/packs"
    cp -r packs/conforming/noop-provision packs/nonconforming/golden-mismatch "$repository/packs"
    "$program" init "$repository" --shards "$shards" --platform github --platform gitlab \
        --platform jenkins --platform buildkite >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
    (
        cd "$repository"
        zizmor --offline --quiet --persona auditor .github/workflows/conformance.yml
        check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/conformance.yml
        check-jsonschema --builtin-schema custom.github-workflows-require-timeout .github/workflows/conformance.yml
        check-jsonschema --builtin-schema vendor.gitlab-ci .gitlab/conformance.yml
        check-jsonschema --builtin-schema vendor.buildkite .buildkite/conformance.yml
        check-jsonschema --check-metaschema conformance.schema.json
        check-jsonschema --schemafile conformance.schema.json conformance.toml
    )
done
