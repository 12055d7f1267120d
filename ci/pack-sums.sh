#!/usr/bin/env bash
# Prints the SHA-256 sums of the built guests, as packs/sources/SHA256SUMS has them.
set -euo pipefail
cd "$(dirname "$0")/../packs"

find sources/built conforming hostile nonconforming/rust-wasi-step -name '*.wasm' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
