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
        "Answers of the old pack stay complete: the question is optional or has a default.";
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
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}
