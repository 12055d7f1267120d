//! The escape test: from inside a worker, attempts what a guest would that
//! escaped from its sandbox. Each attempt must fail.

use serde::{Deserialize, Serialize};

/// One attempt from inside a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The action.
    pub what: String,
    /// The system's error if it refused the action; `None` if it succeeded.
    pub refused: Option<String>,
}

/// Tries every attempt. `inherited` is a descriptor that was left open, and
/// `parent` the process id of the supervisor.
#[cfg(target_os = "linux")]
pub(crate) fn all(inherited: Option<i32>, parent: u32) -> Vec<Attempt> {
    linux::all(inherited, parent)
}

/// Tries only what Landlock alone refuses, for a worker without a system call
/// filter. The other attempts would succeed and do harm.
#[cfg(target_os = "linux")]
pub(crate) fn files_alone() -> Vec<Attempt> {
    linux::files_alone()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn files_alone() -> Vec<Attempt> {
    Vec::new()
}

/// Tries nothing: on this system nothing would refuse the attempts.
#[cfg(not(target_os = "linux"))]
pub(crate) fn all(_: Option<i32>, _: u32) -> Vec<Attempt> {
    Vec::new()
}

#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "makes the raw system calls that escaped code would make"
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

    /// A raw system call with integer arguments.
    fn call(number: libc::c_long, arguments: [libc::c_long; 5]) -> io::Result<()> {
        let [a, b, c, d, e] = arguments;
        // SAFETY: each caller's arguments are numbers, null, or pointers to
        // values that outlive the call. A call that succeeds is an escape, and
        // this process is then not used any further.
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
                what: format!("{what} (no system call filter)"),
                refused: result.err().map(|e| e.to_string()),
            });
        };
        // NB: the limit on descriptors may fail a call before Landlock does, so
        // only a refused permission counts.
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
        // Removes what a successful attempt created.
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
            "check whether a file exists",
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

    /// "Not found" counts as a success: the system allowed the look-up.
    fn found_none(error: io::Error) -> io::Result<()> {
        match error.kind() {
            ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        }
    }

    /// "Connection refused" counts as a success: the system allowed the attempt.
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
        // NB: if it succeeds, this worker is replaced and reports nothing.
        attempt(
            "become another program",
            call(libc::SYS_execve, [path, 0, 0, 0, 0]),
        );
        // SAFETY: the child, if there is one, only ends.
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
        attempt(
            "signal all processes",
            call(libc::SYS_kill, [-1, 0, 0, 0, 0]),
        );
        let pidfd = call(libc::SYS_pidfd_open, [parent, 0, 0, 0, 0]);
        attempt("open a process descriptor of its supervisor", pidfd);
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
            // SAFETY: the structure outlives the call.
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
