//! What the operator of a site says of it on every page: its name, links, and rules.

use std::str::FromStr;

use clap::ValueEnum;
use url::Url;

use crate::domain::{Limits, Title};

/// The name of a site whose operator gives it none.
pub const NAME: &str = "gifchat";

/// Characters of the name, and of the label of a link.
const LABEL: usize = 40;

/// Links at most: more would not fit beside each other.
pub const LINKS: usize = 10;

/// Bytes of the address of a link.
const ADDRESS: usize = 2_000;

/// Bytes of the rules.
pub const RULES: usize = 64 << 10;

/// What pages show of a site.
#[derive(Clone, Debug, Hash)]
pub struct About {
    /// Its name.
    pub name: String,
    /// Links in the foot of every page.
    pub links: Vec<Link>,
    /// The paragraphs of its rules; none where it has no rules.
    pub rules: Vec<String>,
    /// Whether everybody sees which rooms are open.
    pub listed: bool,
    /// Who makes rooms.
    pub rooms_by: RoomsBy,
    /// Whether operators can see what is reported to the site.
    pub takes_reports: bool,
}

/// Who makes rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub enum RoomsBy {
    /// Everybody.
    Anyone,
    /// The operator alone.
    Admin,
    /// Whoever has a key.
    Key,
}

/// A link, as `--link` gives it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Link {
    /// What it says.
    pub label: String,
    /// Where it leads: `https:`, `http:`, `mailto:`, or a path of this site.
    pub href: String,
}

impl About {
    /// Whether the name is the one that the brand is drawn for.
    pub(super) fn has_own_name(&self) -> bool {
        self.name != NAME
    }

    /// Whether there is anything to link to.
    pub(super) fn has_links(&self) -> bool {
        self.has_rules() || !self.links.is_empty()
    }

    /// Whether visitors make rooms here, with a key or without.
    pub(super) fn lets_make_rooms(&self) -> bool {
        self.rooms_by != RoomsBy::Admin
    }

    /// Whether it takes a key to make a room.
    pub(super) fn asks_for_key(&self) -> bool {
        self.rooms_by == RoomsBy::Key
    }

    pub(super) fn has_rules(&self) -> bool {
        !self.rules.is_empty()
    }
}

/// Reads the name of a site.
///
/// # Errors
/// A sentence that says what a name is.
pub fn name(text: &str) -> Result<String, String> {
    label(text).ok_or_else(|| format!("a name has 1 to {LABEL} characters, and one of them can be seen"))
}

/// The paragraphs of a text, which blank lines divide.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn rules(text: &str) -> Result<Vec<String>, String> {
    // Editors of some systems begin a file with a mark of its encoding.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err("it has control characters, so it is no plain text".to_owned());
    }
    let mut paragraphs = vec![String::new()];
    for line in text.lines().map(str::trim_end) {
        match paragraphs.last_mut() {
            Some(last) if !line.is_empty() => {
                if !last.is_empty() {
                    last.push('\n');
                }
                last.push_str(line);
            }
            _ => paragraphs.push(String::new()),
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    if paragraphs.is_empty() {
        return Err("it is empty".to_owned());
    }
    Ok(paragraphs)
}

impl Link {
    /// Whether it leads to another site.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.href.starts_with("http")
    }
}

impl FromStr for Link {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "it has to be written like Imprint=https://chat.example/imprint, with 1 to {LABEL} characters before the =, \
                 and behind it https:, http:, mailto:, or a path that begins with /"
            )
        };
        let (said, address) = text.split_once('=').ok_or_else(wrong)?;
        Ok(Self {
            label: label(said).ok_or_else(wrong)?,
            href: href(address.trim()).ok_or_else(wrong)?,
        })
    }
}

impl std::fmt::Display for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.label, self.href)
    }
}

/// A short text of one line, by the rules of titles.
fn label(text: &str) -> Option<String> {
    let limits = Limits {
        title: LABEL,
        ..Limits::default()
    };
    let title = Title::parse(text, &limits).ok()?;
    Some(title.as_str().to_owned())
}

/// An address as a browser reads it, if one may link to it.
fn href(text: &str) -> Option<String> {
    if text.len() > ADDRESS {
        return None;
    }
    if text.starts_with('/') {
        // A browser reads `//host` and `/\host` as another site.
        let here = Url::parse("http://here.invalid/").ok()?;
        let url = here.join(text).ok().filter(|url| url.origin() == here.origin())?;
        let path = url
            .as_str()
            .strip_prefix(here.origin().ascii_serialization().as_str())?;
        return Some(path.to_owned());
    }
    let url = Url::parse(text).ok()?;
    let named = match url.scheme() {
        "http" | "https" => url.has_host() && url.username().is_empty() && url.password().is_none(),
        "mailto" => url.path().contains('@'),
        _ => false,
    };
    named.then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_a_label_and_an_address() {
        for (text, label, href) in [
            (
                "Imprint=https://chat.example/a?b=c",
                "Imprint",
                "https://chat.example/a?b=c",
            ),
            (" 문의 = mailto:ann@chat.example ", "문의", "mailto:ann@chat.example"),
            ("Help=/rules", "Help", "/rules"),
            ("Home=http://chat.example", "Home", "http://chat.example/"),
        ] {
            let link: Link = text.parse().unwrap();
            assert_eq!((link.label.as_str(), link.href.as_str()), (label, href));
        }
        let long = format!("{}=/", "x".repeat(41));
        for wrong in [
            "",
            "Imprint",
            "=https://chat.example",
            "Imprint=",
            "Imprint=javascript:alert(1)",
            "Imprint=data:text/html,x",
            "Imprint=//other.example",
            "Imprint=/\\other.example",
            "Imprint=/\t/other.example",
            "Imprint=imprint.html",
            "Imprint=https://ann:secret@chat.example",
            "\u{200b}=/",
            long.as_str(),
        ] {
            assert!(wrong.parse::<Link>().is_err(), "{wrong}");
        }
        assert!("Here".repeat(10).parse::<Link>().is_err());
    }

    #[test]
    fn a_name_has_1_to_40_characters() {
        assert_eq!(name(" Katzen & Co "), Ok("Katzen & Co".to_owned()));
        assert_eq!(name(&"움".repeat(40)), Ok("움".repeat(40)));
        for wrong in ["", " ", "a\nb", "\u{200b}", &"x".repeat(41)] {
            assert!(name(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn blank_lines_divide_rules_and_everything_is_text() {
        let text = "\u{feff}Be kind.\r\n\r\n  \n1. <b>No</b> spam\n2. No links  \n\n";
        assert_eq!(rules(text).unwrap(), ["Be kind.", "1. <b>No</b> spam\n2. No links"]);
        assert!(rules(" \n\n").is_err());
        assert!(rules("a\0b").is_err());
    }
}
