//! Reads one given value, whether it stands in a file or is the text of a variable or a flag.
//!
//! Invariant: a getter that returns nothing has noted why; what a secret may hide in is never repeated.

use crate::settings::Secret;
use earnest_core::document::{Value, Whole, nearest};
use std::cell::RefCell;
use std::fmt::Display;
use std::net::{SocketAddr, ToSocketAddrs};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

const LENGTHS: &str = "write whole numbers with their units, such as `5s`, `2m` or `24h`";
const ADDRESS: &str = "write an address and a port, such as `127.0.0.1:8080` or `[::1]:8080`";
/// The longest wait that can be set.
const LONGEST: u64 = 366 * 86_400_000;

/// A given value.
pub(super) enum Given<'a> {
    /// A value in a file, which notes mistakes in its document.
    File(Value<'a>),
    /// A text, and what is wrong with it.
    Text(Text<'a>),
}

/// The text of a variable or a flag.
pub(super) struct Text<'a> {
    origin: &'a str,
    text: &'a str,
    wrong: RefCell<Option<(String, String)>>,
}

impl<'a> Given<'a> {
    /// Returns the text of a variable or a flag.
    pub(super) const fn text(origin: &'a str, text: &'a str) -> Self {
        Self::Text(Text {
            origin,
            text,
            wrong: RefCell::new(None),
        })
    }

    /// Returns what is wrong with it, if it is a text and anything is: where it comes from, the problem, and
    /// what would be right.
    pub(super) fn into_mistake(self) -> Option<(&'a str, String, String)> {
        match self {
            Self::File(_) => None,
            Self::Text(text) => {
                let (problem, instead) = text.wrong.into_inner()?;
                Some((text.origin, problem, instead))
            }
        }
    }

    /// Notes what is wrong.
    fn wrong<T>(&self, problem: &str, instead: &str) -> Option<T> {
        match self {
            Self::File(value) => value.mistake(problem, instead),
            Self::Text(text) => {
                let wrong = (problem.to_owned(), instead.to_owned());
                *text.wrong.borrow_mut() = Some(wrong);
            }
        }
        None
    }

    /// Returns the text, of a string where it stands in a file.
    fn string(&self) -> Option<&str> {
        match self {
            Self::File(value) => value.string(),
            Self::Text(text) => Some(text.text),
        }
    }

    /// Returns a whole number.
    pub(super) fn whole<N: Whole + FromStr>(&self, range: RangeInclusive<N>) -> Option<N> {
        match self {
            Self::File(value) => value.whole(range),
            Self::Text(text) => match text.text.trim().parse() {
                Ok(number) if range.contains(&number) => Some(number),
                _ => {
                    let (least, most) = (range.start(), range.end());
                    let instead = format!("write a whole number from {least} to {most}");
                    self.wrong(
                        &format!("`{}` is out of range, or no number", text.text),
                        &instead,
                    )
                }
            },
        }
    }

    /// Returns a whole number, or nothing inside for the word that stands for none.
    pub(super) fn whole_or<N: Whole + FromStr>(
        &self,
        range: RangeInclusive<N>,
        word: &str,
    ) -> Option<Option<N>> {
        match self {
            Self::File(value) => value.whole_or(range, word),
            Self::Text(text) if text.text.trim() == word => Some(None),
            Self::Text(_) => self.whole(range).map(Some),
        }
    }

    /// Returns `true` or `false`.
    pub(super) fn boolean(&self) -> Option<bool> {
        match self {
            Self::File(value) => value.boolean(),
            Self::Text(text) => match text.text.trim() {
                "true" => Some(true),
                "false" => Some(false),
                other => self.wrong(
                    &format!("`{other}` is no yes or no"),
                    "write `true` or `false`",
                ),
            },
        }
    }

    /// Returns what one of the given words stands for.
    pub(super) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        match self {
            Self::File(value) => value.word(words),
            Self::Text(text) => {
                let given = text.text.trim();
                let found = words.iter().find(|(word, _)| *word == given);
                if let Some((_, meaning)) = found {
                    return Some(*meaning);
                }
                let names = || words.iter().map(|(word, _)| *word);
                let instead = match nearest(given, names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("write one of {}", names().collect::<Vec<_>>().join(", ")),
                };
                self.wrong(&format!("`{given}` is no word for this"), &instead)
            }
        }
    }

    /// Returns what the text spells.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&self) -> Option<T> {
        match self.string()?.parse() {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                let error = error.to_string();
                let (problem, instead) = error.split_once("; ").unwrap_or((&error, ""));
                self.wrong(problem, instead)
            }
        }
    }

    /// Returns an address to listen at; a name, such as `localhost`, stands for its first address.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        let text = self.string()?.trim();
        if let Ok(address) = text.parse() {
            return Some(address);
        }
        // `:8080` is what other programs take for all addresses.
        let found = match text.strip_prefix(':') {
            Some(port) => port
                .parse()
                .ok()
                .map(|port: u16| SocketAddr::from(([0, 0, 0, 0], port))),
            None => text.to_socket_addrs().ok().and_then(|mut all| all.next()),
        };
        found.or_else(|| self.wrong(&format!("`{text}` is no address to listen at"), ADDRESS))
    }

    /// Returns where people reach the pages: a scheme and a host, or nothing inside for `none`.
    pub(super) fn public_url(&self) -> Option<Option<String>> {
        let text = self.string()?.trim().trim_end_matches('/');
        let host = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"));
        match host {
            _ if text == "none" => Some(None),
            Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']) => {
                Some(Some(text.to_owned()))
            }
            _ => self.wrong(
                "is no address of pages",
                "write a scheme and a host, such as `https://credits.example.com`, or `none`",
            ),
        }
    }

    /// Returns a secret of at least 32 characters, or nothing inside for `none`. It is never repeated.
    pub(super) fn secret(&self) -> Option<Option<Secret>> {
        const LEAST: usize = 32;
        let text = self.string()?.trim();
        match text {
            "none" => Some(None),
            _ if text.len() >= LEAST => Some(Some(Secret::new(text))),
            _ => self.wrong(
                "the secret is too short",
                "write at least 32 characters that nobody can guess, such as `openssl rand -hex 32` makes them, or `none`",
            ),
        }
    }

    /// Returns lengths of time: an array in a file, apart by commas in a text.
    pub(super) fn lengths(&self) -> Option<Vec<Duration>> {
        let texts: Vec<&str> = match self {
            Self::File(value) => {
                let items = value.array()?;
                items.iter().map(Value::string).collect::<Option<_>>()?
            }
            Self::Text(text) => {
                let parts = text.text.split(',').map(str::trim);
                parts.filter(|part| !part.is_empty()).collect()
            }
        };
        let mut lengths = Vec::with_capacity(texts.len());
        for text in texts {
            match length(text) {
                Some(length) => lengths.push(length),
                None => {
                    return self.wrong(
                        &format!("`{text}` is no length of time, or too long"),
                        LENGTHS,
                    );
                }
            }
        }
        Some(lengths)
    }
}

/// Reads `90s`, `2m`, `24h`, `250ms`.
fn length(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let millis: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let millis = number.parse::<u64>().ok()?.checked_mul(millis)?;
    (millis <= LONGEST).then(|| Duration::from_millis(millis))
}
