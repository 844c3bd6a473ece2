//! The connection: its times, what is durable, collections and indexes, what a driver's error means.

use std::{sync::Arc, time::Duration};

use mongodb::{
    Client, Collection, Database, IndexModel,
    bson::{Document, doc},
    error::{Error, ErrorKind},
    options::{
        ChangeStreamPreAndPostImages, ClientOptions, IndexOptions, ReadPreference, SelectionCriteria, WriteConcern,
    },
};
use tokio::time::timeout;

use super::{
    breaker::{Breaker, CALLS},
    clock,
    documents::{GrantDoc, MessageDoc, RoomDoc},
    pulse::Pulse,
    reports::ReportDoc,
    whispers::WhisperDoc,
};
use crate::{
    domain::moderation::SLOW_MOST,
    store::{MongoUrl, StoreError},
};

/// Time for a call, all its round trips together. Whoever waits is told `unavailable` or `unknown` then.
pub const ANSWER: Duration = Duration::from_millis(2_900);

/// Time to find the primary; shorter than [`ANSWER`], so that the log says what is wrong.
const SELECTION: Duration = Duration::from_millis(2_700);

/// Connections to one member, when the address does not say: two for each call, as some ask for two things at once, and
/// some for what runs beside them. All may be opened at the same time. So nobody waits in the driver's queue: it serves
/// one request an event, those before it whose callers have given up among them, and after an outage there may be no
/// end of these.
const POOL: u32 = 2 * CALLS as u32 + 16;

const DUPLICATE: i32 = 11_000;
const EXISTS: i32 = 48;
const NO_SPACE: i32 = 14_031;

/// The collections.
#[derive(Clone)]
pub struct Tables {
    /// The database.
    pub db: Database,
    /// Whether it answers.
    pub breaker: Arc<Breaker>,
    /// How its change stream is doing.
    pub pulse: Arc<Pulse>,
    /// Rooms with their members.
    pub rooms: Collection<RoomDoc>,
    /// Messages.
    pub messages: Collection<MessageDoc>,
    /// Who may enter locked rooms.
    pub grants: Collection<GrantDoc>,
    /// The servers and until when each lives.
    pub servers: Collection<Document>,
    /// When somebody wrote last, in rooms where that matters.
    pub spoke: Collection<Document>,
    /// GIFs and stills.
    pub gifs: Collection<Document>,
    /// Hashes of GIFs that rooms refuse.
    pub forbidden: Collection<Document>,
    /// What one visitor says to one other.
    pub whispers: Collection<WhisperDoc>,
    /// What visitors tell owners about messages.
    pub reports: Collection<ReportDoc>,
}

/// Connects, makes what is missing.
///
/// # Errors
/// The address is wrong, nobody answers, or it is no replica set.
pub async fn connect(url: &MongoUrl) -> Result<Tables, StoreError> {
    let db = database(url).await?;
    let tables = Tables {
        rooms: db.collection("rooms"),
        messages: db.collection("messages"),
        grants: db.collection("grants"),
        servers: db.collection("servers"),
        spoke: db.collection("spoke"),
        gifs: db.collection("gifs"),
        forbidden: db.collection("forbidden"),
        whispers: db.collection("whispers"),
        reports: db.collection("reports"),
        breaker: Arc::default(),
        pulse: Arc::default(),
        db,
    };
    tables.must_be_replicated().await?;
    within(clock::measure(&tables.db)).await?;
    tables.make_rooms().await?;
    tables.bound_images().await;
    tables.make_indexes().await?;
    Ok(tables)
}

async fn database(url: &MongoUrl) -> Result<Database, StoreError> {
    let mut options = ClientOptions::parse(url.secret()).await.map_err(failure)?;
    options.app_name.get_or_insert_with(|| "gifchat".to_owned());
    options.server_selection_timeout.get_or_insert(SELECTION);
    options.connect_timeout.get_or_insert(SELECTION);
    options.max_pool_size.get_or_insert(POOL);
    options.max_connecting.get_or_insert(POOL);
    options.write_concern = Some(WriteConcern::majority());
    // What has to be lasting asks for it; the stream takes nothing weaker than a majority, which is its default.
    options.read_concern = None;
    options.selection_criteria = Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
    let no_name = || StoreError::failed("the address names no database; write mongodb://HOST/DATABASE");
    let name = options.default_database.clone().ok_or_else(no_name)?;
    Ok(Client::with_options(options).map_err(failure)?.database(&name))
}

impl Tables {
    /// The collections whose documents belong to rooms and go with them.
    pub fn of_rooms(&self) -> [Collection<Document>; 5] {
        [
            self.messages.clone_with_type(),
            self.grants.clone_with_type(),
            self.forbidden.clone(),
            self.whispers.clone_with_type(),
            self.reports.clone_with_type(),
        ]
    }

    async fn must_be_replicated(&self) -> Result<(), StoreError> {
        let hello = within(self.db.run_command(doc! { "hello": 1 })).await?;
        if hello.contains_key("setName") || hello.get_str("msg").is_ok_and(|msg| msg == "isdbgrid") {
            Ok(())
        } else {
            Err(StoreError::failed(
                "this MongoDB is no replica set, so it has no change streams; start it with --replSet",
            ))
        }
    }

    /// Rooms tell what they were after every update, so that each server sees who came and went in commit order.
    async fn make_rooms(&self) -> Result<(), StoreError> {
        let images = ChangeStreamPreAndPostImages::builder().enabled(true).build();
        let made = self
            .db
            .create_collection("rooms")
            .change_stream_pre_and_post_images(images);
        match timeout(ANSWER, made).await {
            Ok(Err(error)) if code(&error) == Some(EXISTS) => {
                let images = doc! { "collMod": "rooms", "changeStreamPreAndPostImages": { "enabled": true } };
                within(self.db.run_command(images)).await.map(drop)
            }
            other => answer(other).map(drop),
        }
    }

    async fn make_indexes(&self) -> Result<(), StoreError> {
        let rooms = [
            plain(doc! { "created": -1, "_id": -1 }),
            plain(doc! { "members.holds.server": 1 }),
            sparse(doc! { "members.dropped": 1 }),
            sparse(doc! { "empty": 1 }),
            sparse(doc! { "invites": 1 }),
            sparse(doc! { "lines.at": 1 }),
            sparse(doc! { "away": 1 }),
        ];
        within(self.rooms.create_indexes(rooms)).await?;
        self.make_indexes_of_whispers().await?;
        let named = doc! { "nonce": { "$exists": true } };
        let messages = [
            unique(doc! { "room": 1, "seq": 1 }, None),
            unique(doc! { "room": 1, "visitor": 1, "nonce": 1 }, Some(named)),
            sparse(doc! { "gif.name": 1 }),
            partial(doc! { "room": 1, "seq": -1 }, doc! { "gif.name": { "$exists": true } }),
            plain(doc! { "room": 1, "visitor": 1, "seq": 1 }),
            partial(
                doc! { "room": 1, "visitor": 1 },
                doc! { "address": { "$exists": true } },
            ),
        ];
        within(self.messages.create_indexes(messages)).await?;
        within(self.grants.create_index(unique(doc! { "room": 1, "visitor": 1 }, None))).await?;
        within(
            self.spoke
                .create_index(expiring("at", Duration::from_secs(SLOW_MOST.into()))),
        )
        .await?;
        within(self.gifs.create_index(plain(doc! { "at": 1, "_id": 1 }))).await?;
        within(self.forbidden.create_index(unique(doc! { "room": 1, "hash": 1 }, None))).await?;
        Ok(())
    }
}

impl Tables {
    async fn make_indexes_of_whispers(&self) -> Result<(), StoreError> {
        let named = doc! { "nonce": { "$exists": true } };
        let whispers = [
            unique(doc! { "room": 1, "turn": 1 }, None),
            unique(doc! { "room": 1, "visitor": 1, "nonce": 1 }, Some(named)),
            plain(doc! { "room": 1, "visitor": 1, "turn": 1 }),
            plain(doc! { "room": 1, "visitor": 1, "to": 1, "turn": 1 }),
            plain(doc! { "room": 1, "to": 1, "turn": 1 }),
            sparse(doc! { "gif.name": 1 }),
        ];
        within(self.whispers.create_indexes(whispers)).await?;
        let reports = unique(doc! { "room": 1, "message": 1, "by": 1 }, None);
        within(self.reports.create_index(reports)).await.map(drop)
    }
}

fn plain(keys: Document) -> IndexModel {
    IndexModel::builder().keys(keys).build()
}

fn sparse(keys: Document) -> IndexModel {
    let options = IndexOptions::builder().sparse(true).build();
    IndexModel::builder().keys(keys).options(options).build()
}

fn partial(keys: Document, only: Document) -> IndexModel {
    let options = IndexOptions::builder().partial_filter_expression(only).build();
    IndexModel::builder().keys(keys).options(options).build()
}

/// Deletes a document that long after the time in its field.
fn expiring(field: &str, after: Duration) -> IndexModel {
    let options = IndexOptions::builder().expire_after(after).build();
    IndexModel::builder().keys(doc! { field: 1 }).options(options).build()
}

fn unique(keys: Document, only: Option<Document>) -> IndexModel {
    let options = IndexOptions::builder()
        .unique(true)
        .partial_filter_expression(only)
        .build();
    IndexModel::builder().keys(keys).options(options).build()
}

/// Waits for the database no longer than [`ANSWER`].
pub async fn within<T>(call: impl IntoFuture<Output = Result<T, Error>>) -> Result<T, StoreError> {
    answer(timeout(ANSWER, call.into_future()).await)
}

fn answer<T>(result: Result<Result<T, Error>, tokio::time::error::Elapsed>) -> Result<T, StoreError> {
    match result {
        Ok(result) => result.map_err(failure),
        Err(_) => Err(StoreError::failed("MongoDB did not answer in time")),
    }
}

/// What a driver's error means.
pub fn failure(error: Error) -> StoreError {
    match code(&error) {
        Some(NO_SPACE) => StoreError::Full,
        _ => StoreError::failed(error),
    }
}

/// Whether a document could not be written as one with such a key is there already.
pub fn is_duplicate(error: &Error) -> bool {
    code(error) == Some(DUPLICATE)
}

/// The place of the first document of an ordered `insert_many` whose key is there already; those before are stored.
pub fn duplicate_at(error: &Error) -> Option<usize> {
    let ErrorKind::InsertMany(error) = error.kind.as_ref() else {
        return None;
    };
    if error.write_concern_error.is_some() {
        // Those before are not known to last.
        return None;
    }
    let first = error.write_errors.as_deref()?.first()?;
    (first.code == DUPLICATE).then_some(first.index)
}

/// The server's number for what went wrong.
pub fn code(error: &Error) -> Option<i32> {
    match error.kind.as_ref() {
        ErrorKind::Command(error) => Some(error.code),
        ErrorKind::Write(mongodb::error::WriteFailure::WriteError(error)) => Some(error.code),
        ErrorKind::Write(mongodb::error::WriteFailure::WriteConcernError(error)) => Some(error.code),
        _ => None,
    }
}
