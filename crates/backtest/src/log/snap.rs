//! Reads `snap` lines, and finds the cold messages and their replies among them.
//!
//! Owns: what is a cold message and what its reply. Does not own: the grouping by contract.
//! Invariant: between two members at most one message is cold, and at most one later line is its reply.

use super::build::{Builder, Full, NewMessage};
use super::error::{Fault, SnapField};
use super::read::Lines;
use earnest_core::policy::ResponseKind;
use earnest_core::units::Timestamp;
use foldhash::fast::RandomState;
use hashbrown::HashMap;

/// The lines of a `snap` log.
pub(super) struct Snap;

/// One line: who wrote to whom, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written {
    from: u64,
    to: u64,
    at: Timestamp,
}

impl Snap {
    /// Returns whether a file's first line is a header: none of its fields is a number.
    pub(super) fn is_header(line: &str) -> bool {
        line.split_ascii_whitespace().all(|field| {
            let unsigned = field.trim_start_matches(['-', '+']);
            !unsigned.starts_with(|c: char| c.is_ascii_digit())
        })
    }
}

impl Lines for Snap {
    type Item<'l> = Written;

    fn read(&self, line: &str) -> Result<Written, Fault> {
        let mut fields = line.split([' ', '\t']).filter(|field| !field.is_empty());
        let (Some(from), Some(to), Some(at), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            let fields = line.split([' ', '\t']).filter(|field| !field.is_empty());
            return Err(Fault::SnapFields(fields.count()));
        };
        let number = |text: &str, of| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            digits
                .then(|| text.parse::<u64>().ok())
                .flatten()
                .ok_or_else(|| Fault::SnapNumber {
                    text: text.to_owned(),
                    of,
                })
        };
        let instant = |text: &str| {
            let seconds = i64::try_from(number(text, SnapField::Instant)?).ok();
            seconds
                .and_then(|seconds| Timestamp::from_millis(seconds.checked_mul(1_000)?))
                .ok_or_else(|| Fault::SnapNumber {
                    text: text.to_owned(),
                    of: SnapField::Instant,
                })
        };
        Ok(Written {
            from: number(from, SnapField::Node)?,
            to: number(to, SnapField::Node)?,
            at: instant(at)?,
        })
    }
}

/// A line with its number: the place among lines of the same instant.
type Numbered = (u32, Written);

/// Gives the builder the cold messages among `lines`, each with its reply.
pub(super) fn pair(mut lines: Vec<Numbered>, builder: &mut Builder) -> Result<(), Full> {
    // The sort is stable, so that lines of one instant keep their order.
    lines.sort_by_key(|(_, written)| written.at);
    if let Some((_, last)) = lines.last() {
        builder.reach(last.at);
    }
    let mut pairs: HashMap<(u64, u64), usize, RandomState> = HashMap::default();
    let mut cold: Vec<(Numbered, Option<Numbered>)> = Vec::new();
    for line in lines {
        let (_, Written { from, to, .. }) = line;
        if from == to {
            continue;
        }
        let place = *pairs
            .entry((from.min(to), from.max(to)))
            .or_insert_with(|| {
                cold.push((line, None));
                cold.len() - 1
            });
        if let Some(((_, first), reply)) = cold.get_mut(place)
            && reply.is_none()
            && first.to == from
        {
            *reply = Some(line);
        }
    }
    for ((line, first), reply) in cold {
        let sender = first.from.to_string();
        builder.add(&NewMessage {
            line,
            contract: &sender,
            seat: &sender,
            recipient: &first.to.to_string(),
            sent_at: first.at,
            bulk: false,
            response: reply.map(|(_, reply)| (reply.at, ResponseKind::Reply)),
            response_line: reply.map_or(line, |(line, _)| line),
            seen_at: None,
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_three_whole_numbers() {
        let read = |line: &str| Snap.read(line).map(|w| (w.from, w.to, w.at.millis()));
        assert_eq!(read("1 2 3"), Ok((1, 2, 3_000)));
        assert_eq!(read(" 1\t\t2  1082040961 "), Ok((1, 2, 1_082_040_961_000)));
        assert_eq!(read("18446744073709551615 0 0"), Ok((u64::MAX, 0, 0)));
        assert_eq!(read("1 2"), Err(Fault::SnapFields(2)));
        assert_eq!(read("1,2,3"), Err(Fault::SnapFields(1)));
        assert_eq!(read("1 2 3 4"), Err(Fault::SnapFields(4)));
        for (line, text, of) in [
            ("a 2 3", "a", SnapField::Node),
            ("1 -2 3", "-2", SnapField::Node),
            ("+1 2 3", "+1", SnapField::Node),
            (
                "1 18446744073709551616 3",
                "18446744073709551616",
                SnapField::Node,
            ),
            ("1 2 3.5", "3.5", SnapField::Instant),
            ("1 2 -3", "-3", SnapField::Instant),
            ("1 2 253402300800", "253402300800", SnapField::Instant),
            (
                "1 2 9223372036854775807",
                "9223372036854775807",
                SnapField::Instant,
            ),
        ] {
            let text = text.to_owned();
            assert_eq!(read(line), Err(Fault::SnapNumber { text, of }), "{line}");
        }
    }

    #[test]
    fn a_header_has_no_number() {
        assert!(Snap::is_header("SRC DST UNIXTS"));
        assert!(Snap::is_header("source"));
        assert!(!Snap::is_header("1 2 3"));
        assert!(!Snap::is_header("1 b c"));
        assert!(!Snap::is_header("-1 b c"));
        assert!(!Snap::is_header("x y 2015-01-02"));
    }
}
