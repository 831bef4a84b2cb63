//! One spelling for one thing. Every function here is total (any text in, no panic) and
//! idempotent: normalising twice changes nothing more.

mod company;
mod country;
mod phone;

pub use company::{company_key, employees_bucket};
pub use country::country;
pub use phone::phone;

/// Mail providers whose domain says nothing of a company.
const FREE_MAIL: [&str; 102] = [
    "126.com",
    "163.com",
    "abv.bg",
    "aol.com",
    "aon.at",
    "arcor.de",
    "att.net",
    "bellsouth.net",
    "bigpond.com",
    "bluewin.ch",
    "bol.com.br",
    "btinternet.com",
    "centrum.cz",
    "charter.net",
    "chello.at",
    "comcast.net",
    "cox.net",
    "daum.net",
    "earthlink.net",
    "email.cz",
    "email.de",
    "fastmail.com",
    "foxmail.com",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hanmail.net",
    "hey.com",
    "hispeed.ch",
    "home.nl",
    "hotmail.com",
    "hotmail.de",
    "hushmail.com",
    "icloud.com",
    "interia.pl",
    "kabelmail.de",
    "kpnmail.nl",
    "laposte.net",
    "libero.it",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ru",
    "mailbox.org",
    "me.com",
    "msn.com",
    "naver.com",
    "ntlworld.com",
    "o2.pl",
    "onet.pl",
    "online.de",
    "optonline.net",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "planet.nl",
    "pm.me",
    "posteo.de",
    "posteo.net",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "rambler.ru",
    "rediffmail.com",
    "rocketmail.com",
    "sbcglobal.net",
    "seznam.cz",
    "sfr.fr",
    "sina.com",
    "sky.com",
    "skynet.be",
    "sunrise.ch",
    "swissonline.ch",
    "t-online.de",
    "talktalk.net",
    "telefonica.net",
    "telenet.be",
    "terra.com.br",
    "tiscali.it",
    "tuta.io",
    "tutanota.com",
    "unitybox.de",
    "uol.com.br",
    "verizon.net",
    "virgilio.it",
    "vodafone.de",
    "vodafonemail.de",
    "wanadoo.fr",
    "web.de",
    "wp.pl",
    "yahoo.com",
    "yandex.com",
    "yandex.ru",
    "ymail.com",
    "ziggo.nl",
    "zoho.com",
];

/// An e-mail address in small letters, without `mailto:` and angle brackets; `None` when it is none.
///
/// ```
/// use pointsman_intake::normalise::email;
/// assert_eq!(email(" <Mara.Weiss@Example.COM> ").as_deref(), Some("mara.weiss@example.com"));
/// assert_eq!(email("mara at example"), None);
/// ```
pub fn email(text: &str) -> Option<String> {
    let lower = text.trim().to_lowercase();
    let plain = lower.trim_start_matches('<').trim_end_matches('>').trim();
    let plain = plain.strip_prefix("mailto:").unwrap_or(plain);
    let (name, host) = plain.rsplit_once('@')?;
    let host = host.trim_end_matches('.');
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '@' | '<' | '>' | ',' | ';' | ':');
    let good_name = !name.is_empty() && name.len() <= 64 && !name.contains(odd);
    let label =
        |l: &str| !l.is_empty() && l.len() <= 63 && !l.starts_with('-') && !l.ends_with('-') && !l.contains(odd);
    let good_host = host.len() <= 253 && host.contains('.') && host.split('.').all(label);
    (good_name && good_host).then(|| format!("{name}@{host}"))
}

/// The domain of a normalised address, unless it belongs to a free mail provider.
pub fn company_domain(email: &str) -> Option<&str> {
    let (_, domain) = email.rsplit_once('@')?;
    (!is_free_mail(domain)).then_some(domain)
}

/// Providers that have a domain in every country: `yahoo.co.uk`, `gmx.es`.
const FAMILIES: [&str; 10] =
    ["aol", "gmail", "gmx", "googlemail", "hotmail", "icloud", "live", "msn", "outlook", "yahoo"];

/// Whether a domain is that of a mail provider that everybody may use.
///
/// ```
/// use pointsman_intake::normalise::is_free_mail;
/// assert!(is_free_mail("gmail.com") && is_free_mail("yahoo.co.uk") && is_free_mail("hotmail.fr"));
/// assert!(!is_free_mail("outlook.acme.com") && !is_free_mail("acme.com"));
/// ```
pub fn is_free_mail(domain: &str) -> bool {
    let of_family = || {
        let (family, rest) = domain.split_once('.')?;
        let country = rest.strip_prefix("co.").or_else(|| rest.strip_prefix("com.")).unwrap_or(rest);
        Some(FAMILIES.contains(&family) && (country == "com" || country == "net" || country.len() == 2))
    };
    FREE_MAIL.binary_search(&domain).is_ok() || of_family() == Some(true)
}

/// Capital letters, single spaces, no country prefix (`D-10115` becomes `10115`).
pub fn postcode(text: &str) -> String {
    let upper = text.to_uppercase();
    let words: Vec<&str> = upper.split_whitespace().collect();
    let joined = words.join(" ");
    let mut rest: &str = &joined;
    // Only letters before a dash with a digit behind it are a country prefix.
    while let Some((prefix, tail)) = rest.split_once('-') {
        let tail = tail.trim_start();
        let is_prefix = matches!(prefix.trim(), "A" | "B" | "CH" | "D" | "DE" | "F" | "FR" | "I" | "L" | "NL");
        if !is_prefix || !tail.starts_with(|c: char| c.is_ascii_digit()) {
            break;
        }
        rest = tail;
    }
    rest.to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_read_or_refused() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(email(text).as_deref(), expected, "{text}");
        check("MAILTO:x@y.de", Some("x@y.de"));
        check("x@sub.y.de.", Some("x@sub.y.de"));
        check("x@y", None);
        check("@y.de", None);
        check("a b@y.de", None);
        check("x@-y.de", None);
        assert_eq!(company_domain("x@acme.com"), Some("acme.com"));
        assert_eq!(company_domain("x@gmail.com"), None);
        assert!(FREE_MAIL.is_sorted(), "the binary search needs order");
    }

    #[test]
    fn postcodes_are_trimmed() {
        assert_eq!(postcode(" d-10115 "), "10115");
        assert_eq!(postcode("sw1a  1aa"), "SW1A 1AA");
        assert_eq!(postcode("12-345"), "12-345");
    }

    proptest! {
        #[test]
        fn twice_is_once(text in "\\PC{0,40}|[-+0-9() ./]{0,24}|[a-zA-Z@.<>-]{0,24}|[A-Za-z .&]{0,20}(GmbH|AG|Inc\\.|Co\\. KG| Ltd){0,3}") {
            if let Some(once) = email(&text) {
                prop_assert_eq!(email(&once), Some(once.clone()));
            }
            if let Some(once) = phone(&text, "DE") {
                prop_assert_eq!(phone(&once, "DE"), Some(once.clone()));
                prop_assert_eq!(phone(&once, "US"), Some(once));
            }
            let once = postcode(&text);
            prop_assert_eq!(postcode(&once), once);
            let once = company_key(&text);
            prop_assert_eq!(company_key(&once), once);
            if let Some(once) = country(&text) {
                prop_assert_eq!(country(once), Some(once));
            }
            if let Some(once) = employees_bucket(&text) {
                prop_assert_eq!(employees_bucket(once), Some(once));
            }
        }
    }
}
