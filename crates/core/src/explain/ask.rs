//! Answers what becomes of a credit: "what happens if nobody answers?", "when do I get it back?".
//!
//! Owns: the question and its words. Does not own: any rule. Every answer is played on a contract of its
//! own, command by command, and read off its events, so that it is what the engine does.

use super::settled::Settlement;
use super::words::{Stakes, Tense, answered, duration, landing, sentence};
use super::{AnswerKind, Cited, Landing, cite, settled};
use crate::command::{
    AddSeat, Command, CreateContract, Grant, Letter, PRIORITY, Recipient, Respond, Send, Source,
};
use crate::contract::Contract;
use crate::decide::Rejection;
use crate::event::Event;
use crate::policy::{Policy, ResponseKind, Settled, Trigger};
use crate::state::{Credit, Status};
use crate::units::{ContractId, Credits, GrantId, MemberId, MessageId, SeatId, Timestamp};
use serde::Serialize;
use smallvec::smallvec;
use smol_str::SmolStr;
use std::sync::Arc;

/// A question: one message, and what becomes of its credit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Question {
    /// How the recipient answers; nothing means that nobody does, and `after_ms` is the moment of asking.
    pub response: Option<ResponseKind>,
    /// Whether the answer has a note.
    pub note: bool,
    /// Whether the recipient opens the message, as soon as it is sent.
    pub seen: bool,
    /// Whether the recipient reports the message. A report and an answer come in this order.
    pub report: bool,
    /// How long after the send the answer or the report comes, or the question is asked, in milliseconds.
    pub after_ms: i64,
}

/// What becomes of the credit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The policy.
    pub policy: SmolStr,
    /// The question.
    pub question: Question,
    /// Whether the message is answered, at the moment of asking.
    pub status: Status,
    /// What became of the credit, at the moment of asking.
    pub credit: Credit,
    /// How long after the send the stake ended; nothing while it is open.
    pub settled_after_ms: Option<i64>,
    /// The same in words.
    pub settled_after: Option<String>,
    /// What ended it.
    pub settled_by: Option<Trigger>,
    /// The rule that ended it.
    pub rule: Option<Cited>,
    /// Where the credits went when they came back.
    pub lands: Vec<Landing>,
    /// The response window's length.
    pub window_ms: i64,
    /// The same in words.
    pub window: String,
    /// While the stake is open: what becomes of it when nothing more happens.
    pub later: Option<Later>,
    /// All of it in plain sentences.
    pub text: Vec<String>,
}

/// What becomes of an open stake when nothing more happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Later {
    /// What becomes of the credit.
    pub credit: Credit,
    /// How long after the send: the end of the window, up to which it is still open.
    pub settled_after_ms: i64,
    /// The same in words.
    pub settled_after: String,
    /// The rule that ends it.
    pub rule: Cited,
    /// Where the credits go when they come back.
    pub lands: Vec<Landing>,
}

/// Answers a question about a policy, by playing it.
///
/// The message is a seat's first, one-to-one, at the policy's price. A policy that refuses it, which no policy
/// file can say, is answered with the credit `none`.
#[must_use]
pub fn ask(policy: &Arc<Policy>, question: &Question) -> Answer {
    let question = Question {
        after_ms: question.after_ms.max(0),
        ..*question
    };
    let mut play = Play::new(policy);
    match play.perform(&question) {
        Ok(()) => play.answer(question),
        Err(rejection) => play.refused(question, &rejection),
    }
}

/// A contract made to answer one question.
struct Play {
    policy: Arc<Policy>,
    contract: Contract,
    seat: SeatId,
    message: MessageId,
    events: Vec<Event>,
}

impl Play {
    fn new(policy: &Arc<Policy>) -> Self {
        let create = CreateContract {
            id: ContractId::stored("contract"),
            name: String::new(),
            policy: Arc::clone(policy),
            allotments: false,
            bulk_disabled: false,
        };
        let (contract, _) = Contract::create(&create, start());
        Self {
            policy: Arc::clone(policy),
            contract,
            seat: SeatId::stored("seat"),
            message: MessageId::stored("message"),
            events: Vec::new(),
        }
    }

    fn submit(&mut self, command: &Command, after: i64) -> Result<(), Rejection> {
        let at = start().plus_millis(after);
        let events = self.contract.submit(command, at)?;
        self.events.extend(events);
        Ok(())
    }

    fn wait(&mut self, after: i64) {
        let events = &mut self.events;
        let at = start().plus_millis(after);
        self.contract
            .catch_up(at, &mut |event| events.push(event.clone()));
    }

    fn perform(&mut self, question: &Question) -> Result<(), Rejection> {
        self.prepare()?;
        if question.seen {
            self.submit(&Command::Seen(self.message.clone()), 0)?;
        }
        if question.report {
            self.submit(&Command::Report(self.message.clone()), question.after_ms)?;
        }
        if let Some(kind) = question.response {
            let respond = Respond {
                message: self.message.clone(),
                kind,
                note: question.note,
                auto: false,
            };
            self.submit(&Command::Respond(respond), question.after_ms)?;
        }
        self.wait(question.after_ms);
        Ok(())
    }

    /// Adds a seat, gives it the credits of one message and sends that.
    fn prepare(&mut self) -> Result<(), Rejection> {
        let seat = AddSeat {
            id: self.seat.clone(),
            seat_type: self.policy.first_seat_type(),
            usage_limit: None,
            bulk_disabled: false,
        };
        let grant = Grant {
            id: GrantId::Named(SmolStr::new_static("credits")),
            credits: Credits(u64::from(self.policy.message.price)),
            source: Source::Purchase,
            effective_at: None,
            expires_at: None,
            priority: PRIORITY,
        };
        let letter = Letter {
            message: self.message.clone(),
            to: MemberId::stored("recipient"),
            recipient: Recipient::default(),
        };
        let send = Send {
            seat: self.seat.clone(),
            letters: smallvec![letter],
            campaign: None,
            subject_length: 0,
            body_length: 0,
        };
        self.submit(&Command::AddSeat(seat), 0)?;
        self.submit(&Command::Grant(grant), 0)?;
        self.submit(&Command::Send(send), 0)
    }

    fn settlement(&self) -> Option<Settlement> {
        let state = self.contract.state();
        settled::find(&self.events, &self.message, &self.policy, state)
    }

    /// Returns an answer that says nothing yet.
    fn blank(&self, question: Question) -> Answer {
        let (status, credit) = self.place();
        let window = self.policy.settlement.window.millis();
        Answer {
            policy: self.policy.name.clone(),
            question,
            status,
            credit,
            settled_after_ms: None,
            settled_after: None,
            settled_by: None,
            rule: None,
            lands: Vec::new(),
            window_ms: window,
            window: duration(window),
            later: None,
            text: Vec::new(),
        }
    }

    fn answer(mut self, question: Question) -> Answer {
        let mut answer = self.blank(question);
        if let Some(settlement) = self.settlement() {
            let after = settlement.at.millis_since(start());
            answer.settled_after_ms = Some(after);
            answer.settled_after = Some(duration(after));
            answer.settled_by = settlement.on;
            answer.rule = Some(cite::rule(&self.policy, settlement.rule));
            answer.lands = settlement.lands;
        }
        if answer.credit == Credit::Held {
            answer.later = self.later(answer.window_ms);
        }
        let stakes = Stakes::Credits(Credits(u64::from(self.policy.message.price)));
        answer.text = tell(&answer, stakes);
        answer
    }

    fn place(&self) -> (Status, Credit) {
        let view = self.contract.state().message(&self.message);
        view.map_or((Status::Pending, Credit::None), |view| {
            (view.status, view.credit)
        })
    }

    /// Plays on until the window has ended.
    fn later(&mut self, window: i64) -> Option<Later> {
        self.wait(window.saturating_add(1));
        let (_, credit) = self.place();
        let settlement = self.settlement()?;
        let after = settlement.at.millis_since(start());
        Some(Later {
            credit,
            settled_after_ms: after,
            settled_after: duration(after),
            rule: cite::rule(&self.policy, settlement.rule),
            lands: settlement.lands,
        })
    }

    fn refused(self, question: Question, rejection: &Rejection) -> Answer {
        let text = vec![format!(
            "The policy does not let the message go: {rejection}."
        )];
        Answer {
            text,
            ..self.blank(question)
        }
    }
}

fn start() -> Timestamp {
    Timestamp::from_millis(0).unwrap_or(Timestamp::MIN)
}

// --- the sentences

fn tell(answer: &Answer, stakes: Stakes) -> Vec<String> {
    let mut text = vec![so_far(answer, stakes)];
    text.extend(answer.rule.as_ref().map(Cited::because));
    if let Some(later) = &answer.later
        && let Some(credit) = ended(later.credit)
    {
        text.push(format!(
            "If nothing more happens, {} right after {}{} ({}).",
            stakes.will(credit),
            answer.window,
            landing(&later.lands),
            later.rule
        ));
        text.push(later.rule.because());
    }
    text
}

fn so_far(answer: &Answer, stakes: Stakes) -> String {
    let happened = happened(&answer.question);
    let (Some(credit), Some(rule)) = (ended(answer.credit), &answer.rule) else {
        let verb = if stakes.is_one() { "is" } else { "are" };
        let rest = answer.window_ms.saturating_sub(answer.question.after_ms);
        let rest = match rest {
            0 => "up to this instant".to_owned(),
            rest => format!("for {} more", duration(rest)),
        };
        return format!(
            "{happened}: {} {verb} still held, {rest}.",
            stakes.subject()
        );
    };
    let lands = landing(&answer.lands);
    match answer.settled_by {
        Some(Trigger::Response | Trigger::Report) => {
            format!(
                "{happened}: {} at once{lands} ({rule}).",
                stakes.will(credit)
            )
        }
        Some(Trigger::Send) => {
            format!(
                "{happened}: {} with the send itself ({rule}).",
                stakes.did(credit)
            )
        }
        Some(Trigger::Lapse) | None => format!(
            "{happened}: the window of {} had ended, and {} right after it{lands} ({rule}).",
            answer.window,
            stakes.did(credit)
        ),
    }
}

const fn ended(credit: Credit) -> Option<Settled> {
    match credit {
        Credit::Returned => Some(Settled::Returned),
        Credit::Consumed => Some(Settled::Consumed),
        Credit::Held | Credit::None => None,
    }
}

fn happened(question: &Question) -> String {
    let when = match question.after_ms {
        0 => "at the send".to_owned(),
        after => format!("{} after the send", duration(after)),
    };
    let answer = question.response.map(|kind| {
        let note = question.note.then_some(true);
        answered(&[AnswerKind { kind, note }], Tense::Present)
    });
    match (answer, question.report) {
        (Some(does), false) => format!("The recipient {does} {when}"),
        (Some(does), true) => format!("The recipient reports the message and {does} {when}"),
        (None, true) => format!("The recipient reports the message {when}"),
        (None, false) if question.seen => {
            format!(
                "{}, nobody has answered, and the message was seen",
                sentence(&when)
            )
        }
        (None, false) => format!(
            "{}, nobody has answered or seen the message",
            sentence(&when)
        ),
    }
}
