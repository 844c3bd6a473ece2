//! Who comes to the door of a room: a visitor, and where from.
//!
//! The address itself is kept nowhere. A room keeps a mark of it, made with a key of its own, so that the marks of two
//! rooms can't be held against each other and a ban outlives a thrown away cookie.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use sha2::{Digest, Sha256};

use super::Visitor;

/// A visitor at the door.
#[derive(Clone, Copy, Debug)]
pub struct Guest {
    /// Who.
    pub visitor: Visitor,
    /// Where from.
    pub source: Source,
}

impl From<Visitor> for Guest {
    /// Somebody who comes from no address, and whom no limit counts.
    fn from(visitor: Visitor) -> Self {
        let source = Source::here(Ipv6Addr::UNSPECIFIED.into()).exempted(true);
        Self { visitor, source }
    }
}

/// Where a request comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Source {
    ip: IpAddr,
    /// Whether the limits of the site leave it out (`--limit-exempt`).
    pub is_exempt: bool,
    /// Whether it tells one visitor of a room from another. That of this machine itself does not while no proxy is
    /// trusted: one that nobody told of may run here, and a ban would keep everybody out.
    tells_apart: bool,
}

impl Source {
    /// All whose address can't be read count as one.
    pub const UNKNOWN: Self = Self {
        ip: IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        is_exempt: false,
        tells_apart: true,
    };

    /// An address that tells visitors apart.
    pub fn new(ip: IpAddr) -> Self {
        Self {
            ip: ip.to_canonical(),
            ..Self::UNKNOWN
        }
    }

    /// The address of this machine, where a proxy may run that nobody told of.
    pub fn here(ip: IpAddr) -> Self {
        Self {
            tells_apart: false,
            ..Self::new(ip)
        }
    }

    /// The same, counted by limits or not.
    #[must_use]
    pub const fn exempted(self, is_exempt: bool) -> Self {
        Self { is_exempt, ..self }
    }

    /// The whole address, for a log that is asked to hold it (`--log-address`); IPv4 also if it came mapped into IPv6.
    pub const fn ip(&self) -> IpAddr {
        self.ip
    }

    /// Whether the address could be read.
    pub fn is_known(&self) -> bool {
        self.ip != Self::UNKNOWN.ip
    }

    /// The address that limits count.
    pub fn address(&self) -> Address {
        Address::new(self.ip)
    }

    /// The address that rooms mark, if it tells visitors apart.
    pub fn marked(&self) -> Option<Address> {
        self.tells_apart.then(|| self.address())
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source(…)")
    }
}

/// An address as far as it tells visitors apart: an IPv4 address, or the /64 of an IPv6 one, which is what one household or
/// one phone gets (RFC 6177).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address([u8; 16]);

/// Bits of the networks that sites get of IPv6, which somebody may have many addresses of (RFC 6177).
const WIDER: [u32; 2] = [56, 48];

impl Address {
    /// The address as far as it tells visitors apart.
    pub fn new(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(v4) => Self(v4.to_ipv6_mapped().octets()),
            IpAddr::V6(v6) => Self((u128::from(v6) >> 64 << 64).to_be_bytes()),
        }
    }

    /// The address and the networks around it that are counted as well, the narrowest first. Each may do
    /// [`Network::TIMES`] as much as one address.
    pub fn networks(self) -> impl Iterator<Item = Network> + Clone {
        let is_v4 = self.0.starts_with(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
        let wider = WIDER.into_iter().filter(move |_| !is_v4).map(move |bits| {
            let network = u128::from_be_bytes(self.0) >> (128 - bits) << (128 - bits);
            Network(network.to_be_bytes(), bits)
        });
        std::iter::once(Network(self.0, 128)).chain(wider)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

/// An address, or a network around it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network([u8; 16], u32);

impl Network {
    /// How many times what one address may an address, a /56 and a /48 may.
    pub const TIMES: [usize; 3] = [1, 4, 16];
}

/// What a room makes marks with, which lives as long as the room; or what the site does.
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
    pub fn mark(&self, address: Address) -> AddressHash {
        // Both are of a fixed length, so nothing can be appended to what is hashed.
        Self::first_of(Sha256::new().chain_update(self.0).chain_update(address.0))
    }

    /// The mark of an address or a network on this site.
    pub fn mark_network(&self, Network(address, bits): Network) -> AddressHash {
        let hashed = Sha256::new().chain_update(self.0).chain_update(address);
        Self::first_of(hashed.chain_update(bits.to_be_bytes()))
    }

    fn first_of(hashed: Sha256) -> AddressHash {
        let digest = hashed.finalize();
        let mut mark = [0; 16];
        mark.copy_from_slice(digest.get(..16).unwrap_or(&[0; 16]));
        AddressHash(mark)
    }
}

impl fmt::Debug for AddressKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressKey(…)")
    }
}

/// The mark of an address in one room: the same for the same address, and no way back without the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddressHash([u8; 16]);

impl AddressHash {
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
        let source = Source::new("192.0.2.1".parse().unwrap());
        let shown = format!("{source:?} {:?} {:?}", source.address(), AddressKey::random());
        assert!(!shown.contains(|c: char| c.is_ascii_digit()), "{shown}");
    }

    #[test]
    fn the_networks_of_sites_are_counted_around_an_ipv6_address_and_none_around_an_ipv4_address() {
        let networks = |ip: &str| -> Vec<_> { Address::new(ip.parse().unwrap()).networks().collect() };
        let one = networks("2001:db8:1:2::1");
        assert_eq!(one.len(), Network::TIMES.len());
        let shared = |ip: &str| -> Vec<_> { one.iter().zip(networks(ip)).map(|(a, b)| *a == b).collect() };
        assert_eq!(shared("2001:db8:1:2:ffff::9"), [true, true, true]);
        assert_eq!(shared("2001:db8:1:ff::"), [false, true, true]);
        assert_eq!(shared("2001:db8:1:102::"), [false, false, true]);
        assert_eq!(shared("2001:db8:2:2::1"), [false, false, false]);
        assert_eq!(networks("192.0.2.1").len(), 1);
        assert!(networks("::ffff:192.0.2.1") == networks("192.0.2.1"));
    }
}
