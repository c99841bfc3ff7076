//! Starts a private PostgreSQL for tests and benchmarks.
//!
//! Owns: finding the programs, a cluster in a temporary folder, databases in it, dumps and copies, its end. Does not
//! own: what is asked of it. Invariants: a server that runs already is never touched: this one has its own folder, its own port and its
//! own socket; it ends with the process that started it, however that ends, and leaves nothing behind.

mod certificate;
mod proxy;

pub use certificate::{Authority, Certificate, has_openssl};
pub use proxy::Proxy;

use std::ffi::OsStr;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The reason by which tests say that they need the programs; `cargo xtask test` knows them by it.
pub const NEEDS: &str = "needs PostgreSQL";
/// Likewise, of tests that need certificates.
pub const NEEDS_TLS: &str = "needs PostgreSQL and openssl";
/// What says where the programs are, where they are not where Debian has them.
pub const PROGRAMS: &str = "EARNEST_TEST_POSTGRES_BIN";
/// Who owns everything in the cluster.
const OWNER: &str = "earnest";

/// Whether a commit is on the disk when it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durable {
    /// It is, as in production.
    Yes,
    /// It may not be: for tests in which the machine does not crash.
    No,
}

/// A PostgreSQL of one's own.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    user: Option<u32>,
    settings: String,
    made: AtomicU32,
    // Stops the server when its standard input ends, which it does with this process.
    watcher: Child,
}

/// Returns the folder with `initdb`, `pg_ctl` and `psql`: the newest that is installed.
#[must_use]
pub fn programs() -> Option<PathBuf> {
    let named = std::env::var_os(PROGRAMS).map(PathBuf::from);
    let has_all =
        |folder: &PathBuf| folder.join("initdb").exists() && folder.join("pg_ctl").exists();
    if let Some(named) = named {
        return Some(named).filter(has_all);
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|version| {
            let version = version.ok()?;
            let number = version.file_name().to_str()?.parse().ok()?;
            Some((number, version.path().join("bin")))
        })
        .filter(|(_, folder)| has_all(folder))
        .collect();
    found.sort_unstable();
    found.pop().map(|(_, folder)| folder)
}

/// Returns the one server that all tests of a process share, in which nothing is synced.
///
/// # Errors
/// When it cannot be started.
pub fn shared() -> Result<&'static Server, String> {
    static SHARED: OnceLock<Result<Server, String>> = OnceLock::new();
    SHARED
        .get_or_init(|| Server::start(Durable::No, ""))
        .as_ref()
        .map_err(Clone::clone)
}

/// Makes an empty schema in a database that somebody else runs, and returns the address at which it is all there is.
///
/// # Errors
/// When it cannot be made.
pub fn schema_in(url: &str) -> Result<String, String> {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let name = format!("earnest_test_{}_{number}", std::process::id());
    let psql = programs().map_or_else(|| PathBuf::from("psql"), |folder| folder.join("psql"));
    let sql = format!("CREATE SCHEMA {name}");
    output(Command::new(psql).args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", &sql]))?;
    let sign = if url.contains('?') { '&' } else { '?' };
    Ok(format!(
        "{url}{sign}options=-c%20search_path%3D{name},public"
    ))
}

impl Server {
    /// Starts one, with further settings such as `-c max_connections=20`.
    ///
    /// # Errors
    /// When the programs are not installed, or it does not start.
    pub fn start(durable: Durable, settings: &str) -> Result<Self, String> {
        let this = Self::make(durable, settings)?;
        this.begin()?;
        Ok(this)
    }

    /// Starts one that speaks TLS, and over TCP nothing else: there it asks for the password `password`.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_with_tls(
        durable: Durable,
        certificate: &Certificate,
        password: &str,
    ) -> Result<Self, String> {
        use std::os::unix::fs::PermissionsExt as _;
        let this = Self::make(durable, "-c ssl=on")?;
        let hosts = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n";
        for (file, text) in [
            ("server.crt", certificate.certificate.as_str()),
            ("server.key", &certificate.key),
            ("pg_hba.conf", hosts),
        ] {
            let path = this.data().join(file);
            let written = std::fs::write(&path, text);
            let kept = written.and_then(|()| {
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
                std::os::unix::fs::chown(&path, this.user, None)
            });
            kept.map_err(|error| error.to_string())?;
        }
        this.begin()?;
        this.sql(
            "postgres",
            &format!("ALTER ROLE {OWNER} PASSWORD '{password}'"),
        )?;
        Ok(this)
    }

    /// Copies a server that is stopped, with all that is in it, and starts the copy: the other is as of this moment when
    /// it is found later.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_copy(&self) -> Result<Self, String> {
        let port = format!("port={}", self.port);
        let folder = self.folder.display().to_string();
        let this = Self::place(self.programs.clone(), |other, free| {
            self.settings
                .replace(&port, &format!("port={free}"))
                .replace(&folder, &other.display().to_string())
        })?;
        let mut copying = as_user(Path::new("cp"), this.user);
        copying.arg("-R").args([self.data(), this.data()]);
        output(copying.current_dir("/"))?;
        this.begin()?;
        Ok(this)
    }

    /// Makes a cluster that does not run yet.
    fn make(durable: Durable, settings: &str) -> Result<Self, String> {
        let programs = programs().ok_or_else(|| {
            format!(
                "there is no PostgreSQL on this machine; install it (Debian: apt-get install postgresql), or set \
                 {PROGRAMS} to the folder with initdb and pg_ctl"
            )
        })?;
        let sync = match durable {
            Durable::Yes => "-c fsync=on -c synchronous_commit=on",
            Durable::No => "-c fsync=off -c synchronous_commit=off -c full_page_writes=off",
        };
        let this = Self::place(programs, |folder, port| {
            format!(
                "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={} -c max_connections=300 \
                 -c shared_buffers=256MB -c logging_collector=off {sync} {settings}",
                folder.display()
            )
        })?;
        let data = this.data();
        this.run(
            "initdb",
            &[
                "-A".as_ref(),
                "trust".as_ref(),
                "-U".as_ref(),
                OWNER.as_ref(),
                "-E".as_ref(),
                "UTF8".as_ref(),
                "--locale=C".as_ref(),
                "--no-sync".as_ref(),
                "-D".as_ref(),
                data.as_os_str(),
            ],
        )?;
        Ok(this)
    }

    /// Makes a place for a cluster: a folder of its own and a free port, for which it is told the settings.
    fn place(
        programs: PathBuf,
        settings: impl FnOnce(&Path, u16) -> String,
    ) -> Result<Self, String> {
        let folder = tempfile::Builder::new()
            .prefix("earnest-pg-")
            .tempdir()
            .map_err(|error| error.to_string())?
            .keep();
        let user = user_for_root()?;
        if let Some(user) = user {
            std::os::unix::fs::chown(&folder, Some(user), None)
                .map_err(|error| error.to_string())?;
        }
        let port = free_port().map_err(|error| error.to_string())?;
        Ok(Self {
            watcher: watch(&programs, &folder, user)?,
            settings: settings(&folder, port),
            programs,
            folder,
            port,
            user,
            made: AtomicU32::new(0),
        })
    }

    /// Starts it again after [`Server::stop`] or [`Server::crash`].
    ///
    /// # Errors
    /// When it does not start.
    pub fn begin(&self) -> Result<(), String> {
        let (data, log) = (self.data(), self.folder.join("log"));
        let begun = self.run(
            "pg_ctl",
            &[
                "start".as_ref(),
                "-w".as_ref(),
                "-s".as_ref(),
                "-D".as_ref(),
                data.as_os_str(),
                "-l".as_ref(),
                log.as_os_str(),
                "-o".as_ref(),
                self.settings.as_ref(),
            ],
        );
        begun.map_err(|error| format!("{error}\n{}", self.log()))
    }

    /// Stops it: what is open is cut, what was committed is kept.
    ///
    /// # Errors
    /// When it does not stop.
    pub fn stop(&self) -> Result<(), String> {
        self.end("fast")
    }

    /// Stops it as a crash does: it has to recover when it starts again.
    ///
    /// # Errors
    /// When it does not stop.
    pub fn crash(&self) -> Result<(), String> {
        self.end("immediate")
    }

    fn end(&self, how: &str) -> Result<(), String> {
        let data = self.data();
        self.run(
            "pg_ctl",
            &[
                "stop".as_ref(),
                "-w".as_ref(),
                "-s".as_ref(),
                "-m".as_ref(),
                how.as_ref(),
                "-D".as_ref(),
                data.as_os_str(),
            ],
        )
    }

    /// Makes an empty database, and returns its address: over a socket of the file system.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn database(&self) -> Result<String, String> {
        let name = self.new_database()?;
        Ok(self.url(&name))
    }

    /// Makes an empty database, and returns its address over TCP.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn database_over_tcp(&self) -> Result<String, String> {
        let name = self.new_database()?;
        Ok(format!("postgres://{OWNER}@127.0.0.1:{}/{name}", self.port))
    }

    fn new_database(&self) -> Result<String, String> {
        let name = format!("test_{}", self.made.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(name)
    }

    /// Returns the address of a database.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let socket = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://{OWNER}@{socket}:{}/{database}", self.port)
    }

    /// Returns the port on which it listens at 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Returns the folder with the programs.
    #[must_use]
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// Runs SQL in a database, named or by its address, and returns what it prints.
    ///
    /// # Errors
    /// When it fails.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String, String> {
        let url = match database.contains("://") {
            true => database.to_owned(),
            false => self.url(database),
        };
        let mut command = Command::new(self.programs.join("psql"));
        command.args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            &url,
            "-c",
            sql,
        ]);
        output(command.current_dir("/"))
    }

    /// Writes all that is in a database, named by its address, into a file, as plain SQL.
    ///
    /// # Errors
    /// When it fails.
    pub fn dump(&self, url: &str, file: &Path) -> Result<(), String> {
        let mut command = Command::new(self.programs.join("pg_dump"));
        command.arg("--file").arg(file).arg(url);
        output(command.current_dir("/")).map(drop)
    }

    /// Makes a database of what was written into a file, and returns its address.
    ///
    /// # Errors
    /// When it fails.
    pub fn restore(&self, file: &Path) -> Result<String, String> {
        let url = self.database()?;
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &url, "-f"]);
        output(command.arg(file).current_dir("/"))?;
        Ok(url)
    }

    /// Returns the end of what the server has logged.
    #[must_use]
    pub fn log(&self) -> String {
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn run(&self, program: &str, args: &[&OsStr]) -> Result<(), String> {
        let mut command = as_user(&self.programs.join(program), self.user);
        // The server goes on when this has ended: it must not hold what this prints to.
        command
            .args(args)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let errors = self.folder.join("errors");
        let file = std::fs::File::create(&errors).map_err(|error| error.to_string())?;
        let status = command.stderr(file).status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(_) => {
                let told = std::fs::read_to_string(&errors).unwrap_or_default();
                Err(format!("`{program}` failed: {}", told.trim()))
            }
            Err(error) => Err(format!("`{program}` could not be run: {error}")),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        // It ends by itself once it has stopped the server.
        let _ = self.watcher.wait();
    }
}

/// Starts what stops the server and removes its folder once this process is gone.
fn watch(programs: &Path, folder: &Path, user: Option<u32>) -> Result<Child, String> {
    const SCRIPT: &str = "trap '' INT TERM HUP; read -r _; \
                          \"$1/pg_ctl\" stop -s -m immediate -D \"$2/data\"; rm -rf \"$2\"";
    let mut command = as_user(Path::new("/bin/sh"), user);
    command
        .args(["-c", SCRIPT, "watch"])
        .args([programs, folder])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().map_err(|error| error.to_string())
}

/// PostgreSQL does not run as root: returns as whom it runs instead.
fn user_for_root() -> Result<Option<u32>, String> {
    let id = |args: &[&str]| {
        let mut command = Command::new("id");
        let text = output(command.args(args))?;
        text.trim()
            .parse::<u32>()
            .map_err(|error| error.to_string())
    };
    match id(&["-u"])? {
        0 => Ok(Some(id(&["-u", "nobody"])?)),
        _ => Ok(None),
    }
}

fn as_user(program: &Path, user: Option<u32>) -> Command {
    let Some(user) = user else {
        return Command::new(program);
    };
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--reuid={user}"))
        .args(["--regid=65534", "--clear-groups"]);
    command.arg(program);
    command
}

fn output(command: &mut Command) -> Result<String, String> {
    let done = command.stdin(Stdio::null()).output();
    let done = done.map_err(|error| {
        format!(
            "{} could not be run: {error}",
            command.get_program().display()
        )
    })?;
    match done.status.success() {
        true => Ok(String::from_utf8_lossy(&done.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&done.stderr).trim().to_owned()),
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
