//! What each field of a GIF means: checked, counted, stored or dropped; each names what comes after it.

use super::*;

impl GifWalk {
    pub(super) fn signature(&mut self, field: [u8; LONGEST_FIELD], kept: &mut Vec<u8>) -> Result<State, GifError> {
        let (signature, _) = split(&field, 6);
        if !SIGNATURES.contains(&signature) {
            return Err(GifError::NotAGif);
        }
        self.keep(signature, kept);
        Ok(State::Screen)
    }

    pub(super) fn screen(&mut self, field: [u8; LONGEST_FIELD], kept: &mut Vec<u8>) -> Result<State, GifError> {
        let [width_low, width_high, height_low, height_high, packed, ..] = field;
        self.width = u16::from_le_bytes([width_low, width_high]);
        self.height = u16::from_le_bytes([height_low, height_high]);
        if self.width == 0 || self.height == 0 {
            return Err(GifError::ZeroSize { frame: 0 });
        }
        let (screen, _) = split(&field, 7);
        self.keep(screen, kept);
        let left = colour_table(packed);
        self.global_colours = left > 0;
        self.head.end = self.kept.saturating_add(left as u64);
        Ok(State::Colours { left, of_frame: false })
    }

    pub(super) fn block(&mut self, byte: u8, kept: &mut Vec<u8>) -> Result<State, GifError> {
        match byte {
            IMAGE => Ok(State::Descriptor),
            EXTENSION => Ok(State::Label),
            TRAILER if self.frames == 0 => Err(GifError::NoFrames),
            TRAILER => {
                self.keep(&[TRAILER], kept);
                Ok(State::End)
            }
            _ => Err(GifError::UnknownBlock { byte }),
        }
    }

    pub(super) fn label(&mut self, label: u8) -> State {
        match label {
            CONTROL => return State::Control,
            APPLICATION => return State::ApplicationSize,
            // Labels below 0x80 are pictures of their own, plain text among them: a control block before one is spent
            // on it and is not to reach the next frame.
            0x00..=0x7F => self.control = None,
            _ => {}
        }
        State::Dropped(SubBlocks::default())
    }

    pub(super) fn control(&mut self, field: [u8; LONGEST_FIELD]) -> Result<State, GifError> {
        let [CONTROL_SIZE, packed, delay_low, delay_high, transparent, 0, ..] = field else {
            return Err(GifError::BadControlBlock);
        };
        // The last one before a frame wins, as in browsers.
        self.control = Some([packed, delay_low, delay_high, transparent]);
        Ok(State::Block)
    }

    pub(super) fn descriptor(&mut self, field: [u8; LONGEST_FIELD], kept: &mut Vec<u8>) -> Result<State, GifError> {
        let [x0, x1, y0, y1, w0, w1, h0, h1, packed, ..] = field;
        let corner = [[x0, x1], [y0, y1]].map(u16::from_le_bytes);
        let size = [[w0, w1], [h0, h1]].map(u16::from_le_bytes);
        let colours = colour_table(packed);
        self.check_frame(corner, size, colours > 0)?;
        if self.frames == 0 {
            self.first_frame.start = self.kept;
        }
        self.frames += 1;
        if let Some(control) = self.control.take() {
            let [_, delay_low, delay_high, _] = control;
            let hundredths = u16::from_le_bytes([delay_low, delay_high]);
            self.duration = self.duration.saturating_add(u64::from(hundredths) * 10);
            self.keep(&[EXTENSION, CONTROL, CONTROL_SIZE], kept);
            self.keep(&control, kept);
            self.keep(&[0], kept);
        }
        let (descriptor, _) = split(&field, 9);
        self.keep(&[IMAGE], kept);
        self.keep(descriptor, kept);
        Ok(State::Colours {
            left: colours,
            of_frame: true,
        })
    }

    /// What is wrong with the frame comes before what is too much of it.
    fn check_frame(&mut self, corner: [u16; 2], size: [u16; 2], colours: bool) -> Result<(), GifError> {
        let ([left, top], [width, height]) = (corner.map(u32::from), size.map(u32::from));
        let canvas = (u32::from(self.width), u32::from(self.height));
        let frame = self.frames.saturating_add(1);
        if width == 0 || height == 0 {
            return Err(GifError::ZeroSize { frame });
        }
        if left + width > canvas.0 || top + height > canvas.1 {
            return Err(GifError::FrameOutsideCanvas { frame });
        }
        if !colours && !self.global_colours {
            return Err(GifError::NoColourTable { frame });
        }
        let GifLimits {
            side, frames, pixels, ..
        } = self.limits;
        if canvas.0.max(canvas.1) > side {
            return Err(GifError::TooLargeSide {
                limit: side,
                width: canvas.0,
                height: canvas.1,
            });
        }
        if self.frames >= frames {
            return Err(GifError::TooManyFrames { limit: frames });
        }
        self.pixels = self.pixels.saturating_add(u64::from(width) * u64::from(height));
        if self.pixels > pixels {
            return Err(GifError::TooManyPixels {
                limit: pixels,
                pixels_at_least: self.pixels,
            });
        }
        Ok(())
    }

    pub(super) fn code_size(&mut self, size: u8, kept: &mut Vec<u8>) -> Result<State, GifError> {
        // The specification begins at 2, but old encoders wrote 1 for two colours, and decoders read it. Over 8 every
        // code would be beyond any colour table.
        if !(1..=8).contains(&size) {
            return Err(GifError::BadLzwCodeSize {
                frame: self.frames,
                size,
            });
        }
        self.keep(&[size], kept);
        Ok(State::FrameData(SubBlocks::default()))
    }

    /// Stores the loop count in its shortest form; whatever else its block holds is dropped.
    pub(super) fn loop_count(&mut self, looper: [u8; LONGEST_FIELD], count: [u8; 3], kept: &mut Vec<u8>) -> State {
        if let [LOOP_ID, low, high] = count {
            self.looped = true;
            self.keep(&[EXTENSION, APPLICATION, APPLICATION_SIZE], kept);
            self.keep(&looper, kept);
            self.keep(&[LOOP_SIZE, LOOP_ID, low, high, 0], kept);
        }
        State::Dropped(SubBlocks::default())
    }
}

/// Bytes of the colour table that a packed field announces, 0 without one.
fn colour_table(packed: u8) -> usize {
    if packed & 0x80 == 0 {
        0
    } else {
        3 << ((packed & 0x07) + 1)
    }
}
