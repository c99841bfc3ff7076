//! A sender: who somebody is, what they have learned, and what they do about it.
//!
//! Owns: habits, beliefs and reactions. Does not own: the contract that decides what they may do ([`crate::desk`]).
//! Invariants: senders see only what a real one would: their own answers, refusals, standing and credits; who
//! somebody is does not depend on the policy.

use crate::plan::{Outlook, Plan, best, curve, fit};
use crate::price::Price;
use crate::settings::Settings;
use earnest_backtest::generate::{Dice, measured};
use earnest_core::policy::Standing;

/// A working week, in minutes: nobody spends more on cold messages.
const WORKING_WEEK: f64 = 2_400.0;
/// How well a careless sender's messages are answered, of what others' are.
const CARELESS: f64 = 0.35;
/// What is left, a week later, of what was learned.
const REMEMBERED: f64 = 0.85;
/// So many expected answers weigh as much as the first impression.
const FIRST_IMPRESSION: f64 = 3.0;
/// How much dearer a credit seems after a week without enough, and cheaper after one with.
const DEARER: f64 = 1.25;
const CHEAPER: f64 = 0.9;
/// How dear and how cheap a credit can become, of its worth.
const DEAR: f64 = 8.0;
const CHEAP: f64 = 0.25;
/// The most effort that fear alone makes.
const FEAR: f64 = 0.8;

/// Somebody who sends.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    pub(crate) careless: bool,
    /// How well their messages are answered, of what the curve says.
    skill: f64,
    minutes: f64,
    prospects: f64,
    /// What they do this week.
    pub(crate) habit: Plan,
    /// How well they believe to be answered, as answers over what the curve promised.
    answers: f64,
    promised: f64,
    /// How dear a credit seems, of its worth.
    dearness: f64,
    /// The effort that warnings have taught.
    taught: f64,
    standing: Standing,
}

/// What a sender met with in a week.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Met {
    /// Messages sent.
    pub(crate) sent: u32,
    /// Answers that came.
    pub(crate) answers: u32,
    /// Whether a send was refused for want of credits.
    pub(crate) without_credits: bool,
}

impl Sender {
    /// Makes somebody up; `nth` of all senders in order of volume.
    pub(crate) fn new(settings: &Settings, nth: u32, dice: &mut Dice) -> Self {
        // One sender from each slice of ranks, so that a small market has the shape of a large one.
        let slice =
            ((u64::from(nth) << 32) + u64::from(dice.rank())) / u64::from(settings.count.max(1));
        let rank = u32::try_from(slice).unwrap_or(u32::MAX);
        let volume = f64::from(measured::volume_percent(rank)) / 100.0;
        let ratio = f64::from(measured::rate_permille(dice.rank())) / 1_000.0;
        let spread = f64::from(settings.skill_spread_percent) / 100.0;
        let careless = dice.below(settings.careless_one_in) == 0;
        let skill = 1.0 + (ratio - 1.0) * spread;
        Self {
            careless,
            skill: if careless { skill * CARELESS } else { skill },
            minutes: (f64::from(settings.minutes_a_week) * volume).min(WORKING_WEEK),
            prospects: (f64::from(settings.prospects_a_week) * volume).max(1.0),
            habit: Plan::default(),
            answers: 0.0,
            promised: 0.0,
            dearness: 1.0,
            taught: 0.0,
            standing: Standing::Good,
        }
    }

    /// Returns the chance that a message is answered once it is read.
    pub(crate) fn answered(&self, settings: &Settings) -> f64 {
        let effort = self.habit.effort;
        (self.skill * curve(settings, effort) * fit(self.habit.messages, self.prospects)).min(0.95)
    }

    /// Returns whether this week's messages go out in campaigns.
    pub(crate) fn in_bulk(&self, settings: &Settings) -> bool {
        self.habit.effort * 100.0 < f64::from(settings.bulk_below_percent)
    }

    /// Takes note of a new standing.
    pub(crate) fn stand(&mut self, settings: &Settings, standing: Standing) {
        let lesson = match standing {
            Standing::Warned => settings.warned_percent,
            Standing::Restricted => settings.restricted_percent,
            Standing::Good | Standing::Grace => 0,
        };
        if standing != self.standing {
            self.taught = (self.taught + f64::from(lesson) / 100.0).min(FEAR);
        }
        self.standing = standing;
    }

    /// Looks back at a week, and makes the next one's plan.
    pub(crate) fn plan(&mut self, settings: &Settings, price: Price, met: &Met, available: f64) {
        self.learn(settings, met);
        let budget = available * f64::from(settings.budget_percent) / 100.0 / price_of(price);
        let outlook = Outlook {
            minutes: self.minutes,
            prospects: self.prospects,
            belief: self.belief(),
            credit: f64::from(settings.credit_worth_minutes) * self.dearness,
            budget,
            least: self.least(settings),
        };
        let wish = if self.careless {
            self.mailshot(settings, &outlook)
        } else {
            best(settings, price, &outlook)
        };
        let short = wish.short || met.without_credits;
        self.dearness = (self.dearness * if short { DEARER } else { CHEAPER }).clamp(CHEAP, DEAR);
        let step = f64::from(settings.habit_percent) / 100.0;
        let moved = |from: f64, to: f64| from + (to - from) * step;
        self.habit = Plan {
            messages: moved(self.habit.messages, wish.messages).min(budget),
            effort: moved(self.habit.effort, wish.effort).max(outlook.least),
            short,
        };
    }

    fn learn(&mut self, settings: &Settings, met: &Met) {
        let promise = curve(settings, self.habit.effort) * fit(self.habit.messages, self.prospects);
        self.promised = self.promised * REMEMBERED + promise * f64::from(met.sent);
        self.answers = self.answers * REMEMBERED + f64::from(met.answers);
        self.taught = (self.taught - f64::from(settings.forgotten_a_week_percent) / 100.0).max(0.0);
    }

    fn belief(&self) -> f64 {
        (self.answers + FIRST_IMPRESSION) / (self.promised + FIRST_IMPRESSION)
    }

    /// Returns the least effort: what was taught, and while bulk is stopped enough to write one by one.
    fn least(&self, settings: &Settings) -> f64 {
        let single = f64::from(settings.bulk_below_percent) / 100.0;
        match self.standing {
            Standing::Restricted => self.taught.max(single),
            _ if self.careless => 0.0,
            _ => self.taught,
        }
    }

    /// Returns the plan of somebody who does not think about it: all the time goes into sending.
    fn mailshot(&self, settings: &Settings, outlook: &Outlook) -> Plan {
        let time = outlook.minutes / crate::plan::minutes(settings, outlook.least);
        Plan {
            messages: time.min(outlook.budget),
            effort: outlook.least,
            short: outlook.budget < time,
        }
    }
}

/// Returns what a message takes from the pool, at least for a while.
fn price_of(price: Price) -> f64 {
    price.expected(0.0).max(price.expected(1.0)).max(1.0)
}
