//! Makes a [`Log`] of messages as they come.
//!
//! Owns: the numbering of ids, and putting the parts together. Does not own: where messages come from, nor their
//! order within a contract ([`super::order`]). Invariant: what comes out depends on the messages
//! and their order alone, not on threads.

use super::campaigns::Campaigns;
use super::error::{Fault, LogError};
use super::ids::Ids;
use super::links::links;
use super::order::{Scratch, actions, sort};
use super::row::Row;
use super::senders::{Place, Senders};
use super::sheet::{Writing, Written};
use super::texts::{Interner, Texts};
use super::{Action, Log, Message, Part, Sender};
use earnest_core::policy::ResponseKind;
use earnest_core::units::Timestamp;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use rayon::prelude::*;
use smol_str::SmolStr;

/// A log in the making.
#[derive(Default)]
pub(super) struct Builder {
    senders: Senders,
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
    /// What has numbers, and does not stand in its place yet.
    numbered: Option<Numbered>,
    store: Store,
    /// How many messages there are.
    messages: usize,
    /// How many messages are taken; nothing means as many as there are numbers for.
    most: Option<u32>,
}

/// Messages where they belong.
#[derive(Default)]
struct Store {
    /// By contract, in the order in which they came. What grows is small: one list of all would be copied again and
    /// again, into memory that is new each time. And the lists stand close together, as each is as likely to be next.
    contracts: Vec<Vec<Message>>,
    last: Option<Timestamp>,
}

/// What is on sheets, with the numbers of its names.
struct Numbered {
    sheets: Vec<Written>,
    recipients: Vec<u32>,
    places: Vec<Place>,
    /// Of those messages that have an id.
    ids: Vec<u32>,
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
    pub(super) const SEATS: Self = Self {
        most: Sender::MOST_SEATS,
        what: "seats",
    };

    pub(super) const fn of(what: &'static str) -> Self {
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

    /// Returns the fault of a line whose id is an earlier one's. Asked of each line once, in order.
    pub(super) fn is_repeated(&mut self, line: u32, id: &str) -> Option<Fault> {
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
        self.store.reach(instant);
    }

    /// Adds a message without an id.
    pub(super) fn add(&mut self, new: &NewMessage<'_>) -> Result<(), Full> {
        self.has_room(1)?;
        let (contract, seat) = (new.contract.as_bytes(), new.seat.as_bytes());
        let hash = self.senders.hasher().pair(contract, seat);
        let place = self.senders.number(hash, contract, seat)?;
        let place = self.senders.place(place);
        let recipient = self.recipients.number(new.recipient);
        if new.response_line != new.line {
            self.response_lines.push((new.line, new.response_line));
        }
        let message = Message {
            recipient: recipient.ok_or(Full::of("recipients"))?,
            ..message(new)
        };
        self.store.put(message, place);
        self.messages += 1;
        Ok(())
    }

    /// Returns how sheets are to be written that [`Builder::take`] takes.
    pub(super) fn writing(&self) -> Writing {
        Writing {
            sender: self.senders.hasher().clone(),
            recipient: self.recipients.hasher().clone(),
            id: self.ids.hasher().clone(),
            campaigns: self.campaigns.is_some(),
        }
    }

    /// Adds what is on sheets, and returns the memory of blocks that are done with. On an error the builder is of no use
    /// any more.
    pub(super) fn take(&mut self, sheets: Vec<Written>) -> Result<Vec<Vec<u8>>, Full> {
        let more = sheets.iter().map(Written::len).sum();
        self.has_room(more)?;
        let before = self.numbered.take();
        let Self {
            senders,
            recipients,
            ids,
            campaigns,
            store,
            ..
        } = self;
        if let Some(campaigns) = campaigns {
            for (line, name) in sheets.iter().flat_map(Written::campaigns) {
                campaigns.add(line, name).ok_or(Full::of("campaigns"))?;
            }
        }
        // In three parts, so that a core that is done with its lines finds something to do.
        let (recipients, (others, spare)) = rayon::join(
            || {
                let mut numbers = Vec::with_capacity(more);
                for sheet in &sheets {
                    let done = recipients.numbers(sheet.recipients(), &mut numbers);
                    done.ok_or(Full::of("recipients"))?;
                }
                Ok(numbers)
            },
            || {
                rayon::join(
                    || {
                        let mut places = Vec::with_capacity(more);
                        let mut numbers = Vec::with_capacity(more);
                        for sheet in &sheets {
                            senders.places(sheet.senders(), &mut places)?;
                            for (hash, id) in sheet.ids() {
                                numbers.push(ids.push(hash, id).ok_or(Full::of("ids"))?);
                            }
                        }
                        Ok((places, numbers))
                    },
                    || before.map(|before| store.take(before)),
                )
            },
        );
        let recipients = recipients?;
        let (places, ids) = others?;
        self.numbered = Some(Numbered {
            sheets,
            recipients,
            places,
            ids,
        });
        self.messages += more;
        Ok(spare.unwrap_or_default())
    }

    /// Adds a row, without its id.
    pub(super) fn take_one(&mut self, line: u32, row: &Row<'_>) -> Result<(), Full> {
        self.add(&of_row(line, row))
    }

    fn has_room(&self, more: usize) -> Result<(), Full> {
        let many = u64::try_from(self.messages.saturating_add(more)).unwrap_or(u64::MAX);
        match self.most {
            Some(most) if many > u64::from(most) => Err(Full {
                most,
                what: "messages",
            }),
            _ => Ok(()),
        }
    }

    /// Puts every message into its place.
    fn put_all(&mut self) {
        if let Some(numbered) = self.numbered.take() {
            self.store.take(numbered);
        }
    }

    /// Returns the line and the fault of the first message whose id is an earlier one's.
    pub(super) fn repeated_id(&mut self) -> Option<(u32, Fault)> {
        self.put_all();
        let (first, again) = self.ids.repeated()?;
        let line = |id| {
            let mut messages = self.store.contracts.iter().flatten();
            let message = messages.find(|message| message.id == id);
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
        self.put_all();
        let Store { contracts, last } = self.store;
        let Some(last) = last.filter(|_| self.messages > 0) else {
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
        let too_many = |messages: &Vec<Message>| {
            let messages = u32::try_from(messages.len());
            messages.is_err() || messages.is_ok_and(|messages| messages > Action::MOST_MESSAGES)
        };
        if contracts.iter().any(too_many) {
            return Err(Full {
                most: Action::MOST_MESSAGES,
                what: "messages in one contract",
            });
        }
        let (seats, ranges) = self.senders.by_contract();
        self.response_lines.sort_unstable();
        let response_lines = &self.response_lines;
        // All of a contract is made at once, while it is in a cache.
        let parts = contracts.into_par_iter().zip(ranges);
        let parts = parts.map_init(Scratch::default, |scratch, (mut messages, seats)| {
            messages.shrink_to_fit();
            if !keeps_ids {
                for message in &mut messages {
                    message.id = Message::NO_ID;
                }
            }
            sort(&mut messages);
            Part {
                links: links(&messages),
                actions: actions(&messages, response_lines, scratch),
                messages,
                seats,
            }
        });
        let parts: Vec<Part> = parts.collect();
        let (contract_names, seat_names) = self.senders.into_names();
        Ok(Some(Log {
            parts,
            messages: self.messages,
            last,
            contract_names,
            seats,
            seat_names,
            recipient_names: self.recipients.into_names(),
            message_names,
            campaigns: self.campaigns.map(Campaigns::into_names),
        }))
    }
}

impl Store {
    fn reach(&mut self, instant: Timestamp) {
        self.last = self.last.max(Some(instant));
    }

    /// Takes messages that have their numbers, and returns the memory of their blocks.
    fn take(&mut self, numbered: Numbered) -> Vec<Vec<u8>> {
        let mut numbers = numbered.recipients.into_iter().zip(numbered.places);
        let mut ids = numbered.ids.into_iter();
        let mut spare = Vec::with_capacity(numbered.sheets.len());
        for sheet in numbered.sheets {
            let (messages, block) = sheet.into_messages();
            // INVARIANT: there are as many numbers as messages, and as many ids as messages that have one.
            for (mut message, (recipient, place)) in messages.into_iter().zip(numbers.by_ref()) {
                message.recipient = recipient;
                if message.id != Message::NO_ID {
                    message.id = ids.next().unwrap_or(Message::NO_ID);
                }
                self.put(message, place);
            }
            spare.push(block);
        }
        spare
    }

    /// Puts a message of a seat into the part of its contract.
    #[inline]
    fn put(&mut self, message: Message, place: Place) {
        // INVARIANT: every machine that holds as many contracts can count them.
        let at = usize::try_from(place.contract).unwrap_or(usize::MAX);
        if at >= self.contracts.len() {
            self.contracts.resize_with(at + 1, Vec::new);
        }
        if let Some(messages) = self.contracts.get_mut(at) {
            messages.push(Message {
                sender: message.sender.with_seat(place.seat),
                ..message
            });
        }
        self.reach(message.last());
    }
}

/// Returns the message that a row tells.
pub(super) fn of_row<'r>(line: u32, row: &'r Row<'_>) -> NewMessage<'r> {
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

/// Returns a message without the numbers of its names.
pub(super) fn message(new: &NewMessage<'_>) -> Message {
    let millis = |instant: Option<Timestamp>| instant.map_or(Message::NEVER, Timestamp::millis);
    Message {
        sent_at: new.sent_at,
        responded_at: millis(new.response.map(|(at, _)| at)),
        seen_at: millis(new.seen_at),
        line: new.line,
        sender: Sender::new(
            0,
            new.response.map_or(ResponseKind::Reply, |(_, kind)| kind),
            new.bulk,
        ),
        ..Message::BLANK
    }
}
