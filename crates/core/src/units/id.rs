//! Names things: contracts, seats, members, messages, campaigns and grants.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smol_str::SmolStr;
use std::fmt;

/// The longest id, in bytes.
const MOST: usize = 128;

/// Says why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text has no characters.
    #[error("an id has 1 to 128 characters; this one is empty")]
    Empty,
    /// The text is too long.
    #[error("an id has 1 to 128 characters; this one has {0}")]
    TooLong(usize),
    /// The text has a character that ids do not have.
    #[error("an id is made of `A-Z a-z 0-9 . _ : @ -`; `{0}` is not among them")]
    BadCharacter(char),
    /// The text is a path's dot or dots.
    #[error("`.` and `..` are no ids")]
    Dots,
}

fn check(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if let Some(bad) = text
        .chars()
        .find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '@' | '-')))
    {
        return Err(IdError::BadCharacter(bad));
    }
    if text.len() > MOST {
        return Err(IdError::TooLong(text.len()));
    }
    if text == "." || text == ".." {
        return Err(IdError::Dots);
    }
    Ok(())
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident $(, $stored:ident)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(SmolStr);

        impl $name {
            /// Returns the id that `text` spells.
            ///
            /// # Errors
            /// When the text is not 1 to 128 of `A-Z a-z 0-9 . _ : @ -`, or is `.` or `..`.
            pub fn new(text: impl AsRef<str>) -> Result<Self, IdError> {
                check(text.as_ref())?;
                Ok(Self(SmolStr::new(text.as_ref())))
            }

            $(
                /// Takes a text that was an id before it was stored.
                pub(crate) fn $stored(text: &str) -> Self {
                    Self(SmolStr::new(text))
                }
            )?

            /// Returns the id's text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = SmolStr::deserialize(from)?;
                check(&text).map_err(de::Error::custom)?;
                Ok(Self(text))
            }
        }
    };
}

id! {
    /// Names a contract; the caller's own, unique among contracts.
    ContractId, stored
}
id! {
    /// Names a seat; the caller's own, unique within its contract.
    SeatId, stored
}
id! {
    /// Names a member, a possible recipient.
    MemberId, stored
}
id! {
    /// Names a message.
    MessageId, stored
}
id! {
    /// Names a campaign, one bulk send.
    CampaignId
}
id! {
    /// Names a type of seat, such as `recruiter`; the policy says what each is allotted.
    SeatType, stored
}

/// Names a lot of credits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrantId {
    /// A grant that a caller made and named.
    Named(SmolStr),
    /// A lot that the engine made (an allotment or a fresh return), by its number in the contract.
    /// It is written `lot~17`; no caller's id has a `~`, so the two never meet.
    Made(u32),
}

impl GrantId {
    const MADE: &str = "lot~";

    /// Returns the id that `text` spells, for a caller's own grant.
    ///
    /// # Errors
    /// When the text is not 1 to 128 of `A-Z a-z 0-9 . _ : @ -`, or is `.` or `..`.
    pub fn new(text: impl AsRef<str>) -> Result<Self, IdError> {
        check(text.as_ref())?;
        Ok(Self::Named(SmolStr::new(text.as_ref())))
    }

    /// Returns the id that `text` spells, a caller's or the engine's own.
    ///
    /// # Errors
    /// As [`GrantId::new`].
    pub fn of_any(text: &str) -> Result<Self, IdError> {
        let number = text.strip_prefix(Self::MADE).and_then(|digits| {
            let number: u32 = digits.parse().ok()?;
            (number.to_string() == digits).then_some(number)
        });
        match number {
            Some(number) => Ok(Self::Made(number)),
            None => Self::new(text),
        }
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Made(number) => write!(f, "{}{number}", Self::MADE),
        }
    }
}

impl Serialize for GrantId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GrantId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = SmolStr::deserialize(from)?;
        Self::of_any(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_what_it_says() {
        assert!(SeatId::new("ana.B-2_c:d@e").is_ok());
        assert_eq!(SeatId::new(""), Err(IdError::Empty));
        assert_eq!(SeatId::new("a b"), Err(IdError::BadCharacter(' ')));
        assert_eq!(SeatId::new("é"), Err(IdError::BadCharacter('é')));
        assert_eq!(SeatId::new(".."), Err(IdError::Dots));
        assert!(SeatId::new("x".repeat(128)).is_ok());
        assert_eq!(SeatId::new("x".repeat(129)), Err(IdError::TooLong(129)));
    }

    #[test]
    fn a_caller_cannot_name_a_grant_as_the_engine_does() {
        assert!(GrantId::new("lot~1").is_err());
        assert_eq!(GrantId::of_any("lot~17"), Ok(GrantId::Made(17)));
        assert!(GrantId::of_any("lot~017").is_err());
        assert!(GrantId::of_any("lot~+1").is_err());
        assert_eq!(GrantId::of_any("g1"), GrantId::new("g1"));
    }
}
