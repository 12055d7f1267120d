set -eu
# Puts the program into the folder $HARNESS_DIR.
mkdir -p "$HARNESS_DIR"
if [ -n "${HARNESS_URL:-}" ]; then
  if [ -z "${HARNESS_SHA256:-}" ]; then
    echo 'error: HARNESS_SHA256 is empty; it is the SHA-256 of the archive that HARNESS_URL names' >&2
    exit 2
  fi
  curl --fail --location --silent --show-error --retry 3 --output "$HARNESS_DIR/release.tar.gz" "$HARNESS_URL"
  echo "$HARNESS_SHA256  $HARNESS_DIR/release.tar.gz" | sha256sum --check
  mkdir -p "$HARNESS_DIR/release"
  tar --extract --gzip --file "$HARNESS_DIR/release.tar.gz" --directory "$HARNESS_DIR/release"
  program=$(find "$HARNESS_DIR/release" -type f -name greentic-provision -perm -u+x | head -n 1)
  if [ -z "$program" ]; then
    echo 'error: the archive that HARNESS_URL names has no program greentic-provision' >&2
    exit 2
  fi
  cp "$program" "$HARNESS_DIR/greentic-provision"
elif [ -n "${HARNESS_GIT:-}" ]; then
  if [ -z "${HARNESS_COMMIT:-}" ]; then
    echo 'error: HARNESS_COMMIT is empty; it is the commit of HARNESS_GIT that is compiled' >&2
    exit 2
  fi
  cargo install --quiet --locked --git "$HARNESS_GIT" --rev "$HARNESS_COMMIT" --root "$HARNESS_DIR/built" greentic-provision
  cp "$HARNESS_DIR/built/bin/greentic-provision" "$HARNESS_DIR/greentic-provision"
else
  echo 'error: fill in HARNESS_URL and HARNESS_SHA256 of a release, or HARNESS_GIT and HARNESS_COMMIT' >&2
  echo 'of its source, at the top of @PIPELINE@' >&2
  exit 2
fi
"$HARNESS_DIR/greentic-provision" --version
