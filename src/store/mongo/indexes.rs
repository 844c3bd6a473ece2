//! The indexes of the collections.

use std::time::Duration;

use mongodb::{
    IndexModel,
    bson::{Document, doc},
    options::IndexOptions,
};

use super::client::{Collections, within};
use crate::store::StoreError;

/// How long entries of a room that has ended keep their positions: longer than a server sleeps that then still believes in
/// the room.
const EMPTIED: Duration = Duration::from_secs(600);

impl Collections {
    /// Makes the indexes that are missing.
    ///
    /// # Errors
    /// The database does not answer in time, or refuses.
    pub(super) async fn make_indexes(&self) -> Result<(), StoreError> {
        self.make_indexes_of_items().await?;
        let nonced = doc! { "nonce": { "$exists": true } };
        let log = [
            sparse(doc! { "edge": 1 }),
            sparse(doc! { "pending": 1 }),
            sparse(doc! { "gif.hash": 1 }),
            sparse(doc! { "invite": 1 }),
            sparse(doc! { "message": 1 }),
            sparse(doc! { "gif.name": 1 }),
            expiring_some("emptied", EMPTIED),
            partial(doc! { "room": 1, "seq": 1 }, doc! { "seq": { "$exists": true } }),
            unique(doc! { "room": 1, "visitor": 1, "nonce": 1 }, Some(nonced)),
            partial(doc! { "room": 1, "seq": -1 }, doc! { "gif.name": { "$exists": true } }),
            partial(
                doc! { "room": 1, "visitor": 1, "seq": 1 },
                doc! { "seq": { "$exists": true } },
            ),
            partial(
                doc! { "room": 1, "visitor": 1 },
                doc! { "address": { "$exists": true } },
            ),
        ];
        within(self.log.create_indexes(log)).await?;
        within(self.turns.create_index(expiring("at", Duration::from_secs(60)))).await?;
        within(self.gifs.create_index(plain(doc! { "at": 1, "_id": 1 }))).await?;
        let held = [
            plain(doc! { "room": 1, "bytes": 1 }),
            plain(doc! { "visitor": 1, "bytes": 1 }),
            plain(doc! { "networks": 1, "bytes": 1 }),
            plain(doc! { "at": 1 }),
        ];
        within(self.files.create_indexes(held)).await?;
        within(self.forbidden.create_index(unique(doc! { "room": 1, "hash": 1 }, None))).await?;
        Ok(())
    }

    /// For the entries of whispers, and those of reports.
    async fn make_indexes_of_items(&self) -> Result<(), StoreError> {
        let exists = |field: &str| doc! { field: { "$exists": true } };
        let log = [
            unique(doc! { "room": 1, "item": 1 }, Some(exists("item"))),
            unique(doc! { "room": 1, "visitor": 1, "secret": 1 }, Some(exists("secret"))),
            partial(doc! { "room": 1, "visitor": 1, "_id": 1 }, exists("to")),
            partial(doc! { "room": 1, "visitor": 1, "to": 1, "_id": 1 }, exists("to")),
            partial(doc! { "room": 1, "to": 1, "_id": 1 }, exists("to")),
            partial(doc! { "room": 1, "_id": 1 }, exists("reason")),
        ];
        within(self.log.create_indexes(log)).await.map(drop)
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

/// The same where not every document has the field.
fn expiring_some(field: &str, after: Duration) -> IndexModel {
    let options = IndexOptions::builder().expire_after(after).sparse(true).build();
    IndexModel::builder().keys(doc! { field: 1 }).options(options).build()
}

fn unique(keys: Document, only: Option<Document>) -> IndexModel {
    let options = IndexOptions::builder()
        .unique(true)
        .partial_filter_expression(only)
        .build();
    IndexModel::builder().keys(keys).options(options).build()
}
