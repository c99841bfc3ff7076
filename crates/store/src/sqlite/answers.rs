//! Packs the answers of a batch into one value of the log's row.
//!
//! Owns: the packed form: a number for the form, then for each answer the space, the key and the reply, each
//! behind its length, and the hash of the body. Does not own: how an answer is found.

use super::columns::Columns;
use super::fault::{Step, corrupt};
use super::reader::Reader;
use crate::batch::{Answer, AnswerPage};
use earnest_core::units::ContractId;
use rusqlite::{Connection, OptionalExtension};

const FORM: u8 = 1;

/// An answer as it lies in a packed value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Packed<'a> {
    pub(super) space: &'a str,
    pub(super) key: &'a str,
    pub(super) body: &'a [u8; 32],
    pub(super) reply: &'a [u8],
}

impl Packed<'_> {
    pub(super) fn to_answer(self) -> Answer {
        Answer {
            space: self.space.to_owned(),
            key: self.key.to_owned(),
            body: *self.body,
            reply: self.reply.to_owned(),
        }
    }
}

/// Returns the answer to a key, if it stands in this row of the log.
pub(super) fn at(
    connection: &Connection,
    pos: u64,
    space: &str,
    key: &str,
) -> Step<Option<Answer>> {
    let mut select = connection.prepare_cached("SELECT answers FROM log WHERE pos = ?1")?;
    let packed: Option<Option<Vec<u8>>> = select
        .query_row([pos.cast_signed()], |row| row.get(0))
        .optional()?;
    let Some(packed) = packed.flatten() else {
        return Ok(None);
    };
    let answers = unpack(&packed)?;
    let found = answers
        .into_iter()
        .find(|answer| answer.space == space && answer.key == key);
    Ok(found.map(Packed::to_answer))
}

/// Returns the answers of the rows of the log after a place, until there are enough of them.
pub(super) fn page(reader: &Reader<'_>, after: Option<&[u8]>, limit: usize) -> Step<AnswerPage> {
    let after = after.and_then(|after| Some(i64::from_be_bytes(after.try_into().ok()?)));
    let sql = "SELECT l.pos, l.answers, c.id FROM log l JOIN contracts c ON c.number = l.contract \
               WHERE l.pos > ?1 AND l.answers IS NOT NULL ORDER BY l.pos";
    let mut select = reader.connection.prepare_cached(sql)?;
    let mut rows = select.query([after.unwrap_or(0)])?;
    let mut page = AnswerPage::default();
    while let Some(row) = rows.next()? {
        let contract: ContractId = row.id(2)?;
        let packed: Vec<u8> = row.get(1)?;
        let unpacked = unpack(&packed)?.into_iter().map(Packed::to_answer);
        page.answers
            .extend(unpacked.map(|answer| (contract.clone(), answer)));
        if page.answers.len() >= limit {
            page.next = Some(row.get::<_, i64>(0)?.to_be_bytes().to_vec());
            break;
        }
    }
    Ok(page)
}

/// Packs answers; nothing where there are none.
pub(super) fn pack(answers: &[Answer]) -> Option<Vec<u8>> {
    if answers.is_empty() {
        return None;
    }
    let each = |answer: &Answer| answer.space.len() + answer.key.len() + answer.reply.len() + 44;
    let mut packed = Vec::with_capacity(1 + answers.iter().map(each).sum::<usize>());
    packed.push(FORM);
    for answer in answers {
        for part in [
            answer.space.as_bytes(),
            answer.key.as_bytes(),
            &answer.reply,
        ] {
            // A value of SQLite has at most a billion bytes, so a longer part is refused there.
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            packed.extend(length.to_le_bytes());
            packed.extend_from_slice(part);
        }
        packed.extend_from_slice(&answer.body);
    }
    Some(packed)
}

/// Unpacks answers.
pub(super) fn unpack(packed: &[u8]) -> Step<Vec<Packed<'_>>> {
    let mut answers = Vec::new();
    let mut rest = match packed.split_first() {
        Some((&FORM, rest)) => rest,
        _ => return Err(corrupt("answers are packed in an unknown form")),
    };
    while !rest.is_empty() {
        let taken = take(rest).ok_or_else(|| corrupt("packed answers are cut off"))?;
        answers.push(taken.0);
        rest = taken.1;
    }
    Ok(answers)
}

fn take(packed: &[u8]) -> Option<(Packed<'_>, &[u8])> {
    let (space, packed) = take_part(packed)?;
    let (key, packed) = take_part(packed)?;
    let (reply, packed) = take_part(packed)?;
    let (body, packed) = packed.split_first_chunk()?;
    let answer = Packed {
        space: std::str::from_utf8(space).ok()?,
        key: std::str::from_utf8(key).ok()?,
        body,
        reply,
    };
    Some((answer, packed))
}

fn take_part(packed: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, packed) = packed.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    packed.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_and_what_is_cut_off_is_corrupt() {
        let answers: Vec<_> = (0..3_u8)
            .map(|n| Answer {
                space: "contract:acme".to_owned(),
                key: format!("key-{n}"),
                body: [n; 32],
                reply: vec![n; usize::from(n) * 100],
            })
            .collect();
        let packed = pack(&answers).unwrap();
        let unpacked: Vec<_> = unpack(&packed)
            .unwrap()
            .into_iter()
            .map(Packed::to_answer)
            .collect();
        assert_eq!(unpacked, answers);
        for end in [0, 2, 10, packed.len() - 1] {
            assert!(unpack(&packed[..end]).is_err(), "first {end} bytes");
        }
        assert!(pack(&[]).is_none());
    }
}
