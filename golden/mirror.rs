//! `golden/` mirrors `packs/`: each of its folders is named after a pack.

use std::path::Path;

#[test]
fn every_folder_of_goldens_is_named_after_a_pack() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (goldens, packs) = (project.join("golden"), project.join("packs"));
    let mut snapshots = 0;
    for entry in walkdir::WalkDir::new(&goldens) {
        let entry = entry.expect("golden/ is readable");
        if entry.path().extension().is_some_and(|e| e == "snap") {
            let folder = entry.path().parent().expect("a folder");
            let pack = packs.join(folder.strip_prefix(&goldens).expect("below golden/"));
            assert!(pack.exists(), "{} has no pack", folder.display());
            snapshots += 1;
        }
    }
    assert!(snapshots > 0, "there are no goldens at all");
}
