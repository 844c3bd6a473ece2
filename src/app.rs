//! Puts everything together, serves, stops.

mod admission;
mod aside;
mod connection;
mod listener;
mod metrics;
mod open_files;
mod refusals;
mod serve;
mod service_manager;
mod startup;

use std::{io, path::Path, sync::Arc, time::Duration};

use socketioxide::{ParserConfig, SocketIo, layer::SocketIoLayer};
use tokio::{task::JoinSet, time::timeout};
use tracing::{error, info, warn};

use self::startup::Startup;
pub use self::{listener::Listener, service_manager::Inherited, startup::check};
use crate::{
    audit::Audit,
    broadcast::Events,
    config::{Config, Listen},
    domain::{Budget, Refusal},
    limits::{budgets::Budgets, closings::Closings, openings::Openings, stopping::Stopping},
    media::uploads::{AtOnce, Uploads},
    metrics::SiteMetrics,
    page::{assets::Assets, avatar::picture::Pictures, views::LastRows},
    realtime::sockets,
    service::{
        deletions::Deletions,
        detached_tasks::DetachedTasks,
        messages::Messages,
        operator::Operators,
        passwords::Passwords,
        rooms::{Rooms, SiteRules},
    },
    state::{AppState, Parts},
    store::{MongoUrl, Sessions, SqliteStore, Store, StoreError, StoreUrl, open_sqlite_sessions, sessions_file},
    web,
};

/// How often seats and rooms whose grace is over are looked for, and files that nothing names any more.
const EXPIRE_EVERY: Duration = Duration::from_millis(500);

/// How often expired sessions are deleted, from the start on.
const PURGE_EVERY: Duration = Duration::from_secs(600);

/// Time for sockets that are about to connect, and for sockets and for requests to end, each, before the store is closed.
/// Together they stay below the 10 s that service managers commonly wait.
const CONNECTING: Duration = Duration::from_secs(1);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The store can't be opened.
    #[error("--store: {0}")]
    Store(#[from] StoreError),
    /// The folder of the GIFs can't be used.
    #[error("--uploads {0}: {1}")]
    Uploads(String, #[source] io::Error),
    /// Something else.
    #[error("{0}")]
    Other(String),
}

/// Serves on `listener` until `shutdown` ends, then lets everybody go and flushes what is waiting.
///
/// # Errors
/// The store or the folder of the GIFs can't be opened.
pub async fn run(
    listener: impl Into<Listener>,
    config: Config,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), AppError> {
    let mut startup = Startup::read(&config).map_err(AppError::Other)?;
    let listener = listener.into();
    let exposed = match config.metrics {
        Some(address) => {
            let bound = Listener::bind_as("--metrics", &Listen::Address(address)).await;
            Some(bound.map_err(AppError::Other)?)
        }
        None => None,
    };
    let console = match &config.operators.admin {
        Some(listen) => Some(Listener::bind_as("--admin", listen).await.map_err(AppError::Other)?),
        None => None,
    };
    let most = open_files::fitting(config.connections);
    let (store, sessions) = open_store(&config).await?;
    let tokens = startup.tokens.take();
    let (state, io, layer) = compose(config, startup, Arc::clone(&store)).await?;
    let mut tasks = JoinSet::new();
    start_tasks(&mut tasks, &state, &sessions)?;
    if let Some(listener) = exposed {
        info!(metrics = %listener, "serving metrics");
        let exporter = metrics::Exporter::new(state.clone(), io.clone());
        tasks.spawn(aside::serve(listener, metrics::router(exporter)));
    }
    tasks.spawn(sockets::watch(io.clone(), state.clone()));
    if let Some(listener) = console {
        let router = web::operator::router(state.clone(), tokens);
        info!(operators = %listener, "serving operators");
        tasks.spawn(aside::serve(listener, router));
    }
    let router = web::router(state.clone(), sessions.clone(), (io.clone(), layer));
    tasks.spawn(service_manager::watch(Arc::clone(&store)));
    info!(address = %listener, "serving");
    service_manager::ready();
    let connections = serve::serve(listener, router, &state, most, shutdown).await;
    info!("stopping");
    service_manager::stopping();
    if timeout(CONNECTING, state.stopping.begin()).await.is_err() {
        info!("some sockets did not connect in time");
    }
    Events::announce_restart(&io, state.config.restart_within).await;
    if timeout(CLOSE_TIMEOUT, io.close()).await.is_err() {
        info!("some sockets did not close in time");
    }
    if timeout(CLOSE_TIMEOUT, connections.shutdown()).await.is_err() {
        info!("some requests did not end in time");
    }
    state.detached.done().await;
    store.close().await;
    tasks.shutdown().await;
    sessions.close().await;
    info!("stopped");
    Ok(())
}

async fn open_store(config: &Config) -> Result<(Arc<dyn Store>, Sessions), AppError> {
    match &config.store {
        StoreUrl::Sqlite(path) => {
            let (file, rooms) = (path.clone(), config.rooms);
            let open = tokio::task::spawn_blocking(move || SqliteStore::open(&file, rooms));
            let store = open.await.map_err(StoreError::failed)??;
            let file = sessions_file(path);
            let sessions = match open_sqlite_sessions(&file, store.full()).await {
                Err(StoreError::Full) => {
                    store.give_up_reserve(path)?;
                    open_sqlite_sessions(&file, store.full()).await?
                }
                opened => opened?,
            };
            Ok((Arc::new(store), sessions))
        }
        StoreUrl::Mongo(url) => open_mongo(url, config).await,
    }
}

#[cfg(feature = "mongodb")]
async fn open_mongo(url: &MongoUrl, config: &Config) -> Result<(Arc<dyn Store>, Sessions), AppError> {
    use crate::store::mongo::{MongoStore, Timing};

    let store = MongoStore::open(url, config.rooms, Timing::of(config.lease)).await?;
    let sessions = store.sessions().await?;
    Ok((Arc::new(store), sessions))
}

#[cfg(not(feature = "mongodb"))]
async fn open_mongo(url: &MongoUrl, _: &Config) -> Result<(Arc<dyn Store>, Sessions), AppError> {
    Err(AppError::Store(StoreError::failed(startup::without_mongodb(url))))
}

fn open_uploads(config: &Config, store: &dyn Store) -> io::Result<Uploads> {
    let (folder, limits) = (&config.uploads, config.limits().gif);
    let at_once = AtOnce {
        all: config.uploads_at_once,
        each: config.uploads_per_visitor,
        rate: config.upload_rate,
    };
    match store.blobs() {
        Some(blobs) => Uploads::open_cache(folder, limits, at_once, blobs, config.cache_bytes),
        None => Uploads::open(folder, limits, at_once),
    }
}

/// Bytes of the disk of a folder that are free for this user; all there may be if nobody says.
fn free_bytes(folder: &Path) -> u64 {
    match rustix::fs::statvfs(folder) {
        Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize),
        Err(error) => {
            warn!(%error, "how much of the disk is free is not known: set --quota-site");
            u64::MAX
        }
    }
}

async fn compose(
    config: Config,
    startup: Startup,
    store: Arc<dyn Store>,
) -> Result<(AppState, SocketIo, SocketIoLayer), AppError> {
    let limits = config.limits();
    let Startup {
        about, makers, door, ..
    } = startup;
    let uploads = open_uploads(&config, &*store)
        .map_err(|error| AppError::Uploads(config.uploads.display().to_string(), error))?;
    uploads.sweep(&*store).await?;
    let disk = match store.blobs() {
        Some(_) => None,
        None => Some((free_bytes(&config.uploads), store.held_by_site().bytes)),
    };
    let uploads = uploads.with_space(Arc::clone(&store), config.quotas.quotas(disk));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let passwords =
        Passwords::new(cores).map_err(|error| AppError::Other(format!("passwords can't be hashed: {error}")))?;
    let detached = DetachedTasks::default();
    let deletions = Deletions::new(Arc::clone(&store), uploads.clone(), detached.clone());
    let budgets = Arc::new(Budgets::new(&config.budgets.rates()));
    let metrics = SiteMetrics::new(
        &Refusal::CODES,
        &Budget::ALL.map(Budget::name),
        uploads.metrics().clone(),
    );
    let state = AppState::new(Parts {
        audit: Audit::new(config.log_address),
        proxies: config.proxies(),
        budgets: Arc::clone(&budgets),
        assets: Assets::load(config.public.as_deref(), &about),
        pictures: Pictures::default(),
        rows: LastRows::default(),
        rooms: Rooms::new(
            Arc::clone(&store),
            deletions.clone(),
            passwords,
            config.graces(),
            Arc::clone(&budgets),
            config.budgets.open_rooms(),
            SiteRules {
                listed: about.listed,
                makers,
            },
        ),
        about,
        door,
        events: Events::new(Arc::clone(&store), uploads.clone()),
        messages: Messages::new(
            Arc::clone(&store),
            uploads,
            deletions.clone(),
            detached.clone(),
            Arc::clone(&budgets),
        ),
        operators: Operators::new(
            Arc::clone(&store),
            deletions.clone(),
            detached.clone(),
            Arc::clone(&budgets),
        ),
        deletions,
        detached,
        openings: Openings::new(config.connect_timeout),
        closings: Closings::default(),
        stopping: Stopping::default(),
        limits: Arc::new(limits),
        config: Arc::new(config),
        store,
        metrics,
    });
    let (layer, io) = SocketIo::builder()
        .with_parser(
            ParserConfig::common()
                .max_incoming_binaries(1)
                .max_incoming_binary_buf_size(1),
        )
        .max_payload(state.limits.event as u64)
        .ws_max_message_size(state.limits.event)
        .ws_max_frame_size(state.limits.event)
        // A small buffer: most clients say little, and there is one for each socket.
        .ws_read_buffer_size(512)
        .max_buffer_size(state.config.socket_buffer)
        .ping_interval(state.config.ping_interval)
        .ping_timeout(state.config.ping_timeout)
        // It keeps a session for that long although it was closed, unless it had a namespace.
        .connect_timeout(state.config.connect_timeout)
        .build_layer();
    sockets::register(&io, state.clone());
    Ok((state, io, layer))
}

fn start_tasks(tasks: &mut JoinSet<()>, state: &AppState, sessions: &Sessions) -> Result<(), AppError> {
    let changes = state.store.changes();
    let changes = changes.ok_or_else(|| AppError::Other("somebody follows the store already".into()))?;
    tasks.spawn(Arc::clone(&state.events).follow(changes));
    let events = Arc::clone(&state.events);
    tasks.spawn(async move { events.lobby().run().await });
    let expiring = state.clone();
    tasks.spawn(async move {
        loop {
            tokio::time::sleep(EXPIRE_EVERY).await;
            let _ = expiring.operators.forget_lapsed().await;
            if let Err(refusal) = expiring.rooms.expire().await
                && refusal != Refusal::Unavailable
            {
                error!(code = refusal.code(), "what is due in rooms can't be done now");
            }
        }
    });
    let deletions = state.deletions.clone();
    tasks.spawn(async move {
        loop {
            // What fails is tried again; the store has said why.
            if !matches!(deletions.delete_listed().await, Ok(true)) {
                tokio::time::sleep(EXPIRE_EVERY).await;
            }
        }
    });
    let sessions = sessions.clone();
    tasks.spawn(async move {
        loop {
            if let Err(error) = sessions.purge().await {
                error!(%error, "the sessions can't be cleaned up now");
            }
            tokio::time::sleep(PURGE_EVERY).await;
        }
    });
    Ok(())
}
