#!/usr/bin/env bash
# Prints the text of the release of the tag $1: the section of the changelog (or of the file
# $2) about its version. Refuses a tag that is not the version of the program.
set -euo pipefail
cd "$(dirname "$0")/../.."

tag=${1:?usage: ci/release/notes.sh TAG [CHANGELOG]}
changelog=${2:-.github/CHANGELOG.md}
package=$(cargo pkgid --offline -p greentic-provision)
version=${package##*[@#]}
if [ "$tag" != "v$version" ]; then
    echo "error: the tag $tag is not the version $version of Cargo.toml; tag v$version, or change the version" >&2
    exit 1
fi
repository=$(sed -n 's/^repository = "\(.*\)"$/\1/p' Cargo.toml)
# Links of the changelog lead from its folder.
notes=$(
    awk -v head="## $version" '
        /^## / { inside = $0 == head; next }
        inside
    ' "$changelog" | sed "s#](\.\./#]($repository/blob/$tag/#g"
)
if [ -z "${notes//[[:space:]]/}" ]; then
    echo "error: $changelog has no section \"## $version\", or an empty one; rename \"## Unreleased\"" >&2
    exit 1
fi
printf '%s\n' "$notes"
