//! Who runs the site, whom they keep out of it, and what they write down about that.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use super::{
    Moment, VisitorId,
    moderation::BAN_MOST,
    visible::{shows_something, straight},
};

/// Characters of an operator's name, of why they do something, and of a notice.
const NAME: usize = 40;
const WHY: usize = 200;
const NOTICE: usize = 500;

/// Whom the operator keeps out: a visitor, or everybody of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum KeptOut {
    /// A visitor, wherever they come from.
    Visitor(VisitorId),
    /// Whoever comes from there.
    Network(IpNet),
}

impl KeptOut {
    /// Reads the id of a visitor, an address or a network. An address of IPv6 stands for its /64, which one household has.
    ///
    /// # Errors
    /// A sentence: it is none of these.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(visitor) = text.parse() {
            return Ok(Self::Visitor(visitor));
        }
        let network = match text.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
            Ok(IpAddr::V6(v6)) => Ipv6Net::new(v6, 64).ok().map(|net| IpNet::V6(net.trunc())),
            Ok(v4) => Some(IpNet::from(v4)),
            Err(_) => text
                .parse()
                .ok()
                .map(canonical)
                .filter(is_narrow)
                .map(|net| net.trunc()),
        };
        let wrong = || {
            "who is banned is the id of a visitor, an address, or a network of /8 or narrower (of IPv6 /16): 00112233aabbccdd, \
             192.0.2.7 or 2001:db8::/32"
                .to_owned()
        };
        network.map(Self::Network).ok_or_else(wrong)
    }

    /// Whether that is one of them.
    pub fn holds(&self, visitor: Option<VisitorId>, ip: IpAddr) -> bool {
        match self {
            Self::Visitor(kept_out) => visitor == Some(*kept_out),
            // What can't be read is no network.
            Self::Network(network) => ip != Ipv6Addr::UNSPECIFIED && network.contains(&ip.to_canonical()),
        }
    }
}

/// How many seconds a ban from the site lasts; none is for good.
///
/// # Errors
/// A sentence: it is none, or more than a year.
pub fn ban_time(seconds: Option<u64>) -> Result<Option<u32>, String> {
    let bounded = |seconds| {
        u32::try_from(seconds)
            .ok()
            .filter(|seconds| (1..=BAN_MOST).contains(seconds))
    };
    let wrong = || format!("seconds is 1 to {BAN_MOST}, which is a year, or is left out for a ban for good");
    seconds.map(|seconds| bounded(seconds).ok_or_else(wrong)).transpose()
}

impl KeptOut {
    /// What the audit log says for good: the ban of an address by its number, as addresses are forgotten with it.
    pub fn in_audit(&self, ban: u64) -> String {
        match self {
            Self::Visitor(visitor) => visitor.to_string(),
            Self::Network(_) => format!("an address, ban {ban}"),
        }
    }
}

impl fmt::Display for KeptOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Visitor(visitor) => visitor.fmt(f),
            Self::Network(network) => network.fmt(f),
        }
    }
}

impl From<KeptOut> for String {
    fn from(kept_out: KeptOut) -> Self {
        kept_out.to_string()
    }
}

impl TryFrom<String> for KeptOut {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

/// A network of addresses of IPv4 that are written as those of IPv6 is that of IPv4: so addresses are compared.
fn canonical(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else {
        return network;
    };
    let mapped = v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(96));
    let v4 = mapped.and_then(|(v4, prefix)| Ipv4Net::new(v4, prefix).ok());
    v4.map_or(network, IpNet::V4)
}

/// Whether a ban of that network leaves most of the world outside of it: a slip would keep out everybody.
const fn is_narrow(network: &IpNet) -> bool {
    match network {
        IpNet::V4(v4) => v4.prefix_len() >= 8,
        IpNet::V6(v6) => v6.prefix_len() >= 16,
    }
}

/// A line of plain text that operators write: what stands around it and what turns directions goes, and a line break in it is a
/// space.
fn line(text: &str, most: usize, field: &str) -> Result<String, String> {
    let text: String = straight(text)
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let was = text.chars().count();
    if was > most {
        return Err(format!("{field} has at most {most} characters; this has {was}"));
    }
    Ok(text)
}

/// Why somebody does something, as the audit log has it; may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why(String);

impl Why {
    /// # Errors
    /// It has more than 200 characters.
    pub fn parse(text: &str) -> Result<Self, String> {
        line(text, WHY, "why").map(Self)
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What stands on every page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice(String);

impl Notice {
    /// `None` if it says nothing.
    ///
    /// # Errors
    /// It has more than 500 characters.
    pub fn parse(text: &str) -> Result<Option<Self>, String> {
        let text = line(text, NOTICE, "a notice")?;
        Ok(shows_something(&text).then_some(Self(text)))
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of who runs the site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator(String);

impl Operator {
    /// Somebody without a name of their own.
    pub fn nameless() -> Self {
        Self("operator".to_owned())
    }
}

impl FromStr for Operator {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        line(name, NAME, "the name of an operator").map(Self)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an operator did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When, in milliseconds since the Unix epoch.
    pub at: i64,
    /// Who.
    pub who: Operator,
    /// What, in a word or two.
    pub what: String,
    /// To what or whom.
    pub target: String,
    /// Why.
    pub why: Why,
}

impl AuditEntry {
    /// The moment.
    pub const fn at(&self) -> Moment {
        Moment::from_millis(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_mapped_addresses_is_that_of_the_addresses() {
        let read = |text: &str| KeptOut::parse(text).map(|who| who.to_string());
        assert_eq!(read("::ffff:192.0.2.0/120"), Ok("192.0.2.0/24".to_owned()));
        assert!(read("::ffff:0:0/96").is_err(), "that is everybody");
        assert_eq!(read("2001:db8::/32"), Ok("2001:db8::/32".to_owned()));
    }

    #[test]
    fn what_operators_write_turns_no_directions_and_a_notice_shows_something() {
        let notice = |text: &str| Notice::parse(text).unwrap().map(|notice| notice.0);
        assert_eq!(notice("a\u{202E}b\nc"), Some("ab c".to_owned()));
        assert_eq!(notice("\u{200B}"), None);
        assert_eq!(Why::parse("\u{2066}why").unwrap().as_str(), "why");
    }

    #[test]
    fn who_is_kept_out_is_a_visitor_an_address_or_a_network() {
        for (text, shown) in [
            ("00112233aabbccdd", "00112233aabbccdd"),
            ("192.0.2.7", "192.0.2.7/32"),
            ("::ffff:192.0.2.7", "192.0.2.7/32"),
            ("192.0.2.7/24", "192.0.2.0/24"),
            ("2001:db8::7", "2001:db8::/64"),
            ("2001:db8::7/128", "2001:db8::7/128"),
        ] {
            let kept_out = KeptOut::parse(text).unwrap();
            assert_eq!(kept_out.to_string(), shown);
            assert_eq!(KeptOut::try_from(shown.to_owned()), Ok(kept_out));
        }
        for wrong in ["", "ann", "192.0.2", "192.0.2.0/33", "0.0.0.0/0", "::/0", "128.0.0.0/7"] {
            assert!(KeptOut::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_network_holds_its_addresses_and_nobody_whose_address_is_not_known() {
        let network = KeptOut::parse("192.0.2.0/24").unwrap();
        let holds = |ip: &str| network.holds(None, ip.parse().unwrap());
        assert!(holds("192.0.2.255") && holds("::ffff:192.0.2.1"));
        assert!(!holds("192.0.3.1") && !holds("::"));
        let unknown = KeptOut::parse("::").unwrap();
        assert!(!unknown.holds(None, Ipv6Addr::UNSPECIFIED.into()));
    }

    #[test]
    fn what_operators_write_is_one_line_with_a_bound() {
        assert_eq!(Why::parse(" spam,\nagain ").unwrap().as_str(), "spam, again");
        assert!(Why::parse(&"x".repeat(201)).is_err());
        assert_eq!(Notice::parse(" \n").unwrap(), None);
        assert!(Notice::parse(&"가".repeat(501)).is_err());
    }
}
