//! The messages of a block, as they wait for the numbers of their names.
//!
//! Owns: where names stand, and their hashes, which are found while a block is read, on any core. Does not own: numbers,
//! which are given in the file's order. Invariant: a sheet is small; its names stay in the block, which stays with it.

use super::Message;
use super::build::{message, of_row};
use super::ids::hash;
use super::row::Row;
use super::texts::{Hasher, as_text};
use foldhash::quality::RandomState;
use std::ops::Range;

/// How sheets are written.
#[derive(Clone)]
pub(super) struct Writing {
    pub(super) sender: Hasher,
    pub(super) recipient: Hasher,
    pub(super) id: RandomState,
    /// Whether the names of campaigns are kept.
    pub(super) campaigns: bool,
}

/// The messages of a block, in order.
pub(super) struct Sheet {
    writing: Writing,
    /// Where the block lies in memory.
    block: Range<usize>,
    /// Texts that do not stand in the block as they are, because they were quoted or the file has no text.
    beside: Vec<u8>,
    /// Without the numbers of names; `id` is [`Message::NO_ID`] where there is none.
    messages: Vec<Message>,
    recipients: Vec<Hashed>,
    senders: Vec<Pair>,
    /// Of those messages that have one.
    ids: Vec<(u64, Spot)>,
    /// By line.
    campaigns: Vec<(u32, Spot)>,
}

/// Where a text stands: in the block, or as far behind its end as it stands in the texts beside it.
#[derive(Clone, Copy)]
struct Spot {
    begin: u32,
    length: u32,
}

#[derive(Clone, Copy)]
struct Hashed {
    hash: u32,
    spot: Spot,
}

/// A contract and a seat of it.
#[derive(Clone, Copy)]
struct Pair {
    hash: u32,
    contract: Spot,
    seat: Spot,
}

/// A sheet with the block that it was written from.
pub(super) struct Written {
    sheet: Sheet,
    block: Vec<u8>,
}

impl Sheet {
    /// Returns a sheet for what will be read from this block.
    pub(super) fn of(block: &[u8], writing: &Writing) -> Self {
        let begin = block.as_ptr().addr();
        // Most lines are longer.
        let rows = block.len() / 64;
        Self {
            writing: writing.clone(),
            block: begin..begin + block.len(),
            beside: Vec::new(),
            messages: Vec::with_capacity(rows),
            recipients: Vec::with_capacity(rows),
            senders: Vec::with_capacity(rows),
            ids: Vec::with_capacity(rows),
            campaigns: Vec::new(),
        }
    }

    /// Adds the message on a line.
    pub(super) fn add(&mut self, line: u32, row: &Row<'_>) {
        let (contract, seat) = (row.contract.as_bytes(), row.seat.as_bytes());
        let pair = Pair {
            hash: self.writing.sender.pair(contract, seat),
            contract: self.spot(contract),
            seat: self.spot(seat),
        };
        self.senders.push(pair);
        let recipient = Hashed {
            hash: self.writing.recipient.one(row.recipient.as_bytes()),
            spot: self.spot(row.recipient.as_bytes()),
        };
        self.recipients.push(recipient);
        let mut message = message(&of_row(line, row));
        if let Some(id) = row.id.as_deref() {
            let spot = self.spot(id.as_bytes());
            self.ids.push((hash(&self.writing.id, id.as_bytes()), spot));
            message.id = 0;
        }
        if let Some(campaign) = row.campaign.as_deref()
            && self.writing.campaigns
        {
            let spot = self.spot(campaign.as_bytes());
            self.campaigns.push((line, spot));
        }
        self.messages.push(message);
    }

    /// Returns where a text stands, and puts it beside the block where it does not stand there.
    #[inline]
    fn spot(&mut self, text: &[u8]) -> Spot {
        let begin = text.as_ptr().addr().wrapping_sub(self.block.start);
        let size = self.block.len();
        let begin = if begin < size && text.len() <= size - begin {
            begin
        } else {
            let begin = size + self.beside.len();
            self.beside.extend_from_slice(text);
            begin
        };
        // INVARIANT: a block, and some ten thousand rows of names, take less than 4 GB.
        Spot {
            begin: u32::try_from(begin).unwrap_or(u32::MAX),
            length: u32::try_from(text.len()).unwrap_or(u32::MAX),
        }
    }

    /// Returns the sheet with its block, which it was written from.
    pub(super) const fn with(self, block: Vec<u8>) -> Written {
        Written { sheet: self, block }
    }
}

impl Written {
    /// Returns how many messages there are.
    pub(super) const fn len(&self) -> usize {
        self.sheet.messages.len()
    }

    /// Returns the messages, and the memory of the block.
    pub(super) fn into_messages(self) -> (Vec<Message>, Vec<u8>) {
        (self.sheet.messages, self.block)
    }

    /// Returns each message's recipient, with its hash.
    pub(super) fn recipients(&self) -> impl Iterator<Item = (u32, &[u8])> + Clone {
        let recipients = self.sheet.recipients.iter();
        recipients.map(|it| (it.hash, self.text(it.spot)))
    }

    /// Returns each message's contract and seat, with the hash of both.
    pub(super) fn senders(&self) -> impl Iterator<Item = (u32, &[u8], &[u8])> + Clone {
        let senders = self.sheet.senders.iter();
        senders.map(|it| (it.hash, self.text(it.contract), self.text(it.seat)))
    }

    /// Returns the ids that there are, with their hashes.
    pub(super) fn ids(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let ids = self.sheet.ids.iter();
        ids.map(|(hash, spot)| (*hash, self.text(*spot)))
    }

    /// Returns the campaigns' names that are kept, each with its line.
    pub(super) fn campaigns(&self) -> impl Iterator<Item = (u32, &str)> {
        let campaigns = self.sheet.campaigns.iter();
        campaigns.map(|(line, spot)| (*line, as_text(self.text(*spot))))
    }

    /// Leaves out the messages whose line and id `fits` says no to.
    pub(super) fn retain(&mut self, mut fits: impl FnMut(u32, &str) -> bool) {
        let mut ids = self.ids();
        let keep = self.sheet.messages.iter().map(|message| {
            // INVARIANT: there is an id for each message that has one.
            let id = (message.id != Message::NO_ID).then(|| ids.next());
            id.flatten()
                .is_none_or(|(_, id)| fits(message.line, as_text(id)))
        });
        let keep: Vec<bool> = keep.collect();
        drop(ids);
        if keep.iter().all(|keep| *keep) {
            return;
        }
        let sheet = &mut self.sheet;
        let has_id = |message: &Message| message.id != Message::NO_ID;
        let with_id = sheet.messages.iter().zip(&keep);
        let mut keep_id = with_id
            .filter(|(message, _)| has_id(message))
            .map(|(_, keep)| *keep);
        sheet.ids.retain(|_| keep_id.next().unwrap_or(true));
        let out = sheet.messages.iter().zip(&keep);
        let out: Vec<u32> = out
            .filter(|(_, keep)| !**keep)
            .map(|(message, _)| message.line)
            .collect();
        sheet
            .campaigns
            .retain(|(line, _)| out.binary_search(line).is_err());
        retain(&mut sheet.messages, &keep);
        retain(&mut sheet.recipients, &keep);
        retain(&mut sheet.senders, &keep);
    }

    #[inline]
    fn text(&self, spot: Spot) -> &[u8] {
        let range = |before: usize| {
            let begin = usize::try_from(spot.begin).ok()?.checked_sub(before)?;
            Some(begin..begin + usize::try_from(spot.length).ok()?)
        };
        let within = range(0).and_then(|range| self.block.get(range));
        within
            .or_else(|| self.sheet.beside.get(range(self.block.len())?))
            .unwrap_or_default()
    }
}

fn retain<T>(items: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter();
    items.retain(|_| keep.next().is_none_or(|keep| *keep));
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_core::units::Timestamp;
    use std::borrow::Cow;

    /// Returns the row of a line `ID,SEAT,RECIPIENT,CAMPAIGN`; what stands in capitals is not taken from the line.
    fn row(line: &str) -> Row<'_> {
        let cells: Vec<Cow<'_, str>> = line
            .split(',')
            .map(|cell| match cell.to_lowercase() {
                lower if lower == cell => Cow::Borrowed(cell),
                lower => Cow::Owned(lower),
            })
            .collect();
        let some = |at: usize| Some(cells[at].clone()).filter(|cell| !cell.is_empty());
        Row {
            id: some(0),
            contract: Cow::Borrowed("acme"),
            seat: cells[1].clone(),
            recipient: cells[2].clone(),
            sent_at: Timestamp::MIN,
            campaign: some(3),
            response: None,
            seen_at: None,
        }
    }

    fn written(block: &str) -> Written {
        let writing = Writing {
            sender: Hasher::default(),
            recipient: Hasher::default(),
            id: RandomState::default(),
            campaigns: true,
        };
        let mut sheet = Sheet::of(block.as_bytes(), &writing);
        for (line, number) in block.lines().zip(1..) {
            sheet.add(number, &row(line));
        }
        sheet.with(block.as_bytes().to_vec())
    }

    /// Returns what a sheet says, each message as it stood on its line.
    fn lines(sheet: &Written) -> Vec<(u32, String)> {
        let (mut ids, campaigns) = (sheet.ids(), sheet.campaigns().collect::<Vec<_>>());
        let messages = sheet.sheet.messages.iter();
        let names = sheet.recipients().zip(sheet.senders());
        let lines = messages.zip(names).map(|(message, (recipient, sender))| {
            assert_eq!(sender.1, b"acme");
            let id = (message.id != Message::NO_ID).then(|| as_text(ids.next().unwrap().1));
            let campaign = campaigns.iter().find(|(line, _)| *line == message.line);
            assert_eq!(message.is_bulk(), campaign.is_some());
            let (seat, recipient) = (as_text(sender.2), as_text(recipient.1));
            let (id, campaign) = (
                id.unwrap_or_default(),
                campaign.map_or("", |(_, name)| *name),
            );
            (message.line, format!("{id},{seat},{recipient},{campaign}"))
        });
        lines.collect()
    }

    const BLOCK: &str = "m1,ana,bo,\n,ANA,cy,spring\nm3,eve,BO,\nM4,ana,bo,FALL\n,eve,cy,\n";

    #[test]
    fn names_are_found_in_the_block_and_beside_it() {
        let told = lines(&written(BLOCK));
        let expected = BLOCK.to_lowercase();
        let expected: Vec<(u32, String)> = (1..).zip(expected.lines().map(str::to_owned)).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn what_is_left_out_leaves_the_rest_as_it_was() {
        let all = lines(&written(BLOCK));
        for out in ["m1", "m3", "m4", "none"] {
            let mut sheet = written(BLOCK);
            let mut asked = Vec::new();
            sheet.retain(|line, id| {
                asked.push((line, id.to_owned()));
                id != out
            });
            let ids = [(1, "m1"), (3, "m3"), (4, "m4")].map(|(line, id)| (line, id.to_owned()));
            assert_eq!(asked, ids);
            let mut expected = all.clone();
            expected.retain(|(_, line)| !line.starts_with(out));
            assert_eq!(lines(&sheet), expected, "without {out}");
        }
    }
}
