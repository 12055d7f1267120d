//! The macro that declares the codes of findings.

/// Declares the codes with their sentences, so that none lacks one.
macro_rules! codes {
    ($($(#[$about:meta])* $group:ident($kind:ident) {
        $($name:ident $code:literal $sentence:literal,)+
    })+) => {
        $(
            $(#[$about])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            #[derive(Serialize, Deserialize)]
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

            impl From<$kind> for FindingCode {
                fn from(code: $kind) -> Self {
                    Self::$group(code)
                }
            }
        )+

        /// The code of a finding.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(Serialize, Deserialize)]
        #[serde(untagged)]
        pub enum FindingCode {
            $($(#[$about])* $group($kind),)+
            /// A code of another tool, such as a rule of the Greentic types, or
            /// of another version of this harness.
            Foreign(String),
        }

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
