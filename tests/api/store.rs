//! The contract of a store, run on every kind there is.

use std::{sync::Arc, time::Duration};

use gifchat::{
    domain::{
        Action, Address, Alt, Body, Chat, GifBody, GifHash, GifName, Guest, Limits, Line, LineKind, Max, Message,
        Nonce, Refusal, Room, RoomId, Title, Visitor, VisitorId,
    },
    store::{
        Change, Changes, Departure, Graces, NewBody, NewMessage, NewRoom, Posted, RoomChange, RoomCursor, SqliteStore,
        Store, StoreError, Window,
    },
};
use tempfile::TempDir;

use self::{deletions::*, gifs::*, invites::*, reports::*, whispers::*};
use crate::support::in_time;

mod deletions;
mod gifs;
mod invites;
mod reports;
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
    a_room_is_found_as_it_was_made
    rooms_are_paged_newest_first
    a_room_is_changed_in_part
    seats_never_exceed_max
    sockets_of_one_visitor_share_a_seat
    a_dropped_seat_waits_for_its_grace
    a_locked_room_asks_for_a_grant
    a_new_password_takes_grants_back
    an_invite_lets_in_until_it_is_withdrawn
    who_knows_the_password_needs_no_invite
    a_new_password_takes_invites_back
    invites_survive_a_restart_and_are_bounded
    a_whisper_is_kept_for_the_two_and_has_no_place
    a_whisper_is_told_once_and_its_nonce_counts_once
    one_whispers_only_inside_and_to_somebody_inside
    a_whispered_gif_belongs_to_the_two
    a_room_keeps_the_newest_whispers_of_each
    a_report_is_told_listed_and_dismissed
    only_members_report_messages_of_the_room_and_not_without_end
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
    forgotten_files_leave_their_places_empty
    an_empty_room_goes_after_its_grace
    a_new_room_goes_when_nobody_joins
    what_was_committed_survives_a_restart
    a_closed_store_says_so
    many_posts_at_once_are_each_stored_once
    who_comes_and_goes_leaves_a_line_in_its_place
    a_seat_not_come_back_to_after_a_restart_leaves_a_line
    joins_and_exits_in_a_rush_leave_one_line_each
    only_the_owner_moderates_and_each_deed_leaves_a_line
    what_was_deleted_is_blank_and_its_files_are_named_by_nobody
    a_ban_keeps_out_by_visitor_and_by_address
    a_closed_room_takes_only_who_is_in_it
    slow_mode_makes_all_but_the_owner_wait
    an_absent_owner_is_followed_by_who_is_there_longest
}

const FOREVER: Graces = graces(3_600_000, 3_600_000, 3_600_000);
const AT_ONCE: Duration = Duration::ZERO;

const fn graces(seat: u64, room: u64, new_room: u64) -> Graces {
    Graces {
        seat: Duration::from_millis(seat),
        room: Duration::from_millis(room),
        new_room: Duration::from_millis(new_room),
        owner: Duration::from_secs(3_600),
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

async fn changes_come_in_commit_order<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    let mut changes = store.changes().unwrap();
    let (owner, other) = (somebody(), somebody());
    let made = store.create_room(new_room("방", owner)).await.unwrap();
    let id = made.id;
    store.enter(id, owner.into(), 1).await.unwrap();
    store.enter(id, other.into(), 2).await.unwrap();
    store.enter(id, other.into(), 3).await.unwrap();
    let first = post(&store, text(id, owner, "하나", Some("n"))).await;
    store.post(text(id, owner, "하나", Some("n"))).await.unwrap();
    let title = Title::parse("새 이름", &Limits::default()).unwrap();
    store
        .update_room(
            id,
            RoomChange {
                title: Some(title),
                ..RoomChange::default()
            },
        )
        .await
        .unwrap();
    store.leave(id, other, 2, Departure::Left).await.unwrap();
    store.leave(id, other, 3, Departure::Left).await.unwrap();
    store.remove_room(id).await.unwrap();

    assert!(matches!(next(&mut changes).await, Change::RoomCreated(room) if room == made));
    assert!(matches!(next(&mut changes).await, Change::Entered(room, who) if who == owner && room.count == 1));
    told(&mut changes, 1, owner, LineKind::Joined, 1).await;
    // The second socket of a visitor and the repeated post are no changes.
    assert!(matches!(next(&mut changes).await, Change::Entered(room, who) if who == other && room.count == 2));
    told(&mut changes, 2, other, LineKind::Joined, 2).await;
    assert!(matches!(next(&mut changes).await, Change::Posted(message) if message == first));
    assert!(matches!(next(&mut changes).await, Change::RoomUpdated(room) if room.title.as_str() == "새 이름"));
    assert!(matches!(next(&mut changes).await, Change::Left(room, who) if who == other && room.count == 1));
    told(&mut changes, 4, other, LineKind::Left, 1).await;
    assert!(matches!(next(&mut changes).await, Change::RoomRemoved(gone) if gone == id));
    store.close().await;
    assert!(in_time("the end of the changes", changes.recv()).await.is_none());
}

async fn changes_go_to_one_follower<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    let first = store.changes();
    assert!(first.is_some() && store.changes().is_none());
}

async fn a_room_is_found_as_it_was_made<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    drop(store.changes());
    store.ready().await.unwrap();
    let owner = somebody();
    let made = store.create_room(new_room("움짤 🏆", owner)).await.unwrap();
    assert_eq!(
        (made.title.as_str(), made.max.get(), made.count, made.locked),
        ("움짤 🏆", 3, 0, false)
    );
    let record = store.room(made.id).await.unwrap().unwrap();
    assert_eq!(
        (record.room, record.password_hash, record.last_seq),
        (made.clone(), None, 0)
    );
    assert!(store.room(nobody_there()).await.unwrap().is_none());
    let access = store.access(made.id, owner).await.unwrap().unwrap();
    assert!(access.owner && access.granted && !access.member);
    let access = store.access(made.id, somebody()).await.unwrap().unwrap();
    assert!(!access.owner && access.granted && !access.member);
    assert!(store.access(nobody_there(), owner).await.unwrap().is_none());
    assert!(store.members(nobody_there()).await.unwrap().is_empty());
}

async fn rooms_are_paged_newest_first<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    drop(store.changes());
    let owner = somebody();
    let mut made = Vec::new();
    for n in 0..75 {
        made.push(store.create_room(new_room(&format!("방 {n}"), owner)).await.unwrap());
    }
    // Rooms of one millisecond are told apart by their ids.
    made.sort_by_key(|room| std::cmp::Reverse(RoomCursor::of(room)));
    for limit in [1, 10, 74, 75, 100] {
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = store.rooms(after, limit).await.unwrap();
            assert!(page.rooms.len() <= limit && page.total == 75);
            listed.extend(page.rooms);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert!(listed == made, "pages of {limit}");
    }
    // A cursor stays good without its room, also in words.
    let cursor: RoomCursor = RoomCursor::of(&made[9]).to_string().parse().unwrap();
    store.remove_room(made[9].id).await.unwrap();
    let page = store.rooms(Some(cursor), 5).await.unwrap();
    assert!(page.rooms == made[10..15] && page.total == 74);
}

async fn a_room_is_changed_in_part<K: Kind>() {
    let (_place, store, room, _) = with_member::<K>().await;
    let unchanged = store.update_room(room.id, RoomChange::default()).await.unwrap();
    assert_eq!(
        (unchanged.title, unchanged.max, unchanged.count),
        (room.title.clone(), room.max, 1)
    );
    let max = Max::parse(Some(2), &Limits::default()).unwrap();
    let changed = store
        .update_room(
            room.id,
            RoomChange {
                max: Some(max),
                ..RoomChange::default()
            },
        )
        .await
        .unwrap();
    assert_eq!(
        (changed.title, changed.max.get(), changed.locked),
        (room.title, 2, false)
    );
    let gone = store.update_room(nobody_there(), RoomChange::default()).await;
    assert_eq!(refusal(gone), Refusal::RoomNotFound);
}

async fn seats_never_exceed_max<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    drop(store.changes());
    let room = store.create_room(new_room("방", somebody())).await.unwrap();
    let racing = (0..30).map(|n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { (store.enter(room.id, somebody().into(), n).await, n) })
    });
    let mut seated = Vec::new();
    for entered in futures_util::future::join_all(racing.collect::<Vec<_>>()).await {
        match entered.unwrap() {
            (Ok(entry), n) => {
                assert!(entry.room.count <= 3 && entry.members.len() == entry.room.count as usize);
                seated.push((*entry.members.last().unwrap(), n));
            }
            (refused, _) => assert_eq!(refusal(refused), Refusal::RoomFull),
        }
    }
    assert_eq!(seated.len(), 3);
    assert_eq!(store.members(room.id).await.unwrap().len(), 3);
    let (leaver, socket) = seated.pop().unwrap();
    store.leave(room.id, leaver, socket, Departure::Left).await.unwrap();
    store.enter(room.id, somebody().into(), 100).await.unwrap();
    assert_eq!(
        refusal(store.enter(room.id, leaver.into(), 101).await),
        Refusal::RoomFull
    );
    assert_eq!(
        refusal(store.enter(nobody_there(), leaver.into(), 102).await),
        Refusal::RoomNotFound
    );
}

async fn sockets_of_one_visitor_share_a_seat<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let entry = store.enter(room.id, owner.into(), 2).await.unwrap();
    assert_eq!((entry.room.count, entry.members.as_slice()), (1, &[owner][..]));
    let other = somebody();
    assert_eq!(
        store.enter(room.id, other.into(), 3).await.unwrap().members,
        [owner, other]
    );
    store.leave(room.id, owner, 1, Departure::Left).await.unwrap();
    // A socket that is not there, or not any more, takes nothing away.
    store.leave(room.id, owner, 1, Departure::Left).await.unwrap();
    store.leave(room.id, owner, 3, Departure::Left).await.unwrap();
    store.leave(room.id, somebody(), 2, Departure::Left).await.unwrap();
    store.leave(nobody_there(), owner, 2, Departure::Left).await.unwrap();
    assert_eq!(store.members(room.id).await.unwrap(), [owner, other]);
    store.leave(room.id, owner, 2, Departure::Left).await.unwrap();
    assert_eq!(store.members(room.id).await.unwrap(), [other]);
    assert!(!store.access(room.id, owner).await.unwrap().unwrap().member);
}

async fn a_dropped_seat_waits_for_its_grace<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let other = somebody();
    store.enter(room.id, other.into(), 2).await.unwrap();
    store.leave(room.id, owner, 1, Departure::Dropped).await.unwrap();
    store.tend(FOREVER).await.unwrap();
    assert_eq!(store.members(room.id).await.unwrap(), [owner, other]);
    assert!(store.access(room.id, owner).await.unwrap().unwrap().member);
    // Back in time, the seat is safe.
    store.enter(room.id, owner.into(), 3).await.unwrap();
    store
        .tend(Graces {
            seat: AT_ONCE,
            ..FOREVER
        })
        .await
        .unwrap();
    assert_eq!(store.members(room.id).await.unwrap(), [owner, other]);
    store.leave(room.id, owner, 3, Departure::Dropped).await.unwrap();
    store
        .tend(Graces {
            seat: AT_ONCE,
            ..FOREVER
        })
        .await
        .unwrap();
    assert_eq!(store.members(room.id).await.unwrap(), [other]);
    assert_eq!(store.room(room.id).await.unwrap().unwrap().room.count, 1);
}

async fn a_locked_room_asks_for_a_grant<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    drop(store.changes());
    let (owner, granted, other) = (somebody(), somebody(), somebody());
    let new = NewRoom {
        password_hash: Some("$argon2id$x".into()),
        ..new_room("방", owner)
    };
    let room = store.create_room(new).await.unwrap();
    assert!(room.locked);
    assert_eq!(
        store.room(room.id).await.unwrap().unwrap().password_hash.as_deref(),
        Some("$argon2id$x")
    );
    store.enter(room.id, owner.into(), 1).await.unwrap();
    assert_eq!(
        refusal(store.enter(room.id, granted.into(), 2).await),
        Refusal::WrongPassword
    );
    store.grant(room.id, granted).await.unwrap();
    store.grant(room.id, granted).await.unwrap();
    store.enter(room.id, granted.into(), 2).await.unwrap();
    assert!(store.access(room.id, granted).await.unwrap().unwrap().granted);
    assert!(!store.access(room.id, other).await.unwrap().unwrap().granted);
    assert_eq!(
        refusal(store.grant(nobody_there(), granted).await),
        Refusal::RoomNotFound
    );
}

async fn a_new_password_takes_grants_back<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let other = somebody();
    let lock = |hash: Option<&str>| RoomChange {
        password_hash: Some(hash.map(Into::into)),
        ..RoomChange::default()
    };
    assert!(store.update_room(room.id, lock(Some("one"))).await.unwrap().locked);
    store.grant(room.id, other).await.unwrap();
    store.update_room(room.id, RoomChange::default()).await.unwrap();
    assert!(
        store.access(room.id, other).await.unwrap().unwrap().granted,
        "an edit of something else keeps it"
    );
    store.update_room(room.id, lock(Some("two"))).await.unwrap();
    assert!(!store.access(room.id, other).await.unwrap().unwrap().granted);
    assert!(store.access(room.id, owner).await.unwrap().unwrap().granted);
    assert!(!store.update_room(room.id, lock(None)).await.unwrap().locked);
    assert!(store.access(room.id, other).await.unwrap().unwrap().granted);
    store.update_room(room.id, lock(Some("three"))).await.unwrap();
    assert!(!store.access(room.id, other).await.unwrap().unwrap().granted);
}

async fn only_a_member_posts_and_places_have_no_gap<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let other = somebody();
    // The first place is that of the join.
    for n in 2..=6 {
        assert_eq!(
            refusal(store.post(text(room.id, other, "x", None)).await),
            Refusal::NotAMember
        );
        let message = post(&store, text(room.id, owner, &n.to_string(), None)).await;
        assert_eq!((message.seq, message.room, message.author), (n, room.id, owner));
    }
    assert_eq!(
        refusal(store.post(text(nobody_there(), owner, "x", None)).await),
        Refusal::RoomNotFound
    );
    assert_eq!(store.room(room.id).await.unwrap().unwrap().last_seq, 6);
    // A seat whose connection broke is still a seat.
    store.leave(room.id, owner, 1, Departure::Dropped).await.unwrap();
    assert_eq!(post(&store, text(room.id, owner, "7", None)).await.seq, 7);
    store.enter(room.id, owner.into(), 2).await.unwrap();
    store.leave(room.id, owner, 2, Departure::Left).await.unwrap();
    assert_eq!(
        refusal(store.post(text(room.id, owner, "x", None)).await),
        Refusal::NotAMember
    );
}

async fn a_nonce_belongs_to_a_visitor_and_a_room<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let other = somebody();
    store.enter(room.id, other.into(), 2).await.unwrap();
    let elsewhere = store.create_room(new_room("딴 방", owner)).await.unwrap();
    store.enter(elsewhere.id, owner.into(), 3).await.unwrap();
    let first = match store.post(text(room.id, owner, "하나", Some("n"))).await.unwrap() {
        Posted::New(message) => message,
        Posted::Known(message) => panic!("known before: {message:?}"),
    };
    match store.post(text(room.id, owner, "anders", Some("n"))).await.unwrap() {
        Posted::Known(message) => assert_eq!(message, first),
        Posted::New(message) => panic!("posted twice: {message:?}"),
    }
    assert_eq!(post(&store, text(room.id, other, "둘", Some("n"))).await.seq, 4);
    assert_eq!(post(&store, text(elsewhere.id, owner, "셋", Some("n"))).await.seq, 2);
    assert_eq!(post(&store, text(room.id, owner, "넷", Some("m"))).await.seq, 5);
    // At the same time, too.
    let racing = (0..10).map(|_| store.post(text(room.id, owner, "다섯", Some("race"))));
    let posted = futures_util::future::join_all(racing).await;
    let fresh = posted
        .iter()
        .filter(|posted| matches!(posted, Ok(Posted::New(_))))
        .count();
    assert_eq!((fresh, store.room(room.id).await.unwrap().unwrap().last_seq), (1, 6));
    // Who has left still gets the message of the nonce: the answer may have been lost.
    store.leave(room.id, owner, 1, Departure::Left).await.unwrap();
    assert_eq!(post(&store, text(room.id, owner, "하나", Some("n"))).await, first);
}

async fn history_has_windows<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    // The first place is that of the join.
    for n in 2..=20 {
        post(&store, text(room.id, owner, &n.to_string(), None)).await;
    }
    let window = async |window, limit| seqs(&store.history(room.id, window, limit).await.unwrap());
    assert_eq!(window(Window::Newest, 5).await, [16, 17, 18, 19, 20]);
    assert_eq!(window(Window::Newest, 50).await, (1..=20).collect::<Vec<_>>());
    assert_eq!(window(Window::After(0), 3).await, [1, 2, 3]);
    assert_eq!(window(Window::After(17), 50).await, [18, 19, 20]);
    assert_eq!(window(Window::After(20), 5).await, [0; 0]);
    assert_eq!(window(Window::After(u64::MAX), 5).await, [0; 0]);
    assert_eq!(window(Window::Before(4), 2).await, [2, 3]);
    assert_eq!(window(Window::Before(1), 5).await, [0; 0]);
    assert_eq!(window(Window::Before(u64::MAX), 2).await, [19, 20]);
    assert!(
        store
            .history(nobody_there(), Window::Newest, 5)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn a_gif_survives_being_stored<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let name = GifName::random();
    let posted = post(&store, gif(room.id, owner, name)).await;
    assert_eq!(
        store.history(room.id, Window::Newest, 1).await.unwrap(),
        [(*posted).clone()]
    );
    assert_eq!(store.room_of_gif(name).await.unwrap(), Some(room.id));
    assert_eq!(store.room_of_gif(GifName::random()).await.unwrap(), None);
    assert_eq!(store.gif_names().await.unwrap(), [name]);
}

async fn a_removed_room_is_gone_with_all_of_it<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let other = store.create_room(new_room("딴 방", owner)).await.unwrap();
    store.enter(other.id, owner.into(), 9).await.unwrap();
    let (mut names, kept) = (vec![GifName::random(), GifName::random()], GifName::random());
    post(&store, gif(room.id, owner, names[0])).await;
    post(&store, gif(room.id, owner, names[1])).await;
    post(&store, gif(other.id, owner, kept)).await;
    let mut removed = store.remove_room(room.id).await.unwrap();
    names.sort();
    removed.sort();
    assert_eq!(removed, names);
    assert!(store.room(room.id).await.unwrap().is_none());
    assert!(store.access(room.id, owner).await.unwrap().is_none());
    assert!(store.members(room.id).await.unwrap().is_empty());
    assert!(store.history(room.id, Window::Newest, 10).await.unwrap().is_empty());
    assert_eq!(store.gif_names().await.unwrap(), [kept]);
    assert_eq!(
        refusal(store.post(text(room.id, owner, "x", None)).await),
        Refusal::RoomNotFound
    );
    assert_eq!(refusal(store.remove_room(room.id).await), Refusal::RoomNotFound);
    assert_eq!(store.rooms(None, 10).await.unwrap().total, 1);
}

async fn forgotten_files_leave_their_places_empty<K: Kind>() {
    let (place, store, room, owner) = with_member::<K>().await;
    let (missing, kept) = (GifName::random(), GifName::random());
    post(&store, gif(room.id, owner, kept)).await;
    post(&store, text(room.id, owner, "둘", None)).await;
    post(&store, gif(room.id, owner, missing)).await;
    store.forget_gifs(vec![missing, GifName::random()]).await.unwrap();
    store.forget_gifs(Vec::new()).await.unwrap();
    assert_eq!(store.gif_names().await.unwrap(), [kept]);
    assert_eq!(
        seqs(&store.history(room.id, Window::Newest, 10).await.unwrap()),
        [1, 2, 3]
    );
    assert_eq!(post(&store, text(room.id, owner, "다섯", None)).await.seq, 5);
    let last = GifName::random();
    post(&store, gif(room.id, owner, last)).await;
    store.forget_gifs(vec![last]).await.unwrap();
    store.close().await;
    drop(store);
    // Also after a restart no place is given out twice.
    let store = place.open().await;
    drop(store.changes());
    store.enter(room.id, owner.into(), 1).await.unwrap();
    assert_eq!(post(&store, text(room.id, owner, "일곱", None)).await.seq, 7);
}

async fn an_empty_room_goes_after_its_grace<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let name = GifName::random();
    post(&store, gif(room.id, owner, name)).await;
    let over = graces(0, 0, 3_600_000);
    assert!(store.tend(over).await.unwrap().removed.is_empty(), "somebody is there");
    store.leave(room.id, owner, 1, Departure::Dropped).await.unwrap();
    let room_waits = graces(0, 3_600_000, 0);
    assert!(
        store.tend(room_waits).await.unwrap().removed.is_empty(),
        "the seat is free, the room waits"
    );
    // Who comes back in time saves it.
    store.enter(room.id, owner.into(), 2).await.unwrap();
    assert!(store.tend(over).await.unwrap().removed.is_empty());
    store.leave(room.id, owner, 2, Departure::Left).await.unwrap();
    let removed = store.tend(over).await.unwrap().removed;
    assert_eq!(removed, [(room.id, vec![name])]);
    assert!(store.room(room.id).await.unwrap().is_none());
    assert!(store.tend(over).await.unwrap().removed.is_empty());
}

async fn a_new_room_goes_when_nobody_joins<K: Kind>() {
    let place = K::fresh();
    let store = place.open().await;
    let mut changes = store.changes().unwrap();
    let room = store.create_room(new_room("방", somebody())).await.unwrap();
    assert!(store.tend(graces(0, 0, 3_600_000)).await.unwrap().removed.is_empty());
    assert_eq!(
        store.tend(graces(0, 3_600_000, 0)).await.unwrap().removed,
        [(room.id, Vec::new())]
    );
    assert!(matches!(next(&mut changes).await, Change::RoomCreated(_)));
    assert!(matches!(next(&mut changes).await, Change::RoomRemoved(id) if id == room.id));
}

async fn what_was_committed_survives_a_restart<K: Kind>() {
    let (place, store, room, owner) = with_member::<K>().await;
    let granted = somebody();
    let title = Title::parse("새 이름", &Limits::default()).unwrap();
    let change = RoomChange {
        title: Some(title),
        password_hash: Some(Some("hash".into())),
        ..RoomChange::default()
    };
    store.update_room(room.id, change).await.unwrap();
    store.grant(room.id, granted).await.unwrap();
    for n in 1..=3 {
        post(&store, text(room.id, owner, &n.to_string(), Some(&n.to_string()))).await;
    }
    post(&store, gif(room.id, owner, GifName::random())).await;
    let before = store.history(room.id, Window::Newest, 10).await.unwrap();
    let record = store.room(room.id).await.unwrap().unwrap();
    store.close().await;
    drop(store);

    let store = place.open().await;
    drop(store.changes());
    assert_eq!(store.history(room.id, Window::Newest, 10).await.unwrap(), before);
    let after = store.room(room.id).await.unwrap().unwrap();
    // Sockets end with their server; their seats wait, as after any other break of a connection.
    assert_eq!(after.room, record.room);
    assert_eq!(store.members(room.id).await.unwrap(), [owner]);
    assert_eq!((after.password_hash, after.last_seq), (record.password_hash, 5));
    assert!(
        store
            .tend(graces(3_600_000, 0, 3_600_000))
            .await
            .unwrap()
            .removed
            .is_empty(),
        "the grace is fresh"
    );
    assert_eq!(store.enter(room.id, granted.into(), 1).await.unwrap().seq, 6);
    assert_eq!(
        refusal(store.enter(room.id, somebody().into(), 2).await),
        Refusal::WrongPassword
    );
    // Who is back in time makes no line.
    assert_eq!(store.enter(room.id, owner.into(), 2).await.unwrap().seq, 6);
    assert_eq!(*post(&store, text(room.id, owner, "2", Some("2"))).await, before[2]);
    assert_eq!(post(&store, text(room.id, owner, "7", None)).await.seq, 7);
}

async fn a_closed_store_says_so<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    store.close().await;
    assert!(matches!(
        store.post(text(room.id, owner, "x", None)).await,
        Err(StoreError::Stopped)
    ));
    assert!(matches!(
        store.create_room(new_room("방", owner)).await,
        Err(StoreError::Stopped)
    ));
    assert!(matches!(store.ready().await, Err(StoreError::Stopped)));
    // Closing twice is no error.
    store.close().await;
}

async fn many_posts_at_once_are_each_stored_once<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let posts = (0..500).map(|n| store.post(text(room.id, owner, &n.to_string(), None)));
    let posted = futures_util::future::join_all(posts).await;
    let mut given: Vec<_> = posted.into_iter().map(|posted| posted.unwrap().message().seq).collect();
    given.sort_unstable();
    assert!(given == (2..=501).collect::<Vec<_>>());
    let stored = store.history(room.id, Window::After(1), 1_000).await.unwrap();
    assert!(seqs(&stored) == given);
}

async fn who_comes_and_goes_leaves_a_line_in_its_place<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let (other, third) = (somebody(), somebody());
    post(&store, text(room.id, owner, "둘", None)).await;
    let entry = store.enter(room.id, other.into(), 2).await.unwrap();
    assert_eq!((entry.seq, entry.members), (3, vec![owner, other]));
    // A second socket makes no line, and neither does a seat that is come back to.
    assert_eq!(store.enter(room.id, other.into(), 3).await.unwrap().seq, 3);
    store.leave(room.id, other, 3, Departure::Left).await.unwrap();
    store.leave(room.id, other, 2, Departure::Dropped).await.unwrap();
    assert_eq!(store.enter(room.id, other.into(), 4).await.unwrap().seq, 3);
    // A refused one makes none.
    store.enter(room.id, third.into(), 5).await.unwrap();
    assert_eq!(
        refusal(store.enter(room.id, somebody().into(), 6).await),
        Refusal::RoomFull
    );
    store.leave(room.id, third, 5, Departure::Left).await.unwrap();
    store.leave(room.id, other, 4, Departure::Dropped).await.unwrap();
    store.tend(FOREVER).await.unwrap();
    assert_eq!(store.room(room.id).await.unwrap().unwrap().last_seq, 5);
    store.tend(graces(0, 3_600_000, 3_600_000)).await.unwrap();
    store.tend(graces(0, 3_600_000, 3_600_000)).await.unwrap();
    let expected = [
        (owner, LineKind::Joined, 1),
        (other, LineKind::Joined, 2),
        (third, LineKind::Joined, 3),
        (third, LineKind::Left, 2),
        (other, LineKind::Left, 1),
    ];
    assert_eq!(lines(&store, room.id).await, expected);
    let all = store.history(room.id, Window::Newest, 10).await.unwrap();
    assert_eq!(seqs(&all), [1, 2, 3, 4, 5, 6]);
    assert_eq!(store.room(room.id).await.unwrap().unwrap().last_seq, 6);
}

async fn a_seat_not_come_back_to_after_a_restart_leaves_a_line<K: Kind>() {
    let (place, store, room, owner) = with_member::<K>().await;
    let (other, left) = (somebody(), somebody());
    store.enter(room.id, left.into(), 2).await.unwrap();
    store.enter(room.id, other.into(), 3).await.unwrap();
    store.leave(room.id, left, 2, Departure::Left).await.unwrap();
    store.close().await;
    drop(store);
    let store = place.open().await;
    drop(store.changes());
    assert_eq!(store.members(room.id).await.unwrap(), [owner, other]);
    store.enter(room.id, owner.into(), 1).await.unwrap();
    store.tend(graces(0, 3_600_000, 3_600_000)).await.unwrap();
    assert_eq!(store.members(room.id).await.unwrap(), [owner]);
    let last = lines(&store, room.id).await;
    assert_eq!((last.len(), last.last()), (5, Some(&(other, LineKind::Left, 1))));
}

async fn joins_and_exits_in_a_rush_leave_one_line_each<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let rush = (0..60).map(|n| {
        let (store, id) = (Arc::clone(&store), room.id);
        tokio::spawn(async move {
            let visitor = somebody();
            let entered = store.enter(id, visitor.into(), 100 + n).await;
            store.leave(id, visitor, 100 + n, Departure::Left).await.unwrap();
            entered.is_ok().then_some(visitor)
        })
    });
    let came = futures_util::future::join_all(rush.collect::<Vec<_>>()).await;
    let came: Vec<_> = came.into_iter().filter_map(|who| who.unwrap()).collect();
    assert!(!came.is_empty());
    assert_eq!(store.members(room.id).await.unwrap(), [owner]);
    let lines = lines(&store, room.id).await;
    assert_eq!(lines.len(), 1 + 2 * came.len());
    for visitor in came {
        let kinds: Vec<_> = lines
            .iter()
            .filter(|(who, ..)| *who == visitor)
            .map(|(_, kind, _)| *kind)
            .collect();
        assert_eq!(kinds, [LineKind::Joined, LineKind::Left]);
    }
    // Each count follows from the one before.
    let mut count = 0;
    for (_, kind, told) in lines {
        count = if kind == LineKind::Joined { count + 1 } else { count - 1 };
        assert_eq!(told, count);
    }
}

fn from(visitor: Visitor, address: &str) -> Guest {
    Guest {
        visitor,
        address: Some(Address::new(address.parse().unwrap())),
    }
}

async fn only_the_owner_moderates_and_each_deed_leaves_a_line<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let (other, third) = (somebody(), somebody());
    store.enter(room.id, other.into(), 2).await.unwrap();
    store.enter(room.id, third.into(), 3).await.unwrap();
    let said = post(&store, text(room.id, other, "글", None)).await;
    let actions = [
        Action::Kick(third.id),
        Action::Ban(third.id, None),
        Action::Unban(third.id),
        Action::Delete {
            message: said.id,
            forbid: false,
        },
        Action::Clear {
            visitor: other.id,
            forbid: false,
        },
        Action::HandOver(other.id),
    ];
    for by in [other, third, somebody()] {
        for action in actions {
            assert_eq!(
                refusal(store.moderate(room.id, by, action).await),
                Refusal::NotTheOwner,
                "{action:?}"
            );
        }
    }
    assert_eq!(
        refusal(store.moderate(nobody_there(), owner, actions[0]).await),
        Refusal::RoomNotFound
    );
    for action in [
        Action::Kick(somebody().id),
        Action::Unban(third.id),
        Action::HandOver(somebody().id),
    ] {
        assert!(
            matches!(
                refusal(store.moderate(room.id, owner, action).await),
                Refusal::Invalid(_)
            ),
            "{action:?}"
        );
    }
    for action in [
        Action::Kick(owner.id),
        Action::Ban(owner.id, None),
        Action::HandOver(owner.id),
    ] {
        assert!(
            matches!(
                refusal(store.moderate(room.id, owner, action).await),
                Refusal::Invalid(_)
            ),
            "{action:?}"
        );
    }
    store.moderate(room.id, owner, Action::Kick(third.id)).await.unwrap();
    assert_eq!(store.members(room.id).await.unwrap(), [owner, other]);
    assert_eq!(
        refusal(store.post(text(room.id, third, "x", None)).await),
        Refusal::NotAMember
    );
    store
        .moderate(room.id, owner, Action::HandOver(other.id))
        .await
        .unwrap();
    assert_eq!(store.room(room.id).await.unwrap().unwrap().room.owner, other);
    assert_eq!(
        refusal(store.moderate(room.id, owner, Action::Kick(other.id)).await),
        Refusal::NotTheOwner
    );
    store
        .moderate(room.id, other, Action::Ban(owner.id, None))
        .await
        .unwrap();
    let told = lines(&store, room.id).await;
    let expected = [
        (third, LineKind::Kicked, 2),
        (other, LineKind::Owner, 2),
        (owner, LineKind::Banned, 1),
    ];
    assert_eq!(told[3..], expected);
    let all = store.history(room.id, Window::Newest, 100).await.unwrap();
    assert_eq!(seqs(&all), (1..=7).collect::<Vec<_>>());
}

async fn what_was_deleted_is_blank_and_its_files_are_named_by_nobody<K: Kind>() {
    let (place, store, room, owner) = with_member::<K>().await;
    let other = somebody();
    store.enter(room.id, other.into(), 2).await.unwrap();
    let (first, twice, kept) = (GifName::random(), GifName::random(), GifName::random());
    let one = post(&store, gif(room.id, other, first)).await;
    post(&store, gif(room.id, other, twice)).await;
    post(&store, gif(room.id, owner, twice)).await;
    post(&store, gif(room.id, owner, kept)).await;
    let said = post(&store, text(room.id, other, "글", Some("n"))).await;
    assert_eq!(
        store.moderate(room.id, owner, delete(one.id, false)).await.unwrap(),
        [first]
    );
    let again = store.moderate(room.id, owner, delete(one.id, false)).await;
    assert!(matches!(refusal(again), Refusal::Invalid(_)));
    // The file that another message names stays.
    assert_eq!(
        store.moderate(room.id, owner, clear(other.id, false)).await.unwrap(),
        []
    );
    let nothing_left = store.moderate(room.id, owner, clear(other.id, false)).await;
    assert!(matches!(refusal(nothing_left), Refusal::Invalid(_)));
    let bodies = |messages: Vec<Message>| -> Vec<Body> { messages.into_iter().map(|message| message.body).collect() };
    let history = store.history(room.id, Window::After(2), 100).await.unwrap();
    assert_eq!(seqs(&history), (3..=9).collect::<Vec<_>>());
    let blank = history
        .iter()
        .filter(|message| message.body == Body::Deleted)
        .map(|message| message.seq);
    assert_eq!(blank.collect::<Vec<_>>(), [3, 4, 7]);
    assert_eq!(history[0].id, one.id);
    let line = |kind| Body::Line(Line { kind, count: 2 });
    assert_eq!(
        bodies(history.clone())[5..],
        [line(LineKind::Deleted(one.id)), line(LineKind::Cleared)]
    );
    assert_eq!((history[5].author, history[6].author), (other, other));
    let mut names = store.gif_names().await.unwrap();
    names.sort();
    let mut expected = vec![twice, kept];
    expected.sort();
    assert_eq!(names, expected);
    assert_eq!(store.room_of_gif(first).await.unwrap(), None);
    // Sent again with its nonce it stays deleted.
    let again = post(&store, text(room.id, other, "글", Some("n"))).await;
    assert_eq!((again.id, &again.body), (said.id, &Body::Deleted));
    store.close().await;
    drop(store);
    let store = place.open().await;
    drop(store.changes());
    assert_eq!(store.history(room.id, Window::After(2), 100).await.unwrap(), history);
}

async fn a_ban_keeps_out_by_visitor_and_by_address<K: Kind>() {
    let (place, store, room, owner) = with_member::<K>().await;
    let (bad, neighbour, fresh) = (somebody(), somebody(), somebody());
    let (home, other) = ("203.0.113.7", "198.51.100.9");
    store.enter(room.id, from(bad, home), 2).await.unwrap();
    store.enter(room.id, from(neighbour, home), 3).await.unwrap();
    store.moderate(room.id, owner, Action::Ban(bad.id, None)).await.unwrap();
    let banned = Refusal::Banned { until: None };
    assert_eq!(refusal(store.enter(room.id, from(bad, other), 4).await), banned);
    assert_eq!(refusal(store.enter(room.id, from(fresh, home), 5).await), banned);
    // Who sits keeps the seat, and so does the owner's right.
    store.enter(room.id, from(neighbour, home), 6).await.unwrap();
    store.leave(room.id, owner, 1, Departure::Left).await.unwrap();
    store.enter(room.id, from(owner, home), 7).await.unwrap();
    assert!(store.access(room.id, bad).await.unwrap().unwrap().refusal().is_some());
    let bans = store.bans(room.id).await.unwrap();
    assert_eq!((bans.len(), bans[0].visitor, bans[0].addresses.len()), (1, bad, 1));
    store.close().await;
    drop(store);
    let store = place.open().await;
    drop(store.changes());
    assert_eq!(store.bans(room.id).await.unwrap(), bans);
    assert_eq!(refusal(store.enter(room.id, from(fresh, home), 5).await), banned);
    store.moderate(room.id, owner, Action::Unban(bad.id)).await.unwrap();
    store
        .moderate(room.id, owner, Action::Kick(neighbour.id))
        .await
        .unwrap();
    store.enter(room.id, from(fresh, home), 5).await.unwrap();
    // One that is over keeps nobody out, and one who is not there can be banned.
    let over = Some(gifchat::domain::Moment::from_millis(1));
    store.moderate(room.id, owner, Action::Ban(bad.id, over)).await.unwrap();
    store.enter(room.id, from(bad, home), 8).await.unwrap();
}

async fn a_closed_room_takes_only_who_is_in_it<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let (inside, outside) = (somebody(), somebody());
    store.enter(room.id, inside.into(), 2).await.unwrap();
    let closed = |closed| RoomChange {
        closed: Some(closed),
        ..RoomChange::default()
    };
    assert!(store.update_room(room.id, closed(true)).await.unwrap().closed);
    assert_eq!(
        refusal(store.enter(room.id, outside.into(), 3).await),
        Refusal::RoomClosed
    );
    store.leave(room.id, inside, 2, Departure::Dropped).await.unwrap();
    store.enter(room.id, inside.into(), 4).await.unwrap();
    store.leave(room.id, owner, 1, Departure::Left).await.unwrap();
    store.enter(room.id, owner.into(), 5).await.unwrap();
    store.leave(room.id, inside, 4, Departure::Left).await.unwrap();
    assert_eq!(
        refusal(store.enter(room.id, inside.into(), 6).await),
        Refusal::RoomClosed
    );
    assert!(!store.update_room(room.id, closed(false)).await.unwrap().closed);
    store.enter(room.id, outside.into(), 3).await.unwrap();
}

async fn slow_mode_makes_all_but_the_owner_wait<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let (other, third) = (somebody(), somebody());
    store.enter(room.id, other.into(), 2).await.unwrap();
    store.enter(room.id, third.into(), 3).await.unwrap();
    let slow = |seconds| RoomChange {
        slow: Some(seconds),
        ..RoomChange::default()
    };
    assert_eq!(store.update_room(room.id, slow(60)).await.unwrap().slow, 60);
    let first = post(&store, text(room.id, other, "하나", Some("n"))).await;
    for _ in 0..2 {
        let refused = refusal(store.post(text(room.id, other, "둘", None)).await);
        let Refusal::SlowMode { retry_after } = refused else {
            panic!("{refused:?}")
        };
        assert!((50..=60).contains(&retry_after.as_secs()), "{retry_after:?}");
        assert_eq!(post(&store, text(room.id, other, "하나", Some("n"))).await, first);
    }
    post(&store, text(room.id, third, "셋", None)).await;
    for n in 0..3 {
        post(&store, text(room.id, owner, &n.to_string(), None)).await;
    }
    store.update_room(room.id, slow(0)).await.unwrap();
    post(&store, text(room.id, other, "둘", None)).await;
}

async fn an_absent_owner_is_followed_by_who_is_there_longest<K: Kind>() {
    let (_place, store, room, owner) = with_member::<K>().await;
    let (second, third) = (somebody(), somebody());
    store.enter(room.id, second.into(), 2).await.unwrap();
    store.enter(room.id, third.into(), 3).await.unwrap();
    let over = Graces {
        owner: AT_ONCE,
        ..FOREVER
    };
    store.tend(over).await.unwrap();
    assert_eq!(
        store.room(room.id).await.unwrap().unwrap().room.owner,
        owner,
        "the owner is there"
    );
    store.leave(room.id, owner, 1, Departure::Dropped).await.unwrap();
    store.tend(FOREVER).await.unwrap();
    assert_eq!(
        store.room(room.id).await.unwrap().unwrap().room.owner,
        owner,
        "the grace is not over"
    );
    // Who has lost the connection is not there.
    store.leave(room.id, second, 2, Departure::Dropped).await.unwrap();
    store.tend(over).await.unwrap();
    assert_eq!(store.room(room.id).await.unwrap().unwrap().room.owner, third);
    store.enter(room.id, owner.into(), 4).await.unwrap();
    store.tend(over).await.unwrap();
    store.tend(over).await.unwrap();
    assert_eq!(store.room(room.id).await.unwrap().unwrap().room.owner, third);
    assert_eq!(lines(&store, room.id).await.last(), Some(&(third, LineKind::Owner, 3)));
    // A room in which nobody is has nobody to go to.
    for (visitor, socket) in [(owner, 4), (third, 3)] {
        store.leave(room.id, visitor, socket, Departure::Dropped).await.unwrap();
    }
    store.tend(over).await.unwrap();
    assert_eq!(store.room(room.id).await.unwrap().unwrap().room.owner, third);
}
