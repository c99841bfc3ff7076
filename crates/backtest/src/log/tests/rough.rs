//! Reads files as rough as files are, cut into blocks at every place and on several threads.
//!
//! What is expected is known from how a file was made, not from any way of reading it.

use super::model::{Made, model, one_made};
use super::*;
use proptest::prelude::*;

/// A line of a made file.
#[derive(Debug, Clone)]
enum Line {
    Message(Made, Spelling),
    /// A message with the id of the first one.
    Repeated(Made),
    /// A line that is wrong in one of several ways.
    Wrong(usize),
    Nothing(usize),
}

/// How the cells of a line are spelt.
#[derive(Debug, Clone, Copy)]
struct Spelling {
    quoted: bool,
    rfc_3339: bool,
}

const WRONG: [&str; 7] = [
    "?",
    "a,b",
    "a,b,c,d,noon,,",
    "a,b,c,d,9,8,",
    "a b,b,c,d,9,,",
    "a,b,c,\"d,9,,",
    "a,b,c,d,9,,,",
];

const NOTHING: [&str; 3] = ["", "  ", "# m1,c1,s1,r1,1,,"];

fn line() -> impl Strategy<Value = Line> {
    let spelling =
        (any::<bool>(), any::<bool>()).prop_map(|(quoted, rfc_3339)| Spelling { quoted, rfc_3339 });
    prop_oneof![
        30 => (one_made(), spelling).prop_map(|(made, spelling)| Line::Message(made, spelling)),
        1 => one_made().prop_map(Line::Repeated),
        1 => (0..WRONG.len()).prop_map(Line::Wrong),
        2 => (0..NOTHING.len()).prop_map(Line::Nothing),
    ]
}

/// A file, and what is to be read from it.
#[derive(Default)]
struct File {
    text: String,
    /// Messages with their numbers, which stand in their ids.
    messages: Vec<(usize, Made)>,
    /// The lines that are bad.
    bad: Vec<u64>,
    /// The length of the longest line, its end included.
    longest: usize,
}

impl File {
    fn of(lines: &[Line], end: &str) -> Self {
        let mut file = Self::default();
        file.push(
            "id,contract,seat,recipient,sent_at,seen_at,responded_at",
            end,
        );
        for (number, (line, place)) in lines.iter().zip(2..).enumerate() {
            match line {
                Line::Message(made, spelling) => {
                    file.push(&spell(number, made, *spelling), end);
                    file.messages.push((number, *made));
                }
                Line::Repeated(made) => {
                    let usual = Spelling {
                        quoted: false,
                        rfc_3339: true,
                    };
                    let first = file.messages.first().map(|(first, _)| *first);
                    file.push(&spell(first.unwrap_or(number), made, usual), end);
                    match first {
                        Some(_) => file.bad.push(place),
                        None => file.messages.push((number, *made)),
                    }
                }
                Line::Wrong(which) => {
                    file.push(WRONG[*which], end);
                    file.bad.push(place);
                }
                Line::Nothing(which) => file.push(NOTHING[*which], end),
            }
        }
        file
    }

    fn push(&mut self, line: &str, end: &str) {
        let before = self.text.len();
        self.text.push_str(line);
        self.text.push_str(end);
        self.longest = self.longest.max(self.text.len() - before);
    }
}

fn spell(number: usize, made: &Made, spelling: Spelling) -> String {
    let (contract, seat, recipient, sent, seen, answered) = *made;
    let instant = |seconds: u32| match spelling.rfc_3339 {
        true => {
            let instant = Timestamp::from_millis(i64::from(seconds) * 1_000);
            instant.unwrap().to_string()
        }
        false => seconds.to_string(),
    };
    let later = |later: Option<u32>| later.map_or(String::new(), |later| instant(sent + later));
    let cells = [
        format!("m{number}"),
        format!("c{contract}"),
        format!("s{seat}"),
        format!("r{recipient}"),
        instant(sent),
        later(seen),
        later(answered),
    ];
    match spelling.quoted {
        true => cells.map(|cell| format!("\"{cell}\"")).join(","),
        false => cells.join(","),
    }
}

/// Reads a file on so many threads, so many bytes at a time.
fn read_in_blocks(
    text: &str,
    skip_bad: usize,
    threads: usize,
    block: usize,
) -> Result<ReadLog, LogError> {
    let reading = Reading {
        names: true,
        skip_bad: u32::try_from(skip_bad).unwrap(),
        ..Reading::default()
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build().unwrap().install(|| {
        Log::read_in_blocks(
            text.as_bytes(),
            "log",
            Format::Csv,
            &reading,
            &mut |_| {},
            block,
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_rough_file_is_read_as_it_was_made(
        lines in proptest::collection::vec(line(), 1..60),
        carriage_returns in any::<bool>(),
        mark in any::<bool>(),
        last_end in any::<bool>(),
        more in 0_usize..150,
    ) {
        let mut file = File::of(&lines, if carriage_returns { "\r\n" } else { "\n" });
        if mark {
            file.text.insert(0, '\u{feff}');
        }
        if !last_end {
            file.text.truncate(file.text.trim_end_matches(['\r', '\n']).len());
        }
        // Longer than the longest line, with the mark.
        let block = file.longest + 4 + more;
        for threads in [1, 3] {
            let all = read_in_blocks(&file.text, file.bad.len(), threads, block);
            match all {
                Ok(read) => {
                    prop_assert_eq!(told(&read.log), model(&file.messages));
                    let skipped: Vec<u64> = read.skipped.iter().map(|bad| bad.line).collect();
                    prop_assert_eq!(&skipped, &file.bad);
                }
                Err(error) => {
                    prop_assert!(file.messages.is_empty(), "{}", error);
                }
            }
            if let Some(first) = file.bad.first() {
                let error = read_in_blocks(&file.text, 0, threads, block).unwrap_err().to_string();
                prop_assert!(error.starts_with(&format!("log:{first}: ")), "{}", error);
                if file.bad.len() > 1 {
                    let error = read_in_blocks(&file.text, file.bad.len() - 1, threads, block);
                    let too_many = matches!(error, Err(LogError::TooManyBad { .. }));
                    prop_assert!(too_many);
                }
            }
        }
    }
}

#[test]
fn a_file_is_the_same_log_wherever_it_is_cut() {
    let usual = Spelling {
        quoted: false,
        rfc_3339: true,
    };
    let made = |n: u8| (n % 4, n % 3, n % 5, u32::from(n * 7 % 8), Some(3), None);
    let lines: Vec<Line> = (0..30).map(|n| Line::Message(made(n), usual)).collect();
    let file = File::of(&lines, "\n");
    let whole = read_in_blocks(&file.text, 0, 1, file.text.len() + 1).unwrap();
    assert_eq!(told(&whole.log), model(&file.messages));
    for block in file.longest..=file.text.len() {
        assert_eq!(
            read_in_blocks(&file.text, 0, 2, block).unwrap(),
            whole,
            "{block}"
        );
    }
}
