//! The main page, asked for over connections that stay open.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use anyhow::{Result, bail};
use tokio::task::JoinSet;

use crate::{http::Client, server::Server};

/// Rooms in the list.
const ROOMS: usize = 20;

/// Visitors who ask again and again, each with a session of their own.
const VISITORS: usize = 16;

/// Pages before those that count: a server that compiles while it runs gets the same chance on a slow machine.
const WARM_UP: usize = 4_000;
const MEASURED: usize = 8_000;

/// Pages a second, and microseconds of CPU for each.
pub async fn run(server: &Server) -> Result<Vec<f64>> {
    let mut owner = Client::visitor(server.address).await?;
    for n in 0..ROOMS {
        owner.make_room(&format!("room-{n}")).await?;
    }
    let mut visitors = Vec::new();
    for _ in 0..VISITORS {
        visitors.push(Client::visitor(server.address).await?);
    }
    let visitors = ask(visitors, WARM_UP).await?;
    let (before, begun) = (server.cpu()?, Instant::now());
    ask(visitors, MEASURED).await?;
    let (cpu, time) = (server.cpu()?.saturating_sub(before), begun.elapsed());
    let pages = MEASURED as f64;
    Ok(vec![pages / time.as_secs_f64(), cpu.as_secs_f64() * 1e6 / pages])
}

async fn ask(visitors: Vec<Client>, pages: usize) -> Result<Vec<Client>> {
    let asked = Arc::new(AtomicUsize::new(0));
    let mut asking = JoinSet::new();
    for mut visitor in visitors {
        let asked = Arc::clone(&asked);
        asking.spawn(async move {
            while asked.fetch_add(1, Relaxed) < pages {
                let page = visitor.get("/").await?;
                if page.status != 200 || !page.body.trim_ascii_end().ends_with(b"</html>") {
                    bail!("GET / answered {} and {} bytes", page.status, page.body.len());
                }
            }
            Ok(visitor)
        });
    }
    let mut visitors = Vec::new();
    while let Some(done) = asking.join_next().await {
        visitors.push(done??);
    }
    Ok(visitors)
}
