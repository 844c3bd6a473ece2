//! What operators decided about the whole site, and what they did.

use std::sync::Arc;

use async_trait::async_trait;

use super::StoreError;
use crate::{
    domain::{Operator, Why},
    rules::{SiteCommand, SiteState},
};

/// Keeps what operators decided, with what they wrote down about it: both by one write.
#[async_trait]
pub trait SiteStore: Send + Sync + 'static {
    /// All of it as this server last knew it: on a store that several servers share within a second of the truth.
    fn site(&self) -> Arc<SiteState>;

    /// Decides a command by the rules and commits it. What comes of it holds here at once.
    async fn change_site(&self, by: &Operator, why: &Why, command: SiteCommand) -> Result<Arc<SiteState>, StoreError>;
}
