//! One repository of a registry: manifests and blobs, in both directions.

use super::{Answer, Http, Request};
use crate::digest::Digest;
use crate::error::RegistryError;
use crate::manifest::{Descriptor, MANIFEST_BYTES};
use crate::names::{Host, Image, Which};
use crate::pull::Blobs;
use provision_core::codes::RegistryCode;
use provision_core::text::counted;
use ureq::http::header::LOCATION;
use ureq::http::{Method, StatusCode};

/// The media types of manifests and indexes.
const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, \
     application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, \
     application/vnd.docker.distribution.manifest.list.v2+json";
/// The header with the digest of a manifest, as the registry has it.
const SAID_DIGEST: &str = "docker-content-digest";

/// A repository.
#[derive(Debug, Clone)]
pub(crate) struct Repository<'h> {
    pub(super) http: &'h Http,
    pub(super) host: Host,
    pub(super) name: String,
}

impl Http {
    /// The repository of `image`.
    pub(crate) fn repository(&self, image: &Image) -> Repository<'_> {
        Repository {
            http: self,
            host: image.host.clone(),
            name: image.repository.clone(),
        }
    }
}

impl Repository<'_> {
    pub(super) fn pull_scope(&self) -> String {
        format!("repository:{}:pull", self.name)
    }

    fn push_scope(&self) -> String {
        format!("repository:{}:pull,push", self.name)
    }

    fn path(&self, rest: &str) -> String {
        format!("/v2/{}/{rest}", self.name)
    }

    /// Asks for a manifest, or an index of referrers.
    fn manifest_request(&self, rest: &str) -> Request<'static> {
        let mut request = Request::get(self.path(rest), self.pull_scope(), 0);
        request.accept = Some(MANIFESTS);
        request
    }

    /// The index of what refers to `subject`, by the registry's interface for it; `None` if
    /// it has none.
    pub(crate) fn referrers(&self, subject: &Digest) -> Result<Option<Vec<u8>>, RegistryError> {
        let request = self.manifest_request(&format!("referrers/{subject}"));
        let answer = self.http.ask(&self.host, &request)?;
        match answer.status {
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::BAD_REQUEST => {
                Ok(None)
            }
            _ => answer.bytes("the referrers", MANIFEST_BYTES).map(Some),
        }
    }

    /// The manifest that `tag` names; `None` if there is no such tag.
    pub(crate) fn tagged(&self, tag: &str) -> Result<Option<Vec<u8>>, RegistryError> {
        match self.manifest(&Which::Tag(tag.to_owned())) {
            Err(e) if e.code == RegistryCode::NotFound => Ok(None),
            read => read.map(Some),
        }
    }

    /// Stores `bytes` as a blob, unless the registry has it.
    pub(crate) fn put_blob(&self, bytes: &[u8]) -> Result<Digest, RegistryError> {
        let digest = Digest::of(bytes);
        let mut head = Request::get(self.path(&format!("blobs/{digest}")), self.push_scope(), 0);
        head.method = Method::HEAD;
        if self.http.ask(&self.host, &head)?.status.is_success() {
            return Ok(digest);
        }
        let begin = self.write(
            Method::POST,
            self.path("blobs/uploads/"),
            &[],
            "application/octet-stream",
        );
        let begun = self.http.ask(&self.host, &begin)?;
        begun.check_success("an upload")?;
        let place = self.upload_place(&begun, &digest)?;
        let end = self.write(Method::PUT, place, bytes, "application/octet-stream");
        self.http
            .ask(&self.host, &end)?
            .check_success("an upload")?;
        Ok(digest)
    }

    /// Path and query of the place to upload to, which has to be at the registry itself.
    fn upload_place(&self, begun: &Answer, digest: &Digest) -> Result<String, RegistryError> {
        let refused = |why: &str| {
            RegistryError::new(RegistryCode::Redirect, format!("{}: {why}", begun.from))
        };
        let to = begun
            .headers
            .get(LOCATION)
            .and_then(|value| value.to_str().ok());
        let to = to.ok_or_else(|| refused("an upload without a location"))?;
        let mut url = begun
            .url
            .join(to)
            .map_err(|_| refused("an upload to what is no URL"))?;
        if url.origin() != begun.url.origin() {
            return Err(refused("an upload to another host, which is not followed"));
        }
        url.query_pairs_mut()
            .append_pair("digest", &digest.to_string());
        Ok(format!(
            "{}?{}",
            url.path(),
            url.query().unwrap_or_default()
        ))
    }

    /// Stores a manifest under `name`, a digest or a tag. Returns whether the registry says
    /// that it lists the manifest as a referrer.
    pub(crate) fn put_manifest(
        &self,
        name: &str,
        bytes: &[u8],
        media_type: &'static str,
    ) -> Result<bool, RegistryError> {
        let path = self.path(&format!("manifests/{name}"));
        let request = self.write(Method::PUT, path, bytes, media_type);
        let answer = self.http.ask(&self.host, &request)?;
        answer.check_success("a manifest")?;
        Ok(answer.headers.contains_key("oci-subject"))
    }

    fn write<'b>(
        &self,
        method: Method,
        path: String,
        bytes: &'b [u8],
        media_type: &'static str,
    ) -> Request<'b> {
        Request {
            method,
            path,
            scope: self.push_scope(),
            accept: None,
            body: Some((bytes, media_type)),
            bytes: bytes.len() as u64,
        }
    }
}

impl Blobs for Repository<'_> {
    fn manifest(&self, which: &Which) -> Result<Vec<u8>, RegistryError> {
        let name = match which {
            Which::Tag(tag) => tag.clone(),
            Which::Digest(digest) => digest.to_string(),
        };
        let request = self.manifest_request(&format!("manifests/{name}"));
        let answer = self.http.ask(&self.host, &request)?;
        let what = format!("{}/{}{which}", self.host, self.name);
        let said = answer
            .headers
            .get(SAID_DIGEST)
            .and_then(|value| value.to_str().ok());
        let said = said.map(str::to_owned);
        let bytes = answer.bytes(&what, MANIFEST_BYTES)?;
        if let Which::Digest(digest) = which {
            digest.check(&bytes, &format!("{what}: the manifest"))?;
        }
        // A registry may state a digest of another algorithm, which says nothing here.
        if let Some(said) = said.and_then(|said| Digest::parse(&said).ok()) {
            said.check(
                &bytes,
                &format!("{what}: the manifest, by the header of the registry"),
            )?;
        }
        Ok(bytes)
    }

    fn blob(&self, layer: &Descriptor) -> Result<Vec<u8>, RegistryError> {
        let path = self.path(&format!("blobs/{}", layer.digest));
        let request = Request::get(path, self.pull_scope(), layer.size);
        let mut answer = self.http.ask(&self.host, &request)?;
        let what = format!("{}/{}@{}", self.host, self.name, layer.digest);
        answer.check_success(&what)?;
        if let Some(length) = answer.length().filter(|length| *length != layer.size) {
            let (from, said) = (&answer.from, layer.size);
            let message = format!(
                "{what}: {from} sends {}, and the manifest says {said}",
                counted(length, "byte", "bytes")
            );
            return Err(RegistryError::new(RegistryCode::Length, message));
        }
        answer.up_to(layer.size)
    }
}
