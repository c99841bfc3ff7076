//! Writes a policy as data, under the keys of a policy file.

use crate::policy::{
    Blocks, Bonus, Check, FailingRate, Gate, Judge, Judged, Policy, ResponseKind, ReturnedExpiry,
    Rule, Settled, Stage, Trigger,
};
use crate::units::{Days, Ratio};
use serde_json::{Map, Value, json};

/// Returns the policy under the keys of a policy file, defaults written out and nothing extended: what
/// stands there, written as a file, is the same policy again.
#[must_use]
pub fn to_json(policy: &Policy) -> Value {
    let message = &policy.message;
    let reminders: Vec<u32> = message.reminders.iter().map(|days| days.0).collect();
    let rules: Vec<Value> = policy.settlement.rules.iter().map(rule).collect();
    let seat_types: Vec<Value> = policy
        .seat_types
        .iter()
        .map(|rule| json!({ "name": rule.name, "monthly_credits": rule.monthly }))
        .collect();
    let bonuses: Vec<Value> = policy.bonuses.iter().map(bonus).collect();
    json!({
        "format": super::FORMAT,
        "name": policy.name,
        "title": policy.title,
        "expires_after_days": or_never(policy.expires_after),
        "rollover_cap": policy.rollover_cap.map_or_else(|| json!("none"), |cap| json!(cap)),
        "message": {
            "subject_most": message.subject_most,
            "body_most": message.body_most,
            "recipients_most": message.recipients_most,
            "pending_most": message.pending_most,
            "price": message.price,
            "reminder_days": reminders,
        },
        "response": { "auto_counts": policy.auto_counts },
        "returned": { "expires": returned(policy.returned) },
        "settlement": { "window_days": policy.settlement.window, "rule": rules },
        "seat_type": seat_types,
        "bonus": bonuses,
        "gate": gate(&policy.gate),
    })
}

/// Returns a ratio as the file writes it.
pub(crate) fn ratio(ratio: Ratio) -> String {
    format!("{}/{}", ratio.part(), ratio.whole())
}

/// Returns the word of the file for where a returned credit goes.
pub(crate) const fn returned(returned: ReturnedExpiry) -> &'static str {
    match returned {
        ReturnedExpiry::Fresh => "fresh",
        ReturnedExpiry::Original => "original",
    }
}

/// Returns the word of the file for how a stake ends.
pub(crate) const fn settled(settled: Settled) -> &'static str {
    match settled {
        Settled::Returned => "returned",
        Settled::Consumed => "consumed",
    }
}

/// Returns the word of the file for what can end a stake.
pub(crate) const fn trigger(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Send => "send",
        Trigger::Response => "response",
        Trigger::Report => "report",
        Trigger::Lapse => "lapse",
    }
}

/// Returns the word of the file for what a stage refuses.
pub(crate) const fn blocks(blocks: Blocks) -> &'static str {
    match blocks {
        Blocks::Nothing => "nothing",
        Blocks::Bulk => "bulk",
        Blocks::All => "all",
    }
}

/// Returns the word of the file for whose messages are judged.
pub(crate) const fn judged(judged: Judged) -> &'static str {
    match judged {
        Judged::This => "this",
        Judged::Previous => "previous",
    }
}

fn or_never(days: Option<Days>) -> Value {
    days.map_or_else(|| json!("never"), |days| json!(days))
}

/// Makes an object of the keys that have a value.
fn object<const N: usize>(keys: [(&str, Option<Value>); N]) -> Value {
    let keys = keys
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(keys.collect::<Map<_, _>>())
}

fn rule(rule: &Rule) -> Value {
    let kinds = || -> Vec<&str> {
        let kinds = ResponseKind::ALL
            .into_iter()
            .filter(|kind| rule.kinds.has(*kind));
        kinds.map(ResponseKind::name).collect()
    };
    object([
        ("on", Some(json!(trigger(rule.on)))),
        (
            "kinds",
            (rule.on == Trigger::Response).then(|| json!(kinds())),
        ),
        ("note", rule.note.map(Value::Bool)),
        ("within_days", rule.within.map(|days| json!(days))),
        ("seen", rule.seen.map(Value::Bool)),
        ("credit", Some(json!(settled(rule.credit)))),
        ("why", Some(json!(rule.why))),
    ])
}

fn bonus(bonus: &Bonus) -> Value {
    json!({
        "month": bonus.month.to_string(),
        "seat_types": bonus.seat_types,
        "credits": bonus.credits,
        "expires_after_days": or_never(bonus.expires_after),
        "why": bonus.why,
    })
}

fn gate(gate: &Gate) -> Value {
    match gate {
        Gate::None => json!({ "kind": "none" }),
        Gate::Thread(gate) => json!({
            "kind": "thread",
            "window_days": gate.window,
            "why": gate.why,
            "check": check(None, &gate.check),
        }),
        Gate::Ladder(ladder) => {
            let stages: Vec<Value> = ladder.stages.iter().map(stage).collect();
            json!({
                "kind": "ladder",
                "period_days": ladder.period,
                "why": ladder.why,
                "check": check(None, &ladder.check),
                "stage": stages,
            })
        }
    }
}

fn check(of: Option<Judged>, check: &Check) -> Value {
    let (below, at_most) = match check.fails {
        FailingRate::Below(bar) => (Some(json!(ratio(bar))), None),
        FailingRate::AtMost(bar) => (None, Some(json!(ratio(bar)))),
    };
    object([
        ("of", of.map(|of| json!(judged(of)))),
        ("sent_at_least", Some(json!(check.sent_at_least))),
        ("rate_below", below),
        ("rate_at_most", at_most),
        ("none_sent_fails", Some(json!(check.none_sent_fails))),
    ])
}

fn stage(stage: &Stage) -> Value {
    let judge = |judge: Judge| check(Some(judge.of), &judge.check);
    object([
        ("standing", Some(json!(stage.standing.name()))),
        ("days", Some(json!(stage.days))),
        ("once", Some(json!(stage.once))),
        ("blocks", Some(json!(blocks(stage.blocks)))),
        ("judge", stage.judge.map(judge)),
        ("why", Some(json!(stage.why))),
    ])
}
