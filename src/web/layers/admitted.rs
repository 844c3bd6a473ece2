//! Whom the operator lets in: everybody but those who are banned from the site; and while newcomers are paused, these only
//! read.

mod body;

use std::sync::{Arc, OnceLock};

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use hyper::body::Body as _;
use tower_sessions::Session;

use self::body::AdmittedBody;
use crate::{
    domain::{Moment, Refusal, Source},
    rules::SiteState,
    state::AppState,
    web::{error::ApiError, extract::session, is_safe},
};

/// What changes something and is open to who may only read: going in and out of rooms, and sockets, whose events are looked
/// at by themselves.
fn is_reading(path: &str) -> bool {
    path.starts_with("/socket.io") || path.ends_with("/enter") || path.ends_with("/leave")
}

/// Who sends a request, and whether it does more than read.
#[derive(Clone)]
struct Sender {
    state: AppState,
    session: Option<Session>,
    source: Source,
    acts: bool,
}

impl Sender {
    fn of(request: &Request, state: &AppState) -> Self {
        let extensions = request.extensions();
        Self {
            state: state.clone(),
            session: extensions.get().cloned(),
            source: extensions.get().copied().unwrap_or(Source::UNKNOWN),
            acts: !is_safe(request.method()) && !is_reading(request.uri().path()),
        }
    }

    /// Refuses who is kept out. It costs a look at a flag while nobody is.
    async fn check(self, site: Arc<SiteState>) -> Result<(), Refusal> {
        if site.lets_everybody_in() {
            return Ok(());
        }
        let arrived = match &self.session {
            Some(session) => session::arrived(session).await,
            None => None,
        };
        let now = Moment::now();
        site.may_come(arrived.map(|(visitor, _)| visitor), self.source.ip(), now)?;
        match self.acts {
            true => site.may_act(arrived.map(|(_, since)| since), now),
            false => Ok(()),
        }
    }
}

/// Refuses who is kept out, on every route that is for visitors: at once, and while their request still comes, which may take
/// minutes.
pub async fn pass(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let sender = Sender::of(&request, &state);
    let site = state.operators.site();
    if let Err(refusal) = sender.clone().check(Arc::clone(&site)).await {
        return ApiError(refusal).into_response();
    }
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let refused = Arc::<OnceLock<Refusal>>::default();
    let told = Arc::clone(&refused);
    let request = request.map(|body| Body::new(AdmittedBody::new(body, sender, site, told)));
    let response = next.run(request).await;
    // What reads a body can't say why it broke.
    match refused.get() {
        Some(refusal) => ApiError(refusal.clone()).into_response(),
        None => response,
    }
}
