//! Compares made-up logs with the real one.
//!
//! The figures of the real log are written here, as measured on the CollegeMsg log of SNAP, so that the comparison runs
//! where that log is not. `docs/generator.md` has the table that `the_table_of_the_docs` prints.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests count as no tests, and figures are printed for people"
)]

use earnest_backtest::generate::Generator;
use earnest_backtest::log::{Log, Message};
use std::collections::HashMap;
use std::sync::LazyLock;

const DAY_MS: i64 = 86_400_000;
const FORTNIGHT_MS: i64 = 14 * DAY_MS;
/// The ranks at which distributions are compared, in per cent.
const RANKS: [usize; 7] = [10, 25, 50, 75, 90, 95, 99];

/// What is compared.
struct Figures {
    messages: usize,
    seats: usize,
    answered: usize,
    within_90_days: usize,
    within_7_days: usize,
    seen: usize,
    bulk: usize,
    /// Seconds from send to answer.
    delays: Vec<i64>,
    /// Hundredths of the mean number of messages per seat.
    volumes: Vec<i64>,
    /// Thousandths answered, of seats with 20 messages or more.
    rates: Vec<i64>,
    /// Thousandths of the mean pause between two sends of a seat, of seats with 50 messages or more.
    pauses: Vec<i64>,
    /// Hundredths of the mean number of messages per recipient.
    received: Vec<i64>,
    gate: Gate,
}

/// What the threshold of 13 % over two weeks would find.
#[derive(Default)]
struct Gate {
    /// Seats that sent 100 messages in one of their assessment periods.
    busy: usize,
    /// Those of them that failed one: fewer than 13 % answered by its end.
    failed: usize,
    /// Periods with 100 messages, and those of them failed.
    periods: usize,
    failed_periods: usize,
    /// Messages of seats that failed, and the bulk among them.
    messages: usize,
    bulk: usize,
    /// Busy seats of whose messages in those periods fewer than 13 % were ever answered.
    below: usize,
    below_messages: usize,
    below_bulk: usize,
}

impl Gate {
    fn add(&mut self, messages: &[Message]) {
        let start = messages[0].sent_at();
        let mut periods: HashMap<i64, (usize, usize, usize)> = HashMap::new();
        for message in messages {
            let period = message.sent_at().millis_since(start) / FORTNIGHT_MS;
            let end = start.plus_millis((period + 1) * FORTNIGHT_MS);
            let (sent, by_end, ever) = periods.entry(period).or_default();
            *sent += 1;
            *by_end += usize::from(message.responded_at().is_some_and(|at| at < end));
            *ever += usize::from(message.responded_at().is_some());
        }
        let below = |sent: usize, answered: usize| answered * 100 < sent * 13;
        let busy: Vec<_> = periods.values().filter(|(sent, ..)| *sent >= 100).collect();
        let failed = busy
            .iter()
            .filter(|(sent, by_end, _)| below(*sent, *by_end))
            .count();
        let bulk = messages.iter().filter(|message| message.is_bulk()).count();
        self.periods += busy.len();
        self.failed_periods += failed;
        self.busy += usize::from(!busy.is_empty());
        if failed > 0 {
            self.failed += 1;
            self.messages += messages.len();
            self.bulk += bulk;
        }
        let (sent, ever) = busy
            .iter()
            .fold((0, 0), |sum, period| (sum.0 + period.0, sum.1 + period.2));
        if below(sent, ever) {
            self.below += 1;
            self.below_messages += messages.len();
            self.below_bulk += bulk;
        }
    }
}

fn figures(log: &Log) -> Figures {
    let mut by_seat: Vec<Vec<Message>> = Vec::new();
    let mut received = vec![0_i64; log.recipients()];
    for history in log.histories() {
        let mut seats = vec![Vec::new(); history.seats()];
        for message in history.messages() {
            seats[usize::try_from(message.seat()).unwrap()].push(*message);
            received[usize::try_from(message.recipient()).unwrap()] += 1;
        }
        by_seat.extend(seats);
    }
    received.retain(|count| *count > 0);
    let all = || by_seat.iter().flatten();
    let mut delays: Vec<i64> = all()
        .filter_map(|message| Some(message.responded_at()?.millis_since(message.sent_at()) / 1_000))
        .collect();
    let within = |days: i64| {
        delays
            .iter()
            .filter(|delay| **delay * 1_000 <= days * DAY_MS)
            .count()
    };
    let (within_90_days, within_7_days) = (within(90), within(7));
    let mut pauses = Vec::new();
    for messages in by_seat.iter().filter(|messages| messages.len() >= 50) {
        let mut sends: Vec<i64> = Vec::new();
        let mut last = None;
        for message in messages {
            // The rows of a campaign are one send: they share sender and instant.
            let this = (message.sent_at(), message.is_bulk());
            if !message.is_bulk() || last != Some(this) {
                sends.push(message.sent_at().millis());
            }
            last = Some(this);
        }
        let gaps: Vec<i64> = sends.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let mean = gaps.iter().sum::<i64>() / i64::try_from(gaps.len().max(1)).unwrap();
        pauses.extend(gaps.iter().map(|gap| gap * 1_000 / mean.max(1)));
    }
    let mut volumes: Vec<i64> = by_seat
        .iter()
        .map(|messages| i64::try_from(messages.len()).unwrap())
        .collect();
    let mut rates: Vec<i64> = by_seat
        .iter()
        .filter(|messages| messages.len() >= 20)
        .map(|messages| {
            let answered = messages
                .iter()
                .filter(|message| message.responded_at().is_some())
                .count();
            i64::try_from(answered * 1_000 / messages.len()).unwrap()
        })
        .collect();
    for list in [&mut volumes, &mut received] {
        let (sum, count) = (list.iter().sum::<i64>(), i64::try_from(list.len()).unwrap());
        list.iter_mut().for_each(|n| *n = *n * 100 * count / sum);
    }
    for list in [
        &mut delays,
        &mut volumes,
        &mut rates,
        &mut pauses,
        &mut received,
    ] {
        list.sort_unstable();
    }
    let mut gate = Gate::default();
    by_seat.iter().for_each(|messages| gate.add(messages));
    Figures {
        messages: log.messages(),
        seats: log.seats(),
        answered: delays.len(),
        within_90_days,
        within_7_days,
        seen: all().filter(|message| message.seen_at().is_some()).count(),
        bulk: all().filter(|message| message.is_bulk()).count(),
        delays,
        volumes,
        rates,
        pauses,
        received,
        gate,
    }
}

fn at(sorted: &[i64]) -> [i64; 7] {
    RANKS.map(|rank| sorted[rank * (sorted.len() - 1) / 100])
}

/// Asserts that each value is within so many per cent of the one measured.
fn near(what: &str, made: [i64; 7], real: [i64; 7], per_cent: i64) {
    for ((made, real), rank) in made.into_iter().zip(real).zip(RANKS) {
        let most = (real * per_cent / 100).max(2);
        assert!(
            (made - real).abs() <= most,
            "{what} at {rank} per cent: made {made}, real {real}"
        );
    }
}

/// The figures of a made-up log that is large enough to have them.
static MADE: LazyLock<Figures> =
    LazyLock::new(|| figures(&Generator::new(500_000, 1).into_log().unwrap()));

#[test]
fn a_made_up_log_has_the_shape_of_the_real_one() {
    let made = &*MADE;
    let thousandths = |part: usize, of: usize| part * 1_000 / of;
    assert!(
        (460..=473).contains(&thousandths(made.answered, made.messages)),
        "real: 467"
    );
    assert!(
        (990..=999).contains(&thousandths(made.within_90_days, made.answered)),
        "real: 995"
    );
    assert!(
        (900..=920).contains(&thousandths(made.within_7_days, made.answered)),
        "real: 906"
    );
    assert!(thousandths(made.seen, made.messages) > 800);
    let real = [122, 696, 14_077, 97_597, 543_478, 1_240_720, 5_288_365];
    near("delay", at(&made.delays), real, 25);
    near(
        "volume",
        at(&made.volumes),
        [8, 16, 33, 99, 232, 390, 1_056],
        15,
    );
    near(
        "pause",
        at(&made.pauses),
        [0, 2, 37, 578, 2_059, 4_118, 14_712],
        25,
    );
    near(
        "received",
        at(&made.received),
        [13, 26, 52, 117, 260, 351, 611],
        25,
    );
}

#[test]
fn under_2_per_cent_are_below_the_threshold_and_what_they_send_is_bulk() {
    let gate = &MADE.gate;
    assert!(gate.busy >= 100);
    assert!(
        gate.below > 0 && gate.below * 100 < gate.busy * 2,
        "{} of {}",
        gate.below,
        gate.busy
    );
    assert!(gate.failed >= gate.below && gate.failed * 100 < gate.busy * 3);
    let bulk = gate.below_bulk * 100 / gate.below_messages;
    assert!((92..=96).contains(&bulk), "{bulk}");
}

#[test]
#[ignore = "prints the table of docs/generator.md; needs --nocapture and, for the real log, EARNEST_REAL_LOG"]
fn the_table_of_the_docs() {
    if let Some(path) = std::env::var_os("EARNEST_REAL_LOG") {
        print(
            "real",
            &figures(&Log::open(path.as_ref(), None, &mut |_| {}).unwrap()),
        );
    }
    for (messages, seed) in [
        (1_000_000, 1),
        (1_000_000, 2),
        (1_000_000, 3),
        (100_000, 1),
        (10_000, 1),
        (1_000, 1),
    ] {
        let log = Generator::new(messages, seed).into_log().unwrap();
        print(
            &format!(
                "{messages} messages, seed {seed}, {} contracts",
                log.contracts()
            ),
            &figures(&log),
        );
    }
}

fn print(name: &str, f: &Figures) {
    let share = |part: usize, of: usize| part * 10_000 / of.max(1);
    println!(
        "\n{name}: {} messages, {} seats; shares in 10,000ths",
        f.messages, f.seats
    );
    println!(
        "answered {}, within 90 days {}, within 7 days {} (of the answered {} and {}), seen {}, bulk {}",
        share(f.answered, f.messages),
        share(f.within_90_days, f.messages),
        share(f.within_7_days, f.messages),
        share(f.within_90_days, f.answered),
        share(f.within_7_days, f.answered),
        share(f.seen, f.messages),
        share(f.bulk, f.messages),
    );
    println!("ranks     {RANKS:?} per cent");
    println!("delays    {:?} s", at(&f.delays));
    println!("volumes   {:?} hundredths of the mean", at(&f.volumes));
    println!("rates     {:?} thousandths", at(&f.rates));
    println!("pauses    {:?} thousandths of the mean", at(&f.pauses));
    println!("received  {:?} hundredths of the mean", at(&f.received));
    let g = &f.gate;
    println!(
        "gate      {} busy seats, {} failed a period by its end, {} below 13 % in the end; {} of {} periods failed; bulk of failed {}, of below {}",
        g.busy,
        g.failed,
        g.below,
        g.failed_periods,
        g.periods,
        share(g.bulk, g.messages),
        share(g.below_bulk, g.below_messages)
    );
}
