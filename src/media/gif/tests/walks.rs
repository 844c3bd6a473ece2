//! What is accepted, what is stored of it, and the still.

use super::*;

#[test]
fn a_moving_gif_is_stored_as_it_came_and_its_facts_are_told() {
    let gif = animated(40, 30, 5);
    let (facts, kept) = walk(&gif).unwrap();
    assert_eq!(kept, gif);
    assert_eq!((facts.width, facts.height, facts.frames), (40, 30, 5));
    assert_eq!((facts.duration, facts.bytes), (500, gif.len() as u64));
    check_first_frame(kept.as_slice(), &GifLimits::default()).unwrap();
}

#[test]
fn the_still_is_one_frame_with_the_pixels_of_the_first() {
    let gif = with_comment(&with_xmp(&animated(40, 30, 5), "<x:xmpmeta/>"), "made at home");
    let (facts, kept) = walk(&gif).unwrap();
    let still = still_of(&facts, &kept);
    assert_eq!(pixels(&still), pixels(&gif)[..1]);
    let (of_still, kept) = walk(&still).unwrap();
    assert_eq!(
        (of_still.frames, of_still.width, of_still.height, kept),
        (1, 40, 30, still)
    );
}

#[test]
fn a_still_of_a_file_that_lost_its_end_is_an_error() {
    let gif = animated(40, 30, 5);
    let (facts, _) = walk(&gif).unwrap();
    let cut = cut_at(&gif, facts.still.frame.end as usize - 1);
    let error = write_still(&mut Cursor::new(cut), &facts.still, &mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
}

#[test]
fn comments_xmp_plain_text_and_unknown_extensions_are_dropped() {
    let gif = animated(8, 8, 2);
    let long = "where I live ".repeat(100);
    let plain = [
        b"\x21\x01\x0C\0\0\0\0\x08\0\x08\0\x08\x08\0\x01".as_slice(),
        &sub_blocks(b"secret"),
    ]
    .concat();
    for dirty in [
        with_comment(&gif, "secret"),
        with_comment(&gif, &long),
        with_comment(&gif, ""),
        with_xmp(&gif, "<x:xmpmeta>secret</x:xmpmeta>"),
        with_block(&gif, &plain),
        with_block(&gif, b"\x21\xFF\x0BICCRGBG1012\x06secret\0"),
        with_block(&gif, b"\x21\xFF\x06secret\0"),
        with_block(&gif, b"\x21\xFF\0"),
        with_block(&gif, b"\x21\xCE\x06secret\0"),
    ] {
        assert_ne!(dirty, gif);
        assert_eq!(walk(&dirty).unwrap().1, gif);
    }
}

#[test]
fn the_loop_count_is_stored_once_and_in_its_shortest_form() {
    let netscape = b"\x21\xFF\x0BNETSCAPE2.0\x03\x01\x05\0\0";
    let animexts = b"\x21\xFF\x0BANIMEXTS1.0\x03\x01\x05\0\0";
    let long = b"\x21\xFF\x0BNETSCAPE2.0\x03\x01\x05\0\x05\x02\x01\x02\x03\x04\0";
    assert_eq!(walk(&before_a_frame(netscape)).unwrap().1, before_a_frame(netscape));
    assert_eq!(walk(&before_a_frame(animexts)).unwrap().1, before_a_frame(animexts));
    assert_eq!(walk(&before_a_frame(long)).unwrap().1, before_a_frame(netscape));
    assert_eq!(
        walk(&before_a_frame(&[&netscape[..], animexts].concat())).unwrap().1,
        before_a_frame(netscape)
    );
}

#[test]
fn a_loop_block_in_another_form_is_dropped() {
    for other in [
        &b"\x03\x02\x05\0\0"[..],
        b"\x04\x01\x05\0\0\0",
        b"\x02\x01\x05\0",
        b"\0",
    ] {
        let gif = before_a_frame(&[b"\x21\xFF\x0BNETSCAPE2.0", other].concat());
        assert_eq!(walk(&gif).unwrap().1, before_a_frame(&[]));
    }
}

#[test]
fn the_last_control_block_before_a_frame_wins_and_stands_right_before_it() {
    let (first, last) = (b"\x21\xF9\x04\0\x07\0\0\0", b"\x21\xF9\x04\x05\x2C\x01\x02\0");
    let (facts, kept) = walk(&before_a_frame(&[&first[..], last, b"\x21\xFE\x02hi\0"].concat())).unwrap();
    assert_eq!(kept, before_a_frame(last));
    assert_eq!(facts.duration, 3000);
    assert_eq!(facts.still.frame.start, facts.still.head.end);
}

#[test]
fn a_control_block_of_dropped_plain_text_or_of_nothing_is_dropped_with_it() {
    let control = b"\x21\xF9\x04\0\x07\0\0\0";
    let plain = b"\x21\x01\x0C\0\0\0\0\x01\0\x01\0\x08\x08\0\x01\x02hi\0";
    let (facts, kept) = walk(&before_a_frame(&[&control[..], plain].concat())).unwrap();
    assert_eq!((kept, facts.duration), (before_a_frame(&[]), 0));

    let at_the_end = by_hand(1, 1, &[&image(0, 0, 1, 1, &[0x44, 0x01])[..], control].concat());
    assert_eq!(walk(&at_the_end).unwrap().1, before_a_frame(&[]));
}

#[test]
fn a_frame_may_bring_its_own_colours_and_begin_with_a_code_size_of_one() {
    let frame = b"\x2C\0\0\0\0\x01\0\x01\0\x80\0\0\0\xFF\xFF\xFF\x01\x01\x32\0\x3B";
    let gif = [&b"GIF87a\x01\0\x01\0\0\0\0"[..], frame].concat();
    let (facts, kept) = walk(&gif).unwrap();
    assert_eq!(kept, gif);
    assert_eq!(still_of(&facts, &kept), gif);
    check_first_frame(kept.as_slice(), &GifLimits::default()).unwrap();
}

#[test]
fn a_first_frame_larger_than_a_strip_is_decoded_to_its_end() {
    let gif = animated(700, 300, 1);
    let limits = GifLimits::default();
    check_first_frame(gif.as_slice(), &limits).unwrap();
    let (facts, kept) = walk(&gif).unwrap();
    let cut = kept.len() - 40;
    // The run of sub-blocks ends early, but the walk sees nothing wrong: only a decoder can tell.
    let short = [
        &kept[..facts.still.frame.start as usize],
        &image(0, 0, 700, 300, &[0x44, 0x01]),
        b"\x3B",
    ]
    .concat();
    walk(&short).unwrap();
    assert_eq!(
        check_first_frame(short.as_slice(), &limits),
        Err(GifError::Undecodable(DecodeFault::TooShort))
    );
    assert_eq!(
        check_first_frame(&kept[..cut], &limits),
        Err(GifError::Undecodable(DecodeFault::TooShort))
    );
}

#[test]
fn a_large_gif_passes_up_to_the_last_byte_allowed() {
    let gif = sized(1_000_000);
    assert!((1_000_000..1_030_000).contains(&gif.len()));
    let limits = GifLimits {
        bytes: gif.len() as u64,
        ..GifLimits::default()
    };
    let (facts, kept) = walk_in(&gif, &[8192], limits);
    assert_eq!((facts.unwrap().bytes, kept), (gif.len() as u64, gif));
}

/// What uploads look like: real, dirty, broken and random ones.
fn upload() -> impl Strategy<Value = Vec<u8>> {
    let real = (1..12_u16, 1..12_u16, 1..4_u16).prop_map(|(width, height, frames)| animated(width, height, frames));
    let dirty = real.prop_flat_map(|gif| {
        let comment = with_comment(&gif, &"a secret ".repeat(40));
        let xmp = with_xmp(&comment, "<x:xmpmeta>secret</x:xmpmeta>");
        let text = with_block(
            &gif,
            b"\x21\xF9\x04\0\x07\0\0\0\x21\x01\x0C\0\0\0\0\x01\0\x01\0\x08\x08\0\x01\x02hi\0",
        );
        prop_oneof![Just(gif), Just(comment), Just(xmp), Just(text)]
    });
    let broken = (
        dirty.clone(),
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    );
    let broken = broken.prop_map(|(mut gif, changes)| {
        for (at, byte) in changes {
            let at = at.index(gif.len());
            gif[at] = byte;
        }
        gif
    });
    let blocks = prop::collection::vec(block(), 0..8).prop_map(|blocks| by_hand(9, 9, &blocks.concat()));
    let random = prop::collection::vec(any::<u8>(), 0..300);
    let headed = random
        .clone()
        .prop_map(|bytes| [b"GIF89a\x09\0\x09\0\0\0\0", bytes.as_slice()].concat());
    prop_oneof![2 => dirty, 3 => broken, 3 => blocks, 1 => random, 1 => headed]
}

fn block() -> impl Strategy<Value = Vec<u8>> {
    let data = prop::collection::vec(any::<u8>(), 0..600);
    let frame = (0..3_u16, 0..3_u16, 0..8_u16, 0..8_u16, data.clone());
    prop_oneof![
        4 => frame.prop_map(|(left, top, width, height, data)| image(left, top, width, height, &data)),
        2 => any::<[u8; 4]>().prop_map(|[a, b, c, d]| vec![0x21, 0xF9, 4, a, b, c, d, 0]),
        1 => any::<[u8; 2]>().prop_map(|count| [b"\x21\xFF\x0BNETSCAPE2.0\x03\x01", &count[..], b"\0"].concat()),
        1 => (any::<u8>(), data.clone()).prop_map(|(label, data)| [vec![0x21, label], sub_blocks(&data)].concat()),
        1 => data.prop_map(|data| [b"\x21\xFF\x0BANIMEXTS1.0", &sub_blocks(&data)[..]].concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_chunking_gives_the_same_answer_and_the_same_bytes(
        upload in upload(),
        sizes in prop::collection::vec(0..60_usize, 1..6),
        bytes in prop_oneof![Just(u64::MAX), 0..400_u64],
    ) {
        prop_assume!(sizes.iter().any(|size| *size > 0));
        let limits = GifLimits { bytes, frames: 3, pixels: 300, ..GifLimits::default() };
        let whole = walk_in(&upload, &[usize::MAX], limits);
        prop_assert_eq!(&walk_in(&upload, &[1], limits), &whole);
        prop_assert_eq!(&walk_in(&upload, &sizes, limits), &whole);
    }

    #[test]
    fn whatever_is_accepted_is_stable_short_and_safe_to_decode(upload in upload()) {
        let limits = GifLimits::default();
        let Ok((facts, kept)) = walk(&upload) else { return Ok(()) };
        prop_assert!(kept.len() <= upload.len());
        prop_assert_eq!(facts.bytes, kept.len() as u64);
        prop_assert_eq!(walk(&kept), Ok((facts.clone(), kept.clone())));

        let still = still_of(&facts, &kept);
        let (of_still, kept_of_still) = walk(&still).unwrap();
        prop_assert_eq!((of_still.frames, &kept_of_still), (1, &still));

        let verdict = check_first_frame(kept.as_slice(), &limits);
        prop_assert!(matches!(verdict, Ok(_) | Err(GifError::Undecodable(_))), "{:?}", verdict);
        prop_assert_eq!(check_first_frame(still.as_slice(), &limits), verdict);
    }
}
