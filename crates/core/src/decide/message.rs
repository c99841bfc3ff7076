//! Decides what a recipient does with a message, and how a conversation goes on.

use super::{Context, Decided, just};
use crate::command::{FollowUp, Respond, Side};
use crate::event::Fact;
use crate::refusal::{NotOpen, Refusal};
use crate::state::change::Change;
use crate::state::messages::{Answer, Conversation, Message, Status};
use crate::units::{MessageId, SeatId};
use smallvec::smallvec;

fn find<'a>(context: &Context<'a>, id: &MessageId) -> Result<Message<'a>, Refusal> {
    context
        .state
        .messages
        .find(id.as_str())
        .ok_or_else(|| Refusal::UnknownMessage(id.clone()))
}

fn seat_of(context: &Context<'_>, message: Message<'_>) -> SeatId {
    context.state.seats.get(message.seat()).id.clone()
}

/// Only the first answer in time settles; any other moves the conversation, never the credit.
pub(super) fn respond<'a>(context: &Context<'_>, respond: &Respond) -> Decided<'a> {
    let message = find(context, &respond.message)?;
    let policy = context.policies.get(message.version());
    let counts = !respond.auto || policy.auto_counts;
    // A message still pending is in time: its lapse falls due before any command after the deadline.
    if !counts || message.status() != Status::Pending {
        return Ok(just(Fact::ConversationMessage {
            message: respond.message.clone(),
            seat: seat_of(context, message),
            from: Side::Member,
            response: Some(respond.kind),
            note: respond.note,
            auto: !counts,
        }));
    }
    let answer = Answer {
        kind: respond.kind,
        note: respond.note,
    };
    let mut changes = smallvec![Change::Answered {
        message: message.number,
        answer,
    }];
    let after = context.at.millis_since(message.sent_at());
    let rule = policy.on_response(respond.kind, respond.note, after);
    context.settle(message, rule, &mut changes);
    Ok(changes)
}

pub(super) fn seen<'a>(context: &Context<'_>, id: &MessageId) -> Decided<'a> {
    let message = find(context, id)?;
    let seen = Fact::MessageSeen {
        message: id.clone(),
        seat: seat_of(context, message),
    };
    Ok(just(seen))
}

/// A report is no response: it leaves the status, and settles only where the policy has a rule for it.
pub(super) fn report<'a>(context: &Context<'_>, id: &MessageId) -> Decided<'a> {
    let message = find(context, id)?;
    let reported = Fact::MessageReported {
        message: id.clone(),
        seat: seat_of(context, message),
        again: message.is_reported(),
    };
    let mut changes = just(reported);
    let rule = context.policies.get(message.version()).on_report();
    context.settle(message, rule, &mut changes);
    Ok(changes)
}

pub(super) fn follow_up<'a>(context: &Context<'_>, follow_up: &FollowUp) -> Decided<'a> {
    let message = find(context, &follow_up.message)?;
    let closed = match (message.conversation(), follow_up.from) {
        (Conversation::Open, _) | (Conversation::Declined, Side::Member) => None,
        (Conversation::Unanswered, _) => Some(NotOpen::Unanswered),
        (Conversation::Declined, Side::Seat) => Some(NotOpen::Declined),
    };
    if let Some(why) = closed {
        let message = follow_up.message.clone();
        return Err(Refusal::NotOpen { message, why }.into());
    }
    if follow_up.blocked && follow_up.from == Side::Seat {
        let member = context.state.member_of(message.recipient());
        return Err(Refusal::RecipientBlocked(member).into());
    }
    let written = Fact::ConversationMessage {
        message: follow_up.message.clone(),
        seat: seat_of(context, message),
        from: follow_up.from,
        response: None,
        note: false,
        auto: false,
    };
    Ok(just(written))
}
