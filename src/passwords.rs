//! Passwords of rooms, by argon2id. Hashing is slow on purpose, so few are hashed at once.

use std::{sync::Arc, time::Duration};

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::{Password, Refusal};

/// Memory in KiB, passes and lanes of one hash: the first choice of OWASP's list for argon2id
/// (<https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>).
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// Attempts that may wait for their turn. At some 20 ms each the last one waits a few seconds; one more is refused.
const WAITING: usize = 256;

/// Hashes and checks passwords, a bounded number at a time.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    /// Half of the cores: the chat must not stop when many try passwords.
    turns: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Passwords {
    /// For a machine of this many cores.
    ///
    /// # Errors
    /// The cost is out of argon2's range.
    pub fn new(cores: usize) -> Result<Self, argon2::Error> {
        let (memory, passes, lanes) = COST;
        let params = Params::new(memory, passes, lanes, None)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let turns = (cores / 2).max(1);
        Ok(Self {
            argon2,
            turns: Arc::new(Semaphore::new(turns)),
            queue: Arc::new(Semaphore::new(WAITING + turns)),
        })
    }

    /// Hashes a password with a fresh salt, into PHC form.
    ///
    /// # Errors
    /// Too many wait already, or hashing failed.
    pub async fn hash(&self, password: Password) -> Result<String, Refusal> {
        let argon2 = self.argon2.clone();
        self.in_turn(move || {
            argon2
                .hash_password(password.as_bytes())
                .map(|hash| hash.to_string())
                .ok()
        })
        .await
    }

    /// Whether a password is the one that was hashed.
    ///
    /// # Errors
    /// Too many wait already, or the hash is not one.
    pub async fn verify(&self, password: Password, hash: Arc<str>) -> Result<bool, Refusal> {
        let argon2 = self.argon2.clone();
        self.in_turn(move || {
            let hash = PasswordHash::new(&hash).ok()?;
            Some(argon2.verify_password(password.as_bytes(), &hash).is_ok())
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Option<T> + Send + 'static,
    ) -> Result<T, Refusal> {
        let busy = Refusal::RateLimited {
            retry_after: Duration::from_secs(5),
        };
        let place = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| busy)?;
        let turn = Arc::clone(&self.turns)
            .acquire_owned()
            .await
            .map_err(|_| Refusal::Unavailable)?;
        let work = move || {
            // Held by the work, not by who waits for it: giving up must not make room for more at once.
            let _held: (OwnedSemaphorePermit, OwnedSemaphorePermit) = (place, turn);
            work()
        };
        let done = tokio::task::spawn_blocking(work).await.ok().flatten();
        done.ok_or_else(|| {
            tracing::error!("a password could not be hashed or checked");
            Refusal::Unavailable
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Limits;

    fn password(text: &str) -> Password {
        Password::parse(text.into(), &Limits::default()).unwrap().unwrap()
    }

    #[tokio::test]
    async fn a_password_opens_its_own_hash_and_no_other_does() {
        let passwords = Passwords::new(2).unwrap();
        let hash: Arc<str> = passwords.hash(password("열려라 참깨")).await.unwrap().into();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(
            passwords.verify(password("열려라 참깨"), Arc::clone(&hash)).await,
            Ok(true)
        );
        assert_eq!(passwords.verify(password("열려라 콩"), hash).await, Ok(false));
    }

    #[tokio::test]
    async fn attempts_beyond_the_queue_are_refused_and_the_others_answered() {
        let passwords = Passwords {
            queue: Arc::new(Semaphore::new(3)),
            ..Passwords::new(2).unwrap()
        };
        let tries = (0..10).map(|_| {
            let passwords = passwords.clone();
            tokio::spawn(async move { passwords.hash(password("x")).await })
        });
        let mut refused = 0;
        for attempt in tries.collect::<Vec<_>>() {
            refused += usize::from(matches!(attempt.await.unwrap(), Err(Refusal::RateLimited { .. })));
        }
        assert!((1..=7).contains(&refused), "{refused}");
    }
}
