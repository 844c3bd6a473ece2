//! What is measured.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::{
    crowd::Crowd,
    fleet, pages,
    posts::{self, Load},
    server::{Server, Subject},
    table::median,
    upload,
};

/// Sockets of the memory measurement, and the rooms they sit in.
const IDLE: (usize, usize) = (8_000, 800);

/// Starts of which the median counts.
const STARTS: usize = 10;

/// Many messages to one room, as fast as four posters can.
const FANOUT: Load = Load {
    messages: 500,
    per_second: None,
    at_once: 4,
};

/// A steady pace to many small rooms.
const ROOMS: Load = Load {
    messages: 2_000,
    per_second: Some(400.0),
    at_once: 16,
};

/// An easy pace to one room.
const LATENCY: Load = Load {
    messages: 500,
    per_second: Some(50.0),
    at_once: 16,
};

/// One line of the table.
pub struct Row {
    pub title: &'static str,
    pub unit: &'static str,
    pub more_is_better: bool,
}

impl Row {
    const fn less(title: &'static str, unit: &'static str) -> Self {
        Self {
            title,
            unit,
            more_is_better: false,
        }
    }

    const fn more(title: &'static str, unit: &'static str) -> Self {
        Self {
            title,
            unit,
            more_is_better: true,
        }
    }
}

enum Kind {
    Memory,
    Fanout,
    Rooms,
    Latency,
    Pages,
    Upload,
    Start,
    Fleet(fleet::Kind),
}

/// Something to measure, and the lines it fills.
pub struct Measurement {
    pub name: &'static str,
    pub rows: &'static [Row],
    /// It asks for a setting that another server has not.
    pub ours_only: bool,
    log: &'static str,
    kind: Kind,
}

impl Measurement {
    const fn new(name: &'static str, kind: Kind, rows: &'static [Row]) -> Self {
        Self {
            name,
            rows,
            ours_only: false,
            log: "warn",
            kind,
        }
    }
}

pub static MEASUREMENTS: [Measurement; 8] = [
    Measurement::new(
        "memory",
        Kind::Memory,
        &[Row::less("idle memory a socket, 8,000 sockets", "KiB")],
    ),
    Measurement::new(
        "fanout",
        Kind::Fanout,
        &[Row::less("CPU a delivery, 200 sockets × 500 messages", "µs")],
    ),
    Measurement::new(
        "rooms",
        Kind::Rooms,
        &[Row::less(
            "CPU a delivery, 100 rooms × 10 sockets, 400 messages/s",
            "µs",
        )],
    ),
    Measurement::new(
        "latency",
        Kind::Latency,
        &[
            Row::less("latency p50, 200 sockets, 50 messages/s", "ms"),
            Row::less("latency p99, 200 sockets, 50 messages/s", "ms"),
        ],
    ),
    Measurement::new(
        "pages",
        Kind::Pages,
        &[
            Row::more("pages, 20 rooms in the list", "1/s"),
            Row::less("CPU a page", "µs"),
        ],
    ),
    Measurement {
        name: "logged",
        rows: &[
            Row::more("pages with a log line each, to a file", "1/s"),
            Row::less("CPU a page with its log line", "µs"),
        ],
        ours_only: true,
        log: "info",
        kind: Kind::Pages,
    },
    Measurement::new(
        "upload",
        Kind::Upload,
        &[
            Row::more("upload of 2 MB GIFs, 4 at once", "MB/s"),
            Row::less("CPU of an upload a MB", "ms"),
        ],
    ),
    Measurement::new("start", Kind::Start, &[Row::less("cold start to the first page", "ms")]),
];

/// What is measured with `--mongo`, on SQLite and on MongoDB with one, two and three servers.
pub static ON_MONGO: [Measurement; 5] = [
    Measurement::new(
        "fanout",
        Kind::Fleet(fleet::Kind::Fanout),
        &[
            Row::more("deliveries, one room, 240 sockets × 600 messages", "1/s"),
            Row::less("CPU a delivery, all servers", "µs"),
            Row::less("CPU a delivery, mongod", "µs"),
        ],
    ),
    Measurement::new(
        "across",
        Kind::Fleet(fleet::Kind::Across),
        &[
            Row::less("from POST on one to delivery on the others p50, 100 messages/s", "ms"),
            Row::less("from POST on one to delivery on the others p99, 100 messages/s", "ms"),
        ],
    ),
    Measurement::new(
        "posts to one room",
        Kind::Fleet(fleet::Kind::Posts(1)),
        &[Row::more("posts to one room, 48 at once", "1/s")],
    ),
    Measurement::new(
        "posts to many rooms",
        Kind::Fleet(fleet::Kind::Posts(100)),
        &[Row::more("posts to 100 rooms, 48 at once", "1/s")],
    ),
    Measurement::new(
        "commits",
        Kind::Fleet(fleet::Kind::Commits),
        &[
            Row::less("a post alone p50", "ms"),
            Row::less("a post alone p99", "ms"),
            Row::less("CPU a post, all servers", "µs"),
            Row::less("CPU a post, mongod", "µs"),
        ],
    ),
];

impl Measurement {
    /// Measures once; a value for each row.
    pub async fn run(&self, subject: &Subject) -> Result<Vec<f64>> {
        if matches!(self.kind, Kind::Start) {
            return starts(subject, self.log).await;
        }
        if let Kind::Fleet(kind) = self.kind {
            return fleet::run(kind, subject).await;
        }
        let (server, _) = Server::start(subject, self.log).await?;
        let values = match self.kind {
            Kind::Memory => idle_memory(&server).await,
            Kind::Fanout => Ok(vec![posts::run(&server, 200, 1, FANOUT).await?.cpu_us]),
            Kind::Rooms => Ok(vec![posts::run(&server, 1_000, 100, ROOMS).await?.cpu_us]),
            Kind::Latency => {
                let posted = posts::run(&server, 200, 1, LATENCY).await?;
                Ok(vec![posted.latency_ms(0.50), posted.latency_ms(0.99)])
            }
            Kind::Pages => pages::run(&server).await,
            Kind::Upload => upload::run(&server).await,
            Kind::Start | Kind::Fleet(_) => Ok(Vec::new()),
        };
        server.stop().await?;
        values
    }
}

/// From before the first page to after the last join: what a visitor with an open socket takes.
async fn idle_memory(server: &Server) -> Result<Vec<f64>> {
    let (sockets, rooms) = IDLE;
    let before = server.settled_memory().await?;
    let crowd = Crowd::gather(server, sockets, rooms).await?;
    let after = server.settled_memory().await?;
    if crowd.gone() > 0 {
        bail!("{} of {sockets} sockets were closed", crowd.gone());
    }
    Ok(vec![(after - before) / sockets as f64])
}

async fn starts(subject: &Subject, log: &str) -> Result<Vec<f64>> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let (server, time) = Server::start(subject, log).await?;
        times.push(time.as_secs_f64() * 1e3);
        server.stop().await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(vec![median(&mut times)])
}
