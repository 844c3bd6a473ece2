//! The address at which Prometheus reads. It has nothing but `/metrics`.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::sync::Mutex;

use super::Exporter;

/// The type of Prometheus' text format.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// The one URL.
pub fn router(exporter: Exporter) -> Router {
    // One reading at a time: it looks at every room and socket.
    let exporter = Arc::new(Mutex::new(exporter));
    let routes = Router::new().route("/metrics", get(read)).with_state(exporter);
    routes.layer(map_response(kept_by_nobody))
}

async fn read(State(exporter): State<Arc<Mutex<Exporter>>>) -> Response {
    match exporter.lock().await.text().await {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn kept_by_nobody(mut response: Response) -> Response {
    let none = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, none);
    response
}
