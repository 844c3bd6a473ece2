//! Documents to values and back. Ids are kept as the text that URLs show, so that a shell can be asked for them.

mod entry;
mod message;
mod old;
mod state;
mod turn;

use data_encoding::HEXLOWER;
use std::str::FromStr;

use mongodb::bson::{Binary, spec::BinarySubtype};

pub use self::{
    entry::{
        Entry, EntryDoc, Position, Record, Shown, entry_id, mark_text, mark_texts, pruned, read_mark, server_text,
    },
    message::{GifDoc, said},
    old::{OldGrant, OldMessage, OldRoom},
    state::StateDoc,
    turn::TurnDoc,
};
use crate::{
    domain::{Color, Visitor, VisitorId},
    store::StoreError,
};

/// Seats of a room at most: a snapshot of the room is one document of at most 16 MB, which is four times what so many
/// seats take with four sockets each.
pub const SEATS: u32 = 10_000;

/// A hash as a document keeps it.
pub fn binary(hash: [u8; 32]) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: hash.to_vec(),
    }
}

/// A document holds what this gifchat can't have written.
#[derive(Debug, thiserror::Error)]
#[error("a document is damaged at {0}")]
pub struct Damaged(&'static str);

impl From<Damaged> for StoreError {
    fn from(damaged: Damaged) -> Self {
        Self::failed(damaged)
    }
}

/// Reads a field kept as text.
pub fn text<T: FromStr>(text: &str, field: &'static str) -> Result<T, Damaged> {
    text.parse().map_err(|_| Damaged(field))
}

pub fn number<T: TryFrom<i64>>(number: i64, field: &'static str) -> Result<T, Damaged> {
    number.try_into().map_err(|_| Damaged(field))
}

pub fn visitor(id: &str, color: &str) -> Result<Visitor, Damaged> {
    Ok(Visitor::from_store(
        text::<VisitorId>(id, "visitor")?,
        text::<Color>(color, "color")?,
    ))
}

/// Bytes as a document keeps them, in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// The same back.
pub fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok()
}

/// A number that a document keeps; the numbers of a document have a sign.
pub fn signed(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
