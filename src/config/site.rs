//! The settings that make a site somebody's own: its name, links and rules.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use url::Url;

use super::parse::contact;
use crate::page::about::{self, About, LINKS, Link, NAME, RULES, RoomsBy};

/// Bytes of a secret, and of a file of them.
const SECRET: usize = 256;
const SECRETS: usize = 512 << 10;

/// Keys for making rooms.
const KEYS: usize = 1_000;

/// What the operator says of the site.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "The site")]
pub struct SiteSettings {
    /// Name of the site, of 1 to 40 characters: in titles, at the head of pages, on cards of links and on home screens
    #[arg(long, env = "GIFCHAT_NAME", default_value = NAME, value_name = "TEXT", value_parser = about::name)]
    pub name: String,

    /// A link in the foot of every page, such as Imprint=https://chat.example/imprint: https:, http:, mailto:, or a path of
    /// this site behind a label of 1 to 40 characters. At most 10; in the environment | stands between two
    #[arg(long, env = "GIFCHAT_LINK", value_delimiter = '|', value_name = "LABEL=URL")]
    pub link: Vec<Link>,

    /// File of the rules: plain text (UTF-8) of at most 65536 bytes, whose paragraphs blank lines divide. It is read at the
    /// start and shown at /rules; every page links there, and so does the form that makes a room
    #[arg(long, env = "GIFCHAT_RULES", value_name = "FILE")]
    pub rules: Option<PathBuf>,

    /// Whether open rooms are listed. If not, a room is found by its address or an invite alone: neither the page of rooms nor
    /// the list as JSON nor a socket says that there is one
    #[arg(long, env = "GIFCHAT_LIST", default_value = "on", value_name = "on|off")]
    pub list: Switch,

    /// File whose first line is a password that everybody gives before anything of the site is shown but this question, the
    /// rules and what pages are drawn with. Another password asks everybody again
    #[arg(long, env = "GIFCHAT_SITE_PASSWORD_FILE", value_name = "FILE")]
    pub site_password_file: Option<PathBuf>,

    /// Who makes rooms: anyone, the operator alone, or whoever has a key of --rooms-key-file
    #[arg(long, env = "GIFCHAT_ROOMS_BY", default_value = "anyone", value_name = "WHO")]
    pub rooms_by: RoomsBy,

    /// File of the keys for --rooms-by key: one a line, of at most 256 bytes, and at most 1000. A wrong one counts as a wrong
    /// password
    #[arg(long, env = "GIFCHAT_ROOMS_KEY_FILE", value_name = "FILE")]
    pub rooms_key_file: Option<PathBuf>,

    /// Whom to tell of a hole in the site, such as mailto:security@chat.example: shown in /.well-known/security.txt, which is
    /// not there without it
    #[arg(long, env = "GIFCHAT_SECURITY_CONTACT", value_name = "mailto:…|https:…", value_parser = contact)]
    pub security_contact: Option<Url>,
}

/// Whether something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

impl SiteSettings {
    /// What pages show of the site, which `takes_reports` or not; reads the rules.
    ///
    /// # Errors
    /// A sentence that names the setting: the rules can't be read or are no text, or there are too many links.
    pub fn about(&self, takes_reports: bool) -> Result<About, String> {
        if self.link.len() > LINKS {
            return Err(format!(
                "--link: there are {}, and at most {LINKS} fit",
                self.link.len()
            ));
        }
        let rules = match &self.rules {
            Some(path) => {
                let rules = read_text(path, RULES).and_then(|text| about::rules(&text));
                rules.map_err(|error| format!("--rules {}: {error}", path.display()))?
            }
            None => Vec::new(),
        };
        Ok(About {
            name: self.name.clone(),
            links: self.link.clone(),
            rules,
            listed: self.list == Switch::On,
            rooms_by: self.rooms_by,
            takes_reports,
        })
    }
}

impl SiteSettings {
    /// The password of the site, if it has one.
    ///
    /// # Errors
    /// A sentence that names the setting, and never what the file holds.
    pub fn password(&self) -> Result<Option<String>, String> {
        let Some(path) = &self.site_password_file else {
            return Ok(None);
        };
        let place = format!("--site-password-file {}", path.display());
        let text = read_text(path, SECRETS).map_err(|error| format!("{place}: {error}"))?;
        let password = text.lines().next().unwrap_or_default().trim();
        match password.len() {
            0 => Err(format!("{place}: its first line is empty; it has to be the password")),
            1..=SECRET => Ok(Some(password.to_owned())),
            _ => Err(format!("{place}: its first line has more than {SECRET} bytes")),
        }
    }
}

impl SiteSettings {
    /// The keys for making rooms, where that takes one.
    ///
    /// # Errors
    /// A sentence that names the setting, and never what the file holds.
    pub fn room_keys(&self) -> Result<Option<Vec<String>>, String> {
        let path = match (self.rooms_by, &self.rooms_key_file) {
            (RoomsBy::Key, Some(path)) => path,
            (RoomsBy::Key, None) => return Err("--rooms-by key: there is no --rooms-key-file".to_owned()),
            (_, None) => return Ok(None),
            // Somebody would believe that rooms take a key.
            (_, Some(_)) => return Err("--rooms-key-file: it counts for nothing without --rooms-by key".to_owned()),
        };
        let place = format!("--rooms-key-file {}", path.display());
        let text = read_text(path, SECRETS).map_err(|error| format!("{place}: {error}"))?;
        let keys = text.lines().map(str::trim).filter(|key| !key.is_empty());
        let keys: Vec<_> = keys.map(ToOwned::to_owned).collect();
        if keys.iter().any(|key| key.len() > SECRET) {
            return Err(format!("{place}: a key has more than {SECRET} bytes"));
        }
        match keys.len() {
            1..=KEYS => Ok(Some(keys)),
            0 => Err(format!("{place}: there is no key in it")),
            many => Err(format!(
                "{place}: there are {many} keys in it, and at most {KEYS} may be"
            )),
        }
    }
}

/// Reads a file of UTF-8 that has at most `most` bytes; no more of it is ever in memory.
pub(super) fn read_text(path: &Path, most: usize) -> Result<String, String> {
    let mut text = String::new();
    let bound = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let read = File::open(path).and_then(|file| file.take(bound).read_to_string(&mut text));
    match read {
        Ok(bytes) if bytes > most => Err(format!("it has more than {most} bytes")),
        Ok(_) => Ok(text),
        // It may also be cut within a character.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(format!("it is no UTF-8, or has more than {most} bytes"))
        }
        Err(error) => Err(error.to_string()),
    }
}
