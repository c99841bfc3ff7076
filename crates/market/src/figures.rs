//! What happened in a market: the figures.
//!
//! Owns: these figures and their sums. Invariant: figures are whole numbers; ratios are made of them only to be shown.

use earnest_core::policy::Standing;
use earnest_core::units::Timestamp;
use serde::Serialize;
use std::cmp::Ordering;

/// What happened under one policy, in several worlds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The policy's name.
    pub policy: String,
    /// The worlds, by seed.
    pub worlds: Vec<World>,
}

/// What happened in one world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct World {
    /// What it grew from.
    pub seed: u64,
    /// Each week, those before counting began too.
    pub weeks: Vec<Week>,
    /// Each sender, over the counted weeks.
    pub senders: Vec<SenderFigures>,
    /// How many recipients there are.
    pub members: u32,
    /// Changes of standing, in order.
    pub changes: Vec<Change>,
}

/// What happened in one week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Week {
    /// Its first day, counted from 1 January 1970.
    pub day: i32,
    /// Whether it is counted.
    pub counted: bool,
    /// Messages sent.
    pub sent: u64,
    /// Those sent in campaigns.
    pub in_bulk: u64,
    /// Of those sent, the ones that are answered within 90 days, whatever the policy's own window.
    pub answered: u64,
    /// Of those sent, the ones that are read.
    pub read: u64,
    /// Sends that were refused.
    pub refused: u64,
    /// Stakes that came back.
    pub returned: u64,
    /// Credits that went with stakes.
    pub consumed: u64,
    /// Senders who sent something.
    pub active: u64,
    /// The effort of all messages, in hundredths each.
    pub effort: u64,
}

impl Week {
    /// Adds another week to this one, which keeps its day.
    pub fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.in_bulk += other.in_bulk;
        self.answered += other.answered;
        self.read += other.read;
        self.refused += other.refused;
        self.returned += other.returned;
        self.consumed += other.consumed;
        self.active += other.active;
        self.effort += other.effort;
    }
}

/// What one sender did and met with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct SenderFigures {
    /// Whether the sender never thinks about targeting.
    pub careless: bool,
    /// Messages sent.
    pub sent: u64,
    /// Of those, answered within 90 days.
    pub answered: u64,
    /// Sends that were refused.
    pub refused: u64,
    /// Whether ever warned.
    pub warned: bool,
    /// Whether ever restricted.
    pub restricted: bool,
}

/// A sender's standing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Change {
    /// When; under a rolling window, the end of the week in which it was noticed.
    pub at: Timestamp,
    /// The sender's number.
    pub sender: u32,
    /// How the sender stands from then on.
    pub standing: Standing,
}

/// The counted weeks of all worlds together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Sums {
    /// Messages sent.
    pub sent: u64,
    /// Those sent in campaigns.
    pub in_bulk: u64,
    /// Answered within 90 days.
    pub answered: u64,
    /// Not answered within 90 days.
    pub unanswered: u64,
    /// Read.
    pub read: u64,
    /// Sends that were refused.
    pub refused: u64,
    /// Stakes that came back.
    pub returned: u64,
    /// Credits that went with stakes.
    pub consumed: u64,
    /// The effort of all messages, in hundredths each.
    pub effort: u64,
    /// Senders, in all worlds.
    pub senders: u64,
    /// Those ever warned.
    pub warned: u64,
    /// Those ever restricted.
    pub restricted: u64,
    /// Recipients, in all worlds.
    pub members: u64,
    /// Counted weeks of one world.
    pub weeks: u64,
}

/// The least, the middle and the most of several worlds.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
pub struct Spread {
    /// The least.
    pub least: f64,
    /// The middle one; of an even number the lower of the two.
    pub middle: f64,
    /// The most.
    pub most: f64,
}

impl Spread {
    /// Returns the spread of some figures; nothing of none.
    #[must_use]
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        let middle = figures.len().checked_sub(1)? / 2;
        Some(Self {
            least: *figures.first()?,
            middle: *figures.get(middle)?,
            most: *figures.last()?,
        })
    }
}

impl World {
    /// Returns the counted weeks together.
    #[must_use]
    pub fn sums(&self) -> Sums {
        let mut sum = Week::default();
        let counted = self.weeks.iter().filter(|week| week.counted);
        counted.clone().for_each(|week| sum.add(week));
        let many = |is: fn(&&SenderFigures) -> bool| number(self.senders.iter().filter(is).count());
        Sums {
            sent: sum.sent,
            in_bulk: sum.in_bulk,
            answered: sum.answered,
            unanswered: sum.sent - sum.answered,
            read: sum.read,
            refused: sum.refused,
            returned: sum.returned,
            consumed: sum.consumed,
            effort: sum.effort,
            senders: number(self.senders.len()),
            warned: many(|sender| sender.warned),
            restricted: many(|sender| sender.restricted),
            members: u64::from(self.members),
            weeks: number(counted.count()),
        }
    }
}

impl Outcome {
    /// Returns the counted weeks of all worlds together.
    #[must_use]
    pub fn sums(&self) -> Sums {
        Sums::of(&self.worlds.iter().map(World::sums).collect::<Vec<Sums>>())
    }

    /// Returns the world with the lowest and the one with the highest response rate, compared exactly; a rate of nothing
    /// is the lowest. Without worlds there are none.
    #[must_use]
    pub fn range(&self) -> Option<(Sums, Sums)> {
        let mut sums: Vec<Sums> = self.worlds.iter().map(World::sums).collect();
        sums.sort_by(Sums::by_rate);
        Some((*sums.first()?, *sums.last()?))
    }

    /// Returns the response rate of each world, in per cent.
    #[must_use]
    pub fn rates(&self) -> Vec<f64> {
        let rate = |world: &World| world.sums().response_rate().map(|rate| rate * 100.0);
        self.worlds.iter().filter_map(rate).collect()
    }

    /// Returns the weeks of all worlds together, week by week.
    #[must_use]
    pub fn weeks(&self) -> Vec<Week> {
        let mut weeks: Vec<Week> = Vec::new();
        for world in &self.worlds {
            for (at, week) in world.weeks.iter().enumerate() {
                match weeks.get_mut(at) {
                    Some(sum) => sum.add(week),
                    None => weeks.push(*week),
                }
            }
        }
        weeks
    }
}

impl Sums {
    /// Returns the figures of several worlds together.
    #[must_use]
    pub fn of(worlds: &[Self]) -> Self {
        let mut all = Self::default();
        for sums in worlds {
            all.sent += sums.sent;
            all.in_bulk += sums.in_bulk;
            all.answered += sums.answered;
            all.unanswered += sums.unanswered;
            all.read += sums.read;
            all.refused += sums.refused;
            all.returned += sums.returned;
            all.consumed += sums.consumed;
            all.effort += sums.effort;
            all.senders += sums.senders;
            all.warned += sums.warned;
            all.restricted += sums.restricted;
            all.members += sums.members;
            all.weeks = sums.weeks;
        }
        all
    }

    /// Compares response rates, exactly.
    #[must_use]
    pub fn by_rate(&self, other: &Self) -> Ordering {
        let left = u128::from(self.answered) * u128::from(other.sent);
        left.cmp(&(u128::from(other.answered) * u128::from(self.sent)))
    }

    /// Returns answered over sent; nothing when nothing was sent.
    #[must_use]
    pub fn response_rate(&self) -> Option<f64> {
        ratio(self.answered, self.sent)
    }

    /// Returns the mean effort of a message, in per cent.
    #[must_use]
    pub fn effort_percent(&self) -> Option<f64> {
        ratio(self.effort, self.sent)
    }

    /// Returns credits consumed over messages answered.
    #[must_use]
    pub fn credits_per_answer(&self) -> Option<f64> {
        ratio(self.consumed, self.answered)
    }

    /// Returns the cold messages that a recipient gets in a week.
    #[must_use]
    pub fn received_a_week(&self) -> Option<f64> {
        ratio(self.sent, self.members * self.weeks)
    }

    /// Returns those that a recipient gets in a week and does not answer.
    #[must_use]
    pub fn unanswered_a_week(&self) -> Option<f64> {
        ratio(self.unanswered, self.members * self.weeks)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a ratio to be shown; no rule reads it"
)]
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
