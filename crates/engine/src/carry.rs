//! Says what each order becomes: a command of the core, and an answer.

use crate::decide::Deciding;
use crate::failure::Failure;
use crate::order::{
    NewCampaign, NewGrant, NewLetter, NewResponse, NewSeat, NewVersion, NewWriting, SeatChange,
    What,
};
use crate::record::{CampaignRecord, Reply, WritingRecord};
use crate::slot::{OrderJob, Prepared, gave_up};
use earnest_core::command::{
    AddPolicy, AddSeat, ChangeSeat, Command, FollowUp, Grant, Letter, Respond, Send, Side, is_note,
};
use earnest_core::refusal::Refusal;
use earnest_core::units::{CampaignId, GrantId, MessageId, SeatId, Timestamp};
use earnest_store::{NewMessage, Writing};
use smallvec::SmallVec;
use std::sync::Arc;

impl Deciding<'_> {
    /// Carries an order out at `at`, or says why not.
    pub(crate) fn order(&mut self, job: &OrderJob, at: Timestamp) -> Result<Reply, Failure> {
        match &job.order.what {
            What::Create(_) => Err(gave_up()),
            What::AddSeat(seat) => self.add_seat(seat, at),
            What::ChangeSeat(change) => self.change_seat(change, at),
            What::Grant(grant) => self.grant(grant, at),
            What::Revoke(grant) => self.revoke(grant, at),
            What::Send(letter) => self.send(job, letter, at),
            What::Campaign(campaign) => self.campaign(job, campaign, at),
            What::Respond(response) => self.respond(response, at),
            What::Seen(message) => self.seen(message, at),
            What::Report(message) => self.report(message, at),
            What::Write(writing) => self.write(job, writing, at),
            What::AddPolicy(version) => self.add_policy(job, version, at),
            What::Cancel => {
                self.submit(&Command::Cancel, at)?;
                Ok(Reply::Contract(self.hot.record(at)))
            }
            What::GoLive => {
                if !self.hot.is_live() {
                    self.go_live();
                }
                Ok(Reply::Contract(self.hot.record(at)))
            }
        }
    }

    fn add_seat(&mut self, seat: &NewSeat, at: Timestamp) -> Result<Reply, Failure> {
        let id = match &seat.id {
            Some(id) => id.clone(),
            None => made(SeatId::new(self.engine.make_id("s-")))?,
        };
        let first = || self.hot.contract.policy(at).first_seat_type();
        let command = Command::AddSeat(AddSeat {
            id: id.clone(),
            seat_type: seat.seat_type.clone().unwrap_or_else(first),
            usage_limit: seat.usage_limit,
            bulk_disabled: seat.bulk_disabled,
        });
        self.submit(&command, at)?;
        self.seat_reply(&id, at)
    }

    fn change_seat(&mut self, change: &SeatChange, at: Timestamp) -> Result<Reply, Failure> {
        let now = self.hot.contract.seat(&change.seat, at);
        let limit = now.as_ref().and_then(|seat| seat.usage_limit);
        let bulk = now.as_ref().is_some_and(|seat| seat.bulk_disabled);
        let usage_limit = change.usage_limit.unwrap_or(limit);
        let bulk_disabled = change.bulk_disabled.unwrap_or(bulk);
        if now.is_none() || (usage_limit, bulk_disabled) != (limit, bulk) {
            let command = Command::ChangeSeat(ChangeSeat {
                id: change.seat.clone(),
                usage_limit,
                bulk_disabled,
            });
            self.submit(&command, at)?;
        }
        self.seat_reply(&change.seat, at)
    }

    /// Answers with a seat as it is after an order: the contract does not know any more how it was before its clock.
    fn seat_reply(&self, id: &SeatId, at: Timestamp) -> Result<Reply, Failure> {
        let at = at.max(self.hot.contract.state().clock());
        let seat = self.hot.seat(id, at).ok_or_else(gave_up)?;
        Ok(Reply::Seat(seat))
    }

    fn grant(&mut self, grant: &NewGrant, at: Timestamp) -> Result<Reply, Failure> {
        let id = match &grant.id {
            Some(id) => id.clone(),
            None => made(GrantId::new(self.engine.make_id("g-")))?,
        };
        let command = Command::Grant(Grant {
            id: id.clone(),
            credits: grant.credits,
            source: grant.source,
            effective_at: grant.effective_at,
            expires_at: grant.expires_at,
            priority: grant.priority,
        });
        self.submit(&command, at)?;
        let grant = self.hot.grant(&id).ok_or_else(gave_up)?;
        Ok(Reply::Grant(grant))
    }

    fn revoke(&mut self, id: &GrantId, at: Timestamp) -> Result<Reply, Failure> {
        let before = self.hot.grant(id);
        if let Some(grant) = before.as_ref().filter(|grant| grant.revoked) {
            return Ok(Reply::Grant(grant.clone()));
        }
        let command = Command::Revoke(id.clone());
        if before.is_none() && at >= self.hot.contract.state().clock() {
            // One that the engine made and that is spent is gone: nothing is left to take or comes back to it, and
            // every question about it is answered as about one that never was.
            return Err(self.refuse(&command, Refusal::UnknownGrant(id.clone()), at));
        }
        self.submit(&command, at)?;
        Ok(Reply::Grant(self.hot.grant(id).ok_or_else(gave_up)?))
    }

    fn send(
        &mut self,
        job: &OrderJob,
        letter: &NewLetter,
        at: Timestamp,
    ) -> Result<Reply, Failure> {
        let id = match &letter.id {
            Some(id) => id.clone(),
            None => self.engine.make_message_id(at),
        };
        let Prepared::Recipients(wishes) = &job.prepared else {
            return Err(gave_up());
        };
        let wishes = wishes.first().copied().unwrap_or_default();
        let mut letters: SmallVec<[Letter; 1]> = SmallVec::new();
        letters.push(Letter {
            message: id.clone(),
            to: letter.to.clone(),
            recipient: self.known.recipient(&letter.to, wishes, at),
        });
        let send = Send {
            seat: letter.seat.clone(),
            letters,
            campaign: letter.campaign.clone(),
            subject_length: length(&letter.subject),
            body_length: length(&letter.body),
        };
        let command = Command::Send(send);
        self.refuse_if_elsewhere(&command, &id, at)?;
        let first = self.next_seq() + u64::try_from(self.hot.ahead.len()).unwrap_or(0);
        self.submit(&command, at)?;
        self.sent(&command, &letter.subject, &letter.body, first, at);
        Ok(Reply::Message(self.message_record(&id)?))
    }

    /// Refuses an id that another contract, or a message that was forgotten here, has.
    fn refuse_if_elsewhere(
        &self,
        command: &Command,
        id: &MessageId,
        at: Timestamp,
    ) -> Result<(), Failure> {
        if self.known.rows.contains_key(id) && self.hot.contract.state().message(id).is_none() {
            return Err(self.refuse(command, Refusal::DuplicateId(id.to_string()), at));
        }
        Ok(())
    }

    fn campaign(
        &mut self,
        job: &OrderJob,
        campaign: &NewCampaign,
        at: Timestamp,
    ) -> Result<Reply, Failure> {
        let id = match &campaign.id {
            Some(id) => id.clone(),
            None => made(CampaignId::new(self.engine.make_id("c-")))?,
        };
        let Prepared::Recipients(wishes) = &job.prepared else {
            return Err(gave_up());
        };
        let letters: SmallVec<[Letter; 1]> = campaign
            .to
            .iter()
            .zip(wishes)
            .map(|(to, wishes)| Letter {
                message: self.engine.make_message_id(at),
                to: to.clone(),
                recipient: self.known.recipient(to, *wishes, at),
            })
            .collect();
        let ids: Vec<MessageId> = letters.iter().map(|it| it.message.clone()).collect();
        let command = Command::Send(Send {
            seat: campaign.seat.clone(),
            letters,
            campaign: Some(id.clone()),
            subject_length: length(&campaign.subject),
            body_length: length(&campaign.body),
        });
        let first = self.next_seq() + u64::try_from(self.hot.ahead.len()).unwrap_or(0);
        self.submit(&command, at)?;
        self.sent(&command, &campaign.subject, &campaign.body, first, at);
        let messages: Result<Vec<_>, _> = ids.iter().map(|id| self.message_record(id)).collect();
        Ok(Reply::Campaign(CampaignRecord {
            id,
            messages: messages?,
        }))
    }

    /// Keeps the texts of what was just sent; `first` is the number of the first of its events.
    fn sent(&mut self, command: &Command, subject: &str, body: &str, first: u64, at: Timestamp) {
        let Command::Send(send) = command else {
            return;
        };
        let mut seq = first;
        for letter in &send.letters {
            let Some(view) = self.hot.contract.state().message(&letter.message) else {
                continue;
            };
            self.known.count_sent(&letter.to, at);
            let consumed = view.settled_by.is_some();
            self.note_sent(NewMessage {
                id: view.id,
                seq,
                seat: view.seat,
                to: view.to,
                campaign: send.campaign.clone(),
                bulk: view.bulk,
                sent_at: view.sent_at,
                deadline: view.deadline,
                version: view.version,
                price: view.price,
                subject: subject.to_owned(),
                body: body.to_owned(),
            });
            // A stake that the send itself consumes has an event of its own.
            seq += 1 + u64::from(consumed);
        }
    }

    fn respond(&mut self, response: &NewResponse, at: Timestamp) -> Result<Reply, Failure> {
        let note = response.note.as_deref().filter(|note| is_note(note));
        let id = &response.message;
        let first = self.is_unanswered(id);
        let command = Command::Respond(Respond {
            message: id.clone(),
            kind: response.kind,
            note: note.is_some(),
            auto: response.auto,
        });
        let seq = self.next_seq() + u64::try_from(self.hot.ahead.len()).unwrap_or(0);
        self.submit(&command, at)?;
        if let (true, false, Some(note)) = (first, self.is_unanswered(id), note) {
            self.note(id, note.to_owned());
        }
        self.writings.push(Writing {
            message: id.clone(),
            seq,
            at,
            from: Side::Member,
            response: Some(response.kind),
            auto: response.auto,
            text: note.unwrap_or_default().to_owned(),
        });
        Ok(Reply::Message(self.message_record(id)?))
    }

    fn is_unanswered(&self, id: &MessageId) -> bool {
        let view = self.hot.contract.state().message(id);
        view.is_some_and(|view| view.responded_at.is_none())
    }

    /// Marks a message as seen; one that was seen before stays as it is.
    fn seen(&mut self, id: &MessageId, at: Timestamp) -> Result<Reply, Failure> {
        let view = self.hot.contract.state().message(id);
        if view.is_none_or(|view| view.seen_at.is_none()) {
            self.submit(&Command::Seen(id.clone()), at)?;
        }
        Ok(Reply::Message(self.message_record(id)?))
    }

    /// Reports a message; one that was reported before stays as it is.
    fn report(&mut self, id: &MessageId, at: Timestamp) -> Result<Reply, Failure> {
        let view = self.hot.contract.state().message(id);
        if view.is_none_or(|view| view.reported_at.is_none()) {
            self.submit(&Command::Report(id.clone()), at)?;
        }
        Ok(Reply::Message(self.message_record(id)?))
    }

    fn write(&mut self, job: &OrderJob, new: &NewWriting, at: Timestamp) -> Result<Reply, Failure> {
        let command = Command::FollowUp(FollowUp {
            message: new.message.clone(),
            from: new.from,
            blocked: matches!(job.prepared, Prepared::Blocked(true)),
        });
        let seq = self.next_seq() + u64::try_from(self.hot.ahead.len()).unwrap_or(0);
        self.submit(&command, at)?;
        let writing = Writing {
            message: new.message.clone(),
            seq,
            at,
            from: new.from,
            response: None,
            auto: false,
            text: new.body.clone(),
        };
        self.writings.push(writing.clone());
        Ok(Reply::Writing(WritingRecord::from(writing)))
    }

    fn add_policy(
        &mut self,
        job: &OrderJob,
        version: &NewVersion,
        at: Timestamp,
    ) -> Result<Reply, Failure> {
        let Prepared::Policy(policy, text) = &job.prepared else {
            return Err(gave_up());
        };
        let command = Command::AddPolicy(AddPolicy {
            policy: Arc::clone(policy),
            effective_at: version.effective_at,
        });
        self.submit(&command, at)?;
        self.hot.details.texts.push(text.clone());
        self.details_changed = true;
        Ok(Reply::Contract(self.hot.record(at)))
    }
}

impl From<Writing> for WritingRecord {
    fn from(writing: Writing) -> Self {
        Self {
            message: writing.message,
            seq: writing.seq,
            at: writing.at,
            from: writing.from,
            response: writing.response,
            auto: writing.auto,
            text: writing.text,
        }
    }
}

/// Returns a text's length in Unicode code points.
pub(crate) fn length(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

/// Returns an id that was made up, which always is one.
fn made<T, E: std::fmt::Display>(id: Result<T, E>) -> Result<T, Failure> {
    id.map_err(|error| Failure::Internal(error.to_string()))
}
