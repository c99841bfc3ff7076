//! Reads the real log, the CollegeMsg log of SNAP, and counts what others counted by hand.
//!
//! The log is not in the repository: the variable `EARNEST_REAL_LOG` says where it is. `cargo xtask test` sets
//! it where it finds the log, and says that this was not run where it does not.

use earnest_backtest::log::{Log, Message};
use std::path::Path;

#[test]
#[ignore = "needs the CollegeMsg log"]
fn the_real_log_has_the_figures_counted_by_hand() {
    const DAY: i64 = 86_400_000;
    let path = std::env::var_os("EARNEST_REAL_LOG").expect("EARNEST_REAL_LOG names the log");
    let log = Log::open(Path::new(&path), None, &mut |_| {}).unwrap();
    let answered = |within: i64| {
        let in_time = |m: &&Message| {
            m.responded_at()
                .is_some_and(|at| at.millis_since(m.sent_at()) <= within)
        };
        log.histories()
            .map(|history| history.messages().iter().filter(in_time).count())
            .sum::<usize>()
    };
    assert_eq!(log.messages(), 13_838);
    assert_eq!((log.contracts(), log.seats()), (1_151, 1_151));
    assert_eq!(answered(i64::MAX), 6_458);
    assert_eq!(answered(90 * DAY), 6_427);
    assert_eq!(answered(7 * DAY), 5_851);
    assert_eq!(log.last().to_string(), "2004-10-26T07:52:22Z");
    let happened: usize = log.histories().map(|history| history.actions().len()).sum();
    assert_eq!(happened, 13_838 + 6_458);
}
