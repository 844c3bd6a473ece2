//! Argon2id with memory that is allocated once: left to the allocator, each thread that ever hashed would keep its own.

use argon2::{
    Algorithm, Argon2, Block, Params, PasswordHash, Version,
    password_hash::{
        Error, Result,
        phc::{Output, ParamsString, Salt},
    },
};

/// Memory in KiB, passes and lanes of one hash: the first choice of OWASP's list for argon2id
/// (<https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>).
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// Hashes one password after the other.
pub struct Hasher {
    params: Params,
    /// Empty until the first hash, so that a site without passwords does not pay for it.
    memory: Vec<Block>,
}

impl Hasher {
    /// One that has not hashed yet.
    ///
    /// # Errors
    /// The cost is out of argon2's range.
    pub fn new() -> std::result::Result<Self, argon2::Error> {
        let (memory, passes, lanes) = COST;
        Ok(Self {
            params: Params::new(memory, passes, lanes, None)?,
            memory: Vec::new(),
        })
    }

    /// Hashes a password with a fresh salt, into PHC form.
    ///
    /// # Errors
    /// Hashing failed.
    pub fn hash(&mut self, password: &[u8]) -> Result<String> {
        let salt = Salt::new(&rand::random::<[u8; Salt::RECOMMENDED_LENGTH]>())?;
        let (algorithm, version, params) = (Algorithm::Argon2id, Version::V0x13, self.params.clone());
        let hash = PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(&params)?,
            salt: Some(salt),
            hash: Some(self.output(Argon2::new(algorithm, version, params), password, &salt)?),
        };
        Ok(hash.to_string())
    }

    /// Whether a password is the one that was hashed, whatever that hash cost. Outputs are compared in constant time.
    ///
    /// # Errors
    /// The hash is not one of argon2.
    pub fn verify(&mut self, password: &[u8], hash: &str) -> Result<bool> {
        let hash = PasswordHash::new(hash)?;
        let (salt, expected) = hash
            .salt
            .as_ref()
            .zip(hash.hash.as_ref())
            .ok_or(Error::PasswordInvalid)?;
        let version = hash.version.map(Version::try_from).transpose()?.unwrap_or_default();
        let argon2 = Argon2::new(
            Algorithm::try_from(hash.algorithm.as_str())?,
            version,
            Params::try_from(&hash)?,
        );
        Ok(self.output(argon2, password, salt)? == *expected)
    }

    fn output(&mut self, argon2: Argon2<'_>, password: &[u8], salt: &Salt) -> Result<Output> {
        let params = argon2.params();
        if self.memory.len() < params.block_count() {
            self.memory.resize(params.block_count(), Block::new());
        }
        let mut output = [0; Output::MAX_LENGTH];
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let output = output.get_mut(..length).ok_or(Error::OutputSize)?;
        argon2.hash_password_into_with_memory(password, salt, output, &mut self.memory)?;
        Ok(Output::new(output)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::{PasswordHasher, PasswordVerifier};

    #[test]
    fn a_password_opens_its_own_hash_and_no_other_does() {
        let mut hasher = Hasher::new().unwrap();
        let hash = hasher.hash("열려라 참깨".as_bytes()).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        for _ in 0..2 {
            assert_eq!(hasher.verify("열려라 참깨".as_bytes(), &hash), Ok(true));
            assert_eq!(hasher.verify("열려라 콩".as_bytes(), &hash), Ok(false));
        }
        assert_ne!(hasher.hash("열려라 참깨".as_bytes()), Ok(hash), "the salt is fresh");
        assert_eq!(hasher.memory.len(), COST.0 as usize);
        assert!(hasher.verify(b"x", "hash").is_err());
    }

    /// What the crate writes by itself, as an earlier gifchat did, and the other way round.
    #[test]
    fn hashes_are_those_of_the_crate_at_any_cost() {
        let mut hasher = Hasher::new().unwrap();
        let other = Params::new(32_768, 1, 2, Some(48)).unwrap();
        for params in [hasher.params.clone(), other] {
            let argon2 = Argon2::from(params);
            let earlier = argon2.hash_password(b"sesame").unwrap().to_string();
            assert_eq!(hasher.verify(b"sesame", &earlier), Ok(true), "{earlier}");
            assert_eq!(hasher.verify(b"Sesame", &earlier), Ok(false));
        }
        let hash = hasher.hash(b"sesame").unwrap();
        assert!(Argon2::default().verify_password(b"sesame", hash.as_str()).is_ok());
    }
}
