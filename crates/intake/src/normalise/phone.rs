//! Phone numbers to E.164 by simple rules: enough to find duplicates, not a numbering plan. (The
//! `phonenumber` crate has the plans of all countries, and costs three megabytes of tables and a
//! parser of them at every build; what it would add here is refusing numbers that nobody has.)

/// ISO country → (calling code, trunk prefix that is dropped after it).
const CODES: [(&str, &str, &str); 68] = [
    ("AE", "971", "0"),
    ("AR", "54", "0"),
    ("AT", "43", "0"),
    ("AU", "61", "0"),
    ("BE", "32", "0"),
    ("BG", "359", "0"),
    ("BR", "55", "0"),
    ("CA", "1", "1"),
    ("CH", "41", "0"),
    ("CL", "56", ""),
    ("CN", "86", "0"),
    ("CO", "57", ""),
    ("CY", "357", ""),
    ("CZ", "420", ""),
    ("DE", "49", "0"),
    ("DK", "45", ""),
    ("EE", "372", ""),
    ("EG", "20", "0"),
    ("ES", "34", ""),
    ("FI", "358", "0"),
    ("FR", "33", "0"),
    ("GB", "44", "0"),
    ("GR", "30", ""),
    ("HK", "852", ""),
    ("HR", "385", "0"),
    ("HU", "36", "06"),
    ("ID", "62", "0"),
    ("IE", "353", "0"),
    ("IL", "972", "0"),
    ("IN", "91", "0"),
    ("IS", "354", ""),
    ("IT", "39", ""),
    ("JO", "962", "0"),
    ("JP", "81", "0"),
    ("KE", "254", "0"),
    ("KR", "82", "0"),
    ("LI", "423", ""),
    ("LT", "370", "0"),
    ("LU", "352", ""),
    ("LV", "371", ""),
    ("MA", "212", "0"),
    ("MT", "356", ""),
    ("MX", "52", ""),
    ("MY", "60", "0"),
    ("NG", "234", "0"),
    ("NL", "31", "0"),
    ("NO", "47", ""),
    ("NZ", "64", "0"),
    ("PA", "507", ""),
    ("PE", "51", "0"),
    ("PH", "63", "0"),
    ("PL", "48", ""),
    ("PT", "351", ""),
    ("RO", "40", "0"),
    ("RS", "381", "0"),
    ("RU", "7", "8"),
    ("SA", "966", "0"),
    ("SE", "46", "0"),
    ("SG", "65", ""),
    ("SI", "386", "0"),
    ("SK", "421", "0"),
    ("TH", "66", "0"),
    ("TR", "90", "0"),
    ("TW", "886", "0"),
    ("UA", "380", "0"),
    ("US", "1", "1"),
    ("VN", "84", "0"),
    ("ZA", "27", "0"),
];

/// `+` and 8 to 15 digits, or `None`. A number without a country code gets that of `country`
/// (ISO 3166-1 alpha-2); an unknown country leaves only numbers written with `+` or `00`.
///
/// ```
/// use pointsman_intake::normalise::phone;
/// assert_eq!(phone("+49 (0)171 / 234-5678", "US").as_deref(), Some("+491712345678"));
/// assert_eq!(phone("0171 2345678", "DE").as_deref(), Some("+491712345678"));
/// assert_eq!(phone("(415) 555-0132", "US").as_deref(), Some("+14155550132"));
/// assert_eq!(phone("ask Anna", "DE"), None);
/// ```
pub fn phone(text: &str, country: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix("tel:").unwrap_or(text);
    // "+49 (0)171": the zero is what one dials at home.
    let text = text.replace("(0)", "");
    let separators = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '-' | '/' | '.' | '+' | '\u{2013}');
    if text.chars().any(|c| !c.is_ascii_digit() && !separators(c)) {
        return None;
    }
    let international = text.trim_start().starts_with('+');
    if text.matches('+').count() > usize::from(international) {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let number = match digits.strip_prefix("00") {
        Some(rest) if !international => without_trunk(rest.to_owned()),
        _ if international => without_trunk(digits),
        _ => national(&digits, country)?,
    };
    let fits = (8..=15).contains(&number.len()) && !number.starts_with('0');
    fits.then(|| format!("+{number}"))
}

/// `+49 0171` means `+49 171`: behind a calling code whose trunk prefix is a zero nobody has one.
fn without_trunk(mut digits: String) -> String {
    let code = CODES.iter().filter(|(_, _, trunk)| *trunk == "0").map(|(_, code, _)| *code);
    if let Some(code) = code.filter(|code| digits.starts_with(code)).max_by_key(|code| code.len()) {
        while digits[code.len()..].starts_with('0') {
            digits.remove(code.len());
        }
    }
    digits
}

fn national(digits: &str, country: &str) -> Option<String> {
    let (_, code, trunk) = CODES.iter().find(|(iso, ..)| *iso == country)?;
    let subscriber = digits.strip_prefix(trunk).unwrap_or(digits);
    Some(format!("{code}{subscriber}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_that_is_known_has_its_calling_code() {
        let without: Vec<&str> =
            super::super::country::codes().filter(|iso| !CODES.iter().any(|(c, ..)| c == iso)).collect();
        assert_eq!(without, [""; 0]);
        assert!(CODES.is_sorted(), "one line a country, in order");
    }

    #[test]
    fn numbers_are_completed_or_refused() {
        let check = |text: &str, country: &str, expected: Option<&str>| {
            assert_eq!(phone(text, country).as_deref(), expected, "{text} in {country}");
        };
        check("0041 44 668 18 00", "DE", Some("+41446681800"));
        check("+41 44 668 18 00", "DE", Some("+41446681800"));
        check("tel:+49-30-1234567", "DE", Some("+49301234567"));
        check("1-415-555-0132", "US", Some("+14155550132"));
        check("+49 0171 2345678", "DE", Some("+491712345678"));
        check("0049 0171 2345678", "US", Some("+491712345678"));
        check("+39 06 1234 5678", "DE", Some("+390612345678"));
        check("8 912 345 67 89", "RU", Some("+79123456789"));
        check("+0 123 45678", "DE", None);
        check("12345", "DE", None);
        check("0171 2345678", "XX", None);
        check("0171+2345678", "DE", None);
        check("+49 171 234567890123", "DE", None);
    }
}
