//! The lists of a snapshot.

use serde::{Deserialize, Serialize};

use super::super::{
    Damaged,
    entry::{mark_text, read_mark, read_server, server_text},
    number, signed, text, visitor,
};
use crate::{
    domain::{Ban, Chat, Moment, Reaction, Visitor},
    rules::{Given, Hold, OpenReport, Seat},
    store::mongo::folded::{Deletion, Edit, Hidden},
};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WhoDoc {
    pub visitor: String,
    pub color: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BanDoc {
    pub who: WhoDoc,
    pub until: Option<i64>,
    pub addresses: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SeatDoc {
    pub who: WhoDoc,
    pub holds: Vec<HoldDoc>,
    pub disconnected: Option<i64>,
    #[serde(default)]
    pub page_closed: Option<i64>,
    /// Where the visitor came from, as a mark. Earlier versions did not keep it here.
    #[serde(default)]
    pub address: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HoldDoc {
    pub server: String,
    pub socket: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PostDoc {
    pub visitor: String,
    pub at: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReportDoc {
    pub id: String,
    pub message: String,
    /// Earlier versions did not note it.
    #[serde(default)]
    pub seq: i64,
    pub author: String,
    pub by: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeletionDoc {
    pub seq: i64,
    pub at: i64,
    pub message: Option<String>,
    pub visitor: Option<String>,
    pub forbid: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GivenDoc {
    pub message: String,
    pub seq: i64,
    pub author: String,
    pub by: WhoDoc,
    pub with: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EditDoc {
    pub seq: i64,
    pub at: i64,
    pub message: String,
    pub chat: Option<String>,
}

impl WhoDoc {
    pub fn of(visitor: Visitor) -> Self {
        Self {
            visitor: visitor.id.to_string(),
            color: visitor.color.to_string(),
        }
    }

    pub fn who(&self) -> Result<Visitor, Damaged> {
        visitor(&self.visitor, &self.color)
    }
}

impl From<&Ban> for BanDoc {
    fn from(ban: &Ban) -> Self {
        Self {
            who: WhoDoc::of(ban.visitor),
            until: ban.until.map(Moment::millis),
            addresses: ban.addresses.iter().copied().map(mark_text).collect(),
        }
    }
}

impl BanDoc {
    pub fn ban(&self) -> Result<Ban, Damaged> {
        Ok(Ban {
            visitor: self.who.who()?,
            until: self.until.map(Moment::from_millis),
            addresses: self
                .addresses
                .iter()
                .map(|mark| read_mark(mark))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl From<&Seat> for SeatDoc {
    fn from(seat: &Seat) -> Self {
        let hold = |hold: &Hold| HoldDoc {
            server: server_text(hold.server),
            socket: signed(hold.socket),
        };
        Self {
            who: WhoDoc::of(seat.visitor),
            holds: seat.holds.iter().map(hold).collect(),
            disconnected: seat.disconnected_at.map(Moment::millis),
            page_closed: seat.closed_at.map(Moment::millis),
            address: seat.mark.map(mark_text),
        }
    }
}

impl SeatDoc {
    pub fn seat(&self) -> Result<Seat, Damaged> {
        let hold = |hold: &HoldDoc| {
            Ok(Hold {
                server: read_server(&hold.server)?,
                socket: number(hold.socket, "socket")?,
            })
        };
        Ok(Seat {
            visitor: self.who.who()?,
            mark: self.address.as_deref().map(read_mark).transpose()?,
            holds: self.holds.iter().map(hold).collect::<Result<_, Damaged>>()?,
            disconnected_at: self.disconnected.map(Moment::from_millis),
            closed_at: self.page_closed.map(Moment::from_millis),
        })
    }
}

impl From<&OpenReport> for ReportDoc {
    fn from(report: &OpenReport) -> Self {
        Self {
            id: report.id.to_string(),
            message: report.message.to_string(),
            seq: signed(report.seq),
            author: report.author.to_string(),
            by: report.by.to_string(),
        }
    }
}

impl ReportDoc {
    pub fn report(&self) -> Result<OpenReport, Damaged> {
        Ok(OpenReport {
            id: text(&self.id, "report")?,
            message: text(&self.message, "message")?,
            seq: number(self.seq, "seq")?,
            author: text(&self.author, "author")?,
            by: text(&self.by, "by")?,
        })
    }
}

impl From<&Given> for GivenDoc {
    fn from(given: &Given) -> Self {
        Self {
            message: given.message.to_string(),
            seq: signed(given.seq),
            author: given.author.to_string(),
            by: WhoDoc::of(given.by),
            with: given.with.to_string(),
        }
    }
}

impl GivenDoc {
    pub fn given(&self) -> Result<Given, Damaged> {
        Ok(Given {
            message: text(&self.message, "message")?,
            seq: number(self.seq, "seq")?,
            author: text(&self.author, "author")?,
            by: self.by.who()?,
            with: Reaction::from_store(&self.with).ok_or(Damaged("reaction"))?,
        })
    }
}

impl From<&Edit> for EditDoc {
    fn from(edit: &Edit) -> Self {
        Self {
            seq: signed(edit.seq),
            at: edit.at.millis(),
            message: edit.message.to_string(),
            chat: edit.chat.as_ref().map(|chat| chat.as_str().to_owned()),
        }
    }
}

impl EditDoc {
    pub fn edit(&self) -> Result<Edit, Damaged> {
        Ok(Edit {
            seq: number(self.seq, "seq")?,
            at: Moment::from_millis(self.at),
            message: text(&self.message, "message")?,
            chat: self.chat.as_deref().map(Chat::from_store),
        })
    }
}

impl From<&Deletion> for DeletionDoc {
    fn from(deletion: &Deletion) -> Self {
        let (message, visitor) = match deletion.hidden {
            Hidden::Message(message) => (Some(message.to_string()), None),
            Hidden::Author(visitor) => (None, Some(visitor.to_string())),
        };
        Self {
            seq: signed(deletion.seq),
            at: deletion.at.millis(),
            message,
            visitor,
            forbid: deletion.forbid,
        }
    }
}

impl DeletionDoc {
    pub fn deletion(&self) -> Result<Deletion, Damaged> {
        let hidden = match (&self.message, &self.visitor) {
            (Some(message), _) => Hidden::Message(text(message, "message")?),
            (None, visitor) => Hidden::Author(text(visitor.as_deref().unwrap_or_default(), "visitor")?),
        };
        Ok(Deletion {
            seq: number(self.seq, "seq")?,
            at: Moment::from_millis(self.at),
            hidden,
            forbid: self.forbid,
        })
    }
}
