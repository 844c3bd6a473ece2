//! Work that is finished even when whoever asked for it has gone: a handler is dropped when its client hangs up, and what
//! is committed by then would keep files that nothing names.

use tokio_util::task::TaskTracker;

use crate::domain::Refusal;

/// Work of this kind that is going on.
#[derive(Clone, Debug, Default)]
pub struct Finishing(TaskTracker);

impl Finishing {
    /// Does it in a task of its own.
    ///
    /// # Errors
    /// Those of the work; `Unavailable` when it broke.
    pub async fn finish<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.0.spawn(work).await.map_err(|_| Refusal::Unavailable)?
    }

    /// Does it in a task of its own, for nobody who waits.
    pub fn later(&self, work: impl Future<Output = ()> + Send + 'static) {
        drop(self.0.spawn(work));
    }

    /// Waits until all of it is done.
    pub async fn done(&self) {
        self.0.close();
        self.0.wait().await;
    }
}
