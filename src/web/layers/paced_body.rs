//! The body of an upload: it must come fast enough, and one piece at a time.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::limits::pace::Pace;

/// Bytes of the largest piece that hyper reads at once, which the parser of the form holds beside what it has consumed.
const PIECE: u64 = 64 << 10;

/// Why a body is not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// It came more slowly than its pace.
    #[error("the body came too slowly")]
    TooSlow,
    /// More came outside of the file than a form may have there.
    #[error("the body has too much around its file")]
    TooMuchAround,
    /// The connection broke.
    #[error(transparent)]
    Broken(axum::Error),
}

/// A body that is given up when it falls behind its pace.
///
/// The parser of forms takes what it gets until there is no more for now, and looks for the end of a part in it only
/// then. So it gets one piece a turn, and nothing once too much has come that is no part of the file: else the lines
/// before a part could fill the memory up to the limit of the whole body.
pub struct PacedBody {
    body: Body,
    pace: Pace,
    timer: Option<Pin<Box<Sleep>>>,
    handed_over: bool,
    came: u64,
    around: u64,
    file: Arc<AtomicU64>,
}

impl PacedBody {
    /// Bounds a body. `file` counts the bytes that its reader has taken as those of the file; `around` is how many more
    /// may come.
    pub fn new(body: Body, pace: Pace, around: u64, file: Arc<AtomicU64>) -> Self {
        Self {
            body,
            pace,
            timer: None,
            handed_over: false,
            came: 0,
            around,
            file,
        }
    }

    fn hand_over(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, Unread> {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        self.pace.moved(bytes, Instant::now());
        self.came += bytes as u64;
        self.handed_over = true;
        if self.came.saturating_sub(self.file.load(Ordering::Relaxed)) > self.around + PIECE {
            Err(Unread::TooMuchAround)
        } else {
            Ok(frame)
        }
    }

    /// Ready when the peer is out of credit.
    fn poll_credit(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let end = self.pace.wait(Instant::now());
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(end)));
        if timer.deadline() != end {
            timer.as_mut().reset(end);
        }
        timer.as_mut().poll(cx)
    }
}

impl HttpBody for PacedBody {
    type Data = Bytes;
    type Error = Unread;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Unread>>> {
        let body = &mut *self;
        if std::mem::take(&mut body.handed_over) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        match Pin::new(&mut body.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(body.hand_over(frame))),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(Unread::Broken(error)))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => body.poll_credit(cx).map(|()| Some(Err(Unread::TooSlow))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
