#!/usr/bin/env bash
# Lints what runs in pipelines: the workflows, the action, the templates for other projects,
# the forms of issues, and all shell scripts. Holds the SBOM of a release to the schema of
# CycloneDX. ci/linters.txt has the linters; `.ci/run` installs them into target/linters. Ends
# with 77 if one is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=${CARGO_TARGET_DIR:-$PWD/target}/linters/bin:$PATH

for linter in zizmor check-jsonschema shellcheck; do
    if ! command -v "$linter" >/dev/null; then
        echo "SKIPPED: $linter is not installed (pip install -r ci/linters.txt; Debian: shellcheck), so workflows are not linted" >&2
        exit 77
    fi
done

if ! python3 -c 'import cyclonedx.validation.json' 2>/dev/null; then
    echo 'SKIPPED: cyclonedx-python-lib is not installed (pip install -r ci/linters.txt), so nothing is linted' >&2
    exit 77
fi

workflows=(.github/workflows/*.yml ci/fleet/github-matrix.yml ci/fleet/clusterfuzzlite.yml ci/recipes/github.yml)
# What the linters' rules do not ask: each action of others has a commit, and its version in
# a comment, so that a reader and an updating bot know it.
pinned='uses: [A-Za-z0-9_./-]+@[0-9a-f]{40} # v[0-9][0-9.]*$'
unpinned=$(grep -nE '^[^#]*uses: ' "${workflows[@]}" ci/action/action.yml | grep -vE "$pinned|uses: \./" || true)
if [ -n "$unpinned" ]; then
    printf '%s\n' "$unpinned" >&2
    echo 'error: these actions have no commit with its version behind it (uses: OWNER/NAME@COMMIT # v1.2.3)' >&2
    exit 1
fi
zizmor --offline --quiet --strict-collection "${workflows[@]}" ci/action/action.yml

schema() {
    check-jsonschema --builtin-schema "vendor.$1" "${@:2}"
}
schema github-workflows "${workflows[@]}"
schema github-actions ci/action/action.yml
schema github-issue-forms .github/ISSUE_TEMPLATE/*.yml
schema gitlab-ci ci/gitlab.yml
schema buildkite ci/recipes/buildkite.yml

readarray -t scripts < <(git grep -lE '^#!.*\b(ba)?sh$' -- . ':!packs' ':!corpus'; git ls-files 'ci/*-lib.sh')
shellcheck --external-sources "${scripts[@]}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Any file stands for the binary: the SBOM has only its digest.
SOURCE_DATE_EPOCH=0 ci/release/sbom.py --binary LICENSE --artifacts '' --sbom "$work/sbom" --notices "$work/notices"
python3 - "$work/sbom" <<'PYTHON'
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

fault = JsonStrictValidator(SchemaVersion.V1_5).validate_str(open(sys.argv[1]).read())
if fault:
    sys.exit(f"error: the SBOM is not CycloneDX 1.5: {str(fault)[:1000]}")
PYTHON

echo "${#workflows[@]} workflows, the action, the templates and ${#scripts[@]} scripts have no finding"
