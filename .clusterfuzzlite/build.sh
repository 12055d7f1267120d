#!/bin/bash -eu
# The same as for OSS-Fuzz.
exec bash "$SRC/greentic-provision/ci/oss-fuzz/build.sh"
