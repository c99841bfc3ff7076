//! Says how a played scenario went, for people and for programs.
//!
//! Owns: the differences and their words. Does not own: what is compared ([`crate::expect`]), colours.
//! Invariant: a scenario has passed exactly when it has no failure.

use serde::Serialize;
use std::fmt;

/// How a scenario went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The scenario's name.
    pub name: String,
    /// The file it was read from.
    pub path: String,
    /// Whether everything was as stated.
    pub passed: bool,
    /// How many steps were played: all of them, whatever failed.
    pub steps: usize,
    /// What was not as stated, in the order of the steps.
    pub failures: Vec<Failure>,
}

/// One thing that was not as stated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The step's number, counted from 1; 0 is the contract's start.
    pub step: usize,
    /// The step's line in the file.
    pub line: usize,
    /// The step's instant, as RFC 3339.
    pub at: String,
    /// What the step does, in words.
    pub verb: String,
    /// What differs: a key of `expect` (`credits.available`), or `result`, `accepted`, `at`, `conservation`,
    /// `replay`.
    pub what: String,
    /// What the file states.
    pub expected: Value,
    /// What was there.
    pub actual: Value,
    /// A sentence that says more: the refusal's own, for one.
    pub detail: Option<String>,
}

/// A figure or a word, stated or found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A figure.
    Number(u64),
    /// A word.
    Text(String),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(u64::from(number))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.pad(text),
        }
    }
}

impl fmt::Display for Outcome {
    /// Writes one line and, where something failed, what differs in each step. The last line has no end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.passed { "ok  " } else { "FAIL" };
        write!(f, "{word} {}  {}", self.path, self.name)?;
        for step in self.failures.chunk_by(|a, b| a.step == b.step) {
            write_step(f, step)?;
        }
        Ok(())
    }
}

/// Writes a step's differences, aligned.
fn write_step(f: &mut fmt::Formatter<'_>, failures: &[Failure]) -> fmt::Result {
    let Some(first) = failures.first() else {
        return Ok(());
    };
    let (line, at, verb) = (first.line, &first.at, &first.verb);
    match first.step {
        0 => write!(f, "\n     the contract's start, {at}: {verb}")?,
        step => write!(f, "\n     step {step}, line {line}, {at}: {verb}")?,
    }
    let width = |text: fn(&Failure) -> String| {
        failures
            .iter()
            .map(|failure| text(failure).chars().count())
            .max()
            .unwrap_or(0)
    };
    let what = width(|failure| failure.what.clone());
    let expected = width(|failure| failure.expected.to_string());
    for failure in failures {
        write!(
            f,
            "\n       {:what$}   expected {:expected$}   got {}",
            failure.what,
            failure.expected.to_string(),
            failure.actual
        )?;
        if let Some(detail) = &failure.detail {
            write!(f, "\n         {detail}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(step: usize, what: &str, expected: Value, actual: Value) -> Failure {
        Failure {
            step,
            line: 10 * step,
            at: "2015-01-02T10:00:00Z".into(),
            verb: "expect".into(),
            what: what.into(),
            expected,
            actual,
            detail: None,
        }
    }

    fn outcome(failures: Vec<Failure>) -> Outcome {
        Outcome {
            name: "a name".into(),
            path: "a.toml".into(),
            passed: failures.is_empty(),
            steps: 3,
            failures,
        }
    }

    #[test]
    fn a_pass_is_one_line() {
        assert_eq!(outcome(vec![]).to_string(), "ok   a.toml  a name");
    }

    #[test]
    fn differences_are_aligned_within_a_step() {
        let mut refused = failure(3, "result", "already_pending".into(), "accepted".into());
        refused.verb = "send `m1` from seat `ana` to `bo`".into();
        refused.detail = Some("a sentence that says more".into());
        let failures = vec![
            failure(2, "credits.available", 3_u32.into(), 120_u32.into()),
            failure(2, "messages.m1.credit", "returned".into(), "held".into()),
            refused,
        ];
        insta::assert_snapshot!(outcome(failures), @r"
        FAIL a.toml  a name
             step 2, line 20, 2015-01-02T10:00:00Z: expect
               credits.available    expected 3          got 120
               messages.m1.credit   expected returned   got held
             step 3, line 30, 2015-01-02T10:00:00Z: send `m1` from seat `ana` to `bo`
               result   expected already_pending   got accepted
                 a sentence that says more
        ");
    }

    #[test]
    fn figures_are_numbers_in_json() {
        let one = outcome(vec![failure(1, "credits.held", 1_u32.into(), 0_u32.into())]);
        let json = serde_json::to_value(&one).unwrap();
        assert_eq!(json["failures"][0]["expected"], 1);
        assert_eq!(json["failures"][0]["what"], "credits.held");
        assert_eq!(json["passed"], false);
    }
}
