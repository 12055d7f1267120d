set -eu
mkdir -p conformance-reports
"$HARNESS_DIR/greentic-provision" report merge @EVENTS@ --out conformance-reports/events.jsonl \
  --report conformance-reports/report.json --junit conformance-reports/junit.xml \
  --sarif conformance-reports/report.sarif --html conformance-reports/report.html \
  --markdown conformance-reports/summary.md
