//! Compresses what pages and histories say, off the threads that serve sockets, and no more of it at once than leaves
//! the others their share of the CPU.

use std::{io::Write, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http_body_util::BodyExt;
use hyper::body::Body as HttpBody;
use moka::sync::Cache;
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{domain::Refusal, web::error::ApiError};

/// Bytes of a body that is compressed: a smaller one would hardly shrink, and a larger one would take a turn for long.
const SIZES: std::ops::RangeInclusive<u64> = 256..=1 << 20;

/// Brotli's quality and the logarithm of its window. A history of 206 kB: 1.4 ms for 37 % of the bytes; quality 4 takes
/// 2.2 ms for 35 %, and 5 takes 4 ms for 34 %.
const BROTLI: (u32, u32) = (1, 18);

/// The same for a body of at most [`SMALL`] bytes, such as the page of a new room, which takes less than a millisecond.
const BROTLI_OF_SMALL: (u32, u32) = (5, 18);

/// Bytes of a small body.
const SMALL: usize = 48 << 10;

/// The level of gzip. The same history: 1.9 ms for 46 %; level 1 takes 1.3 ms for 59 %, and level 6 2 ms for 43 %.
const GZIP: u32 = 2;

/// Bytes of the bodies that are kept with what they were compressed to. The oldest go beyond it.
const KEPT: u64 = 16 << 20;

/// How long they are kept: many ask for the same history when a room fills, and for other ones later.
const MOMENT: Duration = Duration::from_secs(10);

/// An encoding of bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// `br`
    Brotli,
    /// `gzip`
    Gzip,
}

impl Encoding {
    /// The best that a client takes, if any.
    pub fn accepted(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(header::ACCEPT_ENCODING).iter();
        let mut gzip = None;
        for entry in values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
        {
            let mut parts = entry.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let refused = parts
                .filter_map(|part| part.strip_prefix("q="))
                .any(|weight| weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0));
            match name {
                "br" if !refused => return Some(Self::Brotli),
                "gzip" if !refused => gzip = Some(Self::Gzip),
                _ => (),
            }
        }
        gzip
    }

    const fn name(self) -> HeaderValue {
        match self {
            Self::Brotli => HeaderValue::from_static("br"),
            Self::Gzip => HeaderValue::from_static("gzip"),
        }
    }

    fn compress(self, plain: &[u8]) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Brotli => {
                let (quality, window) = if plain.len() <= SMALL { BROTLI_OF_SMALL } else { BROTLI };
                let mut out = brotli::CompressorWriter::new(Vec::new(), 4_096, quality, window);
                out.write_all(plain)?;
                Ok(out.into_inner())
            }
            Self::Gzip => {
                let mut out = GzEncoder::new(Vec::new(), Compression::new(GZIP));
                out.write_all(plain)?;
                out.finish()
            }
        }
    }
}

/// Compresses bodies and keeps them for a moment.
pub struct Compressor {
    /// By the whole plain body: bodies that differ in a byte share nothing.
    kept: Cache<(Encoding, Bytes), Bytes>,
    /// At the bound a body goes out as it is.
    turns: Arc<Semaphore>,
}

impl Compressor {
    /// One that uses up to half of the cores.
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::with_turns(cores.div_ceil(2))
    }

    fn with_turns(turns: usize) -> Self {
        let weight = |(_, plain): &(Encoding, Bytes), packed: &Bytes| {
            u32::try_from(plain.len() + packed.len()).unwrap_or(u32::MAX)
        };
        Self {
            kept: Cache::builder()
                .max_capacity(KEPT)
                .weigher(weight)
                .time_to_live(MOMENT)
                .build(),
            turns: Arc::new(Semaphore::new(turns)),
        }
    }

    /// The compressed body; none when too many are compressed already, or when it would not be smaller.
    async fn compressed(&self, encoding: Encoding, plain: &Bytes) -> Option<Bytes> {
        let key = (encoding, plain.clone());
        if let Some(packed) = self.kept.get(&key) {
            return Some(packed);
        }
        let turn = Arc::clone(&self.turns).try_acquire_owned().ok()?;
        let plain = plain.clone();
        let packing = spawn_blocking(move || {
            // The turn lasts as long as the work, also when nobody waits for it any longer.
            let _turn = turn;
            encoding.compress(&plain)
        });
        let packed = Bytes::from(packing.await.ok()?.ok()?);
        if packed.len() >= key.1.len() {
            return None;
        }
        self.kept.insert(key, packed.clone());
        Some(packed)
    }
}

/// Compresses an answer as its request accepts it.
pub async fn compress(State(compressor): State<Arc<Compressor>>, request: Request, next: Next) -> Response {
    let accepted = Encoding::accepted(request.headers());
    let mut response = next.run(request).await;
    if !is_compressible(&response) {
        return response;
    }
    let varies = HeaderValue::from_static("accept-encoding");
    response.headers_mut().append(header::VARY, varies);
    let Some(encoding) = accepted else { return response };
    let (mut parts, body) = response.into_parts();
    // It is in memory already.
    let Ok(plain) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return ApiError(Refusal::Unavailable).into_response();
    };
    let Some(packed) = compressor.compressed(encoding, &plain).await else {
        return Response::from_parts(parts, Body::from(plain));
    };
    parts.headers.insert(header::CONTENT_ENCODING, encoding.name());
    parts.headers.insert(header::CONTENT_LENGTH, packed.len().into());
    Response::from_parts(parts, Body::from(packed))
}

/// Whether a body is whole in memory, of a size that is worth it, and text.
fn is_compressible(response: &Response) -> bool {
    let headers = response.headers();
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_text = kind.is_some_and(|kind| {
        let texts: [&[u8]; 3] = [b"text/", b"application/json", b"image/svg+xml"];
        texts.iter().any(|text| kind.starts_with(text))
    });
    let size = response.body().size_hint().exact();
    is_text
        && size.is_some_and(|size| SIZES.contains(&size))
        && response.status() != StatusCode::PARTIAL_CONTENT
        && !headers.contains_key(header::CONTENT_ENCODING)
}

#[cfg(test)]
mod tests;
