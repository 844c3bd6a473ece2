//! Bytes of real and of hostile GIFs for tests; needs the `gif` crate.
#![allow(dead_code, reason = "every test binary uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a fixture that cannot be built is a failed test"
)]

use ::gif::{Encoder, Frame, Repeat};

/// Bytes of header and logical screen descriptor.
const SCREEN_END: usize = 13;

/// A bar that moves over a ground, 100 ms a frame, looping for ever.
pub fn animated(width: u16, height: u16, frames: u16) -> Vec<u8> {
    let pictures = (0..frames).map(|frame| {
        let bar = usize::from(frame * 3 % width);
        (0..usize::from(width) * usize::from(height))
            .map(|at| u8::from(at % usize::from(width) == bar))
            .collect()
    });
    encode(width, height, &[0x20, 0x40, 0x80, 0xFF, 0xE0, 0x60], pictures)
}

/// A picture in 16 shades of a colour: `shade` says how bright it is, from 0 to 1, at a place between 0 and 1 each way.
pub fn picture(width: u16, height: u16, colour: [u16; 3], shade: impl Fn(f64, f64) -> f64) -> Vec<u8> {
    let palette: Vec<u8> = (0..16)
        .flat_map(|step| colour.map(|part| (part * step / 15) as u8))
        .collect();
    let place = |at: u16, of: u16| (f64::from(at) + 0.5) / f64::from(of);
    let row = |y: u16| {
        let shade = &shade;
        (0..width).map(move |x| (shade(place(x, width), place(y, height)) * 15.0).clamp(0.0, 15.0) as u8)
    };
    encode(
        width,
        height,
        &palette,
        [(0..height).flat_map(row).collect()].into_iter(),
    )
}

/// Waves, as a shade of [`picture`]: with other `from` they are another picture.
pub fn waves(from: f64) -> impl Fn(f64, f64) -> f64 {
    move |x, y| 0.5 + 0.5 * ((x - from).hypot(y - 0.3) * 14.0).sin()
}

/// A GIF of at least that many bytes and at most 30 KB more: frames of noise that no encoder can shorten. 10 MiB take
/// about 500 frames.
pub fn sized(bytes_at_least: usize) -> Vec<u8> {
    const SIDE: u16 = 128;
    let palette: Vec<u8> = (0..=255_u8)
        .flat_map(|index| [index, index.wrapping_mul(7), 255 - index])
        .collect();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, SIDE, SIDE, &palette).unwrap();
    let mut seed = 0x2545_F491_4F6C_DD1D;
    while encoder.get_ref().len() < bytes_at_least {
        let noise: Vec<u8> = (0..usize::from(SIDE) * usize::from(SIDE))
            .map(|_| noise(&mut seed))
            .collect();
        let frame = Frame {
            delay: 10,
            width: SIDE,
            height: SIDE,
            buffer: noise.into(),
            ..Frame::default()
        };
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    bytes
}

/// A byte of xorshift, the same on every run.
fn noise(seed: &mut u64) -> u8 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    (*seed >> 32) as u8
}

fn encode(width: u16, height: u16, palette: &[u8], pictures: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height, palette).unwrap();
    encoder.set_repeat(Repeat::Infinite).unwrap();
    for buffer in pictures {
        encoder
            .write_frame(&Frame {
                delay: 10,
                width,
                height,
                buffer: buffer.into(),
                ..Frame::default()
            })
            .unwrap();
    }
    drop(encoder);
    bytes
}

/// The GIF with a comment before its first block.
pub fn with_comment(gif: &[u8], comment: &str) -> Vec<u8> {
    with_block(
        gif,
        &[&[0x21, 0xFE], sub_blocks(comment.as_bytes()).as_slice()].concat(),
    )
}

/// The GIF with an XMP packet before its first block, with the ramp of bytes that ends one.
pub fn with_xmp(gif: &[u8], xmp: &str) -> Vec<u8> {
    let ramp: Vec<u8> = [1].into_iter().chain((0..=255).rev()).chain([0]).collect();
    with_block(gif, &[b"\x21\xFF\x0BXMP DataXMP", xmp.as_bytes(), &ramp].concat())
}

/// The GIF with the bytes of a block put before its first one.
pub fn with_block(gif: &[u8], block: &[u8]) -> Vec<u8> {
    let packed = gif[SCREEN_END - 3];
    let colours = if packed & 0x80 == 0 { 0 } else { 3 << ((packed & 7) + 1) };
    let (head, rest) = gif.split_at(SCREEN_END + colours);
    [head, block, rest].concat()
}

/// The bytes as sub-blocks, with the length 0 at their end.
pub fn sub_blocks(bytes: &[u8]) -> Vec<u8> {
    let mut blocks: Vec<u8> = bytes
        .chunks(255)
        .flat_map(|part| [&[part.len() as u8], part].concat())
        .collect();
    blocks.push(0);
    blocks
}

/// The GIF with other bytes after its trailer.
pub fn with_trailing(gif: &[u8], trailing: &[u8]) -> Vec<u8> {
    [gif, trailing].concat()
}

/// The first bytes of the GIF.
pub fn cut_at(gif: &[u8], at: usize) -> Vec<u8> {
    gif[..at].to_vec()
}

/// 34 bytes that make a decoder without a limit take 4.2 GB: one frame of 65,535 × 65,535 pixels.
pub fn huge_canvas() -> Vec<u8> {
    by_hand(u16::MAX, u16::MAX, &image(0, 0, u16::MAX, u16::MAX, &[0x04]))
}

/// A file of that many frames of one pixel each, 14 bytes a frame.
pub fn frames(count: usize) -> Vec<u8> {
    by_hand(1, 1, &image(0, 0, 1, 1, &[0x44, 0x01]).repeat(count))
}

/// A million frames in 15 MB; cut it at 10 MiB and there are still 699,000.
pub fn million_frames() -> Vec<u8> {
    frames(1_000_000)
}

/// A frame of 4 × 4 pixels that begins 1 pixel from the right edge of a canvas of 4 × 4.
pub fn frame_outside_canvas() -> Vec<u8> {
    by_hand(4, 4, &image(3, 0, 4, 4, &[0x44, 0x01]))
}

/// 960 Mpx in well under 1 MB: 60 blank frames of 4,000 × 4,000 pixels, every one of which decodes.
pub fn pixel_bomb() -> Vec<u8> {
    const SIDE: u16 = 4000;
    let one = encode(
        SIDE,
        SIDE,
        &[0; 6],
        [vec![0; usize::from(SIDE) * usize::from(SIDE)]].into_iter(),
    );
    // Encoding one frame is slow enough in a debug build; the other 59 are copies of it.
    let frame = one.windows(3).position(|window| window == [0x21, 0xF9, 0x04]).unwrap();
    let (head, frame) = one[..one.len() - 1].split_at(frame);
    [head, &frame.repeat(60), &[0x3B]].concat()
}

/// A PNG of one pixel.
pub fn png() -> Vec<u8> {
    b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1F\x15\xC4\x89\
      \0\0\0\x0DIDATx\x9Cc\xF8\xCF\xC0\xF0\x1F\0\x05\0\x01\xFF\x89\x99=\x1D\0\0\0\0IEND\xAEB`\x82"
        .to_vec()
}

/// A page that calls itself a GIF, and that a browser which sniffs may run.
pub fn html_polyglot() -> Vec<u8> {
    b"GIF89a/*<script>alert(document.domain)</script>*/=1;".to_vec()
}

/// A GIF of two colours around blocks that are written by hand.
pub fn by_hand(width: u16, height: u16, blocks: &[u8]) -> Vec<u8> {
    let [width, height] = [width, height].map(u16::to_le_bytes);
    [
        b"GIF89a",
        &width[..],
        &height,
        b"\x80\0\0\0\0\0\xFF\xFF\xFF",
        blocks,
        b"\x3B",
    ]
    .concat()
}

/// A frame that takes the colours of the file; `data` are its codes of 2 bits and more.
pub fn image(left: u16, top: u16, width: u16, height: u16, data: &[u8]) -> Vec<u8> {
    let place = [left, top, width, height].map(u16::to_le_bytes).concat();
    [&[0x2C], place.as_slice(), &[0, 2], &sub_blocks(data)].concat()
}
