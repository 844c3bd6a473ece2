//! Why a store did not do something, and what a visitor may know of that.

use crate::{domain::Refusal, log_throttle::LogThrottle, metrics::StoreMetrics};

/// Why a store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The rules of the store say no; nothing is wrong with the store.
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    /// There is no space left.
    #[error("the disk is full")]
    Full,
    /// More is waiting than the store's queue holds.
    #[error("the queue of the store is full")]
    Busy,
    /// The store has stopped.
    #[error("the store has stopped")]
    Stopped,
    /// Whatever keeps it does not answer. The store has said so in the log.
    #[error("the database does not answer")]
    Away,
    /// A write was begun, and nobody knows whether it is stored.
    #[error("the outcome is unknown: {0}")]
    Unknown(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It broke.
    #[error("the store failed: {0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// Wraps a driver's error.
    pub fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed(error.into())
    }

    /// The names of failures in metrics.
    const KINDS: [&'static str; 6] = ["full", "busy", "stopped", "away", "unknown", "failed"];

    /// What a store counts, of which nothing has happened yet.
    pub(super) fn metrics() -> StoreMetrics {
        StoreMetrics::new(&Self::KINDS)
    }

    /// Counts the failure; a refusal is none.
    pub(super) fn count(&self, metrics: &StoreMetrics) {
        let [full, busy, stopped, away, unknown, failed] = Self::KINDS;
        let kind = match self {
            Self::Refused(_) => return,
            Self::Full => full,
            Self::Busy => busy,
            Self::Stopped => stopped,
            Self::Away => away,
            Self::Unknown(_) => unknown,
            Self::Failed(_) => failed,
        };
        metrics.errors.add(kind, 1);
    }

    /// The same of a write that was begun: where nobody has said that it was refused, it may be stored.
    pub fn of_write(self) -> Self {
        match self {
            Self::Failed(cause) => Self::Unknown(cause),
            Self::Away => Self::Unknown("the database stopped answering".into()),
            known => known,
        }
    }
}

impl From<StoreError> for Refusal {
    /// What a visitor may know of it. The cause of a fault is logged here.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refusal) => refusal,
            StoreError::Full => Self::StorageFull,
            StoreError::Busy | StoreError::Stopped | StoreError::Away => Self::Unavailable,
            StoreError::Unknown(cause) => {
                log(&*cause);
                Self::Unknown { repeatable: false }
            }
            StoreError::Failed(cause) => {
                log(&*cause);
                Self::Unavailable
            }
        }
    }
}

fn log(cause: &(dyn std::error::Error + Send + Sync)) {
    static LINE: LogThrottle = LogThrottle::new();
    if let Some(suppressed) = LINE.permit() {
        tracing::error!(%cause, suppressed, "the store failed");
    }
}
