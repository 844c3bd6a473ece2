//! A report: somebody tells the owner of a room about a message. Who it was is not told.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Field, Invalid, Limits, Message, MessageId, Moment, RoomId, Seq, id::hex_id, room::check_text};

hex_id!(
    /// Names a report: 96 random bits.
    ReportId,
    24
);

/// Why somebody reports a message; may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Reason(Arc<str>);

impl Reason {
    /// Trims `raw` and checks it.
    ///
    /// # Errors
    /// Too long, with control characters, or nothing to see in it.
    pub fn parse(raw: &str, limits: &Limits) -> Result<Self, Invalid> {
        let text = raw.trim();
        if !text.is_empty() {
            check_text(text, Field::Reason, limits.reason, |c| matches!(c, '\n' | '\r' | '\t'))?;
        }
        Ok(Self(text.into()))
    }

    /// A text that a store kept.
    pub fn from_store(text: &str) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl Serialize for Reason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// A report as it was stored, for the owner alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: ReportId,
    /// Its room.
    pub room: RoomId,
    /// The message it is about.
    pub message: MessageId,
    /// The place of that message.
    pub seq: Seq,
    /// Why.
    pub reason: Reason,
    /// When it was stored.
    pub created_at: Moment,
}

/// A report with the message as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reported {
    /// The report.
    #[serde(flatten)]
    pub report: Report,
    /// The message.
    pub about: Message,
}
