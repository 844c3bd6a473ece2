//! What every handler works with.

use std::sync::Arc;

use crate::{
    assets::Assets, config::Config, domain::Limits, events::Events, messages::Messages, rooms::Rooms, store::Store,
};

/// Shared by all handlers; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The settings.
    pub config: Arc<Config>,
    /// The bounds of what visitors may write.
    pub limits: Arc<Limits>,
    /// What the pages are made of.
    pub assets: Assets,
    /// The rules of rooms.
    pub rooms: Rooms,
    /// The rules of messages.
    pub messages: Messages,
    /// The emitter.
    pub events: Arc<Events>,
    /// The store, for readiness only; everything else goes through the rules.
    pub store: Arc<dyn Store>,
}
