//! An answer's body that comes slowly, or breaks off before its announced end.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body as HttpBody, Frame};

/// Tells hyper to close the connection without an answer.
#[derive(Debug)]
pub struct Close;

impl std::fmt::Display for Close {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed by a fault")
    }
}

impl std::error::Error for Close {}

/// A body that comes slowly, or breaks off before its announced end.
pub struct FaultyBody {
    left: Bytes,
    pace: Option<(usize, Duration)>,
    breaks_off: bool,
    pause: Option<Pin<Box<tokio::time::Sleep>>>,
    was_flushed: bool,
}

impl FaultyBody {
    pub fn new(left: Bytes, pace: Option<(usize, Duration)>, breaks_off: bool) -> Self {
        Self {
            left,
            pace,
            breaks_off,
            pause: None,
            was_flushed: false,
        }
    }
}

impl HttpBody for FaultyBody {
    type Data = Bytes;
    type Error = Close;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Close>>> {
        if let Some(pause) = &mut self.pause {
            std::task::ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        if self.left.is_empty() {
            if !self.breaks_off {
                return Poll::Ready(None);
            }
            if self.was_flushed {
                return Poll::Ready(Some(Err(Close)));
            }
            // What was sent so far must leave before the connection breaks: hyper writes it out when
            // there is nothing more for now.
            self.was_flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let (bytes, interval) = self.pace.unwrap_or((usize::MAX, Duration::ZERO));
        let size = bytes.min(self.left.len());
        let piece = self.left.split_to(size);
        if !interval.is_zero() {
            self.pause = Some(Box::pin(tokio::time::sleep(interval)));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}
