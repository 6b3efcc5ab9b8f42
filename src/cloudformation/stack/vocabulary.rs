//! Enums that mirror CloudFormation's words.
//!
//! One macro, so that a variant and its spelling cannot drift apart, and so that a word that AWS adds tomorrow is kept
//! and shown instead of being lost.

/// Declares an enum of CloudFormation's words with `parse`, `as_str`, `ALL` and an `Unknown` arm.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`")] $variant,)*
            /// A word that this version does not know, as CloudFormation wrote it.
            Unknown(String),
        }

        impl $name {
            /// Every word that is known.
            pub const ALL: &[$name] = &[$($name::$variant),*];

            /// Reads CloudFormation's text.
            pub fn parse(text: &str) -> $name {
                match text {
                    $($text => $name::$variant,)*
                    other => $name::Unknown(crate::text::identifier(other.to_owned())),
                }
            }

            /// CloudFormation's text.
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$variant => $text,)*
                    $name::Unknown(other) => other,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

pub(crate) use vocabulary;
