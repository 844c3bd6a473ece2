//! The epoch of all rooms, in a document that the first server makes.

use mongodb::{
    Collection, Database,
    bson::{Document, doc},
    options::ReturnDocument,
};
use tokio::time::timeout;

use super::{
    client::{ANSWER, answer, is_duplicate, within},
    documents::text,
};
use crate::{domain::Epoch, store::StoreError};

/// The collection of what the whole site has one of.
pub const SITE: &str = "site";

/// The `_id` of the document.
const ID: &str = "epoch";

/// Begins another epoch.
pub async fn renew(db: &Database) -> Result<(), StoreError> {
    let site: Collection<Document> = db.collection(SITE);
    let another = doc! { "$set": { "epoch": Epoch::random().to_string() } };
    within(site.update_one(doc! { "_id": ID }, another).upsert(true))
        .await
        .map(drop)
}

/// Reads the epoch; begins the first one where there is none.
pub async fn of(db: &Database) -> Result<Epoch, StoreError> {
    let site: Collection<Document> = db.collection(SITE);
    let first = doc! { "$setOnInsert": { "epoch": Epoch::random().to_string() } };
    let made = site
        .find_one_and_update(doc! { "_id": ID }, first)
        .upsert(true)
        .return_document(ReturnDocument::After)
        .into_future();
    let found = match timeout(ANSWER, made).await {
        // Another server that starts was faster.
        Ok(Err(error)) if is_duplicate(&error) => within(site.find_one(doc! { "_id": ID })).await?,
        made => answer(made)?,
    };
    let found = found.ok_or_else(|| StoreError::failed("the epoch of the rooms is gone"))?;
    let epoch = found.get_str("epoch").map_err(StoreError::failed)?;
    Ok(text(epoch, "epoch")?)
}
