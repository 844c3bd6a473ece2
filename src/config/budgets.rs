//! The settings of limits by address and visitor: each is a rate such as `60/1m`, or `off`.

use clap::Args;
use ipnet::IpNet;

use super::parse::{bounded, count, network, rate};
use crate::{
    limits::{
        budgets::{Pair, Rates},
        rates::Rate,
    },
    rules::OpenRooms,
};

/// How much of what an address and a visitor may do. Each holds over every way in, and on many servers on each of them.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Limits by address and visitor (N/TIME[:BURST]: N in each TIME, N or BURST at once)")]
pub struct BudgetSettings {
    /// Addresses that no limit of these counts, such as 192.0.2.0/24: of own bots, monitoring, or load tests
    #[arg(long, env = "GIFCHAT_LIMIT_EXEMPT", value_delimiter = ',', value_parser = network, value_name = "CIDR,…")]
    pub limit_exempt: Vec<IpNet>,

    /// New visitors of an address; beyond it pages are shown without a session
    #[arg(long, env = "GIFCHAT_LIMIT_VISITORS", default_value = "100/10m", value_parser = rate, value_name = "RATE|off")]
    pub limit_visitors: Rate,

    /// New rooms of an address
    #[arg(long, env = "GIFCHAT_LIMIT_ROOMS", default_value = "20/10m", value_parser = rate, value_name = "RATE|off")]
    pub limit_rooms: Rate,

    /// New rooms of a visitor
    #[arg(long, env = "GIFCHAT_LIMIT_ROOMS_VISITOR", default_value = "10/10m", value_parser = rate, value_name = "RATE|off")]
    pub limit_rooms_visitor: Rate,

    /// Rooms of an address that may be open at once
    #[arg(long, env = "GIFCHAT_LIMIT_OPEN_ROOMS", default_value = "20", value_parser = count, value_name = "N|off")]
    pub limit_open_rooms: usize,

    /// Rooms that a visitor made and that may be open at once
    #[arg(long, env = "GIFCHAT_LIMIT_OPEN_ROOMS_VISITOR", default_value = "10", value_parser = count, value_name = "N|off")]
    pub limit_open_rooms_visitor: usize,

    /// Wrong passwords of an address, in all rooms together
    #[arg(long, env = "GIFCHAT_LIMIT_PASSWORDS", default_value = "30/10m", value_parser = rate, value_name = "RATE|off")]
    pub limit_passwords: Rate,

    /// Wrong passwords of an address in one room
    #[arg(long, env = "GIFCHAT_LIMIT_PASSWORDS_ROOM", default_value = "10/1m", value_parser = rate, value_name = "RATE|off")]
    pub limit_passwords_room: Rate,

    /// Wrong passwords of a visitor in one room
    #[arg(long, env = "GIFCHAT_LIMIT_PASSWORDS_VISITOR", default_value = "10/1m", value_parser = rate, value_name = "RATE|off")]
    pub limit_passwords_visitor: Rate,

    /// Wrong passwords of everybody together in one room; beyond it there is a wait that grows to 5 minutes between two
    /// tries, but for its owner, its members and who has an invite
    #[arg(long, env = "GIFCHAT_LIMIT_ROOM_PASSWORDS", default_value = "300/10m", value_parser = rate, value_name = "RATE|off")]
    pub limit_room_passwords: Rate,

    /// Joins of an address, over all rooms
    #[arg(long, env = "GIFCHAT_LIMIT_JOINS", default_value = "120/1m", value_parser = rate, value_name = "RATE|off")]
    pub limit_joins: Rate,

    /// Joins of a visitor, over all tabs and rooms
    #[arg(long, env = "GIFCHAT_LIMIT_JOINS_VISITOR", default_value = "60/1m", value_parser = rate, value_name = "RATE|off")]
    pub limit_joins_visitor: Rate,

    /// Messages of an address: texts, GIFs, whispers, edits and reactions
    #[arg(long, env = "GIFCHAT_LIMIT_MESSAGES", default_value = "300/1m", value_parser = rate, value_name = "RATE|off")]
    pub limit_messages: Rate,

    /// The same of a visitor
    #[arg(long, env = "GIFCHAT_LIMIT_MESSAGES_VISITOR", default_value = "60/1m:20", value_parser = rate, value_name = "RATE|off")]
    pub limit_messages_visitor: Rate,

    /// Uploads of an address
    #[arg(long, env = "GIFCHAT_LIMIT_UPLOADS", default_value = "60/10m", value_parser = rate, value_name = "RATE|off")]
    pub limit_uploads: Rate,

    /// Uploads of a visitor
    #[arg(long, env = "GIFCHAT_LIMIT_UPLOADS_VISITOR", default_value = "20/10m", value_parser = rate, value_name = "RATE|off")]
    pub limit_uploads_visitor: Rate,

    /// Bytes of uploads of an address
    #[arg(long, env = "GIFCHAT_LIMIT_UPLOAD_BYTES", default_value = "500MiB/1h", value_parser = rate, value_name = "RATE|off")]
    pub limit_upload_bytes: Rate,

    /// Bytes of uploads of a visitor
    #[arg(long, env = "GIFCHAT_LIMIT_UPLOAD_BYTES_VISITOR", default_value = "200MiB/1h", value_parser = rate, value_name = "RATE|off")]
    pub limit_upload_bytes_visitor: Rate,

    /// Invites that are made at an address
    #[arg(long, env = "GIFCHAT_LIMIT_INVITES", default_value = "60/10m", value_parser = rate, value_name = "RATE|off")]
    pub limit_invites: Rate,

    /// Invites that a visitor makes
    #[arg(long, env = "GIFCHAT_LIMIT_INVITES_VISITOR", default_value = "20/10m", value_parser = rate, value_name = "RATE|off")]
    pub limit_invites_visitor: Rate,

    /// Reports of an address
    #[arg(long, env = "GIFCHAT_LIMIT_REPORTS", default_value = "60/10m", value_parser = rate, value_name = "RATE|off")]
    pub limit_reports: Rate,

    /// Reports of a visitor
    #[arg(long, env = "GIFCHAT_LIMIT_REPORTS_VISITOR", default_value = "20/10m", value_parser = rate, value_name = "RATE|off")]
    pub limit_reports_visitor: Rate,

    /// New sockets of an address, by websocket or polling
    #[arg(long, env = "GIFCHAT_LIMIT_SOCKETS", default_value = "300/1m", value_parser = rate, value_name = "RATE|off")]
    pub limit_sockets: Rate,

    /// Sockets that an address may have open at once, by websocket or polling
    #[arg(
        long = "limit-open-sockets",
        env = "GIFCHAT_LIMIT_OPEN_SOCKETS",
        default_value_t = 200,
        value_name = "N",
        value_parser = bounded::<usize>(1..=1_000_000)
    )]
    pub limit_open_sockets: usize,

    /// Requests of an address, without files, health checks and those of open sockets; refused handshakes are counted
    #[arg(long, env = "GIFCHAT_LIMIT_REQUESTS", default_value = "1200/1m", value_parser = rate, value_name = "RATE|off")]
    pub limit_requests: Rate,

    /// Events of a visitor's sockets
    #[arg(long, env = "GIFCHAT_LIMIT_EVENTS", default_value = "20/1s:60", value_parser = rate, value_name = "RATE|off")]
    pub limit_events: Rate,

    /// Bytes of a visitor's events
    #[arg(long, env = "GIFCHAT_LIMIT_EVENT_BYTES", default_value = "32KiB/1s:128KiB", value_parser = rate, value_name = "RATE|off")]
    pub limit_event_bytes: Rate,
}

impl BudgetSettings {
    /// How many rooms may be open.
    pub const fn open_rooms(&self) -> OpenRooms {
        OpenRooms {
            address: self.limit_open_rooms,
            visitor: self.limit_open_rooms_visitor,
        }
    }

    /// The rates of all limits.
    pub const fn rates(&self) -> Rates {
        const fn pair(address: Rate, visitor: Rate) -> Pair {
            Pair { address, visitor }
        }
        Rates {
            visitors: self.limit_visitors,
            rooms: pair(self.limit_rooms, self.limit_rooms_visitor),
            passwords: self.limit_passwords,
            passwords_in_room: pair(self.limit_passwords_room, self.limit_passwords_visitor),
            passwords_of_room: self.limit_room_passwords,
            joins: pair(self.limit_joins, self.limit_joins_visitor),
            messages: pair(self.limit_messages, self.limit_messages_visitor),
            uploads: pair(self.limit_uploads, self.limit_uploads_visitor),
            upload_bytes: pair(self.limit_upload_bytes, self.limit_upload_bytes_visitor),
            invites: pair(self.limit_invites, self.limit_invites_visitor),
            reports: pair(self.limit_reports, self.limit_reports_visitor),
            sockets: self.limit_sockets,
            open_sockets: self.limit_open_sockets,
            requests: self.limit_requests,
            events: self.limit_events,
            event_bytes: self.limit_event_bytes,
        }
    }
}
