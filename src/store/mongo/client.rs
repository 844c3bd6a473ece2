//! The connection: its times, what is durable, collections, what a driver's error means.

use std::{sync::Arc, time::Duration};

use mongodb::{
    Client, Collection, Database,
    bson::{Document, doc},
    error::{Error, ErrorKind},
    options::{ClientOptions, ReadConcern, ReadPreference, SelectionCriteria, WriteConcern},
    results::InsertManyResult,
};
use tokio::time::timeout;

use super::{
    append_queue::Failure,
    breaker::{Breaker, CALLS},
    clock,
    decisions::Decisions,
    documents::{EntryDoc, StateDoc, TurnDoc, bytes, hex},
    epoch,
    pulse::Pulse,
    space::LastCount,
};
use crate::{
    domain::{AddressKey, Epoch},
    log_throttle::LogThrottle,
    metrics::StoreMetrics,
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
const NO_SPACE: i32 = 14_031;

/// The collections.
#[derive(Clone)]
pub struct Collections {
    /// The database.
    pub db: Database,
    /// Whether it answers.
    pub breaker: Arc<Breaker>,
    /// How its change stream is doing.
    pub pulse: Arc<Pulse>,
    /// The epoch of all rooms.
    pub epoch: Epoch,
    /// What this server counts of its calls.
    pub metrics: StoreMetrics,
    /// The logs of all rooms.
    pub log: Collection<EntryDoc>,
    /// Turns of servers that compete for a room.
    pub turns: Collection<TurnDoc>,
    /// Snapshots of rooms.
    pub rooms: Collection<StateDoc>,
    /// The servers and until when each lives.
    pub servers: Collection<Document>,
    /// GIFs and stills.
    pub gifs: Collection<Document>,
    /// Whose these are, and their bytes.
    pub files: Collection<Document>,
    /// Held by whoever takes space for one.
    pub taking: Arc<tokio::sync::Mutex<()>>,
    /// What they hold together.
    pub held_by_site: Arc<LastCount>,
    /// What the site marks addresses with.
    pub site_key: AddressKey,
    /// What the site has one of.
    pub site: Collection<Document>,
    /// What operators decided.
    pub decisions: Arc<Decisions>,
    /// Hashes of GIFs that no room takes.
    pub blocked: Collection<Document>,
    /// Hashes of GIFs that rooms refuse.
    pub forbidden: Collection<Document>,
}

/// Connects, makes what is missing.
///
/// # Errors
/// The address is wrong, nobody answers, or it is no replica set.
pub async fn connect(url: &MongoUrl) -> Result<Collections, StoreError> {
    let db = database(url).await?;
    must_be_replicated(&db).await?;
    let site_key = site_key(&db).await?;
    let epoch = epoch::of(&db).await?;
    let collections = Collections {
        log: db.collection("log"),
        rooms: db.collection("rooms"),
        turns: db.collection("turns"),
        servers: db.collection("servers"),
        gifs: db.collection("gifs"),
        forbidden: db.collection("forbidden"),
        blocked: db.collection("blocked"),
        files: db.collection("files"),
        site: db.collection(epoch::SITE),
        decisions: Arc::default(),
        held_by_site: Arc::default(),
        taking: Arc::default(),
        site_key,
        breaker: Arc::default(),
        pulse: Arc::default(),
        metrics: StoreError::metrics(),
        epoch,
        db,
    };
    within(clock::measure(&collections.db)).await?;
    collections.make_indexes().await?;
    collections.migrate().await?;
    collections.move_items().await?;
    collections.take_over_files().await?;
    collections.read_decisions().await?;
    Ok(collections)
}

/// The database of an address.
pub async fn database(url: &MongoUrl) -> Result<Database, StoreError> {
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

/// The key of the site: of the servers that start first, the one whose insert counts makes it.
async fn site_key(db: &Database) -> Result<AddressKey, StoreError> {
    let site = db.collection::<Document>("site");
    let new = doc! { "$setOnInsert": { "key": hex(&AddressKey::random().to_bytes()) } };
    let key = doc! { "_id": "key" };
    match site.update_one(key.clone(), new).upsert(true).await {
        Err(error) if !is_duplicate(&error) => return Err(failure(error)),
        _ => (),
    }
    let found = within(site.find_one(key).read_concern(ReadConcern::majority())).await?;
    let key = found
        .as_ref()
        .and_then(|found| found.get_str("key").ok())
        .and_then(bytes);
    key.map(AddressKey::from_bytes)
        .ok_or_else(|| StoreError::failed("the key of the site is damaged"))
}

/// Refuses a database without change streams.
pub async fn must_be_replicated(db: &Database) -> Result<(), StoreError> {
    let hello = within(db.run_command(doc! { "hello": 1 })).await?;
    if hello.contains_key("setName") || hello.get_str("msg").is_ok_and(|msg| msg == "isdbgrid") {
        Ok(())
    } else {
        Err(StoreError::failed(
            "this MongoDB is no replica set, so it has no change streams; start it with --replSet",
        ))
    }
}

/// Waits for the database no longer than [`ANSWER`].
pub async fn within<T>(call: impl IntoFuture<Output = Result<T, Error>>) -> Result<T, StoreError> {
    answer(timeout(ANSWER, call.into_future()).await)
}

/// What came within [`ANSWER`].
pub fn answer<T>(result: Result<Result<T, Error>, tokio::time::error::Elapsed>) -> Result<T, StoreError> {
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

/// What became of each document of an `insert_many` of so many entries of logs.
pub fn insert_outcome(
    inserted: Result<InsertManyResult, Error>,
    documents: usize,
    ordered: bool,
) -> Vec<Result<(), Failure>> {
    let all = |failure| vec![Err(failure); documents];
    let error = match inserted {
        Ok(_) => return vec![Ok(()); documents],
        Err(error) => error,
    };
    let ErrorKind::InsertMany(failures) = error.kind.as_ref() else {
        let full = code(&error) == Some(NO_SPACE);
        log_failure(&error);
        return all(if full { Failure::Full } else { Failure::Unknown });
    };
    if failures.write_concern_error.is_some() {
        // What is stored is not known to last.
        log_failure(&error);
        return all(Failure::Unknown);
    }
    let mut outcomes = vec![Ok(()); documents];
    for failed in failures.write_errors.iter().flatten() {
        let failure = match failed.code {
            // The unique `_id` decides between servers; another unique index is that of nonces.
            DUPLICATE if failed.message.contains("index: _id_") => Failure::Conflict,
            DUPLICATE => Failure::Repeated,
            NO_SPACE => Failure::Full,
            _ => {
                log_failure(&error);
                Failure::Unknown
            }
        };
        // An ordered insert ends there.
        let concerned = if ordered {
            failed.index..documents
        } else {
            failed.index..failed.index + 1
        };
        for outcome in outcomes.get_mut(concerned).unwrap_or_default() {
            *outcome = Err(failure);
        }
    }
    outcomes
}

fn log_failure(error: &Error) {
    static LINE: LogThrottle = LogThrottle::new();
    if let Some(suppressed) = LINE.permit() {
        tracing::warn!(%error, suppressed, "entries could not be stored");
    }
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
