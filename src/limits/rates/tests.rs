use governor::{clock::FakeRelativeClock, state::keyed::ShrinkableKeyedStateStore};

use super::*;

fn rate(count: u32, period: Duration) -> Option<Rate> {
    Rate::new(NonZeroU32::new(count).unwrap(), period)
}

fn limit(rate: Rate) -> (RateLimit<u32, FakeRelativeClock>, FakeRelativeClock) {
    let clock = FakeRelativeClock::default();
    (RateLimit::with_clock(rate, clock.clone()), clock)
}

#[test]
fn a_key_may_do_so_much_at_once_and_evenly_as_much_in_each_period() {
    let second = Duration::from_secs(1);
    let (limit, clock) = limit(rate(60, 60 * second).unwrap());
    assert!((0..60).all(|_| limit.take(&1).is_ok()));
    assert_eq!(limit.take(&1), Err(Empty { retry_after: second }));
    assert!(limit.take(&2).is_ok(), "others are not affected");
    clock.advance(second);
    assert!(limit.take(&1).is_ok() && limit.take(&1).is_err());
    clock.advance(second * 60);
    assert!((0..60).all(|_| limit.take(&1).is_ok()) && limit.take(&1).is_err());
}

#[test]
fn a_burst_may_be_less_than_what_a_period_allows() {
    let second = Duration::from_secs(1);
    let [sixty, twenty] = [60, 20].map(|n| NonZeroU32::new(n).unwrap());
    let (limit, clock) = limit(Rate::with_burst(sixty, 60 * second, twenty).unwrap());
    assert_eq!((0..60).filter(|_| limit.take(&1).is_ok()).count(), 20);
    clock.advance(5 * second);
    assert_eq!((0..60).filter(|_| limit.take(&1).is_ok()).count(), 5);
}

#[test]
fn what_was_taken_and_not_used_can_be_given_back() {
    let (limit, _) = limit(rate(1_000, Duration::from_secs(3_600)).unwrap());
    let many = |n| NonZeroU32::new(n).unwrap();
    limit.take_many(&1, many(900)).unwrap();
    assert!(limit.take_many(&1, many(200)).is_err());
    limit.give_back(&1, 500);
    limit.take_many(&1, many(600)).unwrap();
    assert!(limit.take(&1).is_err());
    let never = limit.take_many(&2, many(1_001));
    assert_eq!(
        never,
        Err(Empty {
            retry_after: Duration::from_secs(3_600)
        })
    );
    limit.take_many(&2, many(1_000)).unwrap();
}

#[test]
fn without_a_rate_nothing_is_refused_or_kept() {
    let (limit, _) = limit(Rate::OFF);
    assert!((0..1_000).all(|_| limit.take(&1).is_ok()));
    assert!(limit.buckets.is_empty());
}

#[test]
fn beyond_the_bound_new_keys_share_buckets_and_those_that_are_known_keep_theirs() {
    let period = Duration::from_secs(3_600);
    let (limit, clock) = limit(rate(2, period).unwrap());
    let keys = u32::try_from(2 * buckets::KEYS).unwrap();
    let refused = (0..keys).filter(|key| limit.take(key).is_err()).count();
    assert!(limit.buckets.len() <= buckets::KEYS);
    let shared = keys as usize - limit.buckets.len();
    assert_eq!(
        refused,
        shared - 2 * buckets::SHARED,
        "each shared bucket has two tokens"
    );
    assert!(limit.take(&0).is_ok(), "the first one has its own");
    assert!(limit.take(&0).is_err());
    clock.advance(period);
    let _ = (keys..keys + 5_000)
        .map(|key| limit.take(&key))
        .filter(Result::is_ok)
        .count();
    assert!(limit.buckets.len() <= 5_000, "full buckets are forgotten");
}

#[test]
fn a_rate_that_can_not_be_kept_is_none() {
    assert_eq!(rate(2, Duration::from_nanos(1)), None);
    assert_eq!(rate(1, Duration::ZERO), None);
    assert_eq!(rate(1, Duration::from_secs(u64::MAX)), None);
}

#[test]
fn a_network_may_do_as_many_times_as_much() {
    let (limit, clock) = limit(rate(10, Duration::from_secs(10)).unwrap().times(4));
    assert_eq!((0..100).filter(|_| limit.take(&1).is_ok()).count(), 40);
    clock.advance(Duration::from_secs(1));
    assert_eq!((0..100).filter(|_| limit.take(&1).is_ok()).count(), 4);
    assert_eq!(Rate::OFF.times(4), Rate::OFF);
}
