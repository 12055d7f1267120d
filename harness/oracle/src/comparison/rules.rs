//! The rules of a comparison: the class of each difference, and why.

use serde::Serialize;
use std::fmt;

/// What a difference means for those who use the old pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Nobody's answers, config or calls behave differently.
    Internal,
    /// Everything that worked with the old pack works, and something is new or different.
    Compatible,
    /// Something that worked with the old pack fails with the new one, or is lost.
    Breaking,
}

impl Class {
    /// All of them, the worst first.
    pub const WORST_FIRST: [Self; 3] = [Self::Breaking, Self::Compatible, Self::Internal];

    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Compatible => "compatible",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Declares the rules, so that none lacks a class, a mirror or a sentence.
macro_rules! rules {
    ($($name:ident $slug:literal $class:ident [$($mirror:ident)+] $why:literal;)+) => {
        /// A rule of a comparison. Its slug never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(#[doc = $why] $name,)+
        }

        impl Rule {
            /// Every rule, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its stable name, `area.difference`.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self {
                    $(Self::$name => $slug,)+
                }
            }

            /// The class of the differences that follow it.
            #[must_use]
            pub const fn class(self) -> Class {
                match self {
                    $(Self::$name => Class::$class,)+
                }
            }

            /// Why they have this class.
            #[must_use]
            pub const fn why(self) -> &'static str {
                match self {
                    $(Self::$name => $why,)+
                }
            }

            /// The rules that the same difference follows when old and new are swapped.
            #[must_use]
            pub const fn mirrors(self) -> &'static [Self] {
                match self {
                    $(Self::$name => &[$(Self::$mirror,)+],)+
                }
            }
        }
    };
}

rules! {
    QuestionRemoved "question.removed" Breaking [QuestionAdded QuestionAddedRequired]
        "An answer that users and answers files give has no effect any more.";
    QuestionAdded "question.added" Compatible [QuestionRemoved]
        "Answers of the old pack stay complete: the question is optional, has a default, or asks for what the host knows.";
    QuestionAddedRequired "question.added-required" Breaking [QuestionRemoved]
        "Answers of the old pack lack the answer, and it has no default.";
    QuestionRenamed "question.renamed" Breaking [QuestionRenamed]
        "Answers files give the answer under the old id, which nothing reads any more.";
    QuestionRequired "question.required" Breaking [QuestionOptional]
        "Answers that leave the question out were complete, and are refused now.";
    QuestionOptional "question.optional" Compatible [QuestionRequired]
        "Every complete set of answers stays complete.";
    QuestionTypeChanged "question.type-changed" Breaking [QuestionTypeChanged]
        "An answer of the old type is not one of the new type.";
    QuestionTypeNarrowed "question.type-narrowed" Breaking [QuestionTypeWidened]
        "Some answers of the old type are not of the new type.";
    QuestionTypeWidened "question.type-widened" Compatible [QuestionTypeNarrowed]
        "Every answer of the old type is one of the new type.";
    QuestionChoicesNarrowed "question.choices-narrowed" Breaking [QuestionChoicesWidened]
        "Answers that the old pack offers are refused now.";
    QuestionChoicesWidened "question.choices-widened" Compatible [QuestionChoicesNarrowed]
        "Every answer that the old pack offers is still allowed.";
    QuestionBoundsNarrowed "question.bounds-narrowed" Breaking [QuestionBoundsWidened]
        "Answers within the old bounds are refused now.";
    QuestionBoundsWidened "question.bounds-widened" Compatible [QuestionBoundsNarrowed]
        "Every answer within the old bounds is within the new ones.";
    QuestionPatternAdded "question.pattern-added" Breaking [QuestionPatternRemoved]
        "The question takes fewer texts than before.";
    QuestionPatternRemoved "question.pattern-removed" Compatible [QuestionPatternAdded]
        "The question takes every text that it took before.";
    QuestionPatternChanged "question.pattern-changed" Breaking [QuestionPatternChanged]
        "Texts that match the old pattern may not match the new one.";
    QuestionSecretPlain "question.secret-made-plain" Breaking [QuestionPlainSecret]
        "The answer was kept among the secrets; now hosts show and store it as config.";
    QuestionPlainSecret "question.plain-made-secret" Compatible [QuestionSecretPlain]
        "The same answer is accepted, and hosts keep it among the secrets.";
    QuestionDefault "question.default-changed" Compatible [QuestionDefault]
        "No answer is refused; users who leave the question out get another value.";
    QuestionCondition "question.condition-changed" Compatible [QuestionCondition]
        "The question is shown to other users; no answer that it takes is refused.";
    QuestionLabel "question.label-changed" Internal [QuestionLabel]
        "People read another title; ids, answers and plans stay as they are.";
    QuestionHelp "question.help-changed" Internal [QuestionHelp]
        "People read another explanation; ids, answers and plans stay as they are.";

    PlanRefused "plan.answers-refused" Breaking [PlanAccepted]
        "Answers that set the old pack up are refused by the new one.";
    PlanAccepted "plan.answers-accepted" Compatible [PlanRefused]
        "The new pack accepts answers that the old one refuses.";
    PlanConfigRemoved "plan.config-removed" Breaking [PlanConfigAdded]
        "The same answers do not set the key any more, and its readers find nothing.";
    PlanConfigAdded "plan.config-added" Compatible [PlanConfigRemoved]
        "The same answers set every key that they set before, and one more.";
    PlanConfigRenamed "plan.config-renamed" Breaking [PlanConfigRenamed]
        "The readers of the old key find nothing.";
    PlanConfigType "plan.config-type-changed" Breaking [PlanConfigType]
        "The readers of the key get a value of another type.";
    PlanConfigValue "plan.config-value-changed" Compatible [PlanConfigValue]
        "The same answers set another value of the same type.";
    PlanSecretRemoved "plan.secret-removed" Breaking [PlanSecretAdded]
        "The same answers do not set the secret any more, and its readers find nothing.";
    PlanSecretAdded "plan.secret-added" Compatible [PlanSecretRemoved]
        "The same answers set every secret that they set before, and one more.";
    PlanSecretRenamed "plan.secret-renamed" Breaking [PlanSecretRenamed]
        "The readers of the old secret find nothing.";
    PlanSecretDeleted "plan.secret-deleted" Breaking [PlanSecretKept]
        "The new pack deletes a secret that the old one leaves.";
    PlanSecretKept "plan.secret-kept" Compatible [PlanSecretDeleted]
        "The new pack leaves a secret that the old one deletes.";
    PlanConfigDeleted "plan.config-deleted" Breaking [PlanConfigKept]
        "The new pack deletes a config key that the old one leaves.";
    PlanConfigKept "plan.config-kept" Compatible [PlanConfigDeleted]
        "The new pack leaves a config key that the old one deletes.";
    RemovalMore "plan.removal-clears-more" Compatible [RemovalLess]
        "The removal of an installation clears this as well.";
    RemovalLess "plan.removal-clears-less" Compatible [RemovalMore]
        "The removal of an installation leaves this behind; nobody who stays installed meets it.";
    WebhookRemoved "plan.webhook-removed" Breaking [WebhookAdded]
        "The provider's messages do not arrive any more.";
    WebhookAdded "plan.webhook-added" Compatible [WebhookRemoved]
        "Every webhook of the old plan is there, and one more.";
    WebhookUrl "plan.webhook-url-changed" Breaking [WebhookUrl]
        "Whatever is registered or routed for the old URL reaches nothing.";
    WebhookMethod "plan.webhook-method-changed" Breaking [WebhookMethod]
        "Hosts that serve the old verb or method do not answer the new one.";
    WebhookDetails "plan.webhook-details-changed" Compatible [WebhookDetails]
        "The webhook has the same URL and verb, and other details.";
    SubscriptionRemoved "plan.subscription-removed" Breaking [SubscriptionAdded]
        "The events of the subscription do not arrive any more.";
    SubscriptionAdded "plan.subscription-added" Compatible [SubscriptionRemoved]
        "Every subscription of the old plan is there, and one more.";
    SubscriptionDetails "plan.subscription-details-changed" Compatible [SubscriptionDetails]
        "The subscription is there, with another verb or other details.";
    OauthRemoved "plan.oauth-removed" Breaking [OauthAdded]
        "The user does not authorise the provider any more, and its token is not there.";
    OauthAdded "plan.oauth-added" Compatible [OauthRemoved]
        "Every authorisation of the old plan is there, and one more.";
    OauthRedirect "plan.oauth-redirect-changed" Breaking [OauthRedirect]
        "Authorisation servers refuse a redirect that is not registered with them.";
    OauthDetails "plan.oauth-details-changed" Compatible [OauthDetails]
        "The authorisation is there, with another verb or other details.";
    PlanNotes "plan.notes-changed" Internal [PlanNotes]
        "People read other remarks; nothing that a host carries out differs.";

    SchemaAdded "schema.added" Compatible [SchemaRemoved]
        "The config that the same answers make is valid under the new schema.";
    SchemaRemoved "schema.removed" Compatible [SchemaAdded SchemaRefuses]
        "Every config is accepted.";
    SchemaRefuses "schema.config-refused" Breaking [SchemaRemoved]
        "The new schema refuses a config that the old pack makes.";
    SchemaPropertyRemoved "schema.property-removed" Breaking [SchemaPropertyAdded SchemaPropertyRequired]
        "A config that has the property is refused, or the property means nothing any more.";
    SchemaPropertyAdded "schema.property-added" Compatible [SchemaPropertyRemoved]
        "A config without the property stays valid.";
    SchemaPropertyRequired "schema.property-added-required" Breaking [SchemaPropertyRemoved]
        "A config of the old pack lacks the property.";
    SchemaRequired "schema.required" Breaking [SchemaOptional]
        "A config without the property was valid, and is refused now.";
    SchemaOptional "schema.optional" Compatible [SchemaRequired]
        "Every valid config stays valid.";
    SchemaTypeChanged "schema.type-changed" Breaking [SchemaTypeChanged]
        "A value of the old type is refused now.";
    SchemaTypeNarrowed "schema.type-narrowed" Breaking [SchemaTypeWidened]
        "Some values of the old type are refused now.";
    SchemaTypeWidened "schema.type-widened" Compatible [SchemaTypeNarrowed]
        "Every value of the old type stays valid.";
    SchemaFormat "schema.format-changed" Compatible [SchemaFormat]
        "JSON Schema describes texts by the format, and refuses none by it.";
    SchemaEnumNarrowed "schema.enum-narrowed" Breaking [SchemaEnumWidened]
        "Values that were valid are refused now.";
    SchemaEnumWidened "schema.enum-widened" Compatible [SchemaEnumNarrowed]
        "Every valid value stays valid.";
    SchemaBoundsNarrowed "schema.bounds-narrowed" Breaking [SchemaBoundsWidened]
        "Values within the old bounds are refused now.";
    SchemaBoundsWidened "schema.bounds-widened" Compatible [SchemaBoundsNarrowed]
        "Every value within the old bounds stays valid.";
    SchemaPatternAdded "schema.pattern-added" Breaking [SchemaPatternRemoved]
        "Texts that were valid are refused now.";
    SchemaPatternRemoved "schema.pattern-removed" Compatible [SchemaPatternAdded]
        "Every valid text stays valid.";
    SchemaPatternChanged "schema.pattern-changed" Breaking [SchemaPatternChanged]
        "Texts that match the old pattern may not match the new one.";
    SchemaClosed "schema.closed" Breaking [SchemaOpened]
        "A config with a property that the schema does not name was valid, and is refused now.";
    SchemaOpened "schema.opened" Compatible [SchemaClosed]
        "Every valid config stays valid.";
    SchemaBranchRemoved "schema.branch-removed" Breaking [SchemaBranchAdded]
        "Values of this branch were valid, and are refused now.";
    SchemaBranchAdded "schema.branch-added" Compatible [SchemaBranchRemoved]
        "Every valid value stays valid.";
    SchemaBranchesAdded "schema.branches-added" Breaking [SchemaBranchesRemoved]
        "A value that fits none of the branches was valid, and is refused now.";
    SchemaBranchesRemoved "schema.branches-removed" Compatible [SchemaBranchesAdded]
        "Every valid value stays valid.";
    SchemaSecretPlain "schema.secret-made-plain" Breaking [SchemaPlainSecret]
        "Hosts redacted the value; now they show it.";
    SchemaPlainSecret "schema.plain-made-secret" Compatible [SchemaSecretPlain]
        "Every valid config stays valid, and hosts redact the value.";
    SchemaDefault "schema.default-changed" Compatible [SchemaDefault]
        "No config is refused; a config without the property means another value.";
    SchemaText "schema.text-changed" Internal [SchemaText]
        "People read another text; no config is refused.";

    SecretRequired "secret.required" Breaking [SecretNotRequired]
        "An installation of the old pack does not have the secret.";
    SecretNotRequired "secret.not-required" Compatible [SecretRequired]
        "An installation of the old pack has more than the new one needs.";
    SecretOptionalAdded "secret.optional-added" Compatible [SecretOptionalRemoved]
        "The pack works without the secret.";
    SecretOptionalRemoved "secret.optional-removed" Compatible [SecretOptionalAdded]
        "The pack does not read the secret any more, and never needed it.";
    SecretRenamed "secret.renamed" Breaking [SecretRenamed]
        "An installation of the old pack has the secret under the old key.";
    BaseUrlRequired "requirement.base-url-needed" Breaking [BaseUrlNotRequired]
        "An installation without a public base URL was complete, and is not any more.";
    BaseUrlNotRequired "requirement.base-url-not-needed" Compatible [BaseUrlRequired]
        "An installation with a public base URL stays complete.";
    RequirementAdded "requirement.added" Breaking [RequirementRemoved]
        "What the old pack required is not enough any more.";
    RequirementRemoved "requirement.removed" Compatible [RequirementAdded]
        "What the old pack required is enough.";
    RequirementDetails "requirement.details-changed" Compatible [RequirementDetails]
        "The same config and secrets are required, and other details are given.";
    DependencyAdded "dependency.added" Breaking [DependencyRemoved]
        "An environment of the old pack does not have the other pack.";
    DependencyRemoved "dependency.removed" Compatible [DependencyAdded]
        "The new pack works without the other pack.";
    DependencyVersion "dependency.version-changed" Breaking [DependencyVersion]
        "The version that satisfied the old pack may not satisfy the new one.";

    PackId "pack.id-changed" Breaking [PackId]
        "Installations and dependencies name the pack by its old id.";
    PackRole "pack.role-changed" Breaking [PackRole]
        "Other hosts run a pack of the new role.";
    CapabilityRemoved "capability.removed" Breaking [CapabilityAdded]
        "Packs and hosts that look for the capability do not find it here any more.";
    CapabilityAdded "capability.added" Compatible [CapabilityRemoved]
        "Every capability of the old pack is there, and one more.";
    ProviderRemoved "provider.removed" Breaking [ProviderAdded]
        "Hosts that know the provider by its type do not find it any more.";
    ProviderAdded "provider.added" Compatible [ProviderRemoved]
        "Every provider of the old pack is there, and one more.";
    ProviderOpRemoved "provider.operation-removed" Breaking [ProviderOpAdded]
        "Hosts that call the operation get an error.";
    ProviderOpAdded "provider.operation-added" Compatible [ProviderOpRemoved]
        "Every operation of the old provider is there, and one more.";

    ExtensionRemoved "extension.removed" Breaking [ExtensionAdded]
        "Hosts that read the extension do not find it any more.";
    ExtensionAdded "extension.added" Compatible [ExtensionRemoved]
        "Every extension of the old manifest is there, and one more.";
    ExtensionChanged "extension.changed" Compatible [ExtensionChanged]
        "The extension is there, with other contents.";

    ComponentRemoved "component.removed" Breaking [ComponentAdded]
        "Flows and hosts that name the component do not find it any more.";
    ComponentAdded "component.added" Compatible [ComponentRemoved]
        "Every component of the old pack is there, and one more.";
    ComponentRenamed "component.renamed" Breaking [ComponentRenamed]
        "Flows and hosts that name the component do not find it any more.";
    ComponentInnerRenamed "component.inner-renamed" Internal [ComponentInnerRenamed]
        "Only flows of the pack itself call the component, and they are compared themselves.";
    ComponentInnerRemoved "component.inner-removed" Internal [ComponentInnerAdded]
        "Only flows of the pack itself call the component, and they are compared themselves.";
    ComponentInnerAdded "component.inner-added" Internal [ComponentInnerRemoved]
        "Only flows of the pack itself call the component, and they are compared themselves.";
    ComponentInner "component.inner-changed" Internal [ComponentInner]
        "Only flows of the pack itself call the component, and they are compared themselves.";
    ComponentVersion "component.version-changed" Internal [ComponentVersion]
        "Hosts find components by id; what differs in behaviour is listed apart.";
    ExportRemoved "component.export-removed" Breaking [ExportAdded]
        "Hosts that call the interface cannot call the component any more.";
    ExportAdded "component.export-added" Compatible [ExportRemoved]
        "Every interface of the old component is there, and one more.";
    ExportReplaced "component.export-replaced" Breaking [ExportReplaced]
        "Hosts that call the old version of the interface cannot call the component.";
    ExportUpdated "component.export-updated" Compatible [ExportUpdated]
        "Both versions of the interface are compatible by semantic versioning.";
    OperationRemoved "component.operation-removed" Breaking [OperationAdded]
        "Flows and hosts that call the operation get an error.";
    OperationAdded "component.operation-added" Compatible [OperationRemoved]
        "Every operation of the old component is there, and one more.";

    FlowRemoved "flow.removed" Breaking [FlowAdded]
        "Hosts and flows that start the flow do not find it any more.";
    FlowAdded "flow.added" Compatible [FlowRemoved]
        "Every flow of the old pack is there, and one more.";
    FlowRenamed "flow.renamed" Breaking [FlowRenamed]
        "Hosts and flows that start the flow do not find it any more.";
    FlowKind "flow.kind-changed" Breaking [FlowKind]
        "Other hosts start a flow of the new kind.";
    FlowEntryRemoved "flow.entry-removed" Breaking [FlowEntryAdded]
        "Hosts that start the flow by this entry point do not find it any more.";
    FlowEntryAdded "flow.entry-added" Compatible [FlowEntryRemoved]
        "Every entry point of the old flow is there, and one more.";
    FlowGraph "flow.graph-changed" Compatible [FlowGraph]
        "The flow starts at the same entry points and takes other steps.";
    FlowEmptied "flow.emptied" Breaking [FlowFilled]
        "The flow took steps, and has none now: the caller that starts it gets nothing.";
    FlowFilled "flow.filled" Compatible [FlowEmptied]
        "The flow had no steps, so nobody relies on what it does.";
    WizardRemoved "wizard.removed" Breaking [WizardAdded]
        "Hosts that run the wizard do not find it any more.";
    WizardAdded "wizard.added" Compatible [WizardRemoved]
        "Every wizard of the old pack is there, and one more.";
    WizardUnrunRemoved "wizard.unrun-removed" Internal [WizardUnrunAdded]
        "No host runs the wizard.";
    WizardUnrunAdded "wizard.unrun-added" Internal [WizardUnrunRemoved]
        "No host runs the wizard.";
    WizardUnrunChanged "wizard.unrun-changed" Internal [WizardUnrunChanged]
        "No host runs the wizard.";
    WizardRenamed "wizard.renamed" Breaking [WizardRenamed]
        "Scripts and manifests that name the wizard do not find it any more.";
    WizardDriver "wizard.driver-changed" Internal [WizardDriver]
        "Another form of code runs the wizard; what differs in its answers is listed apart.";

    LanguageRemoved "text.language-removed" Compatible [LanguageAdded]
        "People of the language read the texts of another one; nothing is refused.";
    LanguageAdded "text.language-added" Compatible [LanguageRemoved]
        "Every language of the old pack is there, and one more.";
    TextRemoved "text.keys-removed" Internal [TextAdded]
        "A question whose text is missing is listed apart; no answer is refused.";
    TextAdded "text.keys-added" Internal [TextRemoved]
        "Every text of the old pack is there.";
    TextChanged "text.changed" Internal [TextChanged]
        "People read another text; ids, answers and plans stay as they are.";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}
