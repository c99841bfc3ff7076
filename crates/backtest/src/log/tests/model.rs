//! Compares the reader with models that are slow and obvious.

use super::*;
use proptest::prelude::*;

/// A message of the model: contract, seat, recipient, sent, then seen and answered so much later.
pub(super) type Made = (u8, u8, u8, u32, Option<u32>, Option<u32>);

pub(super) fn one_made() -> impl Strategy<Value = Made> {
    let later = || proptest::option::of(0_u32..5);
    (0_u8..4, 0_u8..3, 0_u8..5, 0_u32..8, later(), later())
}

fn made() -> impl Strategy<Value = Vec<Made>> {
    proptest::collection::vec(one_made(), 1..60)
}

fn lines(rows: &[Made], jsonl: bool) -> String {
    let mut out = if jsonl {
        "\n"
    } else {
        "id,contract,seat,recipient,sent_at,seen_at,responded_at\n"
    }
    .to_owned();
    for (n, (contract, seat, recipient, sent, seen, answered)) in rows.iter().enumerate() {
        let at =
            |later: &Option<u32>| later.map_or(String::new(), |later| (sent + later).to_string());
        let (seen, answered) = (at(seen), at(answered));
        if jsonl {
            writeln!(out, r#"{{"id":"m{n}","contract":"c{contract}","seat":"s{seat}","recipient":"r{recipient}","sent_at":{sent},"seen_at":"{seen}","responded_at":"{answered}"}}"#).unwrap();
        } else {
            writeln!(
                out,
                "m{n},c{contract},s{seat},r{recipient},{sent},{seen},{answered}"
            )
            .unwrap();
        }
    }
    out
}

/// Tells what `told` would, the slow and obvious way, of messages with their numbers.
pub(super) fn model(rows: &[(usize, Made)]) -> String {
    let mut out = String::new();
    let mut contracts: Vec<u8> = Vec::new();
    for (_, row) in rows {
        if !contracts.contains(&row.0) {
            contracts.push(row.0);
        }
    }
    for contract in contracts {
        let of = || rows.iter().filter(|(_, row)| row.0 == contract);
        let mut actions = Vec::new();
        let mut seats: Vec<u8> = of().map(|(_, row)| row.1).collect();
        seats.sort_unstable();
        seats.dedup();
        for (n, (_, seat, recipient, sent, seen, answered)) in of() {
            actions.push((*sent, n, 0, format!("m{n}: s{seat} sends r{recipient}")));
            if let Some(later) = seen {
                actions.push((sent + later, n, 1, format!("m{n}: s{seat} is seen")));
            }
            if let Some(later) = answered {
                actions.push((sent + later, n, 2, format!("m{n}: s{seat} reply")));
            }
        }
        actions.sort();
        writeln!(
            out,
            "c{contract} with {} from 1970-01-01T00:00:0{}Z",
            seats.len(),
            actions[0].0
        )
        .unwrap();
        for (at, _, _, what) in actions {
            writeln!(out, "  {at} {what}").unwrap();
        }
    }
    out
}

proptest! {
    #[test]
    fn a_log_tells_what_an_obvious_model_tells(rows in made()) {
        let log = read(Format::Csv, lines(&rows, false)).unwrap();
        let numbered: Vec<(usize, Made)> = rows.iter().copied().enumerate().collect();
        prop_assert_eq!(told(&log), model(&numbered));
        prop_assert_eq!(log.messages(), rows.len());
        let last = rows.iter().map(|r| r.3 + r.4.unwrap_or(0).max(r.5.unwrap_or(0))).max().unwrap();
        prop_assert_eq!(log.last().millis(), i64::from(last) * 1000);
    }

    #[test]
    fn csv_and_jsonl_of_the_same_messages_are_the_same_log(rows in made()) {
        let csv = read(Format::Csv, lines(&rows, false)).unwrap();
        let jsonl = read(Format::Jsonl, lines(&rows, true)).unwrap();
        prop_assert_eq!(csv, jsonl);
    }

    #[test]
    fn no_file_makes_it_panic(text in "(([a-z,0-9 \"#{}:\\\\\r\n\t-]|\\PC){0,20}\n){0,10}", format in 0_usize..3) {
        let _ = read(Format::ALL[format], &text);
        let _ = read(Format::Csv, format!("seat,recipient,sent_at\n{text}"));
    }

    #[test]
    fn snap_pairs_as_an_obvious_model_pairs(
        mut lines in proptest::collection::vec((0_u64..5, 0_u64..5, 0_i64..10), 1..50),
    ) {
        let text: String = lines.iter().map(|(u, v, t)| format!("{u} {v} {t}\n")).collect();
        lines.sort_by_key(|line| line.2);
        let mut expected = Vec::new();
        for u in 0..5 {
            for v in 0..5 {
                let between = |line: &&(u64, u64, i64)| u < v && [(u, v), (v, u)].contains(&(line.0, line.1));
                if let Some(first) = lines.iter().find(between) {
                    let begin = lines.iter().position(|line| line == first).unwrap();
                    let reply = lines[begin..].iter().find(|l| (l.0, l.1) == (first.1, first.0));
                    expected.push((first.0.to_string(), first.1.to_string(), first.2 * 1000, reply.map(|l| l.2 * 1000)));
                }
            }
        }
        expected.sort();
        let mut found = Vec::new();
        if let Ok(log) = read(Format::Snap, text) {
            for history in log.histories() {
                for message in history.messages() {
                    found.push((
                        history.name().to_owned(),
                        log.recipient_name(message.recipient()).to_owned(),
                        message.sent_at().millis(),
                        message.responded_at().map(Timestamp::millis),
                    ));
                }
            }
        }
        found.sort();
        prop_assert_eq!(found, expected);
    }
}
