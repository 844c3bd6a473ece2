//! Error responses: a page for people, JSON for scripts.

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tower_sessions::Session;

use super::{
    extract::{negotiation::Prefs, session},
    is_safe, rendered,
};
use crate::{
    domain::{Refusal, Source, Visitor, VisitorId},
    page::{sentences::sentence, views::ErrorPage},
    state::AppState,
};

/// Seconds after which what is unavailable is worth another try.
const RETRY: u8 = 5;

/// A handler's refusal. [`render`] gives it its body.
#[derive(Debug)]
pub struct ApiError(pub Refusal);

impl<E: Into<Refusal>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = answer_with(&self.0, ().into_response());
        response.extensions_mut().insert(self.0);
        response
    }
}

/// An answer with the status of a refusal, and when to try again.
pub fn answer_with(refusal: &Refusal, mut answer: Response) -> Response {
    *answer.status_mut() = status(refusal);
    let seconds = match refusal {
        Refusal::Unavailable => Some(RETRY.into()),
        _ => refusal.retry_seconds(),
    };
    if let Some(seconds) = seconds {
        answer
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

/// The status of a refusal.
pub const fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::RoomNotFound | Refusal::NotFound | Refusal::GifNotFound | Refusal::InviteNotFound => {
            StatusCode::NOT_FOUND
        }
        Refusal::VisitorNotFound | Refusal::MessageNotFound | Refusal::ReportNotFound => StatusCode::NOT_FOUND,
        Refusal::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
        Refusal::WrongPassword | Refusal::SitePasswordRequired => StatusCode::FORBIDDEN,
        Refusal::WrongKey | Refusal::RoomsClosed => StatusCode::FORBIDDEN,
        Refusal::BannedFromSite { .. } | Refusal::Paused(_) => StatusCode::FORBIDDEN,
        Refusal::NotAMember | Refusal::NotTheOwner => StatusCode::FORBIDDEN,
        Refusal::RoomClosed | Refusal::Kicked | Refusal::Banned { .. } => StatusCode::FORBIDDEN,
        Refusal::CrossOrigin | Refusal::OwnerReport => StatusCode::FORBIDDEN,
        Refusal::ForbiddenGif | Refusal::BlockedGif => StatusCode::FORBIDDEN,
        Refusal::NotTheAuthor | Refusal::EditTooLate { .. } | Refusal::NotEditable => StatusCode::FORBIDDEN,
        Refusal::RoomFull | Refusal::TooManyReactions => StatusCode::CONFLICT,
        Refusal::Invalid(_) | Refusal::NotAGif(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::RateLimited { .. }
        | Refusal::SlowMode { .. }
        | Refusal::TooManySockets { .. }
        | Refusal::TooManyWhispers { .. } => StatusCode::TOO_MANY_REQUESTS,
        Refusal::TimedOut => StatusCode::REQUEST_TIMEOUT,
        Refusal::StorageFull | Refusal::QuotaReached(_) => StatusCode::INSUFFICIENT_STORAGE,
        Refusal::Unavailable | Refusal::Unknown { .. } => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// A route that does not know the method.
pub async fn wrong_method() -> ApiError {
    ApiError(Refusal::WrongMethod)
}

#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
}

/// Writes the body of a refusal, as the request prefers it.
pub async fn render(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let prefs = Prefs::of(request.headers());
    let extensions = request.extensions();
    let session = extensions.get::<Session>().cloned();
    let route = extensions.get::<MatchedPath>().cloned();
    let source = extensions.get().copied().unwrap_or(Source::UNKNOWN);
    let safe = is_safe(request.method());
    let response = next.run(request).await;
    let (mut parts, body) = response.into_parts();
    let Some(refusal) = parts.extensions.remove::<Refusal>() else {
        return Response::from_parts(parts, body);
    };
    state
        .audit
        .limit_hit(&refusal, route.as_ref().map_or("-", MatchedPath::as_str), &source);
    state.count_refusal(&refusal);
    let message = sentence(&refusal, prefs.lang);
    if prefs.json {
        let body = axum::Json(Body {
            code: refusal.code(),
            message: &message,
            field: refusal.field(),
        });
        return with_body(parts, body.into_response());
    }
    // An error makes no session: who asks for what is not there has not arrived yet. And who asks for too much makes nobody
    // look for one.
    let known = match &session {
        Some(session) if !matches!(refusal, Refusal::RateLimited { .. }) => session::known_visitor(session).await,
        _ => None,
    };
    let me = known.unwrap_or_else(|| Visitor::new(VisitorId::random()));
    let page = rendered::frame(&state, prefs, &me, "/");
    let mut page = ErrorPage::of(page, parts.status.as_u16(), refusal.code(), message);
    if safe && refusal == Refusal::Unavailable {
        page = page.retrying(RETRY);
    }
    with_body(parts, rendered::html(&page))
}

/// The status and headers of a refusal with the body of another answer.
fn with_body(mut parts: axum::http::response::Parts, rendered: Response) -> Response {
    let (head, body) = rendered.into_parts();
    parts.headers.extend(head.headers);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, body)
}
