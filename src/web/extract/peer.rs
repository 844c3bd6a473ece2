//! Where a request comes from, for bans and limits only: nothing else looks at it, and it is written nowhere.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{Extensions, HeaderMap, HeaderName, header::FORWARDED};

use crate::domain::Address;

/// The other end of a connection.
#[derive(Clone, Copy)]
pub struct Peer(pub IpAddr);

/// The address of a visitor. Behind a proxy it is what the proxy wrote last into its header; else the peer's, unless that
/// is this machine, where a proxy may run and all visitors would seem to be one.
///
/// If what the proxy wrote names no address (`unknown`, an obfuscated name), the peer's counts, also if it is this
/// machine. All such visitors share that one address, so that a ban or a limit can't be escaped by hiding behind it.
pub fn address(header: Option<&HeaderName>, headers: &HeaderMap, extensions: &Extensions) -> Option<Address> {
    let peer = extensions.get::<Peer>().map(|&Peer(ip)| ip.to_canonical());
    let ip = match header {
        Some(name) => {
            let last = headers.get_all(name).iter().next_back()?;
            last.to_str().ok().and_then(|last| named(name, last)).or(peer)
        }
        None => peer.filter(|ip| !ip.is_loopback()),
    };
    ip.map(Address::new)
}

/// The address in the last element of a header. The elements before it may have been written by the client.
fn named(header: &HeaderName, value: &str) -> Option<IpAddr> {
    let last = last_element(value).trim();
    if *header == FORWARDED {
        forwarded(last)
    } else {
        node(last)
    }
}

/// The address in an element of RFC 7239, such as `for="[2001:db8::1]:5678";proto=https`.
fn forwarded(element: &str) -> Option<IpAddr> {
    let pairs = pairs(element).into_iter().filter_map(|pair| pair.split_once('='));
    let mut nodes = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    let (_, value) = nodes.next()?;
    // A proxy names one; with two nobody knows which is true.
    nodes.next().is_none().then(|| node(value))?
}

/// The address in `192.0.2.1`, `192.0.2.1:5678`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:5678`, quoted or not.
/// The port may be an obfuscated one, and an IPv6 address may have a zone.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = text
        .strip_prefix('"')
        .map_or(Some(text), |rest| rest.strip_suffix('"'))?
        .trim();
    if let Some(rest) = text.strip_prefix('[') {
        let (ip, port) = rest.split_once(']')?;
        return (port.is_empty() || port.starts_with(':')).then(|| v6(ip))?;
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    match text.split_once(':') {
        Some((ip, port)) if !port.contains(':') => ip.parse().ok().map(IpAddr::V4),
        Some(_) => v6(text),
        None => text.parse().ok().map(IpAddr::V4),
    }
}

fn v6(text: &str) -> Option<IpAddr> {
    let ip: Ipv6Addr = text.split('%').next()?.parse().ok()?;
    Some(ip.into())
}

/// What stands after the last comma that is not quoted. The text is read from its end, which is the proxy's: a quote that
/// a client opened and never closed must not swallow what the proxy wrote after it.
fn last_element(text: &str) -> &str {
    let mut quoted = false;
    for (at, c) in text.char_indices().rev() {
        match c {
            '"' if !is_escaped(text, at) => quoted = !quoted,
            ',' if !quoted => return text.get(at + 1..).unwrap_or_default(),
            _ => (),
        }
    }
    text
}

/// The parts of an element, split at the semicolons that are not quoted.
fn pairs(element: &str) -> Vec<&str> {
    let (mut quoted, mut parts, mut start) = (false, Vec::new(), 0);
    for (at, c) in element.char_indices() {
        match c {
            '"' if !is_escaped(element, at) => quoted = !quoted,
            ';' if !quoted => {
                parts.push(element.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => (),
        }
    }
    parts.push(element.get(start..).unwrap_or_default());
    parts
}

/// Whether the character there follows an odd number of backslashes.
fn is_escaped(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    (before.len() - before.trim_end_matches('\\').len()) % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const XFF: HeaderName = HeaderName::from_static("x-forwarded-for");

    fn ip(text: &str) -> Option<Address> {
        Some(Address::new(text.parse().unwrap()))
    }

    /// What counts when a proxy on this machine writes that into its header.
    fn behind_proxy(name: &HeaderName, value: &str) -> Option<Address> {
        let (mut headers, mut extensions) = (HeaderMap::new(), Extensions::new());
        headers.insert(name, axum::http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
        extensions.insert(Peer("127.0.0.1".parse().unwrap()));
        address(Some(name), &headers, &extensions)
    }

    #[test]
    fn the_last_address_of_the_header_counts_and_none_without_it() {
        let name = XFF;
        let mut headers = HeaderMap::new();
        let mut extensions = Extensions::new();
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
        assert_eq!(address(Some(&name), &headers, &extensions), ip("192.0.2.9"));
    }

    #[test]
    fn an_address_is_read_in_every_form_that_proxies_write() {
        for (value, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1:5678", "192.0.2.1"),
            ("\"192.0.2.1:5678\"", "192.0.2.1"),
            ("10.0.0.1, 192.0.2.1:_http", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("2001:db8::1%eth0", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:5678", "2001:db8::1"),
            ("unknown, \"[2001:db8::1]:5678\"", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("\"never closed, 192.0.2.1", "192.0.2.1"),
        ] {
            assert_eq!(behind_proxy(&XFF, value), ip(expected), "{value}");
        }
        for (value, expected) in [
            ("for=192.0.2.1", "192.0.2.1"),
            ("For=\"192.0.2.1:5678\"", "192.0.2.1"),
            ("for=10.0.0.1, proto=https; for=\"[2001:db8::1]:5678\"", "2001:db8::1"),
            ("for=\"_never closed, for=192.0.2.1", "192.0.2.1"),
            ("for=\"[2001:db8::1]\";by=\"a,for=10.0.0.1;\\\",\"", "2001:db8::1"),
        ] {
            assert_eq!(behind_proxy(&FORWARDED, value), ip(expected), "{value}");
        }
    }

    #[test]
    fn what_names_no_address_counts_as_the_peer() {
        for value in [
            "",
            " ",
            "unknown",
            "_hidden",
            "\"192.0.2.1",
            "192.0.2.1,",
            "192.0.2.1, unknown",
            "[2001:db8::1",
            "[192.0.2.1]",
            "[2001:db8::1]x",
            "192.0.2.1 5678",
            "for=192.0.2.1",
            "1.2.3",
            "비밀",
        ] {
            assert_eq!(behind_proxy(&XFF, value), ip("127.0.0.1"), "{value}");
        }
        for value in [
            "192.0.2.1",
            "for=unknown",
            "for=_hidden",
            "by=192.0.2.1",
            "for=192.0.2.1;for=192.0.2.2",
            "for=192.0.2.1, by=192.0.2.2",
        ] {
            assert_eq!(behind_proxy(&FORWARDED, value), ip("127.0.0.1"), "{value}");
        }
    }
}
