//! The push parser: sees every byte of an upload once, keeps none of them, and says which are stored.

mod fields;

use std::ops::Range;

use super::blocks::{Field, LONGEST_FIELD, SubBlocks, split};
use super::still::TRAILER;
use super::{GifError, GifFacts, GifLimits, StillRanges};

const SIGNATURES: [&[u8]; 2] = [b"GIF87a", b"GIF89a"];
const IMAGE: u8 = 0x2C;
const EXTENSION: u8 = 0x21;
const CONTROL: u8 = 0xF9;
const APPLICATION: u8 = 0xFF;
const CONTROL_SIZE: u8 = 4;
const APPLICATION_SIZE: u8 = 11;
/// The loop count as every browser reads it: a sub-block of 3 bytes, the first of them 1.
const LOOP_SIZE: u8 = 3;
const LOOP_ID: u8 = 1;
/// Applications that share the one block worth storing.
const LOOPERS: [&[u8; LONGEST_FIELD]; 2] = [b"NETSCAPE2.0", b"ANIMEXTS1.0"];

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug)]
enum State {
    Signature,
    Screen,
    Colours { left: usize, of_frame: bool },
    Block,
    Label,
    Control,
    Descriptor,
    CodeSize,
    FrameData(SubBlocks),
    ApplicationSize,
    ApplicationName,
    LoopSize { looper: [u8; LONGEST_FIELD] },
    Loop { looper: [u8; LONGEST_FIELD] },
    Dropped(SubBlocks),
    End,
    Failed(GifError),
}

/// Checks an upload as it comes, in chunks of any size, and tells the bytes to store from those to drop.
///
/// Dropped are comments, plain text, and all application blocks but the first loop count: they may name the maker, the
/// tool or the place, and no browser shows them. The canvas is measured only when the first frame begins: bytes that
/// are no GIF at all are called so, whatever size they would make.
#[derive(Clone, Debug)]
pub struct GifWalk {
    limits: GifLimits,
    state: State,
    field: Field,
    read: u64,
    kept: u64,
    width: u16,
    height: u16,
    global_colours: bool,
    looped: bool,
    /// The graphic control block that waits for its frame; what it stands before decides whether it is stored.
    control: Option<[u8; CONTROL_SIZE as usize]>,
    frames: u32,
    pixels: u64,
    duration: u64,
    head: Range<u64>,
    first_frame: Range<u64>,
}

impl GifWalk {
    /// A walk before its first byte.
    pub fn new(limits: GifLimits) -> Self {
        Self {
            limits,
            state: State::Signature,
            field: Field::default(),
            read: 0,
            kept: 0,
            width: 0,
            height: 0,
            global_colours: false,
            looped: false,
            control: None,
            frames: 0,
            pixels: 0,
            duration: 0,
            head: 0..0,
            first_frame: 0..0,
        }
    }

    /// Checks the next bytes of the upload and appends those that are kept to `kept`.
    ///
    /// # Errors
    /// The first thing that is wrong, wherever the chunks were cut; the walk then gives the same answer for ever, and
    /// what was kept so far is of no use.
    pub fn push(&mut self, chunk: &[u8], kept: &mut Vec<u8>) -> Result<(), GifError> {
        let allowed = self.limits.bytes.saturating_sub(self.read);
        let (mut rest, beyond) = split(chunk, usize::try_from(allowed).unwrap_or(usize::MAX));
        self.read = self.read.saturating_add(rest.len() as u64);
        while !rest.is_empty() {
            rest = self
                .step(rest, kept)
                .inspect_err(|error| self.state = State::Failed(*error))?;
        }
        match self.state {
            State::Failed(error) => Err(error),
            _ if beyond.is_empty() => Ok(()),
            _ => {
                let limit = self.limits.bytes;
                // Not the length of this chunk: the answer is not to depend on how the upload was cut.
                let error = GifError::TooManyBytes {
                    limit,
                    size_at_least: limit.saturating_add(1),
                };
                self.state = State::Failed(error);
                Err(error)
            }
        }
    }

    /// Ends the upload: the facts, when the last byte was the trailer of a GIF.
    ///
    /// # Errors
    /// The error of the walk, or what is missing at the end of the file.
    pub fn finish(self) -> Result<GifFacts, GifError> {
        match self.state {
            State::End => Ok(GifFacts {
                width: self.width,
                height: self.height,
                frames: self.frames,
                duration: self.duration,
                bytes: self.kept,
                still: StillRanges {
                    head: self.head,
                    frame: self.first_frame,
                },
            }),
            State::Failed(error) => Err(error),
            State::Signature if self.field.so_far().is_empty() => Err(GifError::Empty),
            State::Signature
                if !SIGNATURES
                    .iter()
                    .any(|signature| signature.starts_with(self.field.so_far())) =>
            {
                Err(GifError::NotAGif)
            }
            _ => Err(GifError::Truncated),
        }
    }

    /// Reads one field, or one part of a run; the rest of the chunk.
    fn step<'a>(&mut self, chunk: &'a [u8], kept: &mut Vec<u8>) -> Result<&'a [u8], GifError> {
        let need = match self.state {
            State::Block | State::Label | State::CodeSize | State::ApplicationSize | State::LoopSize { .. } => 1,
            State::Signature => 6,
            State::Screen => 7,
            State::Control => 6,
            State::Descriptor => 9,
            State::ApplicationName => LONGEST_FIELD,
            State::Loop { .. } => 3,
            State::Colours { left, of_frame } => return Ok(self.colours(chunk, left, of_frame, kept)),
            State::FrameData(blocks) => return self.frame_data(chunk, blocks, kept),
            State::Dropped(blocks) => return Ok(self.dropped(chunk, blocks)),
            State::End => return Err(GifError::TrailingBytes),
            State::Failed(error) => return Err(error),
        };
        let (rest, field) = self.field.fill(chunk, need);
        if let Some(field) = field {
            self.state = self.field(field, kept)?;
        }
        Ok(rest)
    }

    /// Reads a whole field; what comes after it.
    fn field(&mut self, field: [u8; LONGEST_FIELD], kept: &mut Vec<u8>) -> Result<State, GifError> {
        let [first, second, third, ..] = field;
        match self.state {
            State::Signature => self.signature(field, kept),
            State::Screen => self.screen(field, kept),
            State::Block => self.block(first, kept),
            State::Label => Ok(self.label(first)),
            State::Control => self.control(field),
            State::Descriptor => self.descriptor(field, kept),
            State::CodeSize => self.code_size(first, kept),
            State::ApplicationSize if first == APPLICATION_SIZE => Ok(State::ApplicationName),
            State::ApplicationSize => Ok(drop_from(first)),
            State::ApplicationName if !self.looped && LOOPERS.contains(&&field) => {
                Ok(State::LoopSize { looper: field })
            }
            State::ApplicationName => Ok(State::Dropped(SubBlocks::default())),
            State::LoopSize { looper } if first == LOOP_SIZE => Ok(State::Loop { looper }),
            State::LoopSize { .. } => Ok(drop_from(first)),
            State::Loop { looper } => Ok(self.loop_count(looper, [first, second, third], kept)),
            // These read no fields.
            state @ (State::Colours { .. }
            | State::FrameData(_)
            | State::Dropped(_)
            | State::End
            | State::Failed(_)) => Ok(state),
        }
    }

    fn keep(&mut self, bytes: &[u8], kept: &mut Vec<u8>) {
        self.kept = self.kept.saturating_add(bytes.len() as u64);
        kept.extend_from_slice(bytes);
    }

    fn colours<'a>(&mut self, chunk: &'a [u8], left: usize, of_frame: bool, kept: &mut Vec<u8>) -> &'a [u8] {
        let (colours, rest) = split(chunk, left);
        self.keep(colours, kept);
        self.state = match left - colours.len() {
            0 if of_frame => State::CodeSize,
            0 => State::Block,
            left => State::Colours { left, of_frame },
        };
        rest
    }

    fn frame_data<'a>(
        &mut self,
        chunk: &'a [u8],
        mut blocks: SubBlocks,
        kept: &mut Vec<u8>,
    ) -> Result<&'a [u8], GifError> {
        let (run, rest, ended) = blocks.take(chunk);
        if ended && !blocks.seen() {
            return Err(GifError::NoFrameData { frame: self.frames });
        }
        self.keep(run, kept);
        if ended && self.frames == 1 {
            self.first_frame.end = self.kept;
        }
        self.state = if ended { State::Block } else { State::FrameData(blocks) };
        Ok(rest)
    }

    fn dropped<'a>(&mut self, chunk: &'a [u8], mut blocks: SubBlocks) -> &'a [u8] {
        let (_, rest, ended) = blocks.take(chunk);
        self.state = if ended { State::Block } else { State::Dropped(blocks) };
        rest
    }
}

/// Drops an extension whose first length byte has been read.
fn drop_from(length: u8) -> State {
    if length == 0 {
        State::Block
    } else {
        State::Dropped(SubBlocks::after_length(length))
    }
}
