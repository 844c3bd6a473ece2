//! The state of a room as plain values, for a store that keeps it as a snapshot.

use std::sync::Arc;

use super::{Empty, Grant, PasswordVersion, RoomState, Seat, last_posts::LastPosts};
use crate::domain::{AddressKey, Ban, InviteHash, Moment, Room, Seq, VisitorId};

/// All of a [`RoomState`]. The count of seats in `room` follows from `seats`.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields of RoomState")]
pub struct Parts {
    pub room: Room,
    pub password_hash: Option<Arc<str>>,
    pub password_version: PasswordVersion,
    pub address_key: AddressKey,
    pub seq: Seq,
    pub ended: bool,
    pub bans: Vec<Ban>,
    pub seats: Vec<Seat>,
    pub grants: Vec<(VisitorId, Grant)>,
    pub invites: Vec<InviteHash>,
    pub last_posts: Vec<(VisitorId, Moment)>,
    pub empty: Empty,
    pub owner_absent_since: Option<Moment>,
}

impl From<&RoomState> for Parts {
    fn from(state: &RoomState) -> Self {
        Self {
            room: state.room.clone(),
            password_hash: state.password_hash.clone(),
            password_version: state.password_version,
            address_key: state.address_key,
            seq: state.seq,
            ended: state.ended,
            bans: state.bans.to_vec(),
            seats: state.seats.to_vec(),
            grants: state.grants.iter().map(|(visitor, grant)| (*visitor, *grant)).collect(),
            invites: state.invites.to_vec(),
            last_posts: state.last_posts.all().collect(),
            empty: state.empty,
            owner_absent_since: state.owner_absent_since,
        }
    }
}

impl From<Parts> for RoomState {
    fn from(parts: Parts) -> Self {
        let mut state = Self {
            room: parts.room,
            password_hash: parts.password_hash,
            password_version: parts.password_version,
            address_key: parts.address_key,
            seq: parts.seq,
            ended: parts.ended,
            bans: Arc::new(parts.bans),
            seats: Arc::new(parts.seats),
            grants: Arc::new(parts.grants.into_iter().collect()),
            invites: Arc::new(parts.invites),
            last_posts: Arc::new(LastPosts::of_all(parts.last_posts)),
            empty: parts.empty,
            owner_absent_since: parts.owner_absent_since,
        };
        state.recount();
        state
    }
}
