//! What every handler works with.

use std::{ops::Deref, sync::Arc};

use crate::{
    audit::Audit,
    broadcast::Events,
    config::Config,
    domain::{Limits, Refusal},
    limits::{budgets::Budgets, closings::Closings, openings::Openings, proxies::Proxies, stopping::Stopping},
    metrics::SiteMetrics,
    page::{about::About, assets::Assets, avatar::picture::Pictures, views::LastRows},
    service::{
        deletions::Deletions, detached_tasks::DetachedTasks, messages::Messages, operator::Operators, rooms::Rooms,
        secrets::Door,
    },
    store::Store,
};

/// [`Parts`] behind one counter: every layer and every handler of a request clones it.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

impl AppState {
    /// Shares the parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What is shared by all handlers.
pub struct Parts {
    /// The settings.
    pub config: Arc<Config>,
    /// The bounds of what visitors may write.
    pub limits: Arc<Limits>,
    /// The log of refusals that protect the site.
    pub audit: Audit,
    /// Whose address counts.
    pub proxies: Proxies,
    /// What everybody may do in a time.
    pub budgets: Arc<Budgets>,
    /// What the operator says of the site.
    pub about: About,
    /// The door of the site, where it asks everybody for a password.
    pub door: Option<Door>,
    /// What the pages are made of.
    pub assets: Assets,
    /// The avatars that are no SVG.
    pub pictures: Pictures,
    /// The rows of the list, as they were rendered last.
    pub rows: LastRows,
    /// The service of rooms.
    pub rooms: Rooms,
    /// The service of messages.
    pub messages: Messages,
    /// What operators do.
    pub operators: Operators,
    /// What deletes files.
    pub deletions: Deletions,
    /// What these two finish although nobody waits for it.
    pub detached: DetachedTasks,
    /// What sends changes to sockets.
    pub events: Arc<Events>,
    /// The sessions of sockets that have no namespace yet.
    pub openings: Openings,
    /// Those that are about to be closed.
    pub closings: Closings,
    /// Whether the server stops: from then on no session is opened.
    pub stopping: Stopping,
    /// The store, for readiness and metrics only; everything else goes through the services.
    pub store: Arc<dyn Store>,
    /// What is counted of requests and refusals.
    pub metrics: SiteMetrics,
}

impl Parts {
    /// Counts a refusal that somebody is told.
    pub fn count_refusal(&self, refusal: &Refusal) {
        self.metrics.refusals.add(refusal.code(), 1);
        match refusal {
            Refusal::RateLimited { budget, .. } => self.metrics.limit_hit(budget.name()),
            Refusal::TooManySockets { .. } => self.metrics.limit_hit("sockets_in_room"),
            Refusal::TooManyWhispers { .. } => self.metrics.limit_hit("whispers"),
            _ => (),
        }
    }
}
