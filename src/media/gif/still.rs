//! The first frame of a stored file: whether a decoder accepts it, and a GIF of only it.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::num::NonZeroU64;
use std::ops::Range;

use ::gif::{DecodeOptions, Decoder, DecodingError, MemoryLimit};

use super::{DecodeFault, GifError, GifLimits, look::Looking};
use crate::domain::Look;

/// Ends every GIF.
pub(super) const TRAILER: u8 = 0x3B;

/// Bytes the check decodes at a time: it needs the pixels to see that they can be had, and for what they look like.
const STRIP: usize = 64 * 1024;

/// Byte ranges in the stored file whose concatenation, and a trailer, is a one-frame GIF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StillRanges {
    /// Header, logical screen descriptor and global colour table.
    pub head: Range<u64>,
    /// Graphic control block (if any), descriptor, local colour table and data of the first frame.
    pub frame: Range<u64>,
}

/// Decodes only the first frame of the stored file, strip by strip, so that a frame of any size takes the memory of a
/// small one; what it looks like, unless it is too plain for that. Blocks on reading and computing.
///
/// # Errors
/// [`GifError::Undecodable`], [`GifError::TooLargeSide`] when the file has not passed the walk of the same limits, and
/// [`GifError::Unreadable`] when reading fails.
pub fn check_first_frame(stored: impl Read, limits: &GifLimits) -> Result<Option<Look>, GifError> {
    let mut options = DecodeOptions::new();
    // Nothing here needs more than a strip; a decoder that wants to is on the wrong track.
    options.set_memory_limit(NonZeroU64::new(STRIP as u64).map_or(MemoryLimit::Unlimited, MemoryLimit::Bytes));
    options.check_frame_consistency(true);
    let mut decoder = options.read_info(stored).map_err(refusal)?;
    let (width, height) = (u32::from(decoder.width()), u32::from(decoder.height()));
    if width.max(height) > limits.side {
        return Err(GifError::TooLargeSide {
            limit: limits.side,
            width,
            height,
        });
    }
    let frame = decoder.next_frame_info().map_err(refusal)?.ok_or(GifError::NoFrames)?;
    let pixels = u64::from(frame.width) * u64::from(frame.height);
    let frame = frame.clone();
    let mut looking = Looking::new(&frame, decoder.global_palette());
    decode(&mut decoder, pixels, &mut looking)?;
    Ok(looking.look())
}

fn decode(decoder: &mut Decoder<impl Read>, mut pixels: u64, looking: &mut Looking) -> Result<(), GifError> {
    let mut strip = vec![0; STRIP];
    while pixels > 0 {
        // One byte a pixel: the decoder gives indices into the colour table.
        strip.truncate(usize::try_from(pixels).unwrap_or(STRIP));
        if !decoder.fill_buffer(&mut strip).map_err(refusal)? {
            return Err(GifError::Undecodable(DecodeFault::TooShort));
        }
        looking.see(&strip);
        pixels = pixels.saturating_sub(strip.len() as u64);
    }
    Ok(())
}

/// A file that cannot be read, or a machine out of memory, is no word on the GIF.
fn refusal(error: DecodingError) -> GifError {
    match error {
        DecodingError::Io(error) => GifError::Unreadable(error.kind()),
        DecodingError::OutOfMemory => GifError::Unreadable(io::ErrorKind::OutOfMemory),
        DecodingError::UnexpectedEof | DecodingError::EndCodeNotFound => GifError::Undecodable(DecodeFault::TooShort),
        _ => GifError::Undecodable(DecodeFault::Damaged),
    }
}

/// Writes the still: copies the ranges of the stored file and ends with the trailer (no re-encoding, bounded memory).
///
/// # Errors
/// Those of `stored` and `out`; [`io::ErrorKind::UnexpectedEof`] when the file is shorter than the ranges say.
pub fn write_still(stored: &mut (impl Read + Seek), ranges: &StillRanges, out: &mut impl Write) -> io::Result<()> {
    for range in [&ranges.head, &ranges.frame] {
        let length = range.end.saturating_sub(range.start);
        stored.seek(SeekFrom::Start(range.start))?;
        if io::copy(&mut stored.by_ref().take(length), out)? < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    out.write_all(&[TRAILER])
}
