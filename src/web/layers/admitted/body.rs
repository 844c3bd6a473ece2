//! The body of a request, which breaks off when its sender is kept out meanwhile.

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
};

use axum::{BoxError, body::Body};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::Sender;
use crate::{domain::Refusal, rules::SiteState};

type Checking = Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send>>;

/// A body whose every piece is held against what operators have decided by then. A piece that came before a decision was
/// stored by nobody: a handler acts once it has the last one.
pub struct AdmittedBody {
    body: Body,
    sender: Sender,
    /// By which its sender was let in.
    site: Arc<SiteState>,
    checking: Option<Checking>,
    /// What has come and is not handed over yet, the end included.
    piece: Option<Option<Result<Frame<Bytes>, axum::Error>>>,
    refused: Arc<OnceLock<Refusal>>,
}

impl AdmittedBody {
    /// Watches a body whose sender was let in by `site`. Why they are kept out is put into `refused`.
    pub const fn new(body: Body, sender: Sender, site: Arc<SiteState>, refused: Arc<OnceLock<Refusal>>) -> Self {
        Self {
            body,
            sender,
            site,
            checking: None,
            piece: None,
            refused,
        }
    }

    /// Holds the sender against what is decided now.
    fn poll_check(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Refusal>> {
        let now = self.sender.state.operators.site();
        if !Arc::ptr_eq(&now, &self.site) {
            self.site = Arc::clone(&now);
            self.checking = Some(Box::pin(self.sender.clone().check(now)));
        }
        let Some(checking) = &mut self.checking else {
            return Poll::Ready(Ok(()));
        };
        let checked = ready!(checking.as_mut().poll(cx));
        self.checking = None;
        Poll::Ready(checked)
    }
}

impl HttpBody for AdmittedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let body = &mut *self;
        if body.piece.is_none() {
            body.piece = Some(ready!(Pin::new(&mut body.body).poll_frame(cx)));
        }
        if let Err(refusal) = ready!(body.poll_check(cx)) {
            body.piece = None;
            let _ = body.refused.set(refusal);
            return Poll::Ready(Some(Err("its sender is kept out meanwhile".into())));
        }
        let piece = body.piece.take().flatten();
        Poll::Ready(piece.map(|piece| piece.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.piece.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
