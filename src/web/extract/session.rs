//! The visitor of a request, from its session.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::{Deserialize, Serialize};
use tower_sessions::{Expiry, Session, cookie::time::Duration as CookieDuration};

use crate::{
    domain::{Color, Guest, Moment, Refusal, Source, Visitor, VisitorId},
    log_throttle::LogThrottle,
    service::secrets::{Door, Pass},
    state::AppState,
    store::UNCONFIRMED,
    web::{error::ApiError, is_safe, source},
};

const KEY: &str = "visit";

/// What a session keeps of the password of the site.
const PASS: &str = "pass";

/// What a session remembers of its visitor. Kept as a list: every cached session holds one, and an object of names
/// takes 500 bytes more and longer to copy.
#[derive(Clone, Deserialize, Serialize)]
#[serde(from = "Kept", into = "Kept")]
struct Visit {
    id: VisitorId,
    color: Color,
    /// Whether there was a second request. Crawlers throw the cookie away; their sessions shall not fill the disk.
    returned: bool,
    /// The day the session was last written, counted from the Unix epoch: a life is prolonged once a day, not with
    /// every request.
    day: i64,
    /// When it began, in milliseconds since the Unix epoch. Zero in sessions of earlier versions: they are old.
    since: i64,
}

impl Visit {
    /// That of somebody new.
    fn new(now: Moment) -> Self {
        let Visitor { id, color, .. } = Visitor::new(VisitorId::random());
        Self {
            id,
            color,
            returned: false,
            day: day(now),
            since: now.millis(),
        }
    }
}

const fn day(now: Moment) -> i64 {
    now.millis() / 86_400_000
}

/// The fields of a [`Visit`].
#[derive(Deserialize, Serialize)]
struct Kept(VisitorId, Color, bool, i64, #[serde(default)] i64);

impl From<Kept> for Visit {
    fn from(Kept(id, color, returned, day, since): Kept) -> Self {
        Self {
            id,
            color,
            returned,
            day,
            since,
        }
    }
}

impl From<Visit> for Kept {
    fn from(visit: Visit) -> Self {
        Self(visit.id, visit.color, visit.returned, visit.day, visit.since)
    }
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        Ok(Guest::from_request_parts(parts, state).await?.visitor)
    }
}

impl FromRequestParts<AppState> for Guest {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        match Remembered::from_request_parts(parts, state).await {
            Ok(Remembered(guest)) => Ok(guest),
            // What is only looked at can be shown to somebody without a session.
            Err(ApiError(Refusal::RateLimited { .. })) if is_safe(&parts.method) => Ok(Self {
                visitor: Visitor::new(VisitorId::random()),
                source: source::of(parts),
            }),
            Err(refused) => Err(refused),
        }
    }
}

/// A guest whose session is there from now on, if not before: for a GET that gives them something.
pub struct Remembered(pub Guest);

impl FromRequestParts<AppState> for Remembered {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let session = parts
            .extensions
            .get::<Session>()
            .ok_or(ApiError(Refusal::Unavailable))?;
        let source = source::of(parts);
        let visitor = visitor(session, &source, state).await?;
        Ok(Self(Guest { visitor, source }))
    }
}

/// The visitor of a session; a new one when it has none.
///
/// # Errors
/// Its address has had too many new ones, or the session store fails.
pub async fn visitor(session: &Session, source: &Source, state: &AppState) -> Result<Visitor, Refusal> {
    let config = &state.config;
    let now = Moment::now();
    let today = day(now);
    let (visit, life) = match session.get::<Visit>(KEY).await.map_err(fault)? {
        Some(visit) if visit.returned && visit.day == today => {
            return Ok(Visitor::from_store(visit.id, visit.color));
        }
        Some(visit) => {
            session.remove_value(UNCONFIRMED).await.map_err(fault)?;
            let visit = Visit {
                returned: true,
                day: today,
                ..visit
            };
            (visit, config.session_life)
        }
        None => {
            state.budgets.visitor(source)?;
            state.proxies.note_new_visitor(source);
            session.insert(UNCONFIRMED, true).await.map_err(fault)?;
            (Visit::new(now), config.new_session_life)
        }
    };
    session.insert(KEY, &visit).await.map_err(fault)?;
    session.set_expiry(Some(Expiry::OnInactivity(
        CookieDuration::try_from(life).unwrap_or(CookieDuration::MAX),
    )));
    Ok(Visitor::from_store(visit.id, visit.color))
}

/// The visitor of a session, if there is one already; nothing is written.
pub async fn known_visitor(session: &Session) -> Option<Visitor> {
    let visit = session.get::<Visit>(KEY).await.ok()??;
    Some(Visitor::from_store(visit.id, visit.color))
}

/// The visitor of a session and when it began, if there is one already; nothing is written.
pub async fn arrived(session: &Session) -> Option<(VisitorId, Moment)> {
    let visit = session.get::<Visit>(KEY).await.ok()??;
    Some((visit.id, Moment::from_millis(visit.since)))
}

/// Whether the visitor of a session has given the password of the site that holds now; nothing is written.
///
/// # Errors
/// The session store fails.
pub async fn has_passed(session: &Session, door: &Door) -> Result<bool, Refusal> {
    let Some(pass) = session.get::<String>(PASS).await.map_err(fault)? else {
        return Ok(false);
    };
    let visitor = known_visitor(session).await.ok_or(Refusal::Unavailable)?;
    Ok(door.pass_of(visitor.id).as_str() == pass)
}

/// Remembers that the visitor of a session has given it.
///
/// # Errors
/// The session store fails.
pub async fn let_pass(session: &Session, pass: &Pass) -> Result<(), Refusal> {
    session.insert(PASS, pass.as_str()).await.map_err(fault)?;
    rotate(session).await
}

/// Sees to it that the session is written although its cookie has not come back: it owns something from now on.
///
/// # Errors
/// The session store fails.
pub async fn keep(session: &Session) -> Result<(), Refusal> {
    if session.get_value(UNCONFIRMED).await.map_err(fault)?.is_some() {
        session.remove_value(UNCONFIRMED).await.map_err(fault)?;
    }
    Ok(())
}

/// Gives the session a new name after it has gained a right, so that a name seen before has not.
///
/// # Errors
/// The session store fails.
pub async fn rotate(session: &Session) -> Result<(), Refusal> {
    keep(session).await?;
    session.cycle_id().await.map_err(fault)
}

fn fault(error: tower_sessions::session::Error) -> Refusal {
    static LINE: LogThrottle = LogThrottle::new();
    if let Some(suppressed) = LINE.permit() {
        tracing::error!(%error, suppressed, "a session can't be read or written");
    }
    Refusal::Unavailable
}
