//! How the values of settings are read. What is wrong with one is said by a sentence that shows how to write it.

use std::{
    ffi::OsStr,
    net::{IpAddr, Ipv4Addr},
    num::NonZeroU32,
    ops::RangeInclusive,
    time::Duration,
};

use clap::{
    Arg, Command,
    builder::{RangedU64ValueParser, TypedValueParser},
    error::ErrorKind,
};
use humantime::format_duration;
use ipnet::{IpNet, Ipv4Net};
use url::Url;

use crate::{limits::rates::Rate, store::StoreUrl};

/// Bounds of times. With a shorter timeout than a moment no client would ever be in time.
pub const MOMENT: Duration = Duration::from_millis(100);
pub const SECOND: Duration = Duration::from_secs(1);
pub const DAY: Duration = Duration::from_secs(86_400);
pub const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// Reads the address of the store. What is wrong with it is said without it, as it may hold a password.
#[derive(Clone)]
pub struct StoreParser;

impl TypedValueParser for StoreParser {
    type Value = StoreUrl;

    fn parse_ref(&self, command: &Command, _: Option<&Arg>, value: &OsStr) -> Result<StoreUrl, clap::Error> {
        value.to_string_lossy().parse().map_err(|error| {
            let sentence = format!("invalid value for --store: {error}\n");
            clap::Error::raw(ErrorKind::ValueValidation, sentence).with_cmd(command)
        })
    }
}

/// Reads `90s`, `2m`, `500ms`, `1h 30m`, `7d`; days count 24 hours.
pub fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| format!("{text:?} is no time; write it like 500ms, 15s, 2m, 1h or 7d"))
}

/// Reads a time within bounds. The upper one keeps deadlines from overflowing.
pub fn time(bounds: RangeInclusive<Duration>) -> impl Fn(&str) -> Result<Duration, String> + Clone + Send + Sync {
    move |text| {
        let time = duration(text)?;
        if bounds.contains(&time) {
            return Ok(time);
        }
        let (least, most) = (format_duration(*bounds.start()), format_duration(*bounds.end()));
        Err(format!("it has to be between {least} and {most}"))
    }
}

/// Reads a number within bounds.
pub fn bounded<T>(bounds: RangeInclusive<u64>) -> RangedU64ValueParser<T>
where
    T: TryFrom<u64> + Clone + Send + Sync,
{
    RangedU64ValueParser::new().range(bounds)
}

/// Reads `60/1m`, `60/1m:20` with another number at once, `500MiB/1h`, or `off`.
pub fn rate(text: &str) -> Result<Rate, String> {
    if text == "off" {
        return Ok(Rate::OFF);
    }
    let wrong = || format!("{text:?} is no rate; write it like 60/1m, 60/1m:20, 500MiB/1h, or off");
    let (count, rest) = text.split_once('/').ok_or_else(wrong)?;
    let (period, burst) = rest.split_once(':').unwrap_or((rest, count));
    let [count, burst] = [number(count), number(burst)];
    let (count, burst) = (count.ok_or_else(wrong)?, burst.ok_or_else(wrong)?);
    Rate::with_burst(count, duration(period.trim())?, burst).ok_or_else(wrong)
}

/// Reads `20`, or `off`.
pub fn count(text: &str) -> Result<usize, String> {
    match text {
        "off" => Ok(usize::MAX),
        _ => (text.parse()).map_err(|_| format!("{text:?} is no number; write it like 20, or off")),
    }
}

/// Reads how many messages a room keeps: `10000`, or `off`.
pub fn history(text: &str) -> Result<u64, String> {
    if text == "off" {
        return Ok(u64::MAX);
    }
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("{text:?} is no number of messages; write it like 10000, or off"))
}

/// Reads how long a message is kept: `12h`, or `off`.
pub fn age(text: &str) -> Result<Duration, String> {
    if text == "off" {
        return Ok(Duration::MAX);
    }
    let age = duration(text).map_err(|sentence| format!("{sentence}, or off"))?;
    match age >= Duration::from_secs(1) {
        true => Ok(age),
        false => Err("messages are kept for 1s or longer".to_owned()),
    }
}

/// Reads `200MiB`, `20GiB`, a number of bytes, or `off`.
pub fn bytes(text: &str) -> Result<u64, String> {
    if text == "off" {
        return Ok(u64::MAX);
    }
    let (digits, bits) = with_unit(text);
    let bytes = digits
        .parse()
        .ok()
        .and_then(|number: u64| number.checked_mul(1 << bits));
    bytes.ok_or_else(|| format!("{text:?} is no number of bytes; write it like 200MiB, 20GiB, 1048576, or off"))
}

/// Takes the unit of bytes from a number; the power of two that it stands for.
fn with_unit(text: &str) -> (&str, u32) {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];
    let mut all = units.into_iter();
    let unit = all.find_map(|(unit, bits)| Some((text.trim().strip_suffix(unit)?.trim(), bits)));
    unit.unwrap_or((text.trim(), 0))
}

/// Reads `60`, or bytes such as `32KiB`.
fn number(text: &str) -> Option<NonZeroU32> {
    let (digits, bits) = with_unit(text);
    let number: u32 = digits.parse().ok()?;
    NonZeroU32::new(number.checked_mul(1_u32.checked_shl(bits)?)?)
}

/// Reads `192.0.2.0/24`, or a single address.
pub fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let net: IpNet = text
        .parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| format!("{text:?} is no network; write it like 192.0.2.0/24, 2001:db8::/48 or 127.0.0.1"))?;
    // An address of IPv4 that is mapped into IPv6 is compared as what it is.
    match net {
        IpNet::V6(v6) if v6.prefix_len() >= 96 && v6.addr().to_ipv4_mapped().is_some() => {
            let v4 = v6.addr().to_ipv4_mapped().unwrap_or(Ipv4Addr::UNSPECIFIED);
            Ok(Ipv4Net::new(v4, v6.prefix_len() - 96)
                .map_err(|error| error.to_string())?
                .into())
        }
        net => Ok(net),
    }
}

/// Reads an address that can be asked without TLS.
pub fn plain_http(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{text:?} is no address: {error}"))?;
    if url.scheme() == "http" && url.has_host() {
        Ok(url)
    } else {
        Err(format!(
            "{text:?} can't be asked; write it like http://127.0.0.1:8005/healthz"
        ))
    }
}

/// Reads where to write to.
pub fn contact(text: &str) -> Result<Url, String> {
    let wrong = || {
        format!("{text:?} is no contact; write it like mailto:security@chat.example or https://chat.example/security")
    };
    let url = Url::parse(text).map_err(|_| wrong())?;
    let reached = match url.scheme() {
        "mailto" => url.path().contains('@'),
        "https" => url.has_host() && url.username().is_empty() && url.password().is_none(),
        _ => false,
    };
    if reached { Ok(url) } else { Err(wrong()) }
}

/// Reads the address of a site.
pub fn public_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{text:?} is no address: {error}"))?;
    let plain = matches!(url.scheme(), "http" | "https") && url.has_host() && url.path() == "/";
    if plain && url.query().is_none() && url.fragment().is_none() && url.username().is_empty() {
        Ok(url)
    } else {
        Err(format!(
            "{text:?} is no site; write it like https://chat.example, without a path"
        ))
    }
}
