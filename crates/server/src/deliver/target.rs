//! Reads where a webhook goes.

use hyper::Uri;
use hyper::http::uri::Scheme;

/// Where a webhook goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Whether it is encrypted.
    pub(super) is_secure: bool,
    /// The host: a name or an address, without brackets.
    pub(super) host: String,
    /// The port.
    pub(super) port: u16,
    /// The host and port as they are written.
    pub(super) authority: String,
    /// The path and query.
    pub(super) path: String,
}

impl Target {
    /// Reads a URL, and says what is wrong with one that is none.
    pub(super) fn of(url: &str) -> Result<Self, String> {
        const EXAMPLE: &str = "write one such as `https://example.com/webhooks`";
        if url.contains('#') {
            return Err("a webhook's URL has no part after a `#`".to_owned());
        }
        let uri: Uri = url
            .parse()
            .map_err(|error| format!("it is no URL ({error}); {EXAMPLE}"))?;
        let is_secure = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => {
                return Err(format!(
                    "it begins with neither `https://` nor `http://`; {EXAMPLE}"
                ));
            }
        };
        let authority = uri.authority().map_or("", |it| it.as_str());
        if authority.contains('@') {
            return Err("a webhook's URL names no user; verify the signature instead".to_owned());
        }
        let named = uri.host().unwrap_or_default();
        let host = named
            .strip_prefix('[')
            .and_then(|it| it.strip_suffix(']'))
            .unwrap_or(named);
        if host.is_empty() || host.len() > 253 {
            return Err(format!("it names no host; {EXAMPLE}"));
        }
        let default = if is_secure { 443 } else { 80 };
        // What stands after the host is nothing, or a colon and a port.
        let port = match authority.strip_prefix(named) {
            Some("") => default,
            Some(rest) => rest
                .strip_prefix(':')
                .and_then(|port| port.parse().ok())
                .ok_or_else(|| format!("its port is none; {EXAMPLE}"))?,
            None => return Err(format!("its port is none; {EXAMPLE}")),
        };
        if port == 0 {
            return Err("there is no port 0".to_owned());
        }
        Ok(Self {
            is_secure,
            host: host.to_owned(),
            port,
            authority: authority.to_owned(),
            path: uri
                .path_and_query()
                .map_or("/", |it| it.as_str())
                .to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let of = |url| {
            let target = Target::of(url).unwrap();
            (target.is_secure, target.host, target.port, target.path)
        };
        let target =
            |secure, host: &str, port, path: &str| (secure, host.to_owned(), port, path.to_owned());
        assert_eq!(
            of("https://example.com"),
            target(true, "example.com", 443, "/")
        );
        assert_eq!(
            of("http://example.com:81/a?b=c"),
            target(false, "example.com", 81, "/a?b=c")
        );
        assert_eq!(of("http://[::1]/x"), target(false, "::1", 80, "/x"));
        assert_eq!(
            of("HTTPS://EXAMPLE.com:8443"),
            target(true, "EXAMPLE.com", 8443, "/")
        );
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for wrong in [
            "",
            "example.com",
            "/hook",
            "ftp://example.com",
            "http://",
            "https://ana@example.com/",
            "https://ana:secret@example.com/",
            "https://example.com/#part",
            "https://exa mple.com/",
            "https://example.com:0/",
            "https://example.com:65536/",
            "https://example.com:x/",
            "https://example.com:/",
            "https://\u{e9}xample.com/",
        ] {
            assert!(Target::of(wrong).is_err(), "{wrong}");
        }
    }
}
