//! What every request passes: no change on behalf of another site, safe headers, one line in the log, metrics.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    config::Config,
    domain::Refusal,
    state::AppState,
    web::{error::ApiError, handlers::share, is_safe},
};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a request that would change something and comes from a page of another site.
///
/// Browsers say so in `Sec-Fetch-Site`, older ones in `Origin`; other clients say nothing and carry no cookie of a
/// visitor who does not know. Sockets are not bound by the browser's same-origin rule, so there every method counts.
pub async fn same_site(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (config, headers, uri) = (&state.config, request.headers(), request.uri());
    let allowed = if uri.path().starts_with("/socket.io") && headers.contains_key(header::ORIGIN) {
        // Browsers always send it with a websocket, and do not agree on what `Sec-Fetch-Site` says of one.
        origin_is_ours(config, headers, uri)
    } else if uri.path().starts_with("/socket.io") {
        came_from_here(config, headers, uri)
    } else {
        // Who shares a GIF comes from another app, and gets a page in any case.
        is_safe(request.method()) || uri.path() == share::PATH || came_from_here(config, headers, uri)
    };
    if allowed {
        next.run(request).await
    } else {
        ApiError(Refusal::CrossOrigin).into_response()
    }
}

fn came_from_here(config: &Config, headers: &HeaderMap, uri: &Uri) -> bool {
    match headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes) {
        Some(b"same-origin" | b"none") => true,
        Some(_) => false,
        None => origin_is_ours(config, headers, uri),
    }
}

/// Whether `Origin`, if there is one, is this site: the public address, or else the host that was asked for.
fn origin_is_ours(config: &Config, headers: &HeaderMap, uri: &Uri) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else { return true };
    let Some(origin) = origin.to_str().ok().filter(|_| origins.next().is_none()) else {
        return false;
    };
    if let Some(public) = &config.public_url {
        return public.origin().ascii_serialization() == origin;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| uri.authority().map(|authority| authority.as_str()));
    let authority = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    matches!((authority, host), (Some(authority), Some(host)) if authority.eq_ignore_ascii_case(host))
}

/// What a page may do: nothing but show and run what this site serves.
const PAGE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
     manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// What is no page may do nothing, should somebody open it as one.
const NO_PAGE: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
];

/// Around everything: safe headers on every answer, one line in the log, and metrics. One layer does all of it, since each one costs
/// every request a copy of all that lies within.
pub async fn frame(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = logged(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    add_safe_headers(&state.config, response.headers_mut());
    // The route, not the path: a path names a room.
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    let (time, status) = (begun.elapsed(), response.status().as_u16());
    state.metrics.http.count(route, method, status, time);
    let millis = time.as_secs_f64() * 1_000.0;
    tracing::info!(
        %method,
        route,
        status,
        ms = (millis * 100.0).round() / 100.0,
        "request"
    );
    response
}

/// A method as the log has it. Those that no route knows are not repeated: a client may write what it likes, at any
/// length.
fn logged(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => "-",
    }
}

/// What a handler has set stays.
fn add_safe_headers(config: &Config, headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(value);
    }
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_page = kind.is_some_and(|kind| kind.starts_with(b"text/html"));
    let csp = if is_page { PAGE } else { NO_PAGE };
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(csp);
    // What a page says depends on who asks; nothing may keep it for somebody else.
    let none = HeaderValue::from_static("no-store");
    headers.entry(header::CACHE_CONTROL).or_insert(none);
    if config.is_https() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(year);
    }
}
