//! Whose address counts: that of the other end of a connection, or the one that a trusted proxy names.

mod forwarded;

use std::{
    net::IpAddr,
    sync::{
        Once,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use parking_lot::Mutex;
use tracing::warn;

use self::forwarded::listed;
use crate::domain::Source;

/// New visitors among whom a proxy that nobody told of is looked for, and how many of them come from one private address
/// where there is one.
const SAMPLE: u32 = 100;
const NEARLY_ALL: u32 = 95;

/// The proxies whose word counts, and the addresses that no limit counts.
pub struct Proxies {
    trusted: Vec<IpNet>,
    header: HeaderName,
    exempt: Vec<IpNet>,
    crowd: Crowd,
}

impl Proxies {
    /// The proxies that are `trusted`, the header in which they write who asks, and the networks that no limit counts.
    pub fn new(trusted: Vec<IpNet>, header: HeaderName, exempt: Vec<IpNet>) -> Self {
        Self {
            trusted,
            header,
            exempt,
            crowd: Crowd::default(),
        }
    }

    /// Whether connections from there are not counted by address: those of a proxy carry many visitors.
    pub fn is_uncounted(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.is_trusted(peer) || within(&self.exempt, peer)
    }

    fn is_trusted(&self, ip: IpAddr) -> bool {
        within(&self.trusted, ip)
    }

    /// The source of a request: the peer, or, if that is a trusted proxy, the last address in its header that is none.
    /// Nothing that stands before that one counts, as a client may have written it. Where an element names no address, all
    /// such requests come from [`Source::UNKNOWN`]; a trusted proxy without the header asks for itself.
    pub fn source(&self, peer: IpAddr, headers: &HeaderMap) -> Source {
        let peer = peer.to_canonical();
        if !self.is_trusted(peer) {
            let source = if peer.is_loopback() && self.trusted.is_empty() {
                Source::here(peer)
            } else {
                Source::new(peer)
            };
            return self.exempted(source);
        }
        self.behind_proxy(Some(peer), headers)
    }

    /// The source of a request that came by a socket file: behind it is a proxy on this machine, as nobody else may open it.
    /// Without the header nobody knows whose request it is.
    pub fn source_by_file(&self, headers: &HeaderMap) -> Source {
        self.behind_proxy(None, headers)
    }

    fn behind_proxy(&self, mut nearest: Option<IpAddr>, headers: &HeaderMap) -> Source {
        for value in headers.get_all(&self.header).iter().rev() {
            // A proxy writes text; elements before it in the same value can't be told apart from what it wrote.
            let Ok(value) = value.to_str() else {
                return Source::UNKNOWN;
            };
            for named in listed(&self.header, value) {
                match named {
                    None => return Source::UNKNOWN,
                    Some(ip) if self.is_trusted(ip) => nearest = Some(ip),
                    Some(ip) => return self.exempted(Source::new(ip)),
                }
            }
        }
        nearest.map_or(Source::UNKNOWN, |ip| self.exempted(Source::new(ip)))
    }

    fn exempted(&self, source: Source) -> Source {
        source.exempted(within(&self.exempt, source.ip()))
    }

    /// Notes a new visitor. If nearly all of them come from one private address, it is that of a proxy, and the log says so
    /// once.
    pub fn note_new_visitor(&self, source: &Source) {
        if self.crowd.is_one_address(source.ip()) {
            static SAID: Once = Once::new();
            SAID.call_once(|| {
                warn!("nearly all visitors come from one private address: is that of a proxy missing in --trusted-proxies?");
            });
        }
    }
}

fn within(networks: &[IpNet], ip: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&ip))
}

/// Looks for one private address from which nearly all of [`SAMPLE`] new visitors come.
#[derive(Default)]
struct Crowd {
    seen: AtomicU32,
    /// The address that may be that of most, and by how many it is ahead of all others together, after Boyer and Moore
    /// (MJRTY, 1981): whatever most come from is what is left.
    ahead: Mutex<Option<(IpAddr, u32)>>,
}

impl Crowd {
    /// Notes one more; whether the sample is whole and nearly all of it comes from one private address.
    fn is_one_address(&self, ip: IpAddr) -> bool {
        let seen = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        let mut ahead = self.ahead.lock();
        *ahead = match *ahead {
            None | Some((_, 0)) => Some((ip, 1)),
            Some((most, by)) if most == ip => Some((most, by + 1)),
            Some((most, by)) => Some((most, by - 1)),
        };
        if seen < SAMPLE {
            return false;
        }
        self.seen.store(0, Ordering::Relaxed);
        let found = ahead.take();
        // Each of the others takes one of those that are ahead.
        found.is_some_and(|(ip, by)| is_private(ip) && by >= NEARLY_ALL - (SAMPLE - NEARLY_ALL))
    }
}

/// Whether an address is of a network that is not the internet's (RFC 1918, RFC 4193, RFC 3927, RFC 4291), or of this machine.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests;
