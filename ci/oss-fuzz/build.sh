#!/bin/bash -eu
# Builds the fuzz targets as OSS-Fuzz and ClusterFuzzLite want them: programs
# without extension in $OUT, their seeds as zips, dictionaries and options.
cd "$SRC/greentic-provision"

# rust-toolchain.toml names a stable toolchain, and fuzzing needs the nightly one
# of the image; the variable outranks the file.
export RUSTUP_TOOLCHAIN=${RUSTUP_TOOLCHAIN:-$(rustup toolchain list | grep -o '^nightly[^ ]*' | head -1)}
# OSS-Fuzz brings flags of its own for every crate; ci/fuzz-rustc.sh takes the
# coverage counters out of dependencies.
export RUSTC_WRAPPER=$PWD/ci/fuzz-rustc.sh
# FUZZ_BUILD_FLAGS=--no-default-features leaves out the targets that need Wasmtime.
# shellcheck disable=SC2086
cargo fuzz build -O ${FUZZ_BUILD_FLAGS-}

host=$(rustc -vV | sed -n 's/^host: //p')
for source in fuzz/fuzz_targets/*.rs; do
    target=$(basename "$source" .rs)
    [ -n "${FUZZ_BUILD_FLAGS-}" ] && [ ! -e "target/$host/release/$target" ] && continue
    cp "target/$host/release/$target" "$OUT/$target"
    cp "fuzz/options/$target.options" "$OUT/$target.options"
    [ -e "fuzz/dictionaries/$target.dict" ] && cp "fuzz/dictionaries/$target.dict" "$OUT/"
    folders=("corpus/seeds/$target")
    [ -d "corpus/regress/$target" ] && folders+=("corpus/regress/$target")
    zip --quiet --junk-paths --recurse-paths "$OUT/${target}_seed_corpus.zip" "${folders[@]}"
done
