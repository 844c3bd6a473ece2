//! Bounds how often each key, such as a visitor, may do something: a token bucket for each.

use std::{hash::Hash, num::NonZeroU32, sync::Arc, time::Duration};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock, Reference},
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};
use moka::{policy::EvictionPolicy, sync::Cache};

use crate::domain::Refusal;

/// Buckets that are kept, about 10 MB. Beyond these the one that was used least lately is forgotten, and so is full again:
/// then a rate bounds everybody a little less, and nobody is refused for it.
const BUCKETS: u64 = 32_768;

/// So many at once, and evenly as many in each period; or as many as anybody likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(Option<Quota>);

impl Rate {
    /// No bound.
    pub const OFF: Self = Self(None);

    /// `count` at once, and as many in each `period`. `None` when the period is too short to be divided by the count, or
    /// longer than a year.
    pub fn new(count: NonZeroU32, period: Duration) -> Option<Self> {
        let within = period <= Duration::from_secs(365 * 86_400);
        let quota = Quota::with_period(period / count.get()).filter(|_| within)?;
        Some(Self(Some(quota.allow_burst(count))))
    }
}

type Bucket<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// The buckets of all keys.
#[derive(Clone)]
pub struct RateLimit<K, C: Clock = DefaultClock> {
    quota: Option<Quota>,
    clock: C,
    buckets: Cache<K, Arc<Bucket<C>>>,
}

impl<K: Eq + Hash + Send + Sync + 'static> RateLimit<K> {
    /// Full buckets for a rate.
    pub fn new(rate: Rate) -> Self {
        Self::with_clock(rate, DefaultClock::default())
    }
}

impl<K, C> RateLimit<K, C>
where
    K: Eq + Hash + Send + Sync + 'static,
    C: Clock + Clone + Send + Sync + 'static,
    C::Instant: Reference + Send + Sync,
{
    fn with_clock(Rate(quota): Rate, clock: C) -> Self {
        let buckets = Cache::builder()
            .max_capacity(BUCKETS)
            .eviction_policy(EvictionPolicy::lru());
        // One that was not used for so long is full, as a new one is.
        let full_after = quota.map_or(Duration::ZERO, |quota| quota.burst_size_replenished_in());
        Self {
            quota,
            clock,
            buckets: buckets.time_to_idle(full_after).build(),
        }
    }

    /// Takes a token from a key's bucket.
    ///
    /// # Errors
    /// It is empty: `RateLimited`, with the time until the next token.
    pub fn take(&self, key: K) -> Result<(), Refusal> {
        let Some(quota) = self.quota else { return Ok(()) };
        let fresh = || Arc::new(RateLimiter::direct_with_clock(quota, self.clock.clone()));
        let bucket = self.buckets.get_with(key, fresh);
        bucket.check().map_err(|not_until| Refusal::RateLimited {
            retry_after: not_until.wait_time_from(self.clock.now()),
        })
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn rate(count: u32, period: Duration) -> Option<Rate> {
        Rate::new(NonZeroU32::new(count).unwrap(), period)
    }

    #[test]
    fn so_many_at_once_and_then_one_after_the_other() {
        let clock = FakeRelativeClock::default();
        let limit = RateLimit::with_clock(rate(60, Duration::from_secs(60)).unwrap(), clock.clone());
        let take = |key| limit.take(key);
        let second = Duration::from_secs(1);
        assert!((0..60).all(|_| take('a').is_ok()));
        let empty = Err(Refusal::RateLimited { retry_after: second });
        assert_eq!(
            (take('a'), take('a')),
            (empty.clone(), empty),
            "a refusal costs no token"
        );
        assert!(take('b').is_ok(), "others are not affected");
        clock.advance(second);
        assert!(take('a').is_ok() && take('a').is_err());
        clock.advance(second * 60);
        assert!((0..60).all(|_| take('a').is_ok()) && take('a').is_err());
    }

    #[test]
    fn without_a_rate_nothing_is_refused_or_kept() {
        let limit = RateLimit::new(Rate::OFF);
        assert!((0..1_000).all(|_| limit.take('a').is_ok()));
        assert_eq!(limit.buckets.iter().count(), 0);
    }

    #[test]
    fn beyond_the_bound_those_used_least_lately_are_forgotten() {
        let limit = RateLimit::new(rate(1, Duration::from_secs(3_600)).unwrap());
        let keys = BUCKETS + 1_000;
        assert!((0..keys).all(|key| limit.take(key).is_ok()));
        limit.buckets.run_pending_tasks();
        assert!(limit.buckets.entry_count() <= BUCKETS);
        assert!(limit.take(keys - 1).is_err(), "the last one is remembered");
        assert!(limit.take(0).is_ok(), "the first one is not");
    }

    #[test]
    fn a_rate_that_can_not_be_kept_is_none() {
        assert_eq!(rate(2, Duration::from_nanos(1)), None);
        assert_eq!(rate(1, Duration::ZERO), None);
        assert_eq!(rate(1, Duration::from_secs(u64::MAX)), None);
    }
}
