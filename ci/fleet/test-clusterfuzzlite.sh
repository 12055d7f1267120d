#!/usr/bin/env bash
# Builds and runs the files of .clusterfuzzlite as far as that goes without its base image:
# the build script on a copy of the tracked files, in the folders that the image has, and each
# program that it leaves in $OUT with the flags of ClusterFuzzLite's runner. What is not tried
# is the image itself: its compiler, its check of the builds, and the upload of a corpus.
#
#   ci/fleet/test-clusterfuzzlite.sh           [SECONDS_EACH=5] [FUZZ_BUILD_FLAGS=…]
#
# Needs cargo-fuzz, a nightly toolchain, zip and unzip; exits 77 and says why without them.
# The first build takes as long as that of ci/fuzz-smoke.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."
. ci/fuzz-lib.sh
: "${SECONDS_EACH:=5}"

for tool in cargo-fuzz zip unzip; do
    command -v "$tool" >/dev/null || {
        echo "SKIPPED ci/fleet/test-clusterfuzzlite.sh: $tool is not installed" >&2
        exit 77
    }
done
need_cargo_fuzz

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SRC=$work/src OUT=$work/out
mkdir -p "$SRC/greentic-provision" "$OUT" target/clusterfuzzlite
# What `COPY . $SRC/greentic-provision` copies in a fresh checkout.
git ls-files -z | tar --null --files-from=- --create | tar --extract --directory="$SRC/greentic-provision"
ln -s "$PWD/target/clusterfuzzlite" "$SRC/greentic-provision/target"
copied=$(sed -n 's/^COPY \(ci[^ ]*\) .*/\1/p' .clusterfuzzlite/Dockerfile)
cp "$copied" "$SRC/build.sh"
grep -q '^language: rust$' .clusterfuzzlite/project.yaml
(unset CARGO_TARGET_DIR RUSTC_WRAPPER && cd "$SRC/greentic-provision" && bash -eu "$SRC/build.sh")

count=0
for options in "$OUT"/*.options; do
    target=$(basename "$options" .options)
    seeds=$work/corpus/$target
    mkdir -p "$seeds"
    unzip -q -o "$OUT/${target}_seed_corpus.zip" -d "$seeds"
    [ -n "$(ls -A "$seeds")" ] || { echo "error: $target has no seeds" >&2; exit 1; }
    flags=(-timeout=25 -rss_limit_mb=2560 "-max_total_time=$SECONDS_EACH" "-artifact_prefix=$work/")
    max_len=$(sed -n 's/^max_len = /-max_len=/p' "$options")
    [ -n "$max_len" ] && flags+=("$max_len")
    [ -e "$OUT/$target.dict" ] && flags+=("-dict=$OUT/$target.dict")
    if ! "$OUT/$target" "${flags[@]}" "$seeds" >"$work/log" 2>&1; then
        tail -n 20 "$work/log" >&2
        echo "error: $target fails" >&2
        exit 1
    fi
    printf '%-16s %s\n' "$target" "$(grep -o 'DONE.*' "$work/log" | head -1)"
    count=$((count + 1))
done
expected=$(targets | wc -l)
if [ -z "${FUZZ_BUILD_FLAGS-}" ] && [ "$count" -ne "$expected" ]; then
    echo "error: $count programs in \$OUT, and $expected targets" >&2
    exit 1
fi
[ "$count" -gt 0 ] || { echo "error: no programs in $OUT" >&2; exit 1; }
echo "$count of $expected targets built and ran as ClusterFuzzLite runs them, without its base image"
