//! Addresses in the headers of proxies: `X-Forwarded-For` and what else lists addresses, and `Forwarded` (RFC 7239).

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderName, header::FORWARDED};

/// The addresses that a header lists, the last first, as each proxy adds to the end what it sees. `None` is an element that
/// names no address, such as `unknown`. Empty elements are none (RFC 9110, section 5.6.1).
pub fn listed<'a>(header: &HeaderName, value: &'a str) -> impl Iterator<Item = Option<IpAddr>> + use<'a> {
    let read = if *header == FORWARDED { forwarded } else { node };
    let mut rest = Some(value);
    let elements = std::iter::from_fn(move || {
        let (before, element) = last_element(rest?);
        rest = before;
        Some(element.trim())
    });
    let elements = elements.filter(|element| !element.is_empty());
    elements.map(move |element| read(element).map(|ip| ip.to_canonical()))
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

/// What stands after the last comma that is not quoted, and what stands before it. The text is read from its end, which is
/// the proxy's: a quote that a client opened and never closed must not swallow what the proxy wrote after it.
fn last_element(text: &str) -> (Option<&str>, &str) {
    let mut quoted = false;
    for (at, c) in text.char_indices().rev() {
        match c {
            '"' if !is_escaped(text, at) => quoted = !quoted,
            ',' if !quoted => return (text.get(..at), text.get(at + 1..).unwrap_or_default()),
            _ => (),
        }
    }
    (None, text)
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

    fn last(header: &HeaderName, value: &str) -> Option<IpAddr> {
        listed(header, value).next().unwrap()
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
            assert_eq!(last(&XFF, value), expected.parse().ok(), "{value}");
        }
        for (value, expected) in [
            ("for=192.0.2.1", "192.0.2.1"),
            ("For=\"192.0.2.1:5678\"", "192.0.2.1"),
            ("for=10.0.0.1, proto=https; for=\"[2001:db8::1]:5678\"", "2001:db8::1"),
            ("for=\"_never closed, for=192.0.2.1", "192.0.2.1"),
            ("for=\"[2001:db8::1]\";by=\"a,for=10.0.0.1;\\\",\"", "2001:db8::1"),
        ] {
            assert_eq!(last(&FORWARDED, value), expected.parse().ok(), "{value}");
        }
    }

    #[test]
    fn what_names_no_address_is_none() {
        for value in [
            "\"\"",
            "unknown",
            "_hidden",
            "\"192.0.2.1",
            "192.0.2.1, unknown",
            "[2001:db8::1",
            "[192.0.2.1]",
            "[2001:db8::1]x",
            "192.0.2.1 5678",
            "for=192.0.2.1",
            "1.2.3",
            "비밀",
        ] {
            assert_eq!(last(&XFF, value), None, "{value}");
        }
        for value in [
            "192.0.2.1",
            "for=unknown",
            "for=_hidden",
            "by=192.0.2.1",
            "for=192.0.2.1;for=192.0.2.2",
            "for=192.0.2.1, by=192.0.2.2",
        ] {
            assert_eq!(last(&FORWARDED, value), None, "{value}");
        }
    }

    #[test]
    fn a_list_is_read_from_its_end() {
        let all: Vec<_> = listed(&XFF, "192.0.2.1, nobody,\"[2001:db8::1]:80\" ,::ffff:10.0.0.1").collect();
        let ip = |text: &str| text.parse().ok();
        assert_eq!(all, [ip("10.0.0.1"), ip("2001:db8::1"), None, ip("192.0.2.1")]);
    }

    #[test]
    fn empty_elements_of_a_list_are_none() {
        for value in ["", " ", ",", " ,\t, "] {
            assert_eq!(listed(&XFF, value).count(), 0, "{value:?}");
            assert_eq!(listed(&FORWARDED, value).count(), 0, "{value:?}");
        }
        for value in ["192.0.2.1,", ",192.0.2.1", "192.0.2.1, ,, "] {
            let all: Vec<_> = listed(&XFF, value).collect();
            assert_eq!(all, ["192.0.2.1".parse().ok()], "{value:?}");
        }
        assert_eq!(last(&FORWARDED, "for=192.0.2.1, "), "192.0.2.1".parse().ok());
    }
}
