//! The settings of quotas: how much space GIFs may take.

use clap::Args;

use super::parse::{bytes, count};
use crate::{domain::Space, rules::Quotas};

/// Hundredths of the disk that the GIFs of a site may take, when nobody says more exactly.
const OF_DISK: u64 = 90;

/// How much the GIFs of a site may take on MongoDB, in bytes, when nobody says more exactly: what it has is not known here.
const ON_MONGODB: u64 = 20 << 30;

/// How much space GIFs may take, each with its still: bytes such as 200MiB, and how many they are. One more is refused as
/// `storage_full`; what is deleted makes space at once.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Space for GIFs (bytes such as 200MiB or 20GiB, or off)")]
pub struct QuotaSettings {
    /// Of a room
    #[arg(long, env = "GIFCHAT_QUOTA_ROOM", default_value = "200MiB", value_parser = bytes, value_name = "BYTES|off")]
    pub quota_room: u64,

    /// Of what a visitor uploaded
    #[arg(long, env = "GIFCHAT_QUOTA_VISITOR", default_value = "100MiB", value_parser = bytes, value_name = "BYTES|off")]
    pub quota_visitor: u64,

    /// Of what was uploaded from an address
    #[arg(long, env = "GIFCHAT_QUOTA_ADDRESS", default_value = "300MiB", value_parser = bytes, value_name = "BYTES|off")]
    pub quota_address: u64,

    /// Of all rooms together; without it 90 % of what is free at the start and of what GIFs take already, on MongoDB 20GiB
    #[arg(long, env = "GIFCHAT_QUOTA_SITE", value_parser = bytes, value_name = "BYTES|off")]
    pub quota_site: Option<u64>,

    /// GIFs of a room
    #[arg(long, env = "GIFCHAT_QUOTA_ROOM_FILES", default_value = "2000", value_parser = count, value_name = "N|off")]
    pub quota_room_files: usize,

    /// GIFs that a visitor uploaded
    #[arg(long, env = "GIFCHAT_QUOTA_VISITOR_FILES", default_value = "1000", value_parser = count, value_name = "N|off")]
    pub quota_visitor_files: usize,

    /// GIFs that were uploaded from an address
    #[arg(long, env = "GIFCHAT_QUOTA_ADDRESS_FILES", default_value = "3000", value_parser = count, value_name = "N|off")]
    pub quota_address_files: usize,

    /// GIFs of all rooms together
    #[arg(long, env = "GIFCHAT_QUOTA_SITE_FILES", default_value = "100000", value_parser = count, value_name = "N|off")]
    pub quota_site_files: usize,
}

impl QuotaSettings {
    /// The quotas of a site whose disk has so many bytes free and holds so many bytes of GIFs; on MongoDB neither is known.
    pub fn quotas(&self, disk: Option<(u64, u64)>) -> Quotas {
        let space = |bytes: u64, files: usize| Space {
            bytes,
            files: files as u64,
        };
        let usual = disk.map_or(ON_MONGODB, |(free, held)| {
            (free.saturating_add(held) / 100).saturating_mul(OF_DISK)
        });
        Quotas {
            room: space(self.quota_room, self.quota_room_files),
            visitor: space(self.quota_visitor, self.quota_visitor_files),
            address: space(self.quota_address, self.quota_address_files),
            site: space(self.quota_site.unwrap_or(usual), self.quota_site_files),
        }
    }
}
