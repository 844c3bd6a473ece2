//! Counts what each key holds at the same time, such as the uploads of one visitor, and refuses more than its share.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use parking_lot::Mutex;

use crate::domain::{Address, Guest, VisitorId};

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

/// Slots of which each visitor and each address may hold a bounded number. A visitor can throw the cookie away, so the
/// address is the bound that holds; it is left out when it does not tell visitors apart ([`Guest::address`]).
pub struct GuestSlots {
    visitors: KeyedSlots<VisitorId>,
    addresses: KeyedSlots<Address>,
}

impl GuestSlots {
    /// Slots of which each visitor may hold `visitor` and each address `address` at the same time.
    pub fn new(visitor: usize, address: usize) -> Self {
        Self {
            visitors: KeyedSlots::new(visitor),
            addresses: KeyedSlots::new(address),
        }
    }

    /// Takes a slot of the visitor and of the address. `None` when either holds all of its slots.
    pub fn take(&self, guest: &Guest) -> Option<GuestSlot> {
        self.take_many(guest, 1)
    }

    /// Takes that many slots of the visitor and of the address. `None` when either would hold more than its share.
    pub fn take_many(&self, guest: &Guest, slots: usize) -> Option<GuestSlot> {
        let visitor = self.visitors.take_many(guest.visitor.id, slots)?;
        let address = match guest.address {
            Some(address) => Some(self.addresses.take_many(address, slots)?),
            None => None,
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
    _address: Option<KeyedSlot<Address>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Visitor;

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
        let guest = |ip: Option<&str>| Guest {
            address: ip.map(|ip| Address::new(ip.parse().unwrap())),
            ..Guest::from(Visitor::new(VisitorId::random()))
        };
        let from = Some("192.0.2.1");
        let held: Vec<_> = (0..3).map(|_| slots.take(&guest(from)).unwrap()).collect();
        let refused = guest(from);
        assert!(slots.take(&refused).is_none());
        let elsewhere = Guest {
            address: None,
            ..refused
        };
        assert!(
            [slots.take(&elsewhere), slots.take(&elsewhere)]
                .iter()
                .all(Option::is_some)
        );
        drop(held);
        assert!(slots.take(&refused).is_some());
    }
}
