//! Which connections are let in: how many at once in all, and how many from one address.

use std::{net::IpAddr, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    domain::Address,
    limits::keyed_slots::{NetworkSlot, NetworkSlots},
};

/// Lets connections in, up to its caps.
pub struct Admission {
    all: Arc<Semaphore>,
    addresses: NetworkSlots,
}

/// Why a connection is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// There are as many as there may be.
    All,
    /// Its address has as many as one may have.
    Address,
}

/// The place of a connection, held until this is dropped.
pub struct Place {
    _all: OwnedSemaphorePermit,
    _address: Option<NetworkSlot>,
}

impl Admission {
    /// Lets in `all` connections, and of each address `each` but never more than half of all, so that no network can
    /// take every place.
    pub fn new(all: usize, each: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS))),
            addresses: NetworkSlots::with_most(each, (all / 2).max(1)),
        }
    }

    /// Takes a place for a connection from `counted`; without it, as for one of a proxy, which carries many visitors, only
    /// `all` counts.
    pub fn admit(&self, counted: Option<IpAddr>) -> Result<Place, Full> {
        let all = Arc::clone(&self.all).try_acquire_owned().map_err(|_| Full::All)?;
        let address = match counted {
            Some(peer) => Some(self.addresses.take(Address::new(peer)).ok_or(Full::Address)?),
            None => None,
        };
        Ok(Place {
            _all: all,
            _address: address,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_its_cap_and_others_come_in_still() {
        let admission = Admission::new(8, 3);
        let held: Vec<_> = (0..3)
            .map(|_| admission.admit(Some(ip("192.0.2.1"))).unwrap())
            .collect();
        assert_eq!(admission.admit(Some(ip("192.0.2.1"))).err(), Some(Full::Address));
        assert_eq!(admission.admit(Some(ip("::ffff:192.0.2.1"))).err(), Some(Full::Address));
        let others: Vec<_> = (2..7)
            .map(|n| admission.admit(Some(ip(&format!("192.0.2.{n}")))))
            .collect();
        assert!(others.iter().all(Result::is_ok), "a refused one holds no place");
        assert_eq!(admission.admit(Some(ip("192.0.2.9"))).err(), Some(Full::All));
        drop(held);
        assert!(admission.admit(Some(ip("192.0.2.1"))).is_ok());
    }

    #[test]
    fn the_hosts_of_one_network_count_together() {
        let admission = Admission::new(8, 1);
        let _held = admission.admit(Some(ip("2001:db8:1:2::1"))).unwrap();
        assert_eq!(
            admission.admit(Some(ip("2001:db8:1:2:ffff::9"))).err(),
            Some(Full::Address)
        );
        assert!(admission.admit(Some(ip("2001:db8:1:3::1"))).is_ok());
    }

    #[test]
    fn a_proxy_has_no_cap_but_that_of_all_and_this_machine_has_its_own_like_anybody() {
        let admission = Admission::new(4, 1);
        let held: Vec<_> = (0..4).filter_map(|_| admission.admit(None).ok()).collect();
        assert_eq!(held.len(), 4);
        assert_eq!(admission.admit(None).err(), Some(Full::All));
        let admission = Admission::new(4, 1);
        let _held = admission.admit(Some(ip("127.0.0.1"))).unwrap();
        assert_eq!(admission.admit(Some(ip("127.0.0.1"))).err(), Some(Full::Address));
    }

    #[test]
    fn one_address_never_takes_all_places() {
        let admission = Admission::new(10, 256);
        let held: Vec<_> = (0..10)
            .filter_map(|_| admission.admit(Some(ip("192.0.2.1"))).ok())
            .collect();
        assert_eq!(held.len(), 5);
    }
}
