//! Messages posted over HTTP, and what it costs to deliver them.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::Result;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    crowd::Crowd,
    http::{Client, JSON},
    server::Server,
};

/// Length of a message's text.
const TEXT: usize = 64;

/// Messages before those that count.
pub const WARM_UP: Load = Load {
    messages: 400,
    per_second: None,
    at_once: 4,
};

/// Messages that go round the rooms, and round the members of each.
#[derive(Clone, Copy)]
pub struct Load {
    pub messages: usize,
    /// The pace; as fast as they are taken when there is none.
    pub per_second: Option<f64>,
    /// Posts that wait for their answer at most.
    pub at_once: usize,
}

/// What came of it.
pub struct Posted {
    /// CPU time of the server for each delivery; the posts are in it.
    pub cpu_us: f64,
    latencies_us: Vec<u32>,
}

impl Posted {
    /// The delay that a share of the deliveries did not exceed, from the moment the message was due.
    pub fn latency_ms(&self, share: f64) -> f64 {
        at_share(&self.latencies_us, share)
    }
}

/// Of sorted microseconds, the milliseconds that a share of them does not exceed.
pub fn at_share(sorted_us: &[u32], share: f64) -> f64 {
    let last = sorted_us.len().saturating_sub(1);
    let at = (last as f64 * share).ceil() as usize;
    sorted_us.get(at).copied().map_or(f64::NAN, f64::from) / 1e3
}

/// Fills the rooms, posts, and counts every delivery.
pub async fn run(server: &Server, sockets: usize, rooms: usize, load: Load) -> Result<Posted> {
    let crowd = Arc::new(Crowd::gather(server, sockets, rooms).await?);
    let servers = [server.address];
    post(&servers, &crowd, WARM_UP).await?;
    crowd.hear_out(WARM_UP.messages).await;
    sleep(Duration::from_millis(300)).await;
    crowd.check(WARM_UP.messages)?;
    crowd.heard.clear();
    let before = server.cpu()?;
    post(&servers, &crowd, load).await?;
    crowd.hear_out(load.messages).await;
    let cpu = server.cpu()?.saturating_sub(before);
    // What is heard twice may come late.
    sleep(Duration::from_millis(300)).await;
    crowd.check(load.messages)?;
    let mut latencies_us = crowd.heard.clear();
    latencies_us.sort_unstable();
    Ok(Posted {
        cpu_us: cpu.as_secs_f64() * 1e6 / crowd.deliveries(load.messages) as f64,
        latencies_us,
    })
}

/// Posts, each poster at one of the servers; sorted microseconds from each post to its answer.
pub async fn post(servers: &[SocketAddr], crowd: &Arc<Crowd>, load: Load) -> Result<Vec<u32>> {
    let (next, begun) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    let mut posters = JoinSet::new();
    for (_, server) in (0..load.at_once).zip(servers.iter().cycle()) {
        let (crowd, next, mut client) = (Arc::clone(crowd), Arc::clone(&next), Client::new(*server));
        posters.spawn(async move {
            let mut answers_us = Vec::new();
            loop {
                let number = next.fetch_add(1, Relaxed);
                if number >= load.messages {
                    return anyhow::Ok(answers_us);
                }
                let mut due = Instant::now();
                if let Some(pace) = load.per_second {
                    due = begun + Duration::from_secs_f64(number as f64 / pace);
                    sleep(due.saturating_duration_since(Instant::now())).await;
                }
                let asked = Instant::now();
                post_one(&mut client, &crowd, number, due).await?;
                answers_us.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
            }
        });
    }
    let mut answers_us = Vec::with_capacity(load.messages);
    while let Some(done) = posters.join_next().await {
        answers_us.extend(done??);
    }
    answers_us.sort_unstable();
    Ok(answers_us)
}

async fn post_one(client: &mut Client, crowd: &Crowd, number: usize, due: Instant) -> Result<()> {
    let (rooms, sockets) = (crowd.rooms.len(), crowd.cookies.len());
    let room = number % rooms;
    let author = room + rooms * (number / rooms % (sockets / rooms));
    if let Some(cookie) = crowd.cookies.get(author) {
        client.cookie.clone_from(cookie);
    }
    let text = format!("@{};{number};", crowd.heard.micros(due));
    let body = format!("{{\"chat\":\"{text:.<TEXT$}\"}}");
    let room = crowd.rooms.get(room).map_or("", String::as_str);
    client.post(&format!("/room/{room}/chat"), JSON, body.into()).await?;
    Ok(())
}
