use super::*;

fn monthly(name: &str) -> Vec<(String, u64)> {
    let policy = preset::get(name).unwrap();
    policy
        .seat_types
        .iter()
        .map(|rule| (rule.name.to_string(), rule.monthly.0))
        .collect()
}

fn types(figures: [u64; 4]) -> Vec<(String, u64)> {
    let names = [
        "recruiter",
        "recruiter-professional-services",
        "recruiter-lite",
        "talent-finder",
    ];
    names.map(str::to_owned).into_iter().zip(figures).collect()
}

/// Returns what becomes of the credit on a response at the deadline, by kind, and at the window's end,
/// seen and unseen.
fn settles(name: &str) -> String {
    let policy = preset::get(name).unwrap();
    let credit =
        |at: Option<RuleRef>| match at.and_then(|at| policy.rule(at)).map(|rule| rule.credit) {
            Some(Settled::Returned) => "returned",
            Some(Settled::Consumed) => "consumed",
            None => "nothing",
        };
    let window = policy.settlement.window;
    let response = |kind| {
        let of = |note| credit(policy.on_response(kind, note, window.millis()));
        assert_eq!(of(true), of(false));
        of(true)
    };
    let [reply, accept, decline] = ResponseKind::ALL.map(response);
    format!(
        "{window}; send {}; reply {reply}, accept {accept}, not_interested {decline}; report {}; lapse seen {}, unseen {}",
        credit(policy.on_send()),
        credit(policy.on_report()),
        credit(policy.on_lapse(true)),
        credit(policy.on_lapse(false)),
    )
}

#[test]
fn every_preset_reads_without_a_mistake() {
    for name in preset::NAMES {
        let source = preset::source(name).unwrap();
        let policy =
            parse(&source.name, &source.text).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        assert_eq!(policy.name, name);
        assert_ne!(policy.title, name);
        assert_eq!(Some(policy), preset::get(name).as_deref().cloned());
        assert!(!policy_why(name).iter().any(String::is_empty));
    }
    assert!(preset::NAMES.contains(&preset::DEFAULT));
    assert_eq!(preset::get("inmail"), None);
}

fn policy_why(name: &str) -> Vec<String> {
    preset::get(name)
        .unwrap()
        .settlement
        .rules
        .iter()
        .map(|rule| rule.why.clone())
        .collect()
}

#[test]
fn each_preset_settles_as_its_source_says() {
    assert_snapshot!(preset::NAMES.map(|name| format!("{name}: {}", settles(name))).join("\n"), @"
    inmail-2013: 7 days; send nothing; reply consumed, accept consumed, not_interested consumed; report nothing; lapse seen returned, unseen returned
    inmail-2014: 7 days; send nothing; reply consumed, accept consumed, not_interested consumed; report nothing; lapse seen returned, unseen returned
    inmail-2015: 90 days; send nothing; reply returned, accept returned, not_interested returned; report nothing; lapse seen consumed, unseen consumed
    inmail-thread: 90 days; send nothing; reply consumed, accept consumed, not_interested consumed; report nothing; lapse seen returned, unseen returned
    recruiter-2024: 90 days; send nothing; reply returned, accept returned, not_interested returned; report nothing; lapse seen consumed, unseen consumed
    premium-2024: 90 days; send nothing; reply returned, accept returned, not_interested returned; report nothing; lapse seen consumed, unseen consumed
    attention-bond: 90 days; send nothing; reply returned, accept returned, not_interested consumed; report consumed; lapse seen consumed, unseen returned
    postage: 90 days; send consumed; reply nothing, accept nothing, not_interested nothing; report nothing; lapse seen nothing, unseen nothing
    ");
}

#[test]
fn each_preset_allots_and_ends_credits_as_its_source_says() {
    assert_eq!(monthly("inmail-2013"), types([50, 50, 25, 25]));
    assert_eq!(monthly("inmail-2014"), types([50, 50, 25, 25]));
    for name in ["inmail-2015", "inmail-thread", "recruiter-2024"] {
        assert_eq!(monthly(name), types([150, 100, 30, 25]), "{name}");
    }
    let premium = [("career", 5), ("business", 15), ("sales-navigator", 50)];
    assert_eq!(
        monthly("premium-2024"),
        premium.map(|(name, credits)| (name.to_owned(), credits))
    );
    for name in ["attention-bond", "postage"] {
        assert!(!preset::get(name).unwrap().allots(), "{name}");
    }
    for name in preset::NAMES {
        let policy = preset::get(name).unwrap();
        let ends = !matches!(name, "recruiter-2024" | "attention-bond" | "postage");
        assert_eq!(policy.expires_after, ends.then_some(Days(90)), "{name}");
        assert_eq!(
            policy.rollover_cap,
            (name == "recruiter-2024").then_some(4),
            "{name}"
        );
        assert_eq!(policy.returned, ReturnedExpiry::Fresh, "{name}");
        assert!(!policy.auto_counts);
        let message = &policy.message;
        assert_eq!(
            (message.subject_most, message.body_most),
            (200, 2_000),
            "{name}"
        );
        assert_eq!(
            (message.recipients_most, message.pending_most, message.price),
            (25, 2, 1),
            "{name}"
        );
        let bonus = matches!(name, "inmail-2015" | "inmail-thread");
        assert_eq!(policy.bonuses.len(), usize::from(bonus), "{name}");
        for it in &policy.bonuses {
            assert_eq!(
                (it.month.to_string().as_str(), it.credits, it.expires_after),
                ("2015-01", Credits(100), Some(Days(90)))
            );
            let types: Vec<_> = it.seat_types.iter().map(ToString::to_string).collect();
            assert_eq!(types, ["recruiter", "recruiter-professional-services"]);
        }
    }
}

fn below(sent_at_least: u32, none_sent_fails: bool) -> Check {
    Check {
        sent_at_least,
        fails: FailingRate::Below(percent(13)),
        none_sent_fails,
    }
}

/// Returns a gate's stages without their sentences.
fn bare(stages: &[Stage]) -> Vec<Stage> {
    stages
        .iter()
        .map(|stage| Stage {
            why: String::new(),
            ..stage.clone()
        })
        .collect()
}

fn stage(standing: Standing, days: u32, once: bool, blocks: Blocks, judge: Option<Judge>) -> Stage {
    Stage {
        standing,
        days: Days(days),
        once,
        blocks,
        judge,
        why: String::new(),
    }
}

#[test]
fn the_gates_are_those_of_their_sources() {
    let restricted = || {
        let judge = Judge {
            of: Judged::This,
            check: below(1, true),
        };
        stage(Standing::Restricted, 14, false, Blocks::Bulk, Some(judge))
    };
    for name in ["inmail-2014", "inmail-2015"] {
        let Gate::Ladder(Ladder {
            period,
            check,
            stages,
            ..
        }) = &preset::get(name).unwrap().gate
        else {
            panic!("{name} has a ladder");
        };
        let judge = Judge {
            of: Judged::This,
            check: below(100, false),
        };
        let warned = stage(Standing::Warned, 14, true, Blocks::Nothing, Some(judge));
        assert_eq!((*period, *check), (Days(14), below(100, false)));
        assert_eq!(bare(stages), [warned, restricted()]);
    }
    let policy = preset::get("recruiter-2024").unwrap();
    let Gate::Ladder(Ladder {
        period,
        check,
        stages,
        ..
    }) = &policy.gate
    else {
        panic!("a ladder");
    };
    let judge = Judge {
        of: Judged::Previous,
        check: below(1, false),
    };
    let grace = stage(Standing::Grace, 7, false, Blocks::Nothing, Some(judge));
    let warned = stage(Standing::Warned, 14, false, Blocks::Nothing, None);
    assert_eq!((*period, *check), (Days(14), below(100, false)));
    assert_eq!(bare(stages), [warned, grace, restricted()]);

    let policy = preset::get("inmail-thread").unwrap();
    let Gate::Thread(gate) = &policy.gate else {
        panic!("a thread gate");
    };
    assert_eq!(gate.window, Days(14));
    let at_most = Check {
        sent_at_least: 100,
        fails: FailingRate::AtMost(percent(13)),
        none_sent_fails: false,
    };
    assert_eq!(gate.check, at_most);
    // The 100th message is free of the gate; the 101st is not.
    assert!(!gate.check.fails(99, 0) && gate.check.fails(100, 13) && !gate.check.fails(100, 14));

    for name in ["inmail-2013", "premium-2024", "attention-bond", "postage"] {
        assert_eq!(preset::get(name).unwrap().gate, Gate::None, "{name}");
    }
}
