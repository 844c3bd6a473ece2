//! What `gifchat admin` does.

use std::str::FromStr;

use clap::{Subcommand, ValueEnum};

/// What an operator does, or looks at. Answers are JSON.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Action {
    /// How full the site is, and what is decided
    Show,
    /// The open rooms, newest first
    Rooms {
        /// Where the page begins, as `next` of the one before says
        after: Option<String>,
    },
    /// A room with its people and its latest messages
    Room {
        /// Its id
        room: String,
        /// Only messages before this `seq`
        before: Option<u64>,
    },
    /// Remove a room with all that is in it
    RemoveRoom {
        /// Its id
        room: String,
        /// Why, for the audit log
        why: Option<String>,
    },
    /// Remove what a message says; its room refuses the bytes of its GIF from then on
    RemoveMessage {
        /// The id of the room
        room: String,
        /// The id of the message
        message: String,
        /// Why, for the audit log
        why: Option<String>,
    },
    /// What visitors reported to the site, the oldest first
    Reports,
    /// Drop a report, with all others about the same
    Dismiss {
        /// Its number
        report: u64,
        /// Why, for the audit log
        why: Option<String>,
    },
    /// Where a visitor is and what they wrote, or where a GIF is
    Find {
        /// The id of a visitor, or the name of a file such as 0123…ef.gif
        what: String,
    },
    /// Remove a GIF from every room and whisper, by its bytes; unlike `block` it may be sent elsewhere later
    RemoveGif {
        /// The name of its file
        gif: String,
        /// Why, for the audit log
        why: Option<String>,
    },
    /// Who is banned from the site
    Bans,
    /// Keep a visitor, an address or a network out of the site
    Ban {
        /// The id of a visitor, an address, or a network such as 192.0.2.0/24
        who: String,
        /// For how long, such as 2h or 7d, or "good"
        time: BanTime,
        /// Why, for the audit log
        why: Option<String>,
    },
    /// End a ban
    Lift {
        /// Its number
        ban: u64,
        /// Why, for the audit log
        why: Option<String>,
    },
    /// Pause some of rooms, uploads and newcomers, and let go on what is not named
    Pause {
        /// rooms (no new ones), uploads, newcomers (who came less than an hour ago only reads)
        what: Vec<Pausable>,
        /// Why, for the audit log
        #[arg(long)]
        reason: Option<String>,
    },
    /// Show a notice on every page; without a text, take it away
    Notice {
        /// Plain text of at most 500 characters
        text: Option<String>,
        /// Why, for the audit log
        why: Option<String>,
    },
    /// Keep bytes of GIFs out of the site, and remove what holds them
    Block {
        /// SHA-256 of each file, as sha256sum or a room shows it; or the path of a list with one in each line
        #[arg(required = true)]
        hashes: Vec<String>,
        /// Why, for the audit log
        #[arg(long)]
        reason: Option<String>,
    },
    /// Let bytes in again
    Unblock {
        /// SHA-256 of each, or the path of a file with one in each line
        #[arg(required = true)]
        hashes: Vec<String>,
        /// Why, for the audit log
        #[arg(long)]
        reason: Option<String>,
    },
    /// The bytes that are kept out: a SHA-256 in each line
    Blocked,
    /// What operators did, the latest first
    Audit,
}

/// What can be paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Pausable {
    /// New rooms.
    Rooms,
    /// Uploads.
    Uploads,
    /// All that newcomers do but read.
    Newcomers,
}

/// How long a ban lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BanTime {
    /// For good.
    Good,
    /// So many seconds.
    Seconds(u64),
}

impl FromStr for BanTime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "good" {
            return Ok(Self::Good);
        }
        let time = humantime::parse_duration(text);
        let seconds = time.map(|time| time.as_secs()).ok().filter(|seconds| *seconds > 0);
        let wrong = || format!("{text:?} is no time; write it like 30m, 2h, 7d, or good");
        seconds.map(Self::Seconds).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ban_lasts_for_a_time_or_for_good() {
        assert_eq!("good".parse(), Ok(BanTime::Good));
        assert_eq!("2h".parse(), Ok(BanTime::Seconds(7_200)));
        assert!("soon".parse::<BanTime>().is_err() && "0s".parse::<BanTime>().is_err());
    }
}
