//! A thread that owns a file and makes what is written to it durable, several writes at a time.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

/// What a write must survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Safety {
    /// The end of the process, however it comes.
    Process,
    /// The end of the machine.
    Machine,
}

/// A file whose writes become durable together.
pub(crate) trait Durable: Send + 'static {
    fn begin(&mut self, safety: Safety) -> Result<(), String>;
    fn commit(&mut self) -> Result<(), String>;
    /// Undoes what was written since `begin`, as far as the file can.
    fn roll_back(&mut self);
    /// Makes one of several writes, which is undone alone when it fails, so that it is not the end of the
    /// others. The outer error is the end of all.
    fn attempt(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), String>,
    ) -> Result<Result<(), String>, String>;
}

/// How long a write that nobody waits for may wait, to be committed together with others.
#[cfg(not(test))]
const LINGER: Duration = Duration::from_millis(1);
/// Thousands of simulated pushes have no time for company.
#[cfg(test)]
const LINGER: Duration = Duration::ZERO;

type Write<T> = Box<dyn FnOnce(&mut T) -> Result<(), String> + Send>;

enum Job<T> {
    Write {
        write: Write<T>,
        safety: Safety,
        done: oneshot::Sender<Result<(), String>>,
    },
    Close(oneshot::Sender<()>),
}

/// Hands writes to the thread of a [`Durable`].
pub(crate) struct Writer<T> {
    jobs: mpsc::Sender<Job<T>>,
}

impl<T> Clone for Writer<T> {
    fn clone(&self) -> Self {
        Self {
            jobs: self.jobs.clone(),
        }
    }
}

/// The end of a write.
pub(crate) struct Written(oneshot::Receiver<Result<(), String>>);

impl Written {
    /// Waits until it is durable; the error is a sentence.
    pub(crate) async fn durable(self) -> Result<(), String> {
        self.0
            .await
            .unwrap_or_else(|_| Err("its thread has ended".to_owned()))
    }
}

impl<T: Durable> Writer<T> {
    /// Starts the thread; it ends with the last writer.
    pub(crate) fn start(file: T) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        thread::Builder::new()
            .name("graph8-crm-file".to_owned())
            .spawn(move || run(file, &queue))?;
        Ok(Self { jobs })
    }

    /// Queues a write, behind those before.
    pub(crate) fn write(
        &self,
        safety: Safety,
        write: impl FnOnce(&mut T) -> Result<(), String> + Send + 'static,
    ) -> Written {
        let (done, written) = oneshot::channel();
        // A thread that has ended drops the job, and with it `done`.
        let _ = self.jobs.send(Job::Write {
            write: Box::new(write),
            safety,
            done,
        });
        Written(written)
    }

    /// Closes the file behind the writes so far, and waits for that.
    pub(crate) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.jobs.send(Job::Close(done)).is_ok() {
            // An error means that the thread has ended, and the file with it.
            let _ = closed.await;
        }
    }
}

fn run<T: Durable>(mut file: T, queue: &mpsc::Receiver<Job<T>>) {
    while let Ok(first) = queue.recv() {
        let mut closing = None;
        let mut safety = Safety::Process;
        let mut writes = Vec::new();
        let mut waiting = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next.take().or_else(|| following(queue, safety)) {
            match job {
                Job::Write {
                    write,
                    safety: asked,
                    done,
                } => {
                    safety = safety.max(asked);
                    writes.push(write);
                    waiting.push(done);
                }
                Job::Close(done) => {
                    closing = Some(done);
                    break;
                }
            }
        }
        if !writes.is_empty() {
            let count = writes.len();
            let outcomes = write_all(&mut file, writes, safety)
                .unwrap_or_else(|error| vec![Err(error); count]);
            for (done, outcome) in waiting.into_iter().zip(outcomes) {
                // Who does not wait any more needs no answer.
                let _ = done.send(outcome);
            }
        }
        if let Some(done) = closing {
            drop(file);
            let _ = done.send(());
            return;
        }
    }
}

/// A job that may share a commit with those before it.
fn following<T>(queue: &mpsc::Receiver<Job<T>>, safety: Safety) -> Option<Job<T>> {
    match safety {
        Safety::Machine => queue.try_recv().ok(),
        // The next batch's intent usually follows at once.
        Safety::Process => queue.recv_timeout(LINGER).ok(),
    }
}

/// The outcome of each write, or why none of them is durable.
fn write_all<T: Durable>(
    file: &mut T,
    writes: Vec<Write<T>>,
    safety: Safety,
) -> Result<Vec<Result<(), String>>, String> {
    let outcomes = file
        .begin(safety)
        .and_then(|()| {
            writes
                .into_iter()
                .map(|write| file.attempt(write))
                .collect::<Result<Vec<_>, _>>()
        })
        .and_then(|outcomes| file.commit().map(|()| outcomes));
    if outcomes.is_err() {
        file.roll_back();
    }
    outcomes
}
