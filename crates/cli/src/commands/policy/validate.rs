//! `earnest policy validate`: every mistake in policy files, all at once.

use crate::error::Error;
use crate::number::count;
use crate::output::{Look, Out};
use crate::policies;
use earnest_core::document::Mistakes;
use earnest_core::policy::Policy;
use serde_json::{Value, json};

/// Finds every mistake in policy files, each with its line, its key and what would be right
#[derive(Debug, clap::Args)]
pub(crate) struct ValidateArgs {
    /// Policy files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What became of one file.
type Read = Result<Result<Policy, Mistakes>, String>;

pub(super) fn run(args: &ValidateArgs, out: &mut Out) -> Result<(), Error> {
    let read: Vec<(&str, Read)> = args
        .files
        .iter()
        .map(|file| (file.as_str(), policies::read(file)))
        .collect();
    let wrong: Vec<String> = read.iter().filter_map(|(_, read)| told(read)).collect();
    if args.json {
        let files: Vec<Value> = read.iter().map(|(file, read)| json(file, read)).collect();
        out.json(&json!({ "files": files }))?;
    } else {
        for (file, read) in &read {
            if let Ok(Ok(policy)) = read {
                let ok = out.paint(Look::Green, format_args!("ok"));
                out.line(format_args!("{ok}  {file}: {}", policy.name))?;
            }
        }
    }
    match wrong.as_slice() {
        [] => Ok(()),
        wrong => Err(Error::Input(format!(
            "{}\n{}",
            wrong.join("\n"),
            summary(&read)
        ))),
    }
}

/// Returns what is wrong with a file, a line each.
fn told(read: &Read) -> Option<String> {
    match read {
        Ok(Ok(_)) => None,
        Ok(Err(mistakes)) => Some(mistakes.to_string()),
        Err(why) => Some(why.clone()),
    }
}

fn summary(read: &[(&str, Read)]) -> String {
    let mistakes: usize = read
        .iter()
        .filter_map(|(_, read)| Some(read.as_ref().ok()?.as_ref().err()?.iter().count()))
        .sum();
    let unread = read.iter().filter(|(_, read)| read.is_err()).count();
    let whole = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let mistakes = count(whole(mistakes), "mistake");
    match unread {
        0 => mistakes,
        n => format!("{mistakes}, {} could not be read", count(whole(n), "file")),
    }
}

fn json(file: &str, read: &Read) -> Value {
    let (policy, mistakes, unread) = match read {
        Ok(Ok(policy)) => (Some(policy.name.as_str()), json!([]), None),
        Ok(Err(mistakes)) => (None, json!(mistakes), None),
        Err(why) => (None, json!([]), Some(why)),
    };
    json!({ "file": file, "policy": policy, "mistakes": mistakes, "unreadable": unread })
}
