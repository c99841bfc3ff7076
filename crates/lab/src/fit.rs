//! Finds the policy that fits a target best, among those of a sweep.
//!
//! Owns: the target, the choice, the usual keys to vary, and the policy file that comes of it with its warnings. Does
//! not own: the replay ([`crate::sweep`]). Invariant: a policy that is chosen meets the target on the log, exactly.

use crate::sweep::Row;
use crate::vary::{Vary, VaryError};
use crate::write;
use earnest_core::policy::{FailingRate, Gate, Policy};
use earnest_core::units::Ratio;
use std::cmp::Reverse;

/// What a log cannot tell of a policy that was fitted to it. Whoever shows a fit shows these.
pub const WARNINGS: [&str; 4] = [
    "Senders in the log wrote under other rules. Under these they would write less, aim better, or split their sending; the log cannot say which.",
    "Whom nobody wrote to, the log does not know. A refused message makes room for another one that is not in it.",
    "The thresholds are the best for this log. For the next one they are only likely to be good: try them on another one, or on a later part.",
    "Answers that came after the log's end, or that a store did not keep, count as none.",
];

/// What a policy has to keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Of the messages that were answered in the log, at most so many are refused.
    pub lost_at_most: Ratio,
}

impl Target {
    /// Returns whether a row keeps to the target.
    #[must_use]
    pub fn is_met(&self, row: &Row) -> bool {
        let answered = u128::from(row.lost) + u128::from(row.figures.responded);
        u128::from(row.lost) * u128::from(self.lost_at_most.whole())
            <= u128::from(self.lost_at_most.part()) * answered
    }
}

/// Returns the row that avoids most unanswered messages among those that keep to the target; of several the one that
/// loses fewest answers, then that which restricts fewest seats, then the first.
#[must_use]
pub fn choose<'r>(rows: &'r [Row], target: &Target) -> Option<&'r Row> {
    let meets = rows.iter().filter(|row| target.is_met(row));
    meets.min_by_key(|row| {
        let restricted = row.figures.seats_restricted;
        (Reverse(row.avoided), row.lost, restricted, row.number)
    })
}

/// Returns the row that loses the smallest share of answers: what comes nearest where none keeps to a target.
#[must_use]
pub fn nearest(rows: &[Row]) -> Option<&Row> {
    rows.iter().min_by(|a, b| {
        let share = |row: &Row| {
            let answered = u128::from(row.lost) + u128::from(row.figures.responded);
            (u128::from(row.lost), answered.max(1))
        };
        let ((lost_a, of_a), (lost_b, of_b)) = (share(a), share(b));
        let shares = (lost_a * of_b).cmp(&(lost_b * of_a));
        shares.then_with(|| (Reverse(a.avoided), a.number).cmp(&(Reverse(b.avoided), b.number)))
    })
}

/// Returns the keys to vary where none are named: the threshold of the policy's gate, and from how many messages on it
/// holds. Nothing for a policy without a gate.
///
/// # Errors
/// Never for a policy that was read from a file: these are keys of such a gate.
pub fn usual_keys(policy: &Policy) -> Result<Vec<Vary>, VaryError> {
    let check = match &policy.gate {
        Gate::None => return Ok(Vec::new()),
        Gate::Thread(gate) => gate.check,
        Gate::Ladder(ladder) => ladder.check,
    };
    let rate = match check.fails {
        FailingRate::Below(_) => "rate_below",
        FailingRate::AtMost(_) => "rate_at_most",
    };
    Ok(vec![
        Vary::parse(&format!("gate.check.{rate}=1/100..30/100:1/100"))?,
        Vary::parse("gate.check.sent_at_least=20,30,50,70,100,150,200")?,
    ])
}

/// Returns the file of a policy that was fitted: what it is, what it would have done, what the log cannot tell, and the
/// policy. `says` are the lines that tell how it was found.
#[must_use]
pub fn file(row: &Row, name: &str, says: &[String]) -> String {
    let policy = Policy {
        name: name.into(),
        title: format!("{}, fitted to a log", row.policy.name),
        ..Policy::clone(&row.policy)
    };
    let mut text = String::new();
    for line in says {
        text.push_str(&comment(line));
    }
    text.push_str("#\n# What the log cannot tell:\n");
    for warning in WARNINGS {
        text.push_str(&comment(&format!("- {warning}")));
    }
    text.push('\n');
    text.push_str(&write::policy_file(&policy));
    text
}

/// Returns a sentence as lines of comment.
fn comment(sentence: &str) -> String {
    const WIDTH: usize = 100;
    let mut text = String::new();
    let mut line = String::from("#");
    for word in sentence.split_whitespace() {
        if line.len() + 1 + word.len() > WIDTH && line.len() > 1 {
            text.push_str(&line);
            text.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::Sweep;
    use earnest_backtest::generate::Generator;
    use earnest_backtest::replay::Options;
    use earnest_core::policy::{file, preset};

    fn rows(base: &str) -> Vec<Row> {
        let log = Generator::new(20_000, 3).into_log().unwrap();
        let base = preset::get(base).unwrap();
        let sweep = Sweep::new(&base, usual_keys(&base).unwrap()).unwrap();
        sweep
            .run(&log, &Options::default(), &|_| {}, &|| false)
            .unwrap()
    }

    fn at_most(part: u32, whole: u32) -> Target {
        Target {
            lost_at_most: Ratio::new(part, whole).unwrap(),
        }
    }

    #[test]
    fn what_is_chosen_avoids_most_of_all_that_keep_to_the_target() {
        let rows = rows("inmail-thread");
        for target in [at_most(1, 100), at_most(5, 100), at_most(1, 1)] {
            let chosen = choose(&rows, &target).unwrap();
            assert!(target.is_met(chosen));
            let best = rows.iter().filter(|row| target.is_met(row));
            assert_eq!(Some(chosen.avoided), best.map(|row| row.avoided).max());
        }
        // A looser target never avoids less.
        let avoided = |target| choose(&rows, &target).unwrap().avoided;
        assert!(avoided(at_most(1, 100)) <= avoided(at_most(10, 100)));
        assert!(avoided(at_most(10, 100)) < avoided(at_most(1, 1)));
    }

    #[test]
    fn the_file_reads_back_as_the_policy_under_its_new_name() {
        let rows = rows("recruiter-2024");
        let chosen = choose(&rows, &at_most(1, 1)).unwrap();
        let says = ["Found by a sweep.".to_owned()];
        let text = super::file(chosen, "ours", &says);
        let policy = file::parse("ours.toml", &text).unwrap();
        assert_eq!(policy.name, "ours");
        assert_eq!(policy.gate, chosen.policy.gate);
        assert!(
            text.starts_with("# Found by a sweep.\n#\n# What the log cannot tell:\n# - Senders")
        );
        assert!(
            text.lines()
                .filter(|line| line.starts_with('#'))
                .all(|line| line.len() <= 100)
        );
    }

    #[test]
    fn a_target_of_nothing_lost_is_exact() {
        let rows = rows("inmail-thread");
        assert!(choose(&rows, &at_most(0, 1)).is_none_or(|row| row.lost == 0));
        let nearest = nearest(&rows).unwrap();
        assert!(rows.iter().all(|row| row.lost >= nearest.lost));
    }
}
