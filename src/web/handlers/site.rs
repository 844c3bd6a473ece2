//! What the operator says: the rules of the site, and whom to tell of a hole in it.

use std::time::Duration;

use axum::{
    Extension,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use tower_sessions::Session;

use crate::{
    domain::{Moment, Refusal, Visitor, VisitorId},
    page::views::RulesPage,
    state::AppState,
    web::{
        extract::{prefs::Prefs, visit},
        refused::Refused,
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
pub async fn rules(
    State(state): State<AppState>,
    prefs: Prefs,
    Extension(session): Extension<Session>,
) -> Result<Response, Refused> {
    if state.about.rules.is_empty() {
        return Err(Refused(Refusal::NotFound));
    }
    let known = visit::known_visitor(&session).await;
    let visitor = known.unwrap_or_else(|| Visitor::new(VisitorId::random()));
    let page = frame(&state, prefs, &visitor, RULES);
    Ok(html(&RulesPage { page }))
}

/// `GET /.well-known/security.txt`
pub async fn security(State(state): State<AppState>) -> Result<Response, Refused> {
    let config = &state.config;
    let contact = config.site.security_contact.as_ref();
    let contact = contact.ok_or(Refused(Refusal::NotFound))?;
    let good_for = i64::try_from(GOOD_FOR.as_millis()).unwrap_or(i64::MAX);
    let end = Moment::from_millis(Moment::of_this_machine().millis().saturating_add(good_for));
    let mut text = format!("Contact: {contact}\nExpires: {end}\nPreferred-Languages: en, ko\n");
    if let Some(site) = &config.public_url {
        let site = site.origin().ascii_serialization();
        text.push_str(&format!("Canonical: {site}{SECURITY}\n"));
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}
