//! The service of whispers: from one member to another, seen by the two alone.

use std::sync::Arc;

use super::Messages;
use crate::{
    domain::{
        Field, GifName, GifWords, Guest, Invalid, Nonce, Problem, Refusal, RoomId, Visitor, VisitorId, Whisper,
        WhisperId, asked_for,
    },
    media::uploads::{NamedIn, Upload, Uploads},
    rules::NewBody,
    service::access::Reader,
    store::{NewWhisper, Store, StoreError, Whispered},
};

/// Reads whom something is for.
///
/// # Errors
/// It is missing, or the author's own.
pub fn addressee(author: Visitor, to: Option<&str>) -> Result<VisitorId, Refusal> {
    let to = to
        .filter(|to| !to.is_empty())
        .ok_or(Invalid::new(Field::To, Problem::Empty))?;
    let to = asked_for(to, VisitorId::random);
    if to == author.id {
        return Err(Invalid::new(Field::To, Problem::Malformed).into());
    }
    Ok(to)
}

impl Messages {
    /// Whispers a text, or a GIF of the room again.
    ///
    /// # Errors
    /// Too many messages, no such room, one of the two is not in it, no message of the room names the GIF, or the store fails.
    pub async fn whisper(
        &self,
        room: RoomId,
        author: &Guest,
        to: VisitorId,
        body: NewBody,
        nonce: Option<Nonce>,
    ) -> Result<Arc<Whisper>, Refusal> {
        self.budgets.message(author)?;
        let new = NewWhisper {
            room,
            author: author.visitor,
            to,
            body,
            nonce,
        };
        let (store, uploads, nonced) = (Arc::clone(&self.store), self.uploads.clone(), new.nonce.is_some());
        let whispering = async move {
            let (_, whisper) = store_whisper(&*store, &uploads, new).await?;
            Ok(whisper)
        };
        let whispered = self.detached.finish(whispering).await;
        whispered.map_err(|refusal| refusal.of_nonced(nonced))
    }

    /// Makes the uploaded GIF durable, then stores the whisper that names it.
    ///
    /// # Errors
    /// Not a whole GIF, no such room, one of the two is not in it, or store or disk fail. No file is left then.
    pub async fn whisper_gif(
        &self,
        room: RoomId,
        author: Visitor,
        to: VisitorId,
        upload: Upload,
        words: GifWords,
        nonce: Option<Nonce>,
    ) -> Result<Arc<Whisper>, Refusal> {
        let (store, uploads, nonced) = (Arc::clone(&self.store), self.uploads.clone(), nonce.is_some());
        let whispered = self.settle(NamedIn::Whisper(room), upload, words, async move |body| {
            let new = NewWhisper {
                room,
                author,
                to,
                body,
                nonce,
            };
            store_whisper(&*store, &uploads, new).await
        });
        whispered.await.map_err(|refusal| refusal.of_nonced(nonced))
    }

    /// Whispers from and to a reader after another one, oldest first.
    ///
    /// # Errors
    /// The store fails.
    pub async fn whispers(
        &self,
        reader: &Reader,
        after: Option<WhisperId>,
        limit: usize,
    ) -> Result<Vec<Whisper>, Refusal> {
        let whispers = self.store.whispers(reader.id(), reader.visitor().id, after, limit);
        Ok(whispers.await?)
    }

    /// The room in which a whisper from or to a visitor names a file. To everybody else there is no such file.
    ///
    /// # Errors
    /// There is none, or the store fails.
    pub async fn room_of_whispered(&self, name: GifName, visitor: Visitor) -> Result<RoomId, Refusal> {
        let room = self.store.room_of_whispered(name, visitor.id).await?;
        room.ok_or(Refusal::NotFound)
    }
}

/// Stores a whisper, and deletes the files of those that made room for it; whether it is new.
async fn store_whisper(
    store: &dyn Store,
    uploads: &Uploads,
    new: NewWhisper,
) -> Result<(bool, Arc<Whisper>), StoreError> {
    let whispered = store.whisper(new).await?;
    let whisper = Arc::clone(whispered.whisper());
    match whispered {
        Whispered::New(_, gone) => {
            uploads.delete(gone).await;
            Ok((true, whisper))
        }
        Whispered::Known(_) => Ok((false, whisper)),
    }
}
