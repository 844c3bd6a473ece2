//! Secrets of the operator that visitors give: the password of the site, and keys for making rooms.

use std::fmt;

use argon2::Argon2;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::{
    domain::{Guest, Refusal, VisitorId},
    limits::budgets::Budgets,
};

/// Tells the hash below from others of the same password. It is the same on every server, as a session may come to any.
const SALT: &[u8] = b"gifchat: who has given the password of the site";

/// Known secrets, as hashes with a key of this process: how long it takes to compare them says nothing of them.
pub struct Secrets {
    key: [u8; 32],
    known: Vec<[u8; 32]>,
}

impl Secrets {
    /// These, and no others.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let key = rand::random();
        let known = secrets
            .into_iter()
            .map(|secret| hash(&key, secret.as_bytes()))
            .collect();
        Self { key, known }
    }

    /// Which of them it is.
    pub fn which(&self, given: &str) -> Option<usize> {
        let given = hash(&self.key, given.as_bytes());
        self.known.iter().position(|known| *known == given)
    }

    /// Lets a guest pass who gives one of them; a wrong one counts as a wrong password.
    ///
    /// # Errors
    /// Too many wrong ones of the visitor or the address, or `wrong`.
    pub fn admit(&self, budgets: &Budgets, guest: &Guest, given: &str, wrong: Refusal) -> Result<(), Refusal> {
        let attempt = budgets.secret(guest)?;
        if self.which(given).is_some() {
            attempt.right();
            Ok(())
        } else {
            attempt.wrong();
            Err(wrong)
        }
    }
}

/// The door of a site that asks everybody for a password.
pub struct Door {
    password: Secrets,
    /// What passes are made with: it follows from the password, so that another password makes other passes.
    key: [u8; 32],
}

/// Says that a visitor has given the password. A session keeps it; neither the password nor its key follows from it without a
/// guess that costs as much as with any password here.
#[derive(Clone, PartialEq, Eq)]
pub struct Pass(String);

impl Door {
    /// The door of a site with this password. It takes some 20 ms, as hashing a password does.
    ///
    /// # Errors
    /// Hashing failed.
    pub fn new(password: &str) -> Result<Self, argon2::Error> {
        let mut key = [0; 32];
        Argon2::default().hash_password_into(password.as_bytes(), SALT, &mut key)?;
        Ok(Self {
            password: Secrets::new([password]),
            key,
        })
    }

    /// The pass of a guest who gives the password.
    ///
    /// # Errors
    /// It is wrong, or too many were.
    pub fn open(&self, budgets: &Budgets, guest: &Guest, given: &str) -> Result<Pass, Refusal> {
        self.password.admit(budgets, guest, given, Refusal::WrongPassword)?;
        Ok(self.pass_of(guest.visitor.id))
    }

    /// The pass that a visitor has who gave the password that holds now.
    pub fn pass_of(&self, visitor: VisitorId) -> Pass {
        Pass(HEXLOWER.encode(&hash(&self.key, visitor.to_string().as_bytes())))
    }
}

impl Pass {
    /// What a session keeps.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

// Neither ever stands in a log.
impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pass")
    }
}

/// The key is of a fixed length, so no other key and text give the same bytes.
fn hash(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(key).chain_update(text).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_of_one_visitor_and_one_password() {
        let [ann, bea] = [VisitorId::random(), VisitorId::random()];
        let (door, again, other) = (Door::new("sesame"), Door::new("sesame"), Door::new("sesamE"));
        let (door, again, other) = (door.unwrap(), again.unwrap(), other.unwrap());
        assert_eq!(door.pass_of(ann), again.pass_of(ann), "every server knows it");
        assert_ne!(door.pass_of(ann), door.pass_of(bea));
        assert_ne!(door.pass_of(ann), other.pass_of(ann));
    }
}
