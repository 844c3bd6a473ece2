//! The settings: each is a flag, an environment variable and a name in a file, such as `--room-max`, `GIFCHAT_ROOM_MAX` and
//! `room-max`. A flag without an environment variable, such as `--check`, is no setting.

mod actions;
mod admin;
mod budgets;
mod cli;
mod file;
mod listen;
mod parse;
mod quotas;
mod retention;
mod shown;
mod site;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use axum::http::HeaderName;
use clap::{Parser, ValueEnum};
use ipnet::IpNet;
use url::Url;

use self::parse::{DAY, MOMENT, SECOND, StoreParser, YEAR, bounded, network, plain_http, public_url, time};
pub use self::{
    actions::{Action, BanTime, Pausable},
    admin::{AdminSettings, Token},
    budgets::BudgetSettings,
    cli::{Cli, Task},
    listen::Listen,
    quotas::QuotaSettings,
    retention::RetentionSettings,
    site::SiteSettings,
};
use crate::{
    audit::LogAddress,
    domain::{Limits, Max, gif::GifLimits},
    limits::proxies::Proxies,
    rules::Graces,
    store::StoreUrl,
};

/// An anonymous GIF chat: open a page, get a colour for a name, make a room, talk in text and GIFs.
#[derive(Clone, Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Config {
    /// Address and port to serve on (port 0 takes a free one), or a socket file for a proxy on this machine. A socket
    /// that systemd hands over is served instead
    #[arg(
        long,
        env = "GIFCHAT_LISTEN",
        default_value = "127.0.0.1:8005",
        value_name = "ADDR:PORT|unix:PATH"
    )]
    pub listen: Listen,

    /// Where rooms and messages are kept
    #[arg(
        long,
        env = "GIFCHAT_STORE",
        default_value = "sqlite:data/gifchat.db",
        value_name = "sqlite:PATH|mongodb://…",
        value_parser = StoreParser,
        hide_env_values = true
    )]
    pub store: StoreUrl,

    /// Folder of the GIFs
    #[arg(long, env = "GIFCHAT_UPLOADS", default_value = "uploads", value_name = "DIR")]
    pub uploads: PathBuf,

    /// Bytes of GIFs that a server on MongoDB keeps in its folder, at least four times --gif-limit; it fetches others
    /// when they are asked for
    #[arg(long, env = "GIFCHAT_CACHE_BYTES", default_value_t = 1 << 30, value_name = "BYTES",
          value_parser = bounded::<u64>(1 << 10..=1 << 50))]
    pub cache_bytes: u64,

    /// How long the seats of a server on MongoDB outlive its last word, before others take it for dead
    #[arg(long, env = "GIFCHAT_LEASE", default_value = "15s", value_parser = time(SECOND..=DAY), value_name = "TIME")]
    pub lease: Duration,

    /// Address under which visitors reach the site, such as https://chat.example; with https the cookie is Secure and
    /// wears the __Host- prefix
    #[arg(long, env = "GIFCHAT_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub public_url: Option<Url>,

    /// Serve scripts, styles and icons from this folder instead of the binary, while developing
    #[arg(long, env = "GIFCHAT_PUBLIC", value_name = "DIR")]
    pub public: Option<PathBuf>,

    /// Address and port for Prometheus, which reads GET /metrics there; without it nothing is measured. Whoever reaches it
    /// reads it: no visitor should
    #[arg(long, env = "GIFCHAT_METRICS", value_name = "ADDR")]
    pub metrics: Option<SocketAddr>,

    /// What is logged, such as info or gifchat=debug
    #[arg(long, env = "GIFCHAT_LOG", default_value = "info", value_name = "FILTER")]
    pub log: String,

    /// How log lines look
    #[arg(long, env = "GIFCHAT_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub log_format: LogFormat,

    /// Characters of a title
    #[arg(long, env = "GIFCHAT_TITLE_LIMIT", default_value_t = 60, value_name = "N",
          value_parser = bounded::<usize>(1..=1_000))]
    pub title_limit: usize,

    /// Seats that a room may have
    #[arg(long, env = "GIFCHAT_ROOM_MAX", default_value_t = 200, value_name = "N",
          value_parser = clap::value_parser!(u32).range(i64::from(Max::MIN)..=1_000_000))]
    pub room_max: u32,

    /// Rooms that may be open at once
    #[arg(long, env = "GIFCHAT_ROOMS", default_value_t = 10_000, value_name = "N",
          value_parser = bounded::<usize>(1..=1_000_000))]
    pub rooms: usize,

    /// Bytes of a room's password
    #[arg(long, env = "GIFCHAT_PASSWORD_LIMIT", default_value_t = 128, value_name = "BYTES",
          value_parser = bounded::<usize>(1..=4_096))]
    pub password_limit: usize,

    /// Characters of a message
    #[arg(long, env = "GIFCHAT_CHAT_LIMIT", default_value_t = 1_000, value_name = "N",
          value_parser = bounded::<usize>(1..=100_000))]
    pub chat_limit: usize,

    /// Characters of a GIF's alternative text
    #[arg(long, env = "GIFCHAT_ALT_LIMIT", default_value_t = 200, value_name = "N",
          value_parser = bounded::<usize>(1..=10_000))]
    pub alt_limit: usize,

    /// Characters of why a message is reported
    #[arg(long, env = "GIFCHAT_REASON_LIMIT", default_value_t = 200, value_name = "N",
          value_parser = bounded::<usize>(1..=10_000))]
    pub reason_limit: usize,

    /// Bytes of a GIF
    #[arg(long, env = "GIFCHAT_GIF_LIMIT", default_value_t = 10 << 20, value_name = "BYTES",
          value_parser = bounded::<u64>(1 << 10..=1 << 32))]
    pub gif_limit: u64,

    /// Pixels of a GIF's longer side
    #[arg(long, env = "GIFCHAT_GIF_SIDE", default_value_t = 4_096, value_name = "PX",
          value_parser = clap::value_parser!(u32).range(1..=65_535))]
    pub gif_side: u32,

    /// Frames of a GIF
    #[arg(long, env = "GIFCHAT_GIF_FRAMES", default_value_t = 1_000, value_name = "N",
          value_parser = bounded::<u32>(1..=1_000_000))]
    pub gif_frames: u32,

    /// Pixels of all frames of a GIF together
    #[arg(long, env = "GIFCHAT_GIF_PIXELS", default_value_t = 300_000_000, value_name = "PX",
          value_parser = bounded::<u64>(1..=1 << 50))]
    pub gif_pixels: u64,

    /// Uploads that run side by side; one more is told to come back
    #[arg(long, env = "GIFCHAT_UPLOADS_AT_ONCE", default_value_t = 64, value_name = "N",
          value_parser = bounded::<usize>(1..=100_000))]
    pub uploads_at_once: usize,

    /// Uploads that one visitor, and one address, may run side by side
    #[arg(long, env = "GIFCHAT_UPLOADS_PER_VISITOR", default_value_t = 4, value_name = "N",
          value_parser = bounded::<usize>(1..=100_000))]
    pub uploads_per_visitor: usize,

    /// Bytes a second that an upload has to bring after its first 5 seconds; a slower one is given up
    #[arg(long, env = "GIFCHAT_UPLOAD_RATE", default_value_t = 10_000, value_name = "BYTES",
          value_parser = bounded::<u64>(1..=1 << 30))]
    pub upload_rate: u64,

    /// Bytes of a websocket message or of a polling request
    #[arg(long, env = "GIFCHAT_EVENT_LIMIT", default_value_t = 16 << 10, value_name = "BYTES",
          value_parser = bounded::<usize>(1 << 10..=1 << 24))]
    pub event_limit: usize,

    /// Bytes of a form or a JSON body
    #[arg(long, env = "GIFCHAT_BODY_LIMIT", default_value_t = 64 << 10, value_name = "BYTES",
          value_parser = bounded::<usize>(1 << 10..=1 << 24))]
    pub body_limit: usize,

    /// Events that may wait for a slow socket before it has to catch up
    #[arg(long, env = "GIFCHAT_SOCKET_BUFFER", default_value_t = 128, value_name = "N",
          value_parser = bounded::<usize>(1..=65_536))]
    pub socket_buffer: usize,

    /// How often a socket is asked whether it is still there
    #[arg(long, env = "GIFCHAT_PING_INTERVAL", default_value = "25s", value_parser = time(MOMENT..=DAY), value_name = "TIME")]
    pub ping_interval: Duration,

    /// Time a socket has to answer that
    #[arg(long, env = "GIFCHAT_PING_TIMEOUT", default_value = "20s", value_parser = time(MOMENT..=DAY), value_name = "TIME")]
    pub ping_timeout: Duration,

    /// Time a new socket has to connect to a namespace
    #[arg(long, env = "GIFCHAT_CONNECT_TIMEOUT", default_value = "10s", value_parser = time(MOMENT..=DAY), value_name = "TIME")]
    pub connect_timeout: Duration,

    /// Connections at once, at most as many as the limit of open files allows; further ones are refused
    #[arg(long, env = "GIFCHAT_CONNECTIONS", default_value_t = 20_000, value_name = "N",
          value_parser = bounded::<usize>(1..=1_000_000))]
    pub connections: usize,

    /// Connections from one address at once, at most half of all; those of trusted proxies are not counted
    #[arg(
        long,
        env = "GIFCHAT_CONNECTIONS_PER_ADDRESS",
        default_value_t = 256,
        value_name = "N",
        value_parser = bounded::<usize>(1..=1_000_000)
    )]
    pub connections_per_address: usize,

    /// Time for which a client may take an answer at less than 1,000 bytes a second
    #[arg(long, env = "GIFCHAT_ANSWER_TIMEOUT", default_value = "30s", value_parser = time(MOMENT..=DAY), value_name = "TIME")]
    pub answer_timeout: Duration,

    /// Time for the header of a request, and between two requests of a connection
    #[arg(long, env = "GIFCHAT_HEADER_TIMEOUT", default_value = "10s", value_parser = time(MOMENT..=DAY), value_name = "TIME")]
    pub header_timeout: Duration,

    /// Time for a form or JSON body, and for an upload between two of its parts
    #[arg(long, env = "GIFCHAT_BODY_TIMEOUT", default_value = "15s", value_parser = time(MOMENT..=DAY), value_name = "TIME")]
    pub body_timeout: Duration,

    /// Time for a whole upload
    #[arg(long, env = "GIFCHAT_UPLOAD_TIMEOUT", default_value = "2m", value_parser = time(MOMENT..=DAY), value_name = "TIME")]
    pub upload_timeout: Duration,

    /// Time after which a connection that takes no data is closed
    #[arg(long, env = "GIFCHAT_TCP_TIMEOUT", default_value = "15s", value_parser = time(MOMENT..=DAY), value_name = "TIME")]
    pub tcp_timeout: Duration,

    /// How long a seat waits for a visitor whose connection broke; after 5 s who comes to a full room gets it
    #[arg(long, env = "GIFCHAT_SEAT_GRACE", default_value = "2m", value_parser = time(Duration::ZERO..=YEAR), value_name = "TIME")]
    pub seat_grace: Duration,

    /// How long a room stays when the last one left it or closed the page
    #[arg(long, env = "GIFCHAT_ROOM_GRACE", default_value = "10s", value_parser = time(Duration::ZERO..=YEAR), value_name = "TIME")]
    pub room_grace: Duration,

    /// How long a room stays when the last connection broke, as that of a phone that sleeps; after a restart any room
    #[arg(long, env = "GIFCHAT_LOST_GRACE", default_value = "10m", value_parser = time(Duration::ZERO..=YEAR), value_name = "TIME")]
    pub lost_grace: Duration,

    /// The same while others may be on their way: an invite is good, or nobody but its maker ever came
    #[arg(long, env = "GIFCHAT_FIRST_GRACE", default_value = "30m", value_parser = time(Duration::ZERO..=YEAR), value_name = "TIME")]
    pub first_grace: Duration,

    /// How long the owner of a room may be away before who is there longest becomes the owner
    #[arg(long, env = "GIFCHAT_OWNER_GRACE", default_value = "60s", value_parser = time(Duration::ZERO..=YEAR), value_name = "TIME")]
    pub owner_grace: Duration,

    /// Proxies before this server, such as 127.0.0.1 or 10.0.0.0/8: whom they name in --address-header is who asks. The
    /// address of any other client is its own
    #[arg(long, env = "GIFCHAT_TRUSTED_PROXIES", value_delimiter = ',', value_parser = network, value_name = "CIDR,…")]
    pub trusted_proxies: Vec<IpNet>,

    /// Header in which trusted proxies write who asks: a list of addresses, or forwarded of RFC 7239. The last address in
    /// it that is none of a trusted proxy counts
    #[arg(
        long,
        env = "GIFCHAT_ADDRESS_HEADER",
        default_value = "x-forwarded-for",
        value_name = "NAME"
    )]
    pub address_header: HeaderName,

    /// Whether lines about refused passwords, limits and bans hold the address of who asked: not at all, as a hash that
    /// changes with each start, or in full, for fail2ban
    #[arg(long, env = "GIFCHAT_LOG_ADDRESS", default_value = "off", value_name = "HOW")]
    pub log_address: LogAddress,

    /// What an address and a visitor may do.
    #[command(flatten)]
    pub budgets: BudgetSettings,

    /// How much space GIFs may take.
    #[command(flatten)]
    pub quotas: QuotaSettings,

    /// What rooms keep.
    #[command(flatten)]
    pub retention: RetentionSettings,

    /// What the operator says of the site.
    #[command(flatten)]
    pub site: SiteSettings,

    /// The interface for operators.
    #[command(flatten)]
    pub operators: AdminSettings,

    /// How long a new session lives; from its second request on it lives as long as --session-life says
    #[arg(long, env = "GIFCHAT_NEW_SESSION_LIFE", default_value = "1h", value_parser = time(SECOND..=YEAR), value_name = "TIME")]
    pub new_session_life: Duration,

    /// How long a session lives after its last day of use
    #[arg(long, env = "GIFCHAT_SESSION_LIFE", default_value = "7d", value_parser = time(SECOND..=YEAR), value_name = "TIME")]
    pub session_life: Duration,

    /// Ask a running server, such as http://127.0.0.1:8005/healthz, and end: with 0 when it answers with a success
    #[arg(long, value_name = "URL", value_parser = plain_http)]
    pub check: Option<Url>,

    /// Time in which clients come back after a restart, each at a random moment
    #[arg(long, env = "GIFCHAT_RESTART_WITHIN", default_value = "3s", value_parser = time(Duration::ZERO..=DAY), value_name = "TIME")]
    pub restart_within: Duration,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// What visitors' input is held against.
    pub fn limits(&self) -> Limits {
        Limits {
            title: self.title_limit,
            max: self.room_max,
            password: self.password_limit,
            chat: self.chat_limit,
            alt: self.alt_limit,
            reason: self.reason_limit,
            gif: GifLimits {
                bytes: self.gif_limit,
                side: self.gif_side,
                frames: self.gif_frames,
                pixels: self.gif_pixels,
            },
            event: self.event_limit,
            body: self.body_limit,
        }
    }

    /// Whose address counts.
    pub fn proxies(&self) -> Proxies {
        let (trusted, header) = (self.trusted_proxies.clone(), self.address_header.clone());
        Proxies::new(trusted, header, self.budgets.limit_exempt.clone())
    }

    /// How long seats and rooms wait.
    pub fn graces(&self) -> Graces {
        Graces {
            seat: self.seat_grace,
            room: self.room_grace,
            lost: self.lost_grace,
            first: self.first_grace,
            owner: self.owner_grace,
            retention: self.retention.retention(),
        }
    }

    /// Whether visitors come by https.
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }
}

#[cfg(test)]
mod tests;
