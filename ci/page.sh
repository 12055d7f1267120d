#!/usr/bin/env bash
# Opens the HTML report of a hostile run, one of 5,000 packs, and the page of 200 nights in
# headless Chromium, at three widths, light and dark: what they show, that they load nothing,
# that nothing moves, and what axe-core says. With a folder, it also leaves pictures there;
# with a file that ends in .png, it draws that picture of the README and checks nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
export PAGE_TOOLS=${PAGE_TOOLS:-$target/page-tools}
BROWSER=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
export BROWSER
skip() {
    echo "SKIPPED: $1, so the pages are not opened" >&2
    exit 77
}
[ -n "$BROWSER" ] || skip 'no Chromium is installed (Debian: chromium)'
command -v node >/dev/null || skip 'no Node.js is installed (Debian: nodejs)'
for package in axe-core playwright-core; do
    [ -d "$PAGE_TOOLS/node_modules/$package" ] ||
        skip "$package of ci/page/package-lock.json is not in $PAGE_TOOLS (.ci/run installs it)"
done

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cargo build --quiet --workspace --locked --bin greentic-provision
provision=$(realpath "$target")/debug/greentic-provision
judge() {
    local code=0
    "$provision" conformance --out "$out" --html "$out/report.html" --report "$out/report.json" --packs "$@" \
        >/dev/null 2>&1 || code=$?
    # NB: with any other code there is no report of these packs.
    [ "$code" -eq 1 ] || [ "$code" -eq 4 ] || { echo "conformance ended with $code" >&2; exit 1; }
}

case ${1:-} in
    *.png)
        judge packs/conforming packs/nonconforming/golden-mismatch packs/nonconforming/trap-apply \
            packs/nonconforming/webhook-http
        node ci/page/pictures.mjs "$out/report.html" "$1"
        exit 0
        ;;
esac

judge packs
ci/page/many_packs.py "$out/events.jsonl" 5000 "$out/many.jsonl"
"$provision" report render "$out/many.jsonl" --html "$out/many.html" >/dev/null || [ "$?" -eq 4 ]
ci/page/many_nights.py "$out/report.json" 200 262 "$out/nights"
begin=$(date +%s%N)
"$provision" report history "$out/nights" --html "$out/history.html" >/dev/null
bytes=$(stat --format=%s "$out/history.html")
echo "200 nights of 262 packs: $bytes bytes, written in $((($(date +%s%N) - begin) / 1000000)) ms by an unoptimised build"
[ "$bytes" -lt 5000000 ] || { echo 'the page of 200 nights is larger than 5 MB' >&2; exit 1; }
timeout 1800 node ci/page/check.mjs "$out/report.html" "$out/report.json" "$out/many.html" 5000 "$out/history.html"
if [ -n "${1:-}" ]; then
    node ci/page/pictures.mjs "$out/report.html" "$1"
    node ci/page/pictures.mjs "$out/history.html" "$1"
fi
