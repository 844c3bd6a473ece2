//! The fields of an event.

use serde_json::Value;

use crate::{
    domain::{Field, Invalid, Limits, Nonce, Problem, Refusal},
    messages::said,
    store::NewBody,
};

pub type Object = serde_json::Map<String, Value>;

/// The fields of an event.
pub fn object(data: Option<&Value>) -> Result<&Object, Invalid> {
    data.and_then(Value::as_object)
        .ok_or(Invalid::new(Field::Body, Problem::Malformed))
}

/// The text of a field, if there is one.
pub fn text(fields: &Object, field: Field) -> Result<Option<&str>, Invalid> {
    match fields.get(field.name()) {
        Some(Value::String(text)) => Ok(Some(text)),
        None | Some(Value::Null) => Ok(None),
        Some(_) => Err(Invalid::new(field, Problem::Malformed)),
    }
}

/// What the fields say: a text, or a GIF of the room again.
pub fn read_body(fields: &Object, limits: &Limits) -> Result<NewBody, Refusal> {
    let (chat, gif, alt) = (
        text(fields, Field::Chat)?,
        text(fields, Field::Gif)?,
        text(fields, Field::Alt)?,
    );
    said(chat, gif, alt, limits)
}

pub fn read_nonce(fields: &Object) -> Result<Option<Nonce>, Invalid> {
    text(fields, Field::Nonce)?.map(Nonce::parse).transpose()
}
