//! Many who guess passwords: what that costs the server and others.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread::available_parallelism,
    time::Duration,
};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    passwords::{PASSWORD, locked},
    support::{COUNTED, Server, eventually},
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

/// Who guess, until they are stopped.
#[derive(Default)]
struct Guesses {
    over: AtomicBool,
    wrong: AtomicUsize,
    busy: AtomicUsize,
}

/// Lets that many connections guess, each by requests that are made so.
fn guess(guesses: &Arc<Guesses>, connections: usize, wrong: impl Fn() -> RequestBuilder) -> JoinSet<()> {
    let mut guessers = JoinSet::new();
    for _ in 0..connections {
        let (guesses, wrong) = (Arc::clone(guesses), wrong().json(&json!({ "password": "아니" })));
        guessers.spawn(async move {
            while !guesses.over.load(Relaxed) {
                // A connection that was kept for long may be closed in the moment it is used again.
                let Ok(answer) = wrong.try_clone().unwrap().send().await else {
                    continue;
                };
                if answer.status() == 403 {
                    guesses.wrong.fetch_add(1, Relaxed);
                } else {
                    assert_eq!(answer.status(), 429);
                    guesses.busy.fetch_add(1, Relaxed);
                    // As a client does that heeds `Retry-After` a little.
                    sleep(Duration::from_millis(500)).await;
                }
            }
        });
    }
    guessers
}

async fn all_guess(guesses: &Guesses) {
    eventually("all guess", async || (guesses.wrong.load(Relaxed) > 30).then_some(())).await;
}

/// A server that logs how many others had their turn before each password that waited.
async fn counting(flags: &[&str]) -> Server {
    Server::alone(&[flags, &["--log", "info,gifchat::service::passwords=debug"]].concat()).await
}

/// The turns of others before each of so many passwords that were hashed, or were right. The log is written a moment after
/// the answers.
async fn turns_before(server: &Server, passwords: usize) -> Vec<u64> {
    eventually("all are in the log", async || {
        let turns = turns_in_log(server);
        (turns.len() == passwords).then_some(turns)
    })
    .await
}

fn turns_in_log(server: &Server) -> Vec<u64> {
    let log = server.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .filter(|line| line["right"] != false)
        .filter_map(|line| line["turns"].as_u64())
        .collect()
}

/// What is counted is who had their turn before the right password, not how long that took on this machine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_connections_that_guess_delay_the_right_password_of_somebody_else_by_a_turn() {
    // Addresses tell them apart, and nothing is refused but what the queue has no place for.
    let unlimited = [
        "visitors",
        "passwords",
        "passwords-room",
        "passwords-visitor",
        "room-passwords",
        "requests",
    ];
    let unlimited = unlimited.map(|name| format!("--limit-{name}=off"));
    let mut flags = vec!["--trusted-proxies", "127.0.0.1"];
    flags.extend(COUNTED);
    flags.extend(unlimited.iter().map(String::as_str));
    let server = counting(&flags).await;
    let room = locked(&server.visitor().await.behind_proxy("198.51.100.4")).await;
    let guesses = Arc::new(Guesses::default());
    let mut visitors = Vec::new();
    for _ in 0..20 {
        visitors.push(server.visitor().await.behind_proxy("192.0.2.1"));
    }
    let next = AtomicUsize::new(0);
    let path = format!("/room/{room}/enter");
    let guessers = guess(&guesses, 300, || {
        visitors[next.fetch_add(1, Relaxed) % 20].request(Method::POST, &path)
    });
    all_guess(&guesses).await;
    for address in ["198.51.100.5", "198.51.100.6", "198.51.100.7", "198.51.100.8"] {
        let somebody = server.visitor().await.behind_proxy(address);
        somebody.unlock(&room, PASSWORD).await.ok();
    }
    // A room can be made with a password meanwhile, too.
    locked(&server.visitor().await.behind_proxy("198.51.100.9")).await;
    let turns = turns_before(&server, 6).await;
    assert!(turns.iter().all(|turns| *turns <= 1), "{turns:?}");
    guesses.over.store(true, Relaxed);
    guessers.join_all().await;
}
