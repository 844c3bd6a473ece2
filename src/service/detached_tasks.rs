//! Tasks that run to their end even if the client disconnects: its handler is dropped then, and half of the work would leave files
//! that no message references.

use tokio_util::task::TaskTracker;

use crate::domain::Refusal;

/// The tasks that are running.
#[derive(Clone, Debug, Default)]
pub struct DetachedTasks(TaskTracker);

impl DetachedTasks {
    /// Runs the work in its own task and returns its result.
    ///
    /// # Errors
    /// Those of the work; `Unavailable` if it panicked.
    pub async fn finish<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.0.spawn(work).await.map_err(|_| Refusal::Unavailable)?
    }

    /// Runs the work in its own task, without a result.
    pub fn later(&self, work: impl Future<Output = ()> + Send + 'static) {
        drop(self.0.spawn(work));
    }

    /// Waits until all tasks have ended.
    pub async fn done(&self) {
        self.0.close();
        self.0.wait().await;
    }
}
