//! Everything that can be wrong with a file, each with a key and a sentence for the log. Pages have words of their own.

use std::io;

/// Why a file is refused. Limits are answered with `too_large`, an unreadable file is ours, the rest is `not_a_gif`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(
    missing_docs,
    reason = "each variant's line tells of its fields; frames count from 1, sizes are bytes"
)]
pub enum GifError {
    /// Not one byte came.
    #[error("The file is empty.")]
    Empty,
    /// The first six bytes are neither `GIF87a` nor `GIF89a`.
    #[error("The file does not begin like a GIF.")]
    NotAGif,
    /// The file ends before its trailer.
    #[error("The GIF is cut off before its end.")]
    Truncated,
    /// Something follows the trailer, as in a file that is two formats at once.
    #[error("The file goes on after the end of the GIF.")]
    TrailingBytes,
    /// The trailer comes before any frame.
    #[error("The GIF has no picture in it.")]
    NoFrames,
    /// The canvas (frame 0) or a frame (from 1 on) is 0 pixels wide or high.
    #[error("{} is 0 pixels wide or high.", part(*frame))]
    ZeroSize { frame: u32 },
    /// A frame reaches beyond the canvas.
    #[error("Frame {frame} of the GIF reaches beyond its canvas.")]
    FrameOutsideCanvas { frame: u32 },
    /// A frame has no colour table of its own, and the file has none for all.
    #[error("Frame {frame} of the GIF has no color table.")]
    NoColourTable { frame: u32 },
    /// A frame has no image data.
    #[error("Frame {frame} of the GIF has no image data.")]
    NoFrameData { frame: u32 },
    /// The code size of a frame's image data is not 1..=8 bits.
    #[error("Frame {frame} of the GIF begins with a code size of {size} bits instead of 1 to 8.")]
    BadLzwCodeSize { frame: u32, size: u8 },
    /// A graphic control block does not hold exactly 4 bytes.
    #[error("A graphic control block of the GIF does not hold exactly 4 bytes.")]
    BadControlBlock,
    /// A byte that begins no known block stands where a block begins.
    #[error("The GIF holds a block of an unknown kind (0x{byte:02X}).")]
    UnknownBlock { byte: u8 },
    /// A decoder refused the first frame.
    #[error("The first frame of the GIF cannot be decoded: {0}.")]
    Undecodable(DecodeFault),
    /// The upload is longer than allowed. `size_at_least` is what had come when it was refused.
    #[error("The GIF is too large: the limit is {limit} bytes, and at least {size_at_least} came.")]
    TooManyBytes { limit: u64, size_at_least: u64 },
    /// The canvas is wider or higher than allowed.
    #[error("The GIF is {width} × {height} pixels; the limit is {limit} pixels a side.")]
    TooLargeSide { limit: u32, width: u32, height: u32 },
    /// The file holds more frames than allowed.
    #[error("The GIF has more than the {limit} frames allowed.")]
    TooManyFrames { limit: u32 },
    /// All frames together hold more pixels than allowed. `pixels_at_least` counts up to the frame that was too much.
    #[error("The frames of the GIF hold at least {pixels_at_least} pixels together; the limit is {limit}.")]
    TooManyPixels { limit: u64, pixels_at_least: u64 },
    /// The stored file could not be read: not the fault of the file.
    #[error("The stored GIF could not be read: {0}.")]
    Unreadable(io::ErrorKind),
}

/// What a decoder did not like about the first frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeFault {
    /// The image data ends before the frame is full.
    #[error("its image data is too short")]
    TooShort,
    /// The image data holds a code that cannot be there.
    #[error("its image data is damaged")]
    Damaged,
}

impl GifError {
    /// Whether a limit was passed (`too_large`, 413).
    pub fn is_limit(&self) -> bool {
        use GifError::*;
        matches!(
            self,
            TooManyBytes { .. } | TooLargeSide { .. } | TooManyFrames { .. } | TooManyPixels { .. }
        )
    }

    /// Whether reading the stored file failed, which is our fault and no word on the GIF (`unavailable`, 503).
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable(_))
    }

    /// The name of the variant in the log.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotAGif => "not_a_gif",
            Self::Truncated => "truncated",
            Self::TrailingBytes => "trailing_bytes",
            Self::NoFrames => "no_frames",
            Self::ZeroSize { .. } => "zero_size",
            Self::FrameOutsideCanvas { .. } => "frame_outside_canvas",
            Self::NoColourTable { .. } => "no_color_table",
            Self::NoFrameData { .. } => "no_frame_data",
            Self::BadLzwCodeSize { .. } => "bad_lzw_code_size",
            Self::BadControlBlock => "bad_control_block",
            Self::UnknownBlock { .. } => "unknown_block",
            Self::Undecodable(_) => "undecodable",
            Self::TooManyBytes { .. } => "too_many_bytes",
            Self::TooLargeSide { .. } => "too_large_side",
            Self::TooManyFrames { .. } => "too_many_frames",
            Self::TooManyPixels { .. } => "too_many_pixels",
            Self::Unreadable(_) => "unreadable",
        }
    }
}

fn part(frame: u32) -> String {
    if frame == 0 {
        "The canvas of the GIF".into()
    } else {
        format!("Frame {frame} of the GIF")
    }
}
