//! Tells orders and answers in a line.

use crate::book::Ended;
use earnest_core::units::MemberId;
use earnest_engine::{Author, Done, Failure, Order, Reply, What};

/// Tells an order.
#[must_use]
pub fn told_order(order: &Order) -> String {
    let author = match (order.author, order.at) {
        (Author::Live, _) => String::new(),
        (Author::Import, Some(at)) => format!(" as of {at}"),
        (Author::Import, None) => " as an import".to_owned(),
    };
    format!("{}{author}: {}", order.contract, told_what(&order.what))
}

fn told_what(what: &What) -> String {
    match what {
        What::Create(new) => format!(
            "create under {} from {:?}",
            new.policy,
            new.starts_at.map(|at| at.to_string())
        ),
        What::AddSeat(seat) => format!("add seat {:?}", seat.id.as_ref().map(ToString::to_string)),
        What::ChangeSeat(change) => format!(
            "change seat {} {:?} {:?}",
            change.seat, change.usage_limit, change.bulk_disabled
        ),
        What::Grant(grant) => format!(
            "grant {:?} of {} from {:?} to {:?}",
            grant.id.as_ref().map(ToString::to_string),
            grant.credits,
            grant.effective_at.map(|at| at.to_string()),
            grant.expires_at.map(|at| at.to_string()),
        ),
        What::Revoke(grant) => format!("revoke {grant}"),
        What::Send(letter) => format!(
            "send {:?} {} to {} in {:?}",
            letter.id.as_ref().map(ToString::to_string),
            letter.seat,
            letter.to,
            letter.campaign.as_ref().map(ToString::to_string),
        ),
        What::Campaign(campaign) => {
            let to: Vec<&str> = campaign.to.iter().map(MemberId::as_str).collect();
            format!("campaign {} to {}", campaign.seat, to.join(" "))
        }
        What::Respond(response) => format!(
            "{:?} to {} note {:?} auto {}",
            response.kind, response.message, response.note, response.auto
        ),
        What::Seen(message) => format!("seen {message}"),
        What::Report(message) => format!("report {message}"),
        What::Write(writing) => format!(
            "{:?} writes {} on {}",
            writing.from, writing.body, writing.message
        ),
        What::AddPolicy(version) => format!(
            "policy {} from {:?}",
            version.policy,
            version.effective_at.map(|at| at.to_string())
        ),
        What::Cancel => "cancel".to_owned(),
        What::GoLive => "go live".to_owned(),
    }
}

/// Tells what became of a try.
#[must_use]
pub fn told_end(ended: &Ended) -> String {
    match ended {
        Ended::NotYet => "not yet".to_owned(),
        Ended::Answered(Ok(done)) => told_done(done),
        Ended::Answered(Err(failure)) => format!("{}: {failure}", told_failure(failure)),
        Ended::GaveUp => "the client gave up".to_owned(),
        Ended::Died => "no answer: the process died".to_owned(),
    }
}

/// Tells an answer.
#[must_use]
pub fn told_done(done: &Done) -> String {
    let again = if done.replayed { " (again)" } else { "" };
    let what = match &done.reply {
        Reply::Contract(contract) => format!(
            "contract live {:?}",
            contract.live_at.map(|at| at.to_string())
        ),
        Reply::Seat(seat) => format!("seat {}", seat.id),
        Reply::Grant(grant) => format!("grant {}", grant.id),
        Reply::Message(message) => format!(
            "message {} {:?} {:?}",
            message.id, message.status, message.credit
        ),
        Reply::Campaign(campaign) => {
            let ids: Vec<&str> = campaign.messages.iter().map(|it| it.id.as_str()).collect();
            format!("campaign {} of {}", campaign.id, ids.join(" "))
        }
        Reply::Writing(writing) => format!("writing {}", writing.seq),
    };
    format!("done{again}: {what}")
}

/// Tells a failure's kind: the code of a refusal.
#[must_use]
pub fn told_failure(failure: &Failure) -> &'static str {
    match failure {
        Failure::Refused(refused) => refused.refusal.code(),
        Failure::Malformed(_) => "malformed",
        Failure::DuplicateId(_) => "id taken",
        Failure::UnknownContract(_) => "no such contract",
        Failure::UnknownMessage(_) => "no such message",
        Failure::UnknownPolicy(_) => "no such policy",
        Failure::Unknown { .. } => "no such thing",
        Failure::Invalid { .. } => "invalid",
        Failure::PolicyMistakes(_) => "mistakes in a policy",
        Failure::KeyReused => "key reused",
        Failure::Overloaded => "overloaded",
        Failure::Unavailable(_) => "unavailable",
        Failure::Internal(_) => "INTERNAL",
    }
}
