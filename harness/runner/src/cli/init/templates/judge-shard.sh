set -eu
"$HARNESS_DIR/greentic-provision" conformance --config @CONFIG@ --shard @SHARD@ \
  --out @OUT@
