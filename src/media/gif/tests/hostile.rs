//! What is refused, and how it is said.

use super::*;

/// A frame of one pixel, cut open where a test wants to.
const FRAME: &[u8] = b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";

#[test]
fn nothing_is_empty_and_other_formats_are_no_gif() {
    assert_eq!(refused(b""), GifError::Empty);
    for other in [&png()[..], b"GIF90a trailing", b"<html><script>", b"G!", b"JFIF"] {
        assert_eq!(refused(other), GifError::NotAGif);
    }
}

#[test]
fn a_page_that_calls_itself_a_gif_is_no_gif_whatever_size_it_would_have() {
    for page in [html_polyglot(), b"GIF89a<script>alert(1)</script>".to_vec()] {
        let error = refused(&page);
        assert!(matches!(error, GifError::UnknownBlock { .. }), "{error:?}");
        assert!(!error.is_limit());
    }
}

#[test]
fn a_gif_cut_at_any_byte_is_refused() {
    let gif = with_comment(&animated(9, 7, 2), "a comment");
    assert_eq!(refused(&cut_at(&gif, 0)), GifError::Empty);
    for at in 1..gif.len() {
        assert_eq!(refused(&cut_at(&gif, at)), GifError::Truncated, "cut at {at}");
    }
    walk(&gif).unwrap();
}

#[test]
fn anything_after_the_trailer_is_refused() {
    for trailing in [&b"\0"[..], b"\x3B", b"PK\x03\x04", b"<script>", &animated(2, 2, 1)] {
        assert_eq!(
            refused(&with_trailing(&animated(9, 7, 2), trailing)),
            GifError::TrailingBytes
        );
    }
}

#[test]
fn a_gif_without_frames_is_refused() {
    assert_eq!(refused(&by_hand(1, 1, b"")), GifError::NoFrames);
    assert_eq!(
        refused(&by_hand(1, 1, b"\x21\xF9\x04\0\0\0\0\0\x21\xFE\x02hi\0")),
        GifError::NoFrames
    );
}

#[test]
fn sizes_of_zero_are_refused() {
    for (width, height) in [(0, 1), (1, 0)] {
        assert_eq!(refused(&by_hand(width, height, FRAME)), GifError::ZeroSize { frame: 0 });
        let second = [FRAME, &image(0, 0, width, height, &[0x44, 0x01])].concat();
        assert_eq!(refused(&by_hand(1, 1, &second)), GifError::ZeroSize { frame: 2 });
    }
}

#[test]
fn frames_beyond_the_canvas_are_refused() {
    assert_eq!(
        refused(&frame_outside_canvas()),
        GifError::FrameOutsideCanvas { frame: 1 }
    );
    for (left, top, width, height) in [(0, 0, 5, 4), (0, 0, 4, 5), (0, 1, 4, 4), (u16::MAX, u16::MAX, 1, 1)] {
        let gif = by_hand(4, 4, &image(left, top, width, height, &[0x44, 0x01]));
        assert_eq!(refused(&gif), GifError::FrameOutsideCanvas { frame: 1 });
    }
    walk(&by_hand(4, 4, &image(3, 3, 1, 1, &[0x44, 0x01]))).unwrap();
}

#[test]
fn a_frame_without_any_colour_table_is_refused() {
    let gif = [b"GIF89a\x01\0\x01\0\0\0\0", FRAME, b"\x3B"].concat();
    assert_eq!(refused(&gif), GifError::NoColourTable { frame: 1 });
}

#[test]
fn a_frame_without_data_is_refused() {
    assert_eq!(
        refused(&by_hand(1, 1, &image(0, 0, 1, 1, &[]))),
        GifError::NoFrameData { frame: 1 }
    );
}

#[test]
fn code_sizes_other_than_one_to_eight_are_refused() {
    for size in 0..=255 {
        let mut frame = FRAME.to_vec();
        frame[10] = size;
        let answer = walk(&by_hand(1, 1, &frame)).map(|_| ());
        let wanted = if (1..=8).contains(&size) {
            Ok(())
        } else {
            Err(GifError::BadLzwCodeSize { frame: 1, size })
        };
        assert_eq!(answer, wanted);
    }
}

#[test]
fn control_blocks_of_another_size_are_refused() {
    for control in [
        &b"\x21\xF9\x03\0\0\0\0"[..],
        b"\x21\xF9\x05\0\0\0\0\0\0",
        b"\x21\xF9\x04\0\0\0\0\x01\0\0",
        b"\x21\xF9\0",
    ] {
        assert_eq!(refused(&before_a_frame(control)), GifError::BadControlBlock);
    }
}

#[test]
fn unknown_blocks_are_refused() {
    for byte in (0..=255).filter(|byte| ![0x21, 0x2C, 0x3B].contains(byte)) {
        assert_eq!(refused(&before_a_frame(&[byte])), GifError::UnknownBlock { byte });
    }
}

#[test]
fn a_first_frame_that_no_decoder_takes_is_undecodable() {
    let damaged = by_hand(9, 9, &image(0, 0, 9, 9, &[0x3C, 0xFF, 0xFF]));
    walk(&damaged).unwrap();
    let error = check_first_frame(damaged.as_slice(), &GifLimits::default()).unwrap_err();
    assert_eq!(error, GifError::Undecodable(DecodeFault::Damaged));
}

#[test]
fn a_stored_file_that_cannot_be_read_is_not_the_fault_of_the_gif() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::PermissionDenied.into())
        }
    }
    let error = check_first_frame(Broken, &GifLimits::default()).unwrap_err();
    assert_eq!(error, GifError::Unreadable(std::io::ErrorKind::PermissionDenied));
    assert!(error.is_unreadable() && !error.is_limit());
}

#[test]
fn thirty_four_bytes_of_65_535_pixels_a_side_are_too_large() {
    let bomb = huge_canvas();
    assert_eq!(bomb.len(), 34);
    let error = GifError::TooLargeSide {
        limit: 4096,
        width: 65_535,
        height: 65_535,
    };
    assert_eq!(refused(&bomb), error);
    assert_eq!(check_first_frame(bomb.as_slice(), &GifLimits::default()), Err(error));
    walk(&by_hand(4096, 4096, FRAME)).unwrap();
    assert!(refused(&by_hand(1, 4097, FRAME)).is_limit());
}

#[test]
fn a_small_file_of_960_megapixels_is_too_large() {
    let bomb = pixel_bomb();
    assert!(bomb.len() < 1_000_000, "{}", bomb.len());
    check_first_frame(bomb.as_slice(), &GifLimits::default()).unwrap();
    assert_eq!(
        refused(&bomb),
        GifError::TooManyPixels {
            limit: 300_000_000,
            pixels_at_least: 304_000_000
        }
    );
    let (facts, _) = walk_in(
        &bomb,
        &[8192],
        GifLimits {
            pixels: 960_000_000,
            ..GifLimits::default()
        },
    );
    assert_eq!(facts.unwrap().frames, 60);
}

#[test]
fn a_million_frames_are_too_many_and_a_thousand_are_not() {
    assert_eq!(refused(&million_frames()), GifError::TooManyFrames { limit: 1000 });
    assert_eq!(refused(&frames(1001)), GifError::TooManyFrames { limit: 1000 });
    assert_eq!(walk(&frames(1000)).unwrap().0.frames, 1000);
}

#[test]
fn one_byte_more_than_allowed_is_too_many_however_it_comes() {
    let gif = animated(9, 7, 2);
    let bytes = gif.len() as u64 - 1;
    for size in [1, 7, usize::MAX] {
        let (answer, _) = walk_in(
            &gif,
            &[size],
            GifLimits {
                bytes,
                ..GifLimits::default()
            },
        );
        assert_eq!(
            answer,
            Err(GifError::TooManyBytes {
                limit: bytes,
                size_at_least: bytes + 1
            })
        );
    }
    // Dropped bytes count: the limit is that of the upload.
    let padded = with_comment(&gif, &"x".repeat(1000));
    let (answer, _) = walk_in(
        &padded,
        &[64],
        GifLimits {
            bytes: gif.len() as u64,
            ..GifLimits::default()
        },
    );
    assert!(answer.unwrap_err().is_limit());
}

#[test]
fn every_error_has_a_key_of_its_own_and_a_sentence() {
    let frame = 2;
    let all = [
        GifError::Empty,
        GifError::NotAGif,
        GifError::Truncated,
        GifError::TrailingBytes,
        GifError::NoFrames,
        GifError::ZeroSize { frame },
        GifError::FrameOutsideCanvas { frame },
        GifError::NoColourTable { frame },
        GifError::NoFrameData { frame },
        GifError::BadLzwCodeSize { frame, size: 12 },
        GifError::BadControlBlock,
        GifError::UnknownBlock { byte: 0x0A },
        GifError::Undecodable(DecodeFault::Damaged),
        GifError::Unreadable(std::io::ErrorKind::NotFound),
        GifError::TooManyBytes {
            limit: 10 * 1024 * 1024,
            size_at_least: 10_485_761,
        },
        GifError::TooLargeSide {
            limit: 4096,
            width: 5000,
            height: 4,
        },
        GifError::TooManyFrames { limit: 1000 },
        GifError::TooManyPixels {
            limit: 300_000_000,
            pixels_at_least: 304_000_000,
        },
    ];
    let keys: std::collections::HashSet<_> = all.iter().map(GifError::key).collect();
    assert_eq!(keys.len(), all.len());
    assert_eq!(all.iter().filter(|error| error.is_limit()).count(), 4);
    for error in all {
        let sentence = error.to_string();
        assert!(sentence.ends_with('.'), "{sentence}");
    }
    assert_eq!(
        all[14].to_string(),
        "The GIF is too large: the limit is 10485760 bytes, and at least 10485761 came."
    );
}
