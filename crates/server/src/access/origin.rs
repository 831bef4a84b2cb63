//! Requests that another site's page makes a browser send. A browser says where a request comes
//! from (`Sec-Fetch-Site`, `Origin`) and a page cannot change that; so whatever changes something
//! on the strength of a cookie, or of being on this machine, must come from our own pages. Needs
//! no token in any form.

use axum::http::{HeaderMap, Method, header};

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// Sent by a page of another site.
    Site,
    /// Names a host that is not this machine: a name that another site pointed here.
    Host,
}

/// Whether a request with a session's cookie may change something.
pub fn of_session(method: &Method, headers: &HeaderMap) -> Result<(), Foreign> {
    if method.is_safe() || from_here(headers) { Ok(()) } else { Err(Foreign::Site) }
}

/// Whether a request without any proof, from this machine, is what it seems: not sent by a page
/// of another site, and not to a name that somebody else made point at this machine.
pub fn of_loopback(method: &Method, headers: &HeaderMap) -> Result<(), Foreign> {
    if let Some(host) = text(headers, header::HOST.as_str())
        && !is_this_machine(host)
    {
        return Err(Foreign::Host);
    }
    of_browser(method, headers)
}

/// Whether a request that needs no proof may change something: a browser says that one of our own
/// pages sent it, or it is no browser.
pub fn of_browser(method: &Method, headers: &HeaderMap) -> Result<(), Foreign> {
    let browser = headers.contains_key("sec-fetch-site") || headers.contains_key(header::ORIGIN);
    if method.is_safe() || !browser || from_here(headers) { Ok(()) } else { Err(Foreign::Site) }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn from_here(headers: &HeaderMap) -> bool {
    if let Some(site) = text(headers, "sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let origin = text(headers, "origin").and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    match (origin, text(headers, "host")) {
        (Some(origin), Some(host)) => origin.eq_ignore_ascii_case(host),
        _ => false,
    }
}

fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_our_own_pages_change_something() {
        let check = |pairs: &[(&'static str, &'static str)], session: bool, loopback: bool| {
            let headers = headers(pairs);
            assert_eq!(of_session(&Method::POST, &headers).is_ok(), session, "{pairs:?} with a session");
            assert_eq!(of_loopback(&Method::POST, &headers).is_ok(), loopback, "{pairs:?} on this machine");
        };
        let here = ("host", "localhost:7171");
        check(&[here], false, true);
        check(&[here, ("sec-fetch-site", "same-origin")], true, true);
        check(&[here, ("sec-fetch-site", "cross-site"), ("origin", "http://localhost:7171")], false, false);
        check(&[here, ("sec-fetch-site", "same-site")], false, false);
        check(&[here, ("origin", "http://localhost:7171")], true, true);
        check(&[here, ("origin", "http://evil.example")], false, false);
        check(&[here, ("origin", "null")], false, false);
        check(&[("host", "evil.example"), ("origin", "http://evil.example")], true, false);
        for host in ["127.0.0.1:80", "[::1]:7171", "[::1]", "LOCALHOST", "127.9.9.9"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["localhost.evil.example", "127.0.0.1.evil.example:80", "10.0.0.1", "", "[::2]"] {
            assert!(!is_this_machine(host), "{host}");
        }
        assert!(of_session(&Method::GET, &HeaderMap::new()).is_ok());
    }
}
