//! Reads the files that settings name, and checks whether the settings fit together, before anything is opened or bound.

use crate::{
    config::{Config, Token},
    page::about::{About, RoomsBy},
    service::{
        rooms::Makers,
        secrets::{Door, Secrets},
    },
    store::{MongoUrl, StoreUrl},
    telemetry,
};

/// What files say that settings name.
pub struct Startup {
    /// What pages show of the site.
    pub about: About,
    /// Who makes rooms.
    pub makers: Makers,
    /// The question for the password of the site.
    pub door: Option<Door>,
    /// The tokens of operators; none where none is asked for.
    pub tokens: Option<Vec<Token>>,
}

/// Checks whether a server would start with these settings, as far as that can be said without opening the store.
///
/// # Errors
/// A sentence that names the setting.
pub fn check(config: &Config) -> Result<(), String> {
    telemetry::check(&config.log)?;
    Startup::read(config).map(drop)
}

impl Startup {
    /// Reads the files.
    ///
    /// # Errors
    /// A sentence that names the setting: a file can't be read or holds what it should not, or settings do not fit together.
    pub fn read(config: &Config) -> Result<Self, String> {
        fits_uploads(config)?;
        if let StoreUrl::Mongo(url) = &config.store {
            fits_mongo(url, config)?;
        }
        let tokens = config.operators.tokens()?;
        let about = config.site.about(config.operators.admin.is_some())?;
        let makers = makers(config)?;
        let door = config.site.password()?;
        let door = door.map(|password| Door::new(&password)).transpose();
        let door = door.map_err(|error| format!("--site-password-file: {error}"))?;
        Ok(Self {
            about,
            makers,
            door,
            tokens,
        })
    }
}

/// Refuses a limit of bytes that lets no GIF of the greatest size pass: who sends one would be told to come back, for ever.
fn fits_uploads(config: &Config) -> Result<(), String> {
    let (form, gif) = (config.limits().gif_form(), config.gif_limit);
    for (flag, rate) in [
        ("--limit-upload-bytes", config.budgets.limit_upload_bytes),
        (
            "--limit-upload-bytes-visitor",
            config.budgets.limit_upload_bytes_visitor,
        ),
    ] {
        if let Some(burst) = rate.burst()
            && u64::from(burst) < form
        {
            return Err(format!(
                "{flag}: at most {burst} bytes pass at once, and a GIF of --gif-limit {gif} takes {form} with its form"
            ));
        }
    }
    Ok(())
}

/// Refuses settings that a document of MongoDB, or the folder of the copies, can't hold.
#[cfg(feature = "mongodb")]
fn fits_mongo(_: &MongoUrl, config: &Config) -> Result<(), String> {
    use crate::store::mongo::{LARGEST, SEATS};

    let Config {
        gif_limit: gif,
        cache_bytes: cache,
        room_max: seats,
        ..
    } = config;
    if *gif > LARGEST {
        Err(format!(
            "--gif-limit {gif}: MongoDB holds GIFs of at most {LARGEST} bytes"
        ))
    } else if *cache < gif.saturating_mul(4) {
        Err(format!(
            "--cache-bytes {cache}: this is less than four GIFs of --gif-limit {gif}"
        ))
    } else if *seats > SEATS {
        Err(format!(
            "--room-max {seats}: a room on MongoDB has at most {SEATS} seats"
        ))
    } else {
        Ok(())
    }
}

#[cfg(not(feature = "mongodb"))]
fn fits_mongo(url: &MongoUrl, _: &Config) -> Result<(), String> {
    Err(format!("--store: {}", without_mongodb(url)))
}

/// Says that MongoDB can't be used.
#[cfg(not(feature = "mongodb"))]
pub fn without_mongodb(url: &MongoUrl) -> String {
    format!("{url} can't be used: this gifchat is built without the feature mongodb")
}

/// Who makes rooms; reads the keys.
fn makers(config: &Config) -> Result<Makers, String> {
    Ok(match (config.site.rooms_by, config.site.room_keys()?) {
        (_, Some(keys)) => Makers::WithKey(Secrets::new(keys.iter().map(String::as_str))),
        (RoomsBy::Anyone, None) => Makers::Anyone,
        (RoomsBy::Admin | RoomsBy::Key, None) => Makers::Nobody,
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn refused(flags: &[&str]) -> Option<String> {
        check(&Config::parse_from([&["gifchat"], flags].concat())).err()
    }

    #[test]
    fn a_limit_of_bytes_lets_the_largest_gif_pass() {
        assert_eq!(refused(&[]), None);
        for flag in ["--limit-upload-bytes", "--limit-upload-bytes-visitor"] {
            let rate = |bytes: u32| format!("{bytes}/1h");
            assert_eq!(refused(&["--gif-limit", "100000", flag, &rate(165_536)]), None);
            let said = refused(&["--gif-limit", "100000", flag, &rate(165_535)]).unwrap();
            assert!(
                said.starts_with(&format!("{flag}: ")) && said.contains("--gif-limit 100000"),
                "{said}"
            );
        }
        let off = ["--limit-upload-bytes", "off", "--limit-upload-bytes-visitor", "off"];
        assert_eq!(refused(&[&["--gif-limit", "4294967296"], &off[..]].concat()), None);
    }

    #[cfg(feature = "mongodb")]
    #[test]
    fn settings_that_do_not_fit_mongodb_are_refused_by_a_sentence_that_names_them() {
        let store = ["--store", "mongodb://127.0.0.1:1/gifchat"];
        assert_eq!(refused(&store), None);
        for (flag, value) in [
            ("--gif-limit", "15728641"),
            ("--cache-bytes", "41943039"),
            ("--room-max", "10001"),
        ] {
            assert_eq!(refused(&[flag, value]), None, "SQLite");
            let said = refused(&[&store[..], &[flag, value]].concat()).unwrap();
            assert!(said.starts_with(&format!("{flag} {value}")), "{said}");
        }
    }
}
