//! How much space GIFs may take: of a room, of a visitor, of an address, and of the site.

use crate::domain::{Full, Holder, Maker, Network, Refusal, RoomId, Space};

/// Whose a GIF is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GifOwner {
    /// The room it is in; unknown of one that an earlier version stored.
    pub room: Option<RoomId>,
    /// Who uploaded it.
    pub maker: Maker,
}

/// What is held by those that a GIF counts for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// By its room.
    pub room: Space,
    /// By who uploads it.
    pub visitor: Space,
    /// By their address and the networks around it, the narrowest first.
    pub networks: Vec<Space>,
    /// By the site.
    pub site: Space,
}

/// The most that may be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// By a room.
    pub room: Space,
    /// By a visitor.
    pub visitor: Space,
    /// By an address, and by the networks around it that many times [`Network::TIMES`].
    pub address: Space,
    /// By the site.
    pub site: Space,
}

impl Default for Quotas {
    /// As much as somebody likes.
    fn default() -> Self {
        Self {
            room: Space::UNLIMITED,
            visitor: Space::UNLIMITED,
            address: Space::UNLIMITED,
            site: Space::UNLIMITED,
        }
    }
}

impl Quotas {
    /// Whether there is space for one more GIF of so many bytes.
    ///
    /// # Errors
    /// `QuotaReached`, by the narrowest that it does not fit.
    pub fn check(&self, held: &Held, bytes: u64) -> Result<(), Refusal> {
        let one = |holder, used: Space, limit: Space| match used.plus(Space::of_file(bytes)).fits(limit) {
            true => Ok(()),
            false => Err(Refusal::QuotaReached(Full { holder, used, limit })),
        };
        one(Holder::Room, held.room, self.room)?;
        one(Holder::Visitor, held.visitor, self.visitor)?;
        for (used, times) in held.networks.iter().zip(Network::TIMES) {
            one(Holder::Address, *used, self.address.times(times))?;
        }
        one(Holder::Site, held.site, self.site)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn space(bytes: u64, files: u64) -> Space {
        Space { bytes, files }
    }

    const QUOTAS: Quotas = Quotas {
        room: space(100, 5),
        visitor: space(80, 4),
        address: space(90, 4),
        site: space(1_000, 50),
    };

    fn full(held: &Held, bytes: u64) -> Option<Holder> {
        match QUOTAS.check(held, bytes) {
            Ok(()) => None,
            Err(Refusal::QuotaReached(full)) => Some(full.holder),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_fits_to_the_last_byte_and_file_is_taken_and_one_more_is_refused() {
        let nothing = Held::default();
        assert_eq!((full(&nothing, 80), full(&nothing, 81)), (None, Some(Holder::Visitor)));
        assert_eq!(full(&nothing, 101), Some(Holder::Room), "the narrowest is named");
        let held = |room, visitor, address, site| Held {
            room,
            visitor,
            networks: vec![address],
            site,
        };
        let (none, some) = (space(0, 0), space(10, 3));
        assert_eq!(full(&held(some, some, some, some), 70), None);
        assert_eq!(full(&held(space(0, 5), none, none, none), 1), Some(Holder::Room));
        assert_eq!(full(&held(none, space(0, 4), none, none), 1), Some(Holder::Visitor));
        assert_eq!(full(&held(none, none, space(89, 0), none), 1), None);
        assert_eq!(full(&held(none, none, space(90, 0), none), 1), Some(Holder::Address));
        assert_eq!(full(&held(none, none, none, space(999, 0)), 2), Some(Holder::Site));
        assert_eq!(full(&held(none, none, none, space(0, 50)), 0), Some(Holder::Site));
    }

    #[test]
    fn networks_around_an_address_hold_4_and_16_times_as_much() {
        let networks = |used: [u64; 3]| Held {
            networks: used.map(|bytes| space(bytes, 0)).into(),
            ..Held::default()
        };
        assert_eq!(full(&networks([80, 350, 1_430]), 10), None);
        assert_eq!(full(&networks([80, 351, 351]), 10), Some(Holder::Address));
        assert_eq!(full(&networks([80, 80, 1_431]), 10), Some(Holder::Address));
    }
}
