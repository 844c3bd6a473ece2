//! Everything that can be wrong with a file, each with a key for translation tables and a sentence in two languages.

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
    #[error("Frame {frame} of the GIF has no colour table.")]
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
    #[error("The GIF is too large: the limit is {}, and at least {size_at_least} bytes came.", size(*limit, " bytes"))]
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

    /// The name of the variant in translation tables.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotAGif => "not_a_gif",
            Self::Truncated => "truncated",
            Self::TrailingBytes => "trailing_bytes",
            Self::NoFrames => "no_frames",
            Self::ZeroSize { .. } => "zero_size",
            Self::FrameOutsideCanvas { .. } => "frame_outside_canvas",
            Self::NoColourTable { .. } => "no_colour_table",
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

    /// The sentence in Korean.
    pub fn korean(&self) -> String {
        match *self {
            Self::Empty => "빈 파일입니다.".into(),
            Self::NotAGif => "GIF 파일이 아닙니다.".into(),
            Self::Truncated => "GIF 파일이 중간에 잘렸습니다.".into(),
            Self::TrailingBytes => "GIF가 끝난 뒤에 다른 데이터가 붙어 있습니다.".into(),
            Self::NoFrames => "GIF에 그림이 없습니다.".into(),
            Self::ZeroSize { frame: 0 } => "GIF 캔버스의 가로 또는 세로가 0픽셀입니다.".into(),
            Self::ZeroSize { frame } => format!("GIF의 {frame}번째 프레임의 가로 또는 세로가 0픽셀입니다."),
            Self::FrameOutsideCanvas { frame } => format!("GIF의 {frame}번째 프레임이 캔버스를 벗어납니다."),
            Self::NoColourTable { frame } => format!("GIF의 {frame}번째 프레임에 색상표가 없습니다."),
            Self::NoFrameData { frame } => format!("GIF의 {frame}번째 프레임에 그림 데이터가 없습니다."),
            Self::BadLzwCodeSize { frame, size } => {
                format!("GIF의 {frame}번째 프레임의 코드 크기가 {size}비트입니다. 1~8비트여야 합니다.")
            }
            Self::BadControlBlock => "GIF의 그래픽 제어 블록이 4바이트가 아닙니다.".into(),
            Self::UnknownBlock { byte } => format!("GIF에 알 수 없는 종류의 블록(0x{byte:02X})이 있습니다."),
            Self::Undecodable(DecodeFault::TooShort) => "GIF 첫 프레임의 그림 데이터가 모자랍니다.".into(),
            Self::Undecodable(DecodeFault::Damaged) => "GIF 첫 프레임의 그림 데이터가 손상되었습니다.".into(),
            Self::TooManyBytes { limit, size_at_least } => {
                format!(
                    "GIF가 너무 큽니다. 최대 {}인데 {size_at_least}바이트 이상입니다.",
                    size(limit, "바이트")
                )
            }
            Self::TooLargeSide { limit, width, height } => {
                format!("GIF의 크기가 {width} × {height}픽셀입니다. 한 변은 최대 {limit}픽셀입니다.")
            }
            Self::TooManyFrames { limit } => format!("GIF의 프레임이 {limit}개를 넘습니다. 최대 {limit}개입니다."),
            Self::TooManyPixels { limit, pixels_at_least } => {
                format!("GIF의 모든 프레임을 합쳐 {pixels_at_least}픽셀 이상입니다. 최대 {limit}픽셀입니다.")
            }
            Self::Unreadable(_) => "저장된 GIF를 읽지 못했습니다.".into(),
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

/// Whole mebibytes where the number is one, as limits mostly are.
fn size(bytes: u64, unit: &str) -> String {
    const MIB: u64 = 1024 * 1024;
    if bytes >= MIB && bytes.is_multiple_of(MIB) {
        format!("{} MiB", bytes / MIB)
    } else {
        format!("{bytes}{unit}")
    }
}
