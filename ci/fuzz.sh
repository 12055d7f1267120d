#!/usr/bin/env bash
# Fuzzes one target on its seeds, with its options and without counters in
# dependencies: ci/fuzz.sh TARGET [FLAG OF LIBFUZZER]…
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/fuzz-lib.sh

if [ ! -e "fuzz/fuzz_targets/${1-}.rs" ]; then
    echo "usage: $0 TARGET [FLAG OF LIBFUZZER]…" >&2
    echo "targets: $(targets | paste -sd ' ')" >&2
    exit 2
fi
need_cargo_fuzz
target=$1
mkdir -p "fuzz/corpus/$target"
folders=("fuzz/corpus/$target" "corpus/seeds/$target")
[ -d "corpus/regress/$target" ] && folders+=("corpus/regress/$target")
readarray -t flags < <(flags "$target")
exec cargo "+$FUZZ_TOOLCHAIN" fuzz run -O "$target" "${folders[@]}" -- "${flags[@]}" "${@:2}"
