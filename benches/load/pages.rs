//! The main page, asked for over connections that stay open.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::task::JoinSet;

use crate::{http::Client, server::Server};

/// Rooms in the list.
const ROOMS: usize = 20;

/// Visitors who ask again and again, each with a session of their own.
const VISITORS: usize = 16;

const WARM_UP: Duration = Duration::from_secs(2);
const MEASURED: Duration = Duration::from_secs(4);

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
    let (visitors, _) = ask(visitors, WARM_UP).await?;
    let (before, begun) = (server.cpu()?, Instant::now());
    let (_, pages) = ask(visitors, MEASURED).await?;
    let (cpu, time) = (server.cpu()?.saturating_sub(before), begun.elapsed());
    let pages = pages as f64;
    Ok(vec![pages / time.as_secs_f64(), cpu.as_secs_f64() * 1e6 / pages])
}

async fn ask(visitors: Vec<Client>, time: Duration) -> Result<(Vec<Client>, usize)> {
    let end = Instant::now() + time;
    let mut asking = JoinSet::new();
    for mut visitor in visitors {
        asking.spawn(async move {
            let mut pages = 0;
            while Instant::now() < end {
                let page = visitor.get("/").await?;
                if page.status != 200 || !page.body.trim_ascii_end().ends_with(b"</html>") {
                    bail!("GET / answered {} and {} bytes", page.status, page.body.len());
                }
                pages += 1;
            }
            Ok((visitor, pages))
        });
    }
    let (mut visitors, mut all) = (Vec::new(), 0);
    while let Some(done) = asking.join_next().await {
        let (visitor, pages) = done??;
        visitors.push(visitor);
        all += pages;
    }
    Ok((visitors, all))
}
