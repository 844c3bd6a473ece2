//! The settings of what rooms keep.

use std::time::Duration;

use clap::Args;

use super::parse::{age, history};
use crate::rules::Retention;

/// What rooms keep of their messages while they are there. What goes is gone for everybody, with its files.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "What rooms keep")]
pub struct RetentionSettings {
    /// Messages of a room, lines such as who came and left included; of one more the oldest hundredth goes
    #[arg(long, env = "GIFCHAT_HISTORY", default_value = "10000", value_parser = history, value_name = "N|off")]
    pub history: u64,

    /// How long a message is kept, such as 12h or 7d
    #[arg(long, env = "GIFCHAT_MESSAGE_AGE", default_value = "off", value_parser = age, value_name = "TIME|off")]
    pub message_age: Duration,
}

impl RetentionSettings {
    /// What rooms keep.
    pub fn retention(&self) -> Retention {
        Retention {
            messages: self.history,
            age: Some(self.message_age).filter(|age| *age < Duration::MAX),
        }
    }
}
