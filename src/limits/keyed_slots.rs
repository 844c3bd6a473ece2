//! Counts what each key holds at the same time, such as the uploads of one visitor, and refuses more than its share.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use parking_lot::Mutex;

use crate::domain::{Address, Guest, Network, VisitorId};

/// Slots of which each key may hold a bounded number. Keys without a slot take no memory.
pub struct KeyedSlots<K> {
    each: usize,
    held: Arc<Mutex<HashMap<K, usize>>>,
}

impl<K: Eq + Hash + Copy> KeyedSlots<K> {
    /// Slots of which each key may hold `each` at the same time.
    pub fn new(each: usize) -> Self {
        Self {
            each,
            held: Arc::default(),
        }
    }

    /// The slots that a key may still take.
    pub fn left(&self, key: &K) -> usize {
        self.each - self.held.lock().get(key).copied().unwrap_or_default()
    }

    /// Takes a slot until the returned value is dropped. `None` when the key holds all of its slots.
    pub fn take(&self, key: K) -> Option<KeyedSlot<K>> {
        self.take_many(key, 1)
    }

    /// Takes that many slots until the returned value is dropped. `None` when the key would hold more than its share.
    pub fn take_many(&self, key: K, slots: usize) -> Option<KeyedSlot<K>> {
        let mut held = self.held.lock();
        let count = held.entry(key).or_default();
        if slots > self.each - *count {
            if *count == 0 {
                held.remove(&key);
            }
            return None;
        }
        *count += slots;
        Some(KeyedSlot {
            key,
            slots,
            held: Arc::clone(&self.held),
        })
    }
}

/// A slot, or some, held until this is dropped.
pub struct KeyedSlot<K: Eq + Hash> {
    key: K,
    slots: usize,
    held: Arc<Mutex<HashMap<K, usize>>>,
}

impl<K: Eq + Hash> Drop for KeyedSlot<K> {
    fn drop(&mut self) {
        let mut held = self.held.lock();
        if let Some(count) = held.get_mut(&self.key) {
            *count -= self.slots;
            if *count == 0 {
                held.remove(&self.key);
            }
        }
    }
}

/// Slots of which each address may hold a bounded number, and the networks around it some times as many
/// ([`Address::networks`]).
pub struct NetworkSlots([KeyedSlots<Network>; 3]);

impl NetworkSlots {
    /// Slots of which each address may hold `each` at the same time.
    pub fn new(each: usize) -> Self {
        Self::with_most(each, usize::MAX)
    }

    /// The same, where neither an address nor a network around it may hold more than `most`.
    pub fn with_most(each: usize, most: usize) -> Self {
        Self(Network::TIMES.map(|times| KeyedSlots::new(each.saturating_mul(times).min(most))))
    }

    /// Takes a slot of the address. `None` when it, or a network around it, holds all of its slots.
    pub fn take(&self, address: Address) -> Option<NetworkSlot> {
        self.take_many(address, 1)
    }

    /// Takes that many slots of the address. `None` when it, or a network around it, would hold more than its share.
    pub fn take_many(&self, address: Address, slots: usize) -> Option<NetworkSlot> {
        let pairs = self.0.iter().zip(address.networks());
        pairs.map(|(keyed, network)| keyed.take_many(network, slots)).collect()
    }
}

/// A slot of an address and of the networks around it, held until this is dropped.
pub struct NetworkSlot(#[expect(dead_code, reason = "it is held and never looked at")] Vec<KeyedSlot<Network>>);

impl FromIterator<KeyedSlot<Network>> for NetworkSlot {
    fn from_iter<I: IntoIterator<Item = KeyedSlot<Network>>>(slots: I) -> Self {
        Self(slots.into_iter().collect())
    }
}

/// Slots of which each visitor and each address may hold a bounded number. A visitor can throw the cookie away, so the
/// address is the bound that holds, unless it is exempt.
pub struct GuestSlots {
    visitors: KeyedSlots<VisitorId>,
    addresses: NetworkSlots,
}

impl GuestSlots {
    /// Slots of which each visitor may hold `visitor` and each address `address` at the same time.
    pub fn new(visitor: usize, address: usize) -> Self {
        Self {
            visitors: KeyedSlots::new(visitor),
            addresses: NetworkSlots::new(address),
        }
    }

    /// Takes a slot of the visitor and of the address. `None` when either holds all of its slots.
    pub fn take(&self, guest: &Guest) -> Option<GuestSlot> {
        self.take_many(guest, 1)
    }

    /// Takes that many slots of the visitor and of the address. `None` when either would hold more than its share.
    pub fn take_many(&self, guest: &Guest, slots: usize) -> Option<GuestSlot> {
        let visitor = self.visitors.take_many(guest.visitor.id, slots)?;
        let source = &guest.source;
        let address = if source.is_exempt {
            None
        } else {
            Some(self.addresses.take_many(source.address(), slots)?)
        };
        Some(GuestSlot {
            _visitor: visitor,
            _address: address,
        })
    }
}

/// A slot of a visitor and of an address, held until this is dropped.
pub struct GuestSlot {
    _visitor: KeyedSlot<VisitorId>,
    _address: Option<NetworkSlot>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Source, Visitor};

    #[test]
    fn a_key_holds_no_more_than_its_share_and_a_dropped_slot_is_free_again() {
        let slots = KeyedSlots::new(2);
        let (first, second) = (slots.take('a'), slots.take('a'));
        assert!(first.is_some() && second.is_some() && slots.take('a').is_none());
        assert_eq!((slots.left(&'a'), slots.left(&'b')), (0, 2));
        assert!(slots.take('b').is_some(), "others are not affected");
        drop(first);
        assert!(slots.take('a').is_some());
        drop(second);
        assert!(slots.held.lock().is_empty(), "a key without slots takes no memory");
        assert!(KeyedSlots::new(0).take('a').is_none());
        let three = KeyedSlots::new(3);
        let two = three.take_many('a', 2);
        assert!(two.is_some() && three.take_many('a', 2).is_none() && three.take('a').is_some());
        drop(two);
        assert!(three.take_many('a', 4).is_none() && three.take_many('a', 3).is_some());
    }

    #[test]
    fn an_address_is_bounded_over_all_of_its_visitors_and_a_refusal_holds_nothing() {
        let slots = GuestSlots::new(2, 3);
        let guest = |is_exempt| Guest {
            source: Source::new("192.0.2.1".parse().unwrap()).exempted(is_exempt),
            ..Guest::from(Visitor::new(VisitorId::random()))
        };
        let held: Vec<_> = (0..3).map(|_| slots.take(&guest(false)).unwrap()).collect();
        let refused = guest(false);
        assert!(slots.take(&refused).is_none());
        let exempt = guest(true);
        let [one, other] = [slots.take(&exempt), slots.take(&exempt)];
        assert!(one.is_some() && other.is_some() && slots.take(&exempt).is_none());
        drop(held);
        assert!(slots.take(&refused).is_some());
    }

    #[test]
    fn the_networks_around_an_address_hold_some_times_as_many() {
        let slots = NetworkSlots::new(2);
        let address = |ip: &str| Address::new(ip.parse().unwrap());
        let mut held = Vec::new();
        let mut fill = |prefix: &str, subnets: std::ops::Range<u32>| {
            let before = held.len();
            for n in subnets {
                let address = address(&format!("2001:db8:{prefix}{n:02x}::1"));
                held.extend(std::iter::from_fn(|| slots.take(address)));
            }
            held.len() - before
        };
        assert_eq!(fill("1:a", 0..1), 2);
        assert_eq!(fill("1:a", 1..10), 6, "8 of the /56");
        let of_48: usize = (0..16).map(|n| fill(&format!("1:b{n:x}"), 0..10)).sum();
        assert_eq!(of_48, 24, "32 of the /48");
        assert_eq!(fill("2:a", 0..1), 2);
        assert!(slots.take(address("192.0.2.1")).is_some());
    }
}
