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

/// Bytes of the largest piece that is handed over at once. Those of hyper are larger: its buffer grows beyond the size that it
/// is given, the longer a connection is in use.
const PIECE: usize = 16 << 10;

/// Bytes that the parser of the form may hold before any of them count as those of the file: it takes two pieces to look
/// for the first boundary, one more to find it, and one with the first bytes of the file.
const HELD: u64 = 4 * PIECE as u64;

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
    rest: Bytes,
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
            rest: Bytes::new(),
            came: 0,
            around,
            file,
        }
    }

    fn hand_over(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, Unread> {
        let Ok(mut data) = frame.into_data() else {
            // Trailers, of which a form has none.
            return Ok(Frame::data(Bytes::new()));
        };
        self.rest = data.split_off(data.len().min(PIECE));
        self.pace.moved(data.len(), Instant::now());
        self.came += data.len() as u64;
        self.handed_over = true;
        if self.came.saturating_sub(self.file.load(Ordering::Relaxed)) > self.around + HELD {
            Err(Unread::TooMuchAround)
        } else {
            Ok(Frame::data(data))
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
        if !body.rest.is_empty() {
            let rest = std::mem::take(&mut body.rest);
            return Poll::Ready(Some(body.hand_over(Frame::data(rest))));
        }
        match Pin::new(&mut body.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(body.hand_over(frame))),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(Unread::Broken(error)))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => body.poll_credit(cx).map(|()| Some(Err(Unread::TooSlow))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let held = self.rest.len() as u64;
        let hint = self.body.size_hint();
        let mut whole = SizeHint::new();
        whole.set_lower(hint.lower() + held);
        if let Some(upper) = hint.upper() {
            whole.set_upper(upper + held);
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, time::Duration};

    use futures_util::stream;
    use http_body_util::BodyExt;

    use super::*;

    /// What a body of these pieces hands over when its reader counts all of it as bytes of the file, a piece late.
    async fn handed_over(pieces: Vec<Vec<u8>>) -> Result<Vec<Bytes>, Unread> {
        let pieces = pieces.into_iter().map(|piece| Ok::<_, Infallible>(Bytes::from(piece)));
        let file = Arc::<AtomicU64>::default();
        let pace = Pace::new(1, Duration::from_secs(9), Duration::from_secs(9));
        let body = Body::from_stream(stream::iter(pieces));
        let mut body = PacedBody::new(body, pace, 0, Arc::clone(&file));
        let mut handed_over: Vec<Bytes> = Vec::new();
        while let Some(frame) = body.frame().await {
            if let Some(last) = handed_over.last() {
                file.fetch_add(last.len() as u64, Ordering::Relaxed);
            }
            handed_over.extend(frame?.into_data());
        }
        Ok(handed_over)
    }

    #[tokio::test]
    async fn a_piece_however_large_is_handed_over_in_small_ones_and_whole() {
        let sent = vec![vec![1; PIECE - 1], vec![2; 9 * PIECE + 7], vec![3; 1]];
        let got = handed_over(sent.clone()).await.unwrap();
        assert!(got.iter().all(|piece| piece.len() <= PIECE));
        assert_eq!(got.concat(), sent.concat());
    }

    #[tokio::test]
    async fn a_body_whose_reader_takes_nothing_for_its_file_is_given_up() {
        let pieces = (0..5).map(|_| Ok::<_, Infallible>(Bytes::from(vec![0; PIECE])));
        let pace = Pace::new(1, Duration::from_secs(9), Duration::from_secs(9));
        let body = Body::from_stream(stream::iter(pieces));
        let mut body = PacedBody::new(body, pace, PIECE as u64 - 1, Arc::default());
        for _ in 0..4 {
            body.frame().await.unwrap().unwrap();
        }
        assert!(matches!(body.frame().await, Some(Err(Unread::TooMuchAround))));
    }
}
