//! Where a [`super::TestApp`] keeps its rows: a SQLite file, or with `GIFCHAT_TEST_STORE=mongo` a database on the
//! mongod of the run.

use std::path::{Path, PathBuf};

#[cfg(feature = "mongodb")]
use super::mongod;

/// What a test may ask about a store behind the server's back.
pub enum TestStore {
    Sqlite(PathBuf),
    #[cfg(feature = "mongodb")]
    Mongo(String),
}

impl TestStore {
    /// A store that has nothing in it yet.
    pub fn in_folder(folder: &Path) -> Self {
        match std::env::var("GIFCHAT_TEST_STORE").as_deref() {
            #[cfg(feature = "mongodb")]
            Ok("mongo") => Self::Mongo(mongod::fresh_database()),
            Ok(other) => panic!("GIFCHAT_TEST_STORE is {other}"),
            Err(_) => Self::Sqlite(folder.join("data/gifchat.db")),
        }
    }

    /// A store for a process that runs in a folder of its own.
    pub fn of_a_process() -> Self {
        Self::in_folder(Path::new(""))
    }

    /// The value of `--store`.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(file) => format!("sqlite:{}", file.display()),
            #[cfg(feature = "mongodb")]
            Self::Mongo(url) => url.clone(),
        }
    }

    /// The same, where the process turned out to run.
    pub fn seen_from(self, folder: &Path) -> Self {
        match self {
            Self::Sqlite(file) => Self::Sqlite(folder.join(file)),
            #[cfg(feature = "mongodb")]
            Self::Mongo(url) => Self::Mongo(url),
        }
    }

    /// Gives the messages of a room after a place to another room, behind the server's back: to the server it looks as
    /// if it read an older state.
    pub async fn move_messages(&self, from: &str, to: &str, after: u64) {
        match self {
            Self::Sqlite(file) => {
                let connection = rusqlite::Connection::open(file).unwrap();
                connection.busy_timeout(super::TIMEOUT).unwrap();
                let moved = "UPDATE messages SET room = unhex(?2) WHERE room = unhex(?1) AND seq > ?3";
                assert!(connection.execute(moved, rusqlite::params![from, to, after]).unwrap() > 0);
            }
            #[cfg(feature = "mongodb")]
            Self::Mongo(url) => {
                use mongodb::bson::{Document, doc};

                let messages = mongod::behind(url).await.collection::<Document>("log");
                let theirs = doc! { "room": from, "seq": { "$gt": i64::try_from(after).unwrap() } };
                let moved = messages.update_many(theirs, doc! { "$set": { "room": to } });
                assert!(moved.await.unwrap().modified_count > 0);
            }
        }
    }

    /// The folder in `uploads` that the GIFs lie in.
    pub fn gifs_in(&self, uploads: PathBuf) -> PathBuf {
        match self {
            Self::Sqlite(_) => uploads,
            #[cfg(feature = "mongodb")]
            Self::Mongo(_) => uploads.join("cache"),
        }
    }

    /// The SQLite file, open beside the server; nothing on MongoDB.
    pub fn sqlite(&self) -> Option<rusqlite::Connection> {
        match self {
            Self::Sqlite(file) => Some(rusqlite::Connection::open(file).unwrap()),
            #[cfg(feature = "mongodb")]
            Self::Mongo(_) => None,
        }
    }

    /// Rows of a table, documents of a collection.
    pub async fn rows(&self, table: &str) -> u64 {
        match self {
            Self::Sqlite(file) => rusqlite::Connection::open(file)
                .unwrap()
                .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
                .unwrap(),
            #[cfg(feature = "mongodb")]
            Self::Mongo(url) => {
                use mongodb::bson::{Document, doc};

                // Rooms, their messages, whispers and grants are entries of one log.
                let (table, which) = match table {
                    "rooms" => ("log", doc! { "kind": "created" }),
                    "messages" => ("log", doc! { "seq": { "$exists": true } }),
                    "grants" => ("log", doc! { "kind": { "$in": ["granted", "redeemed"] } }),
                    "whispers" => ("log", doc! { "to": { "$exists": true } }),
                    other => (other, doc! {}),
                };
                let table = mongod::behind(url).await.collection::<Document>(table);
                table.count_documents(which).await.unwrap()
            }
        }
    }

    /// Puts whispers of each of these visitors to somebody (id and colour) into a room that has none, behind the
    /// server's back.
    pub async fn fill_with_whispers(&self, room: &str, authors: &[(String, usize)], to: (&str, &str), at: i64) {
        let all = authors
            .iter()
            .flat_map(|(author, count)| std::iter::repeat_n(author, *count));
        match self {
            Self::Sqlite(file) => {
                let mut open = rusqlite::Connection::open(file).unwrap();
                open.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
                let filling = open.transaction().unwrap();
                for author in all {
                    let sql = "INSERT INTO whispers (room, id, visitor, color, to_visitor, to_color, created_at, chat)
                               VALUES (unhex(?1), unhex('00000000' || hex(randomblob(12))), ?2, ?4, ?3, ?4, ?5, 'x')";
                    let mut insert = filling.prepare_cached(sql).unwrap();
                    insert.execute((room, author, to.0, to.1, at)).unwrap();
                }
                filling.commit().unwrap();
            }
            #[cfg(feature = "mongodb")]
            Self::Mongo(url) => {
                use mongodb::bson::{Document, doc};

                let log = mongod::behind(url).await.collection::<Document>("log");
                let last = log.count_documents(doc! { "room": room }).await.unwrap();
                let whisper = |(n, author): (u64, &String)| {
                    doc! { "_id": format!("{room}:{n:012}"), "room": room, "kind": "whispered", "by": "another server",
                    "item": format!("{n:024x}"), "visitor": author, "color": to.1, "to": to.0, "to_color": to.1,
                    "at": at, "chat": "x" }
                };
                log.insert_many((last + 1..).zip(all).map(whisper)).await.unwrap();
            }
        }
    }

    /// Files and stills that the store itself keeps.
    pub async fn gifs(&self) -> u64 {
        match self {
            Self::Sqlite(_) => 0,
            #[cfg(feature = "mongodb")]
            Self::Mongo(_) => self.rows("gifs").await,
        }
    }

    /// All it keeps, sessions too, as it keeps it.
    pub async fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Sqlite(file) => [".db", ".db-wal", "-sessions.db", "-sessions.db-wal"]
                .iter()
                .flat_map(|end| {
                    std::fs::read(format!("{}{end}", file.with_extension("").display())).unwrap_or_default()
                })
                .collect(),
            #[cfg(feature = "mongodb")]
            Self::Mongo(url) => {
                use futures_util::TryStreamExt;

                let (database, mut bytes) = (mongod::behind(url).await, Vec::new());
                for name in database.list_collection_names().await.unwrap() {
                    let all = database.collection::<mongodb::bson::RawDocumentBuf>(&name);
                    let all = all.find(mongodb::bson::doc! {}).await.unwrap();
                    for document in all.try_collect::<Vec<_>>().await.unwrap() {
                        bytes.extend_from_slice(document.as_bytes());
                    }
                }
                bytes
            }
        }
    }
}
