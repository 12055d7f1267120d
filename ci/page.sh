#!/usr/bin/env bash
# Opens the HTML report of a hostile run in headless Chromium: the script that
# filters runs under the page's own policy, nothing else does, nothing is
# loaded, and without scripts everything is there.
set -euo pipefail
cd "$(dirname "$0")/.."

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
    echo 'SKIPPED: no Chromium is installed (Debian: chromium), so the HTML report is not opened' >&2
    exit 0
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cargo run --quiet --locked --bin greentic-provision -- conformance --packs packs \
    --out "$out" --html "$out/report.html" --report "$out/report.json" >/dev/null 2>&1 || true

dom() {
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$out/profile" \
        --enable-logging=stderr --v=0 --dump-dom "file://$out/report.html$1" \
        >"$out/dom$2.html" 2>"$out/log$2.txt"
}
dom '' all
dom '#verdict=pass' pass
timeout 120 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$out/profile" \
    --window-size=1400,1000 --screenshot="${SCREENSHOT:-$out/page.png}" "file://$out/report.html" \
    >/dev/null 2>&1

python3 - "$out" <<'PYTHON'
import json
import re
import sys

out = sys.argv[1]
report = json.load(open(f"{out}/report.json"))
packs = len(report["packs"])
passing = report["summary"]["verdicts"]["pass"]
every, only = (open(f"{out}/dom{n}.html").read() for n in ("all", "pass"))
rows = lambda dom: re.findall(r"<(?:tr|details)[^>]*data-pack=[^>]*>", dom)
assert len(rows(every)) == 2 * packs, (len(rows(every)), packs)
# The class, not a pack that has the word in its name.
is_hidden = re.compile(r'class="[^"]*\bhidden\b').search
assert not [r for r in rows(every) if is_hidden(r)], "everything is shown at first"
hidden = [r for r in rows(only) if is_hidden(r)]
assert len(hidden) == 2 * (packs - passing), (len(hidden), packs, passing)
assert 'id="filter" class=""' in every, "the page's own script ran"
for name in ("all", "pass"):
    log = open(f"{out}/log{name}.txt").read()
    assert "Content Security Policy" not in log, "the policy stopped something"
scripts = re.findall(r"<script", every)
assert len(scripts) == 1, "one script, the page's own"
print(f"Chromium shows {packs} packs, and {passing} when asked for those that pass")
PYTHON
