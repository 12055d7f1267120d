//! registry.*: is what a registry gives what its names say?

use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, Run, ScopeKind, Stage};
use crate::subject::Subject;
use provision_core::codes::RegistryCode;
use provision_core::components;
use provision_core::text::inert;
use provision_core::{Finding, OpenError};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "registry.digest",
        stage: Stage::Registry,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::FromRegistry,
        bites: Bite::Load,
        host: "The distributor fetches another pack than the one that was published, or none.",
        requirement: "The reference leads to one pack, and manifest, layers and sizes are those that the reference, the manifest and the registry state.",
        why: "Users get the bytes of the registry. If these are not the ones that their names stand for, nobody has reviewed them.",
        fix: "Publish the pack again, alone under its tag: one manifest with one layer that is the archive. If the registry answers other bytes than were pushed, something between it and you replaces them.",
        run: Run::OfPack(digest),
    },
    Check {
        id: "registry.media-type",
        stage: Stage::Registry,
        level: Level::Should,
        scope: ScopeKind::Pack,
        applies: Applies::FromRegistry,
        bites: Bite::Load,
        host: "The distributor chooses the layer by its media type: a README beside the pack wins over a pack that is published as a tar or as octets.",
        requirement: "The media type of the layer says that it is a Greentic pack in a zip.",
        why: "Clients choose and unpack layers by their media types.",
        fix: "Publish the archive with the media type `application/vnd.greentic.gtpack.v1+zip`.",
        run: Run::OfPack(media_type),
    },
    Check {
        id: "registry.reproducible-reference",
        stage: Stage::Registry,
        level: Level::Should,
        scope: ScopeKind::Pack,
        applies: Applies::FromRegistry,
        bites: Bite::Integrity,
        host: "The distributor resolves the tag when the pack is installed, and takes what it names then.",
        requirement: "Each component that the pack takes from a registry is named with its digest.",
        why: "A tag can name other bytes tomorrow, so that two installations of one pack run different code.",
        fix: "Resolve the component when the pack is built, and write its digest into the table of component sources.",
        run: Run::OfPack(pinned),
    },
];

/// The media types under which publishers of the ecosystem publish packs, and which say what
/// the bytes are.
const MEDIA_TYPES: [&str; 3] = [
    "application/vnd.greentic.gtpack.v1+zip",
    "application/vnd.greentic.gtpack+zip",
    "application/vnd.greentic.pack+zip",
];

fn elsewhere() -> Conclusion {
    Conclusion::NotApplicable("the pack does not come from a registry".into())
}

/// `registry.digest`
fn digest(subject: &Subject, out: &mut Findings) {
    if let Err(OpenError::Registry { code, message }) = &subject.opened {
        let expected = "one pack, whose bytes are those that its names state";
        let found = vec![Finding::new(*code, "the reference", expected, message)];
        return out.pack(if code.is_of_content() {
            Conclusion::Failed(found)
        } else {
            Conclusion::Error(found)
        });
    }
    // What does not agree is never opened.
    out.pack(match &subject.registry {
        None => elsewhere(),
        Some(_) => Conclusion::Passed,
    });
}

/// `registry.media-type`
fn media_type(subject: &Subject, out: &mut Findings) {
    let Some(origin) = &subject.registry else {
        if !matches!(subject.opened, Err(OpenError::Registry { .. })) {
            out.pack(elsewhere());
        }
        return;
    };
    if MEDIA_TYPES.contains(&origin.media_type.as_str()) {
        return out.pack(Conclusion::Passed);
    }
    let said = match origin.media_type.as_str() {
        "" => "none".to_owned(),
        said => inert(said, 200),
    };
    let beside = match origin.other_layers.as_slice() {
        [] => String::new(),
        others => {
            let others: Vec<String> = others.iter().take(5).map(|o| inert(o, 100)).collect();
            format!(", beside layers of {}", others.join(", "))
        }
    };
    let at = format!("layer {}", origin.content_digest);
    let expected = MEDIA_TYPES.join(" or ");
    let found = Finding::new(
        RegistryCode::MediaType,
        at,
        expected,
        format!("{said}{beside}"),
    );
    out.pack(Conclusion::Failed(vec![found]));
}

/// `registry.reproducible-reference`
fn pinned(subject: &Subject, out: &mut Findings) {
    let from_registry = subject.registry.is_some();
    let (Ok(opened), true) = (&subject.opened, from_registry) else {
        if subject.opened.is_ok() {
            out.pack(elsewhere());
        }
        return;
    };
    let Some(manifest) = &opened.pack.manifest().pack_v1 else {
        let reason = "the manifest has no table of component sources";
        return out.pack(Conclusion::NotApplicable(reason.into()));
    };
    let remote = components::remote(manifest);
    if remote.is_empty() {
        let reason = "the pack takes no component from a registry";
        return out.pack(Conclusion::NotApplicable(reason.into()));
    }
    let open = remote.into_iter().filter(|one| !one.pinned);
    let found = open.map(|one| {
        Finding::new(
            RegistryCode::Unpinned,
            format!("component source {}", inert(&one.name, 120)),
            "a digest, sha256: and 64 digits",
            inert(&one.reference, 200),
        )
    });
    out.pack(Conclusion::of(found.collect()));
}
