//! What seems best to a sender: how many messages, with how much effort.
//!
//! Owns: the weighing. Does not own: what the sender believes, nor what then happens. Invariant: a plan costs no
//! more time and no more credits than there are.

use crate::price::Price;
use crate::settings::Settings;

/// How finely effort is weighed.
const EFFORTS: u32 = 10;
/// How finely the number of messages is weighed.
const VOLUMES: u32 = 24;

/// What a sender does in a week.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Plan {
    /// Messages in the week.
    pub(crate) messages: f64,
    /// From 0, a mailshot, to 1, each written for its reader.
    pub(crate) effort: f64,
    /// Whether more credits would have changed it.
    pub(crate) short: bool,
}

/// What a sender knows when planning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outlook {
    /// Minutes in the week.
    pub(crate) minutes: f64,
    /// People who fit, this week.
    pub(crate) prospects: f64,
    /// How well messages are answered, of what the market's curve says.
    pub(crate) belief: f64,
    /// What a credit is worth, in minutes.
    pub(crate) credit: f64,
    /// Credits to spend at most.
    pub(crate) budget: f64,
    /// The least effort that the sender would make.
    pub(crate) least: f64,
}

/// Returns the share of read messages that are answered, with this effort, by people who fit.
pub(crate) fn curve(settings: &Settings, effort: f64) -> f64 {
    let low = f64::from(settings.answered_in_bulk_percent) / 100.0;
    let high = f64::from(settings.answered_targeted_percent) / 100.0;
    // The first minutes of effort do more than the last.
    low + (high - low) * effort * (2.0 - effort)
}

/// Returns how well the recipients fit on average, with so many messages: the best come first.
pub(crate) fn fit(messages: f64, prospects: f64) -> f64 {
    prospects / (prospects + messages / 2.0)
}

/// Returns the sender's time for one message, in minutes.
pub(crate) fn minutes(settings: &Settings, effort: f64) -> f64 {
    let low = f64::from(settings.seconds_in_bulk) / 60.0;
    let high = f64::from(settings.seconds_targeted) / 60.0;
    low + (high - low) * effort
}

/// Returns the best plan.
pub(crate) fn best(settings: &Settings, price: Price, outlook: &Outlook) -> Plan {
    let mut best = Plan {
        effort: outlook.least,
        ..Plan::default()
    };
    let mut most = 0.0;
    for step in 0..=EFFORTS {
        let effort = f64::from(step) / f64::from(EFFORTS);
        if effort < outlook.least {
            continue;
        }
        let time = outlook.minutes / minutes(settings, effort);
        let room = time.min(outlook.budget);
        for volume in 1..=VOLUMES {
            let messages = room * f64::from(volume) / f64::from(VOLUMES);
            let gain = messages * gain(settings, price, outlook, effort, messages);
            if gain > most {
                most = gain;
                best = Plan {
                    messages,
                    effort,
                    short: volume == VOLUMES && outlook.budget < time,
                };
            }
        }
    }
    best
}

/// Returns what one message is worth to the sender, in minutes: answers less time and credits.
fn gain(settings: &Settings, price: Price, outlook: &Outlook, effort: f64, messages: f64) -> f64 {
    let answered = outlook.belief * curve(settings, effort) * fit(messages, outlook.prospects);
    let answered = answered.min(1.0);
    let welcome = answered * f64::from(settings.welcome_percent) / 100.0;
    let credits = price.expected(answered) * outlook.credit;
    welcome * f64::from(settings.answer_worth_minutes) - minutes(settings, effort) - credits
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_core::policy::preset;

    fn plan(policy: &str, credit: f64, budget: f64) -> Plan {
        let settings = Settings::standard().unwrap();
        let price = Price::of(&preset::get(policy).unwrap(), &settings);
        let outlook = Outlook {
            minutes: 300.0,
            prospects: 60.0,
            belief: 0.9,
            credit,
            budget,
            least: 0.0,
        };
        best(&settings, price, &outlook)
    }

    #[test]
    fn effort_rises_with_the_worth_of_a_credit_where_silence_costs_it() {
        let (cheap, dear) = (
            plan("inmail-2015", 1.0, 1e6),
            plan("inmail-2015", 12.0, 1e6),
        );
        assert!(dear.effort > cheap.effort);
        assert!(dear.messages < cheap.messages);
    }

    #[test]
    fn effort_falls_with_it_where_an_answer_costs_it() {
        let (cheap, dear) = (
            plan("inmail-2013", 1.0, 20.0),
            plan("inmail-2013", 40.0, 20.0),
        );
        assert!(dear.effort < cheap.effort);
    }

    #[test]
    fn scarce_credits_leave_time_for_effort() {
        let (few, many) = (plan("postage", 5.0, 10.0), plan("postage", 5.0, 1e6));
        assert!(few.short && !many.short);
        assert!(few.messages <= 10.0 && few.effort > many.effort);
    }

    #[test]
    fn nothing_is_sent_where_nothing_pays() {
        let nothing = plan("postage", 10_000.0, 1e6);
        assert!(nothing.messages <= 0.0 && !nothing.short);
    }
}
