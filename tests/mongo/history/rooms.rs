//! The rooms that clients know of.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

/// Rooms that are open at the same time, more or less.
const OPEN: usize = 3;

/// A room that somebody made.
#[derive(Default)]
pub struct Room {
    pub id: String,
    /// Whether everybody leaves it, so that it ends.
    pub deserted: AtomicBool,
    /// All passwords that it has or had, or may get yet, the newest last.
    pub passwords: Mutex<Vec<String>>,
    /// The tokens of all its invites, good or not, the newest last.
    pub invites: Mutex<Vec<String>>,
}

/// All of them.
#[derive(Default)]
pub struct Rooms(Mutex<Vec<Arc<Room>>>);

impl Rooms {
    pub fn add(&self, id: String, password: Option<String>) -> Arc<Room> {
        let room = Arc::new(Room {
            id,
            passwords: Mutex::new(password.into_iter().collect()),
            ..Room::default()
        });
        self.0.lock().unwrap().push(Arc::clone(&room));
        room
    }

    /// Nobody enters it any more.
    pub fn forget(&self, room: &Room) {
        self.0.lock().unwrap().retain(|other| other.id != room.id);
    }

    /// Everybody leaves it.
    pub fn desert(&self, room: &Room) {
        room.deserted.store(true, Ordering::Relaxed);
        self.forget(room);
    }

    pub fn are_few(&self) -> bool {
        self.0.lock().unwrap().len() < OPEN
    }

    pub fn all(&self) -> Vec<Arc<Room>> {
        self.0.lock().unwrap().clone()
    }
}
