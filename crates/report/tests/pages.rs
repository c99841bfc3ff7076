//! The pages: what must hold for each kind of report.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

use earnest_backtest::generate::Generator;
use earnest_backtest::log::Log;
use earnest_backtest::replay::Options;
use earnest_core::policy::{Policy, preset};
use earnest_lab::figures::details;
use earnest_lab::sweep::{Figure, Sweep, rank};
use earnest_lab::vary::Vary;
use earnest_market::{Outcome, Settings, run};
use earnest_report::{LogFacts, Report, Swept, body, body_within, market, page};
use std::sync::Arc;

fn presets<const N: usize>(names: [&str; N]) -> [Arc<Policy>; N] {
    names.map(|name| preset::get(name).unwrap())
}

fn made_up() -> Log {
    Generator::new(20_000, 3).into_log().unwrap()
}

fn facts(log: &Log) -> LogFacts {
    LogFacts::of("year.csv", log, &Options::default())
}

fn of_market() -> Report {
    let settings = Settings::parse(
        "tiny.toml",
        "[run]\nweeks = 8\nwarmup_weeks = 4\n[senders]\ncount = 20\n",
    )
    .unwrap();
    let policies = presets(["inmail-2013", "inmail-2015"]);
    let outcomes: Vec<Outcome> = run(&policies, &settings, 1, 2, None, &|| {}).unwrap();
    market(&settings, 1, &outcomes)
}

fn of_log() -> Report {
    let log = made_up();
    let policies = presets(["inmail-2013", "inmail-2015", "inmail-thread"]);
    let details = details(&log, &policies, &Options::default(), &|_| {}).unwrap();
    earnest_report::log(&facts(&log), &policies, &details)
}

fn of_sweep(keys: &[&str]) -> Report {
    let log = made_up();
    let base = preset::get("inmail-thread").unwrap();
    let varies = keys.iter().map(|key| Vary::parse(key).unwrap()).collect();
    let sweep = Sweep::new(&base, varies).unwrap();
    let mut rows = sweep
        .run(&log, &Options::default(), &|_| {}, &|| false)
        .unwrap();
    rank(&mut rows, Figure::Avoided, false);
    let swept = Swept {
        base: "inmail-thread",
        sweep: &sweep,
        rows: &rows,
        rank: Figure::Avoided,
    };
    earnest_report::sweep(&facts(&log), &swept)
}

const RATES: &str = "gate.check.rate_at_most=10/100..50/100:10/100";
const SENT: &str = "gate.check.sent_at_least=20,50,100";
const WINDOW: &str = "settlement.window_days=30,90";

fn all() -> [(&'static str, Report); 5] {
    [
        ("market", of_market()),
        ("log", of_log()),
        ("one key", of_sweep(&[RATES])),
        ("two keys", of_sweep(&[RATES, SENT])),
        ("three keys", of_sweep(&[RATES, SENT, WINDOW])),
    ]
}

#[test]
fn a_page_needs_nothing_else() {
    for (kind, report) in all() {
        let page = page(&report);
        for word in [
            "<script", "<link", "src=", "@import", "url(", "http://", "https://", "style=\"", "NaN",
        ] {
            assert!(!page.contains(word), "the page of a {kind} has {word}");
        }
        assert!(page.contains("default-src 'none'"));
        assert!(page.contains("prefers-color-scheme: dark") && page.contains("@media print"));
    }
}

#[test]
fn the_same_figures_give_the_same_bytes() {
    assert_eq!(page(&of_market()), page(&of_market()));
    assert_eq!(page(&of_log()), page(&of_log()));
}

#[test]
fn every_heading_of_a_figure_leads_to_its_definition_and_no_id_comes_twice() {
    for (kind, report) in all() {
        let page = page(&report);
        let mut led = 0;
        for link in page.split("href=\"#").skip(1) {
            let id = link.split('"').next().unwrap();
            assert!(
                page.contains(&format!(" id=\"{id}\"")),
                "{kind}: nothing has the id {id}"
            );
            led += u32::from(id.starts_with("def-"));
        }
        assert!(led >= 9, "{kind}");
        let mut ids: Vec<&str> = page
            .split(" id=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "{kind}");
    }
}

#[test]
fn a_market_s_page_says_what_was_found_and_what_to_bear_in_mind() {
    let report = of_market();
    assert_eq!((report.tiles.len(), report.findings.len()), (2, 1));
    assert!(report.findings[0].starts_with("Under inmail-2015, "));
    let page = page(&report);
    assert!(page.contains("These people are made up"));
    assert!(page.contains("Response rate by week of sending"));
}

#[test]
fn a_log_s_page_shows_each_policy_in_every_part() {
    let page = page(&of_log());
    for policy in ["inmail-2013", "inmail-2015", "inmail-thread"] {
        assert!(page.contains(&format!("Settled under {policy}")));
        assert!(page.contains(&format!("<th scope=\"row\" class=\"text\">{policy}</th>")));
    }
    assert!(page.contains("20,000 cold messages"));
    // The rolling gate stops somebody in this log.
    assert!(page.contains("Under inmail-thread") && page.contains("class=\"restricted\""));
}

#[test]
fn a_sweep_s_page_has_a_heat_map_for_two_keys_and_says_at_what_a_third_is_held() {
    let two = page(&of_sweep(&[RATES, SENT]));
    assert!(two.contains("class=\"heat-7\"") && two.contains("on the frontier"));
    assert!(!page(&of_sweep(&[RATES])).contains("class=\"heat-7\""));
    let three = of_sweep(&[RATES, SENT, WINDOW]);
    let keys = three
        .sections
        .iter()
        .find(|section| section.id == "keys")
        .unwrap();
    assert!(
        keys.about.contains("settlement.window_days at "),
        "{}",
        keys.about
    );
}

#[test]
fn a_body_keeps_to_its_size_and_says_what_it_has_no_room_for() {
    for (kind, report) in [("log", of_log()), ("sweep", of_sweep(&[RATES, SENT]))] {
        let whole = body(&report);
        assert_eq!(body_within(&report, usize::MAX), whole, "{kind}");
        let tables = whole.matches("<details class=\"chart-data\">").count();
        let charts = whole.matches("<figure ").count();
        let less = body_within(&report, whole.len() - 1);
        assert!(less.len() < whole.len(), "{kind}");
        assert_eq!(less.matches("<figure ").count(), charts, "{kind}");
        assert!(!less.contains("in the whole report."), "{kind}");
        let half = body_within(&report, whole.len() / 2);
        assert!(half.len() <= whole.len() / 2, "{kind}: {}", half.len());
        let least = body_within(&report, 0);
        assert!(!least.contains("<figure "), "{kind}");
        assert_eq!(least.matches("in the whole report.").count(), charts);
        assert!(tables > 0 && least.contains("report-table"), "{kind}");
    }
}

#[test]
fn a_name_from_outside_cannot_become_markup() {
    let mut report = of_market();
    report.title = "<img src=x>".to_owned();
    report.tiles[0].name = "\"><script>alert(1)</script>".to_owned();
    report.sections[0].title = "<b>".to_owned();
    let page = page(&report);
    assert!(!page.contains("<img") && !page.contains("<script") && !page.contains("<b>"));
}
