//! `earnest policy list`: the presets.

use crate::error::Error;
use crate::output::Out;
use crate::policies;
use crate::table::{self, Column::Text, table};
use earnest_core::policy::preset;
use serde_json::json;

/// Lists the policies that ship with earnest
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ListArgs, out: &mut Out) -> Result<(), Error> {
    let presets = preset::NAMES.map(|name| policies::find(name).map(|policy| (name, policy)));
    let presets = presets.into_iter().collect::<Result<Vec<_>, _>>()?;
    if args.json {
        let presets: Vec<_> = presets
            .iter()
            .map(|(name, policy)| json!({ "name": name, "title": policy.title, "default": *name == preset::DEFAULT }))
            .collect();
        return out.json(&json!({ "policies": presets }));
    }
    let mut rows = table(&[(Text, "policy"), (Text, "what it is")]);
    for (name, policy) in &presets {
        let default = if *name == preset::DEFAULT {
            " (the default)"
        } else {
            ""
        };
        rows.add_row([(*name).to_owned(), format!("{}{default}", policy.title)]);
    }
    table::fit(&mut rows);
    table::print(&rows, "", out)
}
