//! `earnest policy diff`: what two policies do differently.

use crate::error::Error;
use crate::output::Out;
use crate::policies;
use crate::table::{self, Column::Text, table};
use earnest_core::policy::Policy;
use earnest_core::policy::diff::{Difference, diff};
use serde_json::json;

/// Shows what two policies do differently, key by key
///
/// Defaults are included; names and titles are left out, because they say which policy it is, not what it does.
#[derive(Debug, clap::Args)]
pub(crate) struct DiffArgs {
    /// A preset, or the path of a policy file
    a: String,
    /// Another
    b: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &DiffArgs, out: &mut Out) -> Result<(), Error> {
    let (a, b) = (policies::find(&args.a)?, policies::find(&args.b)?);
    let differences = diff(&a, &b);
    if args.json {
        return out.json(&json!({ "a": a.name, "b": b.name, "differences": differences }));
    }
    print(&a, &b, &differences, out)
}

fn print(a: &Policy, b: &Policy, differences: &[Difference], out: &mut Out) -> Result<(), Error> {
    if differences.is_empty() {
        return out.line(format_args!("{} and {} do the same", a.name, b.name));
    }
    // What a rule does is compared at a glance; the sentences about it are for `show`.
    let (reasons, rules): (Vec<_>, Vec<_>) = differences
        .iter()
        .partition(|difference| difference.key.ends_with("why"));
    let mut rows = table(&[(Text, "key"), (Text, &a.name), (Text, &b.name)]);
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    for difference in &rules {
        rows.add_row([
            difference.key.clone(),
            shown(&difference.a),
            shown(&difference.b),
        ]);
    }
    if !rules.is_empty() {
        table::print(&rows, "", out)?;
    }
    match reasons.len() {
        0 => Ok(()),
        1 => out.line("1 reason differs (`why`); `earnest policy show` has it"),
        n => out.line(format_args!(
            "{n} reasons differ (`why`); `earnest policy show` has them"
        )),
    }
}
