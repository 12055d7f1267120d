//! Packs in the folder of a bundle.

use crate::support::{code, copy, fixture, run_in, stdout};
use std::fs;

#[test]
fn dependency_is_provided_by_another_pack_of_the_bundle() {
    let bundle = fixture("nonconforming/bundle-incomplete");
    let run = |provider: Option<&str>, marked: bool| {
        let temp = tempfile::tempdir().expect("a folder");
        let at = temp.path();
        copy(
            &bundle.join("packs/application"),
            &at.join("packs/application"),
        );
        if marked {
            fs::write(at.join("bundle.yaml"), "bundle_id: demo\n").expect("writes");
        }
        if let Some(folder) = provider {
            fs::create_dir_all(at.join(folder)).expect("creates");
            let archive = fixture("conforming/noop-archive.gtpack");
            fs::copy(archive, at.join(folder).join("noop.gtpack")).expect("copies");
        }
        // Another check refuses a folder, which cannot be published.
        let packs = ["--packs", "packs/application", "--profile", "strict"];
        let packs = [&packs[..], &["--filter", "manifest.dependencies"]].concat();
        let output = run_in(at, &[&["conformance"][..], &packs].concat());
        (
            code(&output),
            stdout(&output).contains("E_DEPENDENCY_MISSING"),
        )
    };
    assert_eq!(run(None, true), (1, true));
    assert_eq!(
        run(None, false),
        (5, false),
        "no bundle, so nothing to judge"
    );
    assert_eq!(run(Some("packs"), true), (0, false));
    assert_eq!(run(Some("providers/state"), true), (0, false));
    assert_eq!(run(Some("elsewhere/state"), true), (1, true));
}
