//! Random identifiers of a fixed width, written in hexadecimal.

use std::str::FromStr;

/// Makes a random identifier of `$digits` hexadecimal digits (four bits each) that parses only its own form.
macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $digits:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(u128);

        impl $name {
            /// A new one, from the cryptographic generator of the thread.
            pub fn random() -> Self {
                Self(rand::random::<u128>() >> (128 - 4 * $digits))
            }

            /// The bytes a store keeps, big endian.
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0.to_be_bytes()
            }

            /// From the bytes a store kept.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(u128::from_be_bytes(bytes))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{:0width$x}", self.0, width = $digits)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::id::NotAnId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::domain::id::parse_hex(text, $digits).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text: String = serde::Deserialize::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use hex_id;

/// What somebody asks for by `text`; a `random` one, which nothing has, where it can't be an id, so that they hear in the
/// usual order why they get nothing.
pub fn asked_for<T: FromStr>(text: &str, random: impl FnOnce() -> T) -> T {
    text.parse().unwrap_or_else(|_| random())
}

/// The text is not an identifier of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier")]
pub struct NotAnId;

/// Reads exactly `digits` lower case hexadecimal digits, so that every id has one spelling only.
pub fn parse_hex(text: &str, digits: usize) -> Result<u128, NotAnId> {
    let plain = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if text.len() != digits || !plain {
        return Err(NotAnId);
    }
    u128::from_str_radix(text, 16).map_err(|_| NotAnId)
}

#[cfg(test)]
mod tests {
    use super::*;

    hex_id!(
        /// For these tests.
        TestId,
        24
    );

    #[test]
    fn an_id_survives_text_and_bytes_and_has_one_spelling_only() {
        let id = TestId::random();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(TestId::from_bytes(id.to_bytes()), id);
        assert_eq!(id.to_string().len(), 24);
        for wrong in [
            "",
            "0",
            "00000000000000000000000G",
            "00000000000000000000000A",
            "+00000000000000000000000",
        ] {
            assert_eq!(wrong.parse::<TestId>(), Err(NotAnId), "{wrong}");
        }
    }
}
