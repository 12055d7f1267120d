//! The codes of registries, and whose matter each failure is.

groups! {
/// Why a registry or a layout does not give a pack, or what is wrong with how it is published.
RegistryCode {
    Unreachable "E_REGISTRY_UNREACHABLE" "The registry cannot be reached, or breaks its answer off.",
    Timeout "E_REGISTRY_TIMEOUT" "The registry takes longer for an answer than the bound.",
    Auth "E_REGISTRY_AUTH" "The registry refuses the request with the credentials at hand, or without any.",
    Realm "E_REGISTRY_REALM" "The registry asks to send its credentials to a host that they do not belong to.",
    Credentials "E_REGISTRY_CREDENTIALS" "A file or a helper does not give the credentials of the registry.",
    Redirect "E_REGISTRY_REDIRECT" "The registry redirects too often, or to where no request may go.",
    NotFound "E_REGISTRY_NOT_FOUND" "The registry or the layout does not have what the reference names.",
    Status "E_REGISTRY_STATUS" "The registry answers with a status that the protocol has no place for.",
    Encoding "E_REGISTRY_ENCODING" "The registry compresses an answer that has to be sent as it is.",
    Bound "E_REGISTRY_BOUND" "A manifest, a layer or a list of them is larger than the bound.",
    Length "E_REGISTRY_LENGTH" "There are fewer or more bytes than the manifest or the registry says.",
    Digest "E_REGISTRY_DIGEST" "The bytes do not have the digest that names them.",
    Manifest "E_REGISTRY_MANIFEST" "A manifest, an index or a list is malformed.",
    Nesting "E_REGISTRY_NESTING" "An index leads to indexes deeper than the bound, or to itself.",
    NoPack "E_REGISTRY_NO_PACK" "No layer is a pack.",
    Ambiguous "E_REGISTRY_AMBIGUOUS" "Several layers or manifests could be the pack.",
    Layout "E_REGISTRY_LAYOUT" "The folder or tar is not an OCI layout, or cannot be read.",
    Cache "E_REGISTRY_CACHE" "The cache of what registries sent cannot be read or written.",
    Unavailable "E_REGISTRY_UNAVAILABLE" "This program was built without access to registries.",
    MediaType "E_REGISTRY_MEDIA_TYPE" "The media type of the layer does not say that it is a pack in a zip.",
    Unpinned "E_REGISTRY_UNPINNED" "The pack refers to an artifact in a registry without a digest.",
}
}

impl RegistryCode {
    /// Whether it says that what is published is wrong, and not the way to it.
    #[must_use]
    pub fn is_of_content(self) -> bool {
        match self {
            Self::Unreachable
            | Self::Timeout
            | Self::Auth
            | Self::Realm
            | Self::Credentials
            | Self::Redirect
            | Self::NotFound
            | Self::Status
            | Self::Layout
            | Self::Cache
            | Self::Unavailable => false,
            Self::Encoding
            | Self::Bound
            | Self::Length
            | Self::Digest
            | Self::Manifest
            | Self::Nesting
            | Self::NoPack
            | Self::Ambiguous
            | Self::MediaType
            | Self::Unpinned => true,
        }
    }
}
