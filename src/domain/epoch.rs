//! Which life of the site's rooms a place in a room belongs to.

use super::id::hex_id;

hex_id!(
    /// Names the time between two restores of a backup. All rooms of a store carry it: a place (`seq`) that somebody knows from
    /// another epoch may be ahead of the room, or belong to another message.
    Epoch,
    16
);
