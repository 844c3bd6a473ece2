//! The service of messages: posts and reads them, with their files. What is allowed is for [`crate::rules`] to say.

mod reports;
mod whispers;

pub use whispers::addressee;

use std::sync::Arc;

use tokio::fs::File;

use crate::{
    domain::{
        Alt, Chat, Emoji, Field, GifBody, GifName, GifWords, Guest, Invalid, Limits, Message, MessageId, Nonce,
        Problem, Reaction, Refusal, RoomId, Source, Space, Visitor, asked_for,
    },
    limits::budgets::{Budgets, UploadBytes},
    media::uploads::{NamedIn, Picture, StoredGif, Upload, UploadSlot, Uploads},
    rules::{AgainGif, Command, Edit, NewBody, NewMessage, Reacting},
    service::{access::Reader, deletions::Deletions, detached_tasks::DetachedTasks},
    store::{Committed, Store, StoreError, Window},
};

/// GIFs that are offered to be sent again.
const TRAY: usize = 24;

/// Reads what somebody says from its fields: a text, or the name of a GIF of the room, with what it shows and what is said with
/// it.
///
/// # Errors
/// Neither is given, or one breaks a rule.
pub fn said(chat: Option<&str>, gif: Option<&str>, alt: Option<&str>, limits: &Limits) -> Result<NewBody, Refusal> {
    let Some(gif) = gif.filter(|name| !name.is_empty()) else {
        return Ok(NewBody::Chat(Chat::parse(chat.unwrap_or_default(), limits)?));
    };
    Ok(NewBody::Again(AgainGif {
        name: asked_for(gif, GifName::random),
        alt: alt.map(|alt| Alt::parse(alt, limits)).transpose()?,
        caption: caption(chat.unwrap_or_default(), limits)?,
    }))
}

/// Reads what somebody reacts with: the name of a GIF, or an emoji.
///
/// # Errors
/// Neither is given, or it is no emoji.
pub fn reaction(emoji: Option<&str>, gif: Option<&str>) -> Result<Reaction, Refusal> {
    match gif.filter(|name| !name.is_empty()) {
        Some(gif) => Ok(Reaction::Gif(asked_for(gif, GifName::random))),
        None => match emoji.filter(|emoji| !emoji.is_empty()) {
            Some(emoji) => Ok(Reaction::Emoji(Emoji::parse(emoji)?)),
            None => Err(Invalid::new(Field::Emoji, Problem::Empty).into()),
        },
    }
}

/// Reads which message something is about.
///
/// # Errors
/// It is missing.
pub fn message_named(id: Option<&str>) -> Result<MessageId, Refusal> {
    let missing = Invalid::new(Field::Message, Problem::Empty);
    Ok(answered(id).ok_or(missing)?)
}

/// Reads which message is answered; an empty field names none.
pub fn answered(id: Option<&str>) -> Option<MessageId> {
    let id = id.filter(|id| !id.is_empty());
    id.map(|id| asked_for(id, MessageId::random))
}

/// Reads what a message is to say instead; an empty text takes away what is said with a GIF.
///
/// # Errors
/// It is not given, or breaks a rule of texts.
pub fn rewritten(raw: Option<&str>, limits: &Limits) -> Result<Option<Chat>, Invalid> {
    caption(raw.ok_or(Invalid::new(Field::Chat, Problem::Empty))?, limits)
}

/// Reads what is said with a GIF; an empty text is none.
///
/// # Errors
/// It breaks a rule of texts.
pub fn caption(raw: &str, limits: &Limits) -> Result<Option<Chat>, Invalid> {
    let said = Some(raw).filter(|raw| !raw.trim().is_empty());
    said.map(|raw| Chat::parse(raw, limits)).transpose()
}

/// Refuses a GIF whose file as it came is blocked. Whether what is stored of it is, the rules ask.
async fn must_not_be_blocked(store: &dyn Store, stored: &StoredGif) -> Result<(), Refusal> {
    match stored.original() {
        Some(original) if store.is_blocked(original).await? => Err(Refusal::BlockedGif),
        _ => Ok(()),
    }
}

/// The service, and what it works with.
#[derive(Clone)]
pub struct Messages {
    store: Arc<dyn Store>,
    uploads: Uploads,
    deletions: Deletions,
    detached: DetachedTasks,
    budgets: Arc<Budgets>,
}

impl Messages {
    /// The service over this store.
    pub fn new(
        store: Arc<dyn Store>,
        uploads: Uploads,
        deletions: Deletions,
        detached: DetachedTasks,
        budgets: Arc<Budgets>,
    ) -> Self {
        Self {
            store,
            uploads,
            deletions,
            detached,
            budgets,
        }
    }

    /// Posts a text of a member, or a GIF of the room again.
    ///
    /// # Errors
    /// Too many messages, no such room, not a member, no message of the room names the GIF, no such message to answer, or the
    /// store fails.
    pub async fn post(
        &self,
        room: RoomId,
        author: &Guest,
        new: NewMessage,
        nonce: Option<Nonce>,
    ) -> Result<Arc<Message>, Refusal> {
        self.budgets.message(author)?;
        let nonced = nonce.is_some();
        let posted = self.store.submit(room, Command::Post(author.visitor, new), nonce).await;
        let message = posted.and_then(message_of);
        message.map_err(|error| Refusal::from(error).of_nonced(nonced))
    }

    /// Lets a message say something else, for its author.
    ///
    /// # Errors
    /// Too many messages, no such room, not a member, no such message, somebody else's, written too long ago, or the store
    /// fails.
    pub async fn edit(&self, room: RoomId, edit: Edit, source: Source) -> Result<(), Refusal> {
        self.count(edit.by, source)?;
        Ok(self.store.submit(room, Command::Edit(edit), None).await.map(drop)?)
    }

    /// Gives a reaction to a message, or takes it back.
    ///
    /// # Errors
    /// Too many messages, no such room, not a member, no such message, no message of the room names the GIF, too many
    /// reactions, or the store fails.
    pub async fn react(&self, room: RoomId, new: Reacting, source: Source) -> Result<(), Refusal> {
        self.count(new.by, source)?;
        Ok(self.store.submit(room, Command::React(new), None).await.map(drop)?)
    }

    /// Counts what a visitor says in one way or another.
    fn count(&self, visitor: Visitor, source: Source) -> Result<(), Refusal> {
        self.budgets.message(&Guest { visitor, source })
    }

    /// The GIFs lately sent in a room, each once, the newest first.
    ///
    /// # Errors
    /// The store fails.
    pub async fn lately_sent(&self, reader: &Reader) -> Result<Vec<GifBody>, Refusal> {
        let mut sent = self.store.lately_sent(reader.id(), TRAY).await?;
        // What was said with one belongs to its message.
        sent.iter_mut().for_each(|gif| gif.caption = None);
        Ok(sent)
    }

    /// Takes one of the uploads that a visitor and an address may run side by side, and the bytes that it is said to have
    /// from those that they may send in a time.
    ///
    /// # Errors
    /// All of them run already, or it is one too many, or one too large.
    pub fn upload_slot(&self, guest: &Guest, announced: u64) -> Result<(UploadSlot, UploadBytes), Refusal> {
        let slot = self.uploads.slot(guest, announced)?;
        let bytes = self.budgets.upload_bytes(guest, announced)?;
        self.budgets.upload(guest)?;
        self.budgets.message(guest)?;
        Ok((slot, bytes))
    }

    /// Begins a GIF of a member.
    ///
    /// # Errors
    /// No such room, banned, closed, not a member, or no space on the disk or within the quotas.
    pub async fn begin_gif(&self, id: RoomId, author: Visitor, slot: UploadSlot) -> Result<Upload, Refusal> {
        self.must_take_uploads()?;
        let room = self.store.room(id).await?.ok_or(Refusal::RoomNotFound)?;
        room.must_be_inside(author.id, self.store.now())?;
        self.uploads.begin(slot, id).await
    }

    /// The space that the GIFs of a room take.
    ///
    /// # Errors
    /// The store fails.
    pub async fn space_of_room(&self, room: RoomId) -> Result<Space, Refusal> {
        Ok(self.uploads.space_of_room(room).await?)
    }

    /// The space that the GIFs of the site may take.
    pub fn space_of_site(&self) -> Space {
        self.uploads.space_of_site()
    }

    /// Refuses what an upload writes while the operator has paused uploads, and while the store keeps the last space of the
    /// disk for deletions: both may be on one disk.
    ///
    /// # Errors
    /// `Paused` or `StorageFull`.
    pub fn must_take_uploads(&self) -> Result<(), Refusal> {
        self.store.site().may_upload()?;
        if self.store.is_full() {
            Err(Refusal::StorageFull)
        } else {
            Ok(())
        }
    }

    /// Makes the uploaded GIF durable, then posts the message that names it.
    ///
    /// # Errors
    /// Not a whole GIF, no such room, not a member, or store or disk fail. No file is left then.
    pub async fn post_gif(
        &self,
        room: RoomId,
        author: Visitor,
        upload: Upload,
        (words, reply): (GifWords, Option<MessageId>),
        nonce: Option<Nonce>,
    ) -> Result<Arc<Message>, Refusal> {
        let (store, nonced) = (Arc::clone(&self.store), nonce.is_some());
        let posted = self.settle(NamedIn::Message(room), upload, words, async move |body| {
            let new = NewMessage { body, reply };
            let posted = store.submit(room, Command::Post(author, new), nonce).await?;
            Ok((!posted.known, message_of(posted)?))
        });
        posted.await.map_err(|refusal| refusal.of_nonced(nonced))
    }

    /// Makes an uploaded GIF durable, then commits what names it. `commit` tells whether that is new.
    async fn settle<T, Commit, Committed>(
        &self,
        named: NamedIn,
        upload: Upload,
        words: GifWords,
        commit: Commit,
    ) -> Result<T, Refusal>
    where
        T: Send + 'static,
        Commit: FnOnce(NewBody) -> Committed + Send + 'static,
        Committed: Future<Output = Result<(bool, T), StoreError>> + Send,
    {
        // Were it cancelled between commit and keep, a message would lose its file.
        let store = Arc::clone(&self.store);
        let settle = async move {
            let stored = upload.finish().await?;
            if let Err(refusal) = must_not_be_blocked(&*store, &stored).await {
                stored.discard().await;
                return Err(refusal);
            }
            match commit(NewBody::Gif(stored.body(words))).await {
                Ok((true, done)) => {
                    stored.keep(named).await;
                    Ok(done)
                }
                // Its file is there since the first time; the new copy goes.
                Ok((false, done)) => {
                    stored.discard().await;
                    Ok(done)
                }
                Err(StoreError::Refused(refusal)) => {
                    stored.discard().await;
                    Err(refusal)
                }
                // A store that keeps GIFs itself may have the message all the same, and finds out by itself.
                Err(error) => Err(error.into()),
            }
        };
        self.detached.finish(settle).await
    }

    /// Messages of a room, oldest first.
    ///
    /// # Errors
    /// The store fails.
    pub async fn history(&self, reader: &Reader, window: Window, limit: usize) -> Result<Vec<Message>, Refusal> {
        Ok(self.store.history(reader.id(), window, limit).await?)
    }

    /// The room whose message names a file, if there is one.
    ///
    /// # Errors
    /// The store fails.
    pub async fn room_of_gif(&self, name: GifName) -> Result<Option<RoomId>, Refusal> {
        if let Some(room) = self.uploads.room_of(name).await {
            return Ok(Some(room));
        }
        Ok(self.store.room_of_gif(name).await?)
    }

    /// Opens a file of a GIF.
    ///
    /// # Errors
    /// There is none, or the store that keeps it fails.
    pub async fn picture(&self, name: GifName, named: NamedIn, picture: Picture) -> Result<File, Refusal> {
        self.uploads.picture(name, named, picture).await
    }
}

fn message_of(posted: Committed) -> Result<Arc<Message>, StoreError> {
    posted
        .message
        .ok_or_else(|| StoreError::failed("a post left no message"))
}
