//! A GIF as messages and whispers carry it: its file by name, its facts, its words.

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use std::{fmt, str::FromStr, sync::Arc};

use serde::{Serialize, Serializer};

use super::{
    Chat, Field, Invalid, Limits,
    id::{NotAnId, parse_hex},
    room::check_text,
};

/// The name of a stored GIF: 128 random bits and `.gif`, never what the sender called it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GifName(u128);

impl GifName {
    /// A new one.
    pub fn random() -> Self {
        Self(rand::random())
    }
}

impl fmt::Display for GifName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}.gif", self.0)
    }
}

impl FromStr for GifName {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_hex(text.strip_suffix(".gif").ok_or(NotAnId)?, 32).map(Self)
    }
}

/// The SHA-256 of a stored GIF: the same bytes have the same hash in every room.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct GifHash([u8; 32]);

impl GifHash {
    /// From the bytes of the hash.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of the hash.
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Display for GifHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for GifHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for GifHash {
    type Err = NotAnId;

    /// Reads 64 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| NotAnId)?;
        bytes.try_into().map(Self).map_err(|_| NotAnId)
    }
}

/// The hashes of a list, unread: words, or lines as `sha256sum` writes them, whose names of files are left out. What stands
/// behind a `#` at the beginning of a line is a comment.
pub fn hashes_in(list: &str) -> Vec<&str> {
    let lines = list.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let without_name = |line| match str::split_once(line, ' ') {
        Some((hash, name)) if name.starts_with([' ', '*']) => hash,
        _ => line,
    };
    lines.flat_map(|line| without_name(line).split_whitespace()).collect()
}

/// A GIF as a message carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GifBody {
    /// The file.
    pub name: GifName,
    /// Width of the canvas in pixels.
    pub width: u16,
    /// Height of the canvas in pixels.
    pub height: u16,
    /// Number of frames.
    pub frames: u32,
    /// All frame delays together, in milliseconds.
    pub duration: u64,
    /// Size of the stored file in bytes.
    pub bytes: u64,
    /// What it shows, in words.
    pub alt: Alt,
    /// What its sender says with it.
    pub caption: Option<Chat>,
    /// The hash of the stored file; not known of files that an older gifchat took in.
    pub hash: Option<GifHash>,
}

impl Serialize for GifBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Wire<'a> {
            gif: String,
            width: u16,
            height: u16,
            frames: u32,
            duration: u64,
            bytes: u64,
            alt: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            chat: Option<&'a str>,
        }
        Wire {
            gif: self.name.to_string(),
            width: self.width,
            height: self.height,
            frames: self.frames,
            duration: self.duration,
            bytes: self.bytes,
            alt: self.alt.as_str(),
            chat: self.caption.as_ref().map(Chat::as_str),
        }
        .serialize(serializer)
    }
}

/// What is said with a GIF.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GifWords {
    /// What it shows.
    pub alt: Alt,
    /// What its sender says with it.
    pub caption: Option<Chat>,
}

/// What a GIF shows, in words; may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alt(Arc<str>);

impl Alt {
    /// Trims `raw` and checks it.
    ///
    /// # Errors
    /// Too long, with control characters, or nothing to see in it.
    pub fn parse(raw: &str, limits: &Limits) -> Result<Self, Invalid> {
        let text = raw.trim();
        if !text.is_empty() {
            check_text(text, Field::Alt, limits.alt, |_| false)?;
        }
        Ok(Self(text.into()))
    }

    /// A text that a store kept.
    pub fn from_store(text: &str) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_hashes_has_words_comments_and_what_sha256sum_writes() {
        for (list, hashes) in [
            ("aa\nbb\r\n\n  cc ", vec!["aa", "bb", "cc"]),
            ("aa bb", vec!["aa", "bb"]),
            ("# of last week\naa  bad one.gif\nbb *other.gif", vec!["aa", "bb"]),
            ("", vec![]),
        ] {
            assert_eq!(hashes_in(list), hashes, "{list:?}");
        }
    }

    #[test]
    fn a_gif_name_has_one_spelling_and_no_path() {
        let name = GifName::random();
        assert_eq!(name.to_string().parse(), Ok(name));
        for wrong in [
            "../x.gif",
            "a.gif",
            "0123456789abcdef0123456789abcdef",
            "0123456789ABCDEF0123456789abcdef.gif",
        ] {
            assert!(wrong.parse::<GifName>().is_err(), "{wrong}");
        }
    }
}
