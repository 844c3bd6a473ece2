//! The clients of a run, from the first to the last.

use std::sync::{Arc, Mutex, atomic::AtomicUsize};

use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::Instant,
};

use super::{
    calls::Caller,
    client::{Client, Notes, Phase, Site},
    cluster::{MEMBERS, Servers},
    record::{Answer, Attempt, Deed, History, Read},
    rooms::{Room, Rooms},
};

/// How many clients there are.
const CLIENTS: usize = 12;

/// The clients of a run.
pub struct Run {
    site: Arc<Site>,
    /// Who reads what servers have at the end.
    reader: Caller,
    phase: watch::Sender<Phase>,
    settled: mpsc::Receiver<()>,
    clients: JoinSet<Notes>,
}

impl Run {
    pub async fn begin(seed: u64, servers: &Servers) -> Self {
        let addresses = servers.addresses();
        let reader = Caller::arrive(&addresses).await;
        let mut callers = Vec::new();
        for _ in 0..CLIENTS {
            callers.push(Caller::arrive(&addresses).await);
        }
        let site = Arc::new(Site {
            begun: Instant::now(),
            rooms: Rooms::default(),
            changes: AtomicUsize::default(),
            visitors: Mutex::new(callers.iter().map(|caller| caller.id().to_owned()).collect()),
        });
        let (phase, of_client) = watch::channel(Phase::Talking);
        let (tell, settled) = mpsc::channel(CLIENTS);
        let mut clients = JoinSet::new();
        for (caller, number) in callers.into_iter().zip(1_u64..) {
            let client = Client::new(Arc::clone(&site), caller, number, seed.wrapping_add(number));
            clients.spawn(client.run(of_client.clone(), tell.clone()));
        }
        Self {
            site,
            reader,
            phase,
            settled,
            clients,
        }
    }

    /// Lets the clients hear everything and leave; what they and servers saw.
    pub async fn end(mut self, servers: &Servers) -> History {
        servers.ready().await;
        let mut history = History::default();
        self.phase.send_replace(Phase::Settling);
        for _ in 0..CLIENTS {
            self.settled.recv().await.unwrap();
        }
        for room in self.site.rooms.all() {
            self.let_reader_in(&room, &mut history).await;
            self.read_all(&room, &mut history).await;
        }
        self.phase.send_replace(Phase::Leaving);
        for notes in self.clients.join_all().await {
            history.posts.extend(notes.posts);
            history.acts.extend(notes.acts);
            history.attempts.extend(notes.attempts);
            history.reads.extend(notes.reads);
            history.whisper_posts.extend(notes.whisper_posts);
            history.whisper_pages.extend(notes.whisper_pages);
            history.readers.extend(notes.former);
            history.readers.extend(notes.readers.into_values());
        }
        history
    }
    /// Tries the passwords of a room until one lets the reader in, the newest first.
    async fn let_reader_in(&self, room: &Room, history: &mut History) {
        let passwords = room.passwords.lock().unwrap().clone();
        for password in passwords.into_iter().rev() {
            let begun = self.site.now();
            let answer = self.reader.unlock(0, &room.id, &password).await.answer();
            history.attempts.push(Attempt {
                room: room.id.clone(),
                visitor: self.reader.id().to_owned(),
                deed: Deed::Unlock(password),
                begun,
                ended: self.site.now(),
                answer,
            });
            if answer == Answer::Done {
                return;
            }
        }
    }

    /// Reads all that each server has of a room.
    async fn read_all(&self, room: &Room, history: &mut History) {
        for server in 0..MEMBERS {
            let begun = self.site.now();
            let Some(messages) = self.reader.history(server, &room.id, 0, u64::MAX).await else {
                continue;
            };
            history.pages.push((room.id.clone(), messages.clone()));
            history.reads.push(Read {
                room: room.id.clone(),
                begun,
                ended: self.site.now(),
                messages,
            });
        }
    }
}
