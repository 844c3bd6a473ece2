//! The door of a site that asks everybody for a password: nothing of rooms and visitors lies before it.

use axum::{
    Json,
    extract::{Request, State},
    http::{Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;
use tower_sessions::Session;

use crate::{
    domain::{Refusal, Visitor, VisitorId},
    page::{sentences::sentence, views::DoorPage},
    state::AppState,
    web::{
        error::{ApiError, answer_with},
        extract::{negotiation::Prefs, session},
        rendered::{frame, html},
    },
};

/// Lets those pass who have given the password that holds now. Others get the door where a browser asks for a page, and a
/// refusal as JSON otherwise: scripts, pictures and sockets show no form.
pub async fn pass(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let Some(door) = &state.door else {
        return next.run(request).await;
    };
    let Some(session) = request.extensions().get::<Session>().cloned() else {
        return ApiError(Refusal::Unavailable).into_response();
    };
    match session::has_passed(&session, door).await {
        Ok(true) => next.run(request).await,
        // A store that does not answer opens nothing.
        Err(refusal) => ApiError(refusal).into_response(),
        Ok(false) => {
            let prefs = Prefs::of(request.headers());
            if prefs.json || !prefs.page {
                return refused(&state, prefs);
            }
            let safe = matches!(*request.method(), Method::GET | Method::HEAD);
            let uri = request.uri();
            let back = uri.path_and_query().filter(|_| safe).map_or("/", |path| path.as_str());
            let path = if safe { uri.path() } else { "/" };
            let known = session::known_visitor(&session).await;
            let visitor = known.unwrap_or_else(|| Visitor::new(VisitorId::random()));
            shown(&state, prefs, &visitor, (path, back), &Refusal::SitePasswordRequired)
        }
    }
}

fn refused(state: &AppState, prefs: Prefs) -> Response {
    let refusal = Refusal::SitePasswordRequired;
    state.count_refusal(&refusal);
    let body = json!({ "code": refusal.code(), "message": sentence(&refusal, prefs.lang) });
    let vary = [(header::VARY, "Accept, Accept-Language, Cookie")];
    answer_with(&refusal, (vary, Json(body)).into_response())
}

/// The page of the door. `path` is where the language is switched, `back` where the password leads.
pub fn shown(
    state: &AppState,
    prefs: Prefs,
    visitor: &Visitor,
    (path, back): (&str, &str),
    refusal: &Refusal,
) -> Response {
    state.count_refusal(refusal);
    let error = (*refusal != Refusal::SitePasswordRequired).then(|| sentence(refusal, prefs.lang));
    let page = DoorPage {
        page: frame(state, prefs, visitor, path),
        back,
        error,
    };
    answer_with(refusal, html(&page))
}
