//! Which part of a path is below the current folder, whatever the form of the path.

use std::path::{Component, Path, PathBuf};

/// The components of `path` below the folder `current`; `None` if it is not below it, or
/// if `current` is the root, which has links of the system below it.
///
/// # Errors
/// The link, for `..` after a link below `current`.
pub(crate) fn below<'p>(
    path: &'p Path,
    current: &Path,
) -> Result<Option<Vec<Component<'p>>>, PathBuf> {
    if current.parent().is_none() {
        return Ok(None);
    }
    // Where the components so far lead.
    let mut at = current.to_owned();
    let mut below = Vec::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if at.is_symlink() => {
                let is_below = at != *current && at.starts_with(current);
                return if is_below { Err(at) } else { Ok(None) };
            }
            Component::ParentDir => {
                at.pop();
                below.pop();
            }
            Component::Normal(name) => {
                at.push(name);
                below.push(component);
            }
            Component::RootDir | Component::Prefix(_) => {
                at = component.as_os_str().into();
                below.clear();
            }
        }
        let is_outside = !at.starts_with(current);
        if is_outside && at.canonicalize().is_ok_and(|at| at == *current) {
            current.clone_into(&mut at);
        }
        if at == *current {
            below.clear();
        }
    }
    let is_below = at != *current && at.starts_with(current);
    Ok(is_below.then_some(below))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn link_below_the_current_folder_is_found_in_every_form_of_a_path() {
        let temp = tempfile::tempdir().expect("a folder");
        let current = temp.path().canonicalize().expect("a path").join("x");
        fs::create_dir_all(current.join("sub")).expect("creates");
        symlink(&current, temp.path().join("other")).expect("links");
        symlink("sub", current.join("link")).expect("links");
        let names = |path: &str| -> Option<Vec<String>> {
            let path = path.replace("{x}", current.to_str().expect("UTF-8"));
            let path = path.replace("{temp}", temp.path().to_str().expect("UTF-8"));
            let below = below(Path::new(&path), &current).expect("no link");
            let name = |c: Component<'_>| c.as_os_str().to_string_lossy().into_owned();
            below.map(|below| below.into_iter().map(name).collect())
        };
        let expected = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect());
        assert_eq!(names("{x}/link/out"), expected(&["link", "out"]));
        assert_eq!(names("../x/link/out"), expected(&["link", "out"]));
        assert_eq!(names("{temp}/other/link/out"), expected(&["link", "out"]));
        assert_eq!(names("new/../link/out"), expected(&["link", "out"]));
        assert_eq!(names("../out"), None);
        assert_eq!(names("{temp}/out"), None);
        assert_eq!(names("{x}"), None);
        let through = below(Path::new("link/../out"), &current);
        assert_eq!(through, Err(current.join("link")));
        assert_eq!(below(Path::new("/tmp/out"), Path::new("/")), Ok(None));
    }
}
