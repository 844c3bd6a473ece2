//! Dialogs of the page of a room, for whoever opens one.

use askama::Template;
use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::header,
    response::IntoResponse,
};
use serde_json::json;

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
    let html = view.render().map_err(|error| {
        tracing::error!(%error, "a sheet can't be rendered");
        Refusal::Unavailable
    })?;
    let body = json!({ "html": html, "texts": view.texts() });
    Ok(([(header::CACHE_CONTROL, "no-cache")], Json(body)))
}
