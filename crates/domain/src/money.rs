//! Money: whole minor units of the workspace's one currency.

use std::{fmt, ops, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An amount in minor units (cents). Inside the optimiser amounts are `f64`; nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(pub i64);

impl Money {
    pub const ZERO: Self = Self(0);

    pub fn minor_units(self) -> i64 {
        self.0
    }
}

impl ops::Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, |a, b| a + b)
    }
}

/// An ISO 4217 code, and with it how many digits its minor unit has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    pub const EUR: Self = Self(*b"EUR");

    /// Digits after the decimal mark: 0 (yen), 3 (dinars) or 2.
    pub fn digits(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("the constructor takes A to Z only")
    }

    /// Reads `1234.5` as minor units; at most as many decimals as the currency has.
    ///
    /// ```
    /// # use pointsman_domain::{Currency, Money};
    /// assert_eq!(Currency::EUR.parse_amount("1100.04"), Some(Money(110_004)));
    /// assert_eq!(Currency::EUR.parse_amount("1e3"), None);
    /// ```
    pub fn parse_amount(self, text: &str) -> Option<Money> {
        let (negative, plain) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
        let digits = self.digits() as usize;
        let numeric = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        let extra = fraction.get(digits.min(fraction.len())..)?;
        if whole.is_empty() || !numeric(whole) || !numeric(fraction) || extra.bytes().any(|b| b != b'0') {
            return None;
        }
        let kept = &fraction[..fraction.len() - extra.len()];
        let unit = 10i64.pow(self.digits());
        let part: i64 = if kept.is_empty() { 0 } else { kept.parse().ok()? };
        let part = part * 10i64.pow((digits - kept.len()) as u32);
        let minor = whole.parse::<i64>().ok()?.checked_mul(unit)?.checked_add(part)?;
        Some(Money(if negative { -minor } else { minor }))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no ISO 4217 code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a currency: expected three capital letters, for example EUR")]
pub struct CurrencyError(String);

impl FromStr for Currency {
    type Err = CurrencyError;
    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(CurrencyError(text.chars().take(20).collect())),
        }
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly() {
        let yen: Currency = "JPY".parse().expect("a code");
        let check = |currency: Currency, text: &str, expected: Option<i64>| {
            assert_eq!(currency.parse_amount(text).map(Money::minor_units), expected, "{text}");
        };
        check(Currency::EUR, "0.1", Some(10));
        check(Currency::EUR, "-12.34", Some(-1234));
        check(Currency::EUR, "12.3400", Some(1234));
        check(Currency::EUR, "12.345", None);
        check(Currency::EUR, "92233720368547758.08", None);
        check(Currency::EUR, "", None);
        check(Currency::EUR, "1,5", None);
        check(yen, "500", Some(500));
        check(yen, "500.5", None);
        assert!("eur".parse::<Currency>().is_err());
    }
}
