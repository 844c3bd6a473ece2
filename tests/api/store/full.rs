//! The queue of a store when it is full.

use super::*;
use crate::support::Verbs;

/// Changes that a store keeps for who follows it, and calls that may wait in its queue.
const QUEUE: usize = 4_096;

#[tokio::test]
async fn a_socket_that_goes_while_the_queue_is_full_does_not_keep_its_seat() {
    let store = Sqlite::fresh();
    let store = store.open().await;
    let changes = store.changes().unwrap();
    let member = somebody();
    let room = store.create_room(new_room("방", member)).await.unwrap().id;
    store.enter(room, member.into(), 1).await.unwrap();
    let says = || text(room, member, "x", None);
    let posted = futures_util::future::join_all((0..QUEUE / 2).map(|_| store.post(says()))).await;
    assert!(posted.iter().all(Result::is_ok));
    // Nobody reads the changes: the writer stands still behind some of these.
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..QUEUE - 256 {
        let (store, new) = (Arc::clone(&store), says());
        waiting.spawn(async move { store.post(new).await.map(drop) });
    }
    crate::support::eventually("the writer waits", async || (changes.len() == QUEUE).then_some(())).await;
    for _ in 0..QUEUE {
        let store = Arc::clone(&store);
        waiting.spawn(async move { store.ready().await });
    }
    crate::support::eventually("the queue is full", async || {
        let mut ended = std::iter::from_fn(|| waiting.try_join_next());
        ended
            .any(|ended| matches!(ended, Ok(Err(StoreError::Busy))))
            .then_some(())
    })
    .await;
    assert!(matches!(store.ready().await, Err(StoreError::Busy)));
    let leaving = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.leave(room, member, 1, gifchat::rules::Leave::Explicit).await }
    });
    tokio::task::yield_now().await;
    drop(changes);
    in_time("the seat is given up", leaving).await.unwrap().unwrap();
    assert!(store.members(room).await.unwrap().is_empty());
}
