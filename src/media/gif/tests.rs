#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::io::Cursor;

use ::gif::DecodeOptions;
use proptest::prelude::*;

use super::*;

// The same builder serves the integration tests.
#[path = "../../../tests/support/fixtures.rs"]
mod fixtures;
use fixtures::*;

mod hostile;
mod looks;
mod walks;

/// The answer of a walk and what it kept, given the upload in chunks of these sizes, over and over.
fn walk_in(bytes: &[u8], sizes: &[usize], limits: GifLimits) -> (Result<GifFacts, GifError>, Vec<u8>) {
    let (mut walk, mut kept, mut rest) = (GifWalk::new(limits), Vec::new(), bytes);
    let mut sizes = sizes.iter().copied().cycle();
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(sizes.next().unwrap().min(rest.len()));
        if let Err(error) = walk.push(chunk, &mut kept) {
            assert_eq!(
                walk.push(b"more", &mut kept),
                Err(error),
                "a walk that failed stays failed"
            );
            assert_eq!(walk.finish(), Err(error));
            return (Err(error), kept);
        }
        rest = after;
    }
    (walk.finish(), kept)
}

fn walk(bytes: &[u8]) -> Result<(GifFacts, Vec<u8>), GifError> {
    let (facts, kept) = walk_in(bytes, &[usize::MAX], GifLimits::default());
    Ok((facts?, kept))
}

fn refused(bytes: &[u8]) -> GifError {
    walk(bytes).unwrap_err()
}

/// The GIF with its loop count, first frame and so on replaced by these blocks and one frame after them.
fn before_a_frame(blocks: &[u8]) -> Vec<u8> {
    by_hand(1, 1, &[blocks, &image(0, 0, 1, 1, &[0x44, 0x01])].concat())
}

/// Pixels of every frame as the decoder gives them.
fn pixels(bytes: &[u8]) -> Vec<(u16, u16, u16, u16, Vec<u8>)> {
    let mut decoder = DecodeOptions::new().read_info(bytes).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        frames.push((frame.left, frame.top, frame.width, frame.height, frame.buffer.to_vec()));
    }
    frames
}

fn still_of(facts: &GifFacts, stored: &[u8]) -> Vec<u8> {
    let mut still = Vec::new();
    write_still(&mut Cursor::new(stored), &facts.still, &mut still).unwrap();
    still
}
