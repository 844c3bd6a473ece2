//! A model test: random commands of several visitors over real sockets and HTTP, each also given to the rule book in memory.
//! After every command both have to show the same.
//!
//! `GIFCHAT_MODEL_SEED` repeats a run, and `GIFCHAT_MODEL_STEPS` says how long it is; without them the seed is random and a
//! run takes some seconds. A difference is reported with the seed and all commands up to it.
//!
//! - `steps`: random commands; `rooms`: rooms by the rule book, with what people see of them; `world`: a server and the model
//!   beside it; `acting`, `owning`, `sockets`: give a command to both; `compare`: what has to be equal after each;
//!   `interface`: who may enter as docs/interface.md says it, so that a wrong rule book is noticed, too

mod acting;
mod compare;
mod interface;
mod owning;
mod rooms;
mod sockets;
mod steps;
mod world;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use gifchat::rules::{Graces, Retention};
use parking_lot::Mutex;
use rand::{SeedableRng, rngs::StdRng};
use tokio::task::LocalSet;

use self::{steps::Step, world::World};

/// How long a run takes that is not bounded by a number of steps.
const TIME: Duration = Duration::from_secs(12);

/// Steps after which rooms are compared that no step was about.
const ALL_EVERY: u64 = 10;

const HOUR: Duration = Duration::from_secs(3_600);

/// What has been done so far, for the report of a difference.
type Story = Arc<Mutex<Vec<String>>>;

/// A number that the environment gives.
fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text}")))
}

/// Fails at the first difference between a server and the model, with what led to it.
async fn compare_with_the_rule_book(graces: Graces) {
    let seed = setting("GIFCHAT_MODEL_SEED").unwrap_or_else(rand::random);
    let story = Story::default();
    let run = run(seed, graces, Arc::clone(&story));
    // As a task, so that what a verb of the tests panics with is reported, too.
    let tasks = LocalSet::new();
    let difference = match tasks.run_until(tasks.spawn_local(run)).await {
        Ok(Ok(())) => return,
        Ok(Err(difference)) => difference,
        Err(broken) => {
            let broken = broken.into_panic();
            let text = broken.downcast_ref::<String>().map(String::as_str);
            text.or(broken.downcast_ref::<&str>().copied())
                .unwrap_or("a panic")
                .to_owned()
        }
    };
    let steps = story.lock();
    panic!(
        "{difference}\nGIFCHAT_MODEL_SEED={seed} GIFCHAT_MODEL_STEPS={}\n{}",
        steps.len(),
        steps.join("\n")
    );
}

async fn run(seed: u64, graces: Graces, story: Story) -> Result<(), String> {
    let (mut random, began) = (StdRng::seed_from_u64(seed), Instant::now());
    let steps = setting("GIFCHAT_MODEL_STEPS");
    let mut world = World::start(graces, story).await;
    for taken in 0.. {
        if steps.map_or(began.elapsed() >= TIME, |steps| taken >= steps) {
            break;
        }
        let step = Step::random(&mut random, graces.seat.is_zero());
        world.take(&step).await?;
        world.compare(taken % ALL_EVERY == 0).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_server_decides_and_shows_what_the_rule_book_does() {
    compare_with_the_rule_book(Graces {
        seat: HOUR,
        room: HOUR,
        lost: HOUR,
        first: HOUR,
        owner: HOUR,
        retention: Retention::ALL,
    })
    .await;
}

#[tokio::test]
async fn a_server_without_graces_decides_and_shows_what_the_rule_book_does() {
    compare_with_the_rule_book(Graces {
        seat: Duration::ZERO,
        room: Duration::ZERO,
        lost: Duration::ZERO,
        first: HOUR,
        owner: Duration::ZERO,
        retention: Retention::ALL,
    })
    .await;
}
