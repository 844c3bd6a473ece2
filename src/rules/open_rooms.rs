//! How many of the open rooms may be of one visitor, and of one address.

use std::time::Duration;

use crate::domain::{Budget, Maker, Network, Refusal};

/// When to try again: a room may have ended by then, but when one does nobody knows.
const AGAIN: Duration = Duration::from_secs(60);

/// Rooms that may be open at once; those of somebody whom no limit counts are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenRooms {
    /// Of one address, and of the networks around it that many times [`Network::TIMES`].
    pub address: usize,
    /// Of one visitor.
    pub visitor: usize,
}

impl Default for OpenRooms {
    /// As many as somebody likes.
    fn default() -> Self {
        Self {
            address: usize::MAX,
            visitor: usize::MAX,
        }
    }
}

impl OpenRooms {
    /// Whether somebody may make one more room beside those that are open.
    ///
    /// # Errors
    /// `RateLimited`: as many are open as may be.
    pub fn check<'a>(self, open: impl Iterator<Item = &'a Maker>, new: &Maker) -> Result<(), Refusal> {
        let (mut of_visitor, mut of_networks) = (0_usize, [0_usize; Network::TIMES.len()]);
        for maker in open {
            of_visitor += usize::from(new.visitor.is_some() && maker.visitor == new.visitor);
            for (count, (theirs, own)) in of_networks.iter_mut().zip(maker.networks.iter().zip(&new.networks)) {
                *count += usize::from(theirs == own);
            }
        }
        let counted = of_networks.iter().zip(Network::TIMES).take(new.networks.len());
        let too_many = counted
            .into_iter()
            .any(|(count, times)| *count >= self.address.saturating_mul(times));
        if too_many || (new.visitor.is_some() && of_visitor >= self.visitor) {
            return Err(Refusal::RateLimited {
                budget: Budget::OpenRooms,
                retry_after: AGAIN,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AddressKey, Guest, Source, Visitor, VisitorId};

    const MOST: OpenRooms = OpenRooms { address: 3, visitor: 2 };

    fn maker(visitor: VisitorId, ip: &str) -> Maker {
        let source = Source::new(ip.parse().unwrap());
        let visitor = Visitor::new(visitor);
        Maker::of(&Guest { visitor, source }, AddressKey::from_bytes([9; 32]))
    }

    #[test]
    fn a_visitor_may_have_some_rooms_open_and_an_address_some_more() {
        let ann = VisitorId::random();
        let here = |visitor| maker(visitor, "192.0.2.1");
        let mut open = Vec::new();
        for _ in 0..2 {
            assert_eq!(MOST.check(open.iter(), &here(ann)), Ok(()));
            open.push(here(ann));
        }
        assert!(MOST.check(open.iter(), &here(ann)).is_err());
        assert!(
            MOST.check(open.iter(), &maker(ann, "192.0.2.2")).is_err(),
            "wherever they are"
        );
        assert_eq!(MOST.check(open.iter(), &here(VisitorId::random())), Ok(()));
        open.push(here(VisitorId::random()));
        assert!(MOST.check(open.iter(), &here(VisitorId::random())).is_err());
        assert_eq!(
            MOST.check(open.iter(), &maker(VisitorId::random(), "192.0.2.2")),
            Ok(())
        );
        assert_eq!(
            MOST.check(open.iter(), &Maker::default()),
            Ok(()),
            "whom nothing counts"
        );
        open.pop();
        assert_eq!(
            MOST.check(open.iter(), &here(VisitorId::random())),
            Ok(()),
            "one has ended"
        );
    }

    #[test]
    fn the_networks_around_an_ipv6_address_may_have_4_and_16_times_as_many() {
        let new = |ip: String| maker(VisitorId::random(), &ip);
        let mut open: Vec<_> = (0..12).map(|n| new(format!("2001:db8:1:{n:x}::1"))).collect();
        assert!(
            MOST.check(open.iter(), &new("2001:db8:1:ff::1".to_owned())).is_err(),
            "of the /56"
        );
        assert_eq!(MOST.check(open.iter(), &new("2001:db8:1:100::1".to_owned())), Ok(()));
        open.extend((12..48).map(|n| new(format!("2001:db8:1:{n:x}00::1"))));
        assert!(
            MOST.check(open.iter(), &new("2001:db8:1:ff00::1".to_owned())).is_err(),
            "of the /48"
        );
        assert_eq!(MOST.check(open.iter(), &new("2001:db8:2::1".to_owned())), Ok(()));
    }
}
