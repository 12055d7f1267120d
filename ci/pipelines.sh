#!/usr/bin/env bash
# Lints the pipelines that `greentic-provision init` writes: for each service, with and
# without shards. A linter that is not installed is named and left out; with --require, the
# script fails instead. `pip install zizmor check-jsonschema` installs the first two.
set -euo pipefail
cd "$(dirname "$0")/.."

require=${1-}
program=${PROGRAM:-$PWD/target/debug/greentic-provision}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# has LINTER: whether it is installed.
has() {
    command -v "$1" >/dev/null && return
    if [ "$require" = --require ]; then
        echo "error: $1 is not installed; pip install zizmor check-jsonschema" >&2
        exit 1
    fi
    return 1
}
for linter in zizmor check-jsonschema; do
    has "$linter" || echo "not installed, so not run: $linter" >&2
done

for shards in 1 2; do
    repository=$work/$shards
    mkdir -p "$repository/packs"
    cp -r packs/conforming/noop-provision packs/nonconforming/golden-mismatch "$repository/packs"
    "$program" init "$repository" --shards "$shards" --platform github --platform gitlab \
        --platform jenkins --platform buildkite >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
    (
        cd "$repository"
        if has zizmor; then
            zizmor --offline --quiet --persona auditor .github/workflows/conformance.yml
        fi
        if has check-jsonschema; then
            check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/conformance.yml
            check-jsonschema --builtin-schema custom.github-workflows-require-timeout .github/workflows/conformance.yml
            check-jsonschema --builtin-schema vendor.gitlab-ci .gitlab/conformance.yml
            check-jsonschema --builtin-schema vendor.buildkite .buildkite/conformance.yml
            check-jsonschema --check-metaschema conformance.schema.json
            check-jsonschema --schemafile conformance.schema.json conformance.toml
        fi
    )
done
