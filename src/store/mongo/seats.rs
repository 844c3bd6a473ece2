//! Seats: one update of the room's document decides, so that servers can't seat more than there is room for.
//!
//! A member holds its seat by sockets; each is in the document with its server. A seat without one waits for the grace,
//! by the clock of the database.

use std::time::Duration;

use futures_util::TryStreamExt;
use mongodb::{
    bson::{Bson, DateTime, Document, doc},
    options::ReturnDocument,
};

use super::{
    client::{Tables, within},
    documents::{HoldDoc, RoomDoc, text},
    moderation::{keeps_nobody_out, mark_text},
    rooms::{by_id, is_worth, not_found},
};
use crate::{
    domain::{Access, AddressMark, Guest, LineKind, MessageId, Refusal, RoomId, Seq, Visitor, VisitorId},
    rules::{Graces, Leave, SOCKETS_EACH, SocketKey},
    store::{Entry, StoreError, Tended},
};

/// Tries to enter before giving up; each lost try means that the room changed at that moment.
const TRIES: usize = 5;

/// Age of a line at which whoever wrote it is not going to move it to the messages any more.
const LEFT_BEHIND: Duration = Duration::from_secs(1);

/// A socket of a visitor on a server.
#[derive(Clone, Copy)]
pub struct Hold<'a> {
    pub visitor: VisitorId,
    pub server: &'a str,
    pub socket: SocketKey,
}

impl Hold<'_> {
    fn document(&self) -> Document {
        // Keys count up from 1; the sign never comes into play.
        doc! { "server": self.server, "socket": super::documents::signed(self.socket) }
    }
}

/// What came of an update of seats: the seat, and the line about it, which is still to be moved to the messages.
pub struct Seated {
    pub entry: Entry,
    pub line: Option<MessageId>,
}

impl Tables {
    /// Takes a seat for a socket. The place of the entry is the last one before it.
    pub async fn enter(&self, id: RoomId, guest: Guest, hold: Hold<'_>) -> Result<Seated, StoreError> {
        let visitor = guest.visitor;
        for _ in 0..TRIES {
            let (room, grant, last) =
                tokio::try_join!(self.room_doc(id), self.grant_of(id, visitor), self.last_seq(id))?;
            let room = room.ok_or_else(not_found)?;
            let line = MessageId::random();
            let mark = room.mark(guest);
            let access = room.access(guest, is_worth(&room, grant.as_ref()))?;
            if let Some(refusal) = access.refusal() {
                return Err(StoreError::Refused(refusal));
            }
            if has_too_many(&room, hold) {
                return Err(StoreError::Refused(Refusal::TooManySockets { limit: SOCKETS_EACH }));
            }
            let entered = self
                .rooms
                .find_one_and_update(
                    has_seat(&room, hold, &access, mark),
                    sit_down(visitor, hold, line, mark),
                )
                .return_document(ReturnDocument::After);
            if let Some(room) = within(entered).await? {
                let id = line.to_string();
                return Ok(Seated {
                    line: room.lines.iter().any(|line| line.id == id).then_some(line),
                    entry: Entry {
                        members: room.visitors()?,
                        seq: last.max(Seq::try_from(room.floor).unwrap_or(0)),
                        room: room.room()?,
                    },
                });
            }
            let full = |now: &RoomDoc| !now.seats(visitor.id) && super::documents::signed(now.members.len()) >= now.max;
            match self.room_doc(id).await? {
                None => return Err(not_found()),
                Some(now) if full(&now) => return Err(StoreError::Refused(Refusal::RoomFull)),
                Some(_) => (),
            }
        }
        Err(StoreError::Busy)
    }

    /// Takes a socket from its visitor's seat; whether the room has lines to be moved to the messages.
    pub async fn leave(&self, id: RoomId, hold: Hold<'_>, how: Leave) -> Result<bool, StoreError> {
        let mut holding = by_id(id);
        let seat = doc! { "visitor": hold.visitor.to_string(), "holds": { "$elemMatch": hold.document() } };
        holding.insert("members", doc! { "$elemMatch": seat });
        let left = self
            .rooms
            .find_one_and_update(holding, stand_up(hold, how))
            .return_document(ReturnDocument::After);
        let room = within(left).await?;
        Ok(room.is_some_and(|room| !room.lines.is_empty()))
    }

    /// Takes the sockets of servers that are gone from all seats, and frees those nobody else holds. With `fresh`, rooms
    /// that are empty by it get the grace of a new room.
    pub async fn drop_servers(&self, servers: &[String], fresh: bool) -> Result<(), StoreError> {
        let theirs = doc! { "members.holds.server": { "$in": servers } };
        let mine = doc! { "$in": ["$$hold.server", servers] };
        let mut stages = without_holds(mine);
        // A seat in its grace was let go of before; the others had no socket but those.
        stages.extend(keep_members(
            doc! { "$or": [held("$$member"), { "$ne": [{ "$type": "$$member.dropped" }, "missing"] }] },
            LineKind::Left,
        ));
        stages.push(note_emptiness());
        if fresh {
            let empty = doc! { "$ne": [{ "$type": "$empty" }, "missing"] };
            stages.push(doc! { "$set": { "joined": { "$cond": [empty, false, "$joined"] } } });
        }
        within(self.rooms.update_many(theirs, stages)).await.map(drop)
    }

    /// Lets go of all sockets of a server that stops; their seats wait for the grace.
    pub async fn let_go(&self, server: &str) -> Result<(), StoreError> {
        let mut stages = without_holds(doc! { "$eq": ["$$hold.server", server] });
        stages.push(date_unheld(
            doc! { "$eq": [{ "$type": "$$member.dropped" }, "missing"] },
        ));
        stages.push(note_emptiness());
        let theirs = doc! { "members.holds.server": server };
        within(self.rooms.update_many(theirs, stages)).await.map(drop)
    }

    /// Gives all rooms a fresh grace, and the seats that nobody holds and absent owners too, as after a restart of the
    /// only server.
    pub async fn begin_anew(&self) -> Result<(), StoreError> {
        let waiting = doc! { "members.dropped": { "$exists": true } };
        let stages = vec![date_unheld(doc! { "$literal": true }), note_emptiness()];
        within(self.rooms.update_many(waiting, stages)).await?;
        let away = doc! { "away": { "$exists": true } };
        within(self.rooms.update_many(away, doc! { "$currentDate": { "away": true } })).await?;
        let fresh = doc! { "$set": { "joined": false }, "$currentDate": { "empty": true } };
        let empty = doc! { "empty": { "$exists": true } };
        within(self.rooms.update_many(empty, fresh)).await.map(drop)
    }

    /// Frees the seats and removes the rooms whose grace is over, and gives rooms new owners. The other rooms with lines to be moved to the messages:
    /// those just written, and what others left behind.
    pub async fn tend(&self, graces: Graces) -> Result<(Tended, Vec<RoomId>), StoreError> {
        let now = self.now().await?;
        let before = |grace: Duration| {
            let grace = i64::try_from(grace.as_millis()).unwrap_or(i64::MAX);
            DateTime::from_millis(now.timestamp_millis().saturating_sub(grace))
        };
        let freed = self.free_lapsed(before(graces.seat)).await?;
        let over = doc! { "$or": [
            { "joined": true, "empty": { "$lte": before(graces.room) } },
            { "joined": false, "empty": { "$lte": before(graces.new_room) } },
        ] };
        let mut removed = Vec::new();
        for id in self.ids_of(over.clone()).await? {
            let mut still = over.clone();
            still.extend(by_id(id));
            // Whoever gets the document has removed the room; the others find none.
            if within(self.rooms.find_one_and_delete(still)).await?.is_some() {
                removed.push((id, self.clear_away(id).await));
            }
        }
        let given = self.find_heirs(before(graces.owner)).await?;
        let waiting = if freed || !given.is_empty() {
            DateTime::MAX
        } else {
            before(LEFT_BEHIND)
        };
        Ok((Tended { removed }, self.rooms_with_lines(waiting).await?))
    }

    async fn rooms_with_lines(&self, before: DateTime) -> Result<Vec<RoomId>, StoreError> {
        let left_behind = doc! { "lines.at": { "$lte": before.timestamp_millis() } };
        self.ids_of(left_behind).await
    }

    /// The rooms that a filter finds.
    async fn ids_of(&self, which: Document) -> Result<Vec<RoomId>, StoreError> {
        let ids = self.rooms.clone_with_type::<Document>();
        let rooms = async {
            let found = ids.find(which).projection(doc! { "_id": 1 }).await?;
            found.try_collect::<Vec<_>>().await
        };
        let rooms = within(rooms).await?;
        let id = |room: &Document| text(room.get_str("_id").ok()?, "_id").ok();
        Ok(rooms.iter().filter_map(id).collect())
    }

    async fn free_lapsed(&self, before: DateTime) -> Result<bool, StoreError> {
        let lapsed = doc! { "members.dropped": { "$lte": before } };
        let waiting = doc! { "$or": [
            { "$eq": [{ "$type": "$$member.dropped" }, "missing"] },
            { "$gt": ["$$member.dropped", before] },
        ] };
        let mut stages = keep_members(waiting, LineKind::Left);
        stages.push(counted(Document::new()));
        let freed = within(self.rooms.update_many(lapsed, stages)).await?;
        Ok(freed.modified_count > 0)
    }

    /// The time by the clock of the database.
    pub async fn now(&self) -> Result<DateTime, StoreError> {
        let hello = within(self.db.run_command(doc! { "hello": 1 })).await?;
        hello.get_datetime("localTime").copied().map_err(StoreError::failed)
    }
}

/// Finds the room as long as it lets the visitor in as it did when that was checked, and there is a seat.
fn has_seat(room: &RoomDoc, hold: Hold<'_>, access: &Access, mark: Option<AddressMark>) -> Document {
    let mark = mark.map(mark_text);
    let mut free = doc! { "$expr": { "$lt": [{ "$size": "$members" }, "$max"] } };
    if !access.owner {
        free.insert("closed", doc! { "$ne": true });
    }
    let mut open = doc! { "_id": &room.id, "lock": room.lock, "$or": [
        { "members.visitor": hold.visitor.to_string() },
        free,
    ] };
    let seated = access.owner || access.member;
    open.extend(keeps_nobody_out(hold.visitor, mark.as_deref(), seated));
    let last = format!("holds.{}", SOCKETS_EACH - 1);
    let too_many = doc! {
        "visitor": hold.visitor.to_string(),
        last: { "$exists": true },
        "holds": { "$not": { "$elemMatch": hold.document() } },
    };
    open.insert("members", doc! { "$not": { "$elemMatch": too_many } });
    open
}

/// Whether one more socket would be too many of a visitor's.
fn has_too_many(room: &RoomDoc, hold: Hold<'_>) -> bool {
    let visitor = hold.visitor.to_string();
    let holds = room.members.iter().find(|member| member.visitor == visitor);
    let socket = super::documents::signed(hold.socket);
    holds.map(|member| &member.holds).is_some_and(|holds| {
        let known = |held: &HoldDoc| held.server == hold.server && held.socket == socket;
        holds.len() >= SOCKETS_EACH && !holds.iter().any(known)
    })
}

fn sit_down(visitor: Visitor, hold: Hold<'_>, line: MessageId, mark: Option<AddressMark>) -> Vec<Document> {
    let (id, color) = (visitor.id.to_string(), visitor.color.to_string());
    let again = doc! {
        "visitor": "$$member.visitor",
        "color": "$$member.color",
        "holds": { "$setUnion": ["$$member.holds", [hold.document()]] },
        "exit": "$$member.exit",
    };
    let exit = MessageId::random().to_string();
    let fresh = doc! { "visitor": &id, "color": &color, "holds": [hold.document()], "exit": exit };
    let mine = doc! { "$eq": ["$$member.visitor", &id] };
    let sits = doc! { "$in": [&id, "$members.visitor"] };
    let members = doc! { "$cond": [
        &sits,
        each_member(doc! { "$cond": [mine, again, "$$member"] }),
        { "$concatArrays": ["$members", [fresh]] },
    ] };
    let mut joined = line_of(line.to_string(), LineKind::Joined, id, color);
    joined.insert("count", doc! { "$toLong": { "$add": [{ "$size": "$members" }, 1] } });
    if let Some(mark) = mark {
        joined.insert("address", mark_text(mark));
    }
    let lines = doc! { "$cond": [sits, written(), { "$concatArrays": [written(), [joined]] }] };
    // All of a stage see the members as they were before it.
    let seated = doc! { "members": members, "lines": lines, "empty": "$$REMOVE", "joined": true };
    vec![counted(seated), note_owner()]
}

fn stand_up(hold: Hold<'_>, how: Leave) -> Vec<Document> {
    let id = hold.visitor.to_string();
    let socket = super::documents::signed(hold.socket);
    let mine = doc! { "$and": [
        { "$eq": ["$$member.visitor", &id] },
        { "$eq": ["$$hold.server", hold.server] },
        { "$eq": ["$$hold.socket", socket] },
    ] };
    let mut stages = without_holds(mine);
    stages.extend(match how {
        Leave::Explicit => keep_members(
            doc! { "$or": [held("$$member"), { "$ne": ["$$member.visitor", &id] }] },
            LineKind::Left,
        ),
        Leave::Disconnected => vec![date_unheld(doc! { "$eq": ["$$member.visitor", &id] })],
    });
    stages.push(note_emptiness());
    stages
}

/// The lines of a room that are not among the messages yet.
pub fn written() -> Document {
    doc! { "$ifNull": ["$lines", []] }
}

/// A line about a visitor, but for its count. Its time is that of the database's clock.
pub fn line_of(id: impl Into<Bson>, kind: LineKind, visitor: impl Into<Bson>, color: impl Into<Bson>) -> Document {
    doc! {
        "_id": id.into(),
        "line": kind.name(),
        "visitor": visitor.into(),
        "color": color.into(),
        "at": { "$toLong": "$$NOW" },
    }
}

/// Takes away the holds that `mine` names; it sees `$$member` and `$$hold`.
fn without_holds(mine: Document) -> Vec<Document> {
    let others = doc! { "$filter": { "input": "$$member.holds", "as": "hold", "cond": { "$not": [mine] } } };
    let members = each_member(doc! { "$mergeObjects": ["$$member", { "holds": others }] });
    vec![doc! { "$set": { "members": members } }]
}

/// Frees the seats but those that `which` names, and writes a line about each.
pub fn keep_members(which: Document, kind: LineKind) -> Vec<Document> {
    let goes = doc! { "$filter": {
        "input": "$members",
        "as": "member",
        // A member of an older gifchat has no line to come.
        "cond": { "$and": [{ "$not": [&which] }, { "$ne": [{ "$type": "$$member.exit" }, "missing"] }] },
    } };
    let stays = doc! { "$filter": { "input": "$members", "as": "member", "cond": which } };
    let mut line = line_of("$$gone.exit", kind, "$$gone.visitor", "$$gone.color");
    line.insert("count", doc! { "$toLong": { "$size": "$members" } });
    let lines = doc! { "$map": { "input": "$gone", "as": "gone", "in": line } };
    vec![
        doc! { "$set": { "gone": goes, "members": stays } },
        doc! { "$set": { "lines": { "$concatArrays": [written(), lines] } } },
        doc! { "$unset": "gone" },
    ]
}

/// Begins the grace of the seats without a socket that `which` names.
fn date_unheld(which: Document) -> Document {
    let dated = doc! { "$mergeObjects": ["$$member", { "dropped": "$$NOW" }] };
    let when = doc! { "$and": [which, { "$not": [held("$$member")] }] };
    doc! { "$set": { "members": each_member(doc! { "$cond": [when, dated, "$$member"] }) } }
}

/// Begins the grace of the room when no socket is left in it.
pub fn note_emptiness() -> Document {
    let any = doc! { "$anyElementTrue": [each_member(held("$$member"))] };
    let mut noted = doc! { "empty": { "$cond": [any, "$$REMOVE", { "$ifNull": ["$empty", "$$NOW"] }] } };
    noted.insert("away", owner_away());
    counted(noted)
}

/// Begins or ends the grace of the owner.
pub fn note_owner() -> Document {
    doc! { "$set": { "away": owner_away() } }
}

fn owner_away() -> Document {
    let here = doc! { "$and": [{ "$eq": ["$$member.visitor", "$owner"] }, held("$$member")] };
    let here = doc! { "$anyElementTrue": [each_member(here)] };
    doc! { "$cond": [here, "$$REMOVE", { "$ifNull": ["$away", "$$NOW"] }] }
}

fn each_member(what: impl Into<Bson>) -> Document {
    doc! { "$map": { "input": "$members", "as": "member", "in": what.into() } }
}

pub fn held(member: &str) -> Document {
    doc! { "$gt": [{ "$size": format!("{member}.holds") }, 0] }
}

/// Sets fields and counts the update.
pub fn counted(mut fields: Document) -> Document {
    fields.insert("version", doc! { "$add": ["$version", 1_i64] });
    doc! { "$set": fields }
}
