//! The bounds of what visitors may write, each a setting.

use super::gif::GifLimits;

/// What a visitor's input is held against. Characters are Unicode scalar values.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Characters of a room's title.
    pub title: usize,
    /// Seats a room may have.
    pub max: u32,
    /// Bytes of a password.
    pub password: usize,
    /// Characters of a message.
    pub chat: usize,
    /// Characters of a GIF's alternative text.
    pub alt: usize,
    /// Characters of why a message is reported.
    pub reason: usize,
    /// Bounds of one GIF.
    pub gif: GifLimits,
    /// Bytes of one websocket message.
    pub event: usize,
    /// Bytes of a form or JSON body.
    pub body: usize,
}

impl Limits {
    /// Bytes that a form may have beside its GIF: the other fields and the lines between them.
    pub const AROUND_GIF: u64 = 64 << 10;

    /// The most bytes that a form with a GIF may have.
    pub const fn gif_form(&self) -> u64 {
        self.gif.bytes.saturating_add(Self::AROUND_GIF)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            title: 60,
            max: 200,
            password: 128,
            chat: 1_000,
            alt: 200,
            reason: 200,
            gif: GifLimits::default(),
            event: 16 << 10,
            body: 64 << 10,
        }
    }
}
