//! What pictures look like.

use super::*;
use crate::domain::Look;

const GREY: [u16; 3] = [255, 255, 255];

fn look(gif: &[u8]) -> Look {
    check_first_frame(gif, &GifLimits::default()).unwrap()
}

#[test]
fn another_size_another_colour_and_a_little_stain_make_near_copies() {
    let (waves, original) = (waves(0.2), look(&picture(90, 64, GREY, waves(0.2))));
    let stained = |x: f64, y: f64| if x > 0.9 && y > 0.9 { 1.0 } else { waves(x, y) };
    for (what, copy) in [
        ("larger", picture(301, 213, GREY, &waves)),
        ("smaller", picture(45, 32, GREY, &waves)),
        ("of another colour", picture(90, 64, [240, 120, 60], &waves)),
        ("darker", picture(90, 64, GREY, |x, y| waves(x, y) * 0.6)),
        ("stained", picture(90, 64, GREY, stained)),
    ] {
        let distance = look(&copy).distance(original);
        assert!(distance <= Look::NEAR, "{what}: {distance}");
    }
}

#[test]
fn another_picture_is_no_near_copy() {
    let original = look(&picture(90, 64, GREY, waves(0.2)));
    for (what, other) in [
        ("other waves", picture(90, 64, GREY, waves(0.7))),
        ("upside down", picture(90, 64, GREY, |x, y| waves(0.2)(x, 1.0 - y))),
        ("mirrored", picture(90, 64, GREY, |x, y| waves(0.2)(1.0 - x, y))),
        ("noise", sized(20_000)),
    ] {
        let distance = look(&other).distance(original);
        assert!(distance > Look::NEAR, "{what}: {distance}");
    }
}

#[test]
fn the_smallest_pictures_have_a_look_too() {
    for (width, height) in [(1, 1), (3, 200), (200, 3), (9, 8), (8, 9)] {
        let falling = look(&picture(width, height, GREY, |x, _| 1.0 - x));
        let rising = look(&picture(width, height, GREY, |x, _| x));
        assert_eq!(rising.bits(), 0, "{width} by {height}");
        assert_eq!(falling.bits() != 0, width > 1, "{width} by {height}");
    }
}

#[test]
fn an_interlaced_frame_looks_like_one_that_is_not() {
    let (width, height) = (40, 37);
    let bytes = picture(width, height, GREY, waves(0.2));
    let mut decoder = DecodeOptions::new().read_info(bytes.as_slice()).unwrap();
    let palette = decoder.global_palette().unwrap().to_vec();
    let frame = decoder.read_next_frame().unwrap().unwrap().clone();
    let rows: Vec<_> = frame.buffer.chunks(usize::from(width)).collect();
    let passes = [(0, 8), (4, 8), (2, 4), (1, 2)].map(|(first, step)| rows.iter().skip(first).step_by(step));
    let mut interlaced = Vec::new();
    let mut encoder = ::gif::Encoder::new(&mut interlaced, width, height, &palette).unwrap();
    let frame = ::gif::Frame {
        interlaced: true,
        buffer: passes.into_iter().flatten().copied().flatten().copied().collect(),
        ..frame
    };
    encoder.write_frame(&frame).unwrap();
    drop(encoder);
    assert_ne!(interlaced, bytes);
    assert_eq!(look(&interlaced), look(&bytes));
}
