//! Dialogs of the page of a room, for whoever opens one.

use askama::Template;
use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::header,
    response::IntoResponse,
};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    domain::Refusal,
    page::{
        texts::Lang,
        views::{Sheet, SheetView},
    },
    state::AppState,
    web::error::ApiError,
};

/// `GET /sheets/{lang}/{name}`: `{html, texts}`, the markup of a sheet and what its script says.
pub async fn sheet(
    State(state): State<AppState>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<impl IntoResponse, ApiError> {
    let Path((lang, name)) = path.map_err(|_| Refusal::NotFound)?;
    let lang = Lang::parse(&lang).ok_or(Refusal::NotFound)?;
    let sheet: Sheet = name.parse()?;
    let view = SheetView::new(
        sheet,
        lang,
        state.assets.prefix(),
        (&*state.limits).into(),
        &state.about,
    );
    let body = body(&view).map_err(|error| {
        tracing::error!(%error, "a sheet can't be rendered");
        Refusal::Unavailable
    })?;
    Ok(([(header::CACHE_CONTROL, "no-cache")], Json(body)))
}

#[derive(Serialize)]
struct Body {
    html: String,
    texts: &'static RawValue,
}

fn body(view: &SheetView<'_>) -> Result<Body, Box<dyn std::error::Error>> {
    let html = view.render()?;
    let texts = serde_json::from_str(view.texts())?;
    Ok(Body { html, texts })
}
