//! Makes of the lab's form what it asks for.
//!
//! Owns: what each field may hold. Invariants: everything that can be known to be wrong before the log is read is told
//! beside its field; a contract beyond reach is answered as one that is not there.

use super::{Known, SWEEP};
use crate::form::{Errors, Form, SentFile};
use crate::lab::{Asked, COMBINATIONS_MOST, LogFile, POLICIES_MOST, Source, Trial};
use crate::visitor::Visitor;
use earnest_backtest::log::Format;
use earnest_backtest::replay::Credits;
use earnest_core::policy::Policy;
use earnest_core::units::ContractId;
use earnest_lab::sweep::{Figure, Sweep};
use earnest_lab::vary::Vary;
use std::path::Path;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// The most bad lines that are left out.
const SKIPPED_MOST: u32 = 10_000;
/// How long the name of a file may be.
const NAME_MOST: usize = 100;

/// Returns what the form asks for; nothing where something is wrong with it, which is noted then.
pub(super) async fn asked(
    visitor: &Visitor,
    form: &Form,
    file: Option<SentFile>,
    known: &Known,
    errors: &mut Errors,
) -> Option<Asked> {
    let credits = match form.text("credits") {
        "" | "granted" => Credits::Granted,
        "unlimited" => Credits::Unlimited,
        _ => {
            errors.add("credits", "Choose one of these.");
            Credits::Granted
        }
    };
    let source = source(visitor, form, file, known, errors);
    let (trial, base) = match form.text("kind") {
        SWEEP => (sweep(form, known, errors).await, None),
        _ => compared(form, source.as_ref(), known, errors).unzip(),
    };
    let (source, trial) = (source?, trial?);
    errors.is_empty().then(|| Asked {
        log: called(&source, known),
        source,
        trial,
        credits,
        base: base.flatten(),
        form: form.template(),
    })
}

/// Returns what to call a log.
fn called(source: &Source, known: &Known) -> String {
    match source {
        Source::Contract(contract) => format!("the messages of {}", known.names.text(contract)),
        Source::Store => "the messages of all contracts".to_owned(),
        Source::File(file) => file.name.clone(),
    }
}

fn source(
    visitor: &Visitor,
    form: &Form,
    file: Option<SentFile>,
    known: &Known,
    errors: &mut Errors,
) -> Option<Source> {
    match form.text("source") {
        "file" => uploaded(form, file, errors).map(Source::File),
        "store" if visitor.is_admin() => Some(Source::Store),
        "contract" => {
            let named = form.text("contract").trim();
            let own = visitor.only_contract().map(ContractId::as_str);
            let asked = match named {
                "" => own.unwrap_or_default(),
                named => named,
            };
            let found = known.contract.clone().filter(|it| it.as_str() == asked);
            if found.is_none() {
                errors.add(
                    "contract",
                    match asked {
                        "" => "Name a contract, or choose another log.".to_owned(),
                        asked => format!("There is no contract `{asked}` here."),
                    },
                );
            }
            found.map(Source::Contract)
        }
        _ => {
            errors.add("source", "Choose one of these.");
            None
        }
    }
}

fn uploaded(form: &Form, file: Option<SentFile>, errors: &mut Errors) -> Option<LogFile> {
    let skip_bad = errors.read_if(form, "skip_bad", skipped).unwrap_or(0);
    let Some(file) = file else {
        errors.add("file", "Choose a file, or another log.");
        return None;
    };
    let name = name_of(&file.name);
    let format = match form.text("format") {
        "" => Format::of(Path::new(&name)).map_err(|_| {
            format!("The name `{name}` does not say which format it is: it ends in .csv, .jsonl, .ndjson, .parquet or, for snap, .txt. Name it so, or choose the format.")
        }),
        named => named.parse::<Format>().map_err(|error| error.to_string()),
    };
    let field = if form.text("format").is_empty() {
        "file"
    } else {
        "format"
    };
    let format = format.map_err(|why| errors.add(field, why)).ok()?;
    Some(LogFile {
        name,
        bytes: file.bytes,
        format,
        skip_bad,
    })
}

/// Returns a file's name without the folders that some browsers put before it.
fn name_of(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = last.chars().filter(|it| !it.is_control() && *it != '`');
    let skip = last.chars().count().saturating_sub(NAME_MOST);
    // The end says the format.
    let name: String = plain.skip(skip).collect();
    match name.trim() {
        "" => "the file".to_owned(),
        name => name.to_owned(),
    }
}

/// Reads how many bad lines are left out.
pub(crate) fn skipped(text: &str) -> Result<u32, String> {
    let plain = text.replace([',', ' '], "");
    let number = plain.parse().ok().filter(|it| *it <= SKIPPED_MOST);
    number.ok_or_else(|| {
        let most = crate::words::number(SKIPPED_MOST);
        format!("Write a whole number from 0 to {most}.")
    })
}

/// Returns the policies, and which of them is the base.
fn compared(
    form: &Form,
    source: Option<&Source>,
    known: &Known,
    errors: &mut Errors,
) -> Option<(Trial, Option<String>)> {
    let mut policies: Vec<Arc<Policy>> = Vec::new();
    let mut base = None;
    // The policy in force is a contract's; over all contracts it is the base of nothing, but may be tried as any other.
    let of_all = matches!(source, Some(Source::Store));
    if let (true, Some(own), Some(contract)) = (form.is_on("own"), &known.own, &known.contract) {
        let latest = known.policies.iter();
        let mut same_name = latest.filter(|it| it.policy.name == own.name);
        let policy = match same_name.any(|it| it.policy != *own) {
            // Another text was uploaded under its name since; both may be compared.
            true => Arc::new(Policy {
                name: format!("{}-in-force", own.name).into(),
                ..Policy::clone(own)
            }),
            false => Arc::clone(own),
        };
        base = (!of_all).then(|| {
            let contract = known.names.text(contract);
            format!("{}, in force for {contract}", policy.name)
        });
        policies.push(policy);
    }
    for name in form.all("policy") {
        let mut all = known.policies.iter();
        match all.find(|it| it.policy.name == name) {
            Some(it) if policies.contains(&it.policy) => {}
            Some(it) => policies.push(Arc::clone(&it.policy)),
            None => errors.add("policy", format!("There is no policy `{name}`.")),
        }
    }
    match policies.len() {
        0 => errors.add("policy", "Choose at least one."),
        1..=POLICIES_MOST => return Some((Trial::Compare(policies), base)),
        many => errors.add(
            "policy",
            format!("These are {many}, and a run compares at most {POLICIES_MOST}."),
        ),
    }
    None
}

async fn sweep(form: &Form, known: &Known, errors: &mut Errors) -> Option<Trial> {
    let rank = errors.read(form, "rank", str::parse::<Figure>);
    let name = form.text("base");
    let mut all = known.policies.iter();
    let base = all.find(|it| it.policy.name == name);
    if base.is_none() {
        errors.add("base", "Choose one of these.");
    }
    let first = errors.read(form, "vary1", Vary::parse);
    let second = errors.read_if(form, "vary2", Vary::parse);
    let (rank, base, first) = (rank?, Arc::clone(&base?.policy), first?);
    if !errors.is_empty() {
        return None;
    }
    let sizes = second.as_ref().map_or(1, |it| it.values.len());
    let combinations = first.values.len().saturating_mul(sizes);
    if combinations > COMBINATIONS_MOST {
        let [combinations, most] = [combinations, COMBINATIONS_MOST]
            .map(|it| crate::words::number(u64::try_from(it).unwrap_or(u64::MAX)));
        errors.add(
            "vary1",
            format!("These keys have {combinations} combinations, and a run tries at most {most}; take larger steps."),
        );
        return None;
    }
    let second_path = second.as_ref().map(|it| it.path.clone());
    let varies: Vec<Vary> = [Some(first), second].into_iter().flatten().collect();
    let made = spawn_blocking(move || Sweep::new(&base, varies)).await;
    match made {
        Ok(Ok(sweep)) => Some(Trial::Sweep {
            base: name.to_owned(),
            sweep: Arc::new(sweep),
            rank,
        }),
        Ok(Err(error)) => {
            let why = error.to_string();
            let is_second = second_path.is_some_and(|path| why.contains(&format!("`{path}`")));
            errors.add(if is_second { "vary2" } else { "vary1" }, why);
            None
        }
        Err(_) => {
            errors.add("vary1", "These keys cannot be varied together.");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_s_name_is_its_last_part() {
        assert_eq!(name_of("C:\\logs\\year.csv"), "year.csv");
        assert_eq!(name_of("a/b`c\n.csv"), "bc.csv");
        assert_eq!(name_of(" "), "the file");
        let long = name_of(&format!("{}.csv", "x".repeat(300)));
        assert!(long.len() <= NAME_MOST && long.ends_with("x.csv"));
    }
}
