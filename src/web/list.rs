//! Lists as JSON: all of them have the same fields.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::domain::{Epoch, Seq};

/// A list, or a page of one. `C` says where pages begin.
#[derive(Serialize)]
pub struct List<T, C = ()> {
    data: Vec<T>,
    /// How many are in `data`.
    count: usize,
    /// How many there are on all pages, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<usize>,
    /// That of the places in the list, where it has some.
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<Epoch>,
    /// The first place that is kept, where the list has places.
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<Seq>,
    #[serde(flatten)]
    paging: Option<Paging<C>>,
}

#[derive(Serialize)]
struct Paging<C> {
    cursor: C,
    /// The URL of the next page.
    next: Option<String>,
}

impl<T> List<T> {
    /// A list that has no pages.
    pub fn whole(data: Vec<T>) -> Self {
        Self {
            count: data.len(),
            data,
            total: None,
            epoch: None,
            first: None,
            paging: None,
        }
    }
}

impl<T, C> List<T, C> {
    /// A page, and the URL of the next one if there is more.
    pub fn page(data: Vec<T>, cursor: C, next: Option<String>) -> Self {
        Self {
            count: data.len(),
            data,
            total: None,
            epoch: None,
            first: None,
            paging: Some(Paging { cursor, next }),
        }
    }

    /// Adds how many there are on all pages.
    pub fn of(self, total: usize) -> Self {
        Self {
            total: Some(total),
            ..self
        }
    }

    /// Adds the epoch of the places in it, and the first of them that is kept.
    pub fn of_places(self, epoch: Epoch, first: Seq) -> Self {
        Self {
            epoch: Some(epoch),
            first: Some(first),
            ..self
        }
    }
}

impl<T: Serialize, C: Serialize> IntoResponse for List<T, C> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}
