//! How the values of settings are read. What is wrong with one is said by a sentence that shows how to write it.

use std::{ffi::OsStr, num::NonZeroU32, time::Duration};

use clap::{Arg, Command, builder::TypedValueParser, error::ErrorKind};
use url::Url;

use crate::{limits::rates::Rate, store::StoreUrl};

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

/// Reads `60/1m`, or `off`.
pub fn rate(text: &str) -> Result<Rate, String> {
    if text == "off" {
        return Ok(Rate::OFF);
    }
    let wrong = || format!("{text:?} is no rate; write it like 60/1m, or off");
    let (count, period) = text.split_once('/').ok_or_else(wrong)?;
    let count: NonZeroU32 = count.trim().parse().map_err(|_| wrong())?;
    Rate::new(count, duration(period.trim())?).ok_or_else(wrong)
}

/// A lease shorter than a hiccup of the network would cost everybody their seats.
pub fn lease(text: &str) -> Result<Duration, String> {
    let lease = duration(text)?;
    if lease >= Duration::from_secs(1) {
        Ok(lease)
    } else {
        Err("a lease lasts 1s or longer".to_owned())
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
