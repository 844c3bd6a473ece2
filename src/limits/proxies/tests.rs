use axum::http::{HeaderValue, header::FORWARDED};

use super::*;

const XFF: HeaderName = HeaderName::from_static("x-forwarded-for");

fn networks(list: &str) -> Vec<IpNet> {
    let read = |text: &str| text.parse().unwrap_or_else(|_| IpNet::from(ip(text)));
    list.split_terminator(',').map(read).collect()
}

fn trusting(list: &str) -> Proxies {
    Proxies::new(networks(list), XFF, Vec::new())
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// The address that counts for a request from that peer with those header lines.
fn source(proxies: &Proxies, peer: &str, lines: &[&str]) -> IpAddr {
    let mut headers = HeaderMap::new();
    for line in lines {
        let value = HeaderValue::from_bytes(line.as_bytes()).unwrap();
        headers.append(&proxies.header, value);
    }
    proxies.source(ip(peer), &headers).ip()
}

#[test]
fn without_a_trusted_proxy_nothing_that_a_client_writes_counts() {
    let proxies = trusting("");
    for lines in [&[][..], &["192.0.2.1"], &["192.0.2.1", "192.0.2.2, 192.0.2.3"]] {
        assert_eq!(source(&proxies, "198.51.100.7", lines), ip("198.51.100.7"));
        assert_eq!(source(&proxies, "127.0.0.1", lines), ip("127.0.0.1"));
        assert_eq!(source(&proxies, "::ffff:198.51.100.7", lines), ip("198.51.100.7"));
    }
}

#[test]
fn behind_trusted_proxies_the_last_address_that_is_none_of_them_counts() {
    let proxies = trusting("127.0.0.1,10.0.0.0/8,2001:db8:ffff::/48");
    let find = |peer, lines: &[&str]| source(&proxies, peer, lines);
    assert_eq!(find("127.0.0.1", &["192.0.2.1"]), ip("192.0.2.1"));
    assert_eq!(find("::ffff:127.0.0.1", &["192.0.2.1"]), ip("192.0.2.1"));
    assert_eq!(find("127.0.0.1", &["192.0.2.9, 192.0.2.1, 10.1.2.3"]), ip("192.0.2.1"));
    assert_eq!(
        find("10.0.0.1", &["192.0.2.9", "192.0.2.1", "10.1.2.3,127.0.0.1"]),
        ip("192.0.2.1")
    );
    assert_eq!(find("2001:db8:ffff::1", &["2001:db8::5"]), ip("2001:db8::5"));
    // Somebody else's word counts for nothing.
    assert_eq!(find("198.51.100.7", &["192.0.2.1"]), ip("198.51.100.7"));
    assert_eq!(find("127.0.0.2", &["192.0.2.1"]), ip("127.0.0.2"));
    // The proxies ask for themselves.
    assert_eq!(find("127.0.0.1", &[]), ip("127.0.0.1"));
    assert_eq!(find("127.0.0.1", &["", " , "]), ip("127.0.0.1"));
    // An empty element or header line is none.
    assert_eq!(find("127.0.0.1", &["192.0.2.9, 192.0.2.1,"]), ip("192.0.2.1"));
    assert_eq!(find("127.0.0.1", &["192.0.2.1", ""]), ip("192.0.2.1"));
    assert_eq!(find("127.0.0.1", &["10.0.0.1, 10.0.0.2"]), ip("10.0.0.1"));
    let many = vec!["192.0.2.1"; 999].join(", ");
    assert_eq!(find("127.0.0.1", &[&format!("{many}, 192.0.2.2")]), ip("192.0.2.2"));
    assert_eq!(
        find(
            "127.0.0.1",
            &[&format!("192.0.2.2, {}", vec!["10.0.0.1"; 999].join(","))]
        ),
        ip("192.0.2.2")
    );
}

#[test]
fn whoever_a_proxy_can_not_name_counts_as_one_with_all_such() {
    let proxies = trusting("127.0.0.1");
    for lines in [
        &["unknown"][..],
        &["192.0.2.1", "_hidden"],
        &["192.0.2.1, unknown, 127.0.0.1"],
        &["비밀"],
    ] {
        assert_eq!(source(&proxies, "127.0.0.1", lines), Source::UNKNOWN.ip(), "{lines:?}");
    }
}

#[test]
fn another_header_may_be_named_and_the_usual_one_counts_for_nothing_then() {
    let proxies = Proxies::new(networks("127.0.0.1"), FORWARDED, Vec::new());
    let line = "for=192.0.2.9, for=\"[2001:db8::1]:80\";proto=https, for=127.0.0.1";
    assert_eq!(source(&proxies, "127.0.0.1", &[line]), ip("2001:db8::1"));
    let mut headers = HeaderMap::new();
    headers.insert("x-forwarded-for", "192.0.2.1".parse().unwrap());
    assert_eq!(proxies.source(ip("127.0.0.1"), &headers).ip(), ip("127.0.0.1"));
}

#[test]
fn behind_a_socket_file_is_a_proxy_that_needs_no_address() {
    let by_file = |line: Option<&str>| {
        let mut headers = HeaderMap::new();
        headers.extend(line.map(|line| (XFF, line.parse().unwrap())));
        trusting("10.0.0.1").source_by_file(&headers).ip()
    };
    assert_eq!(by_file(Some("192.0.2.9, 192.0.2.1")), ip("192.0.2.1"));
    assert_eq!(by_file(Some("192.0.2.1, 10.0.0.1")), ip("192.0.2.1"));
    assert_eq!(by_file(Some("192.0.2.1, unknown")), Source::UNKNOWN.ip());
    assert_eq!(by_file(None), Source::UNKNOWN.ip());
}

#[test]
fn rooms_mark_no_address_of_this_machine_unless_its_proxy_is_known() {
    let here = |proxies: &Proxies| proxies.source(ip("127.0.0.1"), &HeaderMap::new());
    let alone = here(&trusting(""));
    assert!(alone.marked().is_none() && !alone.is_exempt);
    assert!(here(&trusting("10.0.0.1")).marked().is_some());
    let exempt = Proxies::new(Vec::new(), XFF, networks("127.0.0.0/8,192.0.2.0/24"));
    assert!(here(&exempt).is_exempt && exempt.is_uncounted(ip("::ffff:192.0.2.5")));
    assert!(!exempt.is_uncounted(ip("198.51.100.1")));
}

#[test]
fn a_crowd_is_one_address_when_nearly_all_of_it_comes_from_one_that_is_private() {
    let told = |crowd: &Crowd, others: u8, address: &str| {
        let others = (0..others).map(|n| ip(&format!("198.51.100.{n}")));
        let all: Vec<_> = others
            .chain(std::iter::repeat(ip(address)))
            .take(SAMPLE as usize)
            .collect();
        all.into_iter().filter(|ip| crowd.is_one_address(*ip)).count()
    };
    let crowd = Crowd::default();
    assert_eq!(told(&crowd, 5, "127.0.0.1"), 1);
    assert_eq!(told(&crowd, 5, "fd00::1"), 1, "the next sample begins anew");
    assert_eq!(told(&crowd, 11, "10.0.0.1"), 0);
    assert_eq!(
        told(&crowd, 0, "192.0.2.1"),
        0,
        "a large network behind one public address"
    );
}
