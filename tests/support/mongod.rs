//! Real MongoDB: one mongod for the whole test run, and replica sets of their own for tests that harm one.

use std::{sync::OnceLock, time::Duration};

use mongodb::{
    Client, Database,
    bson::{Bson, Document, doc},
};
use tokio::{
    net::TcpListener,
    sync::{Mutex, MutexGuard},
};

use super::{eventually, process::Process};

/// A database with a name that nobody else has, on the mongod of the run.
pub fn fresh_database() -> String {
    url_of(&format!("t{:016x}", rand::random::<u64>()))
}

/// The address of a database on the mongod of the run.
pub fn url_of(database: &str) -> String {
    format!("mongodb://127.0.0.1:{}/{database}?directConnection=true", port())
}

/// The database of an address, for a look behind the scenes.
pub async fn behind(url: &str) -> Database {
    Client::with_uri_str(url).await.unwrap().default_database().unwrap()
}

/// Lets commands to the mongod of the run fail. There is one such point for all databases, so tests take turns.
pub struct Failing {
    admin: Database,
    _turn: MutexGuard<'static, ()>,
}

impl Failing {
    /// Begins; `data` says which commands, and has to name a namespace of `database`.
    pub async fn begin(database: &Database, mode: impl Into<Bson>, data: Document) -> Self {
        static TURN: Mutex<()> = Mutex::const_new(());
        let failing = Self {
            admin: database.client().database("admin"),
            _turn: TURN.lock().await,
        };
        failing.set(doc! { "mode": mode, "data": data }).await;
        failing
    }

    /// Lets them succeed again.
    pub async fn end(self) {
        self.set(doc! { "mode": "off" }).await;
    }

    async fn set(&self, how: Document) {
        let mut point = doc! { "configureFailPoint": "failCommand" };
        point.extend(how);
        self.admin.run_command(point).await.unwrap();
    }
}

/// The port of the mongod of the run, which is started when it is first asked for.
pub fn port() -> u16 {
    static SET: OnceLock<ReplicaSet> = OnceLock::new();
    let set = SET.get_or_init(|| {
        // A thread and a runtime of its own: the one of the test that came first ends with it.
        let start = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(ReplicaSet::start(1))
        });
        start.join().unwrap()
    });
    set.members[0].port
}

/// A mongod.
pub struct Member {
    pub process: Process,
    pub port: u16,
    /// The process that ran first: its folder keeps the data.
    first: Option<Process>,
}

impl Member {
    /// Starts a mongod that belongs to no set yet.
    async fn start() -> Self {
        eventually("a mongod starts", async || {
            // Between this and the start somebody else may take the port; then another is tried.
            let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
            let member = Self {
                process: launch(".", free.port()),
                port: free.port(),
                first: None,
            };
            member.answers().await.then_some(member)
        })
        .await
    }

    /// Starts it again over its data, after its process was killed.
    pub async fn restart(&mut self) {
        eventually("the killed mongod has ended", async || {
            (!self.process.lives()).then_some(())
        })
        .await;
        let data = self.first.as_ref().unwrap_or(&self.process).folder().to_owned();
        eventually("a mongod starts again", async || {
            let next = launch(data.to_str().unwrap(), self.port);
            let before = std::mem::replace(&mut self.process, next);
            self.first.get_or_insert(before);
            self.answers().await.then_some(())
        })
        .await;
    }

    /// Waits until it answers; false if it ends instead.
    async fn answers(&self) -> bool {
        while self.process.lives() {
            if self.ask(doc! { "ping": 1 }).await.is_some() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    /// What this very member says to a command; nothing when it does not answer.
    pub async fn ask(&self, command: Document) -> Option<Document> {
        let url = format!(
            "mongodb://127.0.0.1:{}/?directConnection=true&serverSelectionTimeoutMS=1000",
            self.port
        );
        let client = Client::with_uri_str(url).await.unwrap();
        client.database("admin").run_command(command).await.ok()
    }
}

/// Starts a mongod with its data in a folder.
fn launch(data: &str, port: u16) -> Process {
    let mongod = std::env::var("MONGOD").expect("MONGOD names the mongod to test with");
    let port = port.to_string();
    let args = [
        "--dbpath",
        data,
        "--bind_ip",
        "127.0.0.1",
        "--port",
        &port,
        "--nounixsocket",
    ];
    // The log of operations is large enough that no test pushes another one's place out of it.
    let small = [
        "--replSet",
        "rs0",
        "--oplogSize",
        "512",
        "--wiredTigerCacheSizeGB",
        "0.25",
    ];
    let tuned = [
        "--wiredTigerEngineConfigString",
        "log=(file_max=8MB,prealloc=false)",
        "--setParameter",
        "ttlMonitorSleepSecs=1",
        // Fail points make commands late or let them fail.
        "--setParameter",
        "enableTestCommands=1",
        "--setParameter",
        "diagnosticDataCollectionEnabled=false",
    ];
    Process::start(&mongod, &[&args[..], &small, &tuned].concat())
}

/// A replica set.
pub struct ReplicaSet {
    pub members: Vec<Member>,
}

impl ReplicaSet {
    /// Starts a set of that many members and waits for its primary.
    pub async fn start(count: usize) -> Self {
        let members = futures_util::future::join_all((0..count).map(|_| Member::start())).await;
        let set = Self { members };
        let hosts = set.members.iter().zip(0_i32..);
        let hosts: Vec<_> = hosts
            .map(|(member, id)| doc! { "_id": id, "host": format!("127.0.0.1:{}", member.port) })
            .collect();
        let begin = doc! { "replSetInitiate": { "_id": "rs0", "members": hosts } };
        set.members[0].ask(begin).await.expect("the set begins");
        set.primary().await;
        set
    }

    /// Sets the time after which a primary that does not answer is replaced.
    pub async fn elect_within(&self, time: Duration) {
        let millis = i64::try_from(time.as_millis()).unwrap();
        // A set that has just begun changes its configuration itself meanwhile.
        eventually("the set takes a configuration", async || {
            let primary = self.primary().await;
            let mut answer = primary.ask(doc! { "replSetGetConfig": 1 }).await?;
            let config = answer.get_document_mut("config").ok()?;
            let version = config.get_i32("version").ok()?;
            config.insert("version", version + 1);
            config
                .get_document_mut("settings")
                .ok()?
                .insert("electionTimeoutMillis", millis);
            primary.ask(doc! { "replSetReconfig": config.clone() }).await
        })
        .await;
    }

    /// The member that is primary.
    pub async fn primary(&self) -> &Member {
        let at = eventually("there is a primary", async || {
            for (at, member) in self
                .members
                .iter()
                .enumerate()
                .filter(|(_, member)| member.process.lives())
            {
                let hello = member.ask(doc! { "hello": 1 }).await;
                if hello.is_some_and(|hello| hello.get_bool("isWritablePrimary").unwrap_or(false)) {
                    return Some(at);
                }
            }
            None
        });
        &self.members[at.await]
    }

    /// The address of a database on the set.
    pub fn url_of(&self, database: &str) -> String {
        let hosts: Vec<_> = self
            .members
            .iter()
            .map(|member| format!("127.0.0.1:{}", member.port))
            .collect();
        format!("mongodb://{}/{database}?replicaSet=rs0", hosts.join(","))
    }
}
