//! The commands `attest push` and `attest verify`.

use super::conformance::trusted;
use super::output::{print, print_json};
use super::parsed::time;
use super::profile::Profile;
use super::registry::{self, RegistryFlags};
use crate::exit::{Error, Exit, show};
use crate::gate::{Statement, Wanted, names};
use crate::place::{Place, Read};
use crate::read_file;
use provision_core::integrity::dsse::Envelope;
use provision_core::text::inert;
use provision_core::{Limits, Source, json};
use provision_registry::{Attached, Image, Reference, Registries};
use std::path::PathBuf;
use std::time::Duration;

/// Attaches a signed statement to a pack in a registry.
#[derive(Debug, clap::Args)]
pub(super) struct Push {
    /// The pack: oci://HOST/REPOSITORY:TAG or oci://HOST/REPOSITORY@sha256:DIGEST.
    #[arg(value_parser = registry::place())]
    reference: Place,
    /// The statement that `conformance --attestation FILE --sign KEY.PEM` wrote.
    #[arg(long, value_name = "FILE")]
    attestation: PathBuf,
    #[command(flatten)]
    registries: RegistryFlags,
}

/// Whether a pack may be deployed.
#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    /// The pack: oci://HOST/REPOSITORY:TAG or oci://HOST/REPOSITORY@sha256:DIGEST; with
    /// --attestation also a file or oci-layout:FOLDER[:TAG].
    #[arg(value_parser = registry::place())]
    reference: Place,
    /// A PEM file with an Ed25519 public key or certificate whose statements count; may be
    /// given more than once.
    #[arg(long, value_name = "KEY.PEM", required = true)]
    trust: Vec<PathBuf>,
    /// The profile that the pack must have passed; a stricter one counts as well.
    #[arg(long, default_value = "core")]
    profile: Profile,
    /// How old the verdict may be, for example `30d`.
    #[arg(long, value_name = "TIME", value_parser = time)]
    max_age: Option<Duration>,
    /// Take this signed statement, and not those that are attached in the registry.
    #[arg(long, value_name = "FILE")]
    attestation: Option<PathBuf>,
    #[command(flatten)]
    registries: RegistryFlags,
    /// Print the decision as JSON.
    #[arg(long)]
    json: bool,
}

/// The digest of the bytes of the pack at `place`.
fn content(place: &Place, registries: &Registries) -> Result<(String, Option<String>), Error> {
    let path = show(&place.path);
    if place.is_missing() {
        return Err(Error::missing(&place.path));
    }
    let limits = Limits::default().archive;
    let refused = |why| Error::Refused {
        pack: path.clone(),
        why,
    };
    let Read { source, origin } = place.read(registries, &limits).map_err(refused)?;
    let Source::Archive(_) = &source else {
        let message =
            format!("{path} is a folder; a statement is about an archive: name the .gtpack file");
        return Err(Error::Usage(message));
    };
    Ok((source.digest(), origin.map(|origin| origin.manifest_digest)))
}

/// The image that `place` names.
fn image(place: &Place) -> Result<&Image, Error> {
    match &place.reference {
        Some(Reference::Registry(image)) => Ok(image),
        _ => Err(Error::Usage(format!(
            "{}: not in a registry, so nothing can be attached to it; name \
             oci://HOST/REPOSITORY:TAG",
            show(&place.path)
        ))),
    }
}

pub(super) fn push(args: &Push) -> Result<Exit, Error> {
    let image = image(&args.reference)?;
    let bytes = read_file::read(&args.attestation, read_file::STATEMENT)?;
    let file = show(&args.attestation);
    let unsigned = |why: String| {
        let message = format!("{file}: {why}; write it with `--attestation FILE --sign KEY.PEM`");
        Error::Usage(message)
    };
    let envelope = Envelope::decode(&bytes).map_err(|e| unsigned(e.to_string()))?;
    let statement = json::parse(envelope.unverified(), 16);
    let statement = statement.map_err(|e| unsigned(inert(&e.to_string(), 200)))?;
    let registries = args.registries.open(&args.reference.reference)?;
    let (content, _) = content(&args.reference, &registries)?;
    if !names(&statement, &content) {
        let message = format!(
            "{file}: it is about other packs; {image} has the content digest sha256:{content}, so \
             judge {image} itself"
        );
        return Err(Error::Usage(message));
    }
    let referrer = registries.attach(image, &bytes).map_err(Error::Registry)?;
    print(&format!(
        "attached {referrer} to {image}, content digest sha256:{content}\n"
    ))?;
    Ok(Exit::Conforms)
}

pub(super) fn verify(args: &Verify) -> Result<Exit, Error> {
    let trusted = trusted(&args.trust)?;
    let registries = args.registries.open(&args.reference.reference)?;
    let envelopes = match &args.attestation {
        Some(path) => vec![Attached {
            manifest_digest: show(path),
            envelope: read_file::read(path, read_file::STATEMENT)?,
        }],
        None => {
            let image = image(&args.reference)?;
            registries.attached(image).map_err(Error::Registry)?
        }
    };
    let (content, manifest) = content(&args.reference, &registries)?;
    let now = u64::try_from(time::OffsetDateTime::now_utc().unix_timestamp()).unwrap_or_default();
    let wanted = Wanted {
        trusted: &trusted,
        content: &content,
        level: args.profile.level(),
        max_age: args.max_age,
        now,
    };
    let decision = Decision::of(&envelopes, &wanted);
    decision.show(args, &content, manifest.as_deref())?;
    Ok(if decision.objections.is_empty() {
        Exit::Conforms
    } else {
        Exit::Fails
    })
}

/// What the statements about a pack come to: the newest one that counts decides, so that a
/// later failure outweighs an earlier pass.
struct Decision {
    by: Option<(String, Statement)>,
    objections: Vec<String>,
    /// Those that do not count, and why.
    others: Vec<(String, String)>,
}

impl Decision {
    fn of(envelopes: &[Attached], wanted: &Wanted<'_>) -> Self {
        let mut others = Vec::new();
        let mut by: Option<(String, Statement)> = None;
        for attached in envelopes {
            let name = attached.manifest_digest.clone();
            match wanted.read(&attached.envelope) {
                Err(why) => others.push((name, why)),
                Ok(statement) => {
                    let newest = by.as_ref().is_none_or(|(_, newest)| {
                        // NB: of two of one second, the one that fails decides.
                        let key = |s: &Statement| (s.judged_at, !wanted.objections(s).is_empty());
                        key(&statement) > key(newest)
                    });
                    if newest {
                        by = Some((name, statement));
                    }
                }
            }
        }
        let objections = match &by {
            Some((_, statement)) => wanted.objections(statement),
            None if envelopes.is_empty() => vec!["no signed statement is attached to it".into()],
            None => {
                vec![
                    "no statement of a trusted key about these bytes is attached to it; attach \
                     one with `attest push`, or name it with --attestation"
                        .into(),
                ]
            }
        };
        Self {
            by,
            objections,
            others,
        }
    }

    fn show(&self, args: &Verify, content: &str, manifest: Option<&str>) -> Result<(), Error> {
        let pack = show(&args.reference.path);
        let by = self.by.as_ref();
        if args.json {
            return print_json(&serde_json::json!({
                "pack": pack,
                "verified": self.objections.is_empty(),
                "content_digest": format!("sha256:{content}"),
                "manifest_digest": manifest,
                "statement": by.map(|(name, statement)| serde_json::json!({
                    "name": name,
                    "result": statement.result,
                    "profile": statement.profile,
                    "judged_at": statement.judged_at,
                })),
                "objections": self.objections,
                "ignored": self.others.iter().map(|(name, why)| serde_json::json!({
                    "name": name, "why": why,
                })).collect::<Vec<_>>(),
            }));
        }
        for (name, why) in &self.others {
            anstream::eprintln!("ignored: {name}: {why}");
        }
        for why in &self.objections {
            anstream::eprintln!("error: {pack}: {why}");
        }
        match by {
            Some((name, statement)) if self.objections.is_empty() => print(&format!(
                "{pack}: {} by profile {}, stated by {name}, content digest sha256:{content}\n",
                statement.result, statement.profile
            )),
            _ => Ok(()),
        }
    }
}
