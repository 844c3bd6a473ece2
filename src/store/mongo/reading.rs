//! All open rooms, as a server reads them when it starts or can't go on in the change stream.

use std::collections::{HashMap, HashSet};

use futures_util::TryStreamExt;
use mongodb::{bson::doc, error::Error, options::ReadConcern};
use tokio::time::timeout;
use tracing::error;

use super::{
    client::{Collections, failure},
    documents::{Position, StateDoc},
    folded::Folded,
};
use crate::{domain::RoomId, store::StoreError};
use std::time::Duration;

/// Time for each page of rooms that is read. There may be thousands of pages.
const PAGE_TIMEOUT: Duration = Duration::from_secs(10);

/// Documents read at once.
const PAGE: u32 = 200;

/// Rooms whose latest entries are read together.
const ROOMS: usize = 50;

/// Reads all open rooms, each with the position of its snapshot, 0 if there is none.
pub async fn read_rooms(collections: &Collections) -> Result<Vec<(Folded, Position)>, StoreError> {
    let (mut open, mut ended) = (HashSet::new(), HashSet::new());
    // Edges before snapshots: a room that is made meanwhile is in the stream.
    let edges = collections.log.find(doc! { "edge": { "$exists": true } });
    let edges = edges.batch_size(PAGE).read_concern(ReadConcern::majority());
    let mut edges = patiently(edges.into_future()).await?;
    while let Some(edge) = patiently(edges.try_next()).await? {
        match edge.entry() {
            Ok(entry) if edge.edge.as_deref() == Some("ended") => ended.insert(entry.room),
            Ok(entry) => open.insert(entry.room),
            Err(error) => {
                // It would be no better the next time.
                error!(%error, "the beginning of a room can't be read");
                continue;
            }
        };
    }
    open.retain(|room| !ended.contains(room));
    let mut snapshots = read_snapshots(collections).await?;
    let mut rooms = Vec::new();
    let open: Vec<_> = open.into_iter().collect();
    for some in open.chunks(ROOMS) {
        let from = |room: &RoomId| (*room, snapshots.get(room).map_or(0, |folded| folded.position));
        let after: Vec<_> = some.iter().map(from).collect();
        let mut entries: HashMap<RoomId, Vec<_>> = HashMap::new();
        for entry in collections.entries_after(&after).await? {
            entries.entry(entry.room).or_default().push(entry);
        }
        for (room, saved) in after {
            let entries = entries.remove(&room).unwrap_or_default();
            let folded = Folded::fold(snapshots.remove(&room), &entries);
            rooms.extend(
                folded
                    .filter(|folded| !folded.state.ended)
                    .map(|folded| (folded, saved)),
            );
        }
    }
    Ok(rooms)
}

async fn read_snapshots(collections: &Collections) -> Result<HashMap<RoomId, Folded>, StoreError> {
    let mut snapshots = HashMap::new();
    let found = collections.rooms.find(doc! {}).batch_size(PAGE);
    let mut found = patiently(found.read_concern(ReadConcern::majority()).into_future()).await?;
    while let Some(snapshot) = patiently(found.try_next()).await? {
        match StateDoc::folded(&snapshot) {
            Ok(folded) => drop(snapshots.insert(folded.state.room.id, folded)),
            // The room is folded from its first entry.
            Err(error) => error!(%error, "a snapshot can't be read"),
        }
    }
    Ok(snapshots)
}

/// Waits for a page.
async fn patiently<T>(page: impl Future<Output = Result<T, Error>>) -> Result<T, StoreError> {
    match timeout(PAGE_TIMEOUT, page).await {
        Ok(page) => page.map_err(failure),
        Err(_) => Err(StoreError::failed("the rooms could not be read in time")),
    }
}
