//! The space of GIFs, counted in memory. A row for each file says whose it is, so that the count is the same after a restart.
//!
//! A row is written with the next commit, which is that of the message that names the file: it costs no sync of its own.

use std::collections::{HashMap, HashSet, hash_map};

use async_trait::async_trait;
use parking_lot::Mutex;
use rusqlite::Connection;

use super::{
    SqliteStore,
    command::Command,
    notes::GifNote,
    rows::{maker, text},
};
use crate::{
    domain::{AddressHash, GifName, Look, RoomId, Space, VisitorId},
    rules::{GifOwner, Held, Quotas},
    store::{GifSpace, NewFile, StoreError, space::nearest},
};

/// Whose the files are. There are no more of them than the site may hold.
#[derive(Default)]
pub struct Ledger(Mutex<Files>);

struct File {
    owner: GifOwner,
    bytes: u64,
    look: Option<Look>,
}

#[derive(Default)]
struct Files {
    files: HashMap<GifName, File>,
    rooms: HashMap<RoomId, Space>,
    visitors: HashMap<VisitorId, Space>,
    networks: HashMap<AddressHash, Space>,
    site: Space,
}

impl Files {
    fn held(&self, owner: &GifOwner) -> Held {
        let networks = owner.maker.networks.iter();
        Held {
            room: of(&self.rooms, owner.room.as_ref()),
            visitor: of(&self.visitors, owner.maker.visitor.as_ref()),
            networks: networks.map(|mark| of(&self.networks, Some(mark))).collect(),
            site: self.site,
        }
    }

    fn add(&mut self, name: GifName, file: File) {
        self.remove(name);
        self.change(&file.owner, |held| held.plus(Space::of_file(file.bytes)));
        self.files.insert(name, file);
    }

    fn remove(&mut self, name: GifName) -> Option<File> {
        let file = self.files.remove(&name)?;
        self.change(&file.owner, |held| held.minus(Space::of_file(file.bytes)));
        Some(file)
    }

    fn change(&mut self, owner: &GifOwner, to: impl Fn(Space) -> Space) {
        change(&mut self.rooms, owner.room, &to);
        change(&mut self.visitors, owner.maker.visitor, &to);
        for mark in &owner.maker.networks {
            change(&mut self.networks, Some(*mark), &to);
        }
        self.site = to(self.site);
    }
}

fn of<K: std::hash::Hash + Eq>(all: &HashMap<K, Space>, key: Option<&K>) -> Space {
    key.and_then(|key| all.get(key)).copied().unwrap_or_default()
}

/// Whoever holds nothing any more is forgotten.
fn change<K: std::hash::Hash + Eq>(all: &mut HashMap<K, Space>, key: Option<K>, to: impl Fn(Space) -> Space) {
    let Some(key) = key else { return };
    match all.entry(key) {
        hash_map::Entry::Vacant(free) => drop(free.insert(to(Space::default()))),
        hash_map::Entry::Occupied(mut held) => {
            let now = to(*held.get());
            if now == Space::default() {
                held.remove();
            } else {
                held.insert(now);
            }
        }
    }
}

impl Ledger {
    /// The files that the rows say there are.
    pub fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let mut files = Files::default();
        let mut statement = connection.prepare("SELECT name, room, visitor, networks, bytes, look FROM gifs")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let owner = GifOwner {
                room: Some(RoomId::from_bytes(row.get(1)?)),
                maker: maker(row, 2, 3)?,
            };
            let (bytes, look) = (row.get(4)?, row.get::<_, Option<i64>>(5)?.and_then(Look::from_bits));
            files.add(text(row, 0)?, File { owner, bytes, look });
        }
        Ok(Self(Mutex::new(files)))
    }
}

#[async_trait]
impl GifSpace for SqliteStore {
    async fn held(&self, owner: &GifOwner, _: &Quotas) -> Result<Held, StoreError> {
        Ok(self.ledger.0.lock().held(owner))
    }

    async fn take_space(&self, file: NewFile, owner: &GifOwner, quotas: &Quotas) -> Result<(), StoreError> {
        let NewFile { name, bytes, look } = file;
        let mut files = self.ledger.0.lock();
        quotas.check(&files.held(owner), bytes).map_err(StoreError::Refused)?;
        if self.unwritten.are_too_many() {
            return Err(StoreError::Busy);
        }
        self.note(GifNote::Taken(file, owner.clone()))?;
        let owner = owner.clone();
        files.add(name, File { owner, bytes, look });
        Ok(())
    }

    async fn near_copies(&self, name: GifName) -> Result<Vec<(GifName, u32)>, StoreError> {
        let files = &self.ledger.0.lock().files;
        let looks = files.iter().filter_map(|(name, file)| Some((*name, file.look?)));
        Ok(nearest(name, looks))
    }

    fn give_back(&self, names: &[GifName]) {
        let mut files = self.ledger.0.lock();
        for name in names {
            if files.remove(*name).is_some() {
                // A row that stays when the queue is full goes at the next start.
                let _ = self.note(GifNote::Gone(*name));
            }
        }
    }

    fn recount(&self, there: &[(GifName, u64)]) {
        let mut files = self.ledger.0.lock();
        let names: HashSet<_> = there.iter().map(|(name, _)| *name).collect();
        let gone: Vec<_> = files
            .files
            .keys()
            .filter(|name| !names.contains(*name))
            .copied()
            .collect();
        for name in gone {
            files.remove(name);
            let _ = self.note(GifNote::Gone(name));
        }
        for (name, bytes) in there {
            let before = files.remove(*name);
            let (owner, look) = before.map_or_else(Default::default, |file| (file.owner, file.look));
            let bytes = *bytes;
            files.add(*name, File { owner, bytes, look });
        }
    }

    fn held_by_site(&self) -> Space {
        self.ledger.0.lock().site
    }
}

impl SqliteStore {
    fn note(&self, note: GifNote) -> Result<(), StoreError> {
        self.commands
            .try_send(Command::Note(note))
            .map_err(|_| StoreError::Busy)
    }
}
