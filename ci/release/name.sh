#!/usr/bin/env bash
# Prints the name of the release's archive on this machine's platform, without its ending:
# program, version and target. [package.metadata.binstall] and ci/action expect this name.
set -euo pipefail
cd "$(dirname "$0")/../.."

package=$(cargo pkgid --offline -p greentic-provision)
target=$(rustc -vV | sed -n 's/^host: //p')
echo "greentic-provision-${package##*[@#]}-$target"
