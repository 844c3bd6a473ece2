//! Servers on one database, and the verbs of the tests.

use std::{sync::Arc, time::Duration};

use gifchat::{
    domain::{Chat, Limits, Max, Message, Nonce, Room, RoomId, Title, Visitor, VisitorId},
    rules::{Graces, NewBody, NewRoom, Retention},
    store::{
        Change, Changes, MongoUrl, StoreError, StoreUrl,
        mongo::{MongoStore, Timing},
    },
};

pub use super::support::{NewMessage, Posted, Verbs};
use super::{proxy::Proxy, support::mongod};
pub use gifchat::store::{GifIndex, History, ReportStore, RoomIndex, RoomLog, Store, WhisperStore};

/// Leases that run out fast enough for a test.
pub const FAST: Timing = Timing {
    renew: Duration::from_millis(300),
    lease: Duration::from_millis(1_500),
};

/// Time in which what is waited for has to come.
pub const SOON: Duration = Duration::from_secs(20);

/// A database of its own on the mongod of the run.
pub struct Site {
    url: String,
}

impl Site {
    pub fn new() -> Self {
        Self {
            url: mongod::fresh_database(),
        }
    }

    pub fn url(&self) -> MongoUrl {
        parsed(&self.url)
    }

    /// A server of this site.
    pub async fn server(&self) -> Arc<MongoStore> {
        self.server_with(Timing::default()).await
    }

    pub async fn server_with(&self, timing: Timing) -> Arc<MongoStore> {
        Arc::new(MongoStore::open(&self.url(), 1_000, timing).await.unwrap())
    }

    /// A server that reaches the database through a proxy.
    pub async fn server_behind(&self, proxy: &Proxy, timing: Timing) -> Arc<MongoStore> {
        Arc::new(
            MongoStore::open(&parsed(&proxy.before_url(&self.url)), 1_000, timing)
                .await
                .unwrap(),
        )
    }

    pub async fn servers<const N: usize>(&self) -> [Arc<MongoStore>; N] {
        let mut servers = Vec::new();
        for _ in 0..N {
            servers.push(self.server().await);
        }
        servers.try_into().ok().unwrap()
    }

    /// The database, for a look behind the scenes.
    pub async fn database(&self) -> mongodb::Database {
        mongod::behind(&self.url).await
    }
}

fn parsed(url: &str) -> MongoUrl {
    match url.parse() {
        Ok(StoreUrl::Mongo(url)) => url,
        other => panic!("{other:?}"),
    }
}

pub fn someone() -> Visitor {
    Visitor::new(VisitorId::random())
}

pub async fn room_of(store: &MongoStore, owner: Visitor, max: u32) -> Room {
    let new = NewRoom {
        title: Title::parse("움짤", &Limits::default()).unwrap(),
        max: Max::from_store(max),
        password_hash: None,
        owner,
        maker: Default::default(),
        most: Default::default(),
    };
    store.create_room(new).await.unwrap()
}

pub fn says(room: RoomId, author: Visitor, chat: &str, nonce: Option<&str>) -> NewMessage {
    NewMessage {
        room,
        author,
        body: NewBody::Chat(Chat::parse(chat, &Limits::default()).unwrap()),
        nonce: nonce.map(|nonce| Nonce::parse(nonce).unwrap()),
    }
}

pub async fn post(store: &MongoStore, new: NewMessage) -> Result<Posted, StoreError> {
    store.post(new).await
}

/// Graces that are over at once, but for new rooms.
pub fn no_graces() -> Graces {
    Graces {
        seat: Duration::ZERO,
        room: Duration::ZERO,
        lost: Duration::ZERO,
        first: Duration::from_secs(60),
        owner: Duration::from_secs(3_600),
        retention: Retention::ALL,
    }
}

/// The next change that `wanted` takes.
pub async fn next<T>(changes: &mut Changes, mut wanted: impl FnMut(&Change) -> Option<T>) -> T {
    let wait = async {
        loop {
            let change = changes.recv().await.expect("the store follows");
            if let Some(found) = wanted(&change) {
                return found;
            }
        }
    };
    tokio::time::timeout(SOON, wait).await.expect("it comes soon")
}

pub async fn next_message(changes: &mut Changes) -> Arc<Message> {
    next(changes, |change| match change {
        Change::Posted(message) => Some(Arc::clone(message)),
        _ => None,
    })
    .await
}

/// Waits until something holds.
pub async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(SOON, wait).await.expect("it holds soon");
}
