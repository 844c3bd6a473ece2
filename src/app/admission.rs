//! Which connections are let in: how many at once in all, and how many from one address.

use std::{net::IpAddr, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    domain::Address,
    limits::keyed_slots::{KeyedSlot, KeyedSlots},
};

/// Lets connections in, up to its caps.
pub struct Admission {
    all: Arc<Semaphore>,
    /// None when the peers do not tell visitors apart.
    addresses: Option<KeyedSlots<Address>>,
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
    _address: Option<KeyedSlot<Address>>,
}

impl Admission {
    /// Lets in `all` connections, and of each address `each` but never more than half of all, so that one address can't
    /// take every place. Behind a proxy (`proxied`) every peer is the proxy, and only `all` counts.
    pub fn new(all: usize, each: usize, proxied: bool) -> Self {
        let each = each.min(all / 2).max(1);
        Self {
            all: Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS))),
            addresses: (!proxied).then(|| KeyedSlots::new(each)),
        }
    }

    /// Takes a place for a connection from `peer`. This machine's own address has no cap: a proxy may run here.
    pub fn admit(&self, peer: IpAddr) -> Result<Place, Full> {
        let all = Arc::clone(&self.all).try_acquire_owned().map_err(|_| Full::All)?;
        let address = match &self.addresses {
            Some(addresses) if !peer.to_canonical().is_loopback() => {
                Some(addresses.take(Address::new(peer)).ok_or(Full::Address)?)
            }
            _ => None,
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
        let admission = Admission::new(8, 3, false);
        let held: Vec<_> = (0..3).map(|_| admission.admit(ip("192.0.2.1")).unwrap()).collect();
        assert_eq!(admission.admit(ip("192.0.2.1")).err(), Some(Full::Address));
        assert_eq!(admission.admit(ip("::ffff:192.0.2.1")).err(), Some(Full::Address));
        let others: Vec<_> = (2..7).map(|n| admission.admit(ip(&format!("192.0.2.{n}")))).collect();
        assert!(others.iter().all(Result::is_ok), "a refused one holds no place");
        assert_eq!(admission.admit(ip("192.0.2.9")).err(), Some(Full::All));
        drop(held);
        assert!(admission.admit(ip("192.0.2.1")).is_ok());
    }

    #[test]
    fn the_hosts_of_one_network_count_together() {
        let admission = Admission::new(8, 1, false);
        let _held = admission.admit(ip("2001:db8:1:2::1")).unwrap();
        assert_eq!(admission.admit(ip("2001:db8:1:2:ffff::9")).err(), Some(Full::Address));
        assert!(admission.admit(ip("2001:db8:1:3::1")).is_ok());
    }

    #[test]
    fn this_machine_and_a_proxy_have_no_cap_but_that_of_all() {
        for (proxied, peer) in [(false, "127.0.0.1"), (false, "::1"), (true, "192.0.2.1")] {
            let admission = Admission::new(4, 1, proxied);
            let held: Vec<_> = (0..4).filter_map(|_| admission.admit(ip(peer)).ok()).collect();
            assert_eq!(held.len(), 4, "{peer}");
            assert_eq!(admission.admit(ip(peer)).err(), Some(Full::All));
        }
    }

    #[test]
    fn one_address_never_takes_all_places() {
        let admission = Admission::new(10, 256, false);
        let held: Vec<_> = (0..10).filter_map(|_| admission.admit(ip("192.0.2.1")).ok()).collect();
        assert_eq!(held.len(), 5);
    }
}
