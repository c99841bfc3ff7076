//! Runs of the lab: policies tried on a log, in the background.
//!
//! Owns: how many runs there are, whose they are, how far each is, and what is kept of it. Does not own: what a run does
//! ([`work`]), the pages ([`crate::pages::lab`]).
//! Invariants: at most [`WORKING`] runs work and [`WAITING`] wait, and whoever comes then is turned away; what is kept of runs that have ended is bounded in number, bytes and time; a run is shown to whoever began it and
//! to whoever reaches the contract whose log it read, and to nobody else.

mod read;
mod work;

use crate::form::Form;
use crate::visitor::Visitor;
use axum::body::Bytes;
use earnest_backtest::log::Format;
use earnest_backtest::replay::Credits;
use earnest_core::policy::Policy;
use earnest_core::units::{ContractId, Timestamp};
use earnest_lab::sweep::{Figure, Sweep};
use earnest_server::App;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit, watch};

/// How many runs work at a time.
pub(crate) const WORKING: usize = 1;
/// How many runs wait for their turn.
pub(crate) const WAITING: usize = 4;
/// How many bytes a file may have, with the rest of its form.
pub(crate) const FILE_MOST: usize = 32 << 20;
/// How many messages a run takes.
pub(crate) const MESSAGES_MOST: usize = 1_000_000;
/// How many policies a run compares.
pub(crate) const POLICIES_MOST: usize = 8;
/// How many combinations a run tries.
pub(crate) const COMBINATIONS_MOST: usize = 2_000;
/// How long a run may work.
const WORKING_MOST: Duration = Duration::from_secs(600);
/// How long a run is kept once it has ended.
const KEPT_FOR_MS: i64 = 3_600_000;
/// How many runs that have ended are kept ...
const KEPT: usize = 20;
/// ... and how many bytes of them.
const KEPT_BYTES: usize = 128 << 20;
/// How many files are taken in at a time.
const ARRIVING: usize = 2;

/// Which log is read.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A contract's.
    Contract(ContractId),
    /// That of all contracts together.
    Store,
    /// A file's.
    File(LogFile),
}

/// A log that was sent.
#[derive(Debug, Clone)]
pub(crate) struct LogFile {
    pub(crate) name: String,
    pub(crate) bytes: Bytes,
    pub(crate) format: Format,
    /// How many bad lines are left out.
    pub(crate) skip_bad: u32,
}

/// What is tried on it.
#[derive(Debug, Clone)]
pub(crate) enum Trial {
    /// Policies, side by side. The first is the base where there is one.
    Compare(Vec<Arc<Policy>>),
    /// Variations of a policy.
    Sweep {
        base: String,
        sweep: Arc<Sweep>,
        rank: Figure,
    },
}

/// What was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) source: Source,
    /// What to call the log.
    pub(crate) log: String,
    pub(crate) trial: Trial,
    pub(crate) credits: Credits,
    /// Which of the policies is the base, and why, in words.
    pub(crate) base: Option<String>,
    /// The form, as it was filled in.
    pub(crate) form: Form,
}

impl Asked {
    /// Returns the same with so many bad lines left out.
    pub(crate) fn leaving_out(mut self, lines: u32) -> Self {
        if let Source::File(file) = &mut self.source {
            file.skip_bad = lines;
        }
        self
    }

    /// Says what is tried, in a few words.
    pub(crate) fn what(&self) -> String {
        match &self.trial {
            Trial::Compare(policies) => {
                let names: Vec<&str> = policies.iter().map(|it| it.name.as_str()).collect();
                names.join(", ")
            }
            Trial::Sweep { base, sweep, .. } => {
                let keys: Vec<&str> = sweep.varies().iter().map(|it| it.path.as_str()).collect();
                format!("{base} over {}", keys.join(" and "))
            }
        }
    }
}

/// How far a run is.
#[derive(Debug, Clone)]
pub(crate) enum State {
    /// Others are before it.
    Waiting,
    /// It reads the log.
    Reading,
    /// It replays it.
    Replaying,
    /// It is done.
    Done(Arc<Made>),
    /// It could not be done.
    Failed(Arc<Failed>),
    /// It was stopped.
    Stopped,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Made {
    /// The report, for a page that has a frame.
    pub(crate) body: String,
    /// The report as a page that needs nothing else.
    pub(crate) page: Bytes,
    /// The figures.
    pub(crate) json: Bytes,
    /// What is not in the log that was read.
    pub(crate) notes: Vec<String>,
}

/// Why a run came to nothing.
#[derive(Debug)]
pub(crate) struct Failed {
    /// In words, a line each.
    pub(crate) why: String,
    /// What to do again, leaving out more lines; nothing where that would not help.
    pub(crate) again: Option<Asked>,
}

impl State {
    /// Returns whether the run has ended, one way or another.
    pub(crate) const fn is_over(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Failed(_) | Self::Stopped)
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Done(made) => made.body.len() + made.page.len() + made.json.len(),
            Self::Failed(failed) => match &failed.again {
                Some(Asked {
                    source: Source::File(file),
                    ..
                }) => file.bytes.len(),
                _ => 0,
            },
            _ => 0,
        }
    }
}

/// A run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) id: String,
    /// What is tried, in a few words.
    pub(crate) what: String,
    /// What the log is called.
    pub(crate) log: String,
    pub(crate) base: Option<String>,
    pub(crate) form: Form,
    pub(crate) begun_at: Timestamp,
    /// Who began it.
    owner: String,
    /// By what its form is known.
    once: String,
    reach: Reach,
    stop: watch::Sender<bool>,
    progress: Progress,
    inner: Mutex<Inner>,
    changes: watch::Sender<()>,
}

/// Who sees a run beside whoever began it.
#[derive(Debug)]
enum Reach {
    Contract(ContractId),
    Administrators,
    Nobody,
}

#[derive(Debug)]
struct Inner {
    state: State,
    ended_at: Option<Timestamp>,
}

/// How much is done, of how much.
#[derive(Debug, Default)]
struct Progress {
    done: AtomicU64,
    all: AtomicU64,
}

impl Run {
    /// Returns how far it is.
    pub(crate) fn state(&self) -> State {
        self.inner.lock().state.clone()
    }

    /// Returns how much is done of the present step, and of how much.
    pub(crate) fn progress(&self) -> (u64, u64) {
        let all = self.progress.all.load(Ordering::Relaxed);
        (self.progress.done.load(Ordering::Relaxed).min(all), all)
    }

    /// Stops it as soon as it looks.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Returns what tells of its changes.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Returns until when what came of it is kept.
    pub(crate) fn kept_until(&self) -> Option<Timestamp> {
        let ended_at = self.inner.lock().ended_at;
        ended_at.map(|at| at.plus_millis(KEPT_FOR_MS))
    }

    fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }

    /// Begins a step of so many parts.
    fn step(&self, state: State, all: u64) {
        self.progress.done.store(0, Ordering::Relaxed);
        self.progress.all.store(all, Ordering::Relaxed);
        self.inner.lock().state = state;
        self.changes.send_replace(());
    }

    fn went_on(&self, more: u64) {
        self.progress.done.fetch_add(more, Ordering::Relaxed);
        self.changes.send_replace(());
    }

    fn is_at(&self, done: u64) {
        self.progress.done.store(done, Ordering::Relaxed);
        self.changes.send_replace(());
    }

    fn end(&self, state: State, at: Timestamp) {
        {
            let mut inner = self.inner.lock();
            inner.state = state;
            inner.ended_at = Some(at);
        }
        self.changes.send_replace(());
    }

    fn is_visible(&self, visitor: &Visitor) -> bool {
        let reaches = match &self.reach {
            Reach::Contract(contract) => visitor.reaches_contract(contract),
            Reach::Administrators => visitor.is_admin(),
            Reach::Nobody => false,
        };
        reaches || self.owner == visitor.key
    }
}

/// Says that a run is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy;

/// All runs. A handle: clones share everything.
#[derive(Debug, Clone)]
pub(crate) struct Lab(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    runs: Mutex<Vec<Arc<Run>>>,
    turns: Semaphore,
    arriving: Semaphore,
}

impl Default for Lab {
    fn default() -> Self {
        Self(Arc::new(Shared {
            runs: Mutex::default(),
            turns: Semaphore::new(WORKING),
            arriving: Semaphore::new(ARRIVING),
        }))
    }
}

impl Lab {
    /// Makes room for a file to arrive.
    ///
    /// # Errors
    /// When as many as may arrive at a time do.
    pub(crate) fn receive(&self) -> Result<SemaphorePermit<'_>, Busy> {
        self.0.arriving.try_acquire().map_err(|_| Busy)
    }

    /// Begins a run; one whose form was sent before is that one.
    ///
    /// # Errors
    /// When all places are taken.
    pub(crate) fn begin(
        &self,
        app: &App,
        visitor: &Visitor,
        once: &str,
        asked: Asked,
    ) -> Result<Arc<Run>, Busy> {
        let run = {
            let mut runs = self.0.runs.lock();
            forget(&mut runs, visitor.now);
            let is_it = |run: &&Arc<Run>| run.once == once && run.owner == visitor.key;
            if let Some(run) = runs.iter().find(is_it).filter(|_| !once.is_empty()) {
                return Ok(Arc::clone(run));
            }
            let open = runs.iter().filter(|run| !run.state().is_over());
            if open.count() >= WORKING + WAITING {
                return Err(Busy);
            }
            let run = Arc::new(new(app, visitor, once, &asked));
            runs.push(Arc::clone(&run));
            run
        };
        let (lab, app) = (self.clone(), app.clone());
        let begun = Arc::clone(&run);
        tokio::spawn(async move {
            let mut stop = begun.stop.subscribe();
            let turn = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => None,
                turn = lab.0.turns.acquire() => turn.ok(),
            };
            match &turn {
                Some(_turn) => work::work(&app, &begun, asked).await,
                None => begun.end(State::Stopped, app.engine.now()),
            }
            drop(turn);
            forget(&mut lab.0.runs.lock(), app.engine.now());
        });
        Ok(run)
    }

    /// Returns the run of that id, where the visitor may see it.
    pub(crate) fn find(&self, visitor: &Visitor, id: &str) -> Option<Arc<Run>> {
        let runs = self.current(visitor.now);
        runs.into_iter()
            .find(|run| run.id == id && run.is_visible(visitor))
    }

    /// Returns the runs that the visitor may see, the newest first.
    pub(crate) fn visible(&self, visitor: &Visitor) -> Vec<Arc<Run>> {
        let mut runs = self.current(visitor.now);
        runs.retain(|run| run.is_visible(visitor));
        runs.reverse();
        runs
    }

    /// Returns how many runs are before one that waits, the one that works included.
    pub(crate) fn before(&self, run: &Run) -> usize {
        let runs = self.0.runs.lock();
        let earlier = runs.iter().take_while(|it| it.id != run.id);
        earlier.filter(|it| !it.state().is_over()).count()
    }

    fn current(&self, now: Timestamp) -> Vec<Arc<Run>> {
        let mut runs = self.0.runs.lock();
        forget(&mut runs, now);
        runs.clone()
    }
}

fn new(app: &App, visitor: &Visitor, once: &str, asked: &Asked) -> Run {
    Run {
        id: app.engine.make_form_key(),
        what: asked.what(),
        log: asked.log.clone(),
        base: asked.base.clone(),
        form: asked.form.clone(),
        begun_at: visitor.now,
        owner: visitor.key.clone(),
        once: once.to_owned(),
        reach: match &asked.source {
            Source::Contract(contract) => Reach::Contract(contract.clone()),
            Source::Store => Reach::Administrators,
            Source::File(_) => Reach::Nobody,
        },
        stop: watch::Sender::new(false),
        progress: Progress::default(),
        inner: Mutex::new(Inner {
            state: State::Waiting,
            ended_at: None,
        }),
        changes: watch::Sender::new(()),
    }
}

/// Forgets the runs whose time is over, and the oldest of those that have ended where they are too many or too large.
fn forget(runs: &mut Vec<Arc<Run>>, now: Timestamp) {
    runs.retain(|run| run.kept_until().is_none_or(|until| until > now));
    let (mut kept, mut bytes) = (0, 0);
    let mut keep: Vec<bool> = Vec::with_capacity(runs.len());
    for run in runs.iter().rev() {
        let state = run.state();
        if !state.is_over() {
            keep.push(true);
            continue;
        }
        kept += 1;
        bytes += state.bytes();
        // The newest is kept however large it is: somebody waits for it.
        keep.push(kept == 1 || (kept <= KEPT && bytes <= KEPT_BYTES));
    }
    let mut keep = keep.into_iter().rev();
    runs.retain(|_| keep.next().unwrap_or(false));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        let start = Timestamp::parse("2026-03-02T09:00:00Z").unwrap();
        start.plus_millis(minutes * 60_000)
    }

    fn run(id: usize, ended: Option<(i64, usize)>) -> Arc<Run> {
        let made = |bytes| Made {
            body: String::new(),
            page: Bytes::from(vec![0; bytes]),
            json: Bytes::new(),
            notes: Vec::new(),
        };
        Arc::new(Run {
            id: id.to_string(),
            what: String::new(),
            log: String::new(),
            base: None,
            form: Form::default(),
            begun_at: at(0),
            owner: String::new(),
            once: String::new(),
            reach: Reach::Nobody,
            stop: watch::Sender::new(false),
            progress: Progress::default(),
            inner: Mutex::new(Inner {
                state: ended.map_or(State::Waiting, |(_, bytes)| {
                    State::Done(Arc::new(made(bytes)))
                }),
                ended_at: ended.map(|(minutes, _)| at(minutes)),
            }),
            changes: watch::Sender::new(()),
        })
    }

    fn left(mut runs: Vec<Arc<Run>>, now: i64) -> Vec<String> {
        forget(&mut runs, at(now));
        runs.iter().map(|run| run.id.clone()).collect()
    }

    #[test]
    fn a_run_is_kept_for_an_hour_and_one_that_works_as_long_as_it_takes() {
        let runs = || vec![run(0, Some((0, 1))), run(1, None), run(2, Some((30, 1)))];
        assert_eq!(left(runs(), 59), ["0", "1", "2"]);
        assert_eq!(left(runs(), 60), ["1", "2"]);
        assert_eq!(left(runs(), 600), ["1"]);
    }

    #[test]
    fn the_oldest_go_where_there_are_too_many_or_they_are_too_large() {
        let many: Vec<Arc<Run>> = (0..30).map(|id| run(id, Some((1, 1)))).collect();
        let kept = left(many, 2);
        assert_eq!(kept.len(), KEPT);
        assert_eq!(kept.first().map(String::as_str), Some("10"));
        let half = KEPT_BYTES / 2 + 1;
        let large = vec![
            run(0, Some((1, half))),
            run(1, None),
            run(2, Some((1, half))),
        ];
        assert_eq!(left(large, 2), ["1", "2"]);
        assert_eq!(left(vec![run(0, Some((1, 2 * half)))], 2), ["0"]);
    }
}
