//! Numbers from bytes, faster than through `str` for the short ones that tables are full of.

/// The powers of ten that a `f64` holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// Reads a number, correctly rounded; empty is NaN, `true` and `false` are 1 and 0; `None` for
/// anything else, infinities included.
///
/// Up to 15 digits the number is an integer below 2⁵³ divided by an exact power of ten, so one
/// division rounds it correctly (Clinger, *How to read floating point numbers accurately*, 1990);
/// the rest goes to the standard library.
pub fn parse_number(field: &[u8]) -> Option<f64> {
    short(field).or_else(|| long(field))
}

fn short(field: &[u8]) -> Option<f64> {
    let (negative, digits) = match field {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let (mut mantissa, mut count, mut decimals, mut point) = (0u64, 0u32, 0usize, false);
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                mantissa = mantissa * 10 + u64::from(byte - b'0');
                count += 1;
                decimals += usize::from(point);
            }
            b'.' if !point => point = true,
            _ => return None,
        }
    }
    if count == 0 || count > 15 {
        return None;
    }
    let number = mantissa as f64 / POWERS[decimals];
    Some(if negative { -number } else { number })
}

fn long(field: &[u8]) -> Option<f64> {
    match std::str::from_utf8(field).ok()?.trim() {
        "" => Some(f64::NAN),
        "true" | "True" => Some(1.0),
        "false" | "False" => Some(0.0),
        text => text.parse::<f64>().ok().filter(|x| !x.is_infinite()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_number_is_refused() {
        for bad in ["a", "1,5", "--1", "1.2.3", ".", "-", "inf", "1 2"] {
            assert_eq!(parse_number(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(parse_number(b" 7 "), Some(7.0));
        assert_eq!(parse_number(b"True"), Some(1.0));
        assert!(parse_number(b"").is_some_and(f64::is_nan));
    }

    proptest! {
        #[test]
        fn the_same_number_as_the_standard_library(text in "-?[0-9]{1,18}(\\.[0-9]{0,18})?", x: f64) {
            prop_assert_eq!(parse_number(text.as_bytes()), text.parse::<f64>().ok());
            if x.is_finite() {
                prop_assert_eq!(parse_number(x.to_string().as_bytes()), Some(x));
            }
        }
    }
}
