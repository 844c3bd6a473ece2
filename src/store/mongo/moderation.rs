//! What an owner does, and how a room gets another one.
//!
//! Each is one update of the room's document, whose filter asks for the owner, and which writes the line about it. What a
//! line says of messages is done to them when it is moved there, by whichever server does that.

use std::time::Duration;

use futures_util::TryStreamExt;
use mongodb::{
    bson::{Bson, DateTime, Document, doc},
    options::ReturnDocument,
};

use super::{
    client::{Tables, within},
    documents::{LineDoc, MessageDoc, RoomDoc, hex, signed, text},
    rooms::{by_id, not_found},
    seats::{counted, held, keep_members, line_of, note_emptiness, note_owner, written},
};
use crate::{
    domain::{
        Action, Ban, Field, GifName, Invalid, LineKind, MessageId, Moment, Problem, Refusal, RoomId, Seq, Visitor,
        VisitorId,
    },
    rules::BANS,
    store::StoreError,
};

impl Tables {
    /// Does what `by` wants done.
    pub async fn moderate(&self, id: RoomId, by: Visitor, action: Action) -> Result<(), StoreError> {
        let (filter, stages) = match action {
            _ if action.is_against(by.id) => {
                // Whoever is not the owner is told that first.
                self.must_own(id, by).await?;
                return Err(StoreError::Refused(
                    Invalid::new(Field::Visitor, Problem::Oneself).into(),
                ));
            }
            Action::Kick(visitor) => (seated(visitor), send_out(visitor, LineKind::Kicked)),
            Action::Ban(visitor, until) => self.banning(id, visitor, until).await?,
            Action::Unban(visitor) => (doc! { "bans.visitor": visitor.to_string() }, lift(visitor)),
            Action::HandOver(visitor) => {
                let visitor = Visitor::new(visitor);
                let owner = doc! { "owner": visitor.id.to_string(), "color": visitor.color.to_string() };
                (
                    seated(visitor.id),
                    vec![with_line(owner, visitor, LineKind::Owner, doc! {}), note_owner()],
                )
            }
            Action::Delete { message, forbid } => {
                let which = doc! { "_id": message.to_string(), "room": id.to_string() };
                // One that a clear hides is not there, although it may not be deleted yet.
                let shown = self.shown(id, which).await?;
                let Some(shown) = shown.filter(|shown| shown.chat.is_some() || shown.gif.is_some()) else {
                    return self.not_there(id, by, action).await;
                };
                let author = shown.author()?;
                let about = doc! { "message": message.to_string(), "forbid": forbid };
                let line = with_line(Document::new(), author, LineKind::Deleted(message), about);
                (Document::new(), vec![line])
            }
            Action::Clear { visitor, forbid } => {
                let theirs = doc! { "room": id.to_string(), "visitor": visitor.to_string() };
                let left = self.cleared_now(id).await?.leave_out(theirs);
                let Some(author) = self.said(left).await? else {
                    return self.not_there(id, by, action).await;
                };
                let line = with_line(Document::new(), author, LineKind::Cleared, doc! { "forbid": forbid });
                (Document::new(), vec![line])
            }
        };
        let mut owned = by_id(id);
        owned.insert("owner", by.id.to_string());
        owned.extend(filter);
        if within(self.rooms.update_one(owned, stages)).await?.matched_count > 0 {
            return Ok(());
        }
        self.not_there(id, by, action).await
    }

    /// Refuses who does not own a room.
    pub async fn must_own(&self, id: RoomId, by: Visitor) -> Result<RoomDoc, StoreError> {
        let room = self.room_doc(id).await?.ok_or_else(not_found)?;
        if room.owner == by.id.to_string() {
            Ok(room)
        } else {
            Err(StoreError::Refused(Refusal::NotTheOwner))
        }
    }

    /// Why an action found nothing to do.
    async fn not_there(&self, id: RoomId, by: Visitor, action: Action) -> Result<(), StoreError> {
        self.must_own(id, by).await?;
        Err(StoreError::Refused(match action {
            Action::Ban(..) => Refusal::StorageFull,
            _ => action.not_there().into(),
        }))
    }

    async fn banning(
        &self,
        id: RoomId,
        visitor: VisitorId,
        until: Option<Moment>,
    ) -> Result<(Document, Vec<Document>), StoreError> {
        let room = self.room_doc(id).await?.ok_or_else(not_found)?;
        let came = doc! { "room": id.to_string(), "visitor": visitor.to_string(), "address": { "$exists": true } };
        let stored = within(self.messages.distinct("address", came)).await?;
        let stored = stored.iter().filter_map(|mark| Some(mark.as_str()?.to_owned()));
        let who = visitor.to_string();
        let waiting = room.lines.iter().filter(|line| line.visitor == who);
        let mut addresses: Vec<String> = waiting.filter_map(|line| line.address.clone()).chain(stored).collect();
        addresses.sort();
        addresses.dedup();
        addresses.truncate(64);

        let (now, banned) = (Moment::now().millis(), Visitor::new(visitor));
        let others = doc! { "$filter": { "input": bans(), "as": "ban", "cond": { "$and": [
            { "$ne": ["$$ban.visitor", &who] },
            { "$gt": [{ "$ifNull": ["$$ban.until", i64::MAX] }, now] },
        ] } } };
        let mut ban = doc! { "visitor": &who, "color": banned.color.to_string(), "addresses": addresses };
        if let Some(until) = until {
            ban.insert("until", until.millis());
        }
        let bound = doc! { "$expr": { "$lt": [{ "$size": &others }, signed(BANS)] } };
        let mut absent = line_of(
            MessageId::random().to_string(),
            LineKind::Banned,
            &who,
            banned.color.to_string(),
        );
        absent.insert("count", doc! { "$toLong": { "$size": "$members" } });
        let lines = doc! { "$cond": [
            { "$in": [&who, "$members.visitor"] },
            written(),
            { "$concatArrays": [written(), [absent]] },
        ] };
        let mut stages = vec![doc! { "$set": {
            "bans": { "$concatArrays": [others, [ban]] },
            "lines": lines,
        } }];
        stages.extend(send_out(visitor, LineKind::Banned));
        Ok((bound, stages))
    }

    /// Who is kept out of a room.
    pub async fn bans(&self, id: RoomId) -> Result<Vec<Ban>, StoreError> {
        let room = self.room_doc(id).await?;
        Ok(room.map(|room| room.bans()).transpose()?.unwrap_or_default())
    }

    /// The author of the messages that `which` names, when one of them says something.
    async fn said(&self, mut which: Document) -> Result<Option<Visitor>, StoreError> {
        which.extend(says());
        let found: Option<MessageDoc> = within(self.messages.find_one(which)).await?;
        Ok(found.map(|found| found.author()).transpose()?)
    }

    /// Does to the messages of a room what a line behind them says. What it clears is only forbidden here, as it says; it is
    /// hidden by the line, and deleted in slices.
    pub async fn apply(&self, room: &str, line: &LineDoc, place: Seq) -> Result<(), StoreError> {
        let mut which = doc! { "room": room, "seq": { "$lt": signed(place) } };
        if line.clears() {
            which.insert("visitor", &line.visitor);
        } else if let Some(message) = line.message.as_ref().filter(|_| line.line == "deleted") {
            which.insert("_id", message);
        } else {
            return Ok(());
        }
        which.extend(says());
        let mut with_gif = which.clone();
        with_gif.insert("gif.name", doc! { "$exists": true });
        if line.forbid {
            // Before the messages lose them: should this server die in between, the next one finds all as it was.
            self.forbid_gifs_of(room, with_gif.clone()).await?;
        }
        if line.clears() {
            return Ok(());
        }
        let gifs = self.named(with_gif).await?;
        let nothing = doc! { "$unset": { "chat": "", "gif": "" } };
        within(self.messages.update_many(which, nothing)).await?;
        self.forget_reports_of_blank(room).await?;
        self.delete_unclaimed(&self.unnamed(gifs).await?).await
    }

    /// The GIFs of the messages that an action takes what they say from.
    pub async fn at_stake(&self, id: RoomId, action: Action) -> Result<Vec<GifName>, StoreError> {
        let which = match action {
            Action::Delete { message, .. } => doc! { "_id": message.to_string() },
            // What is cleared may be much; its GIFs are found slice by slice.
            _ => return Ok(Vec::new()),
        };
        let mut with_gif = doc! { "room": id.to_string(), "gif": { "$exists": true } };
        with_gif.extend(which);
        self.named(with_gif).await
    }

    /// Gives rooms whose owner has been away since before then to who sits there longest; those rooms.
    pub async fn find_heirs(&self, before: DateTime) -> Result<Vec<RoomId>, StoreError> {
        let orphaned = doc! { "away": { "$lte": before }, "empty": { "$exists": false } };
        let rooms = async {
            let ids = self.rooms.clone_with_type::<Document>();
            let found = ids.find(orphaned.clone()).projection(doc! { "_id": 1 }).await?;
            found.try_collect::<Vec<_>>().await
        };
        let mut given = Vec::new();
        for room in within(rooms).await? {
            let id: RoomId = text(room.get_str("_id").map_err(StoreError::failed)?, "_id")?;
            let mut still = orphaned.clone();
            still.extend(by_id(id));
            // Of several servers one finds it so; the others find the new owner.
            if within(self.rooms.update_one(still, inherit())).await?.modified_count > 0 {
                given.push(id);
            }
        }
        Ok(given)
    }

    /// Refuses a message in a room that wants a pause, or notes that its author writes now.
    pub async fn slow_down(&self, room: RoomId, seconds: i64, author: VisitorId) -> Result<(), StoreError> {
        let pause = seconds.saturating_mul(1_000);
        let last = doc! { "$ifNull": ["$at", DateTime::from_millis(0)] };
        let left = doc! { "$subtract": [{ "$add": [last, pause] }, "$$NOW"] };
        // All by the clock of the database, which is the same for all servers.
        let stages = vec![
            doc! { "$set": { "left": { "$max": [0_i64, left] } } },
            doc! { "$set": { "at": { "$cond": [{ "$gt": ["$left", 0_i64] }, "$at", "$$NOW"] } } },
        ];
        let key = format!("{room}/{author}");
        let spoke = self.spoke.find_one_and_update(doc! { "_id": key }, stages);
        let spoke = within(spoke.upsert(true).return_document(ReturnDocument::After)).await?;
        let left = spoke.and_then(|spoke| spoke.get_i64("left").ok()).unwrap_or(0);
        if left <= 0 {
            return Ok(());
        }
        let retry_after = Duration::from_millis(left.unsigned_abs());
        Err(StoreError::Refused(Refusal::SlowMode { retry_after }))
    }
}

fn seated(visitor: VisitorId) -> Document {
    doc! { "members.visitor": visitor.to_string() }
}

fn bans() -> Document {
    doc! { "$ifNull": ["$bans", []] }
}

/// Finds messages that say something.
pub fn says() -> Document {
    doc! { "line": { "$exists": false }, "$or": [{ "chat": { "$exists": true } }, { "gif": { "$exists": true } }] }
}

fn send_out(visitor: VisitorId, kind: LineKind) -> Vec<Document> {
    let mut stages = keep_members(doc! { "$ne": ["$$member.visitor", visitor.to_string()] }, kind);
    stages.push(note_emptiness());
    stages
}

fn lift(visitor: VisitorId) -> Vec<Document> {
    let others = doc! { "$filter": {
        "input": bans(), "as": "ban", "cond": { "$ne": ["$$ban.visitor", visitor.to_string()] },
    } };
    vec![counted(doc! { "bans": others })]
}

/// Sets fields and writes a line, which knows more `about` what it tells.
fn with_line(mut fields: Document, visitor: Visitor, kind: LineKind, about: Document) -> Document {
    let id = MessageId::random().to_string();
    let mut line = line_of(id, kind, visitor.id.to_string(), visitor.color.to_string());
    line.insert("count", doc! { "$toLong": { "$size": "$members" } });
    line.extend(about);
    fields.insert("lines", doc! { "$concatArrays": [written(), [line]] });
    counted(fields)
}

/// Makes the one who sits there longest the owner.
fn inherit() -> Vec<Document> {
    let here = doc! { "$filter": { "input": "$members", "as": "member", "cond": held("$$member") } };
    let id = MessageId::random().to_string();
    let mut line = line_of(id, LineKind::Owner, "$heir.visitor", "$heir.color");
    line.insert("count", doc! { "$toLong": { "$size": "$members" } });
    vec![
        doc! { "$set": { "heir": { "$first": here } } },
        counted(doc! {
            "owner": "$heir.visitor",
            "color": "$heir.color",
            "away": Bson::String("$$REMOVE".to_owned()),
            "lines": { "$concatArrays": [written(), [line]] },
        }),
        doc! { "$unset": "heir" },
    ]
}

/// Finds a room unless it keeps a guest out.
pub fn keeps_nobody_out(visitor: VisitorId, mark: Option<&str>, seated: bool) -> Document {
    let mut who = vec![doc! { "visitor": visitor.to_string() }];
    if let Some(mark) = mark.filter(|_| !seated) {
        who.push(doc! { "addresses": mark });
    }
    let holds = doc! { "$or": [{ "until": { "$exists": false } }, { "until": { "$gt": Moment::now().millis() } }] };
    doc! { "bans": { "$not": { "$elemMatch": { "$and": [holds, { "$or": who }] } } } }
}

/// The mark of an address as documents keep it.
pub fn mark_text(mark: crate::domain::AddressMark) -> String {
    hex(&mark.to_bytes())
}
