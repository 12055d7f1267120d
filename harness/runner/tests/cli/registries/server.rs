//! An HTTP server on loopback that answers what a test wants, also what no registry would,
//! and records what it was asked.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// The head of a request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// All of its head, for what must not be in it.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// What the server sends.
pub(crate) enum Reply {
    /// A whole answer: status, headers, body. The length is added.
    Whole(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// A head as it is, then this body.
    Raw(String, Vec<u8>),
    /// A head, then these bytes for ever.
    Endless(String, Vec<u8>),
    /// A head, then one byte of the body, and nothing more until the client gives up.
    Slow(String),
}

type Answer = dyn Fn(&Request) -> Reply + Send + Sync;

/// A server; it stops when it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (seen, stop) = (
            Arc::new(Mutex::new(Vec::new())),
            Arc::new(AtomicBool::new(false)),
        );
        let (record, stopped) = (Arc::clone(&seen), Arc::clone(&stop));
        let answer: Arc<Answer> = Arc::new(answer);
        let listening = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (answer, record) = (Arc::clone(&answer), Arc::clone(&record));
                // NB: detached: a client that never reads ends with its process.
                std::thread::spawn(move || drop(serve(stream, &*answer, &record)));
            }
        });
        Self {
            address,
            seen,
            stop,
            listening: Some(listening),
        }
    }

    /// `HOST:PORT`, as references name it.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().expect("no panic").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        drop(TcpStream::connect(self.address));
        if let Some(listening) = self.listening.take() {
            drop(listening.join());
        }
    }
}

fn serve(
    mut stream: TcpStream,
    answer: &Answer,
    record: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(());
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut words = head.split(' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body)?;
    let request = Request {
        method: word(),
        target: word(),
        head: head.clone(),
        body,
    };
    record.lock().expect("no panic").push(request.clone());
    match answer(&request) {
        Reply::Whole(status, headers, body) => {
            let mut text = format!("HTTP/1.1 {status} x\r\nConnection: close\r\n");
            for (name, value) in headers {
                text += &format!("{name}: {value}\r\n");
            }
            text += &format!("Content-Length: {}\r\n\r\n", body.len());
            stream.write_all(text.as_bytes())?;
            if request.method != "HEAD" {
                stream.write_all(&body)?;
            }
        }
        Reply::Raw(head, body) => {
            stream.write_all(head.as_bytes())?;
            stream.write_all(&body)?;
        }
        Reply::Endless(head, bytes) => {
            stream.write_all(head.as_bytes())?;
            // The client closes the connection, which ends this.
            loop {
                stream.write_all(&bytes)?;
            }
        }
        Reply::Slow(head) => {
            stream.write_all(head.as_bytes())?;
            stream.write_all(b"{")?;
            // Blocks until the client closes the connection.
            while stream.read(&mut byte)? > 0 {}
        }
    }
    stream.flush()
}
