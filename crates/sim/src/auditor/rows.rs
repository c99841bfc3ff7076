//! Holds what the store keeps beside the events against them: messages, what became of them, what was written,
//! and when a contract is to be looked at next.

use super::history::Told;
use crate::world::World;
use earnest_core::command::Side;
use earnest_core::event::{Event, Fact};
use earnest_core::units::{ContractId, MessageId};
use earnest_core::{Contract, MessageView, is_caught_up, next_due_at};
use earnest_store::{MessageRow, Writing};
use std::collections::BTreeMap;

/// What the events say of a message that the state does not keep.
#[derive(Debug, Default)]
struct Said {
    sent: u64,
    settled: Option<u64>,
    /// The first answer that counts.
    answer: Option<u64>,
    /// The events that are written words, by their numbers.
    words: BTreeMap<u64, Word>,
}

#[derive(Debug, PartialEq, Eq)]
struct Word {
    from: Side,
    response: Option<earnest_core::policy::ResponseKind>,
    note: bool,
    auto: bool,
    at: earnest_core::units::Timestamp,
}

/// Checks the rows of a contract.
pub(super) fn check(
    world: &World,
    contract: &ContractId,
    told: &Told,
    reference: &Contract,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let said = listen(&told.events);
    for (id, said) in &said {
        let view = reference.state().message(id);
        match (told.rows.get(id), view) {
            (Some(row), Some(view)) => wrong.extend(check_row(row, &view, said, told)),
            (row, view) => wrong.push(format!("{id}: row {row:?}, state {view:?}")),
        }
        wrong.extend(check_words(id, said, told));
    }
    let unsaid = told.rows.keys().filter(|id| !said.contains_key(*id));
    wrong.extend(unsaid.map(|id| format!("{id} is kept, and no event sends it")));
    wrong.extend(check_due(world, told, reference));
    wrong
        .into_iter()
        .map(|what| format!("{contract}: {what}"))
        .collect()
}

fn listen(events: &[Event]) -> BTreeMap<MessageId, Said> {
    let mut all: BTreeMap<MessageId, Said> = BTreeMap::new();
    for (event, seq) in events.iter().zip(1..) {
        let (id, word) = match &event.fact {
            Fact::MessageSent { message, .. } => {
                all.entry(message.clone()).or_default().sent = seq;
                continue;
            }
            Fact::StakeReturned { message, .. } | Fact::StakeConsumed { message, .. } => {
                all.entry(message.clone()).or_default().settled = Some(seq);
                continue;
            }
            Fact::MessageResponded {
                message,
                response,
                note,
                ..
            } => (
                message,
                word(event, Side::Member, Some(*response), *note, false),
            ),
            Fact::ConversationMessage {
                message,
                from,
                response,
                note,
                auto,
                ..
            } => (message, word(event, *from, *response, *note, *auto)),
            _ => continue,
        };
        let said = all.entry(id.clone()).or_default();
        if word.response.is_some() && !word.auto {
            said.answer.get_or_insert(seq);
        }
        said.words.insert(seq, word);
    }
    all
}

fn word(
    event: &Event,
    from: Side,
    response: Option<earnest_core::policy::ResponseKind>,
    note: bool,
    auto: bool,
) -> Word {
    Word {
        from,
        response,
        note,
        auto,
        at: event.at,
    }
}

fn check_row(row: &MessageRow, view: &MessageView, said: &Said, told: &Told) -> Option<String> {
    let (sent, outcome) = (&row.sent, &row.outcome);
    let first = (
        &view.seat,
        &view.to,
        view.bulk,
        view.price,
        view.sent_at,
        view.deadline,
    );
    let is_sent = first
        == (
            &sent.seat,
            &sent.to,
            sent.bulk,
            sent.price,
            sent.sent_at,
            sent.deadline,
        )
        && (sent.seq, sent.version) == (said.sent, view.version);
    let became = (view.status, view.credit, view.settled_by, view.settled_at);
    let answered = (view.responded_at, view.response);
    let looked = (view.seen_at, view.reported_at, view.conversation);
    let is_outcome = became
        == (
            outcome.status,
            outcome.credit,
            outcome.settled_by,
            outcome.settled_at,
        )
        && answered == (outcome.responded_at, outcome.response)
        && looked == (outcome.seen_at, outcome.reported_at, outcome.conversation)
        && outcome.settled_seq == said.settled;
    let note = said.answer.and_then(|seq| text_at(&sent.id, seq, told));
    let is_note = note.filter(|text| !text.is_empty()) == outcome.note.as_deref();
    (!(is_sent && is_outcome && is_note))
        .then(|| format!("{}: kept as {row:?}, and is {view:?}, {said:?}", sent.id))
}

fn text_at<'a>(id: &MessageId, seq: u64, told: &'a Told) -> Option<&'a str> {
    let mut writings = told.writings.get(id)?.iter();
    writings.find(|it| it.seq == seq).map(|it| it.text.as_str())
}

fn check_words(id: &MessageId, said: &Said, told: &Told) -> Option<String> {
    let writings: &[Writing] = told.writings.get(id).map_or(&[], Vec::as_slice);
    let is_word = |(writing, (seq, word)): (&Writing, (&u64, &Word))| {
        let has_note = writing.response.is_some() && !writing.text.is_empty();
        writing.seq == *seq
            && writing.at == word.at
            && writing.from == word.from
            && writing.response == word.response
            && has_note == word.note
            && writing.auto == word.auto
    };
    let same = writings.len() == said.words.len() && writings.iter().zip(&said.words).all(is_word);
    (!same).then(|| {
        format!(
            "{id}: {writings:?} is written, and the events say {:?}",
            said.words
        )
    })
}

/// Checks that what was due is recorded, and that the contract is looked at in time for what will be.
fn check_due(world: &World, told: &Told, reference: &Contract) -> Option<String> {
    let is_live = serde_json::from_slice::<serde_json::Value>(&told.row.details)
        .is_ok_and(|details| !details["live_at"].is_null());
    let next = told.row.next_due;
    if !is_live {
        return next.map(|at| format!("its history is being told, and it is looked at at {at}"));
    }
    let now = world.wall.now();
    let (policies, state) = (reference.policies(), reference.state());
    if state.clock() <= now && !is_caught_up(policies, state, now) {
        let due = earnest_core::due(policies, state, now);
        return Some(format!("{due:?} is due at {now} and was not recorded"));
    }
    let due = next_due_at(policies, state)?;
    next.is_none_or(|at| at > due)
        .then(|| format!("something is due at {due}, and it is looked at at {next:?}"))
}
