//! What a device needs that installs the site: the manifest, and the page to show where there is no line.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use crate::{
    domain::{Refusal, Visitor, VisitorId},
    page::{manifest::manifest, texts::Lang, views::OfflinePage},
    state::AppState,
    web::{
        error::ApiError,
        extract::negotiation::Prefs,
        handlers::files::NO_CACHE,
        rendered::{frame, html},
    },
};

/// `GET /manifest.webmanifest`
pub async fn manifest_file(State(state): State<AppState>, prefs: Prefs) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/manifest+json"),
        ),
        (header::CACHE_CONTROL, NO_CACHE),
        (header::VARY, HeaderValue::from_static("Accept-Language, Cookie")),
    ];
    (headers, manifest(&state.about.name, prefs.lang).to_string()).into_response()
}

/// `GET /offline/{lang}`: the page that the service worker keeps, the same for everybody. All that it needs lies under
/// `/offline/`, too, so that the worker answers nothing else that a page asks for.
pub async fn offline(
    State(state): State<AppState>,
    lang: Result<Path<String>, PathRejection>,
    prefs: Prefs,
) -> Result<Response, ApiError> {
    let lang = lang.ok().and_then(|Path(lang)| Lang::parse(&lang));
    let lang = lang.ok_or(Refusal::NotFound)?;
    let prefs = Prefs {
        lang,
        theme: None,
        ..prefs
    };
    let assets = format!("/offline/{}", state.assets.version());
    let mut page = frame(&state, prefs, &Visitor::new(VisitorId::SITE), "/");
    page.assets = &assets;
    Ok(([(header::CACHE_CONTROL, NO_CACHE)], html(&OfflinePage { page })).into_response())
}
