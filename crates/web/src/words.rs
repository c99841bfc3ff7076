//! Makes words of figures and instants.
//!
//! Owns: dates, relative times, numbers, rates. Does not own: explanations: they come from core and are only dressed
//! here. Invariant: an instant is shown relative to now, with its exact value in the title.

use earnest_core::units::Timestamp;
pub(crate) use earnest_report::number::date;
use earnest_report::number::percent;
use maud::{Markup, html};
use std::borrow::Cow;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;
/// Returns `12,345`.
pub(crate) fn number(number: impl Into<u64>) -> String {
    earnest_chart::thousands(number.into())
}

/// Returns `1 credit`, `2 credits`.
pub(crate) fn count(of: impl Into<u64>, noun: &str) -> String {
    let of: u64 = of.into();
    match (of, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o']) => format!("{} {stem}ies", number(of)),
        _ => format!("{} {noun}s", number(of)),
    }
}

/// Returns a share in per cent with one decimal, `18.3 %`, cut: what is below a line is never shown as having reached
/// it. A dash where nothing is divided.
pub(crate) fn rate(part: u64, whole: u64) -> String {
    match whole {
        0 => "–".to_owned(),
        _ => unbroken(&percent(part, whole)).into_owned(),
    }
}

/// Returns `3 March 2026, 09:00 UTC`.
pub(crate) fn exact(at: Timestamp) -> String {
    let text = at.to_string();
    let time = text.get(11..).unwrap_or_default().trim_end_matches('Z');
    let time = time.strip_suffix(":00").unwrap_or(time);
    format!("{}, {time} UTC", date(at))
}

/// Returns an instant relative to another: `in 3 days`, `2 hours ago`.
pub(crate) fn relative(at: Timestamp, now: Timestamp) -> String {
    let apart = at.millis_since(now);
    let size = apart.saturating_abs();
    let (unit, name) = match size {
        _ if size < 45 * SECOND => return "just now".to_owned(),
        _ if size < HOUR => (MINUTE, "minute"),
        _ if size < DAY => (HOUR, "hour"),
        _ if size < 60 * DAY => (DAY, "day"),
        _ if size < 730 * DAY => (30 * DAY, "month"),
        _ => (365 * DAY, "year"),
    };
    let whole = ((size + unit / 2) / unit).max(1);
    let words = count(whole.unsigned_abs(), name);
    match apart >= 0 {
        true => format!("in {words}"),
        false => format!("{words} ago"),
    }
}

/// Returns the beginning of a text on one line, cut between words.
pub(crate) fn beginning(text: &str, most: usize) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((end, _)) = words.char_indices().nth(most) else {
        return words;
    };
    let cut = words.get(..end).unwrap_or_default();
    // A word as long as the whole line is cut all the same.
    let last = cut.rfind(' ').filter(|last| *last > end / 2).unwrap_or(end);
    let kept = cut.get(..last).unwrap_or(cut);
    format!(
        "{}…",
        kept.trim_end_matches(|it: char| !it.is_alphanumeric())
    )
}

/// Shows an instant relative to now, its exact value on hover; the script keeps it right.
pub(crate) fn when(at: Timestamp, now: Timestamp) -> Markup {
    html! {
        time datetime=(at) title=(exact(at)) data-relative="" { (relative(at, now)) }
    }
}

/// Shows an instant as a date, its exact value on hover.
pub(crate) fn on(at: Timestamp) -> Markup {
    html! { time datetime=(at) title=(exact(at)) { (date(at)) } }
}

/// Shows an instant to the minute, its exact value on hover.
pub(crate) fn at(at: Timestamp) -> Markup {
    let whole = at.plus_millis(-at.millis().rem_euclid(MINUTE));
    html! { time datetime=(at) title=(exact(at)) { (exact(whole)) } }
}

/// Dresses a sentence of core's: what stands in backticks becomes code, instants become dates.
pub(crate) fn prose(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (dates(part)) }
        }
    }
}

/// Turns the instants of a text into dates: something is done at an instant, and on a date.
pub(crate) fn dates(text: &str) -> Markup {
    let mut rest = text;
    let mut pieces: Vec<Result<Cow<'_, str>, Timestamp>> = Vec::new();
    while let Some((before, at, after)) = next_instant(rest) {
        pieces.push(Ok(match before.strip_suffix("t ") {
            Some(rest) if rest.ends_with(" a") => {
                format!("{} on ", rest.trim_end_matches(" a")).into()
            }
            Some("A") => "On ".into(),
            _ => before.into(),
        }));
        pieces.push(Err(at));
        rest = after;
    }
    pieces.push(Ok(rest.into()));
    html! {
        @for piece in pieces {
            @match piece { Ok(text) => (unbroken(&text)), Err(instant) => (at(instant)), }
        }
    }
}

/// Keeps a number and its per cent sign on one line.
pub(crate) fn unbroken(text: &str) -> Cow<'_, str> {
    match text.contains(" %") {
        true => text.replace(" %", "\u{a0}%").into(),
        false => text.into(),
    }
}

/// Finds the first instant as core writes one, such as `2015-01-02T09:00:00Z`.
fn next_instant(text: &str) -> Option<(&str, Timestamp, &str)> {
    let mut from = 0;
    while let Some(found) = text.get(from..)?.find('T') {
        let at = from + found;
        from = at + 1;
        let Some(start) = at.checked_sub(10) else {
            continue;
        };
        let end = text.get(at..)?.find('Z').map(|z| at + z + 1)?;
        let candidate = text.get(start..end).filter(|it| it.len() <= 24);
        if let Some(instant) = candidate.and_then(|it| Timestamp::parse(it).ok()) {
            return Some((text.get(..start)?, instant, text.get(end..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_grouped_and_counted() {
        let shown = [0_u64, 12, 999, 1_000, 1_234_567].map(number);
        assert_eq!(shown, ["0", "12", "999", "1,000", "1,234,567"]);
        assert_eq!(count(1_u64, "credit"), "1 credit");
        assert_eq!(count(2_u64, "delivery"), "2 deliveries");
        assert_eq!(count(3_u64, "day"), "3 days");
    }

    #[test]
    fn a_rate_is_never_rounded_up_to_a_line_that_it_misses() {
        let shown = [
            (13, 100),
            (1_299, 10_000),
            (1, 3),
            (2, 3),
            (0, 5),
            (5, 5),
            (0, 0),
        ];
        let shown = shown.map(|(part, whole)| rate(part, whole));
        let expected = [
            "13.0 %", "12.9 %", "33.3 %", "66.6 %", "0.0 %", "100.0 %", "–",
        ];
        assert_eq!(shown, expected.map(|it| it.replace(' ', "\u{a0}")));
    }

    #[test]
    fn an_instant_is_told_relative_to_now() {
        let now = at("2026-03-03T09:00:00Z");
        let cases = [
            ("2026-03-03T09:00:10Z", "just now"),
            ("2026-03-03T08:58:00Z", "2 minutes ago"),
            ("2026-03-03T12:00:00Z", "in 3 hours"),
            ("2026-03-06T09:00:00Z", "in 3 days"),
            ("2026-06-01T09:00:00Z", "in 3 months"),
            ("2023-03-03T09:00:00Z", "3 years ago"),
        ];
        for (instant, words) in cases {
            assert_eq!(relative(at(instant), now), words, "{instant}");
        }
    }

    #[test]
    fn a_text_is_cut_between_words() {
        assert_eq!(
            beginning("Hello bo,\n\nwould you?", 40),
            "Hello bo, would you?"
        );
        assert_eq!(
            beginning("Hello bo, would you talk to us?", 21),
            "Hello bo, would you…"
        );
        assert_eq!(
            beginning(&"x".repeat(30), 10),
            format!("{}…", "x".repeat(10))
        );
    }

    #[test]
    fn something_is_done_at_an_instant_and_on_a_date() {
        let shown = prose("It was sent at 2026-03-03T09:00:00Z. At 13 % it stops.").into_string();
        assert!(shown.starts_with("It was sent on <time"), "{shown}");
        assert!(shown.ends_with(". At 13\u{a0}% it stops."), "{shown}");
    }

    #[test]
    fn a_sentence_of_core_is_dressed() {
        let shown = prose("If `bo` replies by 2026-03-03T09:00:00Z, <it> is returned. Then T.");
        assert_eq!(
            shown.into_string(),
            "If <code>bo</code> replies by <time datetime=\"2026-03-03T09:00:00Z\" title=\"3 March 2026, 09:00 UTC\">3 March 2026, 09:00 UTC</time>, \
             &lt;it&gt; is returned. Then T."
        );
    }
}
