//! Makes a [`Log`] of messages as they come.
//!
//! Owns: the numbering of ids, and putting the parts together. Does not own: where messages come from, nor the order
//! of contracts ([`super::group`]) and within one ([`super::order`]). Invariant: what comes out depends on the messages
//! and their order alone, not on threads.

use super::campaigns::Campaigns;
use super::error::{Fault, LogError};
use super::group::{Seats, at, group};
use super::ids::Ids;
use super::links::links;
use super::order::order_parts;
use super::row::Row;
use super::texts::{Interner, Texts};
use super::{Log, Message, Part, Sender};
use earnest_core::policy::ResponseKind;
use earnest_core::units::Timestamp;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use rayon::prelude::*;
use smol_str::SmolStr;

/// A log in the making.
#[derive(Default)]
pub(super) struct Builder {
    contracts: Interner,
    /// Each seat in the space of its contract.
    seats: Interner,
    recipients: Interner,
    ids: Ids,
    /// Whether the ids of messages stay when the log is done.
    keeps_ids: bool,
    /// The line of each id so far, where a message with an earlier one's id is to be left out.
    unique: Option<HashMap<SmolStr, u32, RandomState>>,
    /// Nothing where nobody asked for their names.
    campaigns: Option<Campaigns>,
    /// By line: where the answer stands among lines of its instant, where that is another line.
    response_lines: Vec<(u32, u32)>,
    /// In the order in which they came; `seat` counts over the whole log here.
    messages: Vec<Message>,
    last: Option<Timestamp>,
    /// How many messages are taken; nothing means as many as there are numbers for.
    most: Option<u32>,
}

/// Says that a log has more of something than there are numbers for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Full {
    pub(super) most: u32,
    pub(super) what: &'static str,
}

impl Full {
    /// The log has too many lines.
    pub(super) const LINES: Self = Self::of("lines");

    /// The log has too many seats.
    const SEATS: Self = Self {
        most: Sender::MOST_SEATS,
        what: "seats",
    };

    const fn of(what: &'static str) -> Self {
        Self {
            most: u32::MAX - 1,
            what,
        }
    }

    /// Returns the error about the log of this name.
    pub(super) fn in_log(self, name: &str) -> LogError {
        LogError::TooLarge {
            name: name.to_owned(),
            most: self.most,
            what: self.what,
        }
    }
}

/// A message to be added.
pub(super) struct NewMessage<'m> {
    pub(super) line: u32,
    pub(super) contract: &'m str,
    pub(super) seat: &'m str,
    pub(super) recipient: &'m str,
    pub(super) sent_at: Timestamp,
    pub(super) bulk: bool,
    pub(super) response: Option<(Timestamp, ResponseKind)>,
    /// Where the answer stands among lines of its instant.
    pub(super) response_line: u32,
    pub(super) seen_at: Option<Timestamp>,
}

impl NewMessage<'_> {
    /// Returns the last instant at which something happens to the message.
    fn last(&self) -> Timestamp {
        // INVARIANT: a message is sent before anything else happens to it.
        let responded_at = self.response.map(|(at, _)| at);
        self.seen_at.max(responded_at).unwrap_or(self.sent_at)
    }
}

impl Builder {
    /// Takes so many messages, and no more.
    pub(super) fn take_at_most(&mut self, most: u32) {
        self.most = Some(most);
    }

    /// Keeps the ids of messages and the names of campaigns too.
    pub(super) fn keep_names(&mut self) {
        self.keeps_ids = true;
        self.campaigns = Some(Campaigns::default());
    }

    /// Leaves out messages whose id is an earlier one's: [`Builder::is_repeated`] finds them.
    pub(super) fn look_for_repeated(&mut self) {
        self.unique = Some(HashMap::default());
    }

    /// Returns the fault of a row whose id is an earlier one's. Asked of each row once, in order.
    pub(super) fn is_repeated(&mut self, line: u32, row: &Row<'_>) -> Option<Fault> {
        let id = row.id.as_deref()?;
        let lines = self.unique.as_mut()?;
        if let Some(line) = lines.get(id) {
            return Some(Fault::RepeatedId {
                id: id.to_owned(),
                line: *line,
            });
        }
        lines.insert(SmolStr::new(id), line);
        None
    }

    /// Notes that the log reaches to `instant`.
    pub(super) fn reach(&mut self, instant: Timestamp) {
        self.last = self.last.max(Some(instant));
    }

    /// Adds a message without an id.
    pub(super) fn add(&mut self, new: &NewMessage<'_>) -> Result<(), Full> {
        self.has_room(1)?;
        let numbers = Numbers {
            seat: number_seat(&mut self.contracts, &mut self.seats, new.contract, new.seat)?,
            recipient: number_recipient(&mut self.recipients, new.recipient)?,
            id: Message::NO_ID,
        };
        if new.response_line != new.line {
            self.response_lines.push((new.line, new.response_line));
        }
        self.push(new, numbers);
        Ok(())
    }

    /// Adds rows, each with its line. On an error the builder is of no use any more.
    pub(super) fn take(&mut self, blocks: Vec<Vec<(u32, Row<'_>)>>) -> Result<(), Full> {
        self.has_room(blocks.iter().map(Vec::len).sum())?;
        let rows = || blocks.iter().flatten();
        let Self {
            contracts,
            seats,
            recipients,
            ids,
            campaigns,
            ..
        } = self;
        if let Some(campaigns) = campaigns {
            for (line, row) in rows() {
                if let Some(name) = &row.campaign {
                    campaigns.add(*line, name).ok_or(Full::of("campaigns"))?;
                }
            }
        }
        // Finding members takes as long as all the rest, so that they are found on another core.
        let (recipients, senders) = rayon::join(
            || {
                let names = rows().map(|(_, row)| (0, &*row.recipient));
                recipients.numbers(names).ok_or(Full::of("recipients"))
            },
            || {
                let names = rows().map(|(_, row)| (0, &*row.contract));
                let numbers = contracts.numbers(names).ok_or(Full::of("contracts"))?;
                let names = numbers.into_iter().zip(rows().map(|(_, row)| &*row.seat));
                let seats = seats
                    .numbers(names)
                    .filter(|numbers| numbers.iter().all(|seat| *seat < Sender::MOST_SEATS));
                let ids = rows().map(|(_, row)| match row.id.as_deref() {
                    Some(id) => ids.push(id),
                    None => Some(Message::NO_ID),
                });
                let ids = ids.collect::<Option<Vec<u32>>>().ok_or(Full::of("ids"))?;
                Ok((seats.ok_or(Full::SEATS)?, ids))
            },
        );
        let (recipients, (seats, ids)) = (recipients?, senders?);
        let numbers = recipients.iter().zip(&seats).zip(&ids);
        let numbers = numbers.map(|((recipient, seat), id)| Numbers {
            recipient: *recipient,
            seat: *seat,
            id: *id,
        });
        self.fill(blocks, &numbers.collect::<Vec<Numbers>>());
        Ok(())
    }

    /// Adds rows that have their numbers.
    fn fill(&mut self, blocks: Vec<Vec<(u32, Row<'_>)>>, mut numbers: &[Numbers]) {
        let begin = self.messages.len();
        self.messages.resize(begin + numbers.len(), Message::BLANK);
        let mut messages = self.messages.get_mut(begin..).unwrap_or_default();
        let mut parts = Vec::with_capacity(blocks.len());
        for rows in blocks {
            let (part, after) = messages.split_at_mut(rows.len());
            let (numbers_of, numbers_after) = numbers.split_at(rows.len());
            (messages, numbers) = (after, numbers_after);
            parts.push((rows, numbers_of, part));
        }
        let lasts = parts.into_par_iter().map(|(rows, numbers, part)| {
            let mut last = None;
            for (((line, row), numbers), to) in rows.iter().zip(numbers).zip(part) {
                let new = of_row(*line, row);
                *to = message(&new, *numbers);
                last = last.max(Some(new.last()));
            }
            last
        });
        self.last = self.last.max(lasts.max().flatten());
    }

    /// Adds a row, without its id.
    pub(super) fn take_one(&mut self, line: u32, row: &Row<'_>) -> Result<(), Full> {
        self.add(&of_row(line, row))
    }

    fn has_room(&self, more: usize) -> Result<(), Full> {
        let many = u64::try_from(self.messages.len().saturating_add(more)).unwrap_or(u64::MAX);
        match self.most {
            Some(most) if many > u64::from(most) => Err(Full {
                most,
                what: "messages",
            }),
            _ => Ok(()),
        }
    }

    fn push(&mut self, new: &NewMessage<'_>, numbers: Numbers) {
        self.messages.push(message(new, numbers));
        self.reach(new.last());
    }

    /// Returns the line and the fault of the first message whose id is an earlier one's.
    pub(super) fn repeated_id(&self) -> Option<(u32, Fault)> {
        let (first, again) = self.ids.repeated()?;
        let line = |id| {
            let message = self.messages.iter().find(|message| message.id == id);
            message.map_or(0, |message| message.line)
        };
        let fault = Fault::RepeatedId {
            id: self.ids.get(first).to_owned(),
            line: line(first),
        };
        Some((line(again), fault))
    }

    /// Returns the log; nothing when it has no messages.
    pub(super) fn finish(mut self) -> Result<Option<Log>, Full> {
        let Some(last) = self.last.filter(|_| !self.messages.is_empty()) else {
            return Ok(None);
        };
        let keeps_ids = self.keeps_ids;
        let message_names = match keeps_ids {
            true => self.ids.into_texts(),
            false => {
                // They make room for what follows.
                drop(self.ids);
                Texts::default()
            }
        };
        let Seats {
            order,
            begins: seat_begins,
            contract_of,
            place_of,
        } = Seats::of(&self.seats, self.contracts.len());
        let mut messages = self.messages;
        messages.shrink_to_fit();
        self.response_lines.sort_unstable();
        let message_begins = group(&mut messages, &contract_of, self.contracts.len());
        messages.par_iter_mut().for_each(|message| {
            let place = at(&place_of, message.sender.seat());
            message.sender = message.sender.with_seat(place);
            if !keeps_ids {
                message.id = Message::NO_ID;
            }
        });
        let (actions, action_begins) =
            order_parts(&mut messages, &message_begins, &self.response_lines)?;
        let links = links(&messages, &message_begins);
        let parts = message_begins
            .into_iter()
            .zip(action_begins)
            .zip(seat_begins)
            .map(|((message, action), seat)| Part {
                message,
                action,
                seat,
            })
            .collect();
        Ok(Some(Log {
            parts,
            messages,
            links,
            actions,
            last,
            contract_names: self.contracts.into_names(),
            seats: order,
            seat_names: self.seats.into_names(),
            recipient_names: self.recipients.into_names(),
            message_names,
            campaigns: self.campaigns.map(Campaigns::into_names),
        }))
    }
}

fn of_row<'r>(line: u32, row: &'r Row<'_>) -> NewMessage<'r> {
    NewMessage {
        line,
        contract: &row.contract,
        seat: &row.seat,
        recipient: &row.recipient,
        sent_at: row.sent_at,
        bulk: row.campaign.is_some(),
        response: row.response,
        response_line: line,
        seen_at: row.seen_at,
    }
}

fn message(new: &NewMessage<'_>, numbers: Numbers) -> Message {
    let millis = |instant: Option<Timestamp>| instant.map_or(Message::NEVER, Timestamp::millis);
    Message {
        sent_at: new.sent_at,
        responded_at: millis(new.response.map(|(at, _)| at)),
        seen_at: millis(new.seen_at),
        line: new.line,
        sender: Sender::new(
            numbers.seat,
            new.response.map_or(ResponseKind::Reply, |(_, kind)| kind),
            new.bulk,
        ),
        recipient: numbers.recipient,
        id: numbers.id,
    }
}

/// Who and what a message is, as numbers.
#[derive(Clone, Copy)]
struct Numbers {
    seat: u32,
    recipient: u32,
    id: u32,
}

fn number_seat(
    contracts: &mut Interner,
    seats: &mut Interner,
    contract: &str,
    seat: &str,
) -> Result<u32, Full> {
    let contract = contracts.number(0, contract).ok_or(Full::of("contracts"))?;
    let seat = seats.number(contract, seat);
    let fits = seat.filter(|seat| *seat < Sender::MOST_SEATS);
    fits.ok_or(Full::SEATS)
}

fn number_recipient(recipients: &mut Interner, recipient: &str) -> Result<u32, Full> {
    recipients
        .number(0, recipient)
        .ok_or(Full::of("recipients"))
}
