//! The snapshot of a room: what the entries of its log up to a position have made of it.

mod parts;

use std::{collections::HashMap, sync::Arc};

use mongodb::bson::Binary;
use serde::{Deserialize, Serialize};

use self::parts::{BanDoc, DeletionDoc, EditDoc, GivenDoc, PostDoc, ReportDoc, SeatDoc, WhoDoc};
use super::{
    Damaged, Position, binary, bytes,
    entry::{mark_texts, read_invite, read_maker},
    hex, number, signed, text,
};
use crate::{
    domain::{AddressKey, Max, Moment, Room, Title, VisitorId},
    rules::{Empty, Grant, LastPosts, Reactions, RoomState},
    store::mongo::folded::Folded,
};

/// A room as the list shows it, and the rest of its state.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StateDoc {
    #[serde(rename = "_id")]
    pub id: String,
    /// The entry after which the room is so.
    pub position: i64,
    title: String,
    max: i64,
    count: i64,
    owner: WhoDoc,
    locked: bool,
    closed: bool,
    slow: i64,
    /// Earlier versions knew no such setting.
    #[serde(default)]
    crowd: bool,
    created: i64,
    seq: i64,
    /// Earlier versions kept all.
    #[serde(default)]
    forgotten: i64,
    #[serde(default)]
    oldest: Option<i64>,
    password: Option<String>,
    password_version: i64,
    key: String,
    /// Earlier versions did not ask who made a room.
    #[serde(default)]
    maker: Option<String>,
    #[serde(default)]
    networks: Vec<String>,
    bans: Vec<BanDoc>,
    seats: Vec<SeatDoc>,
    /// Those who gave the password, and those who came by an invite.
    granted: Vec<String>,
    redeemed: Vec<String>,
    invites: Vec<Binary>,
    last_posts: Vec<PostDoc>,
    /// Those of an earlier version have none: it kept reports beside the log.
    #[serde(default)]
    reports: Vec<ReportDoc>,
    /// Earlier versions knew no reactions.
    #[serde(default)]
    reactions: Vec<GivenDoc>,
    #[serde(default)]
    reactions_version: i64,
    empty: Option<i64>,
    /// Whether the last person left on purpose. A snapshot of an earlier version does not say so.
    #[serde(default)]
    left: bool,
    /// Whether anybody but the maker ever came. An earlier version did not ask.
    #[serde(default = "yes")]
    visited: bool,
    #[serde(default)]
    asleep: bool,
    owner_absent: Option<i64>,
    deletions: Vec<DeletionDoc>,
    /// Earlier versions knew no edits.
    #[serde(default)]
    edits: Vec<EditDoc>,
    #[serde(default)]
    erased: i64,
}

const fn yes() -> bool {
    true
}

impl From<&Folded> for StateDoc {
    fn from(folded: &Folded) -> Self {
        let state = &folded.state;
        let granted = |wanted: Grant| {
            let all = state.grants.iter().filter(move |(_, grant)| **grant == wanted);
            all.map(|(visitor, _)| visitor.to_string()).collect()
        };
        let post = |(visitor, at): (VisitorId, Moment)| PostDoc {
            visitor: visitor.to_string(),
            at: at.millis(),
        };
        Self {
            id: state.room.id.to_string(),
            position: signed(folded.position),
            title: state.room.title.as_str().to_owned(),
            max: state.room.max.get().into(),
            count: state.room.count.into(),
            owner: WhoDoc::of(state.room.owner),
            locked: state.room.locked,
            closed: state.room.closed,
            slow: state.room.slow.into(),
            crowd: state.room.crowd,
            created: state.room.created_at.millis(),
            seq: signed(state.seq),
            forgotten: signed(state.forgotten),
            oldest: state.oldest.map(Moment::millis),
            password: state.password_hash.as_deref().map(str::to_owned),
            password_version: signed(state.password_version),
            key: hex(&state.address_key.to_bytes()),
            maker: state.maker.visitor.map(|visitor| visitor.to_string()),
            networks: mark_texts(&state.maker),
            bans: state.bans.iter().map(BanDoc::from).collect(),
            seats: state.seats.iter().map(SeatDoc::from).collect(),
            granted: granted(Grant::Password),
            redeemed: granted(Grant::Invite),
            invites: state.invites.iter().map(|invite| binary(invite.to_bytes())).collect(),
            last_posts: state.last_posts.all().map(post).collect(),
            reports: state.reports.iter().map(ReportDoc::from).collect(),
            reactions: state.reactions.given().iter().map(GivenDoc::from).collect(),
            reactions_version: signed(state.reactions.version()),
            empty: state.empty_since().map(Moment::millis),
            left: matches!(state.empty, Empty::Left(_)),
            visited: state.visited,
            asleep: state.room.asleep,
            owner_absent: state.owner_absent_since.map(Moment::millis),
            deletions: folded.deletions.iter().map(DeletionDoc::from).collect(),
            edits: folded.edits.iter().map(EditDoc::from).collect(),
            erased: signed(folded.erased),
        }
    }
}

impl StateDoc {
    fn room(&self) -> Result<Room, Damaged> {
        let away = self.seats.iter().filter(|seat| seat.holds.is_empty()).count();
        Ok(Room {
            id: text(&self.id, "_id")?,
            title: Title::from_store(&self.title),
            max: Max::from_store(number(self.max, "max")?),
            count: number(self.count, "count")?,
            owner: self.owner.who()?,
            locked: self.locked,
            closed: self.closed,
            slow: number(self.slow, "slow")?,
            crowd: self.crowd,
            created_at: Moment::from_millis(self.created),
            asleep: self.asleep,
            away: u32::try_from(away).unwrap_or(u32::MAX),
        })
    }

    /// The state of this document.
    pub fn folded(&self) -> Result<Folded, Damaged> {
        let grant = |visitor: &String, grant| Ok((text(visitor, "granted")?, grant));
        let granted = self.granted.iter().map(|visitor| grant(visitor, Grant::Password));
        let redeemed = self.redeemed.iter().map(|visitor| grant(visitor, Grant::Invite));
        let grants: HashMap<VisitorId, Grant> = granted.chain(redeemed).collect::<Result<_, Damaged>>()?;
        let post = |post: &PostDoc| Ok((text(&post.visitor, "visitor")?, Moment::from_millis(post.at)));
        let posts = self.last_posts.iter().map(post).collect::<Result<Vec<_>, Damaged>>()?;
        let bans = self.bans.iter().map(BanDoc::ban).collect::<Result<Vec<_>, _>>()?;
        let seats = self.seats.iter().map(SeatDoc::seat).collect::<Result<Vec<_>, _>>()?;
        let invites = self.invites.iter().map(read_invite).collect::<Result<Vec<_>, _>>()?;
        let reports = self
            .reports
            .iter()
            .map(ReportDoc::report)
            .collect::<Result<Vec<_>, _>>()?;
        let given = self.reactions.iter().map(GivenDoc::given).collect::<Result<_, _>>()?;
        let version = number(self.reactions_version, "reactions_version")?;
        let state = RoomState {
            room: self.room()?,
            password_hash: self.password.as_deref().map(Into::into),
            password_version: number(self.password_version, "password_version")?,
            address_key: AddressKey::from_bytes(bytes(&self.key).ok_or(Damaged("key"))?),
            maker: Arc::new(read_maker(self.maker.as_deref(), &self.networks)?),
            seq: number(self.seq, "seq")?,
            forgotten: number(self.forgotten, "forgotten")?,
            oldest: self.oldest.map(Moment::from_millis),
            ended: false,
            bans: Arc::new(bans),
            seats: Arc::new(seats),
            grants: Arc::new(grants),
            invites: Arc::new(invites),
            last_posts: Arc::new(LastPosts::of_all(posts)),
            reports: Arc::new(reports),
            reactions: Arc::new(Reactions::restored(given, version)),
            empty: match self.empty.map(Moment::from_millis) {
                None => Empty::No,
                Some(since) if self.left => Empty::Left(since),
                Some(since) => Empty::Lost(since),
            },
            visited: self.visited,
            owner_absent_since: self.owner_absent.map(Moment::from_millis),
        };
        let deletions = self.deletions.iter().map(DeletionDoc::deletion);
        Ok(Folded {
            state,
            position: number::<Position>(self.position, "position")?,
            deletions: deletions.collect::<Result<Vec<_>, _>>()?.into(),
            edits: self
                .edits
                .iter()
                .map(EditDoc::edit)
                .collect::<Result<Vec<_>, _>>()?
                .into(),
            erased: number(self.erased, "erased")?,
        })
    }
}
