//! What an operator writes: JSON, or the fields of a form, which become the same.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use tokio::time::timeout;
use url::form_urlencoded;

use super::{Failure, asks::is_form};
use crate::{
    domain::{Refusal, Why, hashes_in},
    state::AppState,
    web::extract::fields::announced,
};

const NO_TYPE: &str = "send JSON (content-type: application/json), or the fields of a form";
const TOO_SLOW: &str = "the body came too slowly";
const TOO_LONG: &str = "the body is too long: lists of hashes have at most 8 MiB, everything else 16 KiB";

/// The body of an action. A field that the action does not know is refused: a typo in `seconds` would ban for good.
pub struct Body<T = Nothing> {
    pub given: T,
    /// Every action may say it.
    pub why: Why,
}

/// What an action takes that needs nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Failure> {
        let mut fields = fields_of(request, state).await?;
        let why = match fields.remove("why") {
            None | Some(Value::Null) => Why::default(),
            Some(Value::String(why)) => Why::parse(&why).map_err(Failure::Wrong)?,
            Some(_) => return Err(Failure::Wrong("why is a text".to_owned())),
        };
        let given = serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| {
            let path = error.path().to_string();
            let inner = error.into_inner();
            Failure::Wrong(match &*path {
                "." => inner.to_string(),
                field => format!("{field}: {inner}"),
            })
        })?;
        Ok(Self { given, why })
    }
}

async fn fields_of(request: Request, state: &AppState) -> Result<Map<String, Value>, Failure> {
    let form = is_form(request.headers());
    // A type that no page of another site can send without being asked.
    if !form && !is_json(request.headers()) {
        return Err(Failure::Unread(StatusCode::UNSUPPORTED_MEDIA_TYPE, NO_TYPE.to_owned()));
    }
    let whole = timeout(patience(request.headers(), state), Bytes::from_request(request, state));
    let too_slow = |_| Failure::Unread(StatusCode::REQUEST_TIMEOUT, TOO_SLOW.to_owned());
    let bytes = whole.await.map_err(too_slow)?.map_err(|error| {
        let status = error.status();
        let too_long = status == StatusCode::PAYLOAD_TOO_LARGE;
        let sentence = if too_long {
            TOO_LONG
        } else {
            "the body did not come whole"
        };
        Failure::Unread(status, sentence.to_owned())
    })?;
    if form {
        return of_form(&bytes);
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| Failure::Unread(StatusCode::BAD_REQUEST, format!("the body is no JSON object: {error}")))
}

/// Time for the whole body: a list may take as long as a GIF.
fn patience(headers: &HeaderMap, state: &AppState) -> Duration {
    match announced(headers) {
        Some(bytes) if bytes > super::BODY as u64 => state.config.upload_timeout,
        _ => state.config.body_timeout,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(|kind| kind.as_bytes());
    kind.is_some_and(|kind| kind.starts_with(b"application/json"))
}

/// The number in a path; what is none names nothing.
pub struct Number(pub u64);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let read = Path::<u64>::from_request_parts(parts, state).await;
        read.map(|Path(number)| Self(number))
            .map_err(|_| Refusal::NotFound.into())
    }
}

/// The fields of a form as the JSON of the same action. A box that is not checked is not sent, and an empty number is none.
///
/// # Errors
/// A field comes twice.
fn of_form(bytes: &[u8]) -> Result<Map<String, Value>, Failure> {
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(bytes) {
        let value = match &*name {
            "hashes" => json!(hashes_in(&value)),
            "rooms" | "uploads" | "newcomers" => match &*value {
                "on" | "true" => json!(true),
                "false" => json!(false),
                _ => json!(value),
            },
            "seconds" if value.is_empty() => Value::Null,
            "seconds" => value.parse::<u64>().map_or_else(|_| json!(value), Value::from),
            _ => json!(value),
        };
        if fields.insert(name.to_string(), value).is_some() {
            return Err(Failure::Wrong(format!("{name}: it is there twice")));
        }
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_a_form_are_the_same_as_json() {
        let form = b"who=192.0.2.7&seconds=3600&why=a+flood&rooms=on&hashes=aa%0D%0Abb";
        let same = json!({
            "who": "192.0.2.7", "seconds": 3600, "why": "a flood", "rooms": true, "hashes": ["aa", "bb"],
        });
        let read = |form: &[u8]| of_form(form).map_or(Value::Null, Value::Object);
        assert_eq!(read(form), same);
        assert_eq!(read(b"seconds="), json!({ "seconds": null }));
        assert_eq!(read(b"seconds=soon"), json!({ "seconds": "soon" }));
        assert_eq!(read(b"rooms=false"), json!({ "rooms": false }));
        assert_eq!(
            read(b"rooms=0"),
            json!({ "rooms": "0" }),
            "which is refused as no boolean"
        );
        assert_eq!(read(b"who=a&who=b"), Value::Null);
    }
}
