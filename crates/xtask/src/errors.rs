//! Writes `docs/errors.md`: every refusal in the order of the checks, its cause and what to do next.
//!
//! Owns: the advice. Does not own: the codes and their order (core). Invariant: a code without advice, or
//! advice without a code, is an error and never a gap in the page.

use earnest_core::refusal::Refusal;
use std::fmt::Write as _;

/// What is to be said of one code.
struct Advice {
    code: &'static str,
    /// The commands that it can be the answer to.
    asked: &'static str,
    cause: &'static str,
    next: &'static str,
}

/// Returns the page.
pub(crate) fn page() -> Result<String, String> {
    let codes: Vec<&str> = ADVICE.iter().map(|advice| advice.code).collect();
    if codes != Refusal::CODES {
        return Err(format!(
            "`crates/xtask/src/errors.rs` and `Refusal::CODES` differ:\n{}\n{}",
            codes.join(", "),
            Refusal::CODES.join(", ")
        ));
    }
    let mut page = String::from(INTRODUCTION);
    for (at, advice) in ADVICE.iter().enumerate() {
        // Writing into a string cannot fail.
        let _ = writeln!(
            page,
            "| {} | `{}` | {} | {} | {} |",
            at + 1,
            advice.code,
            advice.asked,
            advice.cause,
            advice.next
        );
    }
    page.push_str(AFTER);
    Ok(page)
}

const INTRODUCTION: &str = "\
<!-- written by `cargo xtask docs`, do not edit -->

# Refusals

A refusal is the answer to a well-formed command that changes nothing: no credit moves, no clock moves, and the same
command may be granted later. Programs rely on the code; the wording beside it may improve.

Several may apply at once. The answer is then the first in this order, which is the order of the checks: what is
cheapest to mend comes first, so that nobody buys credits only to hear that the subject was too long. A campaign is
checked recipient by recipient, as if the messages before had been sent, and goes whole or not at all. The order is that
of a send; a follow-up is checked for `unknown_message`, `not_open` and `recipient_blocked`, in this order.

| | code | answers | cause | what to do |
|---|---|---|---|---|
";

const AFTER: &str = "
## Malformed is not refused

A command that makes no sense whatever the contract, such as a grant of 0 credits, a grant that ends before it starts,
or an instant without an offset, is the caller's mistake and has no code here: the command line says what is wrong and
ends with exit code 2.
";

const fn advice(
    code: &'static str,
    asked: &'static str,
    cause: &'static str,
    next: &'static str,
) -> Advice {
    Advice {
        code,
        asked,
        cause,
        next,
    }
}

const ADVICE: [Advice; 20] = [
    advice(
        "out_of_order",
        "every command",
        "The command is older than the contract's newest event. History cannot be rewritten.",
        "Send commands in the order of their instants; an equal instant is in order.",
    ),
    advice(
        "unknown_seat",
        "send, change of a seat",
        "The contract has no seat of that id.",
        "Check the id, or add the seat first.",
    ),
    advice(
        "duplicate_id",
        "send, grant, new seat",
        "The id is taken within the contract.",
        "Use another id. If the same thing was meant, it is there already.",
    ),
    advice(
        "subject_too_long",
        "send",
        "The subject has more characters (Unicode code points) than the policy allows.",
        "Shorten it.",
    ),
    advice(
        "body_too_long",
        "send",
        "The body has more characters (Unicode code points) than the policy allows.",
        "Shorten it; short messages are answered more often, too.",
    ),
    advice(
        "too_many_recipients",
        "campaign",
        "The campaign names more recipients than the policy allows.",
        "Split it into several campaigns.",
    ),
    advice(
        "contract_cancelled",
        "send, grant, cancel",
        "The contract was cancelled. Open stakes still settle, nothing new is taken.",
        "Nothing can be sent from it any more; use another contract.",
    ),
    advice(
        "bulk_disabled",
        "bulk send",
        "An administrator switched bulk sending off, for the seat or for all seats.",
        "Send one-to-one, or ask the administrator.",
    ),
    advice(
        "bulk_restricted",
        "bulk send",
        "The gate restricts the seat: too few of its messages were answered.",
        "Send one-to-one until the instant named; answers to those lift the restriction when it is judged.",
    ),
    advice(
        "response_rate_too_low",
        "send",
        "Under a rolling window, too few of the seat's recent messages were answered for one more.",
        "Wait for answers, or until older messages leave the window.",
    ),
    advice(
        "usage_limit_reached",
        "send",
        "The seat has sent its limit for this month. A returned credit does not give the limit back.",
        "Wait for the month's start that is named, or have the limit raised.",
    ),
    advice(
        "recipient_blocked",
        "send, follow-up",
        "The recipient blocks the seat or its contract.",
        "Write to somebody else: nothing else will do.",
    ),
    advice(
        "recipient_closed",
        "send",
        "The recipient accepts no cold messages.",
        "Write to somebody else.",
    ),
    advice(
        "recipient_busy",
        "send",
        "The recipient has had as many cold messages today (a UTC day) as they take.",
        "Try again tomorrow.",
    ),
    advice(
        "already_pending",
        "send",
        "As many messages from the seat to this recipient as the policy allows are unanswered.",
        "Wait for an answer, or for a window to end.",
    ),
    advice(
        "insufficient_credits",
        "send",
        "The message stakes more credits than the contract has available.",
        "Wait for returns or the next allotment, or grant credits.",
    ),
    advice(
        "unknown_message",
        "response, seen, report, follow-up",
        "The contract has no message of that id.",
        "Check the id.",
    ),
    advice(
        "unknown_grant",
        "revoke",
        "The contract has no grant of that id.",
        "Check the id; lots that the engine made are named `lot~N`.",
    ),
    advice(
        "not_open",
        "follow-up",
        "The conversation is not open to the writer: nobody has answered, or the recipient said \"not interested\" without a note.",
        "Answering opens it for a recipient. A sender may only send a new message, with a stake of its own.",
    ),
    advice(
        "too_many_credits",
        "grant",
        "The contract would have been granted more than 2^53 - 1 credits in its life.",
        "Grant fewer.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_advice_in_the_order_of_the_checks() {
        let page = page().unwrap();
        for code in Refusal::CODES {
            assert_eq!(page.matches(&format!("| `{code}` |")).count(), 1, "{code}");
        }
    }
}
