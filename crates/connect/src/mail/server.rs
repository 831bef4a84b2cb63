//! Which mail server, and how the way to it is kept secret.

use std::fmt;

use hyper::Uri;

/// `smtps://host:465` speaks TLS from the first byte; `smtp://host:587` begins in the clear and
/// must go on over TLS (STARTTLS) before anything is told, unless the server is on this machine.
#[derive(Clone, PartialEq, Eq)]
pub struct MailServer {
    pub(super) host: Box<str>,
    pub(super) port: u16,
    pub(super) security: Security,
}

/// When TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    AtOnce,
    /// After STARTTLS; a server that will not is not spoken to.
    Asked,
    /// Never: the server is on this machine.
    Here,
}

/// Why a text is no mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailServerError {
    #[error("is no address like smtps://host:465 or smtp://host:587")]
    NoAddress,
    #[error(
        "holds a name or password: 'user' is a setting of its own, the password goes into the environment or a file"
    )]
    Credentials,
}

impl MailServer {
    pub fn parse(text: &str) -> Result<Self, MailServerError> {
        let uri: Uri = text.trim().parse().map_err(|_| MailServerError::NoAddress)?;
        let authority = uri.authority().ok_or(MailServerError::NoAddress)?;
        if authority.as_str().contains('@') {
            return Err(MailServerError::Credentials);
        }
        let host: Box<str> = authority.host().trim_start_matches('[').trim_end_matches(']').into();
        let here = &*host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let (security, usual) = match uri.scheme_str() {
            Some("smtps") => (Security::AtOnce, 465),
            Some("smtp") if here => (Security::Here, 587),
            Some("smtp") => (Security::Asked, 587),
            _ => return Err(MailServerError::NoAddress),
        };
        let bare = uri.path_and_query().is_none_or(|path| matches!(path.as_str(), "" | "/"));
        let port = match authority.as_str().strip_prefix(authority.host()) {
            Some("") => Some(usual),
            rest => rest.and_then(|rest| rest.strip_prefix(':')?.parse().ok()),
        };
        match port {
            Some(port) if bare && !host.is_empty() => Ok(Self { host, port, security }),
            _ => Err(MailServerError::NoAddress),
        }
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether what is told goes over TLS.
    pub fn is_secure(&self) -> bool {
        self.security != Security::Here
    }
}

impl fmt::Display for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.security == Security::AtOnce { "smtps" } else { "smtp" };
        match self.host.contains(':') {
            true => write!(f, "{scheme}://[{}]:{}", self.host, self.port),
            false => write!(f, "{scheme}://{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailServer({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_spoken_to_in_the_clear() {
        let good = |text: &str, shown: &str, security: Security| {
            let server = MailServer::parse(text).expect(text);
            assert_eq!((server.to_string().as_str(), server.security), (shown, security), "{text}");
        };
        good("smtps://mail.example", "smtps://mail.example:465", Security::AtOnce);
        good("smtps://127.0.0.1:4650", "smtps://127.0.0.1:4650", Security::AtOnce);
        good(" smtp://mail.example:2587/ ", "smtp://mail.example:2587", Security::Asked);
        good("smtp://localhost.example", "smtp://localhost.example:587", Security::Asked);
        good("smtp://10.0.0.1", "smtp://10.0.0.1:587", Security::Asked);
        good("smtp://localhost:25", "smtp://localhost:25", Security::Here);
        good("smtp://[::1]:25", "smtp://[::1]:25", Security::Here);
        let bad = |text: &str, why: MailServerError| assert_eq!(MailServer::parse(text), Err(why), "{text}");
        bad("smtp://a:b@mail.example", MailServerError::Credentials);
        for text in
            ["mail.example:465", "https://mail.example", "smtp:///", "smtp://mail.example/x", "smtp://h:99999", ""]
        {
            bad(text, MailServerError::NoAddress);
        }
    }
}
