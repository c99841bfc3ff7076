//! Reads a table of a policy file by the list of keys: types, ranges, defaults, and which keys belong.

use super::key::{self, Absent, Key, Kind};
use crate::document::{Table, Value};
use crate::units::{MonthOfYear, Ratio, SeatType};

/// A mistake has been recorded, so there is nothing to go on with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wrong;

/// What was read, or nothing after a mistake.
pub(super) type Read<T> = Result<T, Wrong>;

/// A table whose keys are those listed under its pattern, such as `settlement.rule[]`.
#[derive(Debug)]
pub(super) struct Section<'d> {
    pub(super) table: Table<'d>,
    pattern: String,
    /// Whether all is there that will be, so that a missing key is a mistake.
    complete: bool,
}

impl<'d> Section<'d> {
    pub(super) fn new(table: Table<'d>, pattern: impl Into<String>, complete: bool) -> Self {
        let pattern = pattern.into();
        table.know(key::of_table(&pattern).map(Key::name));
        Self {
            table,
            pattern,
            complete,
        }
    }

    /// Returns the path of one of its keys in the list.
    fn pattern_of(&self, name: &str) -> String {
        if self.pattern.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.pattern)
        }
    }

    /// Returns a key's value, nothing where it is rightly absent.
    fn find(&self, name: &str) -> Read<Option<(Value<'d>, &'static Key)>> {
        // INVARIANT: only listed keys are asked for; the tests read every key of the list.
        let key = key::find(&self.pattern_of(name)).ok_or(Wrong)?;
        let belongs = self.belongs(key);
        match self.table.get(name) {
            Some(value) if belongs == Some(false) => {
                let only = key
                    .only
                    .map_or_else(String::new, |only| only_words(only.key, only.words));
                value.mistake(&format!("belongs to {only} only"), "take it away");
                Err(Wrong)
            }
            Some(value) => Ok(Some((value, key))),
            None if belongs.is_some_and(|belongs| belongs) && self.misses(key) => {
                let instead = key.or.map_or_else(String::new, |or| format!(" or `{or}`"));
                let _ = self
                    .table
                    .need(name, &format!("write it{instead}: {}", shape(key)));
                Err(Wrong)
            }
            None => Ok(None),
        }
    }

    /// Returns whether the key belongs beside the word that another key has, nothing where that is wrong.
    fn belongs(&self, key: &Key) -> Option<bool> {
        let Some(only) = key.only else {
            return Some(true);
        };
        let word = self.table.get(only.key)?.is_text()?;
        let sibling = key::find(&self.pattern_of(only.key))?;
        let known = matches!(sibling.kind, Kind::Word(words) if words.contains(&word));
        known.then(|| only.words.contains(&word))
    }

    fn misses(&self, key: &Key) -> bool {
        self.complete
            && key.absent == Absent::Required
            && key.or.is_none_or(|or| !self.table.has(or))
    }

    /// Returns a text that is not blank.
    pub(super) fn text(&self, name: &str) -> Read<Option<String>> {
        let Some((value, _)) = self.find(name)? else {
            return Ok(None);
        };
        let text = value.string().ok_or(Wrong)?.trim();
        if text.is_empty() {
            value.mistake("is blank", "say something");
            return Err(Wrong);
        }
        Ok(Some(text.to_owned()))
    }

    /// Returns the sentence that says where a rule comes from.
    pub(super) fn why(&self) -> Read<String> {
        self.text("why")?.ok_or(Wrong)
    }

    /// Returns a name.
    pub(super) fn name(&self, name: &str) -> Read<Option<SeatType>> {
        match self.find(name)? {
            Some((value, _)) => value.parsed().map(Some).ok_or(Wrong),
            None => Ok(None),
        }
    }

    /// Returns names with their values, none twice.
    pub(super) fn names(&self, name: &str) -> Read<Vec<(SeatType, Value<'d>)>> {
        let Some((value, _)) = self.find(name)? else {
            return Ok(Vec::new());
        };
        let items = some_items(&value)?;
        let read: Vec<_> = items
            .iter()
            .map(|item| Some((item.parsed::<SeatType>()?, item.clone())))
            .collect();
        distinct(read.into_iter().collect::<Option<Vec<_>>>().ok_or(Wrong)?)
    }

    /// Returns a flag, the default where it is absent.
    pub(super) fn flag(&self, name: &str) -> Read<Option<bool>> {
        match self.find(name)? {
            Some((value, _)) => value.boolean().map(Some).ok_or(Wrong),
            None => Ok(
                match key::find(&self.pattern_of(name)).map(|key| key.absent) {
                    Some(Absent::Flag(flag)) => Some(flag),
                    _ => None,
                },
            ),
        }
    }

    /// Returns a whole number, the default where it is absent, nothing for the word that stands for none.
    pub(super) fn whole(&self, name: &str) -> Read<Option<u32>> {
        let Some((value, key)) = self.find(name)? else {
            let absent = key::find(&self.pattern_of(name)).map(|key| key.absent);
            return match absent {
                Some(Absent::Whole(number)) => Ok(u32::try_from(number).ok()),
                _ => Ok(None),
            };
        };
        let number = match key.kind {
            Kind::Whole(least, most) => value.whole(least..=most).map(Some),
            Kind::WholeOr(least, most, word) => value.whole_or(least..=most, word),
            _ => None,
        };
        match number.ok_or(Wrong)? {
            Some(number) => u32::try_from(number).map(Some).map_err(|_| Wrong),
            None => Ok(None),
        }
    }

    /// Returns a whole number that has to be there or has a default.
    pub(super) fn number(&self, name: &str) -> Read<u32> {
        self.whole(name)?.ok_or(Wrong)
    }

    /// Returns whole numbers with their values, each larger than the one before.
    pub(super) fn wholes(&self, name: &str) -> Read<Vec<(u32, Value<'d>)>> {
        let Some((value, key)) = self.find(name)? else {
            return Ok(Vec::new());
        };
        let Kind::Wholes(least, most) = key.kind else {
            return Err(Wrong);
        };
        let mut read: Vec<(u32, Value<'d>)> = Vec::new();
        let mut wrong = false;
        for item in value.array().ok_or(Wrong)? {
            let number = item
                .whole(least..=most)
                .and_then(|number| u32::try_from(number).ok());
            let Some(number) = number else {
                wrong = true;
                continue;
            };
            if read.last().is_some_and(|(before, _)| *before >= number) {
                item.mistake(
                    &format!("`{number}` is not larger than the number before it"),
                    "write them in order, each once",
                );
                wrong = true;
            }
            read.push((number, item));
        }
        if wrong { Err(Wrong) } else { Ok(read) }
    }

    /// Returns what a word stands for, nothing where it is absent without a default.
    pub(super) fn word<T: Copy>(&self, name: &str, meanings: &[T]) -> Read<Option<T>> {
        let (text, key) = match self.find(name)? {
            Some((value, key)) => {
                let words: Vec<_> = words(key).iter().map(|word| (*word, *word)).collect();
                (value.word(&words).ok_or(Wrong)?, key)
            }
            None => match key::find(&self.pattern_of(name)) {
                Some(
                    key @ Key {
                        absent: Absent::Word(word),
                        ..
                    },
                ) => (*word, key),
                _ => return Ok(None),
            },
        };
        let at = words(key).iter().position(|word| *word == text);
        at.and_then(|at| meanings.get(at))
            .copied()
            .map(Some)
            .ok_or(Wrong)
    }

    /// Returns what words stand for, nothing where the key is absent.
    pub(super) fn words(&self, name: &str) -> Read<Option<Vec<&'static str>>> {
        let Some((value, key)) = self.find(name)? else {
            return Ok(None);
        };
        let known: Vec<_> = words(key).iter().map(|word| (*word, *word)).collect();
        let read: Vec<_> = some_items(&value)?
            .into_iter()
            .map(|item| Some((item.word(&known)?, item)))
            .collect();
        let read = distinct(read.into_iter().collect::<Option<Vec<_>>>().ok_or(Wrong)?)?;
        Ok(Some(read.into_iter().map(|(word, _)| word).collect()))
    }

    /// Returns a ratio.
    pub(super) fn ratio(&self, name: &str) -> Read<Option<Ratio>> {
        match self.find(name)? {
            Some((value, _)) => value.ratio().map(Some).ok_or(Wrong),
            None => Ok(None),
        }
    }

    /// Returns a month of the calendar.
    pub(super) fn month(&self, name: &str) -> Read<Option<MonthOfYear>> {
        let Some((value, key)) = self.find(name)? else {
            return Ok(None);
        };
        let text = value.string().ok_or(Wrong)?;
        let month = MonthOfYear::parse(text);
        if month.is_none() {
            value.mistake(
                &format!("`{text}` is no month"),
                &format!("write {}", shape(key)),
            );
        }
        month.map(Some).ok_or(Wrong)
    }

    /// Returns a table.
    pub(super) fn table(&self, name: &str) -> Read<Option<Section<'d>>> {
        match self.find(name)? {
            Some((value, key)) => {
                let table = value.table().ok_or(Wrong)?;
                Ok(Some(Self::new(table, key.path, self.complete)))
            }
            None => Ok(None),
        }
    }

    /// Returns an array's tables; `Err` also where one element is none.
    pub(super) fn tables(&self, name: &str) -> Read<Vec<Section<'d>>> {
        let Some((value, key)) = self.find(name)? else {
            return Ok(Vec::new());
        };
        let Kind::Tables(most) = key.kind else {
            return Err(Wrong);
        };
        let items = value.array().ok_or(Wrong)?;
        if items.len() > usize::from(most) {
            let problem = format!("has {} elements", items.len());
            value.mistake(&problem, &format!("write at most {most}"));
            return Err(Wrong);
        }
        let pattern = format!("{}[]", key.path);
        let read: Vec<_> = items.iter().map(Value::table).collect();
        // An array is replaced whole, so each of its tables is all there is.
        read.into_iter()
            .map(|table| {
                table
                    .map(|table| Self::new(table, &*pattern, true))
                    .ok_or(Wrong)
            })
            .collect()
    }
}

fn words(key: &Key) -> &'static [&'static str] {
    match key.kind {
        Kind::Word(words) | Kind::Words(words) => words,
        _ => &[],
    }
}

fn some_items<'d>(value: &Value<'d>) -> Read<Vec<Value<'d>>> {
    let items = value.array().ok_or(Wrong)?;
    if items.is_empty() {
        value.mistake("is empty", "name at least one");
        return Err(Wrong);
    }
    Ok(items)
}

fn distinct<'d, T: PartialEq + std::fmt::Display>(
    items: Vec<(T, Value<'d>)>,
) -> Read<Vec<(T, Value<'d>)>> {
    let twice = items
        .iter()
        .enumerate()
        .find(|(at, (item, _))| items.iter().take(*at).any(|(before, _)| before == item));
    if let Some((_, (item, value))) = twice {
        value.mistake(&format!("`{item}` is there twice"), "name it once");
        return Err(Wrong);
    }
    Ok(items)
}

/// Returns the words of a key, as in `on = "response"`.
pub(super) fn only_words(key: &str, words: &[&str]) -> String {
    let words: Vec<_> = words
        .iter()
        .map(|word| format!("`{key} = \"{word}\"`"))
        .collect();
    words.join(" or ")
}

/// Returns what to write as a key's value.
pub(super) fn shape(key: &Key) -> String {
    let quoted = |words: &[&str]| -> String {
        let words: Vec<_> = words.iter().map(|word| format!("`\"{word}\"`")).collect();
        match words.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => words.concat(),
        }
    };
    match key.kind {
        Kind::Text => "a text in quotes".to_owned(),
        Kind::Name => "a name in quotes".to_owned(),
        Kind::Names => "names in an array, such as `[\"recruiter\"]`".to_owned(),
        Kind::Flag => "`true` or `false`".to_owned(),
        Kind::Whole(least, most) if least == most => format!("`{least}`"),
        Kind::Whole(least, most) => format!("a whole number from {least} to {most}"),
        Kind::WholeOr(least, most, word) => {
            format!("a whole number from {least} to {most} or `\"{word}\"`")
        }
        Kind::Wholes(least, most) => {
            format!("whole numbers from {least} to {most} in an array, in order")
        }
        Kind::Word(words) => quoted(words),
        Kind::Words(words) => format!("an array of {}", quoted(words)),
        Kind::Ratio => "an exact ratio, such as `\"13/100\"`".to_owned(),
        Kind::Month => "a month, such as `\"2015-01\"`".to_owned(),
        Kind::Table => format!("a table, `[{}]`", key.path),
        Kind::Tables(_) => format!("tables, each under `[[{}]]`", key.path),
    }
}
