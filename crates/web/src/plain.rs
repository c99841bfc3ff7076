//! Says in a seatholder's words what core tells in those of a policy file.
//!
//! Owns: leaving out a file's keys and the tags of its sources. Does not own: what is told
//! ([`earnest_core::explain`]). Invariant: what stands in backticks is a name, and is never taken for a word.

use crate::words;
use maud::{Markup, html};
use std::fmt::Display;

/// How long a name may be before it is cut.
const NAME_MOST: usize = 32;
/// What a terminal shows, and what a page does.
const WORDS: [(&str, &str); 3] = [
    (", decided here", ""),
    ("\"not interested\"", "“not interested”"),
    ("\"Not interested\"", "“Not interested”"),
];

/// Returns a sentence in plain words; names stay in their backticks, and per cent signs with their numbers.
pub(crate) fn plain(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(at, part)| match at % 2 {
        0 => worded(&without_keys(part)),
        _ => part.to_owned(),
    });
    let text = parts.collect::<Vec<_>>().join("`");
    let text = words::unbroken(&text);
    let mut letters = text.chars();
    // What a key stood before begins the sentence now.
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Shows a sentence in plain words: names that are too long are cut, and instants are dates.
pub(crate) fn show(text: &str) -> Markup {
    let text = plain(text);
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { (name(part)) } @else { (words::dates(part)) }
        }
    }
}

/// Shows a name or an id; of a long one its beginning, and the whole on hover.
pub(crate) fn name(name: impl Display) -> Markup {
    let name = name.to_string();
    html! {
        @match short(&name) {
            Some(short) => span.id title=(name) { (short) },
            None => span.id { (name) },
        }
    }
}

/// Returns the beginning of a name that is too long.
pub(crate) fn short(name: &str) -> Option<String> {
    (name.chars().count() > NAME_MOST).then(|| {
        let beginning: String = name.chars().take(NAME_MOST - 6).collect();
        format!("{beginning}…")
    })
}

fn worded(text: &str) -> String {
    let words = WORDS.iter();
    words.fold(text.to_owned(), |text, (core, page)| {
        text.replace(core, page)
    })
}

/// Leaves out ` (gate.check)`, ` by settlement.rule[0]`, `message.price: ` and ` [2014-07]`.
fn without_keys(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    for word in text.split_inclusive(' ') {
        let bare = word.trim_end();
        let ending: String = bare
            .chars()
            .rev()
            .take_while(|it| ".,;:".contains(*it))
            .collect();
        let inner = bare.trim_end_matches(['.', ',', ';', ':']);
        let in_brackets = inner.strip_prefix('(').and_then(|it| it.strip_suffix(')'));
        let is_key = is_key(in_brackets.unwrap_or(inner));
        if !is_key {
            left.push_str(word);
            continue;
        }
        // A key that a sentence begins with is followed by a colon.
        let begins = left.trim().is_empty() && ending == ":";
        let before = left.trim_end().trim_end_matches(" by").len();
        left.truncate(before);
        if !begins {
            left.extend(ending.chars().rev());
            left.push_str(word.get(bare.len()..).unwrap_or_default());
        }
    }
    without_tags(&left)
}

/// Returns whether a word is a key of a policy file, or a setting's name.
fn is_key(word: &str) -> bool {
    let is_plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"_.[]".contains(&it);
    let begins = word
        .bytes()
        .next()
        .is_some_and(|it| it.is_ascii_lowercase());
    begins && word.bytes().all(is_plain) && word.contains(['.', '['])
}

/// Leaves out the tags of sources, such as ` [seed, 2014-09]`.
fn without_tags(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(" [") {
        left.push_str(before);
        // A tag is a word, or several with commas between.
        let tag = after.split_once(']').filter(|(tag, _)| {
            let is_plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
            tag.split(", ")
                .all(|word| !word.is_empty() && word.bytes().all(is_plain))
        });
        rest = match tag {
            Some((_, rest)) => rest,
            None => {
                left.push_str(" [");
                after
            }
        };
    }
    left.push_str(rest);
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_tags_of_sources_are_left_out() {
        let cases = [
            (
                "If `b.o` replies, the credit is returned as a new lot that lasts 90 days (settlement.rule[0]).",
                "If `b.o` replies, the credit is returned as a new lot that lasts 90 days.",
            ),
            (
                "`bo` replied at 2026-03-03T09:00:00Z: the 2 credits were returned at once by settlement.rule[0].",
                "`bo` replied at 2026-03-03T09:00:00Z: the 2 credits were returned at once.",
            ),
            (
                "message.pending_most: how many messages may be pending at once.",
                "How many messages may be pending at once.",
            ),
            (
                "It is restricted for 14 days (gate.stage[1]): bulk messages are refused [2014-07].",
                "It is restricted for 14 days: bulk messages are refused.",
            ),
            (
                "A rate of 13 % is the way out, decided here.",
                "A rate of 13\u{a0}% is the way out.",
            ),
            (
                "So its credit is consumed [seed, 2014-09]. A list [with words in it].",
                "So its credit is consumed. A list [with words in it].",
            ),
            (
                "`bo` said \"not interested\" without a note.",
                "`bo` said “not interested” without a note.",
            ),
        ];
        for (core, page) in cases {
            assert_eq!(plain(core), page);
        }
    }

    #[test]
    fn a_long_name_is_cut_and_told_whole_on_hover() {
        let long = "m_01hv8qk3v9x2f7d4c5b6a7z8y9x0w1v2u3";
        assert_eq!(
            name(long).into_string(),
            format!("<span class=\"id\" title=\"{long}\">m_01hv8qk3v9x2f7d4c5b6a7z8…</span>")
        );
        assert_eq!(name("bo").into_string(), "<span class=\"id\">bo</span>");
    }
}
