//! What operators decided: one row, and the same in memory.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::RwLock;
use rusqlite::{Connection, OptionalExtension};
use tokio::sync::Mutex;

use super::{SqliteStore, command::Command, writer::Writer};
use crate::{
    domain::{Operator, Why},
    rules::{SiteCommand, SiteState},
    store::{SiteStore, StoreError},
};

/// What is known of it, and the turn of who changes it.
#[derive(Default)]
pub struct Decisions {
    now: RwLock<Arc<SiteState>>,
    turn: Mutex<()>,
}

impl Decisions {
    /// As the last run left them.
    pub fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let text = connection.query_row("SELECT state FROM decisions", [], |row| row.get::<_, String>(0));
        let now = match text.optional()? {
            Some(text) => {
                let wrong = |error| rusqlite::Error::ToSqlConversionFailure(Box::new(error));
                serde_json::from_str(&text).map_err(wrong)?
            }
            None => SiteState::default(),
        };
        Ok(Self {
            now: RwLock::new(Arc::new(now)),
            turn: Mutex::default(),
        })
    }
}

#[async_trait]
impl SiteStore for SqliteStore {
    fn site(&self) -> Arc<SiteState> {
        Arc::clone(&self.decisions.now.read())
    }

    async fn change_site(&self, by: &Operator, why: &Why, command: SiteCommand) -> Result<Arc<SiteState>, StoreError> {
        let _turn = self.decisions.turn.lock().await;
        let decided = self.site().decide(by, why.clone(), command, self.clock.now());
        let after = Arc::new(decided.map_err(StoreError::Refused)?);
        let text = serde_json::to_string(&*after).map_err(StoreError::failed)?;
        self.ask(|reply| Command::Decide(text, reply)).await?;
        *self.decisions.now.write() = Arc::clone(&after);
        Ok(after)
    }
}

impl Writer {
    /// Writes what operators decided.
    pub(super) fn write_decisions(&self, text: &str) -> Result<(), StoreError> {
        self.whole(|| {
            let sql = "INSERT OR REPLACE INTO decisions (n, state) VALUES (1, ?1)";
            self.connection.execute(sql, [text]).map(drop)
        })
    }
}
