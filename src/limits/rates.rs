//! Bounds how often each key, such as a visitor, may do something: a token bucket for each, by the generic cell rate
//! algorithm of the crate governor.

mod buckets;

use std::{
    hash::{BuildHasher, Hash, RandomState},
    num::NonZeroU32,
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock, Reference},
    middleware::NoOpMiddleware,
};

use self::buckets::Buckets;

/// So many at once, and evenly as many in each period; or as many as anybody likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(Option<Quota>);

impl Rate {
    /// No bound.
    pub const OFF: Self = Self(None);

    /// `count` at once, and as many in each `period`. `None` when the period is too short to be divided by the count, or
    /// longer than a year.
    pub fn new(count: NonZeroU32, period: Duration) -> Option<Self> {
        Self::with_burst(count, period, count)
    }

    /// `burst` at once, and evenly `count` in each `period`. `None` as for [`Rate::new`].
    pub fn with_burst(count: NonZeroU32, period: Duration, burst: NonZeroU32) -> Option<Self> {
        let within = period <= Duration::from_secs(365 * 86_400);
        let quota = Quota::with_period(period / count.get()).filter(|_| within)?;
        Some(Self(Some(quota.allow_burst(burst))))
    }

    /// How many at once; none if there is no bound.
    pub fn burst(self) -> Option<u32> {
        self.0.map(|quota| quota.burst_size().get())
    }

    /// As many times this rate; evenly, and at once.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        let times_quota = |quota: Quota| {
            let times = NonZeroU32::new(u32::try_from(times).ok()?)?;
            let every = quota.replenish_interval() / times.get();
            Some(Quota::with_period(every)?.allow_burst(quota.burst_size().saturating_mul(times)))
        };
        // More than one each nanosecond is no bound.
        Self(self.0.and_then(times_quota))
    }
}

/// Why there is no token: it takes that long until there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Empty {
    /// Time until enough tokens are there.
    pub retry_after: Duration,
}

/// The buckets of all keys.
///
/// At most `buckets::KEYS` keys have a bucket of their own, some 2 MB; those that come when there are as many share
/// `buckets::SHARED` buckets until others are full again, and so forgotten.
pub struct RateLimit<K, C: Clock = DefaultClock> {
    limiter: Option<RateLimiter<u64, Buckets, C, NoOpMiddleware<C::Instant>>>,
    buckets: Buckets,
    /// Nanoseconds that one token takes.
    token: u64,
    burst: NonZeroU32,
    clock: C,
    hasher: RandomState,
    key: std::marker::PhantomData<fn(K)>,
}

impl<K: Hash> RateLimit<K> {
    /// Full buckets for a rate.
    pub fn new(rate: Rate) -> Self {
        Self::with_clock(rate, DefaultClock::default())
    }
}

impl<K: Hash, C: Clock + Clone> RateLimit<K, C>
where
    C::Instant: Reference,
{
    fn with_clock(Rate(quota): Rate, clock: C) -> Self {
        let buckets = Buckets::default();
        let nanos = |quota: Quota| u64::try_from(quota.replenish_interval().as_nanos()).unwrap_or(u64::MAX);
        Self {
            limiter: quota.map(|quota| RateLimiter::new(quota, buckets.clone(), clock.clone())),
            buckets,
            token: quota.map_or(0, nanos),
            burst: quota.map_or(NonZeroU32::MAX, |quota| quota.burst_size()),
            clock,
            hasher: RandomState::new(),
            key: std::marker::PhantomData,
        }
    }

    /// Takes a token from a key's bucket.
    ///
    /// # Errors
    /// It is empty.
    pub fn take(&self, key: &K) -> Result<(), Empty> {
        self.take_many(key, NonZeroU32::MIN)
    }

    /// Takes that many tokens.
    ///
    /// # Errors
    /// They are not there. More than a full bucket has never are.
    pub fn take_many(&self, key: &K, tokens: NonZeroU32) -> Result<(), Empty> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        let taken = limiter.check_key_n(&self.hasher.hash_one(key), tokens);
        if self.buckets.is_sweep_due() {
            limiter.retain_recent();
        }
        match taken {
            Ok(Err(not_until)) => Err(Empty {
                retry_after: not_until.wait_time_from(self.clock.now()),
            }),
            Ok(Ok(())) => Ok(()),
            Err(_) => Err(Empty {
                retry_after: Duration::from_nanos(self.token.saturating_mul(u64::from(self.burst.get()))),
            }),
        }
    }

    /// Puts tokens back that were taken.
    pub fn give_back(&self, key: &K, tokens: u32) {
        if self.limiter.is_some() {
            let nanos = self.token.saturating_mul(u64::from(tokens));
            self.buckets.give_back(self.hasher.hash_one(key), nanos);
        }
    }
}

#[cfg(test)]
mod tests;
