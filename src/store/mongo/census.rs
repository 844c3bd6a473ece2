//! What a database holds, document by document, and whether its messages and its GIFs agree.

use std::collections::{HashMap, HashSet};

use mongodb::bson::{RawBsonRef, RawDocument};
use sha2::{Digest, Sha256};

use super::blobs::UNNAMED;
use crate::{domain::Moment, store::StoreError};

/// A file as a message describes it.
struct Named {
    room: String,
    bytes: i64,
    hash: Option<Vec<u8>>,
}

/// A file as it is.
struct Kept {
    bytes: usize,
    hash: [u8; 32],
    at: Option<i64>,
}

/// Counts documents, and remembers of each GIF its name, size and hash.
#[derive(Default)]
pub struct Census {
    made: HashSet<String>,
    /// Rooms that have ended, or in which something is being deleted: their GIFs may be gone before the messages are blank.
    ended: HashSet<String>,
    deleting: HashSet<String>,
    messages: u64,
    sessions: u64,
    named: HashMap<String, Named>,
    kept: HashMap<String, Kept>,
}

impl Census {
    /// Takes a document of a collection into account.
    ///
    /// # Errors
    /// It is no BSON.
    pub fn note(&mut self, collection: &str, document: &[u8]) -> Result<(), StoreError> {
        let document = RawDocument::from_bytes(document).map_err(StoreError::failed)?;
        match collection {
            "log" => self.note_entry(document),
            "gifs" => self.note_file(document),
            "sessions" => self.sessions += 1,
            _ => (),
        }
        Ok(())
    }

    fn note_entry(&mut self, entry: &RawDocument) {
        let Some(room) = text(entry, "room") else { return };
        match text(entry, "kind").as_deref() {
            Some("ended") => drop(self.ended.insert(room.clone())),
            Some("created") => drop(self.made.insert(room.clone())),
            _ => (),
        }
        if entry.get("pending").is_ok_and(|pending| pending.is_some()) {
            self.deleting.insert(room.clone());
        }
        if entry.get("seq").is_ok_and(|seq| seq.is_some()) {
            self.messages += 1;
        }
        let Ok(gif) = entry.get_document("gif") else { return };
        if let (Some(name), Ok(bytes)) = (text(gif, "name"), gif.get_i64("bytes")) {
            let hash = gif.get_binary("hash").ok().map(|hash| hash.bytes.to_vec());
            self.named.insert(name, Named { room, bytes, hash });
        }
    }

    fn note_file(&mut self, file: &RawDocument) {
        if let (Some(name), Ok(bytes)) = (text(file, "_id"), file.get_binary("bytes")) {
            let kept = Kept {
                bytes: bytes.bytes.len(),
                hash: Sha256::digest(bytes.bytes).into(),
                at: file.get_datetime("at").ok().map(|at| at.timestamp_millis()),
            };
            self.kept.insert(name, kept);
        }
    }

    /// One line for each message and file that do not agree.
    pub fn faults(&self) -> Vec<String> {
        let left = |named: &Named| !self.ended.contains(&named.room) && !self.deleting.contains(&named.room);
        let named = self.named.iter().filter(|(_, named)| left(named));
        let mut lines: Vec<_> = named
            .filter_map(|(name, named)| Some(format!("{name} of room {}: {}", named.room, self.fault(name, named)?)))
            .collect();
        let grace = i64::try_from(UNNAMED.as_millis()).unwrap_or(i64::MAX);
        let before = Moment::now().millis().saturating_sub(grace);
        for (file, kept) in &self.kept {
            let name = file.strip_prefix("still-").unwrap_or(file);
            if !self.named.contains_key(name) && kept.at.is_some_and(|at| at < before) {
                lines.push(format!(
                    "{file}: no message names {name}; a server deletes it within minutes"
                ));
            }
        }
        lines.sort_unstable();
        lines
    }

    fn fault(&self, name: &str, named: &Named) -> Option<String> {
        let Some(kept) = self.kept.get(name) else {
            return Some("the file is missing".to_owned());
        };
        if i64::try_from(kept.bytes).ok() != Some(named.bytes) {
            return Some(format!(
                "the file has {} bytes, the message says {}",
                kept.bytes, named.bytes
            ));
        }
        if named.hash.as_ref().is_some_and(|hash| *hash != kept.hash) {
            return Some("the file holds other bytes than were posted".to_owned());
        }
        let still = self.kept.get(&format!("still-{name}"));
        still
            .is_none_or(|still| still.bytes == 0)
            .then(|| "its still is missing".to_owned())
    }

    /// How much there is.
    pub fn describe(&self) -> String {
        let rooms = self.made.difference(&self.ended).count();
        let gifs = self.named.len();
        format!(
            "{rooms} rooms, {} messages, {gifs} GIFs, {} sessions",
            self.messages, self.sessions
        )
    }
}

fn text(document: &RawDocument, field: &str) -> Option<String> {
    match document.get(field) {
        Ok(Some(RawBsonRef::String(text))) => Some(text.to_owned()),
        _ => None,
    }
}
