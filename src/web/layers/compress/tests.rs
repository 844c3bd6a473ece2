use std::io::Read;

use super::*;

fn accepted(value: &str) -> Option<Encoding> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT_ENCODING, value.parse().unwrap());
    Encoding::accepted(&headers)
}

#[test]
fn brotli_comes_before_gzip_and_a_weight_of_zero_refuses() {
    for (value, encoding) in [
        ("gzip, deflate, br, zstd", Some(Encoding::Brotli)),
        ("gzip;q=1, br;q=0.5", Some(Encoding::Brotli)),
        ("gzip, br;q=0", Some(Encoding::Gzip)),
        ("br; q=0.000, gzip;q=0", None),
        ("identity, deflate", None),
        ("", None),
    ] {
        assert_eq!(accepted(value), encoding, "{value}");
    }
    assert_eq!(Encoding::accepted(&HeaderMap::new()), None);
}

#[tokio::test]
async fn what_is_compressed_is_the_same_again_and_kept() {
    let compressor = Compressor::with_turns(1);
    let plain = Bytes::from("움짤 방에서 말하고 웃고 보내고 ".repeat(200));
    for encoding in [Encoding::Brotli, Encoding::Gzip] {
        let packed = compressor.compressed(encoding, &plain).await.unwrap();
        assert!(packed.len() * 2 < plain.len());
        let mut back = Vec::new();
        match encoding {
            Encoding::Brotli => brotli::Decompressor::new(&packed[..], 4_096).read_to_end(&mut back),
            Encoding::Gzip => flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut back),
        }
        .unwrap();
        assert_eq!(back, plain);
        // All turns are taken: it can only be what was kept.
        let _turn = Arc::clone(&compressor.turns).try_acquire_owned().unwrap();
        let other_copy = Bytes::copy_from_slice(&plain);
        assert_eq!(compressor.compressed(encoding, &other_copy).await, Some(packed));
    }
}

/// The only thread for such work is busy with something else.
#[test]
fn nothing_is_compressed_on_the_thread_that_serves() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    runtime.block_on(async {
        let (free, busy) = std::sync::mpsc::channel::<()>();
        let other = spawn_blocking(move || busy.recv());
        let (compressor, plain) = (Compressor::with_turns(1), Bytes::from("움짤 ".repeat(2_000)));
        let mut packing = std::pin::pin!(compressor.compressed(Encoding::Gzip, &plain));
        assert!(futures_util::poll!(&mut packing).is_pending());
        drop(free);
        assert!(packing.await.is_some() && other.await.unwrap().is_err());
    });
}

/// The least that some tries took: what else runs on the machine makes single ones longer.
fn time(mut compress: impl FnMut()) -> Duration {
    let tries = (0..3).map(|_| {
        let begun = std::time::Instant::now();
        compress();
        begun.elapsed()
    });
    tries.min().unwrap()
}

#[test]
fn a_history_takes_a_fraction_of_the_time_of_the_best_level_and_most_of_the_bytes_are_saved() {
    let words = [
        "움짤",
        "오늘",
        "점심",
        "먹고",
        "웃는다",
        "room",
        "gif",
        "hello",
        "진짜",
        "ㅋㅋㅋ",
    ];
    let mut state = 1_u32;
    let mut plain = String::new();
    while plain.len() < 60_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (word, number) = (words[(state >> 16) as usize % words.len()], (state >> 24).to_string());
        plain.extend([word, " ", &number, " "]);
    }
    let plain = plain.as_bytes();
    let (brotli, gzip) = (
        time(|| assert!(Encoding::Brotli.compress(plain).unwrap().len() * 2 < plain.len())),
        time(|| assert!(Encoding::Gzip.compress(plain).unwrap().len() * 2 < plain.len())),
    );
    let best_brotli = time(|| {
        let mut out = brotli::CompressorWriter::new(Vec::new(), 4_096, 11, 22);
        out.write_all(plain).unwrap();
        drop(out.into_inner());
    });
    let best_gzip = time(|| {
        let mut out = GzEncoder::new(Vec::new(), Compression::best());
        out.write_all(plain).unwrap();
        drop(out.finish().unwrap());
    });
    assert!(brotli * 10 < best_brotli, "{brotli:?}, the best level {best_brotli:?}");
    assert!(gzip * 3 < best_gzip * 2, "{gzip:?}, the best level {best_gzip:?}");
}

#[tokio::test]
async fn at_the_bound_and_when_it_would_grow_a_body_stays_as_it_is() {
    let compressor = Compressor::with_turns(1);
    let noise: Vec<u8> = (0..4_096).map(|_| rand::random()).collect();
    assert_eq!(compressor.compressed(Encoding::Gzip, &noise.into()).await, None);
    let turn = Arc::clone(&compressor.turns).try_acquire_owned().unwrap();
    let text = Bytes::from("a".repeat(4_096));
    assert_eq!(compressor.compressed(Encoding::Gzip, &text).await, None);
    drop(turn);
    assert!(compressor.compressed(Encoding::Gzip, &text).await.is_some());
}
