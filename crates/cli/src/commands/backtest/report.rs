//! Prints the comparison for people.
//!
//! Owns: the three tables, their notes, and the list of restricted seats. Does not own: the figures.
//! Invariant: everything fits 100 columns as long as a figure has no more than ten digits.

use crate::error::Error;
use crate::number::{count, days, percent, ratio, thousands};
use crate::output::{Look, Out};
use crate::table::{self, Column::Number, Column::Text, table};
use earnest_backtest::log::Log;
use earnest_backtest::replay::{Credits, Options};
use earnest_backtest::report::Figures;
use earnest_core::policy::{GOOD_RATE, Gate, Policy};
use earnest_core::units::Ratio;
use std::cmp::Ordering;
use std::sync::Arc;

/// How many restricted seats of a policy are named.
const NAMED: usize = 10;
/// The threshold of the gates that ship, in per cent: the line that a rate is compared with.
const THRESHOLD: (u32, u32) = (13, 100);

/// What there is to print.
pub(super) struct Report<'r> {
    /// What to call the log.
    pub(super) name: String,
    /// The log.
    pub(super) log: &'r Log,
    /// The policies.
    pub(super) policies: &'r [Arc<Policy>],
    /// How they were replayed.
    pub(super) options: &'r Options,
    /// What came of each, in the same order.
    pub(super) figures: &'r [Figures],
}

/// Prints it.
pub(super) fn print(report: &Report<'_>, out: &mut Out) -> Result<(), Error> {
    heading(report, out)?;
    credits(report, out)?;
    refusals(report, out)?;
    gates(report, out)?;
    restricted(report, out)
}

fn heading(report: &Report<'_>, out: &mut Out) -> Result<(), Error> {
    let log = report.log;
    let whole = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    out.line(out.paint(Look::Bold, format_args!("{}", report.name)))?;
    out.line(format_args!(
        "{} from {} of {} to {}",
        count(whole(log.messages()), "cold message"),
        count(whole(log.seats()), "seat"),
        count(whole(log.contracts()), "contract"),
        count(whole(log.recipients()), "recipient"),
    ))?;
    out.line(format_args!(
        "figures as of {}",
        report.options.until.unwrap_or_else(|| log.last())
    ))
}

/// What became of the credits.
fn credits(report: &Report<'_>, out: &mut Out) -> Result<(), Error> {
    title("Credits", out)?;
    let mut rows = table(&[
        (Text, "policy"),
        (Number, "sent"),
        (Number, "refused"),
        (Number, "answered"),
        (Number, "rate  "),
        (Number, "returned"),
        (Number, "consumed"),
        (Number, "still held"),
        (Number, "credits per\nanswer"),
    ]);
    for figures in report.figures {
        rows.add_row([
            figures.policy.clone(),
            thousands(figures.sent),
            thousands(figures.refused_in_all()),
            thousands(figures.responded),
            rate(figures.responded, figures.sent),
            thousands(figures.returned),
            thousands(figures.consumed),
            thousands(figures.held),
            ratio(figures.consumed_credits, figures.responded),
        ]);
    }
    table::print(&rows, "", out)?;
    let (good, best) = (per_cent(GOOD_RATE.0), per_cent(GOOD_RATE.1));
    out.note(&format!(
            "rate: answered in time of those sent; ▼ below the gates' {} %, ● in the good {good} to {best} %, ▲ above",
            THRESHOLD.0
    ))?;
    credits_note(report, out)
}

/// Says on which credits the policies ran.
fn credits_note(report: &Report<'_>, out: &mut Out) -> Result<(), Error> {
    if report.options.credits == Credits::Unlimited {
        return out.note("credits: unlimited, whatever the policies grant");
    }
    let none: Vec<&str> = report
        .policies
        .iter()
        .filter(|policy| !policy.allots())
        .map(|policy| policy.name.as_str())
        .collect();
    match none.as_slice() {
        [] => out.note("credits: those that each policy grants"),
        names => out.note(&format!(
            "credits: those that each policy grants; {} {} none and {} on unlimited ones",
            names.join(", "),
            if names.len() == 1 { "grants" } else { "grant" },
            if names.len() == 1 { "runs" } else { "run" },
        )),
    }
}

/// What was refused, and why.
fn refusals(report: &Report<'_>, out: &mut Out) -> Result<(), Error> {
    if report
        .figures
        .iter()
        .all(|figures| figures.refused.is_empty())
    {
        return Ok(());
    }
    title("Refused", out)?;
    let mut rows = table(&[
        (Text, "policy"),
        (Text, "code"),
        (Number, "messages"),
        (Number, "of all"),
    ]);
    for figures in report.figures {
        let mut name = figures.policy.as_str();
        for (code, refused) in &figures.refused {
            let share = percent(*refused, figures.messages);
            rows.add_row([name, code, &thousands(*refused), &share]);
            name = "";
        }
    }
    table::print(&rows, "", out)
}

/// Where the seats stood with the gates.
fn gates(report: &Report<'_>, out: &mut Out) -> Result<(), Error> {
    title("Gates", out)?;
    let mut rows = table(&[
        (Text, "policy"),
        (Number, "seats"),
        (Number, "ever warned"),
        (Number, "ever restricted"),
        (Number, "restricted days"),
    ]);
    for (figures, policy) in report.figures.iter().zip(report.policies) {
        let seats = thousands(figures.seats);
        let warned = match policy.gate {
            Gate::None => "no gate".to_owned(),
            Gate::Thread(_) => "no warnings".to_owned(),
            Gate::Ladder(_) => thousands(figures.seats_warned),
        };
        let (restricted, long) = match policy.gate {
            Gate::None => ("-".to_owned(), "-".to_owned()),
            _ => (
                thousands(figures.seats_restricted),
                days(figures.restricted_ms),
            ),
        };
        rows.add_row([figures.policy.clone(), seats, warned, restricted, long]);
    }
    table::print(&rows, "", out)
}

/// Whom each policy would have restricted.
fn restricted(report: &Report<'_>, out: &mut Out) -> Result<(), Error> {
    title("Who would have been restricted", out)?;
    if report
        .figures
        .iter()
        .all(|figures| figures.restricted.is_empty())
    {
        return out.line("nobody, under any of these policies");
    }
    for figures in report
        .figures
        .iter()
        .filter(|figures| !figures.restricted.is_empty())
    {
        let mut rows = table(&[
            (Text, "contract"),
            (Text, "seat"),
            (Text, "first restricted"),
            (Number, "days"),
        ]);
        for one in figures.restricted.iter().take(NAMED) {
            rows.add_row([
                short(&one.contract),
                short(&one.seat),
                one.first_at.to_string(),
                days(one.restricted_ms),
            ]);
        }
        out.line(out.paint(Look::Bold, format_args!("{}", figures.policy)))?;
        table::print(&rows, "  ", out)?;
        if let Some(more @ 1..) = figures.restricted.len().checked_sub(NAMED) {
            let more = u64::try_from(more).unwrap_or(u64::MAX);
            out.line(format_args!("  and {} more", thousands(more)))?;
        }
    }
    Ok(())
}

/// Returns a rate and how it reads: below the threshold, in the good band, or above it.
fn rate(responded: u64, sent: u64) -> String {
    let shown = percent(responded, sent);
    let mark = match (below(responded, sent, THRESHOLD), band(responded, sent)) {
        _ if sent == 0 => " ",
        (true, _) => "▼",
        (false, Some(Ordering::Equal)) => "●",
        (false, Some(Ordering::Greater)) => "▲",
        (false, _) => " ",
    };
    format!("{shown} {mark}")
}

/// Returns whether a rate is below a ratio, exactly.
fn below(part: u64, whole: u64, (over, under): (u32, u32)) -> bool {
    u128::from(part) * u128::from(under) < u128::from(over) * u128::from(whole)
}

/// Returns where a rate lies: below, in or above the band that is called good.
fn band(part: u64, whole: u64) -> Option<Ordering> {
    let (low, high) = (Ratio::parse(GOOD_RATE.0)?, Ratio::parse(GOOD_RATE.1)?);
    let above =
        u128::from(part) * u128::from(high.whole()) > u128::from(high.part()) * u128::from(whole);
    Some(
        match (below(part, whole, (low.part(), low.whole())), above) {
            (true, _) => Ordering::Less,
            (false, false) => Ordering::Equal,
            (false, true) => Ordering::Greater,
        },
    )
}

fn per_cent(ratio: &str) -> u64 {
    Ratio::parse(ratio).map_or(0, |ratio| {
        u64::from(ratio.part()) * 100 / u64::from(ratio.whole())
    })
}

/// Returns a name that fits its column.
fn short(name: &str) -> String {
    const MOST: usize = 30;
    match name.char_indices().nth(MOST) {
        None => name.to_owned(),
        Some((at, _)) => format!("{}…", name.get(..at).unwrap_or(name)),
    }
}

fn title(title: &str, out: &mut Out) -> Result<(), Error> {
    out.line("")?;
    out.line(out.paint(Look::Bold, format_args!("{}", title.to_uppercase())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_marked_exactly() {
        assert_eq!(rate(12, 100), "12.0 % ▼");
        assert_eq!(rate(13, 100), "13.0 %  ");
        assert_eq!(rate(1_999, 10_000), "19.9 %  ");
        assert_eq!(rate(20, 100), "20.0 % ●");
        assert_eq!(rate(30, 100), "30.0 % ●");
        assert_eq!(rate(3_001, 10_000), "30.0 % ▲");
        assert_eq!(rate(0, 0), "-  ");
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(short("acme"), "acme");
        assert_eq!(short(&"é".repeat(31)), format!("{}…", "é".repeat(30)));
    }
}
