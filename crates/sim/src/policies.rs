//! Writes policies whose windows, limits and gates are so small that a short run reaches them.

/// The policies that are uploaded, as files.
pub const TEXTS: [&str; 5] = [SHORT, THREAD, LADDER, BOND, POSTAGE];

/// The policies that contracts may follow, by name.
pub const NAMES: [&str; 9] = [
    "short",
    "short",
    "short-thread",
    "short-ladder",
    "short-bond",
    "short-postage",
    "inmail-2015",
    "recruiter-2024",
    "inmail-2013",
];

const SHORT: &str = r#"
format = 1
extends = "inmail-2015"
name = "short"
expires_after_days = 4

[[bonus]]
month = "2015-01"
seat_types = ["recruiter"]
credits = 3
expires_after_days = 9
why = "A short bonus."

[message]
pending_most = 2
recipients_most = 4

[settlement]
window_days = 2

[[seat_type]]
name = "recruiter"
monthly_credits = 6

[[seat_type]]
name = "recruiter-lite"
monthly_credits = 2

[gate]
period_days = 2

[gate.check]
sent_at_least = 3
rate_below = "1/3"
"#;

const THREAD: &str = r#"
format = 1
extends = "inmail-thread"
name = "short-thread"
expires_after_days = 10
bonus = []

[settlement]
window_days = 3

[[seat_type]]
name = "recruiter"
monthly_credits = 20

[gate]
window_days = 2

[gate.check]
sent_at_least = 4
rate_at_most = "1/4"
"#;

const LADDER: &str = r#"
format = 1
extends = "recruiter-2024"
name = "short-ladder"
rollover_cap = 1

[message]
pending_most = 1

[settlement]
window_days = 1

[returned]
expires = "original"

[[seat_type]]
name = "recruiter"
monthly_credits = 8

[gate]
period_days = 1

[gate.check]
sent_at_least = 3
rate_below = "1/2"
"#;

const BOND: &str = r#"
format = 1
extends = "attention-bond"
name = "short-bond"
expires_after_days = 6

[message]
price = 2
pending_most = 3

[settlement]
window_days = 2

[returned]
expires = "original"

[[seat_type]]
name = "recruiter"
monthly_credits = 12
"#;

const POSTAGE: &str = r#"
format = 1
extends = "postage"
name = "short-postage"

[settlement]
window_days = 1

[[seat_type]]
name = "recruiter"
monthly_credits = 15
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_core::policy::{file, preset};

    #[test]
    fn every_policy_reads_and_has_a_name_of_the_list() {
        for text in TEXTS {
            let policy = file::parse("policy", text).unwrap_or_else(|why| panic!("{why}"));
            assert!(NAMES.contains(&policy.name.as_str()), "{}", policy.name);
        }
        let named = |name: &&str| preset::get(name).is_some() || name.starts_with("short");
        assert!(NAMES.iter().all(named));
    }
}
