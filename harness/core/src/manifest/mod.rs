//! Decodes the manifest of a pack; every form becomes the same [`Manifest`].

mod cbor;
pub mod digital_worker;
mod legacy;
mod model;
mod within;

pub use model::{
    ComponentFile, FILE_NAMES, FlowDecl, FlowFile, Format, Manifest, ManifestError, Misnamed,
    NameOf,
};
pub use within::{Outside, within};

/// Decodes the manifest `file` from its bytes, nested at most `depth` levels. `has`
/// says which other files the pack has.
///
/// # Errors
/// [`ManifestError`] names the file and the defect.
pub fn decode(
    file: &str,
    bytes: &[u8],
    has: impl Fn(&str) -> bool,
    depth: usize,
) -> Result<Manifest, ManifestError> {
    decode_form(file, bytes, has, depth).map(Manifest::with_names_checked)
}

fn decode_form(
    file: &str,
    bytes: &[u8],
    has: impl Fn(&str) -> bool,
    depth: usize,
) -> Result<Manifest, ManifestError> {
    if file.ends_with(".cbor") {
        return cbor::decode(file, bytes, depth);
    }
    let value = crate::json::parse(bytes, depth).map_err(|source| ManifestError::Json {
        file: file.to_owned(),
        source,
    })?;
    if digital_worker::is_manifest(file, &value, has) {
        return Ok(digital_worker::from_map(&value));
    }
    legacy::from_map(file, &value, Format::Json)
}
