//! Standard output and error: captured up to a bound; writes never block.

use crate::failure::LimitHit;
use bytes::Bytes;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// A guest that writes more than so many times the bound is stopped; what exceeds
/// the bound itself is discarded.
const FLOOD: usize = 16;
/// Bytes that a guest may write at once.
const PERMIT: usize = 64 * 1024;

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    total: usize,
}

/// The output of a guest.
#[derive(Clone)]
pub(crate) struct Captured {
    kept: Arc<Mutex<Kept>>,
    limit: usize,
}

impl Captured {
    pub(super) fn up_to(limit: usize) -> Self {
        Self {
            kept: Arc::default(),
            limit,
        }
    }

    /// The bytes, and whether there were more.
    pub(super) fn take(&self) -> (Vec<u8>, bool) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let cut = kept.total > kept.bytes.len();
        (std::mem::take(&mut kept.bytes), cut)
    }
}

impl IsTerminal for Captured {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Captured {
    // Never used: guests use the stream of WASI 0.2 below.
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for Captured {
    async fn ready(&mut self) {}
}

#[async_trait]
impl OutputStream for Captured {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.total += bytes.len();
        let limit = self.limit.saturating_mul(FLOOD);
        if kept.total > limit {
            let bytes = kept.total;
            return Err(StreamError::Trap(
                LimitHit::HostCallBytes { bytes, limit }.into(),
            ));
        }
        let room = self.limit - kept.bytes.len();
        kept.bytes
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(PERMIT)
    }
}
