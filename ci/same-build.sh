#!/usr/bin/env bash
# Proves that `cargo test --workspace` and a build of the binary ask the same features of
# their dependencies, so that nothing is compiled twice; harness/runner/Cargo.toml says
# how features differ. Cheap after `cargo test --workspace`, when all is compiled.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cargo build --quiet --locked --bin greentic-provision --message-format json >"$work/binary"
cargo test --quiet --workspace --locked --no-run --message-format json >"$work/tests"
# A file's name has a hash of the crate's features and profile.
python3 - "$work/binary" "$work/tests" <<'PYTHON'
import json
import sys


def artifacts(path):
    """The files that cargo compiled for dependencies, with their crate and features."""
    found = {}
    for line in open(path):
        message = json.loads(line)
        if message["reason"] == "compiler-artifact" and "registry+" in message["package_id"]:
            crate = f"{message['target']['name']} with the features {message['features']}"
            found.update({file: crate for file in message["filenames"]})
    return found


binary, tests = map(artifacts, sys.argv[1:])
if len(binary) < 100:
    sys.exit(f"error: cargo names {len(binary)} files of dependencies, which cannot be all")
twice = sorted({crate for file, crate in binary.items() if file not in tests})
if twice:
    print("error: `cargo test --workspace` compiles these crates again:", file=sys.stderr)
    sys.exit("\n".join(f"  {crate}" for crate in twice))
print("the binary and the tests share all compiled dependencies")
PYTHON
