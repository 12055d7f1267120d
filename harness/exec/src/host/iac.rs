//! The folder `/iac` of a component that renders a deployment plan: one file in memory,
//! `plan.json`, that can be written and not read. It is all that `wasi:filesystem` has, and
//! other components have no folder.

use super::plan_file::{
    Deployment, Node, Place, Reply, Written, answered, found, hash, opened, place, refused,
    resized, stat,
};
use super::state::Host;
use super::wasi::{Cx, Overrides};
use crate::store::{Sandbox, charge};
use bytes::Bytes;
use provision_core::wizard::HostVerdict::{self, Answered, Denied};
use wasmtime::component::{Linker, Resource, ResourceType, Val};
use wasmtime::{Result, format_err};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, DescriptorType, ErrorCode, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynOutputStream, OutputStream, Pollable, StreamError, StreamResult};

/// The name of the folder.
const FOLDER: &str = "/iac";
/// The interface of files.
const TYPES: &str = "wasi:filesystem/types";
/// Bytes that a guest may write at once.
const PERMIT: usize = 64 * 1024;

/// The full name of a method of descriptors.
macro_rules! method {
    ($function:literal) => {
        concat!("[method]descriptor.", $function)
    };
}

type Borrowed = Resource<Descriptor>;
/// Overrides `wasi:filesystem`, so that its functions reach the folder in memory alone.
pub(super) fn define(linker: &mut Linker<Sandbox>) -> Result<()> {
    linker.allow_shadowing(true);
    files(&mut Overrides(linker))?;
    linker.allow_shadowing(false);
    Ok(())
}

fn files(overrides: &mut Overrides<'_>) -> Result<()> {
    let mut types = overrides.instance(TYPES)?;
    let descriptor = ResourceType::host::<Descriptor>();
    types.resource("descriptor", descriptor, |mut cx, rep| {
        let node = Resource::<Node>::new_own(rep);
        cx.data_mut().table_mut().delete(node)?;
        Ok(())
    })?;
    preopens(overrides)?;
    look(overrides)?;
    open(overrides)?;
    write(overrides)?;
    for function in [
        method!("read-via-stream"),
        method!("set-times"),
        method!("read"),
        method!("read-directory"),
        method!("set-times-at"),
        method!("link-at"),
        method!("readlink-at"),
        method!("remove-directory-at"),
        method!("rename-at"),
        method!("symlink-at"),
        method!("unlink-file-at"),
    ] {
        overrides.denied(TYPES, function, "not-permitted")?;
    }
    Ok(())
}

/// The node of a descriptor.
fn node(cx: &mut Cx<'_>, descriptor: &Borrowed) -> Result<Node> {
    let node = Resource::<Node>::new_borrow(descriptor.rep());
    Ok(*cx.data_mut().table_mut().get(&node)?)
}

/// A new descriptor of `node`.
fn descriptor(cx: &mut Cx<'_>, node: Node) -> Result<Borrowed> {
    let node = cx.data_mut().table_mut().push(node)?;
    Ok(Resource::new_own(node.rep()))
}

fn deployment(host: &Host) -> Result<Deployment> {
    let none = || format_err!("a descriptor without a folder");
    host.deployment.clone().ok_or_else(none)
}

/// Charges and records a call of `function` with the arguments `shown`.
fn record(
    cx: &mut Cx<'_>,
    function: &str,
    shown: &[Val],
    bytes: usize,
    verdict: HostVerdict,
) -> Result<()> {
    charge(cx, bytes)?;
    let host = cx.data_mut().host_mut();
    host.check_bytes(bytes)?;
    host.record(&Overrides::name(TYPES), function, shown, verdict)
}

fn preopens(overrides: &mut Overrides<'_>) -> Result<()> {
    const PREOPENS: &str = "wasi:filesystem/preopens";
    let mut instance = overrides.instance(PREOPENS)?;
    instance.func_wrap("get-directories", |mut cx: Cx<'_>, (): ()| {
        let has_folder = cx.data_mut().host_mut().deployment.is_some();
        let mut folders = Vec::new();
        if has_folder {
            folders.push((descriptor(&mut cx, Node::Folder)?, FOLDER.to_owned()));
        }
        // Without a folder a guest cannot call any function of wasi:filesystem/types, so
        // the request for folders counts as the denied attempt.
        let verdict = if has_folder { Answered } else { Denied };
        charge(&mut cx, 0)?;
        let host = cx.data_mut().host_mut();
        let name = Overrides::name(PREOPENS);
        host.record(&name, "get-directories", &[], verdict)?;
        Ok((folders,))
    })
}

/// The functions that only look.
fn look(overrides: &mut Overrides<'_>) -> Result<()> {
    type AtPath = (Borrowed, PathFlags, String);
    overrides.on_node(method!("get-type"), |node, _| match node {
        Node::Folder => Ok(DescriptorType::Directory),
        Node::File => Ok(DescriptorType::RegularFile),
    })?;
    overrides.on_node(method!("get-flags"), |node, _| match node {
        Node::Folder => Ok(DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY),
        Node::File => Ok(DescriptorFlags::WRITE),
    })?;
    overrides.on_node(method!("stat"), |node, written| Ok(stat(node, written)))?;
    overrides.on_node(method!("metadata-hash"), |node, _| Ok(hash(node)))?;
    let mut types = overrides.instance(TYPES)?;
    types.func_wrap(
        method!("stat-at"),
        |mut cx: Cx<'_>, (_, _, path): AtPath| {
            let deployment = deployment(cx.data_mut().host_mut())?;
            let file = deployment.file();
            let (result, verdict) = found(&path, &file);
            let (bytes, shown) = (path.len(), [Val::String(path)]);
            record(&mut cx, method!("stat-at"), &shown, bytes, verdict)?;
            Ok((result.map(|node| stat(node, &file)),))
        },
    )?;
    types.func_wrap(
        method!("metadata-hash-at"),
        |mut cx: Cx<'_>, (_, _, path): AtPath| {
            let deployment = deployment(cx.data_mut().host_mut())?;
            let (result, verdict) = found(&path, &deployment.file());
            let (bytes, shown) = (path.len(), [Val::String(path)]);
            record(&mut cx, method!("metadata-hash-at"), &shown, bytes, verdict)?;
            Ok((result.map(hash),))
        },
    )?;
    types.func_wrap(
        method!("is-same-object"),
        |mut cx: Cx<'_>, (a, b): (Borrowed, Borrowed)| {
            let same = node(&mut cx, &a)? == node(&mut cx, &b)?;
            record(&mut cx, method!("is-same-object"), &[], 0, Answered)?;
            Ok((same,))
        },
    )
}

fn open(overrides: &mut Overrides<'_>) -> Result<()> {
    type Arguments = (Borrowed, PathFlags, String, OpenFlags, DescriptorFlags);
    let mut types = overrides.instance(TYPES)?;
    types.func_wrap(
        method!("open-at"),
        |mut cx: Cx<'_>, (at, _, path, how, wanted): Arguments| {
            let deployment = deployment(cx.data_mut().host_mut())?;
            let (result, verdict) = match node(&mut cx, &at)? {
                Node::File => answered(Err(ErrorCode::NotDirectory)),
                Node::Folder => opened(&path, how, wanted, &mut deployment.file()),
            };
            let (bytes, shown) = (path.len(), [Val::String(path)]);
            record(&mut cx, method!("open-at"), &shown, bytes, verdict)?;
            let opened = match result {
                Ok(node) => Ok(descriptor(&mut cx, node)?),
                Err(code) => Err(code),
            };
            Ok((opened,))
        },
    )?;
    types.func_wrap(
        method!("create-directory-at"),
        |mut cx: Cx<'_>, (_, path): (Borrowed, String)| {
            let (result, verdict): Reply<()> = match place(&path) {
                Place::Folder | Place::File => answered(Err(ErrorCode::Exist)),
                Place::Other | Place::Outside => refused(),
            };
            let (bytes, shown) = (path.len(), [Val::String(path)]);
            record(
                &mut cx,
                method!("create-directory-at"),
                &shown,
                bytes,
                verdict,
            )?;
            Ok((result,))
        },
    )
}

fn write(overrides: &mut Overrides<'_>) -> Result<()> {
    overrides.on_node(method!("sync"), |_, _| Ok(()))?;
    overrides.on_node(method!("sync-data"), |_, _| Ok(()))?;
    let mut types = overrides.instance(TYPES)?;
    types.func_wrap(
        method!("write"),
        |mut cx: Cx<'_>, (at, bytes, offset): (Borrowed, Vec<u8>, u64)| {
            let deployment = deployment(cx.data_mut().host_mut())?;
            let offset = usize::try_from(offset).unwrap_or(usize::MAX);
            let result = match node(&mut cx, &at)? {
                Node::Folder => Err(ErrorCode::IsDirectory),
                Node::File => deployment.file().write(offset, &bytes),
            };
            record(&mut cx, method!("write"), &[], bytes.len(), Answered)?;
            Ok((result.map(|()| bytes.len() as u64),))
        },
    )?;
    types.func_wrap(
        method!("set-size"),
        |mut cx: Cx<'_>, (at, size): (Borrowed, u64)| {
            let deployment = deployment(cx.data_mut().host_mut())?;
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            let result = match node(&mut cx, &at)? {
                Node::Folder => Err(ErrorCode::IsDirectory),
                Node::File => resized(&mut deployment.file(), size),
            };
            record(&mut cx, method!("set-size"), &[], 0, Answered)?;
            Ok((result,))
        },
    )?;
    types.func_wrap(
        method!("write-via-stream"),
        |mut cx: Cx<'_>, (at, offset): (Borrowed, u64)| {
            let offset = usize::try_from(offset).unwrap_or(usize::MAX);
            stream(&mut cx, method!("write-via-stream"), &at, Some(offset))
        },
    )?;
    types.func_wrap(
        method!("append-via-stream"),
        |mut cx: Cx<'_>, (at,): (Borrowed,)| {
            stream(&mut cx, method!("append-via-stream"), &at, None)
        },
    )
}

type Opened = (Result<Resource<DynOutputStream>, ErrorCode>,);

/// Opens a stream that writes from `offset` on, or to the end of the file.
fn stream(cx: &mut Cx<'_>, function: &str, at: &Borrowed, offset: Option<usize>) -> Result<Opened> {
    let deployment = deployment(cx.data_mut().host_mut())?;
    let node = node(cx, at)?;
    record(cx, function, &[], 0, Answered)?;
    if node == Node::Folder {
        return Ok((Err(ErrorCode::IsDirectory),));
    }
    let stream: DynOutputStream = Box::new(ToFile { deployment, offset });
    let stream = cx.data_mut().table_mut().push(stream)?;
    Ok((Ok(stream),))
}

/// A stream to the file.
struct ToFile {
    deployment: Deployment,
    /// Where the next bytes go; `None` is the end of the file.
    offset: Option<usize>,
}

#[async_trait]
impl Pollable for ToFile {
    async fn ready(&mut self) {}
}

#[async_trait]
impl OutputStream for ToFile {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let mut file = self.deployment.file();
        let at = self.offset.unwrap_or_else(|| file.size());
        let done = file.write(at, &bytes);
        self.offset = self.offset.map(|_| at.saturating_add(bytes.len()));
        done.map_err(|code| StreamError::LastOperationFailed(code.into()))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(PERMIT)
    }
}

impl Overrides<'_> {
    /// Overrides a method that has no further argument: `answer` gets the node, and what
    /// was written.
    fn on_node<R>(
        &mut self,
        function: &'static str,
        answer: fn(Node, &Written) -> Result<R, ErrorCode>,
    ) -> Result<()>
    where
        R: wasmtime::component::ComponentType + wasmtime::component::Lower + Send + Sync + 'static,
    {
        let mut types = self.instance(TYPES)?;
        types.func_wrap(function, move |mut cx: Cx<'_>, (at,): (Borrowed,)| {
            let deployment = deployment(cx.data_mut().host_mut())?;
            let node = node(&mut cx, &at)?;
            record(&mut cx, function, &[], 0, Answered)?;
            Ok((answer(node, &deployment.file()),))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_write_where_they_are_opened_and_fail_over_the_bound() {
        let deployment = Deployment::of("{}".into());
        let open = |offset| ToFile {
            deployment: deployment.clone(),
            offset,
        };
        let mut first = open(Some(0));
        for part in ["ab", "cd"] {
            assert!(first.write(Bytes::from(part)).is_ok(), "{part}");
        }
        assert!(open(None).write(Bytes::from("ef")).is_ok());
        assert!(open(Some(1)).write(Bytes::from("B")).is_ok());
        assert_eq!(deployment.written().bytes.as_deref(), Some(&b"aBcdef"[..]));
        let over = Bytes::from(vec![0; PERMIT]);
        let mut stream = open(None);
        while stream.write(over.clone()).is_ok() {}
        assert!(deployment.written().is_over);
        assert_eq!(deployment.written().size(), PERMIT + 6);
    }
}
