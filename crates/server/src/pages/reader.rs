//! Who reads a page: in which language, and at which address.
//!
//! The language is the one that the address names (`lang=de`, which a cookie then keeps), else the
//! one of the cookie, else the one that the browser prefers, else the workspace's.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, Uri, header, request::Parts},
    response::Response,
};
use pointsman_report::{Cx, Locale};
use serde::de::DeserializeOwned;

use crate::{address::Wrong, around::cookie_of, error::Problem, state::State};

/// Keeps the language that a reader chose. It says nothing else, so scripts and other sites may see it.
const COOKIE: &str = "pointsman_lang";
const A_YEAR_SECONDS: u32 = 365 * 86_400;
const LANG: &str = "lang";

/// Whoever reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    pub cx: Cx,
    /// The address named the language.
    chosen: bool,
    /// Path and query without the language.
    here: String,
}

impl Reader {
    /// Of a request that a page is to answer; `usual` is the workspace's language.
    pub fn of(uri: &Uri, headers: &HeaderMap, usual: Locale) -> Result<Self, Problem> {
        let (query, lang) = split(uri.query().unwrap_or_default());
        let named = lang.map(|lang| {
            let shown: String = lang.chars().take(20).collect();
            Locale::parse(lang).ok_or(Problem::Address(Wrong::Language { given: shown }))
        });
        let named = named.transpose()?;
        let kept = || cookie_of(headers, COOKIE).and_then(|kept| Locale::parse(&kept));
        let locale = named.or_else(kept).or_else(|| preferred(headers)).unwrap_or(usual);
        let here = if query.is_empty() { uri.path().to_owned() } else { format!("{}?{query}", uri.path()) };
        Ok(Self { cx: Cx { locale }, chosen: named.is_some(), here })
    }

    /// The same where the page says that something is wrong with the request.
    pub fn lenient(uri: &Uri, headers: &HeaderMap, usual: Locale) -> Self {
        let path: Uri = uri.path().parse().unwrap_or_default();
        let bare = || Self { cx: Cx { locale: usual }, chosen: false, here: "/".into() };
        Self::of(uri, headers, usual).or_else(|_| Self::of(&path, headers, usual)).unwrap_or_else(|_| bare())
    }

    /// This very page in the other language.
    pub fn other(&self) -> String {
        let and = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{and}{LANG}={}", self.here, self.cx.locale.other().tag())
    }

    /// Keeps what was chosen, for the pages that follow.
    pub fn keep(&self, mut response: Response, https: bool) -> Response {
        if self.chosen {
            let (tag, secure) = (self.cx.locale.tag(), if https { "; Secure" } else { "" });
            let cookie = format!("{COOKIE}={tag}; Path=/; Max-Age={A_YEAR_SECONDS}; SameSite=Lax{secure}");
            if let Ok(value) = HeaderValue::from_str(&cookie) {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
        }
        response
    }
}

impl FromRequestParts<Arc<State>> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Problem> {
        Self::of(&parts.uri, &parts.headers, state.config.language)
    }
}

/// What the address asks of a page, besides the language.
#[derive(Debug)]
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Arc<State>> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<State>) -> Result<Self, Problem> {
        let (query, _) = split(parts.uri.query().unwrap_or_default());
        serde_urlencoded::from_str(&query).map(Self).map_err(|error| Problem::Parameter(error.to_string()))
    }
}

/// A query without its language, and that.
fn split(query: &str) -> (String, Option<&str>) {
    let is_lang = |pair: &&str| pair.split_once('=').is_some_and(|(name, _)| name == LANG);
    let rest: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !is_lang(pair)).collect();
    let lang = query.split('&').rfind(|pair| is_lang(pair)).and_then(|pair| pair.split_once('='));
    (rest.join("&"), lang.map(|(_, lang)| lang))
}

/// The language that a browser likes best of those there are (RFC 9110, 12.5.4); the first of equals.
fn preferred(headers: &HeaderMap) -> Option<Locale> {
    let text = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(f64, Locale)> = None;
    for range in text.split(',') {
        let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
        let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let weight = weight.trim().strip_prefix("q=").and_then(|q| q.parse::<f64>().ok()).unwrap_or(0.0);
        let Some(locale) = Locale::parse(&primary).filter(|_| weight > 0.0) else { continue };
        if best.is_none_or(|(least, _)| weight > least) {
            best = Some((weight, locale));
        }
    }
    best.map(|(_, locale)| locale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(uri: &str, headers: &[(&str, &str)]) -> Result<Reader, Problem> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: header::HeaderName = name.parse().unwrap();
            map.append(name, value.parse().unwrap());
        }
        Reader::of(&uri.parse().unwrap(), &map, Locale::En)
    }

    #[test]
    fn the_address_goes_before_the_cookie_and_that_before_the_browser() {
        let check = |uri: &str, headers: &[(&str, &str)], expected: Locale| {
            assert_eq!(read(uri, headers).unwrap().cx.locale, expected, "{uri} {headers:?}");
        };
        let german = ("accept-language", "de-AT,de;q=0.9,en;q=0.5");
        check("/", &[], Locale::En);
        check("/", &[german], Locale::De);
        check("/", &[("accept-language", "fr, en-GB;q=0.7, DE;q=0.8")], Locale::De);
        check("/", &[("accept-language", "fr")], Locale::En);
        check("/", &[("accept-language", "de;q=0, *")], Locale::En);
        check("/", &[german, ("cookie", "a=b; pointsman_lang=en")], Locale::En);
        check("/", &[german, ("cookie", "pointsman_lang=fr")], Locale::De);
        check("/leads?state=held&lang=de", &[("cookie", "pointsman_lang=en")], Locale::De);
        assert!(matches!(read("/?lang=fr", &[]), Err(Problem::Address(_))));
    }

    #[test]
    fn the_other_language_is_the_same_page() {
        let other = |uri: &str| read(uri, &[]).unwrap().other();
        assert_eq!(other("/team"), "/team?lang=de");
        assert_eq!(other("/leads?state=held&lang=de&limit=5"), "/leads?state=held&limit=5&lang=en");
    }
}
