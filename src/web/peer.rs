//! Where a request comes from, for bans only: nothing else looks at it, and it is written nowhere.

use std::net::IpAddr;

use axum::http::{Extensions, HeaderMap, HeaderName};

use crate::domain::Address;

/// The other end of a connection.
#[derive(Clone, Copy)]
pub struct Peer(pub IpAddr);

/// The address of a visitor. Behind a proxy it is what the proxy wrote last into its header; else the peer's, unless that
/// is this machine, where a proxy may run and all visitors would seem to be one.
pub fn address(header: Option<&HeaderName>, headers: &HeaderMap, extensions: &Extensions) -> Option<Address> {
    let ip = match header {
        Some(name) => {
            let last = headers.get_all(name).iter().next_back()?.to_str().ok()?;
            last.rsplit(',').next()?.trim().parse().ok()?
        }
        None => {
            let Peer(ip) = extensions.get::<Peer>()?;
            Some(ip.to_canonical()).filter(|ip| !ip.is_loopback())?
        }
    };
    Some(Address::new(ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_address_of_the_header_counts_and_none_without_it() {
        let name = HeaderName::from_static("x-forwarded-for");
        let mut headers = HeaderMap::new();
        let mut extensions = Extensions::new();
        let ip = |text: &str| Some(Address::new(text.parse().unwrap()));
        assert_eq!(address(Some(&name), &headers, &extensions), None);
        headers.append(name.clone(), "203.0.113.9".parse().unwrap());
        headers.append(name.clone(), "192.0.2.1, 198.51.100.7".parse().unwrap());
        assert_eq!(address(Some(&name), &headers, &extensions), ip("198.51.100.7"));
        assert_eq!(
            address(None, &headers, &extensions),
            None,
            "anybody can write the header"
        );
        extensions.insert(Peer("127.0.0.1".parse().unwrap()));
        assert_eq!(address(None, &headers, &extensions), None);
        extensions.insert(Peer("192.0.2.9".parse().unwrap()));
        assert_eq!(address(None, &headers, &extensions), ip("192.0.2.9"));
        headers.insert(name.clone(), "unknown".parse().unwrap());
        assert_eq!(address(Some(&name), &headers, &extensions), None);
    }
}
