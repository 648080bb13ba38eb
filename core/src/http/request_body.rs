//! A request body that notes how far the transport took it.
//!
//! Whether a failed request can have had an effect can't be read off an error's kind. It can be
//! read off the body: never polled means that nothing was sent.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::http::pace::SendMark;

const UNTOUCHED: u8 = 0;
const STARTED: u8 = 1;
const FINISHED: u8 = 2;

/// What the transport took of a request's body; a request without one stays at `Nothing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyProgress {
    Nothing,
    Part,
    Whole,
}

/// How far the transport took a request's body; shared with the body itself.
#[derive(Clone, Default)]
pub(crate) struct Progress(Arc<AtomicU8>);

impl Progress {
    /// Whether any byte of the body may have been sent.
    pub(crate) fn may_be_sent(&self) -> bool {
        self.taken() != BodyProgress::Nothing
    }

    pub(crate) fn taken(&self) -> BodyProgress {
        match self.0.load(Ordering::Acquire) {
            UNTOUCHED => BodyProgress::Nothing,
            FINISHED => BodyProgress::Whole,
            _ => BodyProgress::Part,
        }
    }

    fn reach(&self, mark: u8) {
        self.0.fetch_max(mark, Ordering::AcqRel);
    }
}

/// Frames of JSON, sent without copying them together. It can't be cloned, so no layer below can
/// send it twice.
pub(crate) struct TrackedBody {
    frames: VecDeque<Bytes>,
    left: u64,
    progress: Progress,
    mark: Option<SendMark>,
}

impl TrackedBody {
    /// `mark` hears when the transport takes the first frame.
    pub(crate) fn new(frames: impl IntoIterator<Item = Bytes>, mark: SendMark) -> Self {
        let frames: VecDeque<Bytes> = frames.into_iter().collect();
        let left = frames.iter().map(|frame| frame.len() as u64).sum();
        Self {
            frames,
            left,
            progress: Progress::default(),
            mark: Some(mark),
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        self.progress.clone()
    }

    pub(crate) fn len(&self) -> u64 {
        self.left
    }
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        this.progress.reach(STARTED);
        if let Some(mark) = this.mark.take() {
            mark.sent();
        }
        let frame = this.frames.pop_front();
        if let Some(frame) = &frame {
            this.left -= frame.len() as u64;
        }
        if this.frames.is_empty() {
            this.progress.reach(FINISHED);
        }
        Poll::Ready(frame.map(|frame| Ok(Frame::data(frame))))
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
