//! Finds what no key says wrongly by itself: cases without a rule, rules that never apply, stages that
//! lead nowhere.

use super::section::{Read, Section};
use crate::document::{Document, Value, nearest};
use crate::policy::{Check, Judged, ResponseKind, Rule, SeatTypeRule, Stage, Trigger};
use crate::units::{Days, SeatType};
use std::collections::BTreeSet;

/// Records rules that reach past the response window.
pub(super) fn within(
    document: &Document,
    sections: &[Section<'_>],
    rules: &[Read<Rule>],
    window: Days,
) {
    for (section, rule) in sections.iter().zip(rules) {
        let Ok(Rule {
            within: Some(within),
            ..
        }) = rule
        else {
            continue;
        };
        if *within <= window {
            continue;
        }
        if let Some(value) = section.table.get("within_days") {
            let path = "settlement.window_days";
            let place = document.file_of(path).zip(document.line_of(path));
            let place = place.map_or_else(String::new, |(file, line)| format!(" ({file}:{line})"));
            value.mistake(
                &format!(
                    "`{}` is after the response window of {window}{place}",
                    within.0
                ),
                &format!("write at most {}, or make the window longer", window.0),
            );
        }
    }
}

/// Records cases that no rule settles and rules that never apply. Says nothing of either where a rule
/// could not be read: what it covers is not known.
pub(super) fn settlement(
    array: &Value<'_>,
    sections: &[Section<'_>],
    rules: &[Read<Rule>],
    window: Days,
) {
    let Ok(rules) = rules
        .iter()
        .map(Result::as_ref)
        .collect::<Result<Vec<&Rule>, _>>()
    else {
        return;
    };
    for (at, (section, rule)) in sections.iter().zip(&rules).enumerate() {
        let others = rules
            .iter()
            .copied()
            .enumerate()
            .filter(|(other, _)| *other != at);
        let by = match others.clone().find(|(_, other)| other.on == Trigger::Send) {
            // At the send the stake has ended, whatever comes and wherever the rule stands.
            Some((send, _)) if rule.on != Trigger::Send || send < at => {
                Some(BTreeSet::from([send]))
            }
            _ => covered(rule, &others.take_while(|(other, _)| *other < at), window),
        };
        if let Some(by) = by {
            let by: Vec<_> = by
                .iter()
                .map(|at| format!("`settlement.rule[{at}]`"))
                .collect();
            let verb = if by.len() == 1 { "covers" } else { "cover" };
            section.table.mistake(
                &format!("can never apply: {} {verb} all of it", by.join(" and ")),
                "take it away, or put it first and make it narrower",
            );
        }
    }
    if rules.iter().any(|rule| rule.on == Trigger::Send) {
        return;
    }
    for (problem, instead) in unsettled(&rules, window) {
        array.mistake(&problem, &instead);
    }
}

/// Something that can happen to a stake: the cases that rules have to share out between them.
#[derive(Clone, Copy)]
enum Case {
    Response(ResponseKind, bool),
    Report,
    Lapse(bool),
}

impl Case {
    const ALL: [Self; 9] = [
        Self::Response(ResponseKind::Reply, false),
        Self::Response(ResponseKind::Reply, true),
        Self::Response(ResponseKind::Accept, false),
        Self::Response(ResponseKind::Accept, true),
        Self::Response(ResponseKind::NotInterested, false),
        Self::Response(ResponseKind::NotInterested, true),
        Self::Report,
        Self::Lapse(false),
        Self::Lapse(true),
    ];

    fn is_of(self, rule: &Rule) -> bool {
        match self {
            Self::Response(kind, note) => {
                rule.on == Trigger::Response
                    && rule.kinds.has(kind)
                    && rule.note.is_none_or(|wanted| wanted == note)
            }
            Self::Report => rule.on == Trigger::Report,
            Self::Lapse(seen) => {
                rule.on == Trigger::Lapse && rule.seen.is_none_or(|wanted| wanted == seen)
            }
        }
    }
}

/// Returns the earlier rules that leave nothing to this one, if there are any.
fn covered<'a>(
    rule: &Rule,
    earlier: &(impl Iterator<Item = (usize, &'a Rule)> + Clone),
    window: Days,
) -> Option<BTreeSet<usize>> {
    let reach = |rule: &Rule| rule.within.unwrap_or(window);
    let by: Option<BTreeSet<usize>> = Case::ALL
        .into_iter()
        .filter(|case| case.is_of(rule))
        .map(|case| {
            earlier
                .clone()
                .find(|(_, other)| case.is_of(other) && reach(other) >= reach(rule))
                .map(|(at, _)| at)
        })
        .collect();
    by.filter(|by| !by.is_empty())
}

/// Returns the cases without a rule, each with what to write.
fn unsettled(rules: &[&Rule], window: Days) -> Vec<(String, String)> {
    let settled = |case: Case| {
        // A rule that settles the case at the deadline settles it at any time before.
        rules
            .iter()
            .any(|rule| case.is_of(rule) && rule.within.is_none_or(|within| within >= window))
    };
    let mut found = Vec::new();
    for kind in ResponseKind::ALL {
        let with = settled(Case::Response(kind, true));
        let without = settled(Case::Response(kind, false));
        let (which, note) = match (with, without) {
            (true, true) => continue,
            (false, false) => ("", ""),
            (false, true) => (" with a note", ", `note = true`"),
            (true, false) => (" without a note", ", `note = false`"),
        };
        found.push((
            format!("no rule settles `{kind}`{which} up to the end of the window"),
            format!("add a rule with `on = \"response\"`, `kinds = [\"{kind}\"]`{note}"),
        ));
    }
    let (which, seen) = match (settled(Case::Lapse(true)), settled(Case::Lapse(false))) {
        (true, true) => return found,
        (false, false) => ("", ""),
        (false, true) => (" of a message that was seen", ", `seen = true`"),
        (true, false) => (" of a message that was not seen", ", `seen = false`"),
    };
    found.push((
        format!("no rule settles the end of the window without a response{which}"),
        format!("add a rule with `on = \"lapse\"`{seen}"),
    ));
    found
}

/// Records seat types that the policy does not name.
pub(super) fn seat_types(names: &[(SeatType, Value<'_>)], known: &[SeatTypeRule]) {
    let known = || known.iter().map(|rule| rule.name.as_str());
    for (name, value) in names {
        if known().any(|known| known == name.as_str()) {
            continue;
        }
        let instead = match nearest(name.as_str(), known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "add a `[[seat_type]]` of that name".to_owned(),
        };
        value.mistake(
            &format!("`{name}` is no seat type of this policy"),
            &instead,
        );
    }
}

/// Records a check at each send that nobody could ever pass.
pub(super) fn thread(section: &Section<'_>, check: &Check) {
    if let (true, Some(value)) = (check.none_sent_fails, section.table.get("none_sent_fails")) {
        value.mistake(
            "stops every seat before its first message: nothing is sent yet",
            "take it away; it is for what a ladder judges",
        );
    }
}

/// Records stages that lead nowhere.
pub(super) fn stages(gate: &Section<'_>, sections: &[Section<'_>], stages: &[Read<Stage>]) {
    if let (true, Some(value)) = (sections.is_empty(), gate.table.get("stage")) {
        value.mistake("has no stage", "add a `[[gate.stage]]`");
    }
    if let (Some(section), Some(Ok(first))) = (sections.first(), stages.first()) {
        let judges_previous = first
            .judge
            .is_some_and(|judge| judge.of == Judged::Previous);
        let value = section
            .table
            .get("judge")
            .and_then(|judge| judge.table()?.get("of"));
        if let (true, Some(value)) = (judges_previous, value) {
            value.mistake(
                "is `previous` in the first stage, and none is before it",
                "write `\"this\"`",
            );
        }
    }
    if let (Some(section), Some(Ok(last))) = (sections.last(), stages.last()) {
        if last.judge.is_none() {
            section.table.mistake(
                "is the last stage and judges nothing, so no seat would ever leave it",
                "add a `judge`",
            );
        }
        if let (true, Some(value)) = (last.once, section.table.get("once")) {
            value.mistake(
                "is set in the last stage, which a seat that fails it has to go through again",
                "take it away, or add a stage behind",
            );
        }
    }
}
