//! Lists every code of the API with its status, its title and what to do about it.

use earnest_core::refusal::Refusal;
use hyper::StatusCode;

/// A code of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeEntry {
    /// The code: stable, what programs rely on.
    pub code: &'static str,
    /// The status that it comes with.
    pub status: u16,
    /// What it means, in a few words.
    pub title: &'static str,
    /// What to do about it.
    pub advice: &'static str,
}

macro_rules! codes {
    ($($name:ident, $code:literal, $status:ident, $title:literal, $advice:literal;)*) => {
        /// Why a request was not answered as it hoped; what programs tell apart.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        impl Code {
            /// Returns the code's stable text.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Returns what the code means, in a few words.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// Returns the status that the code comes with.
            #[must_use]
            pub const fn status_code(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }
        }

        /// Every code of the API: first those of requests, then the refusals in the order of their checks.
        pub const CODES: &[CodeEntry] = &[
            $(CodeEntry {
                code: $code,
                status: StatusCode::$status.as_u16(),
                title: $title,
                advice: $advice,
            },)*
        ];
    };
}

codes! {
    Unauthorized, "unauthorized", UNAUTHORIZED, "no valid key",
        "Send `Authorization: Bearer KEY` with a key that exists and was not revoked.";
    Forbidden, "forbidden", FORBIDDEN, "the key's scope never allows this",
        "Use a key of another scope; docs/api.md has the table of scopes.";
    AtNotAllowed, "at_not_allowed", FORBIDDEN, "`at` is for import keys",
        "Leave `at` out, or use a key with the scope `import` to tell a history.";
    NotFound, "not_found", NOT_FOUND, "what the path names is not there",
        "Check the ids in the path; a thing beyond the key's reach is answered the same way.";
    UnknownRoute, "unknown_route", NOT_FOUND, "there is no such route",
        "Check the path against /openapi.json.";
    MethodNotAllowed, "method_not_allowed", METHOD_NOT_ALLOWED, "the route has no such method",
        "Use a method that the `Allow` header names.";
    InvalidJson, "invalid_json", BAD_REQUEST, "the body is not JSON",
        "Send one JSON object in UTF-8 that names no key twice.";
    InvalidField, "invalid_field", BAD_REQUEST, "a field has a value that it cannot have",
        "Correct the field that `field` names.";
    UnknownField, "unknown_field", BAD_REQUEST, "the body has a field that is not known",
        "Leave the field out that `field` names, or correct its spelling.";
    MissingField, "missing_field", BAD_REQUEST, "a field is missing",
        "Add the field that `field` names.";
    UnknownParameter, "unknown_parameter", BAD_REQUEST, "the query has a parameter that is not known",
        "Leave the parameter out that `field` names, or correct its spelling.";
    InvalidParameter, "invalid_parameter", BAD_REQUEST, "a query parameter has a value that it cannot have",
        "Correct the parameter that `field` names.";
    InvalidCursor, "invalid_cursor", BAD_REQUEST, "the cursor is not of this list",
        "Send the `next_cursor` of an earlier page of the same list, with the same parameters.";
    InvalidHeader, "invalid_header", BAD_REQUEST, "a header has a value that it cannot have",
        "Correct the header that `field` names.";
    IdempotencyKeyMissing, "idempotency_key_missing", BAD_REQUEST, "an idempotency key is required",
        "Send `Idempotency-Key` with a text of your own, new for each order, the same for each repetition.";
    InvalidIdempotencyKey, "invalid_idempotency_key", BAD_REQUEST, "the idempotency key is none",
        "Send 1 to 255 visible ASCII characters, for a batch at most 250.";
    IdempotencyKeyReused, "idempotency_key_reused", CONFLICT, "the idempotency key was used with another body",
        "Use a new key for a new order; repeat an old one with the very same bytes, on the same route.";
    UnsupportedMediaType, "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "the body's type is not JSON",
        "Send `Content-Type: application/json`.";
    BodyTooLarge, "body_too_large", PAYLOAD_TOO_LARGE, "the body is too large",
        "Send at most 1 MiB, for a batch 32 MiB.";
    BodyTimeout, "body_timeout", REQUEST_TIMEOUT, "the body stood still for too long",
        "Send the body without long pauses.";
    RateLimited, "rate_limited", TOO_MANY_REQUESTS, "the key makes too many requests",
        "Wait as long as `Retry-After` says.";
    Overloaded, "overloaded", SERVICE_UNAVAILABLE, "the server has too much to do",
        "Try again after what `Retry-After` says; nothing was done.";
    Unavailable, "unavailable", SERVICE_UNAVAILABLE, "the store cannot be reached",
        "Try again with the same idempotency key.";
    Internal, "internal_error", INTERNAL_SERVER_ERROR, "something is wrong with this server",
        "Report it, with the request's id.";
    UnknownContract, "unknown_contract", UNPROCESSABLE_ENTITY, "there is no such contract",
        "Check the body's contract; one beyond the key's reach is answered the same way.";
    UnknownPolicy, "unknown_policy", UNPROCESSABLE_ENTITY, "there is no such policy",
        "Use a name that GET /v1/policies lists, or upload the policy first.";
    InvalidPolicy, "invalid_policy", UNPROCESSABLE_ENTITY, "the policy has mistakes",
        "Correct the lines that `detail` names; `earnest policy validate` finds the same.";
    AddressNotAllowed, "address_not_allowed", UNPROCESSABLE_ENTITY, "the address is private",
        "Use an address that the public can reach, or set EARNEST_WEBHOOK_ALLOW_PRIVATE=true.";
    OutOfOrder, "out_of_order", UNPROCESSABLE_ENTITY, "the command is older than the newest event",
        "Tell a history in its order.";
    UnknownSeat, "unknown_seat", UNPROCESSABLE_ENTITY, "there is no such seat",
        "Check the body's seat; one beyond the key's reach is answered the same way.";
    DuplicateId, "duplicate_id", UNPROCESSABLE_ENTITY, "the id is taken",
        "Use another id, or leave it out and one is made up.";
    SubjectTooLong, "subject_too_long", UNPROCESSABLE_ENTITY, "the subject is too long",
        "Shorten it.";
    BodyTooLong, "body_too_long", UNPROCESSABLE_ENTITY, "the message's body is too long",
        "Shorten it.";
    TooManyRecipients, "too_many_recipients", UNPROCESSABLE_ENTITY, "the campaign has too many recipients",
        "Split it.";
    ContractCancelled, "contract_cancelled", UNPROCESSABLE_ENTITY, "the contract was cancelled",
        "Begin another contract.";
    BulkDisabled, "bulk_disabled", UNPROCESSABLE_ENTITY, "bulk sending is switched off",
        "Send to one member at a time, or have it switched on.";
    BulkRestricted, "bulk_restricted", UNPROCESSABLE_ENTITY, "the gate restricts the seat",
        "Send to one member at a time; answers lift the restriction.";
    ResponseRateTooLow, "response_rate_too_low", UNPROCESSABLE_ENTITY, "too few of the seat's messages were answered",
        "Wait for answers, or for old messages to leave the window.";
    UsageLimitReached, "usage_limit_reached", UNPROCESSABLE_ENTITY, "the seat's month is used up",
        "Wait for the next month, or have the limit raised.";
    RecipientBlocked, "recipient_blocked", UNPROCESSABLE_ENTITY, "the recipient blocks the sender",
        "Write to somebody else.";
    RecipientClosed, "recipient_closed", UNPROCESSABLE_ENTITY, "the recipient accepts no cold messages",
        "Write to somebody else.";
    RecipientBusy, "recipient_busy", UNPROCESSABLE_ENTITY, "the recipient has had the day's messages",
        "Try again on the next UTC day.";
    AlreadyPending, "already_pending", UNPROCESSABLE_ENTITY, "earlier messages to the recipient are unanswered",
        "Wait for an answer or a lapse.";
    InsufficientCredits, "insufficient_credits", UNPROCESSABLE_ENTITY, "too few credits",
        "Buy credits, or wait until some come back; the explanation says when.";
    UnknownMessage, "unknown_message", UNPROCESSABLE_ENTITY, "there is no such message",
        "Check the body's message; one beyond the key's reach is answered the same way.";
    UnknownGrant, "unknown_grant", UNPROCESSABLE_ENTITY, "there is no such grant",
        "Check the grant's id.";
    NotOpen, "not_open", UNPROCESSABLE_ENTITY, "the conversation is not open",
        "Wait for the recipient to write.";
    TooManyCredits, "too_many_credits", UNPROCESSABLE_ENTITY, "the contract would have too many credits",
        "A contract is granted at most 2^53 - 1 credits.";
}

impl Code {
    /// Returns the status as a number.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.status_code().as_u16()
    }

    /// Returns the code of a refusal.
    #[must_use]
    pub const fn of_refusal(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::OutOfOrder { .. } => Self::OutOfOrder,
            Refusal::UnknownSeat(_) => Self::UnknownSeat,
            Refusal::DuplicateId(_) => Self::DuplicateId,
            Refusal::SubjectTooLong { .. } => Self::SubjectTooLong,
            Refusal::BodyTooLong { .. } => Self::BodyTooLong,
            Refusal::TooManyRecipients { .. } => Self::TooManyRecipients,
            Refusal::ContractCancelled(_) => Self::ContractCancelled,
            Refusal::BulkDisabled(_) => Self::BulkDisabled,
            Refusal::BulkRestricted { .. } => Self::BulkRestricted,
            Refusal::ResponseRateTooLow { .. } => Self::ResponseRateTooLow,
            Refusal::UsageLimitReached { .. } => Self::UsageLimitReached,
            Refusal::RecipientBlocked(_) => Self::RecipientBlocked,
            Refusal::RecipientClosed(_) => Self::RecipientClosed,
            Refusal::RecipientBusy { .. } => Self::RecipientBusy,
            Refusal::AlreadyPending { .. } => Self::AlreadyPending,
            Refusal::InsufficientCredits { .. } => Self::InsufficientCredits,
            Refusal::UnknownMessage(_) => Self::UnknownMessage,
            Refusal::UnknownGrant(_) => Self::UnknownGrant,
            Refusal::NotOpen { .. } => Self::NotOpen,
            Refusal::TooManyCredits => Self::TooManyCredits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_code() {
        for code in Refusal::CODES {
            let entry = CODES.iter().find(|entry| entry.code == code);
            assert_eq!(entry.map(|entry| entry.status), Some(422), "{code}");
        }
    }

    #[test]
    fn no_code_stands_twice() {
        let mut codes: Vec<&str> = CODES.iter().map(|entry| entry.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), CODES.len());
    }
}
