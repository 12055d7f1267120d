//! The codes of findings: each is declared once, here, with a sentence.
//!
//! A code is public. It never changes its meaning, and `explain E_CODE` prints
//! its sentence.

use serde::{Deserialize, Serialize};

/// Declares groups of codes with their sentences, so that no code lacks one.
macro_rules! groups {
    ($($(#[$about:meta])* $kind:ident {
        $($name:ident $code:literal $sentence:literal,)+
    })+) => {
        $(
            $(#[$about])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            #[derive(serde::Serialize, serde::Deserialize)]
            pub enum $kind {
                $(#[doc = $sentence] #[serde(rename = $code)] $name,)+
            }

            impl $kind {
                /// Every code of this group, in declaration order.
                pub const ALL: &'static [Self] = &[$(Self::$name,)+];

                /// The stable code, `E_…`.
                #[must_use]
                pub const fn code(self) -> &'static str {
                    match self {
                        $(Self::$name => $code,)+
                    }
                }

                /// What the code says, in a sentence.
                #[must_use]
                pub const fn sentence(self) -> &'static str {
                    match self {
                        $(Self::$name => $sentence,)+
                    }
                }
            }
        )+
    };
}

/// Makes one type of all groups.
macro_rules! codes {
    ($($group:ident($kind:ident) $about:literal,)+) => {
        /// The code of a finding.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(Serialize, Deserialize)]
        #[serde(untagged)]
        pub enum FindingCode {
            $(#[doc = $about] $group($kind),)+
            /// A code of another tool, such as a rule of the Greentic types, or
            /// of another version of this harness.
            Foreign(String),
        }

        $(impl From<$kind> for FindingCode {
            fn from(code: $kind) -> Self {
                Self::$group(code)
            }
        })+

        impl FindingCode {
            /// Every code of this version, in declaration order.
            pub fn all() -> impl Iterator<Item = Self> {
                std::iter::empty()$(.chain($kind::ALL.iter().map(|code| Self::from(*code))))+
            }

            /// The code as reports show it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$group(code) => code.code(),)+
                    Self::Foreign(code) => code,
                }
            }

            /// What the code says, in a sentence; `None` for a foreign code.
            #[must_use]
            pub fn sentence(&self) -> Option<&'static str> {
                match self {
                    $(Self::$group(code) => Some(code.sentence()),)+
                    Self::Foreign(_) => None,
                }
            }
        }
    };
}

// NB: after the macros, which the files of these modules use.
mod finding_code;
mod recorded;
mod registry;
mod scenario;
mod span;
#[cfg(test)]
mod tests;

pub use recorded::RecordedCode;
pub use registry::RegistryCode;
pub use scenario::ScenarioCode;
pub use span::SpanCode;

codes! {
    Archive(Rule) "A rule of the archive reader.",
    Step(StepCode) "Why a step has no usable answer.",
    Apply(ApplyCode) "Why a plan is not applied, or what is wrong with a store of installations.",
    Registry(RegistryCode) "Why a registry or a layout does not give a pack, or what is wrong with how it is published.",
    Check(CheckCode) "What a check finds.",
    Compare(CompareCode) "What is wrong with a release that is compared with an older one.",
    Recorded(RecordedCode) "What is wrong with a recording: a trace or exported spans.",
    Span(SpanCode) "What is wrong with exported spans.",
    Scenario(ScenarioCode) "What is wrong with the scenarios of a pack, or with what it says of a simulator.",
}

groups! {
/// A rule of the archive reader.
Rule {
    Size "E_SIZE" "The archive has more bytes than the bound.",
    Entries "E_ENTRIES" "The archive has more entries than the bound.",
    NameBound "E_NAME_BOUND" "A name is longer or deeper than the bound.",
    Inflate "E_INFLATE" "One entry, all entries or the ratio inflate beyond the bound.",
    NotZip "E_ZIP_NOT_ZIP" "The file is not a zip archive.",
    Prefix "E_ZIP_PREFIX" "The archive has bytes before its first record.",
    Truncated "E_ZIP_TRUNCATED" "The end of the file cuts off a record or the data of an entry.",
    Record "E_ZIP_RECORD" "The bytes between two records are not a record, or one that no pack needs.",
    Layout "E_ZIP_LAYOUT" "Local records, directory and end record are not in this order.",
    NoEnd "E_ZIP_NO_END" "The archive has no end record.",
    ManyEnds "E_ZIP_MANY_ENDS" "The archive has a second end record.",
    Directory "E_ZIP_DIRECTORY" "The end record disagrees with the directory.",
    Trailing "E_ZIP_TRAILING" "The archive has bytes after its end record.",
    Comment "E_ZIP_COMMENT" "The archive or an entry has a comment.",
    MultiDisk "E_ZIP_MULTI_DISK" "The archive has fields of a multi-disk archive.",
    Zip64 "E_ZIP_ZIP64" "The archive has ZIP64 records, extra fields or sentinels.",
    Order "E_ZIP_ORDER" "The directory lists the entries in another order than their local records have.",
    Unlisted "E_ZIP_UNLISTED" "The directory does not list an entry.",
    Dangling "E_ZIP_DANGLING" "The directory points to a place that has no local record.",
    Shared "E_ZIP_SHARED" "Two directory records share one local record.",
    Mismatch "E_ZIP_MISMATCH" "Directory and local record disagree on an entry.",
    Descriptor "E_ZIP_DESCRIPTOR" "An entry has a data descriptor instead of sizes in its local record.",
    Encrypted "E_ZIP_ENCRYPTED" "An entry or the directory is encrypted.",
    Flags "E_ZIP_FLAGS" "An entry has general-purpose flags or attributes that the reader does not know.",
    Method "E_ZIP_METHOD" "An entry is neither stored nor deflated.",
    Version "E_ZIP_VERSION" "An entry states a version needed to extract that no pack needs.",
    Extra "E_ZIP_EXTRA" "An entry has an extra field other than one well-formed timestamp and owner.",
    DataSize "E_ZIP_DATA_SIZE" "The size of an entry is not the size of its data.",
    Deflate "E_ZIP_DEFLATE" "The data of an entry is not exactly one deflate stream.",
    Crc "E_ZIP_CRC" "The checksum of an entry is not the checksum of its data.",
    Duplicate "E_ZIP_DUPLICATE" "Two entries have the same name.",
    Collision "E_ZIP_COLLISION" "Two names are the same name on some file system.",
    FileAndDirectory "E_ZIP_FILE_AND_DIRECTORY" "A name is both a file and a directory.",
    NameEmpty "E_ZIP_NAME_EMPTY" "A name, or a component of it, is empty.",
    NameDots "E_ZIP_NAME_DOTS" "A name has a `.` or `..` component.",
    NameAbsolute "E_ZIP_NAME_ABSOLUTE" "A name starts at a root or a drive.",
    NameBackslash "E_ZIP_NAME_BACKSLASH" "A name has a backslash, which is a separator on some systems.",
    NameControl "E_ZIP_NAME_CONTROL" "A name has a control character.",
    NameInvisible "E_ZIP_NAME_INVISIBLE" "A name has an invisible or text-direction character.",
    NameEncoding "E_ZIP_NAME_ENCODING" "A name is not UTF-8, or not marked as UTF-8.",
    NameReserved "E_ZIP_NAME_RESERVED" "A component of a name is reserved for a device on Windows.",
    NameEnding "E_ZIP_NAME_ENDING" "A component of a name ends with a dot or a space, which Windows drops.",
    NameCharacter "E_ZIP_NAME_CHARACTER" "A name has a character that Windows allows in no name.",
    Type "E_ZIP_TYPE" "An entry is a symlink, a device, a set-id file, or a directory with data.",
}

/// Why a step has no usable answer.
StepCode {
    Missing "E_STEP_MISSING" "The pack has no module or component for the step.",
    NotWasm "E_NOT_WASM" "The file of the step is neither a Wasm binary nor, where allowed, Wasm text.",
    Precompiled "E_CWASM" "The file of the step is a precompiled artifact, which the executor never loads.",
    ComponentSize "E_COMPONENT_SIZE" "The file of the step is larger than the bound.",
    Compile "E_COMPILE" "The module or component is invalid, or uses a feature that is off.",
    CompileLimit "E_COMPILE_LIMIT" "Compiling the module or component exceeds the bounds of the compiler, by estimate or in two workers.",
    Import "E_IMPORT" "The module or component imports something that the host does not grant.",
    Abi "E_ABI" "The module or component does not export what the contract requires.",
    Trap "E_TRAP" "The step trapped.",
    Fuel "E_FUEL" "The step used up its fuel.",
    PackBudget "E_PACK_BUDGET" "The steps of the pack used up the fuel or the time of the whole pack.",
    Deadline "E_DEADLINE" "The step used up its wall-clock time; the run is at fault, not the pack.",
    Memory "E_MEMORY" "The step asked for more linear memory than the bound.",
    Table "E_TABLE" "The step asked for more table elements than the bound.",
    Instances "E_INSTANCES" "The step asked for more instances, memories or tables than the bound.",
    Stack "E_STACK" "The step used up its stack.",
    HostCalls "E_HOSTCALLS" "The step called its host more often than the bound.",
    HostCallBytes "E_HOSTCALL_BYTES" "One call of the step to its host carried more bytes than the bound.",
    StoreRefused "E_STORE_REFUSED" "A store refused a write, and the interface has no result that tells the guest.",
    StoreBytes "E_STORE_BYTES" "The step read from and wrote to the stores of its installation more bytes than the bound.",
    Handles "E_HANDLES" "The step held more resource handles than the bound.",
    CanonicalAbi "E_CANONICAL_ABI" "The step violated the canonical ABI: a pointer, a discriminant or a handle.",
    Exit "E_EXIT" "The step ended its process instead of answering.",
    Input "E_INPUT" "The input is larger than the bound, or the guest has no room for it.",
    Output "E_OUTPUT" "The output is larger than the bound.",
    OutputRange "E_OUTPUT_RANGE" "The pointer or length of the output lies outside the guest's memory.",
    OutputUtf8 "E_OUTPUT_UTF8" "The output is not UTF-8.",
    OutputJson "E_OUTPUT_JSON" "The output is not strict JSON.",
    OutputCbor "E_OUTPUT_CBOR" "The output is not strict CBOR.",
    Depth "E_DEPTH" "The output nests deeper than the bound.",
    OutputShape "E_OUTPUT_SHAPE" "The output is JSON, but not of the contract's shape.",
    Step "E_STEP" "The step answered with an error of its own.",
    Flow "E_FLOW" "The graph of the flow does not lead to an end.",
    FlowLoop "E_FLOW_LOOP" "The graph of the flow has a loop without an end.",
    Template "E_TEMPLATE" "The input of a node, or a text of the plan, is not a usable template.",
    Questions "E_QUESTIONS" "The questions exceed a bound or ask for something that the contract forbids.",
    Unsupported "E_UNSUPPORTED" "The harness does not support what the flow asks for.",
    CompileTimeout "E_COMPILE_TIMEOUT" "Compiling did not end in time, and no second worker confirmed it; the run is at fault, not the pack.",
    WorkerCrash "E_WORKER_CRASH" "The worker process died.",
    WorkerMemory "E_WORKER_MEMORY" "The worker process used up the memory of all its steps.",
    WorkerProtocol "E_WORKER_PROTOCOL" "The worker process sent a malformed message.",
    Harness "E_HARNESS" "The harness or the machine failed.",
}

/// Why a plan is not applied, or what is wrong with a store of installations.
ApplyCode {
    SecretUnresolved "E_SECRET_UNRESOLVED" "The plan sets a secret, and neither a guest nor an answer gave its value.",
    PlanStale "E_PLAN_STALE" "The pack or the store has changed since the plan was saved.",
    PlanUnreadable "E_PLAN_UNREADABLE" "The saved plan is malformed, or another version of the harness wrote it.",
    NotInstalled "E_NOT_INSTALLED" "The store has no such installation.",
    OperationUnknown "E_OPERATION_UNKNOWN" "The outbox has no such operation, or the operation is not in a state that allows the change.",
    StoreIo "E_STORE_IO" "The machine cannot read or write the store.",
    StoreDamaged "E_STORE_DAMAGED" "The store has bytes that the harness did not write, or lacks bytes that it wrote.",
    StoreFormat "E_STORE_FORMAT" "Another version of the harness wrote the store.",
    StoreKey "E_STORE_KEY" "The key that decrypts the secrets of the store is missing or is another one.",
    StoreDangling "E_STORE_DANGLING" "The record of an installation names content that the store does not have.",
    StoreOrphaned "E_STORE_ORPHANED" "The store has content that no record of an installation names.",
}

/// What is wrong with a release that is compared with an older one.
CompareCode {
    VersionStep "E_VERSION_STEP" "The step from the old version to the new one is too small for the differences between the packs.",
    Lost "E_UPGRADE_LOST" "The update to another release loses what the earlier one installed.",
    Reset "E_UPGRADE_RESET" "The update to another release replaces a value that nobody changed.",
}

/// What a check finds.
CheckCode {
    Io "E_IO" "The pack cannot be read from where it is.",
    ManifestMissing "E_MANIFEST_MISSING" "The pack has no manifest.",
    ManifestJson "E_MANIFEST_JSON" "A manifest is not strict JSON.",
    ManifestCbor "E_MANIFEST_CBOR" "A manifest is not strict CBOR.",
    ManifestShape "E_MANIFEST_SHAPE" "A manifest decodes, but lacks the fields of a pack's manifest.",
    ManifestDisagrees "E_MANIFEST_DISAGREES" "Two manifests of the pack disagree on its id, version or entry flows.",
    PackId "E_PACK_ID" "The pack's id is missing or not a safe name.",
    PackVersion "E_PACK_VERSION" "The pack's version is missing or not a semantic version.",
    PathLeaves "E_PATH_LEAVES" "A path in the manifest is absolute, or has `..` or a backslash, so that it may lead out of the pack.",
    IdTwice "E_ID_TWICE" "Two flows, two components or two scenarios of the manifest have the same id.",
    FlowName "E_FLOW_NAME" "The name of a flow is not a safe name.",
    FileMissing "E_FILE_MISSING" "The pack has no file at a place that its manifest refers to.",
    ExtensionLegacy "E_EXTENSION_LEGACY" "The provider extension has an old name, which no host reads.",
    CapabilitiesMissing "E_CAPABILITIES_MISSING" "The manifest of a provider offers no capability, so that no host sees the provider.",
    StaticRoute "E_STATIC_ROUTE" "The host refuses a static route of the manifest.",
    SecretScope "E_SECRET_SCOPE" "A secret that the manifest lists has no scope.",
    OauthCapability "E_OAUTH_CAPABILITY" "A node uses OAuth, and no dependency of the pack requires the capability for it.",
    DependencyMissing "E_DEPENDENCY_MISSING" "The bundle has no pack that provides a dependency.",
    WorkerManifest "E_DW_MANIFEST" "The manifest of a digital worker lacks a field, or a field has the wrong type.",
    WorkerMetadata "E_DW_METADATA" "The metadata.json of a digital worker is missing or malformed, or lacks a field.",
    WorkerKind "E_DW_KIND" "The metadata.json of a digital worker states another kind.",
    WorkerKnowledge "E_DW_KNOWLEDGE" "An index of a digital worker's knowledge is malformed, or names a file that the pack does not have.",
    SourcePacked "E_SOURCE_PACKED" "A production build contains source files.",
    SchemaMissing "E_SCHEMA_MISSING" "The pack has no file at the place where its manifest names a schema.",
    SchemaInvalid "E_SCHEMA_INVALID" "A schema of the pack is not a valid JSON Schema.",
    SchemaLimit "E_SCHEMA_LIMIT" "Evaluating a schema of the pack takes more steps than the harness allows.",
    ComponentMissing "E_COMPONENT_MISSING" "The pack has no file for a component that its manifest names.",
    ComponentDigest "E_COMPONENT_DIGEST" "The digest of a component's file is not the one that the manifest states.",
    ComponentManifest "E_COMPONENT_MANIFEST" "The component's own manifest cannot be read.",
    ComponentManifestDiffers "E_COMPONENT_MANIFEST_DIFFERS" "A component's own manifest disagrees with the pack's manifest.",
    ComponentIdentity "E_COMPONENT_IDENTITY" "The component calls itself by another name than the pack does.",
    ComponentDescribe "E_COMPONENT_DESCRIBE" "The component does not describe itself when it is asked to.",
    DescribedSchema "E_DESCRIBED_SCHEMA" "A schema in a component's description admits everything or nothing, or its hash is another's.",
    ComponentsSame "E_COMPONENTS_SAME" "Two components of the pack are the same bytes.",
    NodeComponent "E_NODE_COMPONENT" "A flow's node names a component that the pack does not have.",
    NodeOperation "E_NODE_OPERATION" "A flow's node calls an operation that its component does not declare.",
    NodeExports "E_NODE_EXPORTS" "The component of a flow's node exports nothing.",
    NameColon "E_ZIP_NAME_COLON" "A name has a colon, which names a stream on Windows; old packs have `::`.",
    NodeIncomplete "E_NODE_INCOMPLETE" "A flow's node lacks something that the runner needs to run it.",
    FlowEmpty "E_FLOW_EMPTY" "A flow has no node.",
    DefaultFlow "E_DEFAULT_FLOW" "No flow is called `default`, and not exactly one has the kind messaging, so hosts cannot choose one for a message.",
    FlowEntry "E_FLOW_ENTRY" "The entry point of a flow is not one of its nodes.",
    FlowTarget "E_FLOW_TARGET" "A node hands over to a flow, or to a node of a flow, that the pack does not have.",
    RouteTarget "E_ROUTE_TARGET" "A route leads to a node that the flow does not have.",
    RouteIgnored "E_ROUTE_IGNORED" "The runner ignores a route, because its target is not where the runner reads it.",
    RouteMissing "E_ROUTE_MISSING" "A node that waits for a reply has no route to continue on.",
    NodeUnreachable "E_NODE_UNREACHABLE" "No route leads to a node of a flow.",
    NotCanonical "E_NOT_CANONICAL" "The archive is not in the canonical form that `pack repack` writes.",
    SbomMissing "E_SBOM_MISSING" "The pack has no software bill of materials.",
    SbomDecode "E_SBOM_DECODE" "The software bill of materials does not decode.",
    SbomAmbiguous "E_SBOM_AMBIGUOUS" "The pack has two software bills of materials.",
    SbomPath "E_SBOM_PATH" "A row of the software bill of materials names an unsafe path.",
    SbomDuplicate "E_SBOM_DUPLICATE" "Two rows of the software bill of materials name the same file.",
    SbomNoFile "E_SBOM_NO_FILE" "A row of the software bill of materials names a file that the pack does not have.",
    SbomSize "E_SBOM_SIZE" "A file does not have the size that the software bill of materials states.",
    SbomDigest "E_SBOM_DIGEST" "A file does not have the digest that the software bill of materials states.",
    SbomUnlisted "E_SBOM_UNLISTED" "A file of the pack is not in the software bill of materials.",
    LockDecode "E_LOCK_DECODE" "The lock file does not decode.",
    LockStale "E_LOCK_STALE" "The lock file describes another build of a component.",
    LockDigest "E_LOCK_DIGEST" "A component does not have the digest that the lock file states.",
    LockMissing "E_LOCK_MISSING" "The lock file names a component whose file the pack does not have.",
    NotArchive "E_NOT_ARCHIVE" "The pack is a folder, and only an archive can be published.",
    SignatureMissing "E_SIGNATURE_MISSING" "The pack has no signature.",
    SignatureDecode "E_SIGNATURE_DECODE" "The signature, its certificates or its keys are malformed.",
    SignatureDigest "E_SIGNATURE_DIGEST" "The signature is for other bytes than the pack's.",
    SignatureInvalid "E_SIGNATURE_INVALID" "The signature does not verify under the key of its first certificate.",
    SignatureChain "E_SIGNATURE_CHAIN" "A certificate is not valid today, or may not certify the one before it.",
    SignatureUntrusted "E_SIGNATURE_UNTRUSTED" "No key of the certificate chain is trusted.",
    CapabilityUndeclared "E_CAPABILITY_UNDECLARED" "A component imports a capability that the manifest does not declare.",
    FormUnreadable "E_FORM_UNREADABLE" "The setup tool cannot read a file that holds the setup form.",
    FormRefuses "E_FORM_REFUSES" "The setup tool refuses every answer to a question of its form.",
    FormMember "E_FORM_MEMBER" "The setup tool ignores a member that should make it ask a question, require the answer or keep it secret.",
    SecretsUnreadable "E_SECRETS_UNREADABLE" "The setup tool cannot read the file that lists the pack's secrets.",
    MemberUnknown "E_MEMBER_UNKNOWN" "A file that an author wrote has a member that no tool reads.",
    MemberType "E_MEMBER_TYPE" "A file that an author wrote, or a member of it, is not of the type that hosts read.",
    NoWizard "E_NO_WIZARD" "The pack has no setup wizard and does not declare that it needs none.",
    NothingRan "E_NOTHING_RAN" "The wizard completes although none of its steps ran.",
    Refused "E_REFUSED" "A step refuses the answers that it has to accept.",
    OutputUnknownKey "E_OUTPUT_UNKNOWN_KEY" "A step's output has a key that the contract does not know.",
    Card "E_CARD" "A card of the wizard is not a valid Adaptive Card.",
    QuestionsShape "E_QUESTIONS_SHAPE" "The wizard's questions are not of the contract's shape.",
    QuestionKind "E_QUESTION_KIND" "A question is of a kind that no host knows.",
    QuestionConstraint "E_QUESTION_CONSTRAINT" "A constraint of a question cannot be satisfied or does not fit its kind.",
    QuestionDefault "E_QUESTION_DEFAULT" "The default of a question violates the question's own constraint.",
    QuestionsDisagree "E_QUESTIONS_DISAGREE" "Two sources of the same questions disagree.",
    TextMissing "E_TEXT_MISSING" "The pack has no text for a key that the wizard shows.",
    TextTemplate "E_TEXT_TEMPLATE" "A text that the wizard shows holds a template that nobody resolves.",
    Requirements "E_REQUIREMENTS" "The requirements step answers something else than the pack's fixture states.",
    NoRequirements "E_NO_REQUIREMENTS" "The pack has a fixture of its requirements, but no requirements flow or step.",
    Fixture "E_FIXTURE" "A fixture of the pack cannot be read.",
    PlanDiffers "E_PLAN_DIFFERS" "The plan differs from the one that it is compared with.",
    ConfigInvalid "E_CONFIG_INVALID" "The configuration of the plan violates the pack's own schema.",
    NotIdempotent "E_NOT_IDEMPOTENT" "A second setup on top of the first one changes something again.",
    UpdateDrops "E_UPDATE_DROPS" "An update with the answers of setup drops config or a secret that setup set.",
    NotConverging "E_NOT_CONVERGING" "Carried out a second time, setup changes again what the first one left.",
    HalfApplied "E_HALF_APPLIED" "The wizard completes although a store refuses one of its writes, so that setup is carried out in part.",
    LeftBehind "E_LEFT_BEHIND" "The remove wizard leaves something behind that setup created.",
    OpId "E_OP_ID" "Two operations of the plan have the same id.",
    OpVerb "E_OP_VERB" "The verb of an operation is unknown.",
    OpField "E_OP_FIELD" "An operation lacks a required field.",
    SecretBoth "E_SECRET_BOTH" "The plan sets and deletes the same secret.",
    EmptyKey "E_EMPTY_KEY" "The plan has an empty key.",
    WebhookUrl "E_WEBHOOK_URL" "The URL of a webhook is missing or malformed, or carries credentials.",
    WebhookScheme "E_WEBHOOK_SCHEME" "The URL of a webhook is not https.",
    WebhookBase "E_WEBHOOK_BASE" "The URL of a webhook is not below the public base URL.",
    Redirect "E_REDIRECT" "A redirect or a notification URL is malformed, or not an https URL below the public base URL.",
    NoBase "E_NO_BASE" "Without a public base URL, the plan has a URL that is no absolute https URL.",
    SecretShown "E_SECRET_SHOWN" "A secret appears in output that is not secret.",
    SecretInConfig "E_SECRET_IN_CONFIG" "A component returns the answer to a secret question in its config.",
    SecretUndeclared "E_SECRET_UNDECLARED" "The plan sets a secret that the pack does not declare.",
    SecretUnset "E_SECRET_UNSET" "The plan does not set a secret that the pack declares as required or that setup asks for.",
    SecretPlain "E_SECRET_PLAIN" "The plan contains the value of a secret instead of its redacted mark.",
    Effect "E_EFFECT" "A step tries to affect something outside the sandbox during a dry run.",
    Attempt "E_ATTEMPT" "A step calls a host function that the host denies.",
    OutcomeDiffers "E_OUTCOME_DIFFERS" "Two runs on the same input end differently.",
    OutputDiffers "E_OUTPUT_DIFFERS" "Two runs on the same input answer different bytes.",
    FuelDiffers "E_FUEL_DIFFERS" "Two runs on the same input consume different amounts of fuel.",
    HostcallsDiffer "E_HOSTCALLS_DIFFER" "Two runs on the same input call the host differently.",
    TenantShown "E_TENANT_SHOWN" "The run for one tenant shows something of another tenant.",
    TenantDiffers "E_TENANT_DIFFERS" "The run for one tenant is another one while a run for another tenant takes place.",
    TenantState "E_TENANT_STATE" "A step writes or deletes state of another tenant than the one for which it runs.",
    AnswerRefused "E_ANSWER_REFUSED" "The wizard refuses an answer that its question offers.",
    AnswerMissing "E_ANSWER_MISSING" "The wizard accepts answers that lack a required one.",
    AnswerType "E_ANSWER_TYPE" "The wizard accepts an answer of the wrong type.",
    AnswerConstraint "E_ANSWER_CONSTRAINT" "The wizard puts an answer into the plan that a constraint of its question forbids.",
    AnswerUnnamed "E_ANSWER_UNNAMED" "The wizard refuses an answer without naming the question.",
    ExtraInPlan "E_EXTRA_IN_PLAN" "An answer to a question that the wizard does not ask is in the plan.",
    ExtraChanges "E_EXTRA_CHANGES" "An answer to a question that the wizard does not ask changes the plan.",
    AnswerEmpty "E_ANSWER_EMPTY" "An empty text as answer to a question that requires a text gets into the config.",
    AnswerUnused "E_ANSWER_UNUSED" "The plan is the same for two different answers to a question that setup requires.",
    ValidateAccepts "E_VALIDATE_ACCEPTS" "The validate step accepts answers that the apply step refuses.",
    DeployPlan "E_DEPLOY_PLAN" "The component that renders the deployment plan writes none, or one that is not of this pack.",
    DeployFlow "E_DEPLOY_FLOW" "A channel of the deployment plan leads to a flow that the pack does not have.",
    DeployDiffers "E_DEPLOY_DIFFERS" "Two runs of the component that renders the deployment plan write different plans.",
    Validator "E_VALIDATOR" "A validator that the pack carries reports an error.",
    LocalPath "E_LOCAL_PATH" "A file contains a path of the machine that built the pack.",
    EmbeddedSecret "E_EMBEDDED_SECRET" "A file contains what looks like a credential.",
    CredentialFile "E_CREDENTIAL_FILE" "The pack has a file in which a tool of the author keeps credentials.",
    BuildResidue "E_BUILD_RESIDUE" "The pack has files that a tool of the author left behind.",
    ActiveText "E_ACTIVE_TEXT" "A text of the pack contains control sequences or markup that a reader executes.",
    Unconcluded "E_UNCONCLUDED" "A check reached no conclusion, which is a bug of the harness.",
    Panic "E_PANIC" "The harness panicked, which is a bug of the harness.",
}
}
