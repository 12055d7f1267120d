set -eu
mkdir -p conformance-reports
"$HARNESS_DIR/greentic-provision" conformance --config @CONFIG@ --out conformance-reports/out \
  --report conformance-reports/report.json --junit conformance-reports/junit.xml \
  --sarif conformance-reports/report.sarif --html conformance-reports/report.html \
  --markdown conformance-reports/summary.md
