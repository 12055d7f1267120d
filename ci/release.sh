#!/usr/bin/env bash
# Makes the release of this machine's platform from the last commit, into target/dist or
# the folder of --out: the archive, its SHA-256, and the SBOM of the binary. With --verify,
# builds a second time in another folder and compares all bytes. With --name, only prints
# the name of the archive without its ending.
set -euo pipefail
cd "$(dirname "$0")/.."

out=target/dist
verify=''
only_name=''
while [ $# -gt 0 ]; do
    case $1 in
        --verify) verify=yes ;;
        --name) only_name=yes ;;
        --out)
            [ $# -gt 1 ] || { echo 'error: --out needs a folder' >&2; exit 2; }
            out=$2
            shift
            ;;
        *)
            echo "error: unknown argument: $1; usage: ci/release.sh [--verify] [--out DIR] [--name]" >&2
            exit 2
            ;;
    esac
    shift
done

name=$(ci/release/name.sh)
if [ -n "$only_name" ]; then
    echo "$name"
    exit
fi
if [ -n "$(git status --porcelain)" ]; then
    git status --short >&2
    echo 'error: a release is made from the last commit, which lacks these changes; commit or drop them first' >&2
    exit 1
fi
commit=$(git rev-parse HEAD)
# NB: the only time in the release, so that it does not depend on when it is built.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct "$commit")
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
cargo_home=${CARGO_HOME:-$HOME/.cargo}

work=$(mktemp -d)
# The path that the compiler sees, behind links.
work=$(cd "$work" && pwd -P)
trap 'rm -rf "$work"' EXIT

# Builds the commit below the folder $1, and writes the files of the release to $1/dist.
build() {
    mkdir -p "$1/source" "$1/dist"
    git archive "$commit" | tar -x -C "$1/source"
    (
        cd "$1/source"
        # Paths of this machine are replaced in whatever a compiler writes.
        export RUSTFLAGS="--remap-path-prefix=$1=/build --remap-path-prefix=$cargo_home=/cargo"
        export CFLAGS="-ffile-prefix-map=$1=/build -ffile-prefix-map=$cargo_home=/cargo"
        export RUSTC_WRAPPER="$1/source/ci/release/rustc.sh"
        # The linker of macOS has no such variable.
        if [ "$(uname -s)" = Linux ]; then
            export SAME_RANDOM="$1/same_random.so"
            cc -shared -fPIC -O1 -o "$SAME_RANDOM" ci/release/same_random.c
        fi
        export CARGO_INCREMENTAL=0 CARGO_TARGET_DIR="$1/target"
        cargo build --release --locked --bin greentic-provision \
            --message-format json-render-diagnostics >"$1/artifacts.json"
        ci/release/pack.sh "$1/target/release/greentic-provision" "$1/dist" "$1/artifacts.json"
    )
    local place
    for place in "$1" "$cargo_home"; do
        if grep -aqF "$place" "$1/target/release/greentic-provision"; then
            echo "error: the binary holds the path $place of this machine" >&2
            exit 1
        fi
    done
}

build "$work/first"
if [ -n "$verify" ]; then
    # A longer path, so that a path that is left shifts the bytes behind it.
    build "$work/second/of-another-length"
    for file in "$work"/first/dist/*; do
        other="$work/second/of-another-length/dist/${file##*/}"
        if ! cmp "$file" "$other"; then
            mkdir -p "$out/differs"
            cp "$file" "$out/differs/${file##*/}.first"
            cp "$other" "$out/differs/${file##*/}.second"
            echo "error: two builds of $commit differ in ${file##*/}; both are in $out/differs" >&2
            exit 1
        fi
    done
    cmp "$work/first/target/release/greentic-provision" \
        "$work/second/of-another-length/target/release/greentic-provision"
    echo "two builds of $commit in two folders have equal bytes"
fi
mkdir -p "$out"
cp "$work"/first/dist/* "$out/"
cat "$out/$name.tar.gz.sha256"
