//! What a policy makes a message cost, as a sender sees it beforehand.
//!
//! Owns: which share of a credit is lost with an answer, and which without. Does not own: what really becomes of a
//! stake, which is core's. Invariant: both lie between nothing and the policy's price.

use crate::settings::Settings;
use earnest_core::policy::{Policy, ResponseKind, RuleRef, Settled};

/// A day after the send: the answer that a sender thinks of.
const SOON_MILLIS: i64 = 86_400_000;
/// Of messages that nobody answers, the share that a sender takes to be seen.
const SEEN: f64 = 0.6;

/// What a message costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Price {
    /// Credits lost with a message that is answered, on average.
    answered: f64,
    /// Credits lost with one that is not.
    silent: f64,
}

impl Price {
    pub(crate) fn of(policy: &Policy, settings: &Settings) -> Self {
        let price = f64::from(policy.message.price);
        let lost = |rule: Option<RuleRef>| match rule.and_then(|rule| policy.rule(rule)) {
            Some(rule) if rule.credit == Settled::Returned => 0.0,
            _ => price,
        };
        if let Some(rule) = policy.on_send() {
            let lost = lost(Some(rule));
            return Self {
                answered: lost,
                silent: lost,
            };
        }
        let answer = |kind| lost(policy.on_response(kind, false, SOON_MILLIS));
        let welcome = f64::from(settings.welcome_percent) / 100.0;
        let (reply, decline) = (
            answer(ResponseKind::Reply),
            answer(ResponseKind::NotInterested),
        );
        let (seen, unseen) = (lost(policy.on_lapse(true)), lost(policy.on_lapse(false)));
        Self {
            answered: reply * welcome + decline * (1.0 - welcome),
            silent: seen * SEEN + unseen * (1.0 - SEEN),
        }
    }

    /// Returns the credits that a message is expected to lose when it is answered with this chance.
    pub(crate) fn expected(self, answered: f64) -> f64 {
        answered * self.answered + (1.0 - answered) * self.silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_core::policy::preset;

    #[test]
    fn the_presets_make_answers_dear_or_silence() {
        let settings = Settings::standard().unwrap();
        let of = |name| Price::of(&preset::get(name).unwrap(), &settings);
        assert_eq!(
            of("inmail-2013"),
            Price {
                answered: 1.0,
                silent: 0.0
            }
        );
        assert_eq!(
            of("inmail-2015"),
            Price {
                answered: 0.0,
                silent: 1.0
            }
        );
        assert_eq!(
            of("inmail-thread"),
            Price {
                answered: 1.0,
                silent: 0.0
            }
        );
        assert_eq!(
            of("postage"),
            Price {
                answered: 1.0,
                silent: 1.0
            }
        );
        let bond = of("attention-bond");
        assert!((bond.answered - 0.2).abs() < 1e-9 && (bond.silent - 0.6).abs() < 1e-9);
    }
}
