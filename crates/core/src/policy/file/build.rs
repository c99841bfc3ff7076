//! Makes a policy of a document, key by key. Each table is read to its end before anything is given up,
//! so that one reading finds all mistakes.

use super::check;
use super::section::{Read, Section, Wrong};
use crate::document::Document;
use crate::policy::{
    Blocks, Bonus, Check, FailingRate, Gate, Judge, Judged, Ladder, MessageRules, Policy,
    ResponseKinds, ReturnedExpiry, Rule, SeatTypeRule, Settled, Settlement, Stage, Standing,
    ThreadGate, Trigger,
};
use crate::units::{Credits, Days};

const TRIGGERS: [Trigger; 4] = [
    Trigger::Send,
    Trigger::Response,
    Trigger::Report,
    Trigger::Lapse,
];
const SETTLED: [Settled; 2] = [Settled::Returned, Settled::Consumed];
const RETURNED: [ReturnedExpiry; 2] = [ReturnedExpiry::Fresh, ReturnedExpiry::Original];
const STANDINGS: [Standing; 3] = [Standing::Warned, Standing::Grace, Standing::Restricted];
const BLOCKS: [Blocks; 3] = [Blocks::Nothing, Blocks::Bulk, Blocks::All];
const JUDGED: [Judged; 2] = [Judged::This, Judged::Previous];

/// The kinds of gate, as the file names them.
#[derive(Clone, Copy)]
enum GateKind {
    None,
    Thread,
    Ladder,
}

const GATES: [GateKind; 3] = [GateKind::None, GateKind::Thread, GateKind::Ladder];

/// Returns the policy of a document, or nothing after recording the mistakes in it.
pub(super) fn policy(document: &Document, name: &str, complete: bool) -> Option<Policy> {
    let root = Section::new(document.root(), "", complete);
    // Read for its mistakes alone: there is one format so far.
    let format = root.number("format");
    let extends = root.text("extends");
    let named = root.name("name");
    let title = root.text("title");
    let expires_after = root.whole("expires_after_days");
    let rollover_cap = root.whole("rollover_cap");
    let settlement = root
        .table("settlement")
        .and_then(needed)
        .and_then(|it| settlement(document, it));
    let message = message(&root, settlement.as_ref().ok());
    let auto_counts = auto_counts(&root);
    let returned = returned(&root);
    let seat_types = seat_types(&root);
    let bonuses = bonuses(&root, seat_types.as_deref().ok().filter(|_| complete));
    let gate = gate(&root);
    root.table.finish();

    let read = || -> Read<Policy> {
        format?;
        extends?;
        let name = named?.map_or_else(|| name.to_owned(), |name| name.to_string());
        Ok(Policy {
            title: title?.unwrap_or_else(|| name.clone()),
            name: name.into(),
            message: message?,
            auto_counts: auto_counts?,
            settlement: settlement?,
            returned: returned?,
            expires_after: expires_after?.map(Days),
            rollover_cap: rollover_cap?,
            seat_types: seat_types?,
            bonuses: bonuses?,
            gate: gate?,
        })
    };
    read().ok()
}

fn needed<T>(found: Option<T>) -> Read<T> {
    found.ok_or(Wrong)
}

/// Returns a table that may be absent: then its keys have their defaults.
fn optional<'d, T>(
    root: &Section<'d>,
    name: &str,
    absent: T,
    read: impl FnOnce(&Section<'d>) -> Read<T>,
) -> Read<T> {
    let Some(section) = root.table(name)? else {
        return Ok(absent);
    };
    let value = read(&section);
    section.table.finish();
    value
}

fn message(root: &Section<'_>, settlement: Option<&Settlement>) -> Read<MessageRules> {
    let defaults = MessageRules {
        subject_most: 200,
        body_most: 2_000,
        recipients_most: 25,
        pending_most: 2,
        price: 1,
        reminders: Vec::new(),
    };
    optional(root, "message", defaults, |section| {
        let subject_most = section.number("subject_most");
        let body_most = section.number("body_most");
        let recipients_most = section.number("recipients_most");
        let pending_most = section.number("pending_most");
        let price = section.number("price");
        let reminders = section.wholes("reminder_days")?;
        // A message that has lapsed needs no reminder, so a file may shorten the window that it extends.
        let in_window = |days: &Days| settlement.is_none_or(|known| *days < known.window);
        Ok(MessageRules {
            subject_most: subject_most?,
            body_most: body_most?,
            recipients_most: recipients_most?,
            pending_most: pending_most?,
            price: price?,
            reminders: reminders
                .into_iter()
                .map(|(days, _)| Days(days))
                .filter(in_window)
                .collect(),
        })
    })
}

fn auto_counts(root: &Section<'_>) -> Read<bool> {
    optional(root, "response", false, |section| {
        section.flag("auto_counts").and_then(needed)
    })
}

fn returned(root: &Section<'_>) -> Read<ReturnedExpiry> {
    optional(root, "returned", ReturnedExpiry::Fresh, |section| {
        section.word("expires", &RETURNED).and_then(needed)
    })
}

fn settlement(document: &Document, section: Section<'_>) -> Read<Settlement> {
    let window = section.number("window_days").map(Days);
    let sections = section.tables("rule");
    let array = section.table.get("rule");
    section.table.finish();
    let sections = sections?;
    let rules: Vec<Read<Rule>> = sections.iter().map(rule).collect();
    if let (Ok(window), Some(array)) = (window, array) {
        check::within(document, &sections, &rules, window);
        check::settlement(&array, &sections, &rules, window);
    }
    for section in sections {
        section.table.finish();
    }
    Ok(Settlement {
        window: window?,
        rules: rules.into_iter().collect::<Read<_>>()?,
    })
}

fn rule(section: &Section<'_>) -> Read<Rule> {
    let on = section.word("on", &TRIGGERS);
    let kinds = section.words("kinds");
    let note = section.flag("note");
    let within = section.whole("within_days");
    let seen = section.flag("seen");
    let credit = section.word("credit", &SETTLED);
    let why = section.why();
    let on = on?.ok_or(Wrong)?;
    let kinds = match kinds? {
        Some(words) => ResponseKinds {
            reply: words.contains(&"reply"),
            accept: words.contains(&"accept"),
            not_interested: words.contains(&"not_interested"),
        },
        None if on == Trigger::Response => ResponseKinds::ALL,
        None => ResponseKinds::NONE,
    };
    Ok(Rule {
        on,
        kinds,
        note: note?,
        within: within?.map(Days),
        seen: seen?,
        credit: credit?.ok_or(Wrong)?,
        why: why?,
    })
}

fn seat_types(root: &Section<'_>) -> Read<Vec<SeatTypeRule>> {
    let sections = root.tables("seat_type")?;
    let mut rules: Vec<Read<SeatTypeRule>> = Vec::new();
    for (at, section) in sections.iter().enumerate() {
        let name = section.name("name");
        let monthly = section.number("monthly_credits");
        let earlier = rules.iter().position(|rule| match (rule, &name) {
            (Ok(rule), Ok(Some(name))) => rule.name == *name,
            _ => false,
        });
        if let (Some(earlier), Some(value)) = (earlier, section.table.get("name")) {
            value.mistake(
                &format!("is the name of `seat_type[{earlier}]` already"),
                &format!("give `seat_type[{at}]` another, or take it away"),
            );
        }
        rules.push((|| {
            Ok(SeatTypeRule {
                name: name?.ok_or(Wrong)?,
                monthly: Credits(u64::from(monthly?)),
            })
        })());
    }
    for section in sections {
        section.table.finish();
    }
    rules.into_iter().collect()
}

fn bonuses(root: &Section<'_>, known: Option<&[SeatTypeRule]>) -> Read<Vec<Bonus>> {
    let sections = root.tables("bonus")?;
    let bonuses: Vec<Read<Bonus>> = sections
        .into_iter()
        .map(|section| bonus(section, known))
        .collect();
    bonuses.into_iter().collect()
}

fn bonus(section: Section<'_>, known: Option<&[SeatTypeRule]>) -> Read<Bonus> {
    let month = section.month("month");
    let seat_types = section.names("seat_types");
    let credits = section.number("credits");
    let expires_after = section.whole("expires_after_days");
    let why = section.why();
    section.table.finish();
    if let (Ok(seat_types), Some(known)) = (&seat_types, known) {
        check::seat_types(seat_types, known);
    }
    Ok(Bonus {
        month: month?.ok_or(Wrong)?,
        seat_types: seat_types?.into_iter().map(|(name, _)| name).collect(),
        credits: Credits(u64::from(credits?)),
        expires_after: expires_after?.map(Days),
        why: why?,
    })
}

fn gate(root: &Section<'_>) -> Read<Gate> {
    optional(root, "gate", Gate::None, |section| {
        let kind = section.word("kind", &GATES);
        let window = section.whole("window_days");
        let period = section.whole("period_days");
        let why = section.text("why");
        let check = section.table("check").map(|found| {
            found.map(|section| {
                let check = check_of(&section);
                if let (Ok(Some(GateKind::Thread)), Ok(check)) = (kind, &check) {
                    check::thread(&section, check);
                }
                section.table.finish();
                check
            })
        });
        let stages = stages(section);
        // What stands beside the wrong kind has been recorded, so each is looked at for that.
        let (kind, window, period) = (kind?.ok_or(Wrong)?, window?, period?);
        let (check, stages, why) = (check?, stages?, why?);
        Ok(match kind {
            GateKind::None => Gate::None,
            GateKind::Thread => Gate::Thread(ThreadGate {
                window: window.map(Days).ok_or(Wrong)?,
                check: check.ok_or(Wrong)??,
                why: why.ok_or(Wrong)?,
            }),
            GateKind::Ladder => Gate::Ladder(Ladder {
                period: period.map(Days).ok_or(Wrong)?,
                check: check.ok_or(Wrong)??,
                stages,
                why: why.ok_or(Wrong)?,
            }),
        })
    })
}

fn check_of(section: &Section<'_>) -> Read<Check> {
    let sent_at_least = section.number("sent_at_least");
    let none_sent_fails = section.flag("none_sent_fails");
    let rate = match section.table.either(&["rate_below", "rate_at_most"]) {
        Some(("rate_at_most", value)) => value.ratio().map(FailingRate::AtMost).ok_or(Wrong),
        Some((_, value)) => value.ratio().map(FailingRate::Below).ok_or(Wrong),
        None => section.ratio("rate_below").and(Err(Wrong)),
    };
    Ok(Check {
        sent_at_least: sent_at_least?,
        fails: rate?,
        none_sent_fails: none_sent_fails?.ok_or(Wrong)?,
    })
}

fn stages(gate: &Section<'_>) -> Read<Vec<Stage>> {
    let sections = gate.tables("stage")?;
    let stages: Vec<Read<Stage>> = sections.iter().map(stage).collect();
    check::stages(gate, &sections, &stages);
    for section in sections {
        section.table.finish();
    }
    stages.into_iter().collect()
}

fn stage(section: &Section<'_>) -> Read<Stage> {
    let standing = section.word("standing", &STANDINGS);
    let days = section.number("days");
    let once = section.flag("once");
    let blocks = section.word("blocks", &BLOCKS);
    let why = section.why();
    let judge = section
        .table("judge")
        .and_then(|found| found.map(judge).transpose());
    Ok(Stage {
        standing: standing?.ok_or(Wrong)?,
        days: Days(days?),
        once: once?.ok_or(Wrong)?,
        blocks: blocks?.ok_or(Wrong)?,
        judge: judge?,
        why: why?,
    })
}

fn judge(section: Section<'_>) -> Read<Judge> {
    let of = section.word("of", &JUDGED);
    let check = check_of(&section);
    section.table.finish();
    Ok(Judge {
        of: of?.ok_or(Wrong)?,
        check: check?,
    })
}
