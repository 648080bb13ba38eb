//! A thread that owns a file and makes what is written to it durable, several writes at a time.

use std::sync::mpsc;
use std::thread;

use tokio::sync::oneshot;

/// A file whose writes become durable together.
pub(crate) trait Durable: Send + 'static {
    fn begin(&mut self) -> Result<(), String>;
    fn commit(&mut self) -> Result<(), String>;
    /// Undoes what was written since `begin`, as far as the file can.
    fn roll_back(&mut self);
}

type Write<T> = Box<dyn FnOnce(&mut T) -> Result<(), String> + Send>;

enum Job<T> {
    Write {
        write: Write<T>,
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
        write: impl FnOnce(&mut T) -> Result<(), String> + Send + 'static,
    ) -> Written {
        let (done, written) = oneshot::channel();
        // A thread that has ended drops the job, and with it `done`.
        let _ = self.jobs.send(Job::Write {
            write: Box::new(write),
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
        let mut waiting = Vec::new();
        let mut outcome = Ok(());
        for job in std::iter::once(first).chain(queue.try_iter()) {
            match job {
                Job::Write { write, done } => {
                    if waiting.is_empty() {
                        outcome = file.begin();
                    }
                    if outcome.is_ok() {
                        outcome = write(&mut file);
                    }
                    waiting.push(done);
                }
                Job::Close(done) => {
                    closing = Some(done);
                    break;
                }
            }
        }
        if !waiting.is_empty() {
            if outcome.is_ok() {
                outcome = file.commit();
            }
            if outcome.is_err() {
                file.roll_back();
            }
        }
        for done in waiting {
            // Who does not wait any more needs no answer.
            let _ = done.send(outcome.clone());
        }
        if let Some(done) = closing {
            drop(file);
            let _ = done.send(());
            return;
        }
    }
}
