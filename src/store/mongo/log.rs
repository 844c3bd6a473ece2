//! The log of rooms: entries are read here, and appended by the append queue. What is read has reached a majority, so that no
//! failover takes it back, and is at least as new as what the change stream has delivered.

use std::{collections::HashSet, sync::Arc};

use futures_util::{TryStreamExt, future::try_join_all};
use mongodb::{
    bson::{Bson, Document, doc},
    options::ReadConcern,
};

use super::{
    client::{ANSWER, Collections, within},
    documents::{Entry, EntryDoc, Position, entry_id, signed},
    folded::Folded,
    gifs::{leave_hidden_out, says},
    room_cache::RoomCache,
};
use crate::{
    domain::{Message, MessageId, Nonce, Reference, Refusal, RoomId, VisitorId},
    rules::{EDITS, Edit, Facts, Kept},
    store::{StoreError, Window},
};

/// Rooms whose entries are looked for by one query.
const ROOMS: usize = 100;

/// What refuses a room that is not there.
pub const fn not_found() -> StoreError {
    StoreError::Refused(Refusal::RoomNotFound)
}

/// The log, and the rooms that it has been folded to.
#[derive(Clone)]
pub struct Log {
    pub collections: Collections,
    pub cache: Arc<RoomCache>,
}

impl Log {
    /// A room with all that is committed; `None` if there is no such room, or it has ended.
    pub async fn fresh(&self, room: RoomId) -> Result<Option<Arc<Folded>>, StoreError> {
        self.catch_up(&[room]).await?;
        Ok(self.cache.get(room).filter(|folded| !folded.state.ended))
    }

    /// The same for who needs the room.
    pub async fn open_room(&self, room: RoomId) -> Result<Arc<Folded>, StoreError> {
        self.fresh(room).await?.ok_or_else(not_found)
    }

    /// Reads what was appended to rooms since this server last knew.
    pub async fn catch_up(&self, rooms: &[RoomId]) -> Result<(), StoreError> {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for room in rooms {
            match self.cache.get(*room) {
                // Nothing follows its end.
                Some(folded) if folded.state.ended => (),
                Some(folded) => known.push((*room, folded.position)),
                None => unknown.push(*room),
            }
        }
        let tails = known.chunks(ROOMS).map(|rooms| self.collections.entries_after(rooms));
        let loads = unknown.into_iter().map(|room| self.load(room));
        let (tails, _) = tokio::try_join!(try_join_all(tails), try_join_all(loads))?;
        for entries in &tails {
            self.cache.apply(entries, false);
            // What this server has not read and a snapshot holds may be gone.
            let stuck = |entry: &&Entry| {
                let known = self.cache.get(entry.room);
                known.is_some_and(|known| known.position < entry.position && !known.state.ended)
            };
            let stuck: HashSet<_> = entries.iter().filter(stuck).map(|entry| entry.room).collect();
            try_join_all(stuck.into_iter().map(|room| self.begin_again(room))).await?;
        }
        Ok(())
    }

    /// Reads a room that this server does not know: it may just have been made on another one.
    async fn load(&self, room: RoomId) -> Result<(), StoreError> {
        let reading = self.cache.reading(room);
        let Some(snapshot) = self.collections.snapshot(room).await? else {
            reading.apply(&self.collections.entries_after(&[(room, 0)]).await?, false);
            return Ok(());
        };
        let entries = self.collections.entries_after(&[(room, snapshot.position)]).await?;
        let folded = Folded::fold(Some(snapshot), &entries);
        // A snapshot may have been written while the room was deleted.
        if let Some(folded) = folded.filter(|folded| !folded.state.ended)
            && self.collections.begun(&[room]).await?.contains(&room)
        {
            reading.insert(folded);
        }
        Ok(())
    }

    /// Reads a room anew that this server knows, and is so far behind that entries which it needs are deleted.
    async fn begin_again(&self, room: RoomId) -> Result<(), StoreError> {
        let Some(snapshot) = self.collections.snapshot(room).await? else {
            return Ok(());
        };
        let entries = self.collections.entries_after(&[(room, snapshot.position)]).await?;
        if let Some(folded) = Folded::fold(Some(snapshot), &entries) {
            self.cache.overtake(folded);
        }
        Ok(())
    }

    /// The messages of a window, oldest first.
    pub async fn history(&self, id: RoomId, window: Window, limit: usize) -> Result<Vec<Message>, StoreError> {
        let Some(room) = self.fresh(id).await?.filter(|_| limit > 0) else {
            return Ok(Vec::new());
        };
        // The room as of this moment: what is appended meanwhile may change messages in a way that it does not know.
        let last = room.state.seq;
        let kept = room.state.forgotten;
        let (after, to, order) = match window {
            Window::Newest => (kept, last, -1),
            Window::After(seq) => (seq.max(kept), last, 1),
            Window::Before(seq) => (kept, last.min(seq.saturating_sub(1)), -1),
        };
        let seqs = doc! { "$gt": signed(after), "$lte": signed(to) };
        let which = doc! { "room": id.to_string(), "seq": seqs };
        let mut page = self.shown(&room, which, order, limit).await?;
        if order < 0 {
            page.reverse();
        }
        self.resolve(&room, &mut page).await?;
        room.state.reactions.attach(&mut page);
        Ok(page)
    }

    /// Messages that a filter finds, by `seq`, as readers see them, without those that they refer to.
    pub async fn shown(
        &self,
        room: &Folded,
        which: Document,
        order: i32,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        let found = self
            .collections
            .entries(which, doc! { "seq": order }, Some(limit))
            .await?;
        Ok(found.iter().filter_map(|entry| room.show(entry)).collect())
    }

    /// Looks up the messages that those of a page refer to.
    pub async fn resolve(&self, room: &Folded, page: &mut [Message]) -> Result<(), StoreError> {
        let missing = Reference::missing(page);
        let mut originals = Vec::new();
        if !missing.is_empty() {
            let ids: Vec<_> = missing.iter().map(MessageId::to_string).collect();
            let which = doc! { "room": room.state.room.id.to_string(), "message": { "$in": ids } };
            originals = self.shown(room, which, 1, missing.len()).await?;
        }
        Reference::resolve(page, originals);
        Ok(())
    }

    /// A message of a room that somebody wrote, also if it is deleted.
    pub async fn written(&self, room: &Folded, id: MessageId) -> Result<Option<Arc<Message>>, StoreError> {
        let which = doc! { "room": room.state.room.id.to_string(), "message": id.to_string(), "kind": "posted" };
        Ok(self.shown(room, which, 1, 1).await?.pop().map(Arc::new))
    }

    /// A message of a room that says something.
    pub async fn said(&self, room: &Folded, id: MessageId) -> Result<Option<Arc<Message>>, StoreError> {
        let mut which = says(room.state.room.id);
        which.insert("message", id.to_string());
        let found = self.shown(room, leave_hidden_out(which, room), 1, 1).await?.pop();
        Ok(found.map(Arc::new))
    }

    /// What has to be known to forget what is too old or too much.
    pub async fn facts_of_forgetting(&self, room: &Folded, kept: Kept) -> Result<Facts, StoreError> {
        let mut which = doc! { "room": room.state.room.id.to_string(), "seq": { "$gt": signed(kept.behind) } };
        if let Some(after) = kept.after {
            which.insert("at", doc! { "$gt": after.millis() });
        }
        let first = self.collections.entries(which, doc! { "seq": 1 }, Some(1)).await?.pop();
        let first = first.and_then(|entry| Some((entry.shown?.seq, Some(entry.at))));
        Ok(Facts {
            first_kept: first.or(Some((room.state.seq + 1, None))),
            ..Facts::default()
        })
    }

    /// What has to be known of a message to be edited.
    pub async fn facts_of_edit(&self, room: &Folded, edit: &Edit) -> Result<Facts, StoreError> {
        let message = self.said(room, edit.message).await?;
        let Some(seq) = message.as_ref().map(|message| message.seq) else {
            return Ok(Facts::default());
        };
        let edits = doc! {
            "room": room.state.room.id.to_string(), "visitor": edit.by.id.to_string(), "seq": { "$gt": signed(seq) },
            "kind": "edited", "about": edit.message.to_string(),
        };
        let edits = self.collections.entries(edits, doc! { "seq": 1 }, Some(EDITS)).await?;
        Ok(Facts {
            message,
            edits: edits.len(),
            ..Facts::default()
        })
    }

    /// The entry of what a visitor has said with a nonce, which is in that field, in a room that is open.
    pub async fn by_nonce(
        &self,
        id: RoomId,
        visitor: VisitorId,
        field: &str,
        nonce: &Nonce,
    ) -> Result<Option<Entry>, StoreError> {
        let which = doc! { "room": id.to_string(), "visitor": visitor.to_string(), field: nonce.as_str() };
        let room = self.fresh(id).await?;
        let found = self.collections.entries(which, doc! { "_id": 1 }, Some(1)).await?.pop();
        Ok(found.filter(|_| room.is_some()))
    }
}

impl Collections {
    /// The entries of rooms after a position of each, those of a room in order.
    pub async fn entries_after(&self, after: &[(RoomId, Position)]) -> Result<Vec<Entry>, StoreError> {
        let range = |(room, position): &(RoomId, Position)| {
            // Digits sort before the letter.
            doc! { "_id": { "$gt": entry_id(*room, *position), "$lt": format!("{room}:z") } }
        };
        let mut ranges: Vec<_> = after.iter().map(range).collect();
        let which = match (ranges.len(), ranges.pop()) {
            (_, None) => return Ok(Vec::new()),
            (1, Some(only)) => only,
            (_, Some(last)) => {
                ranges.push(last);
                doc! { "$or": ranges }
            }
        };
        self.entries(which, doc! { "_id": 1 }, None).await
    }

    /// Those of rooms whose first entry is there and not emptied.
    pub async fn begun(&self, rooms: &[RoomId]) -> Result<HashSet<RoomId>, StoreError> {
        let first: Vec<_> = rooms.iter().map(|room| entry_id(*room, 1)).collect();
        let first = doc! { "_id": { "$in": first }, "kind": { "$ne": "ended" } };
        let found = self.entries(first, doc! { "_id": 1 }, None).await?;
        Ok(found.iter().map(|entry| entry.room).collect())
    }

    /// Entries that a filter finds.
    pub async fn entries(
        &self,
        which: Document,
        order: Document,
        limit: Option<usize>,
    ) -> Result<Vec<Entry>, StoreError> {
        let mut session = self.up_to_date().await?;
        let entries = async {
            let mut found = self
                .log
                .find(which)
                .sort(order)
                .limit(limit.map_or(0, signed))
                .read_concern(ReadConcern::majority())
                .max_time(ANSWER)
                .session(&mut session)
                .await?;
            found.stream(&mut session).try_collect::<Vec<EntryDoc>>().await
        };
        let entries = within(entries).await?;
        Ok(entries.iter().map(EntryDoc::entry).collect::<Result<_, _>>()?)
    }

    /// Messages that a filter finds, by `seq`.
    pub async fn messages(&self, which: Document, order: i32, limit: usize) -> Result<Vec<Message>, StoreError> {
        let entries = self.entries(which, doc! { "seq": order }, Some(limit)).await?;
        Ok(entries.iter().filter_map(Entry::message).collect())
    }

    /// The snapshot of a room.
    pub async fn snapshot(&self, room: RoomId) -> Result<Option<Folded>, StoreError> {
        let mut session = self.up_to_date().await?;
        let found = self.rooms.find_one(doc! { "_id": room.to_string() });
        let found = found.read_concern(ReadConcern::majority()).max_time(ANSWER);
        let found = within(found.session(&mut session)).await?;
        Ok(found.map(|found| found.folded()).transpose()?)
    }

    /// Writes the snapshot of a room, unless there is a later one.
    pub async fn save(&self, folded: &Folded) -> Result<(), StoreError> {
        let snapshot = super::documents::StateDoc::from(folded);
        let earlier = doc! { "_id": &snapshot.id, "position": { "$lt": snapshot.position } };
        let saved = self.rooms.replace_one(earlier, &snapshot).upsert(true);
        match tokio::time::timeout(ANSWER, saved.into_future()).await {
            Ok(Err(error)) if super::client::is_duplicate(&error) => Ok(()),
            Ok(saved) => saved.map(drop).map_err(super::client::failure),
            Err(_) => Err(StoreError::failed("MongoDB did not take a snapshot in time")),
        }
    }

    /// The rooms that documents which a filter finds belong to.
    pub async fn rooms_of(&self, which: Document) -> Result<Vec<RoomId>, StoreError> {
        let rooms = within(self.log.distinct("room", which)).await?;
        let room = |room: &Bson| super::documents::text(room.as_str()?, "room").ok();
        Ok(rooms.iter().filter_map(room).collect())
    }
}
