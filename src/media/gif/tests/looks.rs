//! What pictures look like.

use super::*;
use crate::domain::Look;

const GREY: [u16; 3] = [255, 255, 255];

fn seen(gif: &[u8]) -> Option<Look> {
    check_first_frame(gif, &GifLimits::default()).unwrap()
}

fn look(gif: &[u8]) -> Look {
    seen(gif).unwrap()
}

/// A picture of 90 by 64 pixels in 256 shades of grey.
fn grey(shade: impl Fn(usize, usize) -> u8) -> Vec<u8> {
    let palette: Vec<u8> = (0..=255).flat_map(|level| [level; 3]).collect();
    let mut bytes = Vec::new();
    let mut encoder = ::gif::Encoder::new(&mut bytes, 90, 64, &palette).unwrap();
    let buffer: Vec<_> = (0..64)
        .flat_map(|y| (0..90).map(move |x| (x, y)))
        .map(|(x, y)| shade(x, y))
        .collect();
    encoder
        .write_frame(&::gif::Frame::from_indexed_pixels(90, 64, buffer, None))
        .unwrap();
    drop(encoder);
    bytes
}

/// One random byte (splitmix64).
fn random(seed: &mut u64) -> u8 {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*seed ^ (*seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed >> 56) as u8
}

/// A shade with noise of that many steps to either side.
fn noise(seed: u64, by: u8, shade: u8) -> Vec<u8> {
    let mut seed = seed;
    let pixels: Vec<u8> = std::iter::repeat_with(|| random(&mut seed) % (2 * by + 1))
        .take(90 * 64)
        .collect();
    grey(|x, y| shade.saturating_sub(by).saturating_add(pixels[y * 90 + x]))
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
fn a_small_picture_has_a_look_if_it_has_columns() {
    let striped = |width, height| seen(&picture(width, height, GREY, |x, _| (x * 9.0).floor() % 2.0));
    for (width, height) in [(9, 8), (200, 3), (27, 1), (9, 200)] {
        assert!(striped(width, height).is_some(), "{width} by {height}");
    }
    // So few columns have too few neighbours that differ.
    for (width, height) in [(1, 1), (3, 200)] {
        assert_eq!(striped(width, height), None, "{width} by {height}");
    }
}

#[test]
fn a_pixel_beyond_the_colour_table_is_as_clear_as_one_that_is_transparent() {
    let waves = waves(0.2);
    let dark = |index: u8| {
        let mut bytes = Vec::new();
        // Two colours, of which the second is used where the waves are dark.
        let mut encoder = ::gif::Encoder::new(&mut bytes, 90, 64, &[90, 90, 90, 0, 0, 0]).unwrap();
        let place = |at: u16, of: f64| f64::from(at) / of;
        let buffer: Vec<_> = (0..64)
            .flat_map(|y| (0..90).map(move |x| (place(x, 90.0), place(y, 64.0))))
            .map(|(x, y)| if waves(x, y) > 0.5 { index } else { 0 })
            .collect();
        let frame = ::gif::Frame {
            width: 90,
            height: 64,
            transparent: Some(1),
            buffer: buffer.into(),
            ..Default::default()
        };
        encoder.write_frame(&frame).unwrap();
        drop(encoder);
        bytes
    };
    assert_eq!(look(&dark(7)), look(&dark(1)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn plain_frames_and_gradients_have_no_look(seed: u64, level in 16_u8..240, right in 0_u8..3, down in 0_u8..2, back: bool) {
        prop_assert_eq!(seen(&noise(seed, 16, level)), None, "plain, and dithered");
        let gradient = grey(|x, y| (if back { 89 - x as u8 } else { x as u8 }) * right + y as u8 * down);
        prop_assert_eq!(seen(&gradient), None, "a gradient");
    }

    #[test]
    fn frames_of_noise_are_no_near_copies(first: u64, second: u64) {
        prop_assume!(first != second);
        let coarse = |seed| {
            let mut seed = seed;
            let cells: Vec<u8> = std::iter::repeat_with(|| random(&mut seed)).take(18 * 16).collect();
            look(&grey(|x, y| cells[y / 4 * 18 + x / 5]))
        };
        prop_assert!(coarse(first).distance(coarse(second)) > Look::NEAR);
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
