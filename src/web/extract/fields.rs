//! The fields of a request's body or query, within the limit.

use std::time::Duration;

use axum::{
    BoxError,
    body::Body,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};

pub use crate::fields::Fields;
use crate::{
    domain::{Field, Invalid, Problem, Refusal, TooLarge},
    state::AppState,
    web::error::ApiError,
};

impl FromRequest<AppState> for Fields {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = read(&parts.headers, body, state.limits.body, state.config.body_timeout).await?;
        let json = media_type(&parts.headers).is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
        Ok(if json {
            Self::from_json(&bytes)?
        } else {
            Self::from_form(&bytes)?
        })
    }
}

/// The fields of the query, by the same rules as those of a form.
pub struct Params(pub Fields);

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(Fields::from_form(
            parts.uri.query().unwrap_or_default().as_bytes(),
        )?))
    }
}

fn media_type(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::CONTENT_TYPE)?
        .to_str()
        .ok()?
        .split(';')
        .next()
        .map(str::trim)
}

/// The length a request announces, in bytes.
pub fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The whole body, within a limit in bytes and a time.
///
/// # Errors
/// It is larger, slower, or broken off.
pub async fn read(headers: &HeaderMap, body: Body, limit: usize, patience: Duration) -> Result<Vec<u8>, Refusal> {
    let too_large = |was: u64| {
        Refusal::TooLarge(TooLarge::Body {
            limit: limit as u64,
            was,
        })
    };
    if let Some(was) = announced(headers).filter(|was| *was > limit as u64) {
        return Err(too_large(was));
    }
    let collected = tokio::time::timeout(patience, collect(Limited::new(body, limit))).await;
    match collected.map_err(|_| Refusal::TimedOut)? {
        Ok(collected) => Ok(collected),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(limit as u64 + 1)),
        Err(_) => Err(Invalid::new(Field::Body, Problem::Malformed).into()),
    }
}

/// Copies the body's bytes together: chunks of one byte, kept as they come, would each take more than 30 bytes.
async fn collect(mut body: Limited<Body>) -> Result<Vec<u8>, BoxError> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}
