//! One GIF as bytes: checked block by block while it is uploaded, rid of what may tell on its maker, cut to a still.
//!
//! # Layout
//! - `walk`: [`GifWalk`], the push parser that sees every byte of an upload and says which are stored;
//! - `blocks`: the two things the walk reads, fields of a fixed size and runs of sub-blocks;
//! - `still`: the first frame of a stored file: [`check_first_frame`] and [`write_still`];
//! - `error`: [`GifError`], everything that can be wrong with a file, in English and Korean.
//!
//! The format is that of <https://www.w3.org/Graphics/GIF/spec-gif89a.txt>. The walk never decodes pixels, so its cost
//! and memory do not depend on what a file claims to hold; [`check_first_frame`] then asks a decoder for one frame.

mod blocks;
mod error;
mod still;
#[cfg(test)]
mod tests;
mod walk;

pub use error::{DecodeFault, GifError};
pub use still::{StillRanges, check_first_frame, write_still};
pub use walk::GifWalk;

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

/// What the walk found out about a file that passed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GifFacts {
    /// Pixels of the canvas from left to right.
    pub width: u16,
    /// Pixels of the canvas from top to bottom.
    pub height: u16,
    /// Frames of the file, 1 or more.
    pub frames: u32,
    /// Milliseconds of one round, the sum of the delays of all frames as they are written (browsers stretch delays
    /// under 20 ms).
    pub duration: u64,
    /// Bytes as stored, after privacy blocks were dropped.
    pub bytes: u64,
    /// Where the still lies in the stored file.
    pub still: StillRanges,
}
