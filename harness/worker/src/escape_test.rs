//! What a worker tries when it is told to do harm: the way a guest would that
//! got out of its sandbox. Each attempt has to fail.

use serde::{Deserialize, Serialize};

/// Something that was tried from inside a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What was tried.
    pub what: String,
    /// What the system said, where it did not let it happen; nothing where it
    /// did.
    pub refused: Option<String>,
}

/// Tries everything; `inherited` is a descriptor that was left open, and
/// `parent` the process that supervises this one.
#[cfg(target_os = "linux")]
pub(crate) fn all(inherited: Option<i32>, parent: u32) -> Vec<Attempt> {
    linux::all(inherited, parent)
}

/// Tries what Landlock holds back by itself. The rest would do harm.
#[cfg(target_os = "linux")]
pub(crate) fn files_alone() -> Vec<Attempt> {
    linux::files_alone()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn files_alone() -> Vec<Attempt> {
    Vec::new()
}

/// See above; here nothing would hold it back, so nothing is tried.
#[cfg(not(target_os = "linux"))]
pub(crate) fn all(_: Option<i32>, _: u32) -> Vec<Attempt> {
    Vec::new()
}

#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "it does by hand what code that got out would do"
)]
mod linux {
    use super::Attempt;
    use std::io::{self, ErrorKind};
    use std::net::{TcpStream, UdpSocket};
    use std::os::unix::net::UnixStream;
    use std::process::Command;

    fn done(result: libc::c_long) -> io::Result<()> {
        match result {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }

    /// A raw system call with numbers alone.
    fn call(number: libc::c_long, arguments: [libc::c_long; 5]) -> io::Result<()> {
        let [a, b, c, d, e] = arguments;
        // SAFETY: each caller's arguments are numbers, null, or point to what
        // lives until the call is over; a call that succeeds is an escape, and
        // the process is not used any further.
        done(unsafe { libc::syscall(number, a, b, c, d, e) })
    }

    fn address<T>(of: &T) -> libc::c_long {
        std::ptr::from_ref(of) as libc::c_long
    }

    pub(super) fn all(inherited: Option<i32>, parent: u32) -> Vec<Attempt> {
        let parent = libc::c_long::from(parent);
        let mut attempts = Vec::new();
        let mut attempt = |what: &str, result: io::Result<()>| {
            attempts.push(Attempt {
                what: what.to_owned(),
                refused: result.err().map(|e| e.to_string()),
            });
        };
        files(&mut attempt);
        network(&mut attempt);
        processes(&mut attempt, parent);
        memory(&mut attempt, parent);
        limits(&mut attempt, parent);
        if let Some(descriptor) = inherited {
            let byte = b'x';
            let descriptor = libc::c_long::from(descriptor);
            let write = call(libc::SYS_write, [descriptor, address(&byte), 1, 0, 0]);
            attempt("write to a descriptor that was left open", write);
        }
        attempts
    }

    pub(super) fn files_alone() -> Vec<Attempt> {
        let mut attempts = Vec::new();
        let mut attempt = |what: &str, result: io::Result<()>| {
            attempts.push(Attempt {
                what: format!("{what}, were system calls not filtered"),
                refused: result.err().map(|e| e.to_string()),
            });
        };
        // NB: descriptors run out before Landlock is asked; only a refusal of
        // access counts.
        let denied = |result: io::Result<()>| match result {
            Err(e) if e.kind() == ErrorKind::PermissionDenied => Err(e),
            _ => Ok(()),
        };
        let path = c"/etc/passwd".as_ptr() as libc::c_long;
        let at = libc::c_long::from(libc::AT_FDCWD);
        let made = c"/tmp/greentic-provision-escaped".as_ptr() as libc::c_long;
        let folder = call(libc::SYS_mkdirat, [at, made, 0o700, 0, 0]);
        attempt("create a folder", denied(folder));
        let link = call(libc::SYS_symlinkat, [path, at, made, 0, 0]);
        attempt("create a link", denied(link));
        // Whatever came of it, nothing is to stay behind.
        for flags in [0, libc::c_long::from(libc::AT_REMOVEDIR)] {
            drop(call(libc::SYS_unlinkat, [at, made, flags, 0, 0]));
        }
        attempts
    }

    fn files(attempt: &mut dyn FnMut(&str, io::Result<()>)) {
        use std::fs;
        let read = |path: &str| fs::read(path).map(drop);
        attempt("read /etc/passwd", read("/etc/passwd"));
        attempt("read its own program", read("/proc/self/exe"));
        attempt("read its own memory as a file", read("/proc/self/mem"));
        attempt("list the root", fs::read_dir("/").map(drop));
        attempt(
            "look whether a file is there",
            fs::metadata("/etc/passwd").map(drop),
        );
        let made = std::env::temp_dir().join("greentic-provision-escaped");
        attempt("create a file", fs::write(&made, "x"));
        attempt("create a folder", fs::create_dir(&made));
        attempt("remove a file", fs::remove_file(&made).or_else(found_none));
        let name = c"escaped";
        let memfd = call(
            libc::SYS_memfd_create,
            [name.as_ptr() as libc::c_long, 0, 0, 0, 0],
        );
        attempt("create a file in memory", memfd);
        let root = c"/".as_ptr() as libc::c_long;
        attempt(
            "change the root",
            call(libc::SYS_chroot, [root, 0, 0, 0, 0]),
        );
        attempt("mount", call(libc::SYS_mount, [root, root, 0, 0, 0]));
    }

    /// That it is not there shows that one may look.
    fn found_none(error: io::Error) -> io::Result<()> {
        match error.kind() {
            ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        }
    }

    /// That nobody listens shows that one may ask.
    fn nobody_listens(error: io::Error) -> io::Result<()> {
        match error.kind() {
            ErrorKind::ConnectionRefused | ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        }
    }

    fn network(attempt: &mut dyn FnMut(&str, io::Result<()>)) {
        let tcp = TcpStream::connect(("127.0.0.1", 1)).map(drop);
        attempt("connect by TCP", tcp.or_else(nobody_listens));
        let udp = UdpSocket::bind(("127.0.0.1", 0)).map(drop);
        attempt("open a UDP socket", udp);
        let unix = UnixStream::connect("/run/escaped").map(drop);
        attempt("connect by a Unix socket", unix.or_else(nobody_listens));
        let netlink = call(libc::SYS_socket, [16, 3, 0, 0, 0]);
        attempt("ask the kernel by netlink", netlink);
    }

    fn processes(attempt: &mut dyn FnMut(&str, io::Result<()>), parent: libc::c_long) {
        attempt(
            "start a program",
            Command::new("/bin/true").spawn().map(drop),
        );
        let path = c"/bin/true".as_ptr() as libc::c_long;
        // NB: where it succeeds, nothing is left of this worker to tell.
        attempt(
            "become another program",
            call(libc::SYS_execve, [path, 0, 0, 0, 0]),
        );
        // SAFETY: the child, if there is one, does nothing but end.
        let forked = unsafe {
            match libc::fork() {
                0 => libc::_exit(0),
                pid => done(pid.into()),
            }
        };
        attempt("fork", forked);
        let thread = std::thread::Builder::new().spawn(|| ()).map(drop);
        attempt("start a thread", thread);
        let signal = call(libc::SYS_kill, [parent, 0, 0, 0, 0]);
        attempt("signal its supervisor", signal);
        let thread = call(libc::SYS_tgkill, [parent, parent, 0, 0, 0]);
        attempt("signal a thread of its supervisor", thread);
        attempt("signal everybody", call(libc::SYS_kill, [-1, 0, 0, 0, 0]));
        let pidfd = call(libc::SYS_pidfd_open, [parent, 0, 0, 0, 0]);
        attempt("hold its supervisor by a descriptor", pidfd);
        attempt("leave its process group", call(libc::SYS_setsid, [0; 5]));
        let namespace = libc::c_long::from(libc::CLONE_NEWUSER);
        attempt(
            "enter a namespace of its own",
            call(libc::SYS_unshare, [namespace, 0, 0, 0, 0]),
        );
    }

    fn memory(attempt: &mut dyn FnMut(&str, io::Result<()>), parent: libc::c_long) {
        let attach = libc::PTRACE_ATTACH.into();
        let trace = call(libc::SYS_ptrace, [attach, parent, 0, 0, 0]);
        attempt("trace its supervisor", trace);
        let read = call(libc::SYS_process_vm_readv, [parent, 0, 0, 0, 0]);
        attempt("read its supervisor's memory", read);
        attempt(
            "load a program into the kernel",
            call(libc::SYS_bpf, [0; 5]),
        );
        attempt(
            "set up an io_uring",
            call(libc::SYS_io_uring_setup, [1, 0, 0, 0, 0]),
        );
        attempt("handle page faults", call(libc::SYS_userfaultfd, [0; 5]));
        attempt(
            "count the processor's events",
            call(libc::SYS_perf_event_open, [0; 5]),
        );
        attempt("read keys", call(libc::SYS_keyctl, [0, -3, 0, 0, 0]));
    }

    fn limits(attempt: &mut dyn FnMut(&str, io::Result<()>), parent: libc::c_long) {
        let more = libc::rlimit {
            rlim_cur: 1 << 20,
            rlim_max: libc::RLIM_INFINITY,
        };
        let mut raise = |what: &str, resource: u32| {
            // SAFETY: the structure lives until the call is over.
            let set = unsafe { libc::setrlimit(resource, &raw const more) };
            attempt(what, done(set.into()));
        };
        raise("raise its limit of files", libc::RLIMIT_NOFILE);
        raise("raise its limit of memory", libc::RLIMIT_DATA);
        raise("raise its limit of time", libc::RLIMIT_CPU);
        let of_parent = call(libc::SYS_prlimit64, [parent, 0, 0, 0, 0]);
        attempt("change its supervisor's limits", of_parent);
        let user = call(libc::SYS_setuid, [0; 5]);
        attempt("become another user", user);
    }
}
