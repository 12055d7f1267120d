#!/usr/bin/env bash
# Tries the release of this platform in the folder $1 as a user does: checks the sum, unpacks
# it, requires that it catches planted defects, and judges packs, in a folder without sources.
set -euo pipefail
cd "$(dirname "$0")/../.."

dist=$(cd "${1:?usage: ci/release/try.sh FOLDER}" && pwd)
name=$(ci/release/name.sh)
packs=$PWD/packs/conforming
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if command -v sha256sum >/dev/null; then
    (cd "$dist" && sha256sum --check --strict --quiet "$name.tar.gz.sha256")
else
    (cd "$dist" && shasum -a 256 --check --strict --quiet "$name.tar.gz.sha256")
fi
cd "$work"
begin=$(date +%s)
tar -xzf "$dist/$name.tar.gz"
program="$work/$name/greentic-provision"
# Packs without signatures pass `core`; some set nothing up, so a run of all of them passes.
"$program" conformance --packs "$packs" --no-cache --report report.json
echo "unpacked and judged in $(($(date +%s) - begin)) s"
"$program" doctor --self-test
