//! Turns events back into the commands that brought them, and orders into commands.

use super::recipients::Wished;
use crate::policies;
use earnest_core::command::{
    Accepts, AddPolicy, AddSeat, ChangeSeat, Command, CreateContract, FollowUp, Grant, Letter,
    Recipient, Respond, Send, Side, is_note,
};
use earnest_core::event::{Event, Fact};
use earnest_core::policy::{Policy, file, preset};
use earnest_core::units::{ContractId, GrantId, MemberId, MessageId, Timestamp};
use earnest_core::{Contract, State};
use earnest_engine::{Order, What};
use smallvec::{SmallVec, smallvec};
use std::sync::Arc;

/// Returns the policy of that name, as it was uploaded or ships.
pub(super) fn policy(name: &str) -> Option<Arc<Policy>> {
    if let Some(policy) = preset::get(name) {
        return Some(policy);
    }
    let parsed = policies::TEXTS
        .iter()
        .filter_map(|text| file::parse("policy", text).ok());
    let mut named = parsed.filter(|policy| policy.name.as_str() == name);
    named.next().map(Arc::new)
}

/// Begins the reference with a contract's first event.
pub(super) fn begin(event: &Event) -> Result<Contract, String> {
    let Fact::ContractCreated {
        contract,
        name,
        policy: of,
        allotments,
        bulk_disabled,
        ..
    } = &event.fact
    else {
        return Err("the first event begins no contract".to_owned());
    };
    let create = CreateContract {
        id: contract.clone(),
        name: name.clone(),
        policy: policy(of).ok_or_else(|| format!("no policy `{of}`"))?,
        allotments: *allotments,
        bulk_disabled: *bulk_disabled,
    };
    let (contract, first) = Contract::create(&create, event.at);
    match first == *event {
        true => Ok(contract),
        false => Err(format!("the first event should be {first:?}")),
    }
}

/// Returns the command that brought an event; nothing for one that time alone brings.
pub(super) fn of_event(event: &Event) -> Result<Option<Command>, String> {
    let command = match &event.fact {
        Fact::ContractCreated { .. } => return Err("a contract begins twice".to_owned()),
        Fact::SeatAdded {
            seat,
            seat_type,
            usage_limit,
            bulk_disabled,
        } => Command::AddSeat(AddSeat {
            id: seat.clone(),
            seat_type: seat_type.clone(),
            usage_limit: *usage_limit,
            bulk_disabled: *bulk_disabled,
        }),
        Fact::SeatChanged {
            seat,
            usage_limit,
            bulk_disabled,
        } => Command::ChangeSeat(ChangeSeat {
            id: seat.clone(),
            usage_limit: *usage_limit,
            bulk_disabled: *bulk_disabled,
        }),
        Fact::GrantMade {
            grant,
            credits,
            source,
            effective_at,
            expires_at,
            priority,
        } => Command::Grant(Grant {
            id: grant.clone(),
            credits: *credits,
            source: *source,
            effective_at: Some(*effective_at),
            expires_at: *expires_at,
            priority: *priority,
        }),
        Fact::GrantRevoked { grant, .. } => Command::Revoke(grant.clone()),
        Fact::MessageSent { .. } => of_send(&event.fact)?,
        Fact::MessageSeen { message, .. } => Command::Seen(message.clone()),
        Fact::MessageReported { message, .. } => Command::Report(message.clone()),
        Fact::MessageResponded {
            message,
            response,
            note,
            ..
        } => Command::Respond(Respond {
            message: message.clone(),
            kind: *response,
            note: *note,
            auto: false,
        }),
        Fact::ConversationMessage { .. } => of_conversation(&event.fact)?,
        Fact::PolicyAdded {
            policy: of,
            effective_at,
            ahead,
            ..
        } => Command::AddPolicy(AddPolicy {
            policy: policy(of).ok_or_else(|| format!("no policy `{of}`"))?,
            effective_at: ahead.then_some(*effective_at),
        }),
        Fact::ContractCancelled { .. } => Command::Cancel,
        Fact::GrantStarted { .. }
        | Fact::AllotmentGranted { .. }
        | Fact::MessageLapsed { .. }
        | Fact::StakeReturned { .. }
        | Fact::StakeConsumed { .. }
        | Fact::CreditsExpired { .. }
        | Fact::CreditsRevoked { .. }
        | Fact::StandingChanged { .. } => return Ok(None),
    };
    Ok(Some(command))
}

/// A campaign is what its letters are, one after the other.
fn of_send(fact: &Fact) -> Result<Command, String> {
    let Fact::MessageSent {
        message,
        seat,
        to,
        campaign,
        credits,
        ..
    } = fact
    else {
        return Err("no message is sent".to_owned());
    };
    let price = u32::try_from(credits.0).map_err(|error| error.to_string())?;
    let recipient = Recipient {
        accepts: if price == 0 {
            Accepts::Open
        } else {
            Accepts::All
        },
        price: (price > 0).then_some(price),
        ..Recipient::default()
    };
    Ok(Command::Send(Send {
        seat: seat.clone(),
        letters: smallvec![Letter {
            message: message.clone(),
            to: to.clone(),
            recipient,
        }],
        campaign: campaign.clone(),
        subject_length: 1,
        body_length: 1,
    }))
}

fn of_conversation(fact: &Fact) -> Result<Command, String> {
    let Fact::ConversationMessage {
        message,
        from,
        response,
        note,
        auto,
        ..
    } = fact
    else {
        return Err("no conversation goes on".to_owned());
    };
    Ok(match response {
        Some(kind) => Command::Respond(Respond {
            message: message.clone(),
            kind: *kind,
            note: *note,
            auto: *auto,
        }),
        None => Command::FollowUp(FollowUp {
            message: message.clone(),
            from: *from,
            blocked: false,
        }),
    })
}

/// Returns the command that an order is for a state; nothing for one that is no command.
///
/// `wished` says what the recipients wished, `received` how many messages each had on the day.
pub(super) fn of_order(
    order: &Order,
    state: &State,
    contract: &Contract,
    at: Timestamp,
    wished: &Wished,
) -> Option<Command> {
    Some(match &order.what {
        What::AddSeat(seat) => Command::AddSeat(AddSeat {
            id: seat
                .id
                .clone()
                .unwrap_or_else(|| crate::workload::id("made-up")),
            seat_type: seat
                .seat_type
                .clone()
                .unwrap_or_else(|| contract.policy(at).first_seat_type()),
            usage_limit: seat.usage_limit,
            bulk_disabled: seat.bulk_disabled,
        }),
        What::ChangeSeat(change) => Command::ChangeSeat(ChangeSeat {
            id: change.seat.clone(),
            usage_limit: None,
            bulk_disabled: false,
        }),
        What::Grant(grant) => Command::Grant(Grant {
            id: grant
                .id
                .clone()
                .unwrap_or_else(|| GrantId::Named("made-up".into())),
            credits: grant.credits,
            source: grant.source,
            effective_at: grant.effective_at,
            expires_at: grant.expires_at,
            priority: grant.priority,
        }),
        What::Revoke(grant) => Command::Revoke(grant.clone()),
        What::Send(letter) => {
            let id = letter.id.clone().unwrap_or_else(|| made_up(0));
            let letters = smallvec![wished.letter(id, &letter.to, 0)];
            send(order, letters, state)?
        }
        What::Campaign(campaign) => {
            let to = campaign.to.iter().enumerate();
            let letters = to.map(|(at, to)| wished.letter(made_up(at), to, at));
            send(order, letters.collect(), state)?
        }
        What::Respond(response) => Command::Respond(Respond {
            message: response.message.clone(),
            kind: response.kind,
            note: response.note.as_deref().is_some_and(is_note),
            auto: response.auto,
        }),
        What::Seen(message) => Command::Seen(message.clone()),
        What::Report(message) => Command::Report(message.clone()),
        What::Write(writing) => Command::FollowUp(FollowUp {
            message: writing.message.clone(),
            from: writing.from,
            blocked: writing.from == Side::Seat && wished.blocks(),
        }),
        What::AddPolicy(version) => Command::AddPolicy(AddPolicy {
            policy: policy(&version.policy)?,
            effective_at: version.effective_at,
        }),
        What::Cancel => Command::Cancel,
        What::Create(_) | What::GoLive => return None,
    })
}

fn made_up(at: usize) -> MessageId {
    crate::workload::id(&format!("made-up-{at}"))
}

fn send(order: &Order, letters: SmallVec<[Letter; 1]>, _: &State) -> Option<Command> {
    let (seat, campaign, subject, body) = match &order.what {
        What::Send(it) => (&it.seat, it.campaign.clone(), &it.subject, &it.body),
        What::Campaign(it) => {
            let id = it
                .id
                .clone()
                .unwrap_or_else(|| crate::workload::id("made-up"));
            (&it.seat, Some(id), &it.subject, &it.body)
        }
        _ => return None,
    };
    let length = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    Some(Command::Send(Send {
        seat: seat.clone(),
        letters,
        campaign,
        subject_length: length(subject),
        body_length: length(body),
    }))
}

/// Returns the members that an order is about, and the sender, where it is about any.
pub(super) fn recipients(order: &Order) -> Vec<MemberId> {
    match &order.what {
        What::Send(letter) => vec![letter.to.clone()],
        What::Campaign(campaign) => campaign.to.clone(),
        _ => Vec::new(),
    }
}

/// Returns the contract that an order is to.
pub(super) const fn contract(order: &Order) -> &ContractId {
    &order.contract
}
