//! Work on the disk, and what its faults mean.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tokio::task::spawn_blocking;
use tracing::error;

use crate::{domain::Refusal, log_throttle::LogThrottle};

/// Whether it was there and is deleted.
pub(super) fn delete_file(path: &Path) -> bool {
    let deleted = fs::remove_file(path);
    if let Err(error) = &deleted
        && error.kind() != io::ErrorKind::NotFound
    {
        error!(%error, path = %path.display(), "a file can't be deleted");
    }
    deleted.is_ok()
}

/// A file that goes away unless it is renamed.
pub(super) struct TempFile(pub(super) PathBuf);

impl Drop for TempFile {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            delete_file(&self.0);
        }
    }
}

/// Runs disk work off the async threads.
pub(super) async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Refusal> {
    spawn_blocking(work)
        .await
        .map_err(|_| Refusal::Unavailable)?
        .map_err(disk)
}

/// Logs a fault of the disk and says what the visitor may know of it.
pub(super) fn disk(error: io::Error) -> Refusal {
    static LINE: LogThrottle = LogThrottle::new();
    if let Some(suppressed) = LINE.permit() {
        error!(%error, suppressed, "the disk of the uploads failed");
    }
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Refusal::StorageFull,
        _ => Refusal::Unavailable,
    }
}
