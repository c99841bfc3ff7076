//! The figures by which combinations are compared.
//!
//! Owns: their names, what each means, which way is better, and the order of rows. Invariant: ratios are compared
//! exactly, by cross-multiplication; a decimal is only ever made to be shown.

use super::Row;
use earnest_core::document::nearest;
use serde_json::Value;
use std::cmp::{Ordering, Reverse};
use std::fmt;
use std::str::FromStr;

/// A figure of a combination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// Messages that were sent.
    Sent,
    /// Messages that were refused.
    Refused,
    /// Sent messages that were answered in time.
    Responded,
    /// Answered in time of those sent.
    ResponseRate,
    /// Messages whose stake came back.
    Returned,
    /// Messages whose stake is gone.
    Consumed,
    /// Messages whose stake is open at the end.
    Held,
    /// Credits that are gone.
    ConsumedCredits,
    /// Credits that are gone for each answer.
    CreditsPerResponse,
    /// Seats that were ever warned.
    SeatsWarned,
    /// Seats that were ever restricted.
    SeatsRestricted,
    /// Days in which seats were restricted, all together.
    RestrictedDays,
    /// Refused messages that were answered in the log.
    Lost,
    /// Of the messages that were answered in the log, those that were refused.
    LostShare,
    /// Refused messages that nobody answered.
    Avoided,
    /// Of the messages that nobody answered, those that were refused.
    AvoidedShare,
}

/// A figure's value, exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// A whole number.
    Whole(u64),
    /// A ratio; of nothing where the second is 0.
    Ratio(u64, u64),
}

impl Measure {
    /// Returns the value to be shown: nothing for a ratio of nothing.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a ratio to be shown; no rule reads it"
    )]
    pub fn json(self) -> Value {
        match self {
            Self::Whole(number) => number.into(),
            Self::Ratio(_, 0) => Value::Null,
            Self::Ratio(part, whole) => (part as f64 / whole as f64).into(),
        }
    }

    /// Returns how two values compare; nothing where one of them is a ratio of nothing.
    fn compare(self, other: Self) -> Option<Ordering> {
        let ratio = |measure| match measure {
            Self::Whole(number) => Some((number, 1)),
            Self::Ratio(_, 0) => None,
            Self::Ratio(part, whole) => Some((part, whole)),
        };
        let ((a, of_a), (b, of_b)) = (ratio(self)?, ratio(other)?);
        Some((u128::from(a) * u128::from(of_b)).cmp(&(u128::from(b) * u128::from(of_a))))
    }

    const fn is_nothing(self) -> bool {
        matches!(self, Self::Ratio(_, 0))
    }
}

impl Figure {
    /// Every figure, in the order in which a row lists them.
    pub const ALL: [Self; 16] = [
        Self::Sent,
        Self::Refused,
        Self::Responded,
        Self::ResponseRate,
        Self::Returned,
        Self::Consumed,
        Self::Held,
        Self::ConsumedCredits,
        Self::CreditsPerResponse,
        Self::SeatsWarned,
        Self::SeatsRestricted,
        Self::RestrictedDays,
        Self::Lost,
        Self::LostShare,
        Self::Avoided,
        Self::AvoidedShare,
    ];

    /// Returns the figure's name in files and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Responded => "responded",
            Self::ResponseRate => "response_rate",
            Self::Returned => "returned",
            Self::Consumed => "consumed",
            Self::Held => "held",
            Self::ConsumedCredits => "consumed_credits",
            Self::CreditsPerResponse => "credits_per_response",
            Self::SeatsWarned => "seats_warned",
            Self::SeatsRestricted => "seats_restricted",
            Self::RestrictedDays => "restricted_days",
            Self::Lost => "lost",
            Self::LostShare => "lost_share",
            Self::Avoided => "avoided",
            Self::AvoidedShare => "avoided_share",
        }
    }

    /// Returns whether more of it is better.
    #[must_use]
    pub const fn more_is_better(self) -> bool {
        matches!(
            self,
            Self::Sent
                | Self::Responded
                | Self::ResponseRate
                | Self::Returned
                | Self::Avoided
                | Self::AvoidedShare
        )
    }

    /// Returns the figure of a row.
    #[must_use]
    pub fn of(self, row: &Row) -> Measure {
        const MILLIS_A_DAY: u64 = 86_400_000;
        let figures = &row.figures;
        let unanswered = figures.sent - figures.responded;
        match self {
            Self::Sent => Measure::Whole(figures.sent),
            Self::Refused => Measure::Whole(figures.refused_in_all()),
            Self::Responded => Measure::Whole(figures.responded),
            Self::ResponseRate => Measure::Ratio(figures.responded, figures.sent),
            Self::Returned => Measure::Whole(figures.returned),
            Self::Consumed => Measure::Whole(figures.consumed),
            Self::Held => Measure::Whole(figures.held),
            Self::ConsumedCredits => Measure::Whole(figures.consumed_credits),
            Self::CreditsPerResponse => Measure::Ratio(figures.consumed_credits, figures.responded),
            Self::SeatsWarned => Measure::Whole(figures.seats_warned),
            Self::SeatsRestricted => Measure::Whole(figures.seats_restricted),
            Self::RestrictedDays => Measure::Ratio(figures.restricted_ms, MILLIS_A_DAY),
            Self::Lost => Measure::Whole(row.lost),
            Self::LostShare => Measure::Ratio(row.lost, row.lost + figures.responded),
            Self::Avoided => Measure::Whole(row.avoided),
            Self::AvoidedShare => Measure::Ratio(row.avoided, row.avoided + unanswered),
        }
    }
}

/// Puts rows in order, the best first: by the figure, or against it where `reverse` says so; then by fewer answers
/// lost, more unanswered messages avoided, and the order of combinations. What has no such figure comes last.
pub fn rank(rows: &mut [Row], by: Figure, reverse: bool) {
    let more_first = by.more_is_better() != reverse;
    rows.sort_by(|a, b| {
        let (of_a, of_b) = (by.of(a), by.of(b));
        let figure = match of_a.compare(of_b) {
            Some(order) if more_first => order.reverse(),
            Some(order) => order,
            None => of_a.is_nothing().cmp(&of_b.is_nothing()),
        };
        let then = |row: &Row| (row.lost, Reverse(row.avoided), row.number);
        figure.then_with(|| then(a).cmp(&then(b)))
    });
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Says that a text names no figure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no figure `{text}`; {}", .near.map_or_else(|| format!("the figures are {}", Figure::ALL.map(Figure::name).join(", ")), |near| format!("did you mean `{near}`?")))]
pub struct NoFigure {
    text: String,
    near: Option<&'static str>,
}

impl FromStr for Figure {
    type Err = NoFigure;
    fn from_str(text: &str) -> Result<Self, NoFigure> {
        Self::ALL
            .into_iter()
            .find(|figure| figure.name() == text)
            .ok_or_else(|| NoFigure {
                text: text.to_owned(),
                near: nearest(text, Self::ALL.map(Self::name)),
            })
    }
}
