//! One GIF as bytes: checked block by block while it is uploaded, rid of what may tell on its maker, cut to a still.
//!
//! # Layout
//! - `walk`: [`GifWalk`], the push parser that sees every byte of an upload and says which are stored;
//! - `blocks`: the two things the walk reads, fields of a fixed size and runs of sub-blocks;
//! - `look`: what the first frame looks like, in 64 bits;
//! - `still`: the first frame of a stored file: [`check_first_frame`] and [`write_still`].
//!
//! The format is that of <https://www.w3.org/Graphics/GIF/spec-gif89a.txt>. The walk never decodes pixels, so its cost
//! and memory do not depend on what a file claims to hold; [`check_first_frame`] then asks a decoder for one frame.

mod blocks;
mod look;
mod still;
#[cfg(test)]
mod tests;
mod walk;

pub use self::{
    still::{StillRanges, check_first_frame, write_still},
    walk::GifWalk,
};
use crate::domain::gif::{DecodeFault, GifError, GifLimits};

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
