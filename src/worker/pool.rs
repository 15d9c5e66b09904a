//! The parent's side: workers are started, asked, watched, and replaced when they die.

use super::{Reply, Request, frame};
use crate::rulebook::source::Sources;
use crate::rulebook::written::Limits;
use crate::words::Text;
use std::ffi::OsString;
use std::io::{self, BufReader, BufWriter};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// How a worker is started. The library never guesses: in a test its own executable would be
/// the test.
#[derive(Debug, Clone)]
pub struct WorkerCommand {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

/// A pool of workers with the same rules.
///
/// Most files need little. A worker that dies of a file may have had too little memory for it:
/// the file is asked once more of a worker with all that a file may take, one at a time, so that
/// the pool as a whole stays within bounds however many workers there are.
#[derive(Debug)]
pub struct Pool {
    command: WorkerCommand,
    workers: usize,
    sources: Sources,
    limits: Limits,
    /// Held while a worker has all the memory that a file may take.
    alone: Mutex<()>,
}

/// Memory of the workers that run side by side.
const USUAL_MEMORY: u64 = 128 << 20;

/// Why a worker gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It took too long.
    #[error("the worker took longer than {} seconds", .0.as_secs())]
    Patience(Duration),
    /// It died: a panic, an abort, or too much memory.
    #[error("the worker died on this file")]
    Died,
    /// It could not be started.
    #[error("cannot start a worker process `{}`", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Failure {
    /// What a district or staff are told.
    pub fn words(&self) -> Text {
        match self {
            Self::Patience(limit) => {
                let seconds = limit.as_secs();
                both!(
                    "读取超过 {seconds} 秒仍未完成，已停止。请删去多余的工作表、格式和公式，另存后重报",
                    "reading took longer than {seconds} seconds and was stopped: take out what is not needed, save it anew and send it again"
                )
            }
            Self::Died | Self::Start { .. } => Text::new(
                "文件内容异常，读取程序无法处理。请用 Excel 或 WPS 打开后另存为新的 .xlsx 再报",
                "the file's content is abnormal and cannot be read: open it, save it as a new .xlsx and send that",
            ),
        }
    }
}

impl Pool {
    /// A pool that starts its workers when they are needed.
    pub fn new(command: WorkerCommand, workers: usize, sources: Sources, limits: Limits) -> Self {
        Self {
            command,
            workers: workers.max(1),
            sources,
            limits,
            alone: Mutex::new(()),
        }
    }

    /// Answers to all requests, in their order; `tell` hears of each when it is done.
    pub fn run(
        &self,
        requests: &[Request],
        tell: &(dyn Fn(usize) + Sync),
    ) -> Vec<Result<Reply, Failure>> {
        let next = AtomicUsize::new(0);
        let answers: Mutex<Vec<Option<Result<Reply, Failure>>>> =
            Mutex::new(requests.iter().map(|_| None).collect());
        thread::scope(|scope| {
            for _ in 0..self.workers.min(requests.len()) {
                scope.spawn(|| {
                    let mut worker: Option<Worker> = None;
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(request) = requests.get(at) else {
                            break;
                        };
                        let answer = self.ask(&mut worker, request);
                        if let Ok(mut answers) = answers.lock() {
                            answers[at] = Some(answer);
                        }
                        tell(at);
                    }
                });
            }
        });
        let answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
        answers
            .into_iter()
            .map(|answer| answer.unwrap_or(Err(Failure::Died)))
            .collect()
    }

    fn ask(&self, worker: &mut Option<Worker>, request: &Request) -> Result<Reply, Failure> {
        let usual = USUAL_MEMORY.min(self.limits.memory_bytes);
        let patience = Duration::from_secs(self.limits.seconds);
        let alive = match worker.take() {
            Some(alive) => alive,
            None => self.start(usual)?,
        };
        let begun = Instant::now();
        match alive.ask(request, patience) {
            Ok((reply, alive)) => {
                *worker = Some(alive);
                Ok(reply)
            }
            Err(Failure::Died) if usual < self.limits.memory_bytes => {
                let left = patience.saturating_sub(begun.elapsed());
                let _turn = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
                let alive = self.start(self.limits.memory_bytes)?;
                alive.ask(request, left).map(|(reply, _)| reply)
            }
            Err(failure) => Err(failure),
        }
    }

    fn start(&self, memory: u64) -> Result<Worker, Failure> {
        let failed = |source| Failure::Start {
            program: self.command.program.clone(),
            source,
        };
        let mut child = Command::new(&self.command.program)
            .args(&self.command.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // What a dying library prints is nobody's reading.
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        let missing = || failed(io::Error::other("it has no pipes"));
        let input = BufWriter::new(child.stdin.take().ok_or_else(missing)?);
        let output = child.stdout.take().ok_or_else(missing)?;
        let (send, replies) = mpsc::channel();
        thread::spawn(move || {
            let mut output = BufReader::with_capacity(1 << 20, output);
            while let Ok(Some((head, body))) = frame::read(&mut output) {
                let Ok(reply) = frame::reply(&head, &body) else {
                    break;
                };
                if send.send(reply).is_err() {
                    break;
                }
            }
        });
        let worker = Worker {
            child,
            input: Some(input),
            replies,
        };
        let rules = Request::Rules {
            sources: self.sources.clone(),
            memory,
        };
        match worker.ask(&rules, START) {
            Ok((Reply::Ready, worker)) => Ok(worker),
            _ => Err(failed(io::Error::other("it did not take the rules"))),
        }
    }
}

/// How long a worker may take to load the rules.
const START: Duration = Duration::from_secs(20);

struct Worker {
    child: Child,
    input: Option<BufWriter<ChildStdin>>,
    replies: mpsc::Receiver<Reply>,
}

impl Worker {
    /// The answer and the worker, ready for the next; a worker that gave none is gone.
    fn ask(mut self, request: &Request, patience: Duration) -> Result<(Reply, Self), Failure> {
        let sent = self
            .input
            .as_mut()
            .is_some_and(|to| frame::write(to, request, &[]).is_ok());
        if !sent {
            return Err(Failure::Died);
        }
        match self.replies.recv_timeout(patience) {
            Ok(reply) => Ok((reply, self)),
            Err(mpsc::RecvTimeoutError::Timeout) => Err(Failure::Patience(patience)),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(Failure::Died),
        }
    }
}

impl Drop for Worker {
    /// A worker at rest ends when its input does; one that is stuck is killed.
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
