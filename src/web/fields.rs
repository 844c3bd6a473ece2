//! The fields of a form or a JSON object, within the limit, strictly UTF-8, each once.

use std::{collections::HashMap, time::Duration};

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use percent_encoding::percent_decode;
use serde_json::Value;

use super::refused::Refused;
use crate::{
    domain::{Field, Invalid, Problem, Refusal, TooLarge, moderation::flag},
    state::AppState,
};

/// Fields by their name on the wire.
pub struct Fields(HashMap<String, Value>);

impl FromRequest<AppState> for Fields {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Refused> {
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
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
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
    let collected = tokio::time::timeout(patience, Limited::new(body, limit).collect()).await;
    match collected.map_err(|_| Refusal::TimedOut)? {
        Ok(collected) => Ok(collected.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(limit as u64 + 1)),
        Err(_) => Err(Invalid::new(Field::Body, Problem::Malformed).into()),
    }
}

impl Fields {
    fn from_json(bytes: &[u8]) -> Result<Self, Invalid> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(fields)) => Ok(Self(fields.into_iter().collect())),
            _ => Err(Invalid::new(Field::Body, Problem::Malformed)),
        }
    }

    fn from_form(bytes: &[u8]) -> Result<Self, Invalid> {
        let mut fields = HashMap::new();
        for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let (name, value) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
            let name = decode(name).ok_or(Invalid::new(Field::Body, Problem::Malformed))?;
            let field = known(&name).unwrap_or(Field::Body);
            let value = decode(value).ok_or(Invalid::new(field, Problem::Malformed))?;
            if fields.insert(name, Value::String(value)).is_some() {
                return Err(Invalid::new(field, Problem::Twice));
            }
        }
        Ok(Self(fields))
    }

    /// Whether a field is there at all.
    pub fn has(&self, field: Field) -> bool {
        self.0.contains_key(field.name())
    }

    /// The text of a field that is there.
    pub fn given(&self, field: Field) -> Result<Option<&str>, Invalid> {
        if self.has(field) {
            self.text(field).map(Some)
        } else {
            Ok(None)
        }
    }

    /// The value of a parameter that is no field of the interface's objects.
    pub fn named(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// The text of a field; a missing one and JSON's null are empty.
    pub fn text(&self, field: Field) -> Result<&str, Invalid> {
        match self.0.get(field.name()) {
            None | Some(Value::Null) => Ok(""),
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(Invalid::new(field, Problem::Malformed)),
        }
    }

    /// A yes or no: JSON may write it as one, and a form sends the field of a box only when it is ticked.
    pub fn flag(&self, field: Field) -> Result<bool, Invalid> {
        flag(field, &self.plain(field)?)
    }

    /// The text of any field: JSON may write a number or a yes or no as such.
    pub fn plain(&self, field: Field) -> Result<std::borrow::Cow<'_, str>, Invalid> {
        match self.0.get(field.name()) {
            Some(Value::Bool(flag)) => Ok(flag.to_string().into()),
            _ => self.number(field),
        }
    }

    /// The text of a number field: JSON may write a number as one.
    pub fn number(&self, field: Field) -> Result<std::borrow::Cow<'_, str>, Invalid> {
        match self.0.get(field.name()) {
            Some(Value::Number(number)) => Ok(number.to_string().into()),
            _ => self.text(field).map(Into::into),
        }
    }
}

/// `application/x-www-form-urlencoded`, but broken UTF-8 is an error and not a replacement character.
fn decode(bytes: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = bytes
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    percent_decode(&spaced).decode_utf8().ok().map(Into::into)
}

fn known(name: &str) -> Option<Field> {
    use Field::*;
    [
        Title, Max, Password, Chat, Gif, Alt, Nonce, To, Reason, After, Before, Limit, Action, Visitor, Message,
        Seconds, Forbid, Closed, Slow,
    ]
    .into_iter()
    .find(|field| field.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_decoded_strictly() {
        let fields = Fields::from_form(b"title=%EC%9B%80%EC%A7%A4+1&max=5").unwrap();
        assert_eq!(fields.text(Field::Title), Ok("움짤 1"));
        assert_eq!(fields.number(Field::Max).as_deref(), Ok("5"));
        let problem = |bytes: &[u8]| Fields::from_form(bytes).err();
        assert_eq!(
            problem(b"title=%FF"),
            Some(Invalid::new(Field::Title, Problem::Malformed))
        );
        assert_eq!(
            problem(b"chat=a&chat=b"),
            Some(Invalid::new(Field::Chat, Problem::Twice))
        );
    }

    #[test]
    fn json_is_an_object_of_the_right_types() {
        let fields = Fields::from_json(br#"{"title":"a","max":5,"chat":["x"],"alt":null}"#).unwrap();
        assert_eq!(fields.number(Field::Max).as_deref(), Ok("5"));
        assert_eq!(
            fields.text(Field::Chat),
            Err(Invalid::new(Field::Chat, Problem::Malformed))
        );
        assert_eq!(fields.text(Field::Alt), Ok(""));
        for wrong in [&b"[]"[..], b"", b"{", b"\"\xff\"", br#"{"a":"\ud800"}"#] {
            assert!(Fields::from_json(wrong).is_err());
        }
    }
}
