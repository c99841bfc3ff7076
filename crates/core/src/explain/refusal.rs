//! Tells why a command was refused: by which rule or setting, with which figures, until when, and what would
//! change it, cheapest for the user first.
//!
//! Owns: the story of each code. Does not own: refusing. Invariant: of a recipient nothing is said that the
//! refusal does not say.

use super::words::{count, sentence};
use super::{By, Change, Explanation, Outcome, Owner, Told, caught_up, cite, credits, standing};
use crate::command::{Accepts, Command, Letter, Send, Side};
use crate::contract::Contract;
use crate::policy::{Gate, Policy};
use crate::refusal::{NotOpen, Refusal};
use crate::state::seats::Seat;
use crate::units::{Credits, Days, MemberId, SeatId, Timestamp};

/// Explains why the command was refused at `at`, on the contract as it was then.
#[must_use]
pub fn refusal(
    contract: &Contract,
    command: &Command,
    refusal: &Refusal,
    at: Timestamp,
) -> Explanation {
    let contract = caught_up(contract, at);
    let policy = contract.policy(at);
    let send = match command {
        Command::Send(send) => Some(send),
        _ => None,
    };
    let case = Case {
        contract: &contract,
        policy,
        command,
        send,
        at,
    };
    let mut told = case.tell(refusal);
    let because = told.rule.as_ref().map(super::Cited::because);
    if let Some(because) = because.filter(|because| !told.text.contains(because)) {
        told.text.insert(0, because);
    }
    told.text
        .insert(0, format!("{}.", sentence(&refusal.to_string())));
    told.text.extend(said(&told.changes));
    told.instants.sort_by_key(|moment| moment.at);
    let code = refusal.code();
    told.into_explanation(&policy.name, at, Outcome::Refused { code })
}

/// Says what would change it.
fn said(changes: &[Change]) -> Option<String> {
    if changes.is_empty() {
        return None;
    }
    let texts: Vec<_> = changes.iter().map(|change| change.text.as_str()).collect();
    Some(format!("What would change it: {}", texts.join(" Or: ")))
}

/// A refused command with all that is known about it.
pub(super) struct Case<'a> {
    pub(super) contract: &'a Contract,
    pub(super) policy: &'a Policy,
    pub(super) command: &'a Command,
    pub(super) send: Option<&'a Send>,
    pub(super) at: Timestamp,
}

impl Case<'_> {
    fn tell(&self, refusal: &Refusal) -> Told {
        match refusal {
            Refusal::OutOfOrder { newest, at } => out_of_order(*newest, *at),
            Refusal::UnknownSeat(_) => unknown("seat"),
            Refusal::UnknownMessage(_) => unknown("message"),
            Refusal::UnknownGrant(_) => unknown("grant"),
            Refusal::DuplicateId(_) => duplicate_id(),
            Refusal::SubjectTooLong { length, most } => too_long(
                "message.subject_most",
                "shorten_subject",
                "subject",
                (*length, *most),
            ),
            Refusal::BodyTooLong { length, most } => too_long(
                "message.body_most",
                "shorten_body",
                "text",
                (*length, *most),
            ),
            Refusal::TooManyRecipients { count, most } => too_many_recipients(*count, *most),
            Refusal::ContractCancelled(cancelled) => contract_cancelled(*cancelled),
            Refusal::BulkDisabled(seat) => bulk_disabled(seat.as_ref()),
            Refusal::BulkRestricted { seat, until } => self.bulk_restricted(seat, *until),
            Refusal::ResponseRateTooLow {
                seat,
                sent,
                responded,
            } => self.response_rate_too_low(seat, (*sent, *responded)),
            Refusal::UsageLimitReached {
                seat,
                used,
                limit,
                until,
            } => self.usage_limit_reached(seat, (*used, *limit), *until),
            Refusal::RecipientBlocked(member) => recipient_blocked(member),
            Refusal::RecipientClosed(member) => recipient_closed(member),
            Refusal::RecipientBusy { cap, .. } => self.recipient_busy(*cap),
            Refusal::AlreadyPending {
                seat,
                to,
                pending,
                most,
            } => self.already_pending(seat, to, (*pending, *most)),
            Refusal::InsufficientCredits { price, available } => {
                credits::insufficient(self, *price, *available)
            }
            Refusal::NotOpen { why, .. } => self.not_open(*why),
            Refusal::TooManyCredits => self.too_many_credits(),
        }
    }

    fn letters(&self) -> &[Letter] {
        self.send.map_or(&[], |send| send.letters.as_slice())
    }

    fn seat(&self, id: &SeatId) -> Option<&Seat> {
        let seats = &self.contract.state().seats;
        seats.find(id).map(|number| seats.get(number))
    }

    // --- the gate

    fn bulk_restricted(&self, id: &SeatId, until: Timestamp) -> Told {
        let mut told = match self.seat(id) {
            Some(seat) => standing::outlook(self.contract, seat, self.at, 1),
            None => Told::default(),
        };
        told.changes.insert(
            0,
            Change::new(
                By::Sender,
                "send_one_to_one",
                "Send it to one member, outside a campaign: one-to-one messages are allowed.",
            ),
        );
        told.instant("until", until)
    }

    fn response_rate_too_low(&self, id: &SeatId, (sent, responded): (u32, u32)) -> Told {
        let staking = self
            .letters()
            .iter()
            .filter(|letter| letter.recipient.accepts != Accepts::Open)
            .count();
        let new = u32::try_from(staking).unwrap_or(u32::MAX).max(1);
        let Some(seat) = self.seat(id) else {
            return Told::default();
        };
        let told = standing::outlook(self.contract, seat, self.at, new);
        match (&self.policy.gate, self.letters()) {
            // A campaign's own messages are counted as it is checked.
            (Gate::Thread(_), [_, _, ..]) => told
                .figure("sent_when_refused", sent)
                .figure("responded_when_refused", responded),
            _ => told,
        }
    }

    fn usage_limit_reached(
        &self,
        id: &SeatId,
        (used, limit): (u32, u32),
        until: Timestamp,
    ) -> Told {
        let rule = cite::setting(
            Owner::Seat,
            "seat.usage_limit",
            "An administrator limits how many messages the seat sends a month; a returned credit does not give the limit back.",
        );
        let (month, _) = self.contract.state().month(self.at);
        let sent = self.seat(id).map_or(used, |seat| seat.used_in(month));
        let left = limit.saturating_sub(sent);
        let asked = u32::try_from(self.letters().len()).unwrap_or(u32::MAX);
        let mut told = Told::by(rule)
            .figure("used", sent)
            .figure("limit", limit)
            .figure("left", left)
            .instant("until", until);
        if asked > 1 && left > 0 {
            told = told.change(
                Change::new(
                    By::Sender,
                    "fewer_recipients",
                    format!("Send to {} at most this month.", count(left, "member")),
                )
                .amount(left),
            );
        }
        if asked.max(1) <= limit {
            told = told.change(
                Change::new(
                    By::Time,
                    "wait",
                    format!("Wait until {until}, when the contract's next month begins."),
                )
                .at(until),
            );
        }
        told.change(Change::new(
            By::Admin,
            "raise_limit",
            "An administrator can raise the seat's limit or lift it.",
        ))
    }

    // --- the recipient

    fn recipient_busy(&self, cap: u32) -> Told {
        let rule = cite::setting(
            Owner::Member,
            "member.daily_cap",
            "The recipient limits how many cold messages come on one day (UTC).",
        );
        let told = Told::by(rule).figure("daily_cap", cap);
        let Some(tomorrow) = next_day(self.at).filter(|_| cap > 0) else {
            return told.say("There is nothing to wait for: the recipient takes none on any day.");
        };
        told.instant("next_day_at", tomorrow).change(
            Change::new(
                By::Time,
                "wait",
                format!("Wait until {tomorrow}, when the next day (UTC) begins."),
            )
            .at(tomorrow),
        )
    }

    fn already_pending(&self, seat: &SeatId, to: &MemberId, (pending, most): (u32, u32)) -> Told {
        let mut told = Told::by(cite::number("message.pending_most"))
            .figure("pending", pending)
            .figure("most", most);
        let state = self.contract.state();
        let mut deadlines: Vec<_> = state
            .seats
            .find(seat)
            .into_iter()
            .flat_map(|number| state.messages.pending_to(number, to.as_str()))
            .map(|message| message.deadline())
            .collect();
        deadlines.sort_unstable();
        let same = self
            .letters()
            .iter()
            .filter(|letter| letter.to == *to)
            .count();
        if same > 1 {
            told = told.change(Change::new(
                By::Sender,
                "name_once",
                format!("Name `{to}` only once in the campaign."),
            ));
        }
        told = told.change(
            Change::new(
                By::Recipient,
                "answer",
                format!("`{to}` answers one of them."),
            )
            .amount(1_u32),
        );
        // The send passes once so many have ended that fewer than the most are left.
        let over = usize::try_from(pending.saturating_sub(most)).unwrap_or(usize::MAX);
        match deadlines.get(over) {
            Some(deadline) => {
                let passes = deadline.plus_millis(1);
                told.instant("passes_at", passes).change(
                    Change::new(
                        By::Time,
                        "wait",
                        format!("Wait until {passes}, right after a window ends that is open now."),
                    )
                    .at(passes),
                )
            }
            None => told,
        }
    }

    // --- conversations and credits

    fn not_open(&self, why: NotOpen) -> Told {
        let rule = |why| cite::setting(Owner::Engine, "conversation", why);
        let from_member = matches!(
            self.command,
            Command::FollowUp(follow_up) if follow_up.from == Side::Member
        );
        match (why, from_member) {
            (NotOpen::Unanswered, true) => Told::by(rule(
                "The recipient's first message is the answer, and it is what settles the stake.",
            ))
            .change(Change::new(
                By::Recipient,
                "answer",
                "Answer the message instead of writing on.",
            )),
            (NotOpen::Unanswered, false) => Told::by(rule(
                "A conversation opens when the recipient answers; until then the one message is all there is.",
            ))
            .change(Change::new(By::Recipient, "answer", "The recipient answers."))
            .change(Change::new(
                By::Sender,
                "send_again",
                "Send a new message, which stakes a credit of its own.",
            )),
            (NotOpen::Declined, _) => Told::by(rule(
                "\"Not interested\" without a note closes the conversation to the sender.",
            ))
            .change(Change::new(
                By::Sender,
                "send_again",
                "Send a new message, which stakes a credit of its own.",
            ))
            .change(Change::new(
                By::Recipient,
                "write_on",
                "The recipient may write on, and that opens it.",
            )),
        }
    }

    fn too_many_credits(&self) -> Told {
        let granted = self.contract.state().balance().granted;
        let left = Credits(Credits::MOST.0.saturating_sub(granted.0));
        let rule = cite::setting(
            Owner::Engine,
            "contract.credits_most",
            "Every figure stays one that any JSON reader keeps exactly.",
        );
        let told = Told::by(rule)
            .figure("granted", granted.0)
            .figure("most", Credits::MOST.0)
            .figure("left", left.0);
        if left.is_zero() {
            return told;
        }
        told.change(
            Change::new(
                By::Admin,
                "grant_fewer",
                format!("Grant {} at most.", count(left.0, "credit")),
            )
            .amount(left.0),
        )
    }
}

// --- refusals that tell all of it themselves

fn out_of_order(newest: Timestamp, at: Timestamp) -> Told {
    let rule = cite::setting(
        Owner::Engine,
        "contract.clock",
        "A contract's clock never goes back, so that its history cannot be rewritten.",
    );
    Told::by(rule)
        .instant("newest", newest)
        .instant("command_at", at)
        .change(
            Change::new(
                By::Sender,
                "later_instant",
                format!("Give an instant of {newest} or later."),
            )
            .at(newest),
        )
}

fn unknown(what: &str) -> Told {
    let rule = cite::setting(
        Owner::Engine,
        &format!("{what}.id"),
        "A command names what its contract has.",
    );
    let told = Told::by(rule).change(Change::new(
        By::Sender,
        "other_id",
        format!("Give the id of a {what} of this contract."),
    ));
    match what {
        "seat" => told.change(Change::new(By::Admin, "add_seat", "Add the seat first.")),
        _ => told,
    }
}

fn duplicate_id() -> Told {
    let rule = cite::setting(
        Owner::Engine,
        "id",
        "An id names one thing of a contract for good.",
    );
    Told::by(rule).change(Change::new(
        By::Sender,
        "other_id",
        "Give another id, or none and have one made up.",
    ))
}

fn too_long(path: &str, action: &'static str, part: &str, (length, most): (u32, u32)) -> Told {
    let over = length.saturating_sub(most);
    Told::by(cite::number(path))
        .figure("length", length)
        .figure("most", most)
        .figure("over", over)
        .change(
            Change::new(
                By::Sender,
                action,
                format!("Take {} out of the {part}.", count(over, "character")),
            )
            .amount(over),
        )
}

fn too_many_recipients(number: usize, most: u32) -> Told {
    let number = u64::try_from(number).unwrap_or(u64::MAX);
    let campaigns = number.div_ceil(u64::from(most.max(1)));
    Told::by(cite::number("message.recipients_most"))
        .figure("recipients", number)
        .figure("most", most)
        .change(
            Change::new(
                By::Sender,
                "split",
                format!(
                    "Split it into {} of {} at most.",
                    count(campaigns, "campaign"),
                    count(most, "recipient")
                ),
            )
            .amount(campaigns),
        )
}

fn contract_cancelled(cancelled: Timestamp) -> Told {
    let rule = cite::setting(
        Owner::Contract,
        "contract.cancelled",
        "A cancelled contract has no credits, takes no sends and no grants; open stakes still settle.",
    );
    Told::by(rule)
        .instant("cancelled_at", cancelled)
        .change(Change::new(
            By::Admin,
            "other_contract",
            "Nothing lifts a cancellation; another contract can send.",
        ))
}

fn bulk_disabled(seat: Option<&SeatId>) -> Told {
    let rule = match seat {
        Some(_) => cite::setting(
            Owner::Seat,
            "seat.bulk_disabled",
            "An administrator has switched bulk sending off for the seat.",
        ),
        None => cite::setting(
            Owner::Contract,
            "contract.bulk_disabled",
            "An administrator has switched bulk sending off for all seats.",
        ),
    };
    Told::by(rule)
        .change(Change::new(
            By::Sender,
            "send_one_to_one",
            "Send it to one member, outside a campaign.",
        ))
        .change(Change::new(
            By::Admin,
            "allow_bulk",
            "An administrator can switch bulk sending on.",
        ))
}

fn recipient_blocked(member: &MemberId) -> Told {
    let rule = cite::setting(
        Owner::Member,
        "member.blocks",
        "A member may block a seat or a whole contract.",
    );
    Told::by(rule).change(Change::new(
        By::Recipient,
        "unblock",
        format!("Only `{member}` can lift the block."),
    ))
}

fn recipient_closed(member: &MemberId) -> Told {
    let rule = cite::setting(
        Owner::Member,
        "member.accepts",
        "A member may accept no cold messages at all.",
    );
    Told::by(rule).change(Change::new(
        By::Recipient,
        "accept_messages",
        format!("Only `{member}` can accept cold messages again."),
    ))
}

/// Returns the start of the next UTC day.
fn next_day(at: Timestamp) -> Option<Timestamp> {
    let tomorrow = at.utc_day().checked_add(1)?;
    Timestamp::from_millis(tomorrow.checked_mul(Days(1).millis())?)
}
