//! Who comes to the door of a room: a visitor, and where from.
//!
//! The address itself is kept nowhere. A room keeps a mark of it, made with a key of its own, so that the marks of two
//! rooms can't be held against each other and a ban outlives a thrown away cookie.

use std::{fmt, net::IpAddr};

use sha2::{Digest, Sha256};

use super::Visitor;

/// A visitor at the door.
#[derive(Clone, Copy, Debug)]
pub struct Guest {
    /// Who.
    pub visitor: Visitor,
    /// Where from, when that tells one visitor from another.
    pub address: Option<Address>,
    /// What is known of the session.
    pub standing: Standing,
}

/// What tells a session from those of a crowd: a client gets as many new ones as it asks for, but it has to wait for old ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The request began it.
    New,
    /// The client sent its cookie.
    Returned,
    /// The same, and it is older than `--newcomer-time`.
    Settled,
}

impl Guest {
    /// Whether neither an address nor an old session tells this guest from a crowd of one client's cookies.
    pub fn is_newcomer(&self) -> bool {
        self.address.is_none() && self.standing < Standing::Settled
    }
}

impl From<Visitor> for Guest {
    fn from(visitor: Visitor) -> Self {
        Self {
            visitor,
            address: None,
            standing: Standing::New,
        }
    }
}

/// Where a visitor comes from: an IPv4 address, or the /64 of an IPv6 one, which is what one household or one phone gets
/// (RFC 6177).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address([u8; 16]);

impl Address {
    /// The address as far as it tells visitors apart.
    pub fn new(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(v4) => Self(v4.to_ipv6_mapped().octets()),
            IpAddr::V6(v6) => Self((u128::from(v6) >> 64 << 64).to_be_bytes()),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

/// What a room makes marks with. It lives as long as the room.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AddressKey([u8; 32]);

impl AddressKey {
    /// A new one.
    pub fn random() -> Self {
        Self(rand::random())
    }

    /// The bytes a store keeps.
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// From the bytes a store kept.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The mark of an address in this room.
    pub fn mark(&self, address: Address) -> AddressMark {
        // Both are of a fixed length, so nothing can be appended to what is hashed.
        let digest = Sha256::new().chain_update(self.0).chain_update(address.0).finalize();
        let mut mark = [0; 16];
        mark.copy_from_slice(digest.get(..16).unwrap_or(&[0; 16]));
        AddressMark(mark)
    }
}

impl fmt::Debug for AddressKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressKey(…)")
    }
}

/// The mark of an address in one room: the same for the same address, and no way back without the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddressMark([u8; 16]);

impl AddressMark {
    /// The bytes a store keeps.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// From the bytes a store kept.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_tells_addresses_and_rooms_apart_but_not_the_hosts_of_one_network() {
        let address = |text: &str| Address::new(text.parse().unwrap());
        let (one, other) = (AddressKey::random(), AddressKey::random());
        let mark = |text| one.mark(address(text));
        assert_eq!(mark("192.0.2.1"), mark("::ffff:192.0.2.1"));
        assert_ne!(mark("192.0.2.1"), mark("192.0.2.2"));
        assert_eq!(mark("2001:db8:1:2::1"), mark("2001:db8:1:2:ffff::9"));
        assert_ne!(mark("2001:db8:1:2::1"), mark("2001:db8:1:3::1"));
        assert_ne!(mark("192.0.2.1"), other.mark(address("192.0.2.1")));
    }

    #[test]
    fn neither_address_nor_key_shows_itself() {
        let address = Address::new("192.0.2.1".parse().unwrap());
        assert!(!format!("{address:?} {:?}", AddressKey::random()).contains(|c: char| c.is_ascii_digit()));
    }
}
