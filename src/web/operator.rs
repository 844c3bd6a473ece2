//! The console of operators, at an address of its own: pages for a browser, JSON for scripts and for `gifchat admin`.
//!
//! Operators see everything that rooms hold but whispers, passwords, addresses and invites.

mod asks;
mod auth;
mod blocked;
mod body;
mod finding;
mod reports;
mod rooms;
mod sign_in;
mod site;

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;

use self::{
    asks::Asks,
    auth::{Keys, SignedIn},
};
use crate::{
    config::Token,
    domain::Refusal,
    page::{
        sentences::sentence,
        texts::Lang,
        views::console::{ConsoleErrorPage, SignInPage},
    },
    state::AppState,
    web::{
        error::{ApiError, answer_with, wrong_method},
        extract::negotiation,
        handlers::files,
        rendered::html,
    },
};

/// Bytes of a body.
const BODY: usize = 16 << 10;

/// Bytes of a list of hashes: as many as may be blocked.
const LIST: usize = 8 << 20;

/// What pages may do: show what this server serves, and send forms to it.
const CSP: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Every URL of the console.
pub fn router(state: AppState, tokens: Option<Vec<Token>>) -> Router {
    let keys = Arc::new(Keys::new(tokens));
    let list = DefaultBodyLimit::max(LIST);
    // What says nothing of the site, for who has not signed in.
    let open = Router::new()
        .route("/sign-in", get(sign_in::start).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/assets/{version}/{*path}", get(files::asset))
        .route("/visitor/{file}", get(files::mark));
    let closed = Router::new()
        .route("/", get(site::overview))
        .route("/rooms", get(rooms::list))
        .route("/rooms/{id}", get(rooms::one))
        .route("/rooms/{id}/remove", post(rooms::remove))
        .route("/rooms/{id}/messages/{message}/remove", post(rooms::remove_message))
        .route("/reports", get(reports::list))
        .route("/reports/{report}/dismiss", post(reports::dismiss))
        .route("/find", get(finding::form))
        .route("/visitors/{id}", get(finding::visitor))
        .route("/gifs/{name}", get(finding::gif))
        .route("/gifs/{name}/still", get(finding::still))
        .route("/gifs/{name}/remove", post(finding::remove))
        .route("/bans", get(site::bans).post(site::ban))
        .route("/bans/{ban}/lift", post(site::lift))
        .route("/pauses", post(site::pause))
        .route("/notice", post(site::notice))
        .route("/audit", get(site::audit))
        .route("/blocked", get(blocked::list).post(blocked::block).layer(list))
        .route("/blocked.txt", get(blocked::export))
        .route("/blocked/remove", post(blocked::unblock).layer(list))
        .fallback(async || ApiError(Refusal::NotFound))
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(Arc::clone(&keys), auth::pass));
    closed
        .merge(open)
        .layer(DefaultBodyLimit::max(BODY))
        .layer(Extension(keys))
        .layer(from_fn(negotiation::switch_language))
        .layer(from_fn_with_state(state.clone(), render))
        .with_state(state)
}

/// Why an operator gets nothing.
pub enum Failure {
    /// A rule, or the store.
    Refused(Refusal),
    /// What they wrote is wrong: a sentence.
    Wrong(String),
    /// The body can't be read: a status and a sentence.
    Unread(StatusCode, String),
}

impl<E: Into<Refusal>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// What is said to who gets nothing; [`render`] says it by a page or by JSON.
#[derive(Clone)]
struct Said {
    code: &'static str,
    sentence: String,
}

impl Said {
    fn with(self, status: StatusCode) -> Response {
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, sentence) = match self {
            Self::Refused(refusal) => return ApiError(refusal).into_response(),
            Self::Wrong(sentence) => (StatusCode::UNPROCESSABLE_ENTITY, sentence),
            Self::Unread(status, sentence) => (status, sentence),
        };
        let code = "invalid";
        Said { code, sentence }.with(status)
    }
}

/// Writes what is said to who gets nothing, and the headers of every answer.
async fn render(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut asks = Asks::of(&parts);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    asks.signed_in = response.extensions().get::<SignedIn>().is_some();
    let lang = if asks.wants_page() { asks.prefs.lang } else { Lang::En };
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        state.count_refusal(&refusal);
        let said = Said {
            code: refusal.code(),
            sentence: sentence(&refusal, lang),
        };
        response = answer_with(&refusal, written(&state, &asks, &said));
    } else if let Some(said) = response.extensions_mut().remove::<Said>() {
        let (head, _) = response.into_parts();
        response = (head.status, head.headers, written(&state, &asks, &said)).into_response();
    }
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CONTENT_SECURITY_POLICY, CSP),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

fn written(state: &AppState, asks: &Asks, said: &Said) -> Response {
    if !asks.wants_page() {
        return Json(json!({ "code": said.code, "message": said.sentence })).into_response();
    }
    let page = asks.page(state);
    if said.code == auth::TOKEN_REQUIRED {
        return html(&SignInPage { page, error: None });
    }
    html(&ConsoleErrorPage {
        page,
        message: &said.sentence,
        code: said.code,
    })
}
