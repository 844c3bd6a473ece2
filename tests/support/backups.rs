//! Backups that are made while somebody posts, and what has to hold of what was restored from them.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    sync::Mutex,
    task::{JoinHandle, JoinSet},
    time::interval,
};

use super::{Server, Socket, Visitor, eventually};
use crate::fixtures::animated;

/// Time between two posts.
const EVERY: Duration = Duration::from_millis(20);

/// Backups that are made meanwhile.
const BACKUPS: u64 = 4;

/// GIFs that are there before the first backup; only what is more is deleted meanwhile.
const GIFS: usize = 10;

/// A task of the binary on a store and a folder of GIFs.
pub struct Tasks {
    pub store: String,
    pub uploads: PathBuf,
}

impl Tasks {
    pub fn command(&self, task: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gifchat"));
        command
            .args(task)
            .args(["--store", &self.store, "--uploads"])
            .arg(&self.uploads);
        command
    }

    /// Runs a task to its end, beside what the test does.
    async fn run(&self, task: &[&str]) -> Output {
        let mut command = self.command(task);
        tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap()
    }

    /// What a task says that succeeds.
    pub async fn does(&self, task: &[&str]) -> String {
        let output = self.run(task).await;
        assert!(output.status.success(), "{task:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a task says that fails.
    pub async fn refuses(&self, task: &[&str]) -> String {
        let output = self.run(task).await;
        assert_eq!(output.status.code(), Some(1), "{task:?}: {}", said(&output));
        said(&output)
    }
}

impl Tasks {
    /// What a task says that fails, sooner or later.
    pub async fn refuses_at_last(&self, task: &[&str]) -> String {
        eventually("it is refused", async || {
            let output = self.run(task).await;
            (!output.status.success()).then(|| said(&output))
        })
        .await
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stderr[..], &output.stdout[..]].concat()).into_owned()
}

/// What somebody has to allow who posts so much.
pub const BUSY: [&str; 2] = ["--uploads-per-visitor", "64"];

/// A backup, what was posted before it began, and the last `seq` after it was done.
pub struct Backup {
    pub folder: PathBuf,
    before: Posted,
    after: u64,
}

/// What was posted while backups were made.
pub struct Posts {
    poster: Arc<Poster>,
    whole: Vec<Value>,
    bytes: HashMap<String, Vec<u8>>,
    epochs: HashSet<String>,
    pub backups: Vec<Backup>,
    _socket: Socket,
}

impl Posts {
    /// Posts 50 messages a second to a server and backs it up several times meanwhile.
    pub async fn during_backups(server: &Server, tasks: &Tasks, folder: &Path) -> Self {
        let (poster, socket) = Poster::new(server).await;
        let posting = poster.begin();
        let (mut backups, mut bytes) = (Vec::new(), HashMap::new());
        for n in 0..BACKUPS {
            let enough = (n + 1) * 40;
            eventually("some are posted", async || {
                let is_enough = poster.last().await > enough && poster.gifs().await.len() >= GIFS;
                is_enough.then_some(())
            })
            .await;
            let before = poster.posted.lock().await.clone();
            let folder = folder.join(format!("backup-{n}"));
            tasks.does(&["backup", folder.to_str().unwrap()]).await;
            let after = poster.last().await;
            for (message, gif) in before.values() {
                bytes.extend(message["gif"].as_str().map(str::to_owned).zip(gif.clone()));
            }
            backups.push(Backup { folder, before, after });
        }
        assert!(!posting.is_finished(), "it was posted all the time");
        posting.abort();
        eventually("the last posts are answered", async || {
            let (last, history) = (poster.last().await, poster.visitor.history(&poster.room).await);
            history.last().is_some_and(|message| seq(message) >= last).then_some(())
        })
        .await;
        let whole = poster.visitor.history(&poster.room).await;
        let epochs = HashSet::from([epoch(&poster.visitor, &poster.room).await]);
        Self {
            poster,
            whole,
            bytes,
            epochs,
            backups,
            _socket: socket,
        }
    }

    /// A GIF that a message names.
    pub fn a_gif(&self) -> String {
        let mut names = self.whole.iter().rev().filter_map(|message| message["gif"].as_str());
        names.next().unwrap().to_owned()
    }

    /// Checks what a server holds that a backup was restored for.
    pub async fn are_as_at_one_moment(&mut self, n: usize, server: &Server) {
        let (poster, backup) = (&self.poster, &self.backups[n]);
        let visitor = server.meets(&poster.visitor);
        assert_eq!(visitor.look_in_the_mirror().await.0, visitor.id, "the session is there");
        let history = visitor.history(&poster.room).await;
        is_a_beginning(&history, &self.whole, &backup.before);
        let last = history.last().map(seq).unwrap();
        assert!(
            last >= *backup.before.keys().max().unwrap(),
            "all that was acknowledged before is there"
        );
        // 64 posts may be on their way.
        assert!(
            last <= backup.after + 64,
            "{last}: the moment lies within the backup, {}",
            backup.after
        );
        let mut served = 0;
        for message in history.iter().filter(|message| message["gif"].is_string()) {
            let name = message["gif"].as_str().unwrap();
            let gif = visitor.get(&format!("/gif/{name}")).await.ok();
            assert!(self.bytes.get(name).is_none_or(|posted| *posted == gif.body), "{name}");
            visitor.get(&format!("/gif/{name}/still")).await.ok();
            served += 1;
        }
        assert!(served >= GIFS);
        let posted = visitor.join(&poster.room).await.post("and on").await;
        assert!(seq(&posted) > last);
        let epoch = epoch(&visitor, &poster.room).await;
        assert!(self.epochs.insert(epoch), "its epoch is another one");
    }
}

/// What was posted and acknowledged, by `seq`: the message, and the bytes of its GIF.
type Posted = HashMap<u64, (Value, Option<Vec<u8>>)>;

/// Somebody in a room who posts.
struct Poster {
    visitor: Visitor,
    room: String,
    posted: Mutex<Posted>,
}

impl Poster {
    async fn new(server: &Server) -> (Arc<Self>, Socket) {
        let visitor = server.visitor().await;
        let room = visitor.create_room("backed up").await;
        let socket = visitor.join(&room).await;
        let posted = Mutex::default();
        let poster = Self { visitor, room, posted };
        (Arc::new(poster), socket)
    }

    /// Posts the `n`th message: each third is a GIF, and each tenth post deletes a GIF of before.
    async fn post(&self, n: u16) {
        if n % 10 == 9 {
            let mut gifs = self.gifs().await;
            // One that is deleted is not chosen again.
            let gone = match gifs.pop() {
                Some(seq) if gifs.len() >= GIFS => self.posted.lock().await.remove(&seq),
                _ => None,
            };
            if let Some((message, _)) = gone {
                let delete = json!({ "action": "delete", "message": message["_id"] });
                let path = format!("/room/{}/moderate", self.room);
                self.visitor.post_json(&path, delete).await.ok();
            }
            return;
        }
        let gif = n.is_multiple_of(3).then(|| animated(8 + n % 32, 8 + n / 32, 2));
        let answer = match &gif {
            Some(gif) => self.visitor.upload(&self.room, gif.clone()).await,
            None => self.visitor.post_chat(&self.room, &format!("text {n}")).await,
        };
        assert_eq!(answer.status, 201, "{}", answer.text());
        let message = answer.json();
        self.posted
            .lock()
            .await
            .insert(message["seq"].as_u64().unwrap(), (message, gif));
    }

    /// Where GIFs stand that nobody deletes.
    async fn gifs(&self) -> Vec<u64> {
        let posted = self.posted.lock().await;
        let gifs = posted.iter().filter(|(_, (_, gif))| gif.is_some());
        gifs.map(|(seq, _)| *seq).collect()
    }

    async fn last(&self) -> u64 {
        self.posted.lock().await.keys().max().copied().unwrap_or_default()
    }

    /// Begins 50 posts a second, for as long as the task runs.
    fn begin(self: &Arc<Self>) -> JoinHandle<JoinSet<()>> {
        let poster = Arc::clone(self);
        tokio::spawn(async move {
            let (mut posts, mut ticks) = (JoinSet::new(), interval(EVERY));
            for n in 0..60_000 / 20 {
                ticks.tick().await;
                let poster = Arc::clone(&poster);
                posts.spawn(async move { poster.post(n).await });
                while posts.try_join_next().is_some_and(|done| done.is_ok()) {}
            }
            posts
        })
    }
}

/// Epoch of a room's history.
async fn epoch(visitor: &Visitor, room: &str) -> String {
    let page = visitor.get_json(&format!("/room/{room}/messages")).await.ok().json();
    page["epoch"].as_str().unwrap().to_owned()
}

fn seq(message: &Value) -> u64 {
    message["seq"].as_u64().unwrap()
}

/// Checks that a history is the beginning of a later one: nothing is missing, and what is deleted is what was deleted up to
/// there.
fn is_a_beginning(history: &[Value], whole: &[Value], before: &Posted) {
    let seqs: Vec<u64> = history.iter().map(seq).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    let deleted: HashSet<_> = history
        .iter()
        .filter(|message| message["line"] == "deleted")
        .map(|line| line["message"].as_str().unwrap())
        .collect();
    for (message, later) in history.iter().zip(whole) {
        let gone = deleted.contains(message["_id"].as_str().unwrap());
        assert_eq!(message["deleted"] == true, gone, "{message}");
        if gone || later["deleted"] != true {
            assert_eq!(message, later);
        } else if let Some((posted, _)) = before.get(&seq(message)) {
            assert_eq!(&message["gif"], &posted["gif"], "it was deleted after that moment");
        }
    }
}
