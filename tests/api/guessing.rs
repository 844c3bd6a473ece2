//! Many who guess passwords: what that costs the server and others.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread::available_parallelism,
    time::Duration,
};

use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    passwords::{PASSWORD, locked},
    support::{Server, TestApp, eventually},
};

const MIB: u64 = 1 << 20;

/// Memory that is left to the allocator stays with each thread that ever hashed: 300 MiB here, and more with more cores.
#[tokio::test]
async fn a_hundred_and_twenty_wrong_passwords_keep_no_more_memory_than_the_threads_that_hash() {
    let server = Server::alone(&[]).await;
    let owner = server.visitor().await;
    let room = locked(&owner).await;
    let before = server.memory();
    let mut guessers = JoinSet::new();
    for _ in 0..8 {
        let (guesser, room) = (server.visitor().await, room.clone());
        guessers.spawn(async move {
            for n in 0..15 {
                let answer = guesser.unlock(&room, &format!("아니 {n}")).await;
                answer.refused(403, "wrong_password");
            }
        });
    }
    guessers.join_all().await;
    let (cores, after) = (available_parallelism().unwrap().get() as u64, server.memory());
    let bound = (cores / 2).clamp(1, 8) * 19 * MIB + 32 * MIB;
    let grown = after.saturating_sub(before);
    assert!(
        grown < bound,
        "{} MiB more than before, {} expected",
        grown / MIB,
        bound / MIB
    );
}

#[derive(Default)]
struct Guesses {
    over: AtomicBool,
    wrong: AtomicUsize,
    busy: AtomicUsize,
}

/// What is counted is who was served before the right password, not how long that took on this machine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_connections_that_guess_delay_the_right_password_of_somebody_else_by_a_few() {
    let app = TestApp::with(&["--address-header", "x-forwarded-for"]).await;
    let owner = app.visitor().await;
    let room = locked(&owner).await;
    let guesses = Arc::new(Guesses::default());
    let mut guessers = JoinSet::new();
    for _ in 0..20 {
        let guesser = Arc::new(app.visitor().await.behind_proxy("192.0.2.1"));
        for _ in 0..15 {
            let (guesses, guesser, path) = (
                Arc::clone(&guesses),
                Arc::clone(&guesser),
                format!("/room/{room}/enter"),
            );
            guessers.spawn(async move {
                while !guesses.over.load(Relaxed) {
                    let wrong = guesser
                        .request(Method::POST, &path)
                        .json(&json!({ "password": "아니" }));
                    // A connection that was kept for long may be closed in the moment it is used again.
                    let Ok(answer) = wrong.send().await else { continue };
                    if answer.status() == 403 {
                        guesses.wrong.fetch_add(1, Relaxed);
                    } else {
                        assert_eq!(answer.status(), 429);
                        guesses.busy.fetch_add(1, Relaxed);
                        // As a client does that heeds `Retry-After` a little.
                        tokio::time::sleep(Duration::from_millis(500)).await;
                    }
                }
            });
        }
    }
    eventually("more guess than may wait", async || {
        (guesses.wrong.load(Relaxed) > 0 && guesses.busy.load(Relaxed) > 200).then_some(())
    })
    .await;
    let mut served_before = Vec::new();
    for address in ["198.51.100.5", "198.51.100.6", "198.51.100.7", "198.51.100.8"] {
        let somebody = app.visitor().await.behind_proxy(address);
        let before = guesses.wrong.load(Relaxed);
        somebody.unlock(&room, PASSWORD).await.ok();
        served_before.push(guesses.wrong.load(Relaxed) - before);
    }
    // A room can be made with a password meanwhile, too.
    let before = guesses.wrong.load(Relaxed);
    locked(&app.visitor().await.behind_proxy("198.51.100.9")).await;
    served_before.push(guesses.wrong.load(Relaxed) - before);
    // The store may be slow at times, as all of these ask it, too; on MongoDB it is what they wait for most. In one line with
    // the 64 that wait it would never be few.
    let least = served_before.iter().min();
    assert!(
        app.sqlite().is_none() || least.is_some_and(|served| *served <= 20),
        "guesses that were checked first: {served_before:?}"
    );
    guesses.over.store(true, Relaxed);
    guessers.join_all().await;
}
