//! What messages and whispers say.

use mongodb::bson::Binary;
use serde::{Deserialize, Serialize};

use super::{Damaged, binary, number, signed, text};
use crate::domain::{Alt, Chat, GifBody, GifHash, Said};

/// The GIF of a message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GifDoc {
    pub name: String,
    pub width: i64,
    pub height: i64,
    pub frames: i64,
    pub duration: i64,
    pub bytes: i64,
    pub alt: String,
    /// Hash of the file; unknown of those of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Binary>,
}

fn read_hash(hash: &Binary) -> Option<GifHash> {
    hash.bytes.as_slice().try_into().ok().map(GifHash::from_bytes)
}

/// What a document says by its fields.
pub fn said(chat: Option<&str>, gif: Option<&GifDoc>) -> Result<Said, Damaged> {
    match (chat, gif) {
        (Some(chat), None) => Ok(Said::Chat(Chat::from_store(chat))),
        (chat, Some(gif)) => Ok(Said::Gif(GifBody {
            caption: chat.map(Chat::from_store),
            ..gif.body()?
        })),
        (None, None) => Err(Damaged("chat")),
    }
}

impl GifDoc {
    pub fn of(gif: &GifBody) -> Self {
        Self {
            name: gif.name.to_string(),
            width: gif.width.into(),
            height: gif.height.into(),
            frames: gif.frames.into(),
            duration: signed(gif.duration),
            bytes: signed(gif.bytes),
            alt: gif.alt.as_str().to_owned(),
            hash: gif.hash.map(|hash| binary(hash.to_bytes())),
        }
    }

    pub fn body(&self) -> Result<GifBody, Damaged> {
        Ok(GifBody {
            name: text(&self.name, "gif.name")?,
            width: number(self.width, "gif.width")?,
            height: number(self.height, "gif.height")?,
            frames: number(self.frames, "gif.frames")?,
            duration: number(self.duration, "gif.duration")?,
            bytes: number(self.bytes, "gif.bytes")?,
            alt: Alt::from_store(&self.alt),
            caption: None,
            hash: self.hash.as_ref().and_then(read_hash),
        })
    }
}
