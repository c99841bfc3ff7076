//! `earnest simulate --sensitivity`: how far the differences between policies rest on each assumption.
//!
//! Owns: what is printed of it. Does not own: what is varied ([`earnest_market::sensitivity`]).

use super::report::title;
use super::{SimulateArgs, no_threads, worlds};
use crate::error::Error;
use crate::number::{count, thousands};
use crate::output::{Look, Out};
use crate::progress;
use crate::table::{self, Column::Number, Column::Text, table};
use earnest_core::policy::Policy;
use earnest_market::{Difference, Factor, Sensitivity, Settings, Variant, sensitivity};
use serde_json::{Value, json};
use std::sync::Arc;

/// What is compared, in the order of [`Difference::directions`].
const FIGURES: [&str; 3] = ["the response rate", "what is sent", "what stays unanswered"];

/// Plays and prints.
pub(super) fn run(
    args: &SimulateArgs,
    policies: &[Arc<Policy>],
    settings: &Settings,
    out: &mut Out,
) -> Result<(), Error> {
    let Some((first, others)) = policies.split_first().filter(|(_, it)| !it.is_empty()) else {
        return Err(Error::Input(
            "`--sensitivity` is about differences between policies; name two with `--policy`"
                .to_owned(),
        ));
    };
    let bar = progress::weeks("simulating", 0);
    let played = sensitivity(
        policies,
        settings,
        args.seed,
        worlds(args)?,
        args.threads,
        &|all| {
            bar.set_length(all);
            bar.inc(1);
        },
    );
    bar.finish_and_clear();
    let played = played.map_err(|error| no_threads(&error))?;
    let compared = others.iter().zip(1..);
    let compared = compared.filter_map(|(policy, at)| Compared::of(policy, at, &played));
    let compared: Vec<Compared<'_>> = compared.collect();
    if args.json {
        let against: Vec<Value> = compared.iter().map(Compared::data).collect();
        return out.json(&json!({
            "seed": args.seed,
            "worlds": args.worlds,
            "first": first.name,
            "policies": against,
        }));
    }
    out.line(out.paint(
        Look::Bold,
        format_args!("a made-up market (seed {})", args.seed),
    ))?;
    out.line(format_args!(
        "each assumption halved and doubled, all others as they are; {} each time",
        count(args.worlds, "world")
    ))?;
    for compared in &compared {
        compared.print(&first.name, out)?;
    }
    out.line("")?;
    out.note(
        "!: the direction is the opposite of what it is with all assumptions as they are. A number is varied as far as \
         its range goes. Assumptions are varied one by one: two that are wrong at once may do more.",
    )
}

/// A policy beside the first one.
struct Compared<'p> {
    policy: &'p Policy,
    base: Difference,
    varied: Vec<(&'p Variant, Difference)>,
}

impl<'p> Compared<'p> {
    /// Compares the policy at a place with the first.
    fn of(policy: &'p Policy, at: usize, played: &'p Sensitivity) -> Option<Self> {
        let varied = played.variants.iter().map(|variant| {
            let difference = Difference::of(variant.worlds.first()?, variant.worlds.get(at)?);
            Some((variant, difference))
        });
        Some(Self {
            policy,
            base: Difference::of(played.base.first()?, played.base.get(at)?),
            varied: varied.collect::<Option<Vec<_>>>()?,
        })
    }

    fn data(&self) -> Value {
        let varied = self.varied.iter().map(|(variant, difference)| {
            let [rate, sent, unanswered] = difference.turned(&self.base);
            json!({
                "assumption": variant.name,
                "factor": variant.factor,
                "from": variant.from,
                "to": variant.to,
                "difference": difference,
                "turned": { "rate": rate, "sent": sent, "unanswered": unanswered },
            })
        });
        json!({
            "policy": self.policy.name,
            "difference": self.base,
            "assumptions": varied.collect::<Vec<Value>>(),
        })
    }

    fn print(&self, first: &str, out: &mut Out) -> Result<(), Error> {
        title(&format!("{} against {first}", self.policy.name), out)?;
        let mut rows = table(&[
            (Text, "assumption"),
            (Number, "from"),
            (Number, "to"),
            (Number, "rate,\npoints"),
            (Number, "sent"),
            (Number, "unanswered"),
            (Number, "rate higher in"),
        ]);
        let shown = |difference: &Difference| {
            let [rate, sent, unanswered] = difference.turned(&self.base);
            let of = count(difference.worlds, "world");
            [
                marked(signed(difference.rate_hundredths, 2), rate),
                marked(per_cent(difference.sent_tenths), sent),
                marked(per_cent(difference.unanswered_tenths), unanswered),
                format!("{} of {of}", difference.rate_higher_in),
            ]
        };
        let mut row = |name: &str, from: String, to: String, difference: &Difference| {
            let [rate, sent, unanswered, higher] = shown(difference);
            let name = name.to_owned();
            rows.add_row([name, from, to, rate, sent, unanswered, higher]);
        };
        row("all as they are", String::new(), String::new(), &self.base);
        for (variant, difference) in &self.varied {
            let (from, to) = (thousands(variant.from.into()), thousands(variant.to.into()));
            row(&variant.name, from, to, difference);
        }
        table::print(&rows, "", out)?;
        for (at, figure) in FIGURES.iter().enumerate() {
            let turning = self.varied.iter().filter(|(_, difference)| {
                let turned = difference.turned(&self.base);
                turned.get(at) == Some(&true)
            });
            let turning: Vec<String> = turning.map(|(variant, _)| called(variant)).collect();
            let says = match turning.as_slice() {
                [] => "by none".to_owned(),
                some => format!("by {}", some.join(", ")),
            };
            out.note(&format!("the direction of {figure} is turned {says}"))?;
        }
        Ok(())
    }
}

fn called(variant: &Variant) -> String {
    let factor = match variant.factor {
        Factor::Halved => "halved",
        Factor::Doubled => "doubled",
    };
    format!("{} {factor}", variant.name)
}

fn marked(text: String, turned: bool) -> String {
    if turned { format!("! {text}") } else { text }
}

fn per_cent(tenths: Option<i64>) -> String {
    match tenths {
        Some(_) => format!("{} %", signed(tenths, 1)),
        None => "-".to_owned(),
    }
}

/// Returns a number with so many decimals and its sign.
fn signed(number: Option<i64>, decimals: u32) -> String {
    let Some(number) = number else {
        return "-".to_owned();
    };
    let one = 10_u64.pow(decimals);
    let size = number.unsigned_abs();
    let sign = if number < 0 { '-' } else { '+' };
    let width = usize::try_from(decimals).unwrap_or_default();
    format!("{sign}{}.{:0width$}", thousands(size / one), size % one)
}
