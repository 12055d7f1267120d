#!/usr/bin/env bash
# Packs the binary $1 as a release, into the folder $2: the archive, its SHA-256 and the
# SBOM. $3 is what `cargo build --message-format json` wrote about the build; without it,
# the SBOM is not compared with what was compiled. SOURCE_DATE_EPOCH dates all files.
set -euo pipefail
cd "$(dirname "$0")/../.."

[ $# -ge 2 ] || { echo 'error: usage: ci/release/pack.sh BINARY FOLDER [ARTIFACTS.JSON]' >&2; exit 2; }
[ -n "${SOURCE_DATE_EPOCH-}" ] || { echo 'error: SOURCE_DATE_EPOCH is not set' >&2; exit 2; }
binary=$1
out=$2
artifacts=${3-}

name=$(ci/release/name.sh)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree="$work/$name"
mkdir -p "$tree/completions"
cp "$binary" "$tree/greentic-provision"
chmod 755 "$tree/greentic-provision"
cp LICENSE README.md "$tree/"
"$binary" completions bash >"$tree/completions/greentic-provision.bash"
"$binary" completions zsh >"$tree/completions/_greentic-provision"
"$binary" completions fish >"$tree/completions/greentic-provision.fish"
"$binary" man "$tree/man"
python3 ci/release/sbom.py --binary "$binary" --artifacts "$artifacts" \
    --sbom "$work/sbom" --notices "$tree/THIRD-PARTY.txt"

mkdir -p "$out"
cp "$work/sbom" "$out/$name.cdx.json"
python3 ci/release/archive.py "$tree" "$out/$name.tar.gz"
cd "$out"
if command -v sha256sum >/dev/null; then
    sha256sum "$name.tar.gz" >"$name.tar.gz.sha256"
else
    # macOS.
    shasum -a 256 "$name.tar.gz" >"$name.tar.gz.sha256"
fi
