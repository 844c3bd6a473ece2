//! Messages that are read. What is shown has reached a majority, so that no failover takes it back, and is at least as new
//! as what the change stream has delivered: where a message was announced, a page without it means that it was deleted.

use futures_util::TryStreamExt;
use mongodb::{
    bson::{Document, doc},
    options::ReadConcern,
};

use super::{
    client::{ANSWER, Tables, within},
    documents::{MessageDoc, signed},
};
use crate::{
    domain::{Message, Nonce, RoomId, Seq, VisitorId},
    store::{StoreError, Window},
};

impl Tables {
    /// The messages of a window, oldest first.
    pub async fn history(&self, id: RoomId, window: Window, limit: usize) -> Result<Vec<Message>, StoreError> {
        let (bounds, order) = match window {
            Window::Newest => (doc! { "$gt": 0_i64 }, -1),
            Window::After(seq) => (doc! { "$gt": signed(seq) }, 1),
            Window::Before(seq) => (doc! { "$lt": signed(seq) }, -1),
        };
        if limit == 0 {
            return Ok(Vec::new());
        }
        let mut session = self.up_to_date().await?;
        let cleared = self.cleared(id, &mut session).await?;
        let page = async {
            let mut found = self
                .messages
                .find(doc! { "room": id.to_string(), "seq": bounds })
                .sort(doc! { "seq": order })
                .limit(signed(limit))
                .read_concern(ReadConcern::majority())
                .max_time(ANSWER)
                .session(&mut session)
                .await?;
            found.stream(&mut session).try_collect::<Vec<_>>().await
        };
        let mut page = within(page).await?;
        self.blank(cleared, &mut page).await?;
        if order < 0 {
            page.reverse();
        }
        Ok(page.iter().map(MessageDoc::message).collect::<Result<_, _>>()?)
    }

    /// The place of a room's last message, 0 when there is none.
    pub async fn last_seq(&self, id: RoomId) -> Result<Seq, StoreError> {
        let mut session = self.up_to_date().await?;
        let messages = self.messages.clone_with_type::<Document>();
        let last = messages
            .find_one(doc! { "room": id.to_string() })
            .sort(doc! { "seq": -1 })
            .projection(doc! { "seq": 1, "_id": 0 })
            .read_concern(ReadConcern::majority())
            .max_time(ANSWER)
            .session(&mut session);
        let seq = within(last).await?.and_then(|last| last.get_i64("seq").ok());
        Ok(seq.and_then(|seq| Seq::try_from(seq).ok()).unwrap_or(0))
    }

    /// The message a visitor has posted with a nonce, as readers see it.
    pub async fn by_nonce(&self, id: RoomId, visitor: VisitorId, nonce: &Nonce) -> Result<Option<Message>, StoreError> {
        let key = doc! { "room": id.to_string(), "visitor": visitor.to_string(), "nonce": nonce.as_str() };
        // Most nonces are new. That takes one read, as this is asked whenever servers compete for a place.
        let found = self.messages.find_one(key.clone());
        if within(found.read_concern(ReadConcern::majority())).await?.is_none() {
            return Ok(None);
        }
        let shown = self.shown(id, key).await?;
        Ok(shown.map(|shown| shown.message()).transpose()?)
    }

    /// A message of a room as readers see it: without what is cleared of it.
    pub async fn shown(&self, id: RoomId, which: Document) -> Result<Option<MessageDoc>, StoreError> {
        let mut session = self.up_to_date().await?;
        let cleared = self.cleared(id, &mut session).await?;
        let found = self.messages.find_one(which).read_concern(ReadConcern::majority());
        let found = within(found.max_time(ANSWER).session(&mut session)).await?;
        let mut found: Vec<_> = found.into_iter().collect();
        self.blank(cleared, &mut found).await?;
        Ok(found.pop())
    }
}
