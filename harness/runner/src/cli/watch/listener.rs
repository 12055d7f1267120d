//! [`Listener`]: tells `watch` that something changed, or that it has to look by itself.

use super::places::Places;
use super::wake::Wake;
use crate::exit::show;
use notify::event::{AccessKind, AccessMode};
use notify::{ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use provision_core::text::inert;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often to look if the system does not say what changes.
const POLL: Duration = Duration::from_secs(2);

/// How changes become known.
enum Way {
    /// The system says so.
    Notified(RecommendedWatcher),
    /// Somebody looks at this interval.
    Polled(Duration),
}

/// Listens in the folders that it follows.
pub(super) struct Listener {
    way: Way,
    folders: BTreeSet<PathBuf>,
    named: Arc<Mutex<BTreeSet<PathBuf>>>,
}

impl Listener {
    /// Tells `wake` of changes; with `poll`, somebody looks for them at this interval.
    pub(super) fn new(wake: &Arc<Wake>, poll: Option<Duration>) -> Self {
        let named = Arc::new(Mutex::new(BTreeSet::new()));
        let (wake, of) = (Arc::clone(wake), Arc::clone(&named));
        let heard = move |event: notify::Result<Event>| {
            let named = of.lock().unwrap_or_else(PoisonError::into_inner);
            if matters(event, &named) {
                wake.change();
            }
        };
        let way = match poll.map_or_else(
            || notify::recommended_watcher(heard).map(Way::Notified),
            |time| Ok(Way::Polled(time)),
        ) {
            Ok(way) => way,
            Err(error) => polled(None, &error),
        };
        Self {
            way,
            folders: BTreeSet::new(),
            named,
        }
    }

    /// The interval at which somebody has to look, if the system does not say what changes.
    pub(super) fn poll(&self) -> Option<Duration> {
        match &self.way {
            Way::Notified(_) => None,
            Way::Polled(time) => Some(*time),
        }
    }

    /// Listens in `places` from now on, and nowhere else. Returns whether a folder is among
    /// them in which nobody listened before: it may have changed before this call.
    pub(super) fn follow(&mut self, places: Places) -> bool {
        let Places { folders, named } = places;
        *self.named.lock().unwrap_or_else(PoisonError::into_inner) = named;
        let Way::Notified(watcher) = &mut self.way else {
            return false;
        };
        for gone in self.folders.difference(&folders) {
            // It fails for a folder that does not exist any more.
            drop(watcher.unwatch(gone));
        }
        let mut listened = BTreeSet::new();
        for folder in folders {
            // NB: also for a folder that was listened in: another one may have its name now.
            match watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => _ = listened.insert(folder),
                Err(error) if is_exhausted(&error) => {
                    self.way = polled(Some(&folder), &error);
                    return false;
                }
                // It has just gone, or may not be read: the search for packs says so.
                Err(_) => {}
            }
        }
        let is_new = !listened.is_subset(&self.folders);
        self.folders = listened;
        is_new
    }
}

/// Whether the system has no room for more folders.
fn is_exhausted(error: &notify::Error) -> bool {
    let full = |e: &std::io::Error| {
        matches!(
            e.raw_os_error(),
            Some(libc::ENOSPC | libc::EMFILE | libc::ENFILE | libc::ENOMEM)
        )
    };
    match &error.kind {
        ErrorKind::MaxFilesWatch => true,
        ErrorKind::Io(e) => full(e),
        _ => false,
    }
}

/// Says why the system does not tell of changes, and looks instead.
fn polled(folder: Option<&Path>, error: &notify::Error) -> Way {
    let at = folder.map(|folder| format!(" in {}", show(folder)));
    let why = match &error.kind {
        ErrorKind::MaxFilesWatch => {
            "its limit of watches is reached; raise fs.inotify.max_user_watches, or name fewer \
             folders"
                .to_owned()
        }
        ErrorKind::Io(e) if e.raw_os_error() == Some(libc::EMFILE) => format!(
            "{e}; raise fs.inotify.max_user_instances or `ulimit -n`, or end other programs that \
             watch files"
        ),
        _ => inert(&error.to_string(), 300),
    };
    anstream::eprintln!(
        "warning: the system does not tell of changes{}: {why}; the packs are looked at every 2 \
         seconds instead, as with --poll",
        at.unwrap_or_default()
    );
    Way::Polled(POLL)
}

/// Whether an event is about what is watched. What the system lost may be.
fn matters(event: notify::Result<Event>, named: &BTreeSet<PathBuf>) -> bool {
    let Ok(event) = event else {
        return true;
    };
    let is_read = match event.kind {
        // NB: this program opens the packs itself.
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => false,
        EventKind::Access(_) => true,
        _ => false,
    };
    let matter = |path: &PathBuf| Places::matter(named, path);
    event.need_rescan() || (!is_read && event.paths.iter().any(matter))
}
