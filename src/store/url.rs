//! Which store to use, as the settings name it.

use std::{fmt, path::PathBuf, str::FromStr, sync::Arc};

/// Which store to use: `sqlite:PATH`, `mongodb://…` or `mongodb+srv://…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreUrl {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A database of a MongoDB replica set.
    Mongo(MongoUrl),
}

/// The address of a MongoDB database. It may hold a password, so it shows itself without.
#[derive(Clone, PartialEq, Eq)]
pub struct MongoUrl(Arc<str>);

impl MongoUrl {
    /// The whole address, with the password.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MongoUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("mongodb", ""));
        // Options may hold secrets too, such as the password of a key file.
        let rest = rest.split('?').next().unwrap_or_default();
        match rest.rsplit_once('@') {
            Some((_, place)) => write!(f, "{scheme}://…@{place}"),
            None => write!(f, "{scheme}://{rest}"),
        }
    }
}

impl fmt::Debug for MongoUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for StoreUrl {
    type Err = String;

    /// A `mongodb` address is never refused here: what is wrong with it is for the driver to say.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("mongodb://") || text.starts_with("mongodb+srv://") {
            return Ok(Self::Mongo(MongoUrl(text.into())));
        }
        match text.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            _ => Err("it names no store; write sqlite:PATH or mongodb://HOST/DATABASE".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_database_is_shown_without_its_secrets() {
        let url: StoreUrl = "mongodb://ann:s3cret@a:1,b:2/gifchat?replicaSet=rs0&tlsCertificateKeyFilePassword=s3cret"
            .parse()
            .unwrap();
        assert_eq!(format!("{url:?}"), "Mongo(mongodb://…@a:1,b:2/gifchat)");
        let StoreUrl::Mongo(url) = url else { panic!() };
        assert_eq!(url.to_string(), "mongodb://…@a:1,b:2/gifchat");
        assert!(url.secret().contains("s3cret"));
    }

    #[test]
    fn what_names_no_store_is_refused() {
        for wrong in ["", "mysql:x", "sqlite:", "mongodb:x"] {
            assert!(wrong.parse::<StoreUrl>().is_err(), "{wrong}");
        }
    }
}
