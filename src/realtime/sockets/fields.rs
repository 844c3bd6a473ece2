//! What the fields of an event say.

use crate::{
    domain::{Field, Invalid, Limits, Nonce, Refusal},
    fields::Fields,
    rules::NewBody,
    service::messages::said,
};

/// A text, or a GIF of the room again.
pub fn read_body(fields: &Fields, limits: &Limits) -> Result<NewBody, Refusal> {
    let (chat, gif, alt) = (
        fields.optional(Field::Chat)?,
        fields.optional(Field::Gif)?,
        fields.optional(Field::Alt)?,
    );
    said(chat, gif, alt, limits)
}

pub fn read_nonce(fields: &Fields) -> Result<Option<Nonce>, Invalid> {
    fields.optional(Field::Nonce)?.map(Nonce::parse).transpose()
}
