//! The contract of a store, run on every kind there is.

use std::{sync::Arc, time::Duration};

use gifchat::{
    domain::{
        Alt, Body, Chat, GifBody, GifHash, GifName, Limits, Line, LineKind, Max, Message, Nonce, Refusal, Room, RoomId,
        Title, Visitor, VisitorId,
    },
    rules::{Graces, NewBody, NewRoom, Retention},
    store::{Change, Changes, SqliteStore, Store, StoreError, Window},
};
use tempfile::TempDir;

use self::{
    bans::*, decisions::*, deletions::*, gifs::*, in_flight::*, invites::*, life::*, messages::*, moderation::*,
    reports::*, retention::*, rooms::*, seats::*, slices::*, traces::*, whispers::*,
};
use crate::support::{NewMessage, Verbs, in_time};

mod bans;
mod decisions;
mod deletions;
mod full;
mod gifs;
mod in_flight;
mod invites;
mod life;
mod messages;
mod moderation;
mod reports;
mod retention;
mod rooms;
mod seats;
mod slices;
mod traces;
mod whispers;

/// A kind of store, and the place where one of its stores keeps its rows.
trait Kind {
    fn fresh() -> Self;
    /// Opens the store at this place; again, as after a restart, once the one before is closed.
    async fn open(&self) -> Arc<dyn Store>;
}

struct Sqlite(TempDir);

impl Kind for Sqlite {
    fn fresh() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&self.0.path().join("data/store.db"), 1_000).unwrap())
    }
}

/// A database on the mongod of the run.
#[cfg(feature = "mongodb")]
struct Mongo(String);

#[cfg(feature = "mongodb")]
impl Kind for Mongo {
    fn fresh() -> Self {
        Self(crate::support::mongod::fresh_database())
    }

    async fn open(&self) -> Arc<dyn Store> {
        use gifchat::store::{StoreUrl, mongo::MongoStore};

        let Ok(StoreUrl::Mongo(url)) = self.0.parse() else {
            panic!("no address of a database: {}", self.0);
        };
        Arc::new(MongoStore::open(&url, 1_000, Default::default()).await.unwrap())
    }
}

/// Makes a test of each function of the contract for a kind of store.
macro_rules! contract {
    ($kind:ident: $store:ty; #[$attribute:meta] $($test:ident)*) => {
        mod $kind {
            $(
                #[tokio::test]
                #[$attribute]
                async fn $test() {
                    super::$test::<$store>().await;
                }
            )*
        }
    };
}

/// Every function of the contract on every kind of store.
macro_rules! every_kind {
    ($($test:ident)*) => {
        contract!(sqlite: super::Sqlite; #[cfg(test)] $($test)*);
        #[cfg(feature = "mongodb")]
        contract!(mongo: super::Mongo; #[ignore = "needs MONGOD"] $($test)*);
    };
}

every_kind! {
    changes_come_in_commit_order
    changes_go_to_one_follower
    what_operators_decided_is_there_after_a_restart
    a_room_is_found_as_it_was_made
    rooms_are_paged_newest_first
    the_rooms_of_a_visitor_are_those_with_a_seat_of_theirs
    a_visitor_and_an_address_may_have_so_many_rooms_open_after_a_restart_too
    a_room_is_changed_in_part
    a_room_is_changed_by_its_owner_of_that_moment
    who_is_there_is_told_what_the_owner_changed_and_nothing_of_what_was_so_before
    seats_never_exceed_max
    people_of_one_address_have_half_of_the_seats_after_a_restart_too
    sockets_of_one_visitor_share_a_seat
    a_visitor_is_in_a_room_by_so_many_sockets_and_no_more
    a_dropped_seat_waits_for_its_grace
    a_locked_room_asks_for_a_grant
    a_new_password_takes_grants_back
    a_grant_is_for_the_password_that_was_checked
    an_invite_lets_in_until_it_is_withdrawn
    who_knows_the_password_needs_no_invite
    a_new_password_takes_invites_back
    an_invite_is_nothing_to_somebody_banned
    invites_survive_a_restart_and_are_bounded
    an_invite_of_a_room_that_is_being_removed_is_good_no_more
    a_whisper_is_kept_for_the_two_and_has_no_place
    a_whisper_is_told_once_and_its_nonce_counts_once
    nothing_is_whispered_or_reported_behind_the_line_that_sent_its_author_out
    nothing_is_whispered_into_a_room_that_is_removed
    a_gif_is_not_whispered_behind_the_deletion_that_forbids_it
    one_reads_on_behind_a_whisper_that_is_no_longer_kept
    one_whispers_only_inside_and_to_somebody_inside
    a_whispered_gif_belongs_to_the_two
    a_room_keeps_the_newest_whispers_of_each_pair
    a_report_is_told_listed_and_dismissed
    only_members_report_messages_of_the_room_and_not_without_end
    nobody_reports_the_owner_and_the_owner_reports_nobody
    reports_by_and_about_who_becomes_the_owner_are_forgotten
    a_member_has_so_many_reports_waiting_and_no_more_however_fast_they_come
    reports_that_wait_are_counted_over_a_restart
    reports_go_with_what_they_are_about
    only_a_member_posts_and_places_have_no_gap
    a_nonce_belongs_to_a_visitor_and_a_room
    history_has_windows
    a_gif_survives_being_stored
    a_gif_is_sent_again_by_name
    only_a_gif_of_the_room_is_sent_again
    the_tray_has_each_gif_once_newest_first
    a_file_is_named_until_its_last_message_goes
    gifs_deleted_as_abuse_are_refused_in_their_room_alone
    a_room_forgets_the_oldest_of_the_gifs_it_refuses
    nothing_is_forbidden_by_a_deed_that_is_refused
    a_removed_room_is_gone_with_all_of_it
    a_large_clear_is_seen_at_once_and_survives_a_restart
    what_is_being_cleared_as_abuse_is_refused_at_once
    a_large_room_is_gone_at_once_with_all_that_was_in_it
    forgotten_files_leave_their_places_empty
    of_one_message_too_many_the_oldest_go_with_their_files
    what_is_too_old_goes_and_nothing_can_be_done_about_it
    who_holds_a_seat_is_known_after_a_restart_though_the_line_is_gone
    a_ban_holds_no_address_that_the_room_has_forgotten
    what_holds_bytes_and_what_somebody_wrote_is_found_in_every_room
    an_empty_room_goes_after_its_grace
    a_new_room_goes_when_nobody_joins
    what_was_committed_survives_a_restart
    a_closed_store_says_so
    many_posts_at_once_are_each_stored_once
    who_comes_and_goes_leaves_a_line_in_its_place
    a_seat_not_come_back_to_after_a_restart_leaves_a_line
    a_room_that_people_came_to_sleeps_over_a_restart
    joins_and_exits_in_a_rush_leave_one_line_each
    only_the_owner_moderates_and_each_deed_leaves_a_line
    what_was_deleted_is_blank_and_its_files_are_named_by_nobody
    a_ban_keeps_out_by_visitor_and_by_address
    a_ban_keeps_from_reading_whom_it_keeps_from_entering
    a_closed_room_says_so_before_it_asks_for_a_password
    a_closed_room_takes_only_who_is_in_it
    slow_mode_makes_all_but_the_owner_wait
    an_absent_owner_is_followed_by_who_is_there_longest
    an_owner_absent_over_a_restart_gets_a_fresh_grace
}

const FOREVER: Graces = graces(3_600_000, 3_600_000, 3_600_000);
const AT_ONCE: Duration = Duration::ZERO;

/// In milliseconds: of a seat, of a room that was left or whose last connection was lost, and of one that waits for others.
const fn graces(seat: u64, room: u64, first: u64) -> Graces {
    Graces {
        seat: Duration::from_millis(seat),
        room: Duration::from_millis(room),
        lost: Duration::from_millis(room),
        first: Duration::from_millis(first),
        owner: Duration::from_secs(3_600),
        retention: Retention::ALL,
    }
}

fn somebody() -> Visitor {
    Visitor::new(VisitorId::random())
}

fn nobody_there() -> RoomId {
    RoomId::random()
}

fn new_room(title: &str, owner: Visitor) -> NewRoom {
    let limits = Limits::default();
    NewRoom {
        title: Title::parse(title, &limits).unwrap(),
        max: Max::parse(Some(3), &limits).unwrap(),
        password_hash: None,
        owner,
        maker: Default::default(),
        most: Default::default(),
    }
}

fn text(room: RoomId, author: Visitor, chat: &str, nonce: Option<&str>) -> NewMessage {
    NewMessage {
        room,
        author,
        body: NewBody::Chat(Chat::parse(chat, &Limits::default()).unwrap()),
        nonce: nonce.map(|nonce| Nonce::parse(nonce).unwrap()),
    }
}

fn gif(room: RoomId, author: Visitor, name: GifName) -> NewMessage {
    let body = NewBody::Gif(GifBody {
        name,
        width: 40,
        height: 30,
        frames: 12,
        duration: 1_200,
        bytes: 5_000_000_000,
        alt: Alt::parse("막대 <b>", &Limits::default()).unwrap(),
        caption: Some(Chat::parse("이거 봐 <i>", &Limits::default()).unwrap()),
        hash: Some(hash_of(name)),
    });
    NewMessage {
        room,
        author,
        body,
        nonce: None,
    }
}

/// A hash of its own for each file.
fn hash_of(name: GifName) -> GifHash {
    let mut bytes = [7; 32];
    bytes[..16].copy_from_slice(&name.to_string().as_bytes()[..16]);
    GifHash::from_bytes(bytes)
}

/// Lets a visitor into a room by the password that it has now.
async fn grant(store: &Arc<dyn Store>, room: RoomId, visitor: Visitor) -> Result<(), StoreError> {
    let record = store.room(room).await?;
    let version = record.map_or(0, |record| record.password_version);
    store.grant(room, visitor, version).await
}

async fn next(changes: &mut Changes) -> Change {
    in_time("a change", changes.recv()).await.unwrap()
}

/// The next change is the line of a visitor.
async fn told(changes: &mut Changes, seq: u64, who: Visitor, kind: LineKind, count: u32) {
    match next(changes).await {
        Change::Posted(line) => assert_eq!(
            (line.seq, line.author, &line.body),
            (seq, who, &Body::Line(Line { kind, count }))
        ),
        other => panic!("no line: {other:?}"),
    }
}

/// The lines of a room: whose, and what.
async fn lines(store: &Arc<dyn Store>, room: RoomId) -> Vec<(Visitor, LineKind, u32)> {
    let history = store.history(room, Window::After(0), 1_000).await.unwrap();
    let line = |message: &Message| match message.body {
        Body::Line(line) => Some((message.author, line.kind, line.count)),
        _ => None,
    };
    history.iter().filter_map(line).collect()
}

fn refusal<T: std::fmt::Debug>(result: Result<T, StoreError>) -> Refusal {
    match result {
        Err(StoreError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// A store with a room and a member in it. Its changes are dropped: nobody follows.
async fn with_member<K: Kind>() -> (K, Arc<dyn Store>, Room, Visitor) {
    let place = K::fresh();
    let store = place.open().await;
    drop(store.changes());
    let owner = somebody();
    let room = store.create_room(new_room("방", owner)).await.unwrap();
    store.enter(room.id, owner.into(), 1).await.unwrap();
    (place, store, room, owner)
}

async fn post(store: &Arc<dyn Store>, new: NewMessage) -> Arc<Message> {
    Arc::clone(store.post(new).await.unwrap().message())
}

fn seqs(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| message.seq).collect()
}
