//! Who asks: the visitor of the session.

use std::time::Duration;

use axum::{
    extract::FromRequestParts,
    http::{Extensions, HeaderMap, request::Parts},
};
use serde::{Deserialize, Serialize};
use tower_sessions::{Expiry, Session, cookie::time::Duration as CookieDuration};

use crate::{
    config::Config,
    domain::{Color, Guest, Moment, Refusal, Standing, Visitor, VisitorId},
    seldom::Seldom,
    state::AppState,
    store::UNCONFIRMED,
    web::{extract::peer::address, refused::Refused},
};

const KEY: &str = "visit";

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
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refused> {
        let session = parts.extensions.get::<Session>().ok_or(Refused(Refusal::Unavailable))?;
        Ok(visitor(session, &state.config).await?.0)
    }
}

impl FromRequestParts<AppState> for Guest {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refused> {
        let session = parts.extensions.get::<Session>().ok_or(Refused(Refusal::Unavailable))?;
        let (visitor, standing) = visitor(session, &state.config).await?;
        let guest = guest(visitor, &state.config, &parts.headers, &parts.extensions);
        Ok(Self { standing, ..guest })
    }
}

/// A visitor, with where the request comes from; of the session nothing is known.
pub fn guest(visitor: Visitor, config: &Config, headers: &HeaderMap, extensions: &Extensions) -> Guest {
    let address = address(config.address_header.as_ref(), headers, extensions);
    Guest {
        address,
        ..visitor.into()
    }
}

/// The visitor of a session and its standing; a new one when it has none.
///
/// # Errors
/// The session store fails.
pub async fn visitor(session: &Session, config: &Config) -> Result<(Visitor, Standing), Refusal> {
    let now = Moment::now().millis();
    let today = now / 86_400_000;
    let found = session.get::<Visit>(KEY).await.map_err(fault)?;
    let standing = standing(found.as_ref(), now, config.newcomer_time);
    let (visit, life) = match found {
        Some(visit) if visit.returned && visit.day == today => {
            return Ok((Visitor::from_store(visit.id, visit.color), standing));
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
            session.insert(UNCONFIRMED, true).await.map_err(fault)?;
            let Visitor { id, color, .. } = Visitor::new(VisitorId::random());
            (
                Visit {
                    id,
                    color,
                    returned: false,
                    day: today,
                    since: now,
                },
                config.new_session_life,
            )
        }
    };
    session.insert(KEY, &visit).await.map_err(fault)?;
    session.set_expiry(Some(Expiry::OnInactivity(
        CookieDuration::try_from(life).unwrap_or(CookieDuration::MAX),
    )));
    Ok((Visitor::from_store(visit.id, visit.color), standing))
}

/// The standing of the session that a request came with, if any. One from the future, by a clock that was set back, is young.
fn standing(found: Option<&Visit>, now: i64, newcomer: Duration) -> Standing {
    match found.map(|visit| u128::try_from(now.saturating_sub(visit.since))) {
        None => Standing::New,
        Some(Ok(age)) if age >= newcomer.as_millis() => Standing::Settled,
        Some(_) => Standing::Returned,
    }
}

/// The visitor of a session, if there is one already; nothing is written.
pub async fn known_visitor(session: &Session) -> Option<Visitor> {
    let visit = session.get::<Visit>(KEY).await.ok()??;
    Some(Visitor::from_store(visit.id, visit.color))
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
    static LINE: Seldom = Seldom::new();
    if let Some(left_out) = LINE.turn() {
        tracing::error!(%error, left_out, "a session can't be read or written");
    }
    Refusal::Unavailable
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(kept: &str) -> Visit {
        serde_json::from_str(kept).unwrap()
    }

    #[test]
    fn a_session_is_settled_when_it_is_old_and_one_of_an_earlier_version_is() {
        let (minute, since) = (Duration::from_secs(60), 1_700_000_000_000);
        let new = visit(&format!(r##"["00000000000000ff","#808080",false,1,{since}]"##));
        let standing = |visit: Option<&Visit>, now| standing(visit, now, minute);
        assert_eq!(standing(None, since), Standing::New);
        assert_eq!(standing(Some(&new), since - 5_000), Standing::Returned);
        assert_eq!(standing(Some(&new), since + 59_999), Standing::Returned);
        assert_eq!(standing(Some(&new), since + 60_000), Standing::Settled);
        let earlier = visit(r##"["00000000000000ff","#808080",true,1]"##);
        assert_eq!(standing(Some(&earlier), since), Standing::Settled);
        let kept = serde_json::to_string(&new).unwrap();
        assert_eq!(visit(&kept).since, since);
    }
}
