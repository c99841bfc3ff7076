//! `earnest policy show`: a policy in plain words, as a file, or as data.

use crate::error::Error;
use crate::output::{Look, Out};
use crate::policies;
use earnest_core::policy::{file, render};

/// Shows a policy in plain words, each rule with its path in the file and where it comes from
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// A preset, or the path of a policy file
    name: String,
    /// Print the policy file itself, to start one's own from; what it extends follows as comments
    #[arg(long, conflicts_with = "json")]
    toml: bool,
    /// Print JSON: the keys of a policy file, defaults written out
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ShowArgs, out: &mut Out) -> Result<(), Error> {
    if args.toml {
        return toml(&args.name, out);
    }
    let policy = policies::find(&args.name)?;
    if args.json {
        return out.json(&file::to_json(&policy));
    }
    out.line(out.paint(Look::Bold, format_args!("{}", policy.name)))?;
    out.line(&policy.title)?;
    for part in render::parts(&policy) {
        out.line("")?;
        out.line(out.paint(Look::Bold, format_args!("{}", part.title)))?;
        for line in part.lines {
            out.line(out.paint(Look::Dim, format_args!("  {}", line.path)))?;
            out.paragraph("    ", &line.sentence)?;
            if let Some(why) = line.why {
                out.paragraph("    ", &format!("Why: {why}"))?;
            }
        }
    }
    Ok(())
}

/// Prints the file as it stands, and below it, as comments, the files that it extends.
fn toml(name: &str, out: &mut Out) -> Result<(), Error> {
    let layers = policies::layers(name)?;
    for (at, source) in layers.sources().iter().enumerate() {
        if at == 0 {
            out.line(source.text.trim_end())?;
            continue;
        }
        out.line(format_args!(
            "\n# What this file extends, {}:\n#",
            source.name
        ))?;
        for line in source.text.trim_end().lines() {
            out.line(format!("# {line}").trim_end())?;
        }
    }
    Ok(())
}
