//! Company names for matching, and company sizes.

/// Legal forms and the words that go with them, in small letters, without dots.
const LEGAL_FORMS: [&str; 44] = [
    "ab",
    "ag",
    "as",
    "bv",
    "co",
    "company",
    "corp",
    "corporation",
    "doo",
    "ek",
    "eg",
    "ev",
    "gbr",
    "gesmbh",
    "gmbh",
    "inc",
    "incorporated",
    "kg",
    "kgaa",
    "kk",
    "limited",
    "llc",
    "llp",
    "lp",
    "ltd",
    "mbh",
    "nv",
    "ohg",
    "oy",
    "oyj",
    "plc",
    "pte",
    "pty",
    "sa",
    "sarl",
    "sas",
    "sasu",
    "se",
    "spa",
    "sro",
    "srl",
    "ug",
    "ultd",
    "haftungsbeschränkt",
];

/// The name under which two spellings of one company meet: small letters, single spaces, no
/// punctuation, no legal form at the end.
///
/// ```
/// use pointsman_intake::normalise::company_key;
/// assert_eq!(company_key("Müller & Söhne GmbH & Co. KG"), "müller söhne");
/// assert_eq!(company_key("ACME, Inc."), company_key("Acme"));
/// ```
pub fn company_key(name: &str) -> String {
    let plain = |c: char| match c {
        '.' | '\'' | '’' => None,
        c if c.is_alphanumeric() => Some(c),
        _ => Some(' '),
    };
    let cleaned: String = name.to_lowercase().chars().filter_map(plain).collect();
    let mut words: Vec<&str> = cleaned.split_whitespace().collect();
    // A name that is nothing but legal forms keeps its first word.
    while words.len() > 1 && words.last().is_some_and(|w| LEGAL_FORMS.contains(w)) {
        words.pop();
    }
    words.join(" ")
}

/// Upper bounds of the size classes and their names.
const SIZES: [(u64, &str); 7] = [
    (10, "1-10"),
    (50, "11-50"),
    (200, "51-200"),
    (500, "201-500"),
    (1000, "501-1000"),
    (5000, "1001-5000"),
    (u64::MAX, "5001+"),
];

/// The size class of a number of employees written as `2822`, `1,001`, `1.001`, `11-50`, `5001+`
/// or `> 500`. A range belongs to the class of its upper end, an open end (`500+`) to the class
/// just above it.
pub fn employees_bucket(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let open = text.ends_with('+') || text.starts_with('>');
    let core = text.trim_matches(['+', '>', '=', '~', ' ']);
    let upper = core.rsplit(['-', '\u{2013}']).next().unwrap_or(core).trim();
    let digits: String = upper.chars().filter(|c| !matches!(c, ',' | '.' | '\'' | ' ' | '\u{a0}')).collect();
    let count: u64 = digits.parse().ok()?;
    let count = if open { count.saturating_add(1) } else { count };
    SIZES.iter().find(|(bound, _)| (1..=*bound).contains(&count)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companies_meet_under_one_key() {
        let check = |name: &str, expected: &str| assert_eq!(company_key(name), expected);
        check("Bubba Gump", "bubba gump");
        check("S.A.R.L.", "sarl");
        check("Sonron S.A.", "sonron");
        check("Co-op  Bank plc", "co op bank");
        check("", "");
    }

    #[test]
    fn sizes_fall_into_classes() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(employees_bucket(text), expected, "{text}");
        check("2822", Some("1001-5000"));
        check("11-50", Some("11-50"));
        check("5,001+", Some("5001+"));
        check("500+", Some("501-1000"));
        check("0", None);
        check("many", None);
    }
}
