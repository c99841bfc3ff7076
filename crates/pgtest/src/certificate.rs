//! Makes certificates, with the `openssl` command: they prove nothing to anybody but a test.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// An authority of one's own.
#[derive(Debug)]
pub struct Authority(TempDir);

/// What a server shows to prove who it is, in PEM.
#[derive(Debug)]
pub struct Certificate {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// Returns whether certificates can be made on this machine.
#[must_use]
pub fn has_openssl() -> bool {
    let mut command = Command::new("openssl");
    let quiet = command
        .arg("version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

impl Authority {
    /// Makes one.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let this = Self(folder);
        this.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=A-test-s-authority \
             -addext basicConstraints=critical,CA:TRUE -keyout authority.key -out authority.pem",
        )?;
        Ok(this)
    }

    /// Returns the file by which the authority is known.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.0.path().join("authority.pem")
    }

    /// Makes a certificate for a host.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn certificate(&self, host: &str) -> Result<Certificate, String> {
        let (extensions, read) = (self.0.path().join("extensions"), |file: &str| {
            read(&self.0.path().join(file))
        });
        std::fs::write(extensions, format!("subjectAltName=DNS:{host}\n"))
            .map_err(|error| error.to_string())?;
        self.openssl(&format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={host} -keyout host.key -out host.csr"
        ))?;
        self.openssl(
            "x509 -req -in host.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 3650 \
             -extfile extensions -out host.pem",
        )?;
        Ok(Certificate {
            certificate: read("host.pem")?,
            key: read("host.key")?,
        })
    }

    fn openssl(&self, args: &str) -> Result<(), String> {
        let mut command = Command::new("openssl");
        command.args(args.split_whitespace());
        crate::output(command.current_dir(self.0.path())).map(drop)
    }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}
