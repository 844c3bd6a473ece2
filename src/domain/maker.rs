//! Who made a room or stored a GIF, as the bounds of the whole site count it.

use super::{AddressHash, AddressKey, Guest, VisitorId};

/// A visitor, and marks of where they came from, made with the key of the site. Of somebody whom no limit counts
/// (`--limit-exempt`) neither is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maker {
    /// Who.
    pub visitor: Option<VisitorId>,
    /// Their address and the networks around it, the narrowest first, at most as many as [`super::Network::TIMES`].
    pub networks: Vec<AddressHash>,
}

impl Maker {
    /// A guest, as a site marks it.
    pub fn of(guest: &Guest, site: AddressKey) -> Self {
        if guest.source.is_exempt {
            return Self::default();
        }
        let networks = guest.source.address().networks();
        Self {
            visitor: Some(guest.visitor.id),
            networks: networks.map(|network| site.mark_network(network)).collect(),
        }
    }

    /// The bytes that a store keeps of the networks.
    pub fn network_bytes(&self) -> Vec<u8> {
        self.networks.iter().flat_map(|mark| mark.to_bytes()).collect()
    }

    /// From what a store kept.
    pub fn from_store(visitor: Option<VisitorId>, networks: &[u8]) -> Self {
        let marks = networks.chunks_exact(16).filter_map(|mark| mark.try_into().ok());
        Self {
            visitor,
            networks: marks.map(AddressHash::from_bytes).collect(),
        }
    }
}
