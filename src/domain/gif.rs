//! What a GIF may be, and what can be wrong with one.

mod error;

pub use error::{DecodeFault, GifError};

/// Bounds of one GIF; each a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GifLimits {
    /// Bytes of the upload, before anything is dropped.
    pub bytes: u64,
    /// Pixels of the wider side of the canvas.
    pub side: u32,
    /// Frames of the file.
    pub frames: u32,
    /// Pixels of all frames together: what a browser has to decode to play the file once.
    pub pixels: u64,
}

impl Default for GifLimits {
    fn default() -> Self {
        Self {
            bytes: 10 * 1024 * 1024,
            side: 4096,
            frames: 1000,
            pixels: 300_000_000,
        }
    }
}
