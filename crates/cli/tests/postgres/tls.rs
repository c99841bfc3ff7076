//! Connections that nobody can read, to a database that proves who it is.

use crate::support::{Folder, Ran};
use crate::{acme, binary, letter};
use earnest_bench::process::{Server, make_key};
use earnest_pgtest::{Authority, Durable};

const PASSWORD: &str = "hunter2";

/// A database over TLS, by a name for which its certificate is, and the authority that signed it.
struct Private {
    server: earnest_pgtest::Server,
    authority: Authority,
    url: String,
    folder: Folder,
}

impl Private {
    fn start() -> Self {
        let authority = Authority::new().unwrap();
        let certificate = authority.certificate("localhost").unwrap();
        let server =
            earnest_pgtest::Server::start_with_tls(Durable::No, &certificate, PASSWORD).unwrap();
        let url = server.database_over_tcp().unwrap();
        let url = url.replace("://earnest@", &format!("://earnest:{PASSWORD}@"));
        // By address 127.0.0.1: that of its other family may be another server's.
        let url = url.replace("@127.0.0.1", "@localhost");
        let folder = Folder::new();
        Self {
            server,
            authority,
            url,
            folder,
        }
    }

    /// Does something on the store at an address with these parameters.
    fn migrate(&self, url: &str, parameters: &str) -> Ran {
        let store = format!("{url}?{parameters}");
        let ran = self.folder.earnest(&["migrate", "--store", &store]);
        assert!(!format!("{ran:?}").contains(PASSWORD), "{ran:?}");
        ran
    }
}

#[track_caller]
fn refused(ran: &Ran, why: &[&str]) {
    let error = &ran.err;
    assert_eq!(ran.out, "", "{error}");
    assert_ne!(ran.code, Some(0), "{error}");
    for why in why {
        assert!(error.contains(why), "`{why}` is not said: {error}");
    }
}

#[test]
#[ignore = "needs PostgreSQL and openssl"]
fn a_database_proves_who_it_is_or_is_refused() {
    let private = Private::start();
    let trusted = format!("sslrootcert={}", private.authority.file().display());
    let verified = format!("sslmode=verify-full&{trusted}");
    let done = private.migrate(&private.url, &verified).done();
    assert!(done.ends_with("is new, and up to date\n"), "{done}");
    for encrypted in ["sslmode=require", "sslmode=prefer", ""] {
        private.migrate(&private.url, encrypted).done();
    }

    let plain = private.migrate(&private.url, "sslmode=disable");
    refused(&plain, &["no encryption", "see that it runs"]);
    // Signed by somebody else.
    let other = Authority::new().unwrap();
    let by_another = format!("sslmode=verify-full&sslrootcert={}", other.file().display());
    refused(
        &private.migrate(&private.url, &by_another),
        &["certificate", "`sslrootcert`"],
    );
    // Signed by nobody whom the system knows.
    refused(
        &private.migrate(&private.url, "sslmode=verify-full"),
        &["certificate", "`sslrootcert`"],
    );
    // For another host.
    let elsewhere = private.url.replace("@localhost", "@127.0.0.1");
    refused(
        &private.migrate(&elsewhere, &verified),
        &["certificate", "host"],
    );
    // No file, none in it, and one that nobody would look at.
    let missing = "sslmode=verify-full&sslrootcert=/nowhere.pem";
    refused(
        &private.migrate(&private.url, missing),
        &["`/nowhere.pem`", "cannot be read"],
    );
    refused(
        &private.migrate(&private.url, &format!("sslmode=require&{trusted}")),
        &["`sslrootcert`", "verify-full"],
    );
    refused(
        &private.migrate(&private.url, &trusted),
        &["`sslrootcert`", "verify-full"],
    );
    let wrong = private.url.replace(PASSWORD, "hunter3");
    let ran = private.migrate(&wrong, &verified);
    assert!(!format!("{ran:?}").contains("hunter3"), "{ran:?}");
    refused(
        &ran,
        &[
            "password authentication failed",
            "its address and password are right",
        ],
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL and openssl"]
async fn a_server_works_over_tls_alone() {
    let private = Private::start();
    // A path with a space in it.
    let spaced = private.folder.path("an authority.pem");
    std::fs::copy(private.authority.file(), &spaced).unwrap();
    let spaced = spaced.display().to_string().replace(' ', "%20");
    let store = format!("{}?sslmode=verify-full&sslrootcert={spaced}", private.url);
    let key = make_key(binary(), &store, "admin");
    let server = Server::start_earnest(binary(), &store).await;
    let mut client = acme(server.address, &key, 10).await;
    let sent = client
        .post("/v1/messages", letter("bo"), Some("k"))
        .await
        .unwrap();
    assert_eq!(sent.status, 201);
    let sql = "SELECT count(*), count(*) FILTER (WHERE ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
               WHERE application_name = 'earnest'";
    let told = private.server.sql("postgres", sql).unwrap();
    let (all, encrypted) = told.trim().split_once('|').unwrap();
    assert!(all == encrypted && all != "0", "{told}");
}
