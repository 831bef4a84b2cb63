//! Lengths of time as policies write them: `30m`, `2h`, `1d`, `1h 30m`.

use pointsman_domain::Micros;

/// Why a text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a length of time: write for example 45s, 30m, 2h, 1d or 1h 30m")]
pub struct LengthError(pub String);

/// Reads a positive length of at most ten years.
///
/// ```
/// # use pointsman_domain::Micros;
/// # use pointsman_rules::length::parse;
/// assert_eq!(parse("1h 30m"), Ok(Micros::MINUTE.times(90)));
/// assert!(parse("90").is_err());
/// ```
pub fn parse(text: &str) -> Result<Micros, LengthError> {
    let refuse = || LengthError(text.chars().take(40).collect());
    let mut total = 0i64;
    for part in text.split_whitespace() {
        let (digits, unit) = part.split_at(part.len() - part.chars().last().map_or(0, char::len_utf8));
        let unit = match unit {
            "s" => Micros::SECOND,
            "m" => Micros::MINUTE,
            "h" => Micros::HOUR,
            "d" => Micros::DAY,
            "w" => Micros::DAY.times(7),
            _ => return Err(refuse()),
        };
        let count: u32 = digits.parse().map_err(|_| refuse())?;
        total = unit.0.checked_mul(i64::from(count)).and_then(|n| total.checked_add(n)).ok_or_else(refuse)?;
    }
    match total {
        1.. if total <= Micros::DAY.0 * 3653 => Ok(Micros(total)),
        _ => Err(refuse()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_needed_and_nonsense_is_refused() {
        assert_eq!(parse("45s"), Ok(Micros::SECOND.times(45)));
        assert_eq!(parse("1d 2h"), Ok(Micros::HOUR.times(26)));
        for bad in ["", "0m", "-5m", "5", "5 m", "m", "1y", "5é", "99999999999h", "9999w"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
