#!/usr/bin/env bash
# Lints what runs in pipelines: the workflows, the action, the templates for other projects,
# the forms of issues, and all shell scripts. ci/linters.txt has the linters; `.ci/run`
# installs them into target/linters. Ends with 77 if one is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=${CARGO_TARGET_DIR:-$PWD/target}/linters/bin:$PATH

for linter in zizmor check-jsonschema shellcheck; do
    if ! command -v "$linter" >/dev/null; then
        echo "SKIPPED: $linter is not installed (pip install -r ci/linters.txt; Debian: shellcheck), so workflows are not linted" >&2
        exit 77
    fi
done

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
echo "${#workflows[@]} workflows, the action, the templates and ${#scripts[@]} scripts have no finding"
