//! What a room deletes of its whispers, so that it keeps no more than it may.

use std::collections::HashSet;

use futures_util::TryStreamExt;
use mongodb::bson::{Document, doc};

use super::{
    super::{
        MongoStore,
        client::{Collections, within},
        documents::{Damaged, pruned, signed, text},
    },
    in_room,
};
use crate::{
    domain::{GifName, Moment, Refusal, RoomId, VisitorId, Whisper},
    store::{
        StoreError, WHISPERS, WHISPERS_PAIR,
        whispers::{self as rules, Cut, Fill, OUTDATED},
    },
};

/// Whispers that were deleted: how many, and the files that they named.
#[derive(Default)]
pub struct Gone {
    pub count: usize,
    pub names: Vec<GifName>,
}

impl Gone {
    fn add(&mut self, more: Self) {
        self.count += more.count;
        self.names.extend(more.names);
    }
}

impl MongoStore {
    /// Whether a room holds all that it may, as far as this server knows.
    pub(super) async fn has_no_space(&self, room: RoomId) -> Result<bool, StoreError> {
        let all = match self.fills.get(room) {
            Some(Fill::Full(_)) => return Ok(true),
            Some(Fill::Holds(all)) => all,
            None => {
                let count = self.log.collections.count_whispers(room, None);
                let all = self.call(Box::pin(count)).await?;
                self.fills.set(room, Fill::Holds(all));
                all
            }
        };
        Ok(all >= WHISPERS)
    }

    /// Deletes what has to go before a whisper is stored in such a room. Whispers that are stored at the same time may leave
    /// a few too many; the next one deletes these, too.
    pub(super) async fn make_space(&self, room: RoomId, author: VisitorId) -> Result<Gone, StoreError> {
        let collections = &self.log.collections;
        let members = self.log.open_room(room).await?.state.members();
        let seated: HashSet<_> = members.iter().map(|member| member.id).collect();
        // Nothing is deleted for who may not whisper.
        if !seated.contains(&author) {
            return Err(StoreError::Refused(Refusal::NotAMember));
        }
        if let Some(Fill::Full(until)) = self.fills.get(room) {
            let own = collections.count_whispers(room, Some(author)).await?;
            let kept = own.checked_sub(1).ok_or_else(|| rules::full(until))?;
            return collections.cut_whispers(room, (author, kept)).await;
        }
        let counts = collections.authors_of_whispers(room).await?;
        self.fills
            .set(room, Fill::Holds(counts.iter().map(|(_, count)| count).sum()));
        let (mut gone, mut space) = (Gone::default(), rules::space(counts, &seated, author));
        if space.is_none() {
            gone = collections.drop_outdated_whispers(room).await?;
            space = rules::space(collections.authors_of_whispers(room).await?, &seated, author);
        }
        let Some(space) = space else {
            let until = rules::full_until(collections.oldest_whisper(room).await?);
            self.fills.set(room, Fill::Full(until));
            return Err(rules::full(until));
        };
        gone.add(collections.cut_unseated_whispers(room, &seated, space.unseated).await?);
        for cut in space.cuts {
            gone.add(collections.cut_whispers(room, cut).await?);
        }
        Ok(gone)
    }
}

impl Collections {
    /// Deletes what one visitor has said to one other but for the newest.
    pub(super) async fn prune_whispers(&self, whisper: &Whisper) -> Result<Gone, StoreError> {
        let mut pair = in_room(whisper.room);
        pair.insert("visitor", whisper.author.id.to_string());
        pair.insert("to", whisper.to.id.to_string());
        self.keep_newest_whispers(pair, WHISPERS_PAIR).await
    }

    async fn cut_whispers(&self, room: RoomId, (author, kept): Cut) -> Result<Gone, StoreError> {
        let mut theirs = in_room(room);
        theirs.insert("visitor", author.to_string());
        self.keep_newest_whispers(theirs, kept).await
    }

    /// Deletes the oldest whispers of authors who hold no seat.
    async fn cut_unseated_whispers(
        &self,
        room: RoomId,
        seated: &HashSet<VisitorId>,
        count: usize,
    ) -> Result<Gone, StoreError> {
        let Some(before) = count.checked_sub(1) else {
            return Ok(Gone::default());
        };
        let seated: Vec<_> = seated.iter().map(VisitorId::to_string).collect();
        let mut theirs = in_room(room);
        theirs.insert("visitor", doc! { "$nin": seated });
        let last = self.log.find_one(theirs.clone()).sort(doc! { "_id": 1 });
        // Another server may have deleted some since they were counted; then there is space already.
        match within(last.skip(before as u64)).await? {
            Some(last) => self.delete_whispers_up_to(theirs, last.id).await,
            None => Ok(Gone::default()),
        }
    }

    async fn keep_newest_whispers(&self, of: Document, kept: usize) -> Result<Gone, StoreError> {
        let beyond = self.log.find_one(of.clone()).sort(doc! { "_id": -1 });
        let Some(last) = within(beyond.skip(kept as u64)).await? else {
            return Ok(Gone::default());
        };
        self.delete_whispers_up_to(of, last.id).await
    }

    /// Deletes those among the oldest of a room that are older than they have to be kept.
    async fn drop_outdated_whispers(&self, room: RoomId) -> Result<Gone, StoreError> {
        let limit = rules::outdated().millis();
        let page = async {
            let found = self.log.find(in_room(room)).sort(doc! { "_id": 1 });
            found.limit(signed(OUTDATED)).await?.try_collect::<Vec<_>>().await
        };
        let mut oldest = within(page).await?;
        let outdated = oldest.iter().take_while(|whisper| whisper.at < limit).count();
        oldest.truncate(outdated);
        match oldest.pop() {
            Some(last) => self.delete_whispers_up_to(in_room(room), last.id).await,
            None => Ok(Gone::default()),
        }
    }

    async fn delete_whispers_up_to(&self, mut of: Document, last: String) -> Result<Gone, StoreError> {
        of.insert("_id", doc! { "$lte": last });
        let names = self.named(of.clone()).await?;
        let deleted = within(self.log.update_many(of, pruned())).await?;
        let count = usize::try_from(deleted.modified_count).unwrap_or(usize::MAX);
        Ok(Gone { count, names })
    }

    async fn count_whispers(&self, room: RoomId, author: Option<VisitorId>) -> Result<usize, StoreError> {
        let mut which = in_room(room);
        if let Some(author) = author {
            which.insert("visitor", author.to_string());
        }
        let count = within(self.log.count_documents(which)).await?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    async fn authors_of_whispers(&self, room: RoomId) -> Result<Vec<Cut>, StoreError> {
        let by_author = [
            doc! { "$match": in_room(room) },
            doc! { "$group": { "_id": "$visitor", "count": { "$sum": 1_i64 } } },
        ];
        let grouped = async { self.log.aggregate(by_author).await?.try_collect::<Vec<_>>().await };
        let count = |found: &Document| usize::try_from(found.get_i64("count").unwrap_or(0)).unwrap_or(0);
        let author = |found: &Document| Ok((text(found.get_str("_id").unwrap_or(""), "visitor")?, count(found)));
        let authors = within(grouped).await?;
        Ok(authors.iter().map(author).collect::<Result<_, Damaged>>()?)
    }

    async fn oldest_whisper(&self, room: RoomId) -> Result<Moment, StoreError> {
        let oldest = self.log.find_one(in_room(room));
        let oldest = within(oldest.sort(doc! { "_id": 1 })).await?;
        Ok(oldest.map_or_else(Moment::now, |oldest| Moment::from_millis(oldest.at)))
    }
}
