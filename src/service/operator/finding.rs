//! What operators find, wherever it is: what a visitor wrote, and where a GIF is.

use super::Operators;
use crate::{
    audit::Audit,
    domain::{GifHash, GifName, Message, Operator, Refusal, Room, RoomId, VisitorId, Why},
    rules::SiteCommand,
    store::Trace,
};

/// Messages and rooms that a search finds at most.
const FOUND: usize = 100;

/// Near copies that are shown at most.
const NEAR: usize = 24;

/// Rooms that are searched together.
const TOGETHER: usize = 1_000;

/// Messages that are shown, and the rooms they are in; the latest first.
pub type Found = Vec<(RoomId, Message)>;

/// Where a GIF is.
#[derive(Debug)]
pub struct FoundGif {
    /// Its bytes.
    pub hash: GifHash,
    /// Messages with the same bytes, under whatever name.
    pub messages: Found,
    /// How many files of the same bytes are in whispers, which operators do not read.
    pub whispered: usize,
    /// Files of messages that look alike, with the bits of 64 in which they differ; the nearest first. That is a hint and no more.
    pub near: Vec<(GifName, u32)>,
}

impl Operators {
    /// The rooms in which a visitor is, and what they wrote in any room.
    ///
    /// # Errors
    /// The store fails.
    pub async fn find_visitor(&self, visitor: VisitorId) -> Result<(Vec<Room>, Found), Refusal> {
        let (mut wrote, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.rooms(after, TOGETHER).await?;
            let rooms = page.rooms.iter().map(|room| room.id).collect();
            wrote.extend(self.store.messages_by(visitor, rooms, FOUND).await?);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let seats = self.store.rooms_of(visitor, FOUND).await?;
        Ok((seats, self.shown(wrote).await?))
    }

    /// Where a GIF is in the whole site, by its bytes.
    ///
    /// # Errors
    /// `GifNotFound` if nothing names the file, or a version named it that kept no hash; or the store fails.
    pub async fn find_gif(&self, name: GifName) -> Result<FoundGif, Refusal> {
        let hash = self.hash_of(name).await?;
        let messages = self.store.messages_with(vec![hash]).await?;
        Ok(FoundGif {
            hash,
            messages: self.shown(messages).await?,
            whispered: self.store.whispered_with(vec![hash]).await?.len(),
            near: self.near_copies(name).await?,
        })
    }

    /// Those that a message names: what is only whispered is not shown.
    async fn near_copies(&self, name: GifName) -> Result<Vec<(GifName, u32)>, Refusal> {
        let mut near = Vec::new();
        for (other, distance) in self.store.near_copies(name).await? {
            if self.store.room_of_gif(other).await?.is_some() {
                near.push((other, distance));
            }
            if near.len() == NEAR {
                break;
            }
        }
        Ok(near)
    }

    /// Removes a GIF from every room and whisper, by its bytes; how many messages went. The rooms refuse the bytes from then on,
    /// others do not.
    ///
    /// # Errors
    /// The same.
    pub async fn remove_gif(&self, by: &Operator, why: Why, name: GifName, audit: &Audit) -> Result<usize, Refusal> {
        let hash = self.hash_of(name).await?;
        self.decide(by, why, SiteCommand::Done("remove GIF", name.to_string()))
            .await?;
        audit.taken_down(by);
        self.remove_all(&[hash]).await
    }

    async fn hash_of(&self, name: GifName) -> Result<GifHash, Refusal> {
        self.store.hash_of_gif(name).await?.ok_or(Refusal::GifNotFound)
    }

    /// Those that readers of the rooms see now.
    async fn shown(&self, traces: Vec<Trace>) -> Result<Found, Refusal> {
        let mut shown = Vec::new();
        for trace in Trace::latest(traces, FOUND) {
            let message = self.store.message(trace.room, trace.message).await?;
            shown.extend(message.map(|message| (trace.room, message)));
        }
        Ok(shown)
    }
}
