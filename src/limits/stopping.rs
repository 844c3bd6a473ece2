//! That the server stops: nobody is handed to socketioxide any more.
//!
//! A stop takes socketioxide its namespaces. It then tells who connects that there is no such namespace, and such a client
//! gives up for good, while one whose connection ends comes back by itself.

use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

/// Whether the server stops, and who still connects to a namespace then.
#[derive(Clone, Default)]
pub struct Stopping {
    begun: CancellationToken,
    connecting: TaskTracker,
}

impl Stopping {
    /// Lets go of those who wait, and waits for those whom socketioxide has got already.
    pub async fn begin(&self) {
        self.begun.cancel();
        self.connecting.close();
        self.connecting.wait().await;
    }

    pub fn is_begun(&self) -> bool {
        self.begun.is_cancelled()
    }

    /// What `future` gives, unless the stop begins before.
    pub async fn unless_begun<F: Future>(&self, future: F) -> Option<F::Output> {
        self.begun.run_until_cancelled(future).await
    }

    /// To be held while a client connects.
    pub fn connecting(&self) -> TaskTrackerToken {
        self.connecting.token()
    }
}
