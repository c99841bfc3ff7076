use super::*;
use std::time::Duration;

fn given(file: &str, variables: &[(&str, &str)], flags: &[(&str, &str, &str)]) -> Sources {
    let owned = |text: &str| text.to_owned();
    Sources {
        file: (!file.is_empty()).then(|| (owned("earnest.toml"), owned(file))),
        variables: variables
            .iter()
            .map(|(name, value)| (owned(name), owned(value)))
            .collect(),
        flags: flags
            .iter()
            .map(|(flag, key, value)| (owned(flag), owned(key), owned(value)))
            .collect(),
    }
}

fn mistakes(file: &str, variables: &[(&str, &str)], flags: &[(&str, &str, &str)]) -> String {
    let read = Config::read(&given(file, variables, flags));
    read.unwrap_err().to_string()
}

/// What is set, without where it comes from.
fn values(config: &Config) -> Vec<String> {
    let text = config.to_toml();
    let lines = text.lines().map(|line| line.split("  # ").next().unwrap());
    lines.map(str::to_owned).collect()
}

#[test]
fn the_manual_says_what_is_set_where_nothing_is_given() {
    let manual = Config::read(&given(MANUAL, &[], &[])).unwrap();
    assert_eq!(values(&manual), values(&Config::default()));
    for key in Config::keys() {
        assert!(
            matches!(manual.origin(key), Origin::File(_, _)),
            "{key} is not in the manual"
        );
    }
}

#[test]
fn a_flag_wins_over_a_variable_and_a_variable_over_the_file() {
    let file = "listen = \"127.0.0.1:1\"\n[limits]\nrequests = 1\nconnections = 1\n";
    let variables = [
        ("EARNEST_LIMITS_REQUESTS", "2"),
        ("EARNEST_LISTEN", "127.0.0.1:2"),
        ("HOME", "/root"),
    ];
    let flags = [("--listen", "listen", "127.0.0.1:3")];
    let config = Config::read(&given(file, &variables, &flags)).unwrap();
    assert_eq!(config.server.listen.port(), 3);
    assert_eq!(config.server.requests_most, 2);
    assert_eq!(config.server.connections_most, 1);
    assert_eq!(config.origin("listen").to_string(), "--listen");
    assert_eq!(
        config.origin("limits.requests").to_string(),
        "EARNEST_LIMITS_REQUESTS"
    );
    assert_eq!(
        config.origin("limits.connections").to_string(),
        "earnest.toml:4"
    );
    assert_eq!(config.origin("store"), &Origin::Default);
}

#[test]
fn all_mistakes_are_told_at_once_with_their_places() {
    let file = "stor = \"sqlite:a.db\"\nlisten = 8080\n[limits]\nrequests = 0\nbody_bytes = 2097152\nbatch_body_bytes = 1048576\n[webhook]\nretry = [\"5s\", \"soon\"]\n";
    let variables = [
        ("EARNEST_LISTN", "127.0.0.1:1"),
        ("EARNEST_LOG_LEVEL", "inf"),
        ("EARNEST_WEBHOOK_ALLOW_PRIVATE", "yes"),
        ("EARNEST_REAL_LOG", "/somewhere"),
        ("EARNEST_TOKEN", "x"),
    ];
    let flags = [
        ("--store", "store", "earnest.db"),
        ("--set limits.conections", "limits.conections", "5"),
    ];
    assert_eq!(
        mistakes(file, &variables, &flags),
        "earnest.toml:1: stor: is no key here; did you mean `store`?\n\
         earnest.toml:2: listen: `8080` is a whole number; write a string in quotes\n\
         earnest.toml:4: limits.requests: `0` is out of range; write a whole number from 1 to 1000000\n\
         earnest.toml:8: webhook.retry: `soon` is no length of time, or too long; write whole numbers with their units, such as `5s`, `2m` or `24h`\n\
         EARNEST_LISTN: is no variable of earnest; did you mean `EARNEST_LISTEN`?\n\
         EARNEST_LOG_LEVEL: `inf` is no word for this; did you mean `info`?\n\
         EARNEST_WEBHOOK_ALLOW_PRIVATE: `yes` is no yes or no; write `true` or `false`\n\
         --store: `earnest.db` does not say where the store is; write `sqlite:PATH`, such as `sqlite:earnest.db`, or `postgres://USER@HOST/DATABASE`\n\
         --set limits.conections: there is no setting `limits.conections`; did you mean `limits.connections`?\n\
         earnest.toml:6: limits.batch_body_bytes: `1048576` is less than limits.body_bytes; write at least 2097152"
    );
}

#[test]
fn what_is_no_toml_is_one_mistake() {
    let told = mistakes("listen = \n", &[], &[]);
    assert!(told.starts_with("earnest.toml:1: "), "{told}");
}

#[test]
fn a_value_of_every_kind_can_be_a_variable() {
    let variables = [
        ("EARNEST_STORE", "sqlite:/var/lib/earnest.db"),
        ("EARNEST_WEBHOOK_RETRY", "5s, 2m,24h"),
        ("EARNEST_WEBHOOK_ALLOW_PRIVATE", "true"),
        ("EARNEST_RATE_LIMIT_REQUESTS_PER_SECOND", "none"),
        ("EARNEST_LOG_FORMAT", "json"),
        ("EARNEST_LISTEN", "[::1]:0"),
        ("EARNEST_MEMORY_CONTRACTS_MIB", "64"),
        ("EARNEST_LIMITS_HEAD_SECONDS", "3"),
    ];
    let config = Config::read(&given("", &variables, &[])).unwrap();
    assert_eq!(config.store.to_string(), "sqlite:/var/lib/earnest.db");
    let seconds = [5, 120, 86_400].map(Duration::from_secs);
    assert_eq!(config.server.webhook_retry, seconds);
    assert!(config.server.webhook_allow_private);
    assert_eq!(config.server.requests_per_second, None);
    assert_eq!(config.log.format, LogFormat::Json);
    assert!(config.server.listen.is_ipv6());
    assert_eq!(config.engine.memory, 64 << 20);
    assert_eq!(config.server.head_timeout, Duration::from_secs(3));
    let none = Config::read(&given("", &[("EARNEST_WEBHOOK_RETRY", "")], &[])).unwrap();
    assert!(none.server.webhook_retry.is_empty());
}

#[test]
fn what_is_printed_reads_back_the_same() {
    let flags = [
        ("--set", "webhook.retry", "1500ms,3h"),
        ("--set", "store", "sqlite:a \"b\".db"),
        ("--set", "rate_limit.requests_per_second", "50"),
    ];
    let config = Config::read(&given("", &[], &flags)).unwrap();
    let printed = config.to_toml();
    let again = Config::read(&given(&printed, &[], &[])).unwrap();
    assert_eq!(values(&again), values(&config));
    assert!(
        printed.contains("retry = [\"1500ms\", \"3h\"]  # --set"),
        "{printed}"
    );
    assert!(
        printed.contains("listen = \"127.0.0.1:8080\"  # the default"),
        "{printed}"
    );
}

#[test]
fn a_password_is_never_printed() {
    for url in [
        "postgres://earnest:s3cret@db.example/earnest",
        "postgresql://earnest:s3c:ret@db.example/earnest?password=s3cret",
        "postgres://earnest:s3@cret@db.example",
    ] {
        let config = Config::read(&given("", &[("EARNEST_STORE", url)], &[])).unwrap();
        let shown = format!("{} {:?} {}", config.store, config.store, config.to_toml());
        assert!(!shown.contains("s3"), "{shown}");
        assert!(shown.contains("db.example"), "{shown}");
    }
    let told = mistakes(
        "",
        &[("EARNEST_STORE", "mysql://earnest:s3cret@db.example")],
        &[],
    );
    assert!(!told.contains("s3cret"), "{told}");
}

#[test]
fn a_store_is_named_by_its_kind() {
    let of = |text: &str| text.parse::<StoreUrl>();
    assert_eq!(of("sqlite:a.db"), Ok(StoreUrl::Sqlite("a.db".into())));
    assert_eq!(
        of("sqlite:///var/a.db"),
        Ok(StoreUrl::Sqlite("/var/a.db".into()))
    );
    assert_eq!(of("memory:"), Ok(StoreUrl::Memory));
    assert!(matches!(of("postgres://h/d"), Ok(StoreUrl::Postgres(_))));
    assert_eq!(of("sqlite:"), Err(NoStoreUrl::NoPath));
    assert_eq!(of("memory:x"), Err(NoStoreUrl::MemoryName));
    assert!(matches!(of("earnest.db"), Err(NoStoreUrl::Kind(_))));
    assert!(matches!(of("c:\\earnest.db"), Err(NoStoreUrl::Kind(_))));
}
