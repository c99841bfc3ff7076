use super::*;

fn written(messages: u64, seed: u64, output: Output) -> Vec<u8> {
    let mut bytes = Vec::new();
    Generator::new(messages, seed)
        .write(&mut bytes, output, &mut |_| {})
        .unwrap();
    bytes
}

fn read(bytes: &[u8], format: Format) -> Log {
    Log::read(bytes, "log", format, &mut |_| {}).unwrap()
}

/// FNV-1a, which needs no library to stay what it is.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_every_machine() {
    // A change of these changes every log that anybody has made: say so in the changelog.
    let hashes =
        [(0, 1), (1, 1), (10, 1), (1_000, 7), (50_000, u64::MAX)].map(|(messages, seed)| {
            let of = |output| hash(&written(messages, seed, output));
            (messages, of(Output::Csv), of(Output::Jsonl))
        });
    assert_eq!(
        hashes,
        [
            (0, 5_501_255_895_540_907_760, 14_695_981_039_346_656_037),
            (1, 517_087_818_939_746_335, 1_305_286_688_220_582_560),
            (10, 11_460_320_217_234_519_056, 6_823_141_517_619_523_057),
            (1_000, 3_064_951_593_599_465_922, 9_599_524_762_087_652_792),
            (
                50_000,
                16_946_103_681_776_195_679,
                8_087_920_177_098_611_964
            ),
        ]
    );
}

#[test]
fn another_seed_gives_another_log() {
    assert_ne!(written(100, 1, Output::Csv), written(100, 2, Output::Csv));
}

#[test]
fn a_log_looks_like_this() {
    let csv = String::from_utf8(written(10, 1, Output::Csv)).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(
        lines[0],
        "id,contract,seat,recipient,sent_at,campaign,responded_at,response,seen_at"
    );
    assert_eq!(lines[7], "m7,c2,s2,u34,2025-04-03T08:07:14Z,b1,,,");
    assert_eq!(
        lines[9],
        "m9,c1,s1,u79,2025-12-17T11:37:12Z,,,,2025-12-31T02:37:50Z"
    );
    assert_eq!(
        lines[10],
        "m10,c1,s1,u94,2025-12-17T14:36:11Z,,2025-12-17T14:37:06Z,accept,2025-12-17T14:36:28Z"
    );
    let jsonl = String::from_utf8(written(10, 1, Output::Jsonl)).unwrap();
    let lines: Vec<&str> = jsonl.lines().collect();
    assert_eq!(
        lines[6],
        r#"{"id":"m7","contract":"c2","seat":"s2","recipient":"u34","sent_at":"2025-04-03T08:07:14Z","campaign":"b1"}"#
    );
    assert_eq!(
        lines[9],
        r#"{"id":"m10","contract":"c1","seat":"s1","recipient":"u94","sent_at":"2025-12-17T14:36:11Z","responded_at":"2025-12-17T14:37:06Z","response":"accept","seen_at":"2025-12-17T14:36:28Z"}"#
    );
}

#[test]
fn csv_and_jsonl_and_the_log_made_without_a_file_are_the_same() {
    for (messages, seed) in [(1, 3), (10, 4), (3_000, 5), (20_000, 6)] {
        let csv = read(&written(messages, seed, Output::Csv), Format::Csv);
        // A blank line takes the header's place, so that line numbers agree too.
        let jsonl = [b"\n".as_slice(), &written(messages, seed, Output::Jsonl)].concat();
        assert!(
            csv == read(&jsonl, Format::Jsonl),
            "{messages} messages, seed {seed}"
        );
        assert!(
            csv == Generator::new(messages, seed).into_log().unwrap(),
            "{messages} messages, seed {seed}"
        );
    }
}

#[test]
fn a_log_has_as_many_messages_as_were_asked_for_in_order() {
    for messages in [0, 1, 2, 5, 10, 100, 12_345] {
        for seed in 0..5 {
            let mut generator = Generator::new(messages, seed);
            let mut last = Timestamp::MIN;
            let mut count = 0;
            assert_eq!(
                generator.size_hint(),
                (
                    usize::try_from(messages).unwrap(),
                    usize::try_from(messages).ok()
                )
            );
            for made in generator.by_ref() {
                assert_eq!(made.message, count);
                assert!(made.sent_at() >= last);
                assert!(made.seen_at().is_none_or(|at| at >= made.sent_at()));
                assert!(made.response().is_none_or(|(at, _)| at >= made.sent_at()));
                last = made.sent_at();
                count += 1;
            }
            assert_eq!(count, messages);
            assert_eq!(generator.size_hint(), (0, Some(0)));
        }
    }
}

#[test]
fn everything_happens_in_the_year() {
    let (start, end) = ("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
    let (start, end) = (
        Timestamp::parse(start).unwrap(),
        Timestamp::parse(end).unwrap(),
    );
    for made in Generator::new(20_000, 1) {
        let instants = [
            Some(made.sent_at()),
            made.seen_at(),
            made.response().map(|(at, _)| at),
        ];
        assert!(
            instants
                .into_iter()
                .flatten()
                .all(|at| start <= at && at < end)
        );
    }
}

#[test]
fn a_campaign_is_one_seat_s_at_one_instant_to_2_to_25_members() {
    let mut campaigns: Vec<Vec<Made>> = Vec::new();
    for made in Generator::new(30_000, 1) {
        if let Some(number) = made.campaign {
            let number = usize::try_from(number).unwrap();
            campaigns.resize(campaigns.len().max(number + 1), Vec::new());
            campaigns[number].push(made);
        }
    }
    assert!(campaigns.len() > 100);
    for campaign in campaigns {
        assert!((2..=25).contains(&campaign.len()));
        let first = campaign[0];
        assert!(
            campaign
                .iter()
                .all(|made| (made.seat, made.sent) == (first.seat, first.sent))
        );
        let mut to: Vec<u32> = campaign.iter().map(|made| made.recipient).collect();
        to.sort_unstable();
        to.dedup();
        assert_eq!(to.len(), campaign.len());
    }
}

#[test]
fn a_log_of_nothing_has_a_header_and_no_messages() {
    assert_eq!(
        written(0, 1, Output::Csv),
        b"id,contract,seat,recipient,sent_at,campaign,responded_at,response,seen_at\n"
    );
    assert!(written(0, 1, Output::Jsonl).is_empty());
    assert!(matches!(
        Generator::new(0, 1).into_log(),
        Err(LogError::Empty { .. })
    ));
}

#[test]
fn progress_tells_the_messages_written() {
    let mut told = Vec::new();
    Generator::new(5_000, 1)
        .write(io::sink(), Output::Csv, &mut |messages| told.push(messages))
        .unwrap();
    assert!(told.is_sorted() && told.len() > 1);
    assert_eq!(told.last(), Some(&5_000));
}

#[test]
fn a_name_s_ending_says_how_to_write() {
    use std::path::Path;
    assert_eq!(Output::of(Path::new("a.csv")), Ok(Output::Csv));
    assert_eq!(Output::of(Path::new("a.ndjson")), Ok(Output::Jsonl));
    for name in ["a.txt", "a", "a.json"] {
        let error = Output::of(Path::new(name)).unwrap_err().to_string();
        assert!(error.contains("end it in `.csv` or `.jsonl`"), "{error}");
    }
}
