//! The conformance trials over `packs/`: a libtest-mimic main.

use std::path::Path;

fn main() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    greentic_provision::trials::main(&project);
}
