//! An invite: a secret in a link that lets whoever has it into a room with a password.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

use super::id::{NotAnId, parse_hex};

/// The secret of a link: 128 random bits. Never logged or stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct InviteToken(u128);

impl InviteToken {
    /// A new one.
    pub fn random() -> Self {
        Self(rand::random())
    }

    /// What a store keeps of it. Nobody can guess 128 random bits, so a plain hash is as good as a slow one.
    pub fn hash(self) -> InviteHash {
        InviteHash(Sha256::digest(self.0.to_be_bytes()).into())
    }

    /// The text of the link.
    pub fn secret(self) -> String {
        format!("{:032x}", self.0)
    }
}

impl FromStr for InviteToken {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        parse_hex(text, 32).map(Self)
    }
}

impl fmt::Debug for InviteToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InviteToken(…)")
    }
}

/// The hash of an [`InviteToken`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InviteHash([u8; 32]);

impl InviteHash {
    /// From the bytes a store kept.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes a store keeps.
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_its_link_and_never_shows_itself() {
        let token = InviteToken::random();
        assert_eq!(token.secret().parse(), Ok(token));
        assert_eq!(token.secret().len(), 32);
        assert!(!format!("{token:?}").contains(&token.secret()));
        assert_ne!(token.hash(), InviteToken::random().hash());
        assert!("short".parse::<InviteToken>().is_err());
    }
}
