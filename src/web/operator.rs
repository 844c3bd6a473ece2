//! The interface for operators, at an address of its own: JSON for scripts and for `gifchat admin`.
//!
//! Operators see everything that rooms hold but whispers, passwords, addresses and invites.

mod auth;
mod blocked;
mod finding;
mod reports;
mod rooms;
mod site;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, FromRequest, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use self::auth::Keys;
use crate::{
    config::Token,
    domain::{Refusal, Why},
    page::{sentences::sentence, texts::Lang},
    state::AppState,
    web::refused::{Refused, answer_with, wrong_method},
};

/// Bytes of a body.
const BODY: usize = 16 << 10;

/// Bytes of a list of hashes: as many as may be blocked.
const LIST: usize = 8 << 20;

/// Every URL of the interface.
pub fn router(state: AppState, tokens: Option<Vec<Token>>) -> Router {
    let keys = Arc::new(Keys::new(tokens));
    let list = DefaultBodyLimit::max(LIST);
    Router::new()
        .route("/", get(site::overview))
        .route("/rooms", get(rooms::list))
        .route("/rooms/{id}", get(rooms::one))
        .route("/rooms/{id}/remove", post(rooms::remove))
        .route("/rooms/{id}/messages/{message}/remove", post(rooms::remove_message))
        .route("/reports", get(reports::list))
        .route("/reports/{report}/dismiss", post(reports::dismiss))
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
        .route("/blocked/remove", post(blocked::unblock).layer(list))
        .fallback(async || Refused(Refusal::NotFound))
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY))
        .layer(from_fn_with_state(keys, auth::pass))
        .layer(from_fn_with_state(state.clone(), render))
        .with_state(state)
}

/// Why something is done: every action may say so.
#[derive(Default, Deserialize)]
struct Because {
    #[serde(default)]
    why: String,
}

impl Because {
    fn why(&self) -> Result<Why, Failure> {
        Why::parse(&self.why).map_err(Failure::Wrong)
    }
}

/// Why an operator gets nothing.
enum Failure {
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

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, sentence) = match self {
            Self::Refused(refusal) => return Refused(refusal).into_response(),
            Self::Wrong(sentence) => (StatusCode::UNPROCESSABLE_ENTITY, sentence),
            Self::Unread(status, sentence) => (status, sentence),
        };
        (status, Json(json!({ "code": "invalid", "message": sentence }))).into_response()
    }
}

/// The body of an action, as JSON. Its type is asked for: no form of another page can have it.
struct Body<T>(T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Failure> {
        let read = Json::<T>::from_request(request, state).await;
        read.map(|Json(body)| Self(body))
            .map_err(|error| Failure::Unread(error.status(), error.body_text()))
    }
}

/// Writes the body of a refusal. Nothing here is kept by anybody.
async fn render(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        state.count_refusal(&refusal);
        let body = json!({ "code": refusal.code(), "message": sentence(&refusal, Lang::En) });
        response = answer_with(&refusal, Json(body).into_response());
    }
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
