//! The log of what is refused to protect the site and of what is taken down: one line each, for people and for fail2ban.

use std::hash::{BuildHasher, RandomState};

use clap::ValueEnum;
use tracing::warn;

use crate::domain::{Action, Operator, Refusal, Source};

/// How much of an address these lines hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogAddress {
    /// Nothing.
    Off,
    /// A hash, with a key that changes with each start.
    Hash,
    /// All of it.
    Full,
}

/// Writes the lines.
pub struct Audit {
    address: LogAddress,
    key: RandomState,
}

impl Audit {
    /// Lines that hold so much of addresses.
    pub fn new(address: LogAddress) -> Self {
        Self {
            address,
            key: RandomState::new(),
        }
    }

    /// Notes a refused password; `route` is a pattern, or the name of an event.
    pub fn password_refused(&self, route: &str, source: &Source) {
        let address = self.shown(source);
        warn!(event = "password_refused", route, address, "a password is refused");
    }

    /// Notes a limit that was hit, if that is why something is refused.
    pub fn limit_hit(&self, refusal: &Refusal, route: &str, source: &Source) {
        if let Refusal::RateLimited { budget, .. } = refusal {
            let (limit, address) = (budget.name(), self.shown(source));
            warn!(event = "limit_hit", limit, route, address, "a limit is hit");
        }
    }

    /// Notes what an owner did: a ban, and what is deleted and may not come back.
    pub fn moderated(&self, action: &Action, route: &str, source: &Source) {
        let address = self.shown(source);
        match action {
            Action::Ban(..) => warn!(
                event = "ban",
                by = "owner",
                route,
                address,
                "somebody is banned from a room"
            ),
            Action::Delete { forbid: true, .. } | Action::Clear { forbid: true, .. } => {
                warn!(
                    event = "takedown",
                    by = "owner",
                    route,
                    address,
                    "content is taken down in a room"
                );
            }
            _ => (),
        }
    }

    /// Notes that an operator took something out of a room.
    pub fn taken_down(&self, operator: &Operator) {
        warn!(
            event = "takedown",
            by = "operator",
            %operator,
            "content is taken down by an operator"
        );
    }

    /// An address that could not be read is none that fail2ban may ban.
    fn shown(&self, source: &Source) -> Option<String> {
        match self.address {
            LogAddress::Off => None,
            _ if !source.is_known() => Some("-".to_owned()),
            LogAddress::Hash => Some(format!("{:016x}", self.key.hash_one(source.ip()))),
            LogAddress::Full => Some(source.ip().to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_as_the_setting_says() {
        let shown = |how, ip: &str| Audit::new(how).shown(&Source::new(ip.parse().unwrap()));
        assert_eq!(shown(LogAddress::Off, "192.0.2.1"), None);
        assert_eq!(shown(LogAddress::Full, "2001:db8::1").as_deref(), Some("2001:db8::1"));
        let audit = Audit::new(LogAddress::Hash);
        let hash = |ip: &str| audit.shown(&Source::new(ip.parse().unwrap())).unwrap();
        assert_eq!(hash("192.0.2.1"), hash("192.0.2.1"));
        assert_ne!(hash("192.0.2.1"), hash("192.0.2.2"));
        assert!(hash("192.0.2.1").bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(
            Some(hash("192.0.2.1")),
            shown(LogAddress::Hash, "192.0.2.1"),
            "another start"
        );
    }

    #[test]
    fn an_address_that_could_not_be_read_is_a_dash() {
        let shown = |how| Audit::new(how).shown(&Source::UNKNOWN);
        assert_eq!(shown(LogAddress::Off), None);
        assert_eq!(shown(LogAddress::Hash).as_deref(), Some("-"));
        assert_eq!(shown(LogAddress::Full).as_deref(), Some("-"));
    }
}
