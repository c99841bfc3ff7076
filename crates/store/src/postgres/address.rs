//! Reads the address of a database.
//!
//! Owns: what may stand in it, what is set of every connection, TLS. Invariant: nothing that is printed here has a
//! password in it.

use super::tls::{self, Trust};
use crate::error::StoreError;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

/// What is set of every session, before what the address sets: nothing waits for ever, nobody who has gone away
/// holds anything, and no statement reads a whole table. Every statement names what it is after and has an index for
/// it; without this, those that are planned while a table is new and counted as empty go through all of it, and
/// keep doing so while it grows.
const SESSION: &str = "-c statement_timeout=30s -c lock_timeout=10s \
                       -c idle_in_transaction_session_timeout=30s -c client_min_messages=error \
                       -c enable_seqscan=off -c jit=off";
/// What is set besides where nothing is spread: statements are planned once. Otherwise those that take arrays are
/// planned anew each time, which costs more than carrying them out. A cluster plans by the key, and has to know it.
const PLANNED_ONCE: &str = "-c plan_cache_mode=force_generic_plan";

/// The address of a database.
pub(super) struct Address {
    pub(super) config: Config,
    trust: Trust,
}

impl Address {
    /// Reads `postgres://user:password@host:port/database?...`.
    pub(super) fn read(url: &str) -> Result<Self, StoreError> {
        let (plain, own) = take_own(url)?;
        let mut config =
            Config::from_str(&plain).map_err(|error| unreadable(&error.to_string()))?;
        let verifies = matches!(own.mode.as_deref(), Some("verify-ca" | "verify-full"));
        if own.roots.is_some() && !verifies {
            // Whoever names an authority wants proof, and would believe to have it.
            return Err(unreadable(
                "`sslrootcert` is looked at with `sslmode=verify-full` alone; write that, or leave `sslrootcert` out",
            ));
        }
        let trust = match own.mode.as_deref() {
            None => Trust::Anybody,
            Some("disable" | "prefer" | "require") => {
                config.ssl_mode(match own.mode.as_deref() {
                    Some("disable") => SslMode::Disable,
                    Some("prefer") => SslMode::Prefer,
                    _ => SslMode::Require,
                });
                Trust::Anybody
            }
            Some("verify-ca" | "verify-full") => {
                config.ssl_mode(SslMode::Require);
                own.roots.map_or(Trust::System, Trust::File)
            }
            Some(other) => {
                return Err(unreadable(&format!(
                    "`sslmode={other}` is none of disable, prefer, require, verify-ca, verify-full"
                )));
            }
        };
        set_first(&mut config, SESSION);
        if config.get_application_name().is_none() {
            config.application_name("earnest");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        // A server that has vanished is noticed, instead of waited for.
        config.tcp_user_timeout(Duration::from_secs(15));
        Ok(Self { config, trust })
    }

    /// Has statements planned once a connection.
    pub(super) fn plan_once(&mut self) {
        set_first(&mut self.config, PLANNED_ONCE);
    }

    /// Returns what makes connections private.
    pub(super) fn tls(&self) -> Result<MakeRustlsConnect, StoreError> {
        tls::connector(&self.trust)
    }
}

/// Sets something of every session, before what is set already.
fn set_first(config: &mut Config, options: &str) {
    let others = config.get_options().unwrap_or_default().to_owned();
    config.options(format!("{options} {others}"));
}

/// What the driver does not read itself.
#[derive(Default)]
struct Own {
    mode: Option<String>,
    roots: Option<PathBuf>,
}

/// Returns the address without the parameters of TLS, and those.
fn take_own(url: &str) -> Result<(String, Own), StoreError> {
    let mut own = Own::default();
    let Some((place, parameters)) = url.split_once('?') else {
        return Ok((url.to_owned(), own));
    };
    let mut others = Vec::new();
    for parameter in parameters.split('&') {
        match parameter.split_once('=') {
            Some(("sslmode", mode)) => own.mode = Some(decoded(mode)?),
            Some(("sslrootcert", path)) => own.roots = Some(PathBuf::from(decoded(path)?)),
            _ => others.push(parameter),
        }
    }
    Ok((format!("{place}?{}", others.join("&")), own))
}

/// Returns a parameter with `%20` and the like as what they stand for.
fn decoded(text: &str) -> Result<String, StoreError> {
    let wrong = || unreadable(&format!("`{text}` is not escaped as it should be"));
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).ok_or_else(wrong)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| wrong())?);
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

fn unreadable(why: &str) -> StoreError {
    StoreError::Version(format!(
        "the address of the database cannot be read: {why}; write `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, \
         with `%` and two hexadecimal digits for other characters in them"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_its_parameters() {
        let url = "postgresql://ana:s%40cret@db.example:5433/mail?sslmode=disable&options=-c%20work_mem%3D1MB";
        let address = Address::read(url).unwrap();
        assert_eq!(address.config.get_password(), Some(&b"s@cret"[..]));
        assert_eq!(address.config.get_dbname(), Some("mail"));
        assert_eq!(address.config.get_ssl_mode(), SslMode::Disable);
        // What the address sets comes last, and so counts.
        let options = address.config.get_options().unwrap();
        assert!(options.starts_with("-c statement_timeout") && options.ends_with("work_mem=1MB"));
    }

    #[test]
    fn a_certificate_is_verified_where_that_is_asked() {
        let verified =
            Address::read("postgres://a@h/d?sslmode=verify-full&sslrootcert=/x.pem").unwrap();
        assert_eq!(verified.config.get_ssl_mode(), SslMode::Require);
        assert!(matches!(verified.trust, Trust::File(_)));
        let spaced = Address::read(
            "postgres://a@h/d?sslmode=verify-full&sslrootcert=%2Fmy%20own/x.pem&sslkey=1",
        );
        assert!(spaced.is_err(), "a parameter that is not known");
        let spaced = "postgres://a@h/d?sslmode=verify-full&sslrootcert=%2Fmy%20own/x.pem";
        let Trust::File(path) = Address::read(spaced).unwrap().trust else {
            unreachable!("it names a file");
        };
        assert_eq!(path, PathBuf::from("/my own/x.pem"));
        let system = Address::read("postgres://a@h/d?sslmode=verify-full").unwrap();
        assert!(matches!(system.trust, Trust::System));
    }

    #[test]
    fn a_mistake_is_told_without_the_password() {
        for url in [
            "postgres://ana:hunter2@h:port/d",
            "postgres://ana:hunter2@h/d?sslmode=perhaps",
            "postgres://ana:hunter2@h/d?colour=red",
            "postgres://ana:hunter2@h/d?sslmode=require&sslrootcert=/x.pem",
            "postgres://ana:hunter2@h/d?sslmode=verify-full&sslrootcert=/100%.pem",
            "postgres://ana:hunter2%zz@h/d?connect_timeout=soon",
        ] {
            let Err(error) = Address::read(url) else {
                continue;
            };
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        assert!(Address::read("postgres://ana:hunter2@h/d?sslmode=perhaps").is_err());
    }
}
