//! Says how an event is listed: one JSON object, the same in lists, webhooks and the stream.

use crate::failure::Failure;
use earnest_core::event::{Event, Fact};
use earnest_core::units::ContractId;
use serde::Serialize;
use serde_json::{Map, Value};

/// The types of events, as they are written.
pub const EVENT_TYPES: [&str; 20] = [
    "contract_created",
    "seat_added",
    "seat_changed",
    "grant_made",
    "grant_started",
    "grant_revoked",
    "allotment_granted",
    "message_sent",
    "message_seen",
    "message_responded",
    "message_reported",
    "message_lapsed",
    "stake_returned",
    "stake_consumed",
    "credits_expired",
    "credits_revoked",
    "standing_changed",
    "policy_added",
    "contract_cancelled",
    "conversation_message",
];

/// Returns an event's type, as it is written.
#[must_use]
pub const fn event_type(fact: &Fact) -> &'static str {
    match fact {
        Fact::ContractCreated { .. } => "contract_created",
        Fact::SeatAdded { .. } => "seat_added",
        Fact::SeatChanged { .. } => "seat_changed",
        Fact::GrantMade { .. } => "grant_made",
        Fact::GrantStarted { .. } => "grant_started",
        Fact::GrantRevoked { .. } => "grant_revoked",
        Fact::AllotmentGranted { .. } => "allotment_granted",
        Fact::MessageSent { .. } => "message_sent",
        Fact::MessageSeen { .. } => "message_seen",
        Fact::MessageResponded { .. } => "message_responded",
        Fact::MessageReported { .. } => "message_reported",
        Fact::MessageLapsed { .. } => "message_lapsed",
        Fact::StakeReturned { .. } => "stake_returned",
        Fact::StakeConsumed { .. } => "stake_consumed",
        Fact::CreditsExpired { .. } => "credits_expired",
        Fact::CreditsRevoked { .. } => "credits_revoked",
        Fact::StandingChanged { .. } => "standing_changed",
        Fact::PolicyAdded { .. } => "policy_added",
        Fact::ContractCancelled { .. } => "contract_cancelled",
        Fact::ConversationMessage { .. } => "conversation_message",
    }
}

/// Returns an event as it is listed, with its number and its contract.
///
/// # Errors
/// Never, unless an event cannot be written.
pub fn listed_event(
    contract: &ContractId,
    seq: u64,
    event: &Event,
) -> Result<Map<String, Value>, Failure> {
    let written = serde_json::to_value(event);
    let written = written.map_err(|error| Failure::Internal(error.to_string()))?;
    let mut listed = Map::new();
    listed.insert("seq".to_owned(), seq.into());
    if let Value::Object(fields) = written {
        listed.extend(fields);
    }
    // The first event names its contract itself.
    listed.insert("contract".to_owned(), contract.as_str().into());
    Ok(listed)
}

#[derive(Serialize)]
struct Body {
    #[serde(rename = "type")]
    event_type: &'static str,
    timestamp: Value,
    data: Map<String, Value>,
}

/// Returns what an endpoint is sent of an event: the same bytes at every attempt.
pub(super) fn body(contract: &ContractId, seq: u64, event: &Event) -> Result<Vec<u8>, Failure> {
    let data = listed_event(contract, seq, event)?;
    let body = Body {
        event_type: event_type(&event.fact),
        timestamp: data.get("at").cloned().unwrap_or_default(),
        data,
    };
    serde_json::to_vec(&body).map_err(|error| Failure::Internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_core::units::{Credits, GrantId, MessageId, SeatId, Timestamp};

    fn at() -> Timestamp {
        Timestamp::parse("2026-01-05T09:00:00.5Z").unwrap()
    }

    fn text(fact: Fact) -> String {
        let event = Event { at: at(), fact };
        String::from_utf8(body(&ContractId::new("acme").unwrap(), 12, &event).unwrap()).unwrap()
    }

    #[test]
    fn a_body_has_the_event_as_listed() {
        let seen = Fact::MessageSeen {
            message: MessageId::new("m1").unwrap(),
            seat: SeatId::new("ana").unwrap(),
        };
        assert_eq!(
            text(seen),
            r#"{"type":"message_seen","timestamp":"2026-01-05T09:00:00.500Z","data":{"seq":12,"at":"2026-01-05T09:00:00.500Z","type":"message_seen","message":"m1","seat":"ana","contract":"acme"}}"#
        );
    }

    #[test]
    fn types_are_those_that_events_are_written_with() {
        let facts = [
            Fact::GrantStarted {
                grant: GrantId::new("g1").unwrap(),
                credits: Credits::ZERO,
            },
            Fact::ContractCancelled {
                credits: Credits::ZERO,
            },
            Fact::MessageLapsed {
                message: MessageId::new("m1").unwrap(),
                seat: SeatId::new("ana").unwrap(),
            },
        ];
        for fact in facts {
            let name = event_type(&fact);
            assert!(EVENT_TYPES.contains(&name));
            assert!(text(fact).starts_with(&format!("{{\"type\":\"{name}\"")));
        }
    }
}
