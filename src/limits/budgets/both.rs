//! Token buckets by address and by visitor, taken from together.

use std::{hash::Hash, num::NonZeroU32};

use super::{Pair, limited};
use crate::{
    domain::{Address, Budget, Guest, Network, Refusal, VisitorId},
    limits::rates::{Empty, Rate, RateLimit},
};

/// A rate for addresses and the networks around them. `T` is what else tells the buckets of one address apart.
pub struct OfAddress<T = ()>([RateLimit<(Network, T)>; 3]);

impl<T: Copy + Hash> OfAddress<T> {
    pub fn new(rate: Rate) -> Self {
        Self(Network::TIMES.map(|times| RateLimit::new(rate.times(times))))
    }

    /// Takes tokens of the address first: what one address may not do shall take nothing from its neighbours.
    pub fn take_of(&self, address: Address, what: T, tokens: NonZeroU32) -> Result<(), Empty> {
        for (at, (limit, network)) in self.0.iter().zip(address.networks()).enumerate() {
            if let Err(empty) = limit.take_many(&(network, what), tokens) {
                self.give_back_first(at, address, what, tokens.get());
                return Err(empty);
            }
        }
        Ok(())
    }

    pub fn give_back(&self, address: Address, what: T, tokens: u32) {
        self.give_back_first(self.0.len(), address, what, tokens);
    }

    fn give_back_first(&self, networks: usize, address: Address, what: T, tokens: u32) {
        for (limit, network) in self.0.iter().zip(address.networks()).take(networks) {
            limit.give_back(&(network, what), tokens);
        }
    }
}

impl OfAddress {
    pub fn take(&self, address: Address) -> Result<(), Empty> {
        self.take_of(address, (), NonZeroU32::MIN)
    }
}

/// A rate by address and one by visitor.
pub struct Both<T = ()> {
    address: OfAddress<T>,
    visitor: RateLimit<(VisitorId, T)>,
}

impl<T: Copy + Hash> Both<T> {
    pub fn new(rates: Pair) -> Self {
        Self {
            address: OfAddress::new(rates.address),
            visitor: RateLimit::new(rates.visitor),
        }
    }

    /// Takes tokens of both, or of none: what one visitor may not do shall take nothing from others at the address.
    pub fn take_of(&self, guest: &Guest, what: T, tokens: NonZeroU32) -> Result<(), Empty> {
        let address = guest.source.address();
        self.address.take_of(address, what, tokens)?;
        let taken = self.visitor.take_many(&(guest.visitor.id, what), tokens);
        taken.inspect_err(|_| self.address.give_back(address, what, tokens.get()))
    }

    pub fn give_back_of(&self, guest: &Guest, what: T, tokens: u32) {
        self.address.give_back(guest.source.address(), what, tokens);
        self.visitor.give_back(&(guest.visitor.id, what), tokens);
    }
}

impl Both {
    pub fn take(&self, guest: &Guest, tokens: NonZeroU32) -> Result<(), Empty> {
        self.take_of(guest, (), tokens)
    }

    pub fn give_back(&self, guest: &Guest, tokens: u32) {
        self.give_back_of(guest, (), tokens);
    }

    pub fn of(&self, guest: &Guest, budget: Budget) -> Result<(), Refusal> {
        if guest.source.is_exempt {
            return Ok(());
        }
        self.take(guest, NonZeroU32::MIN)
            .map_err(|empty| limited(budget, empty))
    }
}
