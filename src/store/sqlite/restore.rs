//! Rooms as the last run left them.

use std::{collections::HashMap, sync::Arc};

use rusqlite::{Connection, Row};

use super::{
    cleanup, reactions, reports,
    room_cache::CachedRoom,
    rows::{maker, text, visitor},
};
use crate::{
    domain::{
        AddressHash, AddressKey, Ban, InviteHash, LineKind, Max, Moment, Room, RoomId, Seq, Title, Visitor, VisitorId,
    },
    rules::{Came, Grant, LastPosts, Now, RoomState},
};

/// A visitor, and where from.
type Member = (Visitor, Option<AddressHash>);

/// Who holds a seat as the system messages say, the longest first, each with where they came from, and who ever came.
fn members_of(connection: &Connection, state: &RoomState) -> rusqlite::Result<(Vec<Member>, Came)> {
    let room = &state.room;
    // Of a group with max(), SQLite takes the other columns from the row that has it.
    let sql = "SELECT visitor, color, line, max(seq), sum(line = 'joined') > 0, address FROM messages
               WHERE room = ?1 AND line IN ('joined', 'left', 'kicked', 'banned') GROUP BY visitor";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([room.id.to_bytes()], |row| {
        let joined = row.get_ref(2)?.as_str()? == LineKind::Joined.name();
        let mark: Option<[u8; 16]> = row.get(5)?;
        let member = (visitor(row, 0, 1)?, mark.map(AddressHash::from_bytes));
        Ok((joined, row.get::<_, Seq>(3)?, member, row.get(4)?))
    })?;
    let last: Vec<(_, _, _, bool)> = rows.collect::<rusqlite::Result<_>>()?;
    // Who is banned need not ever have come.
    let came = last.into_iter().filter(|(.., came)| *came);
    let mut last: Vec<_> = came.map(|(joined, seq, member, _)| (joined, seq, member)).collect();
    // Where the owner is another one by now, the maker came and is not the owner.
    let came = match state.visited || last.iter().any(|(.., (visitor, _))| visitor.id != room.owner.id) {
        true => Came::Others,
        // Somebody has come where something is forgotten.
        false if last.is_empty() && state.forgotten == 0 => Came::Nobody,
        false => Came::Maker,
    };
    last.retain(|(joined, ..)| *joined);
    last.sort_by_key(|(_, seq, _)| *seq);
    Ok((last.into_iter().map(|(.., member)| member).collect(), came))
}

/// What the site marks addresses with.
pub fn site_key(connection: &Connection) -> rusqlite::Result<AddressKey> {
    connection.query_row("SELECT key FROM site", [], |row| row.get(0).map(AddressKey::from_bytes))
}

/// All rooms as the last run left them; the graces of each and of its seats begin now.
pub fn open_rooms(connection: &Connection, now: Now) -> rusqlite::Result<Vec<CachedRoom>> {
    let sql = "SELECT id, title, max, password_hash, owner, owner_color, created_at,
                      max(last_seq, coalesce((SELECT max(seq) FROM messages WHERE room = rooms.id), 0)), address_key,
                      closed, slow, crowd, maker, networks, forgotten,
                      visited,
                      (SELECT created_at FROM messages WHERE room = rooms.id AND seq > forgotten ORDER BY seq LIMIT 1)
               FROM rooms";
    let mut statement = connection.prepare(sql)?;
    let restored = |row: &Row<'_>| {
        let password_hash: Option<Arc<str>> = row.get(3)?;
        let room = Room {
            id: RoomId::from_bytes(row.get(0)?),
            title: Title::from_store(row.get_ref(1)?.as_str()?),
            max: Max::from_store(row.get(2)?),
            count: 0,
            owner: visitor(row, 4, 5)?,
            locked: password_hash.is_some(),
            closed: row.get(9)?,
            slow: row.get(10)?,
            crowd: row.get(11)?,
            created_at: Moment::from_millis(row.get(6)?),
            asleep: false,
            away: 0,
        };
        let mut state = RoomState::restored(room, password_hash, AddressKey::from_bytes(row.get(8)?), now);
        state.seq = row.get(7)?;
        state.maker = Arc::new(maker(row, 12, 13)?);
        state.forgotten = row.get(14)?;
        state.visited = row.get(15)?;
        state.oldest = row.get::<_, Option<i64>>(16)?.map(Moment::from_millis);
        Ok(state)
    };
    let states: Vec<_> = statement.query_map([], restored)?.collect::<rusqlite::Result<_>>()?;
    states
        .into_iter()
        .map(|state| with_parts(connection, state, now))
        .collect()
}

/// Adds to a room what is kept beside it.
fn with_parts(connection: &Connection, state: RoomState, now: Now) -> rusqlite::Result<CachedRoom> {
    let id = state.room.id;
    let (members, came) = members_of(connection, &state)?;
    let mut state = state
        .with_grants(grants_of(connection, id)?, invites_of(connection, id)?)
        .with_seats(members, came, now);
    state.bans = Arc::new(bans_of(connection, id)?);
    state.last_posts = Arc::new(last_posts_of(connection, id, now)?);
    state.reports = Arc::new(reports::open_in(connection, id)?);
    state.reactions = Arc::new(reactions::of_room(connection, id, now)?);
    Ok(CachedRoom {
        state,
        clearings: Arc::new(cleanup::clearings_of(connection, id)?),
    })
}

fn grants_of(connection: &Connection, room: RoomId) -> rusqlite::Result<HashMap<VisitorId, Grant>> {
    let mut statement = connection.prepare_cached("SELECT visitor, invited FROM grants WHERE room = ?1")?;
    let grants = statement.query_map([room.to_bytes()], |row| {
        let grant = if row.get(1)? { Grant::Invite } else { Grant::Password };
        Ok((text(row, 0)?, grant))
    })?;
    grants.collect()
}

/// The oldest first.
fn invites_of(connection: &Connection, room: RoomId) -> rusqlite::Result<Vec<InviteHash>> {
    let mut statement = connection.prepare_cached("SELECT hash FROM invites WHERE room = ?1 ORDER BY id")?;
    let invites = statement.query_map([room.to_bytes()], |row| Ok(InviteHash::from_bytes(row.get(0)?)))?;
    invites.collect()
}

/// The earliest first. None lies ahead, although the date may have been set back.
fn last_posts_of(connection: &Connection, room: RoomId, now: Now) -> rusqlite::Result<LastPosts> {
    let mut statement = connection.prepare_cached("SELECT visitor, at FROM pauses WHERE room = ?1 ORDER BY at")?;
    let posts = statement.query_map([room.to_bytes()], |row| {
        Ok((text(row, 0)?, Moment::from_millis(row.get(1)?).min(now.steady)))
    })?;
    Ok(LastPosts::of_all(posts.collect::<rusqlite::Result<Vec<_>>>()?))
}

fn bans_of(connection: &Connection, room: RoomId) -> rusqlite::Result<Vec<Ban>> {
    let mut statement =
        connection.prepare_cached("SELECT visitor, color, until, addresses FROM bans WHERE room = ?1")?;
    let bans = statement.query_map([room.to_bytes()], |row| {
        let addresses: Vec<u8> = row.get(3)?;
        let marks = addresses.chunks_exact(16).filter_map(|mark| mark.try_into().ok());
        let until: Option<i64> = row.get(2)?;
        Ok(Ban {
            visitor: visitor(row, 0, 1)?,
            until: until.map(Moment::from_millis),
            addresses: marks.map(AddressHash::from_bytes).collect(),
        })
    })?;
    bans.collect()
}
