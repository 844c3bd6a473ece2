//! Files: GIFs and their stills, marks, and what the pages are made of.

use axum::{
    body::Body,
    extract::{FromRequestParts, Path, Request, State, rejection::PathRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use tokio_util::io::ReaderStream;
use tower_sessions::Session;

use crate::{
    domain::{GifName, Guest, Refusal, Visitor, VisitorId},
    media::uploads::{NamedIn, Picture},
    page::{
        assets::{self, Packed, media_type},
        avatar::{
            self,
            icon::{self, Purpose},
            picture::Picture as Painted,
        },
    },
    state::AppState,
    web::{error::ApiError, extract::session, layers::compress::Encoding, source},
};

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");
/// A GIF never changes, but a message may be deleted and a room locked: no cache that several share may keep it.
const FOREVER_FOR_ONE: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
/// May be kept, and has to be asked for each time.
pub const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
/// The service worker asks this site, and nobody else.
const WORKER: HeaderValue = HeaderValue::from_static("default-src 'none'; connect-src 'self'");
/// A visitor's file is shown and nothing else, even when it is opened by itself.
const SANDBOX: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");
/// Bytes read from disk at once. A slow reader holds this twice, in the file's own buffer and on its way out.
const CHUNK: usize = 16 << 10;

/// The one part of the path that varies. What is no text names nothing.
pub struct Part(String);

impl<S: Send + Sync> FromRequestParts<S> for Part {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(part)| Self(part))
            .map_err(|_| ApiError(Refusal::NotFound))
    }
}

/// `GET /gif/{name}`
pub async fn gif(state: State<AppState>, Part(name): Part, request: Request) -> Result<Response, ApiError> {
    serve_gif(state, name, request, Picture::Gif).await
}

/// `GET /gif/{name}/still`
pub async fn still(state: State<AppState>, Part(name): Part, request: Request) -> Result<Response, ApiError> {
    serve_gif(state, name, request, Picture::Still).await
}

async fn serve_gif(
    State(state): State<AppState>,
    name: String,
    request: Request,
    picture: Picture,
) -> Result<Response, ApiError> {
    let name: GifName = name.parse().map_err(|_| Refusal::NotFound)?;
    let (parts, _) = request.into_parts();
    let named = named_in(&state, name, &parts).await?;
    send_gif(&state, (name, named), picture, &parts.headers).await
}

/// Sends a GIF or its still, to who may see it.
pub async fn send_gif(
    state: &AppState,
    (name, named): (GifName, NamedIn),
    picture: Picture,
    known: &HeaderMap,
) -> Result<Response, ApiError> {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/gif")),
        (header::CONTENT_SECURITY_POLICY, SANDBOX),
        (header::CACHE_CONTROL, FOREVER_FOR_ONE),
    ];
    // A name never changes its content, so the name is the tag.
    let tag = format!("\"{name}\"");
    if is_cached(known, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let file = state.messages.picture(name, named, picture).await?;
    let length = file.metadata().await.map_err(|_| Refusal::NotFound)?.len();
    let body = Body::from_stream(ReaderStream::with_capacity(file, CHUNK));
    let size = [(header::ETAG, tag), (header::CONTENT_LENGTH, length.to_string())];
    Ok((headers, size, body).into_response())
}

/// What names a GIF, for who may fetch it.
async fn named_in(state: &AppState, name: GifName, parts: &Parts) -> Result<NamedIn, Refusal> {
    let source = source::of(parts);
    let guest = |visitor| Guest { visitor, source };
    if let Some(room) = state.messages.room_of_gif(name).await? {
        if !state.rooms.is_public(room).await? {
            // Without a session it is nobody yet, who comes from somewhere all the same.
            let visitor = known(parts).await?;
            let visitor = visitor.unwrap_or_else(|| Visitor::new(VisitorId::random()));
            state.rooms.reader(room, guest(visitor)).await?;
        }
        return Ok(NamedIn::Message(room));
    }
    let visitor = known(parts).await?.ok_or(Refusal::NotFound)?;
    let room = state.messages.room_of_whispered(name, visitor).await?;
    state.rooms.reader(room, guest(visitor)).await?;
    Ok(NamedIn::Whisper(room))
}

/// Who asks for a file, if there was a session before: a file begins none.
async fn known(parts: &Parts) -> Result<Option<Visitor>, Refusal> {
    let session = parts.extensions.get::<Session>().ok_or(Refusal::Unavailable)?;
    Ok(session::known_visitor(session).await)
}

fn is_cached(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    known.is_some_and(|tags| tags.split(',').any(|one| one.trim().trim_start_matches("W/") == tag))
}

/// `GET /visitor/{id}.svg`, and the same as a PNG
pub async fn mark(State(state): State<AppState>, Part(file): Part) -> Result<Response, ApiError> {
    let (id, kind) = file.split_once('.').ok_or(Refusal::NotFound)?;
    let id = id.parse().map_err(|_| Refusal::NotFound)?;
    match kind {
        "svg" => Ok(image("image/svg+xml", FOREVER, avatar::svg(id))),
        "png" => Ok(painted(&state, FOREVER, Painted::Avatar(id)).await?),
        _ => Err(ApiError(Refusal::NotFound)),
    }
}

/// `GET /favicon.ico`, for what looks for one without reading a page: the avatar of the site
pub async fn favicon(State(state): State<AppState>) -> Result<Response, ApiError> {
    Ok(painted(&state, FOREVER, Painted::Avatar(VisitorId::SITE)).await?)
}

/// `GET /icons/{file}`: those that the manifest names
pub async fn icon(State(state): State<AppState>, Part(file): Part) -> Result<Response, ApiError> {
    if file == icon::SVG {
        let svg = Purpose::Any.svg().ok_or(Refusal::Unavailable)?;
        return Ok(image("image/svg+xml", DAY, svg));
    }
    let icon = file.parse().map_err(|_| Refusal::NotFound)?;
    Ok(painted(&state, DAY, Painted::Icon(icon)).await?)
}

async fn painted(state: &AppState, cache: HeaderValue, picture: Painted) -> Result<Response, Refusal> {
    let png = state.pictures.of(picture).await.ok_or(Refusal::Unavailable)?;
    Ok(image("image/png", cache, png))
}

/// What follows from an id never changes, but the icons may with another version.
fn image(kind: &'static str, cache: HeaderValue, body: impl IntoResponse) -> Response {
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_SECURITY_POLICY, SANDBOX),
        (header::CACHE_CONTROL, cache),
    ];
    (headers, body).into_response()
}

/// `GET /assets/{version}/{path}`: another version, from a page of before an update, gets today's file and keeps it for
/// no time. `GET /offline/{version}/{path}` is the same for the page that the service worker keeps.
pub async fn asset(
    State(state): State<AppState>,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Path((version, path)) = path.map_err(|_| Refusal::NotFound)?;
    let cache = if state.assets.is_current(&version) {
        FOREVER
    } else {
        NO_CACHE
    };
    Ok(versioned(&state, &path, &version, cache, &headers).await?)
}

/// `GET /sw.js`: the service worker. It is asked for again with every page, so that a new one takes over at once.
pub async fn worker(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let file = versioned(&state, assets::WORKER.0, state.assets.version(), NO_CACHE, &headers).await?;
    Ok(([(header::CONTENT_SECURITY_POLICY, WORKER)], file).into_response())
}

/// A file of the version that was asked for. One of this version has its tag.
async fn versioned(
    state: &AppState,
    path: &str,
    version: &str,
    cache: HeaderValue,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let Packed { plain, brotli } = packed(state, path).await?;
    let kind = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type(path))),
        (header::CACHE_CONTROL, cache),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    let tag = state.assets.is_current(version).then(|| format!("\"{version}\""));
    if tag.as_ref().is_some_and(|tag| is_cached(headers, tag)) {
        return Ok((StatusCode::NOT_MODIFIED, kind).into_response());
    }
    let tag = tag.map(|tag| [(header::ETAG, tag)]);
    match brotli.filter(|_| Encoding::accepted(headers) == Some(Encoding::Brotli)) {
        Some(brotli) => Ok((kind, tag, [(header::CONTENT_ENCODING, "br")], brotli).into_response()),
        None => Ok((kind, tag, plain).into_response()),
    }
}

/// A file as it goes out.
async fn packed(state: &AppState, path: &str) -> Result<Packed, Refusal> {
    let assets = &state.assets;
    if !assets.is_on_disk() {
        return assets.get(path).ok_or(Refusal::NotFound);
    }
    let (assets, path) = (assets.clone(), path.to_owned());
    let packed = tokio::task::spawn_blocking(move || assets.get(&path)).await;
    packed.map_err(|_| Refusal::Unavailable)?.ok_or(Refusal::NotFound)
}

/// `GET /robots.txt`: rooms are gone before anybody could find them by a search.
pub async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /room/\nDisallow: /gif/\n"
}
