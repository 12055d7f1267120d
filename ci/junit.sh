#!/usr/bin/env bash
# Has JUnit files of hostile runs read by xmllint and by the Python package
# junitparser, and compares the counts with those of the JSON report.
set -euo pipefail
cd "$(dirname "$0")/.."

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# The packs fail, and are meant to: exit 4, a violation.
status=0
cargo run --quiet --locked --bin greentic-provision -- conformance --packs packs \
    --out "$out" --report "$out/report.json" --junit "$out/junit.xml" >/dev/null || status=$?
[ "$status" -eq 4 ] || { echo "error: conformance ended with $status instead of 4" >&2; exit 1; }
cp reports/out/trials/junit.xml "$out/trials.xml"

if command -v xmllint >/dev/null; then
    xmllint --noout "$out/junit.xml" "$out/trials.xml"
    echo 'xmllint reads both files'
else
    echo 'SKIPPED: xmllint is not installed (Debian: libxml2-utils)' >&2
fi

if python3 -c 'import junitparser' 2>/dev/null; then
    python3 - "$out" <<'PYTHON'
import json
import sys
from junitparser import JUnitXml

out = sys.argv[1]
xml = JUnitXml.fromfile(f"{out}/junit.xml")
report = json.load(open(f"{out}/report.json"))
checks = report["summary"]["checks"]
verdicts = report["summary"]["verdicts"]
# Every check is a case, and so is every pack's verdict. The verdict is red only if no
# check is: a failure counts once.
red = [p for p in report["packs"] if p["verdict"] in ("partial", "fail", "error")]
shown = [p for p in red if not p["missing_checks"] and any(c["status"] in ("failed", "error") for c in p["checks"])]
by_verdict = [p["verdict"] for p in red if p not in shown]
expected = {
    "tests": sum(checks.values()) + report["summary"]["packs"],
    "failures": checks["failed"] + by_verdict.count("fail") + by_verdict.count("partial"),
    "errors": checks["error"] + by_verdict.count("error"),
    "skipped": checks["skipped"] + verdicts["not_applicable"] + len(shown),
}
stated = {key: getattr(xml, key) for key in ("tests", "failures", "errors")}
stated["skipped"] = sum(suite.skipped for suite in xml)
cases = [(suite, case) for suite in xml for case in suite]
kinds = [type(r).__name__ for _, case in cases for r in case.result]
found = {
    "tests": len(cases),
    "failures": kinds.count("Failure"),
    "errors": kinds.count("Error"),
    "skipped": kinds.count("Skipped"),
}
names = [(case.classname, case.name) for _, case in cases]
assert stated == expected == found, (stated, expected, found)
assert len(set(names)) == len(names), "classname and name are unique"
assert "planted" not in [case.name for _, case in cases], "text became a case"
hostile = [s for s in xml if s.name.endswith("text-injection")]
assert len(hostile) == 1 and any("planted" in (c.system_out or "") for c in hostile[0])
trials = JUnitXml.fromfile(f"{out}/trials.xml")
assert trials.tests == sum(len(list(s)) for s in trials) > 0 and trials.failures == 0
print(f"junitparser reads {found['tests']} cases and {trials.tests} trials, with the right counts")
PYTHON
else
    echo 'SKIPPED: the Python package junitparser is not installed' >&2
fi
