//! Names rules and settings, with the sentence that says why they are there.

use super::{Cited, Owner};
use crate::policy::file::key;
use crate::policy::{Gate, Ladder, Policy, RuleRef, ThreadGate};

/// Cites a settlement rule.
pub(super) fn rule(policy: &Policy, at: RuleRef) -> Cited {
    Cited {
        of: Owner::Policy,
        path: at.to_string(),
        why: policy
            .rule(at)
            .map_or_else(String::new, |rule| rule.why.clone()),
    }
}

/// Cites a plain key of the policy file, by what it is for.
pub(super) fn number(path: &str) -> Cited {
    Cited {
        of: Owner::Policy,
        path: path.to_owned(),
        why: key::find(path).map_or_else(String::new, |key| key.doc.to_owned()),
    }
}

/// Cites a gate as a whole.
pub(super) fn gate(gate: &Gate) -> Cited {
    match gate {
        Gate::None => Cited {
            of: Owner::Policy,
            path: "gate.kind".to_owned(),
            why: "The policy has no gate: nobody is stopped, whatever the response rate."
                .to_owned(),
        },
        Gate::Thread(thread) => thread_check(thread),
        Gate::Ladder(ladder) => ladder_check(ladder),
    }
}

/// Cites the check of a gate over a rolling window.
pub(super) fn thread_check(gate: &ThreadGate) -> Cited {
    check(&gate.why)
}

/// Cites the check at the end of a ladder's periods.
pub(super) fn ladder_check(ladder: &Ladder) -> Cited {
    check(&ladder.why)
}

fn check(why: &str) -> Cited {
    Cited {
        of: Owner::Policy,
        path: "gate.check".to_owned(),
        why: why.to_owned(),
    }
}

/// Cites a stage of a ladder.
pub(super) fn stage(ladder: &Ladder, stage: u8) -> Cited {
    let rule = ladder.stages.get(usize::from(stage));
    Cited {
        of: Owner::Policy,
        path: format!("gate.stage[{stage}]"),
        why: rule.map_or_else(String::new, |stage| stage.why.clone()),
    }
}

/// Cites a setting that is not the policy's.
pub(super) fn setting(of: Owner, path: &str, why: &str) -> Cited {
    Cited {
        of,
        path: path.to_owned(),
        why: why.to_owned(),
    }
}
