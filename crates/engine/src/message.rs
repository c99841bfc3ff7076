//! Turns messages from one form into another: as the core sees them, as the store keeps them, as they are told.

use crate::record::{MessageRecord, Text};
use earnest_core::{LostAtOnce, MessageView, Recalled};
use earnest_store::{MessageRow, NewMessage, Outcome};

/// Returns what became of a message, as the store keeps it.
pub(crate) fn outcome(
    view: &MessageView,
    settled_seq: Option<u64>,
    note: Option<String>,
) -> Outcome {
    Outcome {
        message: view.id.clone(),
        status: view.status,
        credit: view.credit,
        settled_by: view.settled_by,
        settled_at: view.settled_at,
        settled_seq,
        responded_at: view.responded_at,
        response: view.response,
        note,
        seen_at: view.seen_at,
        reported_at: view.reported_at,
        conversation: view.conversation,
    }
}

/// Returns a message as it is told.
pub(crate) fn record(
    contract: &earnest_core::units::ContractId,
    sent: &NewMessage,
    outcome: &Outcome,
    with_text: bool,
) -> MessageRecord {
    MessageRecord {
        id: sent.id.clone(),
        contract: contract.clone(),
        seat: sent.seat.clone(),
        to: sent.to.clone(),
        campaign: sent.campaign.clone(),
        bulk: sent.bulk,
        status: outcome.status,
        credit: outcome.credit,
        price: sent.price,
        sent_at: sent.sent_at,
        deadline: sent.deadline,
        responded_at: outcome.responded_at,
        response: outcome.response,
        response_note: outcome.note.clone(),
        seen_at: outcome.seen_at,
        reported_at: outcome.reported_at,
        conversation: outcome.conversation,
        settled_by: outcome.settled_by,
        settled_at: outcome.settled_at,
        text: with_text.then(|| Text {
            subject: sent.subject.clone(),
            body: sent.body.clone(),
        }),
    }
}

/// Returns a message of the store as it is told, with its texts.
pub(crate) fn full_record(row: &MessageRow) -> MessageRecord {
    record(&row.contract, &row.sent, &row.outcome, true)
}

/// Returns a message of the store as the core sees it.
pub(crate) fn view(row: &MessageRow) -> MessageView {
    let (sent, outcome) = (&row.sent, &row.outcome);
    MessageView {
        id: sent.id.clone(),
        seat: sent.seat.clone(),
        to: sent.to.clone(),
        status: outcome.status,
        credit: outcome.credit,
        price: sent.price,
        bulk: sent.bulk,
        version: sent.version,
        sent_at: sent.sent_at,
        deadline: sent.deadline,
        seen_at: outcome.seen_at,
        responded_at: outcome.responded_at,
        response: outcome.response,
        response_note: outcome.note.is_some(),
        reported_at: outcome.reported_at,
        conversation: outcome.conversation,
        settled_by: outcome.settled_by,
        settled_at: outcome.settled_at,
    }
}

/// Returns a message of the store as the core recalls it.
pub(crate) fn recalled(row: &MessageRow) -> Recalled {
    Recalled {
        message: view(row),
        // The events of its story say which lots it came from and went to.
        lot: None,
        lost: LostAtOnce::default(),
    }
}
