//! What the figures mean.
//!
//! Owns: the definitions, each with the id that headings lead to. Invariant: a definition says what is counted, of what,
//! and when.

use crate::report::Definition;
use earnest_lab::sweep::Figure;

/// Returns the definitions of these ids, in their order.
pub(crate) fn definitions(ids: &[&str]) -> Vec<Definition> {
    let of = |id: &&str| ALL.iter().find(|it| it.id == *id).cloned();
    ids.iter().filter_map(of).collect()
}

/// Returns what a figure of a sweep is, as the end of a sentence.
pub(crate) const fn figure(figure: Figure) -> &'static str {
    match figure {
        Figure::Sent => "messages sent",
        Figure::Refused => "messages refused",
        Figure::Responded => "messages answered",
        Figure::ResponseRate => "response rate",
        Figure::Returned => "stakes returned",
        Figure::Consumed => "stakes consumed",
        Figure::Held => "stakes still held",
        Figure::ConsumedCredits => "credits consumed",
        Figure::CreditsPerResponse => "credits an answer",
        Figure::SeatsWarned => "seats ever warned",
        Figure::SeatsRestricted => "seats ever restricted",
        Figure::RestrictedDays => "restricted days",
        Figure::Lost => "answers lost",
        Figure::LostShare => "share of answers lost",
        Figure::Avoided => "unanswered messages avoided",
        Figure::AvoidedShare => "share of unanswered messages avoided",
    }
}

const ALL: [Definition; 26] = [
    Definition {
        id: "messages",
        term: "Messages",
        meaning: "Cold messages in the log, up to the instant at which the figures are read.",
    },
    Definition {
        id: "sent",
        term: "Sent",
        meaning: "Messages that the policy let through. What it refused is not sent, so that its answer does not happen either.",
    },
    Definition {
        id: "refused",
        term: "Refused",
        meaning: "Sends that the policy did not let through, by the first check that stopped them.",
    },
    Definition {
        id: "answered",
        term: "Answered",
        meaning: "Sent messages that were answered within the policy's response window: a reply, an acceptance or “not interested”. An automatic reply is none, unless the policy counts it.",
    },
    Definition {
        id: "answered-90",
        term: "Answered",
        meaning: "Sent messages that are answered within 90 days, whatever the policy's own window, so that policies can be compared: a reply, an acceptance or “not interested”.",
    },
    Definition {
        id: "rate",
        term: "Response rate",
        meaning: "Answered over sent. Below 13 % is where the gates that ship begin to act; 20 to 30 % is called good. Rates are cut, never rounded up, and thresholds are compared in whole numbers.",
    },
    Definition {
        id: "week-rate",
        term: "Response rate of a week",
        meaning: "Answered over sent, of the messages sent in that week, whenever their answers came. The last weeks before the end miss answers that are still to come.",
    },
    Definition {
        id: "unanswered",
        term: "Unanswered",
        meaning: "Sent messages that nobody answered: each has cost its reader attention for nothing.",
    },
    Definition {
        id: "lost",
        term: "Answers lost",
        meaning: "Refused messages that were answered in the log: what the policy would have cost. In truth their senders might have written differently.",
    },
    Definition {
        id: "avoided",
        term: "Unanswered messages avoided",
        meaning: "Refused messages that nobody answered in the log: attention that the policy would have spared.",
    },
    Definition {
        id: "returned",
        term: "Returned",
        meaning: "Messages whose stake was returned to the sender's contract.",
    },
    Definition {
        id: "consumed",
        term: "Consumed",
        meaning: "Messages whose stake was consumed: nobody has it any more.",
    },
    Definition {
        id: "consumed-credits",
        term: "Credits consumed",
        meaning: "The credits of consumed stakes; a stake may be of several.",
    },
    Definition {
        id: "held",
        term: "Still held",
        meaning: "Messages whose stake is open at the end: it is not decided yet.",
    },
    Definition {
        id: "credits-per-answer",
        term: "Credits an answer",
        meaning: "Credits consumed over messages answered.",
    },
    Definition {
        id: "warned",
        term: "Warned",
        meaning: "Seats that stood as warned at any time.",
    },
    Definition {
        id: "restricted",
        term: "Restricted",
        meaning: "Seats that stood as restricted at any time: bulk sending stopped or, under a rolling window, every send while the figures hold.",
    },
    Definition {
        id: "restricted-days",
        term: "Restricted days",
        meaning: "How long seats were restricted, all together.",
    },
    Definition {
        id: "senders",
        term: "Senders by response rate",
        meaning: "Senders with 20 sent messages or more, by the rate of what they sent: each bar is a range of five points, its lower end included.",
    },
    Definition {
        id: "bulk",
        term: "In bulk",
        meaning: "Messages sent in a campaign.",
    },
    Definition {
        id: "effort",
        term: "Effort",
        meaning: "From 0 %, everything in bulk, to 100 %, every message written for its reader; the mean over messages.",
    },
    Definition {
        id: "received",
        term: "A recipient and week",
        meaning: "Cold messages that a recipient is sent in a week, on average.",
    },
    Definition {
        id: "worlds",
        term: "In the worlds",
        meaning: "The lowest and the highest rate of the worlds: made-up markets that differ by chance alone. A difference between policies that is no larger than this is no finding.",
    },
    Definition {
        id: "frontier",
        term: "Frontier",
        meaning: "Policies that no other one beats: none avoids as many unanswered messages and loses fewer answers.",
    },
    Definition {
        id: "quantile",
        term: "10 % of senders",
        meaning: "A rate that no sender of the least answered tenth exceeds; and so for the other shares. 50 % is the middle sender.",
    },
    Definition {
        id: "share",
        term: "Of all unanswered, of all answered",
        meaning: "Unanswered messages avoided over all that nobody answered; answers lost over all messages that were answered.",
    },
];
