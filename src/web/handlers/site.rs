//! What is the site's: its rules, whom to tell of a hole in it, and its door.

use std::time::Duration;

use axum::{
    Json,
    extract::{MatchedPath, State},
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use serde_json::json;
use tower_sessions::Session;

use crate::{
    domain::{Field, Guest, Moment, Refusal, Visitor, VisitorId},
    page::views::RulesPage,
    state::AppState,
    web::{
        error::ApiError,
        extract::{fields::Fields, negotiation::Prefs, session},
        layers::door,
        rendered::{frame, html},
    },
};

/// The URL of the rules.
pub const RULES: &str = "/rules";

/// The URL of whom to tell of a hole (RFC 9116, 3).
pub const SECURITY: &str = "/.well-known/security.txt";

/// How long what it says is good from each answer on. RFC 9116 (2.5.5) wants an end that lies in the future, less than a year
/// away, so that nobody writes to a contact that was given up. Here the server that answers is the one that is configured:
/// while it runs with this contact, it is good.
const GOOD_FOR: Duration = Duration::from_secs(180 * 86_400);

/// `GET /rules`. It makes no session: who reads them has not arrived yet.
pub async fn rules(State(state): State<AppState>, prefs: Prefs, session: Session) -> Result<Response, ApiError> {
    if state.about.rules.is_empty() {
        return Err(ApiError(Refusal::NotFound));
    }
    let known = session::known_visitor(&session).await;
    let visitor = known.unwrap_or_else(|| Visitor::new(VisitorId::random()));
    let page = frame(&state, prefs, &visitor, RULES);
    Ok(html(&RulesPage { page }))
}

/// `POST /door`: the password of the site
pub async fn enter(
    State(state): State<AppState>,
    prefs: Prefs,
    guest: Guest,
    session: Session,
    route: MatchedPath,
    fields: Fields,
) -> Result<Response, ApiError> {
    let door = state.door.as_ref().ok_or(ApiError(Refusal::NotFound))?;
    let back = Some(fields.text(Field::Back)?)
        .filter(|back| is_here(back))
        .unwrap_or("/");
    match door.open(&state.budgets, &guest, fields.text(Field::Password)?) {
        Ok(pass) => session::let_pass(&session, &pass).await?,
        Err(refusal) => {
            if refusal == Refusal::WrongPassword {
                state.audit.password_refused(route.as_str(), &guest.source);
            }
            if prefs.json {
                return Err(refusal.into());
            }
            state.audit.limit_hit(&refusal, route.as_str(), &guest.source);
            return Ok(door::shown(&state, prefs, &guest.visitor, ("/", back), &refusal));
        }
    }
    Ok(if prefs.json {
        Json(json!({ "ok": true })).into_response()
    } else {
        Redirect::to(back).into_response()
    })
}

/// Whether that is a path of this site, and can't be read as another one: browsers take `\\` for `/`, and `//host` for a host.
fn is_here(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

/// `GET /.well-known/security.txt`
pub async fn security(State(state): State<AppState>) -> Result<Response, ApiError> {
    let config = &state.config;
    let contact = config.site.security_contact.as_ref();
    let contact = contact.ok_or(ApiError(Refusal::NotFound))?;
    let good_for = i64::try_from(GOOD_FOR.as_millis()).unwrap_or(i64::MAX);
    let end = Moment::from_millis(Moment::of_this_machine().millis().saturating_add(good_for));
    let mut text = format!("Contact: {contact}\nExpires: {end}\nPreferred-Languages: en, ko\n");
    if let Some(site) = &config.public_url {
        let site = site.origin().ascii_serialization();
        text.push_str(&format!("Canonical: {site}{SECURITY}\n"));
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}
