//! Bounds how slowly the other end of a connection may send or take bytes.

use std::time::Duration;

use tokio::time::Instant;

/// Time that a peer has left. Waiting for it uses the time up, and every byte that it moves buys some back. Over any
/// period the bytes reach the rate, less what the most credit is worth: a burst buys only a short pause, and time in
/// which nobody waits for the peer does not count.
pub struct Pace {
    /// Bytes a second.
    rate: u64,
    most: Duration,
    credit: Duration,
    waiting_since: Option<Instant>,
}

impl Pace {
    /// A peer that has to move `rate` bytes a second. It begins with a credit of `begin`, and never has more than `most`.
    pub fn new(rate: u64, begin: Duration, most: Duration) -> Self {
        Self {
            rate: rate.max(1),
            most,
            credit: begin.min(most),
            waiting_since: None,
        }
    }

    /// The peer is waited for. Returns when its credit ends.
    pub fn wait(&mut self, now: Instant) -> Instant {
        *self.waiting_since.get_or_insert(now) + self.credit
    }

    /// The peer has moved bytes.
    pub fn moved(&mut self, bytes: usize, now: Instant) {
        if let Some(since) = self.waiting_since.take() {
            self.credit = self.credit.saturating_sub(now.saturating_duration_since(since));
        }
        let bought = (bytes as u64).saturating_mul(1_000_000) / self.rate;
        self.credit = self.credit.saturating_add(Duration::from_micros(bought)).min(self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Seconds after which a peer that moves `bytes` every `pause` is out of credit, looked at for ten minutes.
    fn given_up_after(mut pace: Pace, bytes: usize, pause: Duration) -> Option<u64> {
        let begin = Instant::now();
        let mut now = begin;
        while now - begin < 600 * SECOND {
            let end = pace.wait(now);
            if end < now + pause {
                return Some((end - begin).as_secs());
            }
            now += pause;
            pace.moved(bytes, now);
        }
        None
    }

    #[test]
    fn a_peer_below_the_rate_runs_out_of_credit_and_one_above_it_does_not() {
        let pace = || Pace::new(10_000, 5 * SECOND, 15 * SECOND);
        assert_eq!(given_up_after(pace(), 0, SECOND), Some(5));
        assert_eq!(given_up_after(pace(), 1, 10 * SECOND), Some(5));
        assert_eq!(given_up_after(pace(), 5_000, SECOND), Some(9));
        assert_eq!(given_up_after(pace(), 12_000, SECOND), None);
        assert_eq!(
            given_up_after(pace(), 48_000, 4 * SECOND),
            None,
            "a slow phone that stalls"
        );
    }

    #[test]
    fn a_burst_buys_no_more_than_the_most() {
        let mut pace = Pace::new(10_000, 5 * SECOND, 15 * SECOND);
        let now = Instant::now();
        pace.moved(100_000_000, now);
        assert_eq!(pace.wait(now), now + 15 * SECOND);
    }

    #[test]
    fn time_in_which_nobody_waits_does_not_count() {
        let mut pace = Pace::new(10_000, 5 * SECOND, 15 * SECOND);
        let now = Instant::now();
        pace.moved(0, now + 60 * SECOND);
        assert_eq!(pace.wait(now + 60 * SECOND), now + 65 * SECOND);
    }
}
