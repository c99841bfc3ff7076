//! Connects to endpoints.
//!
//! Owns: finding addresses, looking at them, connecting to one of them, and encryption.
//! Invariant: where one address of a name may not be connected to, none is.

use super::address::all_public;
use super::cause;
use super::target::Target;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::OnceCell;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// How long finding the addresses of a name may take.
const RESOLVE: Duration = Duration::from_secs(5);
/// How long connecting to one address may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How many addresses of a name are tried.
const TRIED: usize = 4;

/// Finds the addresses of a target.
pub(super) async fn resolve(target: &Target) -> Result<Vec<SocketAddr>, String> {
    if let Ok(address) = target.host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, target.port)]);
    }
    let found = timeout(RESOLVE, lookup_host((target.host.as_str(), target.port))).await;
    let found = found.map_err(|_| format!("the name {} was not found in time", target.host))?;
    let found: Vec<SocketAddr> = found
        .map_err(|error| format!("the name {} was not found: {error}", target.host))?
        .collect();
    match found.is_empty() {
        true => Err(format!("the name {} has no address", target.host)),
        false => Ok(found),
    }
}

/// Connects to a target, at one of the addresses that were just looked at.
pub(super) async fn connect(target: &Target, allow_private: bool) -> Result<TcpStream, String> {
    let addresses = resolve(target).await?;
    if !allow_private {
        all_public(&addresses)?;
    }
    let mut why = String::new();
    for address in addresses.into_iter().take(TRIED) {
        why = match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                drop(stream.set_nodelay(true));
                return Ok(stream);
            }
            Ok(Err(error)) => format!("no connection to {address}: {error}"),
            Err(_) => format!("no connection to {address} within {CONNECT:?}"),
        };
    }
    Err(why)
}

/// Encrypts connections. The system's certificates are read when they are first needed.
#[derive(Default)]
pub(super) struct Tls(OnceCell<TlsConnector>);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// Encrypts connections to receivers that these roots vouch for, instead of the system's.
    #[cfg(test)]
    pub(super) fn trusting(roots: RootCertStore) -> Self {
        Self(OnceCell::new_with(trusting(roots).ok()))
    }

    /// Encrypts a connection, to whom the target's host is certified for.
    pub(super) async fn wrap(
        &self,
        target: &Target,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, String> {
        let connector = self.0.get_or_try_init(connector).await?;
        let name = ServerName::try_from(target.host.clone())
            .map_err(|_| format!("{} is no name that a certificate can have", target.host))?;
        let wrapped = connector.connect(name, stream).await;
        wrapped.map_err(|error| format!("no encrypted connection: {}", cause(&error)))
    }
}

async fn connector() -> Result<TlsConnector, String> {
    let read = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs).await;
    let read = read.map_err(|error| error.to_string())?;
    let mut roots = RootCertStore::empty();
    let (taken, _) = roots.add_parsable_certificates(read.certs);
    if taken == 0 {
        return Err(
            "this server has no certificates to check others by; install `ca-certificates`, or set SSL_CERT_FILE"
                .to_owned(),
        );
    }
    trusting(roots)
}

/// Makes what encrypts connections to receivers that these roots vouch for.
fn trusting(roots: RootCertStore) -> Result<TlsConnector, String> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
