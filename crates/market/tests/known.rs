//! What a simulation says, beside what is known.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

use earnest_core::policy::file::{Source, load};
use earnest_core::policy::{Policy, preset};
use earnest_market::{Outcome, Settings, run};
use std::num::NonZeroUsize;
use std::sync::Arc;

/// A market small enough for a test.
const SMALL: &str = "[run]\nweeks = 20\nwarmup_weeks = 20\n[senders]\ncount = 40\n";

/// `inmail-2015` without its gate, so that nothing but the fate of the credit differs.
const FOR_ANSWERS: &str =
    "format = 1\nextends = 'inmail-2015'\nname = 'for-answers'\n[gate]\nkind = 'none'\n";

/// The same, but for what gives a credit back.
const FOR_SILENCE: &str = "format = 1\nextends = 'inmail-2015'\nname = 'for-silence'\n[gate]\nkind = 'none'\n\
    [[settlement.rule]]\non = 'response'\nkinds = ['reply', 'accept', 'not_interested']\ncredit = 'consumed'\nwhy = 'turned'\n\
    [[settlement.rule]]\non = 'lapse'\ncredit = 'returned'\nwhy = 'turned'\n";

fn small(more: &str) -> Settings {
    Settings::parse("small.toml", &format!("{SMALL}{more}")).unwrap()
}

fn shipped(name: &str) -> Arc<Policy> {
    preset::get(name).unwrap()
}

fn written(text: &str) -> Arc<Policy> {
    let source = Source::new("test.toml", text.to_owned());
    let none = &mut |_: &str, _: &str| Err("there are presets only".to_owned());
    Arc::new(load(source, none).unwrap().policy().unwrap())
}

fn played(
    policies: &[Arc<Policy>],
    settings: &Settings,
    worlds: u32,
    threads: usize,
) -> Vec<Outcome> {
    run(
        policies,
        settings,
        1,
        worlds,
        NonZeroUsize::new(threads),
        &|| {},
    )
    .unwrap()
}

#[test]
fn returning_credits_for_answers_and_not_for_silence_raises_the_response_rate() {
    let policies = [written(FOR_SILENCE), written(FOR_ANSWERS)];
    let outcomes = played(&policies, &small(""), 3, 2);
    let (silence, answers) = (outcomes[0].rates(), outcomes[1].rates());
    assert_eq!((silence.len(), answers.len()), (3, 3));
    // In each world, with the same people, and by more than chance moves it.
    for (silence, answers) in silence.iter().zip(&answers) {
        assert!(
            *answers > silence + 1.0,
            "{silence} % for silence, {answers} % for answers"
        );
    }
    assert!(outcomes[1].sums().effort_percent() > outcomes[0].sums().effort_percent());
}

#[test]
fn the_rules_of_2015_raise_the_rate_over_those_of_2013() {
    let outcomes = played(
        &[shipped("inmail-2013"), shipped("inmail-2015")],
        &small(""),
        2,
        2,
    );
    for (before, after) in outcomes[0].rates().iter().zip(outcomes[1].rates()) {
        assert!(after > *before, "{before} % before, {after} % after");
    }
}

#[test]
fn recipients_who_are_flooded_answer_less() {
    let policies = [shipped("inmail-2013")];
    let many = played(&policies, &small("[recipients]\nper_sender = 60\n"), 1, 1);
    let few = played(&policies, &small("[recipients]\nper_sender = 6\n"), 1, 1);
    assert!(few[0].sums().received_a_week() > many[0].sums().received_a_week());
    assert!(few[0].rates()[0] + 3.0 < many[0].rates()[0]);
}

#[test]
fn the_same_seed_gives_the_same_figures_on_any_number_of_threads() {
    let policies = [shipped("recruiter-2024"), shipped("inmail-thread")];
    let settings = Settings::parse(
        "tiny.toml",
        "[run]\nweeks = 8\nwarmup_weeks = 4\n[senders]\ncount = 30\n",
    )
    .unwrap();
    let one = played(&policies, &settings, 3, 1);
    assert_eq!(one, played(&policies, &settings, 3, 2));
    assert_ne!(one[0].worlds[0].weeks, one[0].worlds[1].weeks);
    let seeds: Vec<u64> = one[1].worlds.iter().map(|world| world.seed).collect();
    assert_eq!(seeds, [1, 2, 3]);
    assert_eq!(one[1].policy, "inmail-thread");
}

#[test]
fn sums_are_those_of_the_counted_weeks() {
    let settings = Settings::parse(
        "tiny.toml",
        "[run]\nweeks = 3\nwarmup_weeks = 2\n[senders]\ncount = 20\n",
    )
    .unwrap();
    let outcome = &played(&[shipped("inmail-2015")], &settings, 2, 1)[0];
    let weeks = outcome.weeks();
    assert_eq!(weeks.iter().filter(|week| week.counted).count(), 3);
    let sums = outcome.sums();
    let counted = weeks.iter().filter(|week| week.counted);
    assert_eq!(
        sums.sent,
        counted.clone().map(|week| week.sent).sum::<u64>()
    );
    assert_eq!(
        sums.answered,
        counted.map(|week| week.answered).sum::<u64>()
    );
    let by_sender = outcome.worlds.iter().flat_map(|world| &world.senders);
    assert_eq!(
        sums.sent,
        by_sender.clone().map(|sender| sender.sent).sum::<u64>()
    );
    assert_eq!(
        sums.answered,
        by_sender.map(|sender| sender.answered).sum::<u64>()
    );
    assert!(sums.answered + sums.unanswered == sums.sent && sums.read >= sums.answered);
}

/// What `docs/simulation.md` shows: run it and look.
#[test]
#[ignore = "prints the figures of the document"]
fn figures_of_the_document() {
    let settings = Settings::standard().unwrap();
    let policies: Vec<_> = ["inmail-2013", "inmail-2014"].map(shipped).to_vec();
    for outcome in played(&policies, &settings, 3, 2) {
        let senders: Vec<_> = outcome
            .worlds
            .iter()
            .flat_map(|world| &world.senders)
            .collect();
        let below = senders
            .iter()
            .filter(|it| it.answered * 100 < it.sent * 13)
            .count();
        // 50 a week is 100 in two.
        let busy: Vec<_> = senders.iter().filter(|it| it.sent >= 50 * 52).collect();
        let busy_below = busy
            .iter()
            .filter(|it| it.answered * 100 < it.sent * 13)
            .count();
        let received: u64 = outcome.sums().sent;
        println!(
            "{}: rate {:?}; below 13 %: {below} of {} senders, {busy_below} of {} busy; sent {received}",
            outcome.policy,
            outcome.rates(),
            senders.len(),
            busy.len()
        );
        let mut volumes: Vec<u64> = senders.iter().map(|it| it.sent).collect();
        volumes.sort_unstable();
        let most: u64 = volumes.iter().rev().take(volumes.len() / 10).sum();
        println!("the busiest tenth sends {} % of all", most * 100 / received);
    }
}
