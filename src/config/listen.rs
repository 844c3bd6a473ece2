//! Where to serve: an address and port, or a socket file.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr};

/// Where to serve: `ADDR:PORT` or `unix:PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// An address and a port; port 0 takes a free one.
    Address(SocketAddr),
    /// A socket file, for a proxy on this machine.
    Socket(PathBuf),
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("unix:") {
            Some(path) if !path.is_empty() => Ok(Self::Socket(path.into())),
            Some(_) => Err("it names no file; write it like unix:/run/gifchat/gifchat.sock".to_owned()),
            None => text
                .parse()
                .map(Self::Address)
                .map_err(|_| "it is no address; write it like 127.0.0.1:8005, [::1]:8005 or unix:PATH".to_owned()),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Socket(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_to_listen_is_an_address_or_a_file() {
        for text in [
            "127.0.0.1:8005",
            "[::1]:0",
            "unix:/run/gifchat.sock",
            "unix:gifchat.sock",
        ] {
            let listen: Listen = text.parse().unwrap();
            assert_eq!(listen.to_string(), text);
            assert_eq!(matches!(listen, Listen::Socket(_)), text.starts_with("unix:"));
        }
        for wrong in ["", "nowhere", "127.0.0.1", "8005", "unix:", "unix"] {
            assert!(wrong.parse::<Listen>().is_err(), "{wrong}");
        }
    }
}
