//! Where messages go: one address, checked once.

use std::fmt;

use hyper::Uri;

/// An `https` address; `http` only to this machine. No name and password in it: those are
/// secrets, and an address is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    uri: Uri,
    host: Box<str>,
}

/// Why a text is no target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    #[error("is no address like https://host/path")]
    NoAddress,
    #[error("sends what it is told in the clear: use https, or http to this machine only")]
    Plain,
    #[error("holds a name or password: put a secret into the environment or a file")]
    Credentials,
}

impl Target {
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let (target, here) = Self::read(text)?;
        if target.is_secure() || here { Ok(target) } else { Err(TargetError::Plain) }
    }

    /// The same, and `http` to any machine: for what is told in the clear within a house.
    pub fn parse_plain(text: &str) -> Result<Self, TargetError> {
        Self::read(text).map(|(target, _)| target)
    }

    /// The target, and whether it is this machine.
    fn read(text: &str) -> Result<(Self, bool), TargetError> {
        let uri: Uri = text.trim().parse().map_err(|_| TargetError::NoAddress)?;
        let authority = uri.authority().ok_or(TargetError::NoAddress)?;
        if authority.as_str().contains('@') {
            return Err(TargetError::Credentials);
        }
        let host: Box<str> = authority.host().trim_start_matches('[').trim_end_matches(']').into();
        let here = &*host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let spoken = matches!(uri.scheme_str(), Some("https" | "http"));
        if host.is_empty() || !spoken { Err(TargetError::NoAddress) } else { Ok((Self { uri, host }, here)) }
    }

    pub fn is_secure(&self) -> bool {
        self.uri.scheme_str() == Some("https")
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.uri.port_u16().unwrap_or(if self.is_secure() { 443 } else { 80 })
    }

    /// Host and port as the header has them.
    pub fn authority(&self) -> &str {
        self.uri.authority().map_or("", |authority| authority.as_str())
    }

    /// Path and query; a query may hold a token.
    pub fn path(&self) -> &str {
        self.uri.path_and_query().map_or("/", |path| path.as_str())
    }
}

impl fmt::Display for Target {
    /// Without what follows the path: a query may hold a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.uri.scheme_str().unwrap_or_default(), self.authority(), self.uri.path())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_https_or_this_machine() {
        let good = |text: &str, host: &str, port: u16| {
            let target = Target::parse(text).expect(text);
            assert_eq!((target.host(), target.port()), (host, port), "{text}");
        };
        good("https://crm.example/hooks?token=x", "crm.example", 443);
        good("http://127.0.0.1:8080/in", "127.0.0.1", 8080);
        good("http://[::1]:81", "::1", 81);
        good("http://localhost/", "localhost", 80);
        let bad = |text: &str, why: TargetError| assert_eq!(Target::parse(text), Err(why), "{text}");
        bad("http://crm.example/", TargetError::Plain);
        bad("https://a:b@crm.example/", TargetError::Credentials);
        bad("crm.example", TargetError::NoAddress);
        bad("ftp://crm.example/", TargetError::NoAddress);
        bad("/path", TargetError::NoAddress);
        bad("", TargetError::NoAddress);
        let plain = |text: &str| Target::parse_plain(text).map(|target| target.port());
        assert_eq!(plain("http://collector:4318/v1/traces"), Ok(4318));
        assert_eq!(plain("http://a:b@collector/"), Err(TargetError::Credentials));
        assert_eq!(plain("grpc://collector:4317"), Err(TargetError::NoAddress));
        assert_eq!(Target::parse("https://a.example/x?token=y").expect("good").to_string(), "https://a.example/x");
    }
}
