use super::*;
use earnest_backtest::generate::Generator;
use earnest_backtest::replay::run;
use earnest_core::policy::preset;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

fn sweep(base: &str, keys: &[&str]) -> Sweep {
    let base = preset::get(base).unwrap();
    let varies = keys.iter().map(|key| Vary::parse(key).unwrap()).collect();
    Sweep::new(&base, varies).unwrap()
}

fn options(threads: usize) -> Options {
    Options {
        threads: NonZeroUsize::new(threads),
        ..Options::default()
    }
}

const KEYS: [&str; 2] = [
    "gate.check.rate_at_most=10/100..50/100:10/100",
    "gate.check.sent_at_least=20,50,100",
];

#[test]
fn rows_are_what_each_policy_gives_alone_on_any_number_of_threads() {
    let log = Generator::new(20_000, 3).into_log().unwrap();
    let sweep = sweep("inmail-thread", &KEYS);
    let rows = sweep.run(&log, &options(1), &|_| {}, &|| false).unwrap();
    assert_eq!(rows.len(), 15);
    assert_eq!(
        rows,
        sweep.run(&log, &options(3), &|_| {}, &|| false).unwrap()
    );
    let refused = |row: &Row| row.figures.refused_in_all();
    assert!(rows.iter().any(|row| row.lost > 0 && row.avoided > 0));
    for row in &rows {
        let alone = std::slice::from_ref(&row.policy);
        let mut figures = run(&log, alone, &options(2), &|_| {}).unwrap().remove(0);
        figures.restricted.clear();
        assert_eq!(row.figures, figures);
        assert_eq!(row.lost + row.avoided, refused(row));
    }
    // The last key changes fastest.
    let shown: Vec<String> = rows
        .iter()
        .take(4)
        .map(|row| {
            row.values
                .iter()
                .map(Vary::shown)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    assert_eq!(shown, ["10/100 20", "10/100 50", "10/100 100", "20/100 20"]);
}

#[test]
fn a_stopped_sweep_keeps_what_was_done() {
    let log = Generator::new(2_000, 3).into_log().unwrap();
    let sweep = sweep("inmail-thread", &KEYS);
    let asked = AtomicUsize::new(0);
    // So small a log is one batch: the first question lets it run.
    let rows = sweep
        .run(&log, &options(2), &|_| {}, &|| {
            asked.fetch_add(1, Ordering::Relaxed) > 0
        })
        .unwrap();
    assert_eq!(rows.len(), 15);
    let none = sweep.run(&log, &options(2), &|_| {}, &|| true).unwrap();
    assert_eq!(none, []);
}

#[test]
fn the_frontier_has_what_nothing_beats() {
    let log = Generator::new(20_000, 3).into_log().unwrap();
    let rows = sweep("inmail-thread", &KEYS)
        .run(&log, &options(2), &|_| {}, &|| false)
        .unwrap();
    for row in &rows {
        let beaten = rows.iter().any(|other| {
            let no_worse = other.avoided >= row.avoided && other.lost <= row.lost;
            no_worse && (other.avoided, other.lost) != (row.avoided, row.lost)
        });
        assert_eq!(row.frontier, !beaten, "{row:?}");
    }
}

#[test]
fn rows_are_ranked_exactly() {
    let log = Generator::new(20_000, 3).into_log().unwrap();
    let mut rows = sweep("inmail-thread", &KEYS)
        .run(&log, &options(2), &|_| {}, &|| false)
        .unwrap();
    for figure in Figure::ALL {
        for reverse in [false, true] {
            rank(&mut rows, figure, reverse);
            let shown: Vec<_> = rows
                .iter()
                .map(|row| figure.of(row).json().as_f64())
                .collect();
            let falls = figure.more_is_better() != reverse;
            let in_order = |pair: &[Option<f64>]| match falls {
                true => pair[0] >= pair[1],
                false => pair[0] <= pair[1],
            };
            assert!(shown.windows(2).all(in_order), "{figure}: {shown:?}");
            assert_eq!(figure.name().parse(), Ok(figure));
        }
    }
    let error = "avoidd".parse::<Figure>().unwrap_err().to_string();
    assert_eq!(
        error,
        "there is no figure `avoidd`; did you mean `avoided`?"
    );
}

#[test]
fn a_sweep_that_cannot_be_is_told_before_anything_is_replayed() {
    let base = preset::get("inmail-thread").unwrap();
    let told = |keys: &[&str]| {
        let varies = keys.iter().map(|key| Vary::parse(key).unwrap()).collect();
        Sweep::new(&base, varies).unwrap_err().to_string()
    };
    let twice = ["settlement.window_days=1", "settlement.window_days=2"];
    assert!(told(&twice).contains("is varied twice"));
    let many = ["settlement.window_days=1..400", "message.price=1..400"];
    assert!(told(&many).contains("have 160000 combinations"));
    let wrong = told(&["gate.kind=ladder"]);
    assert!(
        wrong.contains("gate.kind=ladder makes no policy"),
        "{wrong}"
    );
}
