//! Says what a check makes of a seat's figures: how many answers are missing, how many messages may still
//! go unanswered.
//!
//! Owns: the arithmetic of "how far". Does not own: the check itself; a test holds the two together.

use super::words::{count, exact, is_are, rate, sentence, wanted};
use super::{Figure, Told};
use crate::policy::{Check, FailingRate, GOOD_RATE};
use crate::state::seats::Figures;
use crate::units::Ratio;

/// What a check makes of a seat's figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) fails: bool,
    /// How many more of the sent messages have to be answered for a pass; nothing where the figures pass,
    /// or where even an answer to every one of them would not do.
    pub(super) missing: Option<u32>,
    /// How many more messages can be sent and go unanswered before the figures fail; nothing where they
    /// fail already, or where no number does.
    pub(super) spare: Option<u32>,
}

pub(super) fn verdict(check: &Check, figures: Figures) -> Verdict {
    let Figures { sent, responded } = figures;
    let fails = check.fails(sent, responded);
    if fails {
        return Verdict {
            fails,
            missing: missing(check, figures),
            spare: None,
        };
    }
    let spare =
        first_failing(check, figures).map(|total| total.saturating_sub(sent).saturating_sub(1));
    Verdict {
        fails,
        missing: None,
        spare,
    }
}

fn missing(check: &Check, Figures { sent, responded }: Figures) -> Option<u32> {
    let above = matches!(check.fails, FailingRate::AtMost(_));
    let needed = check.fails.threshold().responses_needed(sent, above);
    (needed <= sent && needed > responded).then(|| needed.saturating_sub(responded))
}

/// Returns the smallest number of sent messages, not below what is sent already, with which the check
/// fails when no more of them are answered; at least one.
fn first_failing(check: &Check, Figures { sent, responded }: Figures) -> Option<u32> {
    let bar = check.fails.threshold();
    let product = u64::from(responded).saturating_mul(u64::from(bar.whole()));
    let part = u64::from(bar.part());
    let lowest = match (check.fails, part) {
        (FailingRate::Below(_), 0) => return None,
        (FailingRate::AtMost(_), 0) => match responded {
            0 => 1,
            _ => return None,
        },
        // Below: responded * whole < part * n.
        (FailingRate::Below(_), _) => product.checked_div(part)?.saturating_add(1),
        // At most: responded * whole <= part * n.
        (FailingRate::AtMost(_), _) => product.div_ceil(part),
    };
    let floor = check.sent_at_least.max(sent).max(1);
    Some(u32::try_from(lowest).ok()?.max(floor))
}

/// Adds the figures beside the threshold and the band of good rates.
pub(super) fn figures(told: Told, check: &Check, figures: Figures) -> Told {
    let Figures { sent, responded } = figures;
    let mut told = told.figure("sent", sent).figure("responded", responded);
    if sent > 0 {
        told.figures
            .push(Figure::text("rate", format_args!("{responded}/{sent}")));
    }
    let (passes, bar) = match check.fails {
        FailingRate::Below(bar) => ("at_least", bar),
        FailingRate::AtMost(bar) => ("above", bar),
    };
    told.figures.push(Figure::text("threshold", exact(bar)));
    told.figures.push(Figure::text("passes", passes));
    let mut told = told.figure("sent_at_least", check.sent_at_least);
    let (low, high) = GOOD_RATE;
    told.figures.push(Figure::text("good_rate_from", low));
    told.figures.push(Figure::text("good_rate_to", high));
    told.say(beside_the_band(check, figures))
}

/// Adds the band of good rates alone.
pub(super) fn good_rate(mut told: Told) -> Told {
    let (low, high) = GOOD_RATE;
    told.figures.push(Figure::text("good_rate_from", low));
    told.figures.push(Figure::text("good_rate_to", high));
    told
}

fn beside_the_band(check: &Check, Figures { sent, responded }: Figures) -> String {
    let (low, high) = band();
    format!(
        "{}; the policy asks for {}, and {low} to {high} is called a good rate.",
        sentence(&rate(sent, responded)),
        wanted(check)
    )
}

/// Returns the band of good rates, without the sign of the first: `20` and `30 %`.
pub(super) fn band() -> (String, String) {
    let words =
        |text: &str| Ratio::parse(text).map_or_else(|| text.to_owned(), |ratio| ratio.to_string());
    let (low, high) = GOOD_RATE;
    let low = words(low);
    let bare = low.strip_suffix(" %").map(str::to_owned);
    (bare.unwrap_or(low), words(high))
}

/// The messages that are judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lot {
    /// In words, such as `this period`.
    pub(super) of: &'static str,
    /// Whether messages sent from now on are among them.
    pub(super) grows: bool,
}

/// Says how far the figures are from the other verdict.
pub(super) fn distance(check: &Check, figures: Figures, verdict: Verdict, lot: Lot) -> String {
    let of = lot.of;
    if verdict.fails {
        return match (figures.sent, verdict.missing) {
            (0, _) => format!("A pass needs a message sent in {of} and answered."),
            (_, Some(missing)) => format!(
                "As the figures stand, that is a fail: {} to messages of {of} {} missing.",
                count(missing, "more answer"),
                is_are(missing)
            ),
            (_, None) => "As the figures stand, that is a fail, whatever is answered.".to_owned(),
        };
    }
    if !lot.grows {
        return "As the figures stand, that is a pass.".to_owned();
    }
    let unanswered = match verdict.spare {
        Some(0) => "one more without an answer would be a fail".to_owned(),
        Some(spare) => format!("{} may go unanswered", count(spare, "more message")),
        None => "however many go unanswered, it passes".to_owned(),
    };
    match figures.sent < check.sent_at_least && check.sent_at_least > 1 {
        true => format!(
            "With fewer than {} in {of} nothing is judged; {unanswered}.",
            count(check.sent_at_least, "message")
        ),
        false => format!("As the figures stand, that is a pass; {unanswered}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_to_the_other_verdict_is_exact() {
        let bars = [(13, 100), (0, 1), (1, 1), (1, 3), (20, 100)];
        for (part, whole) in bars {
            let bar = Ratio::new(part, whole).unwrap();
            for fails in [FailingRate::Below(bar), FailingRate::AtMost(bar)] {
                for at_least in [1, 10] {
                    let check = Check {
                        sent_at_least: at_least,
                        fails,
                        none_sent_fails: false,
                    };
                    holds_for(&check);
                }
            }
        }
    }

    fn holds_for(check: &Check) {
        for sent in 0..40 {
            for responded in 0..=sent {
                let verdict = verdict(check, Figures { sent, responded });
                assert_eq!(verdict.fails, check.fails(sent, responded));
                if verdict.fails {
                    let answers =
                        (1..=sent - responded).find(|more| !check.fails(sent, responded + more));
                    assert_eq!(verdict.missing, answers, "{check:?} {responded} of {sent}");
                } else {
                    let first = (1..1_000).find(|more| check.fails(sent + more, responded));
                    let spare = first.map(|more| more - 1);
                    assert_eq!(verdict.spare, spare, "{check:?} {responded} of {sent}");
                }
            }
        }
    }
}
