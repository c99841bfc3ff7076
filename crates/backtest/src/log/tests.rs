mod model;
mod rough;

use super::*;
use std::fmt::Write as _;
use std::io::Read;

fn read(format: Format, text: impl AsRef<[u8]>) -> Result<Log, LogError> {
    Log::read_with_campaigns(text.as_ref(), "log", format, &mut |_| {})
}

fn csv(text: &str) -> Log {
    read(Format::Csv, text).unwrap()
}

fn error(format: Format, text: impl AsRef<[u8]>) -> String {
    read(format, text).unwrap_err().to_string()
}

/// Tells a log in words: a line a contract, a line an action.
fn told(log: &Log) -> String {
    let mut out = String::new();
    for history in log.histories() {
        writeln!(
            out,
            "{} with {} from {}",
            history.name(),
            history.seats(),
            history.start()
        )
        .unwrap();
        for action in history.actions() {
            let message = &history.messages()[action.message()];
            let (at, what) = match action.kind() {
                ActionKind::Send => (
                    message.sent_at(),
                    format!(
                        "sends {}{}",
                        log.recipient_name(message.recipient()),
                        if message.is_bulk() { " in bulk" } else { "" }
                    ),
                ),
                ActionKind::Seen => (message.seen_at().unwrap(), "is seen".to_owned()),
                ActionKind::Respond => (
                    message.responded_at().unwrap(),
                    message.response().unwrap().to_string(),
                ),
            };
            let (name, seat) = (log.message_name(message), history.seat_name(message.seat()));
            writeln!(out, "  {} {name}: {seat} {what}", at.millis() / 1000).unwrap();
        }
    }
    out
}

fn tells(log: &Log, expected: &str) {
    let trim = |text: &str| {
        text.trim()
            .lines()
            .map(str::trim)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(trim(&told(log)), trim(expected));
}

#[test]
fn the_first_line_between_two_members_is_cold_and_the_first_line_back_its_reply() {
    let log = read(
        Format::Snap,
        "1 2 10\n1 2 11\n2 1 12\n2 1 13\n1 2 14\n3 3 15\n2 3 16\n3 2 16\n4 1 99\n1 4 98\n",
    )
    .unwrap();
    tells(
        &log,
        "
        1 with 1 from 1970-01-01T00:00:10Z
          10 line 1: 1 sends 2
          12 line 1: 1 reply
          98 line 10: 1 sends 4
          99 line 10: 1 reply
        2 with 1 from 1970-01-01T00:00:16Z
          16 line 7: 2 sends 3
          16 line 7: 2 reply
    ",
    );
    assert_eq!(log.last().millis(), 99_000);
    assert_eq!(
        (
            log.contracts(),
            log.seats(),
            log.recipients(),
            log.messages()
        ),
        (2, 2, 3, 3)
    );
}

#[test]
fn a_snap_reply_stands_at_its_own_line() {
    // The reply of line 3 to line 1 comes, at one instant, after the send of line 2 and before that of line 4.
    let log = read(Format::Snap, "1 2 10\n1 3 20\n2 1 20\n1 4 20\n").unwrap();
    tells(
        &log,
        "
        1 with 1 from 1970-01-01T00:00:10Z
          10 line 1: 1 sends 2
          20 line 2: 1 sends 3
          20 line 1: 1 reply
          20 line 4: 1 sends 4
    ",
    );
}

#[test]
fn snap_lines_of_one_instant_keep_their_order_and_others_are_sorted() {
    let log = read(
        Format::Snap,
        "SRC DST UNIXTS\n\n# later lines first\n5 6 30\n2 1 20\n1 2 20\r\n",
    )
    .unwrap();
    tells(
        &log,
        "
        2 with 1 from 1970-01-01T00:00:20Z
          20 line 5: 2 sends 1
          20 line 5: 2 reply
        5 with 1 from 1970-01-01T00:00:30Z
          30 line 4: 5 sends 6
    ",
    );
}

#[test]
fn a_snap_log_reaches_to_its_last_line_even_if_that_is_conversation() {
    assert_eq!(
        read(Format::Snap, "1 2 10\n1 2 20\n")
            .unwrap()
            .last()
            .millis(),
        20_000
    );
    assert_eq!(
        read(Format::Snap, "1 2 10\n7 7 30\n")
            .unwrap()
            .last()
            .millis(),
        30_000
    );
    assert_eq!(
        error(Format::Snap, "7 7 30\n"),
        "`log` has no messages; a log has at least one message"
    );
}

#[test]
fn columns_come_in_any_order_and_most_may_be_missing() {
    let log = csv("sent_at,recipient,seat\n100,bo,ana\n");
    tells(
        &log,
        "
        ana with 1 from 1970-01-01T00:01:40Z
          100 line 2: ana sends bo
    ",
    );
    let log = csv(
        "recipient,contract,sent_at,id,response,responded_at,seen_at,campaign\nbo,acme,100,m1,accept,1970-01-01T00:02:00Z,110.5,c1\n",
    );
    tells(
        &log,
        "
        acme with 1 from 1970-01-01T00:01:40Z
          100 m1: acme sends bo in bulk
          110 m1: acme is seen
          120 m1: acme accept
    ",
    );
    assert_eq!(log.last().millis(), 120_000);
}

#[test]
fn at_one_instant_lines_keep_their_order_and_on_one_line_a_send_comes_first() {
    let log = csv("seat,contract,recipient,sent_at,seen_at,responded_at\n\
        ana,acme,b1,20,20,20\n\
        bea,acme,b2,20,,\n\
        ana,acme,b3,10,20,20\n");
    tells(
        &log,
        "
        acme with 2 from 1970-01-01T00:00:10Z
          10 line 4: ana sends b3
          20 line 2: ana sends b1
          20 line 2: ana is seen
          20 line 2: ana reply
          20 line 3: bea sends b2
          20 line 4: ana is seen
          20 line 4: ana reply
    ",
    );
}

#[test]
fn seats_of_one_name_in_two_contracts_are_two() {
    let log = csv("contract,seat,recipient,sent_at\na,s,x,1\nb,t,x,2\nb,s,x,3\na,u,y,4\n,s,x,5\n");
    tells(
        &log,
        "
        a with 2 from 1970-01-01T00:00:01Z
          1 line 2: s sends x
          4 line 5: u sends y
        b with 2 from 1970-01-01T00:00:02Z
          2 line 3: t sends x
          3 line 4: s sends x
        s with 1 from 1970-01-01T00:00:05Z
          5 line 6: s sends x
    ",
    );
    assert_eq!(
        log.histories().map(|h| h.first_seat()).collect::<Vec<_>>(),
        [0, 2, 4]
    );
}

#[test]
fn blank_lines_comments_and_a_byte_order_mark_are_skipped() {
    let log = read(
        Format::Csv,
        "\u{feff}# made by hand\r\n\r\nseat,recipient,sent_at\r\n   \r\nana,bo,1\r\n#ana,bo,2\r\nana,cy,3",
    )
    .unwrap();
    let lines: Vec<u32> = log
        .history(0)
        .unwrap()
        .messages()
        .iter()
        .map(Message::line)
        .collect();
    assert_eq!(lines, [5, 7]);
}

#[test]
fn quoted_cells_are_read() {
    let log = csv("\"seat\",recipient,sent_at\n\"ana\",bo,\"1\"\n");
    assert_eq!(log.history(0).unwrap().name(), "ana");
}

#[test]
fn a_file_without_messages_says_so() {
    for format in Format::ALL {
        assert_eq!(
            error(format, ""),
            "`log` is empty; a log has at least one message"
        );
        if format == Format::Parquet {
            continue;
        }
        assert_eq!(
            error(format, "\n# nothing\n"),
            "`log` has no messages; a log has at least one message"
        );
    }
    assert_eq!(
        error(Format::Csv, "seat,recipient,sent_at\n"),
        "`log` has no messages; a log has at least one message"
    );
}

#[test]
fn a_bad_csv_line_says_where_what_and_what_would_be_right() {
    let head = "id,contract,seat,recipient,sent_at,campaign,responded_at,response,seen_at\n";
    let good = "m1,acme,ana,bo,100,,,,\n";
    for (line, says) in [
        (
            "m2,acme,ana,bo,100,,,",
            "the line has 8 columns, and the header names 9; write one cell for each, empty where there is nothing",
        ),
        (
            "m2",
            "the line has 1 column, and the header names 9; write one cell for each, empty where there is nothing",
        ),
        (
            "m2,acme,ana,bo,100,,,,,",
            "the line has 10 columns, and the header names 9; write one cell for each, empty where there is nothing",
        ),
        (
            "m2,acme,ana,,100,,,,",
            "`recipient` is empty, and every message has one",
        ),
        (
            "m2,acme,ana,bo,,,,,",
            "`sent_at` is empty, and every message has one",
        ),
        (
            "m2,,,bo,100,,,,",
            "`contract` and `seat` are both empty; give at least one, and it stands for the other too",
        ),
        (
            "m2,acme,ana,bo,noon,,,,",
            "`sent_at` is `noon`, which is no instant; write RFC 3339 such as `2015-01-02T09:00:00Z`, or Unix seconds such as `1420189200`",
        ),
        (
            "m2,acme,ana,bo,2015-01-02T09:00:00,,,,",
            "`sent_at` is `2015-01-02T09:00:00`, which has no offset; add a `Z` for UTC, as in `2015-01-02T09:00:00Z`",
        ),
        (
            "m2,acme,ana,bo,1.0001,,,,",
            "`sent_at` is `1.0001`, which is finer than a millisecond; write at most three decimals",
        ),
        (
            "m2,acme,ana,bo,1420189200000,,,,",
            "`sent_at` is `1420189200000`, which is not in years 1 to 9999; write seconds since 1970, not milliseconds",
        ),
        (
            "m 2,acme,ana,bo,100,,,,",
            "`id` is `m 2`, which is no id: an id is made of `A-Z a-z 0-9 . _ : @ -`; ` ` is not among them",
        ),
        (
            "m2,acme,..,bo,100,,,,",
            "`seat` is `..`, which is no id: `.` and `..` are no ids",
        ),
        (
            "m2,acme,ana,bo,100,c/1,,,",
            "`campaign` is `c/1`, which is no id: an id is made of `A-Z a-z 0-9 . _ : @ -`; `/` is not among them",
        ),
        (
            "m2,acme,ana,bo,100,,99,,",
            "`responded_at` (1970-01-01T00:01:39Z) is before `sent_at` (1970-01-01T00:01:40Z); an answer comes at the send or later",
        ),
        (
            "m2,acme,ana,bo,100,,,,99.999",
            "`seen_at` (1970-01-01T00:01:39.999Z) is before `sent_at` (1970-01-01T00:01:40Z); a message is seen at the send or later",
        ),
        (
            "m2,acme,ana,bo,100,,,reply,",
            "there is a `response` but no `responded_at`; say when it came, or leave both empty",
        ),
        (
            "m2,acme,ana,bo,100,,101,not interested,",
            "there is no response `not interested`; did you mean `not_interested`?",
        ),
        (
            "m2,acme,ana,bo,100,,101,perhaps,",
            "there is no response `perhaps`; it is reply, accept or not_interested, or empty",
        ),
        (
            "m1,acme,ana,bo,100,,,,",
            "the id `m1` is taken by the message of line 2; each message has its own, or none",
        ),
        (
            "\"m2,acme,ana,bo,100,,,,",
            "a quoted cell does not end on its line; close it with `\"`",
        ),
    ] {
        let text = format!("{head}{good}\n{line}\nnot looked at\n");
        assert_eq!(error(Format::Csv, text), format!("log:4: {says}"));
    }
}

#[test]
fn a_bad_header_says_what_is_wrong_with_it() {
    for (head, says) in [
        (
            "seat,recipient,sent_on",
            "there is no column `sent_on`; did you mean `sent_at`?",
        ),
        (
            "seat,recipient,sent_at,colour",
            "there is no column `colour`; the columns are `id`, `contract`, `seat`, `recipient`, `sent_at`, `campaign`, `responded_at`, `response`, `seen_at`",
        ),
        (
            "seat,seat,recipient,sent_at",
            "`seat` comes twice; name each column once",
        ),
        (
            "seat,recipient",
            "the header has no column `sent_at`; `recipient`, `sent_at` and one of `contract` and `seat` are required",
        ),
        (
            "ana,bo,100",
            "there is no column `ana`; the columns are `id`, `contract`, `seat`, `recipient`, `sent_at`, `campaign`, `responded_at`, `response`, `seen_at`",
        ),
    ] {
        assert_eq!(
            error(Format::Csv, format!("# a log\n{head}\n")),
            format!("log:2: {says}")
        );
    }
}

#[test]
fn a_bad_snap_or_jsonl_line_is_named() {
    assert_eq!(
        error(Format::Snap, "1 2 3\n1,2,3\n"),
        "log:2: the line has 1 field; write three, `SRC DST UNIXTS`, apart by spaces or tabs"
    );
    assert_eq!(
        error(Format::Snap, "1 2 3\n1 2 3.5\n"),
        "log:2: the field `3.5` is no whole number from 0 to 253402300799; an instant is in Unix seconds, such as `1082040961`"
    );
    assert_eq!(
        error(Format::Snap, "SRC DST UNIXTS\nSRC DST UNIXTS\n"),
        "log:2: the field `SRC` is no whole number from 0 to 18446744073709551615; sender and recipient are numbers"
    );
    assert_eq!(
        error(
            Format::Jsonl,
            "{\"seat\":\"ana\",\"recipient\":\"bo\",\"sent_at\":1}\n{\"seat\":\"ana\",\"to\":\"bo\"}\n"
        ),
        "log:2: there is no column `to`; the columns are `id`, `contract`, `seat`, `recipient`, `sent_at`, `campaign`, `responded_at`, `response`, `seen_at`"
    );
}

#[test]
fn what_is_no_text_is_a_bad_line_and_so_is_a_line_without_end() {
    assert_eq!(
        error(Format::Csv, b"seat,recipient,sent_at\nana,b\xf6,1\n"),
        "log:2: the line is not UTF-8; save the file as UTF-8"
    );
    assert_eq!(
        error(Format::Snap, b"\xff\xfe1\x00"),
        "log:1: the line is not UTF-8; save the file as UTF-8"
    );
    let long = [b"1 2 3\n".as_slice(), &vec![b'1'; 300_000]].concat();
    assert_eq!(
        error(Format::Snap, long),
        "log:2: the line is longer than 65536 bytes; a log has one message a line"
    );
}

#[test]
fn a_long_cell_is_cut_in_the_error() {
    let text = format!("seat,recipient,sent_at\n{},bo,1\n", "x".repeat(1_000));
    let error = error(Format::Csv, text);
    assert!(error.contains(&format!("`{}…`", "x".repeat(60))), "{error}");
    assert!(error.ends_with("this one has 1000"), "{error}");
}

#[test]
fn of_several_bad_lines_the_first_is_named_however_far_apart() {
    let mut text = "id,seat,recipient,sent_at\n".to_owned();
    for n in 0..60_000 {
        // Line 30,002 repeats an id, line 30,004 is no message, line 50,002 neither.
        match n {
            30_000 => text.push_str("7,ana,bo,1\n"),
            30_002 | 50_000 => text.push_str("?\n"),
            n => writeln!(text, "{n},ana,bo,{n}").unwrap(),
        }
    }
    assert_eq!(
        error(Format::Csv, &text),
        "log:30002: the id `7` is taken by the message of line 9; each message has its own, or none"
    );
}

#[test]
fn progress_tells_the_bytes_read_and_ends_at_the_whole_file() {
    let mut text = "seat,recipient,sent_at\n".to_owned();
    for n in 0..200_000 {
        writeln!(text, "ana,bo,{n}").unwrap();
    }
    let mut told = Vec::new();
    let mut tell = |bytes| told.push(bytes);
    let reading = Reading::default();
    Log::read_in_blocks(
        text.as_bytes(),
        "log",
        Format::Csv,
        &reading,
        &mut tell,
        1024,
    )
    .unwrap();
    assert!(told.is_sorted() && told.len() > 1);
    assert_eq!(told.last(), Some(&u64::try_from(text.len()).unwrap()));
}

#[test]
fn a_read_error_names_the_file() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    let error = Log::read(Broken, "a.csv", Format::Csv, &mut |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `a.csv`: the disk is gone");
    let error = Log::open("/no/such.csv".as_ref(), None, &mut |_| {}).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot open `/no/such.csv`: "),
        "{error}"
    );
    let error = Log::open("/no/such.json".as_ref(), None, &mut |_| {}).unwrap_err();
    assert!(
        error.to_string().contains("does not say which format"),
        "{error}"
    );
}

#[test]
fn a_message_takes_40_bytes_and_an_action_4() {
    assert_eq!(size_of::<Message>(), 40);
    assert_eq!(size_of::<Action>(), 4);
}

#[test]
fn campaigns_keep_their_names_where_somebody_asks_for_them() {
    let text = "contract,seat,recipient,sent_at,campaign\n\
        a,s,r1,2015-01-02T10:00:00Z,spring\n\
        a,s,r2,2015-01-01T10:00:00Z,\n\
        b,s,r3,2015-01-01T10:00:00Z,autumn\n\
        a,s,r4,2015-01-03T10:00:00Z,spring\n";
    let names = |log: &Log| -> Vec<Option<String>> {
        let messages = log
            .histories()
            .flat_map(|history| history.messages().to_vec());
        messages
            .map(|message| log.campaign(&message).map(str::to_owned))
            .collect()
    };
    let log = Log::read_with_campaigns(text.as_bytes(), "log", Format::Csv, &mut |_| {}).unwrap();
    let spring = || Some("spring".to_owned());
    assert_eq!(
        names(&log),
        [None, spring(), spring(), Some("autumn".to_owned())]
    );
    let without = Log::read(text.as_bytes(), "log", Format::Csv, &mut |_| {}).unwrap();
    assert_eq!(names(&without), [None, None, None, None]);
    assert!(without.bytes() < log.bytes());
}

#[test]
fn a_log_with_more_messages_than_are_taken_is_none() {
    let csv = "seat,recipient,sent_at\na,b,2015-01-01T00:00:00Z\na,c,2015-01-02T00:00:00Z\n";
    let snap = "1 2 1420070400\n1 3 1420156800\n";
    for (text, format) in [(csv, Format::Csv), (snap, Format::Snap)] {
        let read = |most| {
            let reading = Reading {
                most: Some(most),
                ..Reading::default()
            };
            Log::read_as(text.as_bytes(), "log", format, &reading, &mut |_| {})
        };
        assert_eq!(read(2).unwrap().log.messages(), 2);
        let error = read(1).unwrap_err().to_string();
        assert_eq!(
            error,
            "`log` has more than 1 messages; split it into several logs"
        );
    }
}
