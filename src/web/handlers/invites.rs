//! Invites: links and their QR codes, and the way in by one.

use axum::{
    Json,
    extract::{FromRequestParts, Path, State, rejection::PathRejection},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use fast_qr::{
    ECL, QRBuilder,
    convert::{Builder, Shape, svg::SvgBuilder},
};
use serde::Serialize;
use tower_sessions::Session;

use crate::{
    config::Config,
    domain::{Field, Invalid, Problem, Refusal, Source, Visitor},
    service::access::{Owner, Reader},
    state::AppState,
    web::{
        error::ApiError,
        extract::{
            negotiation::Prefs,
            session::{self, Remembered},
        },
        handlers::rooms::Id,
    },
};

/// The most a name of a host and its port take, in bytes: RFC 1035 bounds a name to 253.
const HOST: usize = 253 + ":65535".len();

/// A link, and the same as a picture for a camera.
#[derive(Serialize)]
struct Invite {
    url: String,
    /// An SVG, dark on light in every theme, as cameras want it.
    qr: String,
}

impl Invite {
    fn of(url: String) -> Result<Self, Refusal> {
        let code = QRBuilder::new(url.as_str()).ecl(ECL::M).build();
        let code = code.map_err(|error| {
            tracing::error!(%error, "a link does not fit into a QR code");
            Refusal::Unavailable
        })?;
        let qr = SvgBuilder::default().shape(Shape::Square).to_str(&code);
        Ok(Self { url, qr })
    }
}

/// The address of the site as the visitor knows it, without a slash at its end.
fn site(config: &Config, headers: &HeaderMap) -> Result<String, Refusal> {
    if let Some(public) = &config.public_url {
        return Ok(public.origin().ascii_serialization());
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host
        .filter(|host| host.len() <= HOST)
        .ok_or(Invalid::new(Field::Body, Problem::Malformed))?;
    Ok(format!("http://{host}"))
}

/// `GET /room/{id}/invite`: the plain link to the room, which asks for the password where there is one
pub async fn link(State(state): State<AppState>, reader: Reader, headers: HeaderMap) -> Result<Response, ApiError> {
    let site = site(&state.config, &headers)?;
    Ok(Json(Invite::of(format!("{site}/room/{}", reader.id()))?).into_response())
}

/// `POST /room/{id}/invite`
pub async fn invite(
    State(state): State<AppState>,
    owner: Owner,
    source: Source,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let site = site(&state.config, &headers)?;
    let url = match state.rooms.invite(&owner, source).await? {
        Some(token) => format!("{site}/invite/{}", token.secret()),
        None => format!("{site}/room/{}", owner.id()),
    };
    Ok((StatusCode::CREATED, Json(Invite::of(url)?)).into_response())
}

/// `DELETE /room/{id}/invite`
pub async fn withdraw(State(state): State<AppState>, Id(room): Id, visitor: Visitor) -> Result<&'static str, ApiError> {
    state.rooms.withdraw_invites(room, visitor).await?;
    Ok("ok")
}

/// A request by which somebody means to redeem an invite: a POST, which [`crate::web::layers::guard`] keeps to this site's pages, or a
/// GET that opens the link. A HEAD, a picture or a frame on another page, and what a browser fetches in advance do not:
/// they get an empty answer, and make no session.
pub struct Opening;

impl<S: Send + Sync> FromRequestParts<S> for Opening {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let opens = match parts.method {
            Method::POST => true,
            Method::GET => is_navigation(&parts.headers),
            _ => false,
        };
        let nothing_done = (StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, "no-store")]);
        opens.then_some(Self).ok_or_else(|| nothing_done.into_response())
    }
}

/// Whether a GET opens a page by itself, as far as the client says what it is for: browsers do, by fetch metadata
/// (<https://www.w3.org/TR/fetch-metadata/>). Other clients don't, or not with the site that asks, as Node's `fetch`; they
/// mean what they ask for.
fn is_navigation(headers: &HeaderMap) -> bool {
    let is = |name, wanted: &str| {
        headers
            .get(name)
            .is_none_or(|value| value.as_bytes() == wanted.as_bytes())
    };
    let browser = headers.contains_key("sec-fetch-site");
    let navigates = is("sec-fetch-mode", "navigate") && is("sec-fetch-dest", "document");
    (navigates || !browser) && !headers.contains_key("sec-purpose")
}

/// `GET /invite/{token}`, `POST /invite/{token}`
pub async fn redeem(
    State(state): State<AppState>,
    _: Opening,
    path: Result<Path<String>, PathRejection>,
    prefs: Prefs,
    Remembered(guest): Remembered,
    session: Session,
) -> Result<Response, ApiError> {
    let token = path.ok().and_then(|Path(token)| token.parse().ok());
    let token = token.ok_or(Refusal::InviteNotFound)?;
    let room = state.rooms.redeem(token, guest).await?;
    session::rotate(&session).await?;
    if prefs.json {
        return Ok(Json(state.rooms.load(room).await?.room).into_response());
    }
    Ok(Redirect::to(&format!("/room/{room}")).into_response())
}
