//! Tells where a seat stands on a ladder: the period or stage, what its end judges, and what follows.
//!
//! Owns: the telling. Does not own: which stage follows which; the functions that judge are asked.

use super::gate::{Lot, distance, figures, verdict};
use super::words::{rate, sentence};
use super::{By, Change, Told, cite};
use crate::due::{first_stage, following_stage};
use crate::policy::{Blocks, Check, Judge, Judged, Ladder, Stage, Standing};
use crate::state::seats::{Figures, Place, Seat};
use crate::units::Timestamp;

/// Tells about a seat whose place is rolled on to the instant of asking.
pub(super) fn outlook(ladder: &Ladder, seat: &Seat, place: &Place) -> Told {
    let on_stage = place.stage.and_then(|number| {
        let stage = ladder.stages.get(usize::from(number))?;
        Some((number, stage))
    });
    match on_stage {
        Some((number, stage)) => in_stage(ladder, place, number, stage),
        None => in_period(ladder, seat, place),
    }
}

// --- a good seat

fn in_period(ladder: &Ladder, seat: &Seat, place: &Place) -> Told {
    let end = place.ends_at.unwrap_or(Timestamp::MAX);
    let counted = place.figures;
    let rule = cite::ladder_check(ladder);
    let why = rule.because();
    let told = Told::by(rule)
        .say(why)
        .instant("period_from", place.starts_at)
        .instant("period_to", end)
        .say(format!(
            "Nothing is held against it: the period of {} began at {} and is judged at {end}.",
            ladder.period, place.starts_at
        ));
    let mut told = judged(told, &ladder.check, counted, grows("this period"));
    let now = first_stage(ladder, seat.was_warned);
    if let Some(stage) = ladder.stages.get(usize::from(now)) {
        let path = cite::stage(ladder, now);
        told = told.say(format!(
            "After a period that fails it is {} for {} ({path}): {}; a period that passes is followed by the next.",
            standing_words(stage.standing),
            stage.days,
            refused(stage.blocks)
        ));
        if skips_a_stage(ladder, now) {
            told = told.say("It was warned before, and a warning comes only once.");
        }
    }
    told
}

fn skips_a_stage(ladder: &Ladder, first: u8) -> bool {
    ladder
        .stages
        .iter()
        .take(usize::from(first))
        .any(|stage| stage.once && stage.standing == Standing::Warned)
}

// --- a seat in a stage

fn in_stage(ladder: &Ladder, place: &Place, number: u8, stage: &Stage) -> Told {
    let end = place.ends_at.unwrap_or(Timestamp::MAX);
    let rule = cite::stage(ladder, number);
    let told = Told::by(rule.clone())
        .instant("stage_from", place.starts_at)
        .instant("stage_to", end)
        .say(format!(
            "It is {} from {} to {end} ({rule}): {}.",
            standing_words(stage.standing),
            place.starts_at,
            refused(stage.blocks)
        ))
        .say(rule.because());
    let next = following_stage(ladder, number);
    match stage.judge {
        Some(judge) => stage_that_judges(ladder, place, &judge, (number, next), told),
        None => stage_without_judge(ladder, place, (next, end), told),
    }
}

fn stage_that_judges(
    ladder: &Ladder,
    place: &Place,
    judge: &Judge,
    (number, next): (u8, u8),
    told: Told,
) -> Told {
    let end = place.ends_at.unwrap_or(Timestamp::MAX);
    let what = match judge.of {
        Judged::This => grows("this stage"),
        Judged::Previous => Lot {
            of: "the stage before",
            grows: false,
        },
    };
    let mut told = told.instant("judged_messages_from", place.judged_from);
    if let Some(to) = place.judged_to {
        told = told.instant("judged_messages_to", to);
    }
    let now = verdict(&judge.check, place.figures);
    let told = judged(told, &judge.check, place.figures, what).say(format!(
        "At {end} it is judged: after a pass it is good and a new period of {} begins; after a fail {}.",
        ladder.period,
        follows(ladder, number, next)
    ));
    if !now.fails {
        return told.change(
            Change::new(
                By::Time,
                "wait",
                format!("Wait until {end}: as the figures stand, it is good from then on."),
            )
            .at(end),
        );
    }
    let text = match (place.figures.sent, now.missing) {
        (0, _) if judge.of == Judged::This => {
            "Send one-to-one messages that are answered before then.".to_owned()
        }
        (_, Some(missing)) => format!(
            "{} by then would make it good at {end}.",
            sentence(&super::words::count(missing, "more answer"))
        ),
        _ => return told,
    };
    let change = Change::new(By::Recipient, "answer", text).at(end);
    told.change(Change {
        amount: now.missing.map(u64::from),
        ..change
    })
}

fn stage_without_judge(
    ladder: &Ladder,
    place: &Place,
    (next, end): (u8, Timestamp),
    told: Told,
) -> Told {
    let counted = place.figures;
    let Some(stage) = ladder.stages.get(usize::from(next)) else {
        return told;
    };
    let path = cite::stage(ladder, next);
    let Some(judge) = stage.judge.filter(|judge| judge.of == Judged::Previous) else {
        return told
            .figure("sent", counted.sent)
            .figure("responded", counted.responded)
            .say(format!("So far {}.", rate(counted.sent, counted.responded)))
            .say(format!(
                "At {end} nothing is judged; it is {} for {} then, whatever happens ({path}).",
                standing_words(stage.standing),
                stage.days
            ));
    };
    let judged_at = end.plus(stage.days);
    judged(told, &judge.check, counted, grows("this stage"))
        .instant("judged_at", judged_at)
        .say(format!(
            "At {end} nothing is judged: {} of {} follows, so that recipients have time to answer, and at {judged_at} the messages sent until {end} are judged ({path}).",
            stage.standing, stage.days
        ))
}

fn follows(ladder: &Ladder, number: u8, next: u8) -> String {
    let path = cite::stage(ladder, next);
    let Some(stage) = ladder.stages.get(usize::from(next)) else {
        return "nothing changes".to_owned();
    };
    match number == next {
        true => format!(
            "it is {} for another {} ({path})",
            standing_words(stage.standing),
            stage.days
        ),
        false => format!(
            "it is {} for {} ({path}): {}",
            standing_words(stage.standing),
            stage.days,
            refused(stage.blocks)
        ),
    }
}

// --- figures and words

const fn grows(of: &'static str) -> Lot {
    Lot { of, grows: true }
}

fn judged(told: Told, check: &Check, counted: Figures, what: Lot) -> Told {
    let now = verdict(check, counted);
    let mut told = figures(told, check, counted);
    if let Some(missing) = now.missing {
        told = told.figure("missing_answers", missing);
    }
    if let (true, Some(spare)) = (what.grows, now.spare) {
        told = told.figure("may_go_unanswered", spare);
    }
    told.say(distance(check, counted, now, what))
}

pub(super) const fn standing_words(standing: Standing) -> &'static str {
    match standing {
        Standing::Good => "good",
        Standing::Warned => "warned",
        Standing::Grace => "in grace",
        Standing::Restricted => "restricted",
    }
}

const fn refused(blocks: Blocks) -> &'static str {
    match blocks {
        Blocks::Nothing => "nothing is refused",
        Blocks::Bulk => "bulk messages are refused, one-to-one messages are not",
        Blocks::All => "bulk messages and every message that stakes a credit are refused",
    }
}
