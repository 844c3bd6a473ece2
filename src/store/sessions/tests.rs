use std::sync::Mutex;

use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::{clock::Present, *};

/// A clock that a test sets.
#[derive(Clone)]
struct Hands(Arc<Mutex<Present>>);

impl Hands {
    fn new() -> Self {
        let now = OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap();
        Self(Arc::new(Mutex::new(Present {
            system: now,
            steady: now,
        })))
    }

    fn clock(&self) -> Clock {
        let hands = self.clone();
        Clock::of(move || *hands.0.lock().unwrap())
    }

    fn system(&self) -> OffsetDateTime {
        self.0.lock().unwrap().system
    }

    /// Time passes.
    fn pass(&self, by: Duration) {
        self.0.lock().unwrap().steady += by;
        self.set(by);
    }

    /// Somebody sets the system's clock.
    fn set(&self, by: Duration) {
        self.0.lock().unwrap().system += by;
    }

    /// One of somebody whose cookie has not come back.
    fn fresh(&self) -> Record {
        let mut record = self.record(Duration::hours(1));
        record.data.insert(UNCONFIRMED.to_owned(), json!(true));
        record
    }

    fn record(&self, life: Duration) -> Record {
        Record {
            id: Id::default(),
            data: [("visit".to_owned(), json!(["00ff", "#112233", true, 7]))].into(),
            expiry_date: self.system() + life,
        }
    }
}

#[tokio::test]
async fn a_step_of_the_systems_clock_neither_ends_nor_prolongs_a_session() {
    let folder = tempfile::tempdir().unwrap();
    let hands = Hands::new();
    let hour = Duration::hours(1);
    let sessions = CachedOnDisk::open(&folder.path().join("sessions.db"), hands.clock(), Arc::default())
        .await
        .unwrap();
    for step in [Duration::days(365), Duration::days(-700)] {
        let mut session = hands.record(hour);
        sessions.create(&mut session).await.unwrap();
        hands.set(step);
        sessions.purge().await.unwrap();
        hands.pass(hour - Duration::seconds(1));
        for store in [&sessions as &dyn SessionStore, &sessions.disk] {
            let found = store.load(&session.id).await.unwrap().expect("it has a second left");
            assert_eq!(found.data, session.data);
        }
        let found = sessions.load(&session.id).await.unwrap().unwrap();
        assert_eq!(found.expiry_date - hands.system(), Duration::seconds(1));
        // What is saved after the step lives as long as it should, too.
        let mut later = hands.record(hour);
        sessions.create(&mut later).await.unwrap();
        later.expiry_date = hands.system() + hour;
        sessions.save(&later).await.unwrap();
        hands.pass(Duration::seconds(2));
        sessions.purge().await.unwrap();
        for store in [&sessions as &dyn SessionStore, &sessions.disk] {
            assert!(store.load(&session.id).await.unwrap().is_none(), "its time is over");
            assert!(store.load(&later.id).await.unwrap().is_some());
        }
    }
}

#[tokio::test]
async fn sessions_that_were_kept_by_their_ids_go_on_and_the_ids_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sessions.db");
    let hands = Hands::new();
    let records: Vec<Record> = [1, -1, 2].map(|hours| hands.record(Duration::hours(hours))).into();
    {
        let old = rusqlite::Connection::open(&file).unwrap();
        old.pragma_update(None, "journal_mode", "WAL").unwrap();
        old.execute_batch(
            "create table tower_sessions (id text primary key not null, data blob not null, expiry_date integer not null)",
        )
        .unwrap();
        for record in &records {
            let row = (
                record.id.to_string(),
                rmp_serde::to_vec(record).unwrap(),
                record.expiry_date.unix_timestamp(),
            );
            old.execute("insert into tower_sessions values (?1, ?2, ?3)", row)
                .unwrap();
        }
    }
    let stored = || {
        let files = ["sessions.db", "sessions.db-wal"].map(|name| std::fs::read(folder.path().join(name)));
        files
            .into_iter()
            .flat_map(std::result::Result::unwrap_or_default)
            .collect::<Vec<u8>>()
    };
    let holds = |id: &Id| {
        let forms = [
            id.to_string().into_bytes(),
            id.0.to_le_bytes().to_vec(),
            id.0.to_be_bytes().to_vec(),
        ];
        let stored = stored();
        forms
            .iter()
            .any(|form| stored.windows(form.len()).any(|window| window == form))
    };
    assert!(holds(&records[0].id), "that is what an older version left");
    for _ in 0..2 {
        let sessions = CachedOnDisk::open(&file, hands.clock(), Arc::default()).await.unwrap();
        for (record, lives) in records.iter().zip([true, false, true]) {
            let found = sessions.load(&record.id).await.unwrap();
            assert_eq!(found.as_ref(), lives.then_some(record));
        }
        // A hash that was read somewhere opens nothing.
        let hash = hash_of(&records[0].id);
        let stolen = Id(i128::from_le_bytes(hash[..16].try_into().unwrap()));
        assert!(sessions.load(&stolen).await.unwrap().is_none());
        let mut new = hands.record(Duration::hours(1));
        sessions.create(&mut new).await.unwrap();
        assert!(sessions.disk.load(&new.id).await.unwrap().is_some());
        for id in records.iter().map(|record| &record.id).chain([&new.id]) {
            assert!(!holds(id), "an id stands in the file");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visitors_come_while_many_sessions_expire() {
    const EXPIRED: usize = 60_000;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sessions.db");
    let hands = Hands::new();
    let sessions = Arc::new(CachedOnDisk::open(&file, hands.clock(), Arc::default()).await.unwrap());
    let fill = rusqlite::Connection::open(&file).unwrap();
    fill.execute(
        "INSERT INTO sessions WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
         SELECT randomblob(32), randomblob(60), ?2 - n % 1000 FROM n",
        (EXPIRED, hands.system().unix_timestamp()),
    )
    .unwrap();
    let left = || fill.query_row("SELECT count(*) FROM sessions", [], |row| row.get::<_, usize>(0));
    assert_eq!(left().unwrap(), EXPIRED);
    let began = std::time::Instant::now();
    let purging = tokio::spawn({
        let sessions = Arc::clone(&sessions);
        async move { sessions.purge().await }
    });
    let (mut came, mut longest) = (0, std::time::Duration::ZERO);
    while !purging.is_finished() {
        let asked = std::time::Instant::now();
        let mut session = hands.record(Duration::hours(1));
        sessions.create(&mut session).await.unwrap();
        longest = longest.max(asked.elapsed());
        came += 1;
    }
    purging.await.unwrap().unwrap();
    let whole = began.elapsed();
    assert_eq!(left().unwrap(), came, "nobody who has just come is deleted");
    // By proportion: one visitor at a time gets in between any two slices, however slow this machine is.
    assert!(came >= EXPIRED / sqlite::SLICE / 2, "{came} came in {whole:?}");
    assert!(longest < whole / 4, "one waited {longest:?} of {whole:?}");
}

#[tokio::test]
async fn while_the_disk_is_full_new_sessions_stay_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let (file, hands, full) = (
        folder.path().join("sessions.db"),
        Hands::new(),
        Arc::<AtomicBool>::default(),
    );
    let sessions = CachedOnDisk::open(&file, hands.clock(), Arc::clone(&full))
        .await
        .unwrap();
    let log = || std::fs::metadata(folder.path().join("sessions.db-wal")).unwrap().len();
    let mut session = hands.record(Duration::hours(1));
    for round in [true, false] {
        full.store(round, std::sync::atomic::Ordering::SeqCst);
        let before = log();
        sessions.create(&mut session).await.unwrap();
        sessions.save(&session).await.unwrap();
        sessions.purge().await.unwrap();
        assert!(sessions.load(&session.id).await.unwrap().is_some());
        assert_eq!(sessions.disk.load(&session.id).await.unwrap().is_none(), round);
        assert_eq!(log() == before, round);
    }
    for _ in 0..500 {
        sessions.create(&mut hands.record(Duration::hours(1))).await.unwrap();
    }
    assert!(log() < 1 << 20, "the log has {} bytes", log());
}

#[tokio::test]
async fn a_session_is_written_when_its_cookie_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (file, hands) = (folder.path().join("sessions.db"), Hands::new());
    let sessions = CachedOnDisk::open(&file, hands.clock(), Arc::default()).await.unwrap();
    let log = || std::fs::metadata(folder.path().join("sessions.db-wal")).unwrap().len();
    let before = log();
    let [mut returning, mut ending, mut old] = [(); 3].map(|()| hands.fresh());
    for session in [&mut returning, &mut ending, &mut old] {
        sessions.create(session).await.unwrap();
        assert_eq!(sessions.load(&session.id).await.unwrap().as_ref(), Some(&*session));
        assert!(sessions.disk.load(&session.id).await.unwrap().is_none());
    }
    assert_eq!(log(), before, "nothing is written");
    sessions.delete(&ending.id).await.unwrap();
    assert!(sessions.load(&ending.id).await.unwrap().is_none());
    returning.data.remove(UNCONFIRMED);
    sessions.save(&returning).await.unwrap();
    returning.expiry_date += Duration::hours(1);
    sessions.save(&returning).await.unwrap();
    for store in [&sessions as &dyn SessionStore, &sessions.disk] {
        assert_eq!(store.load(&returning.id).await.unwrap().as_ref(), Some(&returning));
    }
    hands.pass(Duration::hours(1));
    assert!(sessions.load(&old.id).await.unwrap().is_none(), "its time is over");
    assert!(sessions.load(&returning.id).await.unwrap().is_some());
}

#[tokio::test]
async fn of_more_sessions_than_memory_holds_the_latest_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (file, hands) = (folder.path().join("sessions.db"), Hands::new());
    let sessions = CachedOnDisk::open(&file, hands.clock(), Arc::default()).await.unwrap();
    let mut first = hands.fresh();
    sessions.create(&mut first).await.unwrap();
    for _ in 0..60_000 {
        sessions.create(&mut hands.fresh()).await.unwrap();
    }
    let mut last = hands.fresh();
    sessions.create(&mut last).await.unwrap();
    assert!(sessions.load(&first.id).await.unwrap().is_none());
    assert!(sessions.load(&last.id).await.unwrap().is_some());
}

#[tokio::test]
async fn the_file_shrinks_when_sessions_expire_also_one_of_an_earlier_version() {
    const EXPIRED: usize = 20_000;
    let folder = tempfile::tempdir().unwrap();
    let hands = Hands::new();
    for (name, earlier) in [("new.db", false), ("earlier.db", true)] {
        let file = folder.path().join(name);
        let open = || rusqlite::Connection::open(&file).unwrap();
        if earlier {
            let table = "CREATE TABLE sessions (hash BLOB PRIMARY KEY, data BLOB NOT NULL, expires INTEGER NOT NULL)
                         WITHOUT ROWID; PRAGMA user_version = 1";
            open().execute_batch(table).unwrap();
        }
        let sessions = CachedOnDisk::open(&file, hands.clock(), Arc::default()).await.unwrap();
        let mut lives = hands.record(Duration::hours(1));
        sessions.create(&mut lives).await.unwrap();
        let fill = "INSERT INTO sessions WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
                    SELECT randomblob(32), randomblob(60), ?2 - n % 1000 FROM n";
        open()
            .execute(fill, (EXPIRED, hands.system().unix_timestamp()))
            .unwrap();
        sessions.purge().await.unwrap();
        assert!(sessions.disk.load(&lives.id).await.unwrap().is_some());
        sessions.close().await;
        let bytes = std::fs::metadata(&file).unwrap().len();
        assert!(bytes < 512 << 10, "{name} has {bytes} bytes");
    }
}
