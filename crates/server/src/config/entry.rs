//! Lists the settings: the one place that knows what can be set, what is allowed, and how it is shown.

use super::given::Given;
use super::{Config, LogFormat, LogLevel};
use std::time::Duration;

/// A setting.
pub(super) struct Entry {
    /// Its name in a file, its table before a dot.
    pub(super) key: &'static str,
    /// Sets it, or says nothing where the value is wrong: why has been noted then.
    pub(super) set: fn(&mut Config, &Given<'_>) -> Option<()>,
    /// Shows it as TOML.
    pub(super) show: fn(&Config) -> String,
}

impl Entry {
    /// Returns its name without a dot.
    pub(super) fn flat(&self) -> String {
        self.key.replace('.', "_")
    }

    /// Returns the name of its variable.
    pub(super) fn variable(&self) -> String {
        format!("{}{}", super::VARIABLE, self.flat().to_ascii_uppercase())
    }
}

const FORMATS: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];
const LEVELS: [(&str, LogLevel); 6] = [
    ("off", LogLevel::Off),
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];

const KIB: usize = 1 << 10;
const GIB: usize = 1 << 30;

/// Every setting, in the order of the manual.
pub(super) const ENTRIES: [Entry; 23] = [
    Entry {
        key: "store",
        set: |config, given| put(&mut config.store, given.parsed()),
        show: |config| quoted(&config.store.to_string()),
    },
    Entry {
        key: "listen",
        set: |config, given| put(&mut config.server.listen, given.address()),
        show: |config| quoted(&config.server.listen.to_string()),
    },
    Entry {
        key: "log.format",
        set: |config, given| put(&mut config.log.format, given.word(&FORMATS)),
        show: |config| word(&FORMATS, config.log.format),
    },
    Entry {
        key: "log.level",
        set: |config, given| put(&mut config.log.level, given.word(&LEVELS)),
        show: |config| word(&LEVELS, config.log.level),
    },
    Entry {
        key: "limits.body_bytes",
        set: |config, given| put(&mut config.server.body_most, given.whole(KIB..=GIB)),
        show: |config| config.server.body_most.to_string(),
    },
    Entry {
        key: "limits.batch_body_bytes",
        set: |config, given| put(&mut config.server.batch_body_most, given.whole(KIB..=GIB)),
        show: |config| config.server.batch_body_most.to_string(),
    },
    Entry {
        key: "limits.head_seconds",
        set: |config, given| put(&mut config.server.head_timeout, seconds(given, 1, 3_600)),
        show: |config| config.server.head_timeout.as_secs().to_string(),
    },
    Entry {
        key: "limits.body_seconds",
        set: |config, given| put(&mut config.server.body_timeout, seconds(given, 1, 3_600)),
        show: |config| config.server.body_timeout.as_secs().to_string(),
    },
    Entry {
        key: "limits.connections",
        set: |config, given| {
            put(
                &mut config.server.connections_most,
                given.whole(1..=1_000_000),
            )
        },
        show: |config| config.server.connections_most.to_string(),
    },
    Entry {
        key: "limits.requests",
        set: |config, given| put(&mut config.server.requests_most, given.whole(1..=1_000_000)),
        show: |config| config.server.requests_most.to_string(),
    },
    Entry {
        key: "limits.commands",
        set: |config, given| put(&mut config.engine.waiting_most, given.whole(1..=10_000_000)),
        show: |config| config.engine.waiting_most.to_string(),
    },
    Entry {
        key: "limits.stop_seconds",
        set: |config, given| put(&mut config.server.grace, seconds(given, 0, 9)),
        show: |config| config.server.grace.as_secs().to_string(),
    },
    Entry {
        key: "rate_limit.requests_per_second",
        set: |config, given| {
            let most = given.whole_or(1..=1_000_000, "none");
            put(&mut config.server.requests_per_second, most)
        },
        show: |config| match config.server.requests_per_second {
            Some(most) => most.to_string(),
            None => quoted("none"),
        },
    },
    Entry {
        key: "memory.contracts_mib",
        set: |config, given| {
            let mib: usize = given.whole(1..=1_048_576)?;
            put(&mut config.engine.memory, mib.checked_mul(KIB * KIB))
        },
        show: |config| (config.engine.memory / (KIB * KIB)).to_string(),
    },
    Entry {
        key: "memory.snapshot_events",
        set: |config, given| {
            put(
                &mut config.engine.snapshot_after,
                given.whole(64..=10_000_000),
            )
        },
        show: |config| config.engine.snapshot_after.to_string(),
    },
    Entry {
        key: "postgres.connections",
        set: |config, given| put(&mut config.connections, given.whole(2..=1_000)),
        show: |config| config.connections.to_string(),
    },
    Entry {
        key: "sqlite.readers",
        set: |config, given| put(&mut config.readers, given.whole(1..=64)),
        show: |config| config.readers.to_string(),
    },
    Entry {
        key: "time.skew_seconds",
        set: |config, given| put(&mut config.engine.skew, seconds(given, 0, 86_400)),
        show: |config| config.engine.skew.as_secs().to_string(),
    },
    Entry {
        key: "webhook.allow_private",
        set: |config, given| put(&mut config.server.webhook_allow_private, given.boolean()),
        show: |config| config.server.webhook_allow_private.to_string(),
    },
    Entry {
        key: "webhook.retry",
        set: |config, given| put(&mut config.server.webhook_retry, given.lengths()),
        show: |config| {
            let lengths = config.server.webhook_retry.iter();
            let shown: Vec<String> = lengths.map(|it| quoted(&length(*it))).collect();
            format!("[{}]", shown.join(", "))
        },
    },
    Entry {
        key: "web.public_url",
        set: |config, given| put(&mut config.server.public_url, given.public_url()),
        show: |config| quoted(config.server.public_url.as_deref().unwrap_or("none")),
    },
    Entry {
        key: "web.session_hours",
        set: |config, given| {
            let hours: u64 = given.whole(1..=8_784)?;
            put(
                &mut config.server.session,
                Some(Duration::from_secs(hours * 3_600)),
            )
        },
        show: |config| (config.server.session.as_secs() / 3_600).to_string(),
    },
    Entry {
        key: "web.handover_secret",
        set: |config, given| put(&mut config.server.handover, given.secret()),
        // A secret is not shown: who prints what is set sees whether there is one by where it comes from.
        show: |_| quoted("none"),
    },
];

fn put<T>(place: &mut T, value: Option<T>) -> Option<()> {
    *place = value?;
    Some(())
}

fn seconds(given: &Given<'_>, least: u64, most: u64) -> Option<Duration> {
    given.whole(least..=most).map(Duration::from_secs)
}

/// Returns a text as a TOML string.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn word<T: PartialEq + Copy>(words: &[(&str, T)], value: T) -> String {
    let found = words.iter().find(|(_, it)| *it == value);
    quoted(found.map_or("", |(word, _)| word))
}

/// Returns a length of time with the largest unit that makes it a whole number.
fn length(time: Duration) -> String {
    let millis = time.as_millis();
    let units = [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
    ];
    let fits = |(_, unit): &(&str, u128)| millis > 0 && millis.is_multiple_of(*unit);
    match units.into_iter().find(fits) {
        Some((name, unit)) => format!("{}{name}", millis / unit),
        None => format!("{millis}ms"),
    }
}
