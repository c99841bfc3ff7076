//! Holds everything that was answered in a run against the log, which is the truth.
//!
//! Owns: what must be true in the end. Does not own: how a run is played. The log is read whole; each contract
//! is lived through again in its order by a reference that has never seen the engine (`walk`); and what was
//! answered has to be true of some state between the question and the answer.

mod claim;
mod command;
mod effects;
mod history;
mod recipients;
mod rows;
mod walk;

use crate::world::World;
use history::History;

/// What the auditor found.
#[derive(Debug, Default)]
pub struct Audit {
    /// What is wrong.
    pub wrong: Vec<String>,
    /// How many events the log has.
    pub events: usize,
    /// How many answers were held against it.
    pub claims: usize,
    /// A number that two logs share when they are the same.
    pub digest: u64,
}

/// Audits a run that has ended.
#[must_use]
pub fn audit(world: &World) -> Audit {
    let book = world.book.lock();
    let history = match History::read(world.disk.data()) {
        Ok(history) => history,
        Err(what) => {
            return Audit {
                wrong: vec![what],
                ..Audit::default()
            };
        }
    };
    let mut audit = Audit {
        events: history.contracts.values().map(|it| it.events.len()).sum(),
        digest: history.digest(),
        wrong: history.check_log(world.disk.data()),
        claims: 0,
    };
    let mut wrong = Vec::new();
    for contract in history.contracts.keys() {
        let walked = walk::walk(world, &book, &history, contract);
        audit.claims += walked.claims;
        wrong.extend(walked.wrong);
        if let (Some(told), Some(reference)) = (history.contracts.get(contract), &walked.reference)
        {
            wrong.extend(rows::check(world, contract, told, reference));
            wrong.extend(recipients::check_sent(
                world, &book, &history, told, reference,
            ));
        }
    }
    wrong.extend(effects::check(world, &book, &history));
    wrong.extend(recipients::check_reads(world, &book));
    wrong.extend(claim::check_nowhere(&book, &history));
    audit.wrong.extend(wrong);
    audit
}
