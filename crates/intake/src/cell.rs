//! One text to one typed value: where it stands, what is done to it, how it is read.

use std::collections::BTreeMap;

use pointsman_domain::{Attribute, AttributeType, Currency, Instant, Micros, Money, Value};

use crate::{join::JoinedRow, normalise};

/// Where a cell's text stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A needed column of the row itself ([`crate::Input::columns`]).
    Own(usize),
    /// A column of a joined row.
    Joined { join: usize, column: usize },
    /// The same for every row.
    Constant(Box<str>),
}

/// How a date or time is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TimeFormat {
    /// `2011-10-01T00:38:44.546+02:00`; date alone and a missing offset are allowed.
    #[default]
    Iso,
    UnixSeconds,
    UnixMillis,
    /// `%d-%m-%y %H:%M:%S` and the like.
    Pattern(Box<str>),
}

/// Which end of a day a date without a time means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayEdge {
    Start,
    /// The midnight after it: a fact known to the day counts once the day is over.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normaliser {
    Email,
    /// The company domain of an e-mail address; free mail providers give nothing.
    Domain,
    Country,
    Postcode,
    Company,
    /// A number of employees to its size class.
    Employees,
    Lower,
}

/// One value of a row, resolved against the columns of its input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// As the mapping names it, for messages.
    pub name: Box<str>,
    pub place: Place,
    /// Stands for an empty text.
    pub absent: Option<Box<str>>,
    /// The only texts allowed, and what they mean.
    pub map: Option<BTreeMap<Box<str>, Box<str>>>,
    pub normalise: Option<Normaliser>,
    pub time: TimeFormat,
    pub day: DayEdge,
    /// Amounts are multiplied by this (`1000000` where a file says "in millions").
    pub times: i64,
}

/// What a cell needs to read civil times and amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locale {
    pub currency: Currency,
    /// Added to UTC by whoever wrote times without an offset.
    pub offset: Micros,
    /// `,` in `1.234,56`.
    pub decimal: char,
}

impl Cell {
    /// The text after trimming, `absent` and `map`; `Ok(None)` when it is empty.
    pub fn text<'a>(&'a self, fields: &[&'a str], joined: &[Option<JoinedRow<'a>>]) -> Result<Option<&'a str>, String> {
        let raw = match &self.place {
            Place::Own(column) => fields.get(*column).copied().unwrap_or_default(),
            Place::Joined { join, column } => joined.get(*join).copied().flatten().map_or("", |row| row.field(*column)),
            Place::Constant(text) => text,
        };
        let text = match raw.trim() {
            "" => self.absent.as_deref().unwrap_or_default(),
            text => text,
        };
        match &self.map {
            _ if text.is_empty() => Ok(None),
            None => Ok(Some(text)),
            Some(map) => match map.get(text) {
                Some(meaning) => Ok(Some(meaning)),
                None => {
                    let known: Vec<&str> = map.keys().map(AsRef::as_ref).collect();
                    Err(format!("'{}' is none of {}", shorten(text), known.join(", ")))
                }
            },
        }
    }

    /// Reads a time; a date alone means the edge of its day that the cell says.
    pub fn read_time(&self, text: &str, locale: &Locale) -> Result<Instant, String> {
        let (at, day_only) = self
            .time
            .read(text, locale.offset)
            .ok_or_else(|| format!("'{}' is not a time written as {}", shorten(text), self.time.example()))?;
        Ok(if day_only && self.day == DayEdge::End { at + Micros::DAY } else { at })
    }

    pub fn read_money(&self, text: &str, locale: &Locale) -> Result<Money, String> {
        let plain = plain_number(text, locale.decimal);
        let refuse = || format!("'{}' is not an amount in {}", shorten(text), locale.currency);
        if self.times == 1 {
            return locale.currency.parse_amount(&plain).ok_or_else(refuse);
        }
        // Decimals of a scaled amount may be finer than a cent: count in the scaled unit.
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let fraction = fraction.trim_end_matches('0');
        let all: i128 = format!("{whole}{fraction}").parse().ok().filter(|_| fraction.len() <= 9).ok_or_else(refuse)?;
        let minor = all * i128::from(self.times) * 10i128.pow(locale.currency.digits());
        let unit = 10i128.pow(fraction.len() as u32);
        let exact = (minor % unit == 0).then_some(minor / unit).and_then(|m| i64::try_from(m).ok());
        exact.map(Money).ok_or_else(refuse)
    }

    /// Reads an attribute's value: dates, amounts and countries in the file's spelling, the
    /// rest as [`Attribute::parse`] does.
    pub fn read_attribute(&self, attribute: &Attribute, text: &str, locale: &Locale) -> Result<Option<Value>, String> {
        let text = match self.normalise {
            Some(normaliser) => normaliser.apply(text).ok_or_else(|| normaliser.refusal(text))?,
            None => text.to_owned(),
        };
        let parse =
            |text: &str| attribute.parse(text).map_err(|e| format!("'{}' is not {}", shorten(&e.given), e.expected));
        match attribute.kind {
            AttributeType::Money => self.read_money(&text, locale).map(|amount| Some(Value::Money(amount))),
            AttributeType::Date => {
                let at = self.read_time(&text, &Locale { offset: Micros(0), ..*locale })?;
                Ok(Some(Value::Date(at.utc_day() as i32)))
            }
            AttributeType::Country => {
                let code = normalise::country(&text).map(str::to_owned);
                parse(code.as_deref().unwrap_or(&text))
            }
            AttributeType::Postcode => parse(&normalise::postcode(&text)),
            AttributeType::Number | AttributeType::Integer => parse(&plain_number(&text, locale.decimal)),
            _ => parse(&text),
        }
    }
}

impl Normaliser {
    fn apply(self, text: &str) -> Option<String> {
        match self {
            Self::Email => normalise::email(text),
            Self::Domain => {
                normalise::email(text).map(|e| normalise::company_domain(&e).unwrap_or_default().to_owned())
            }
            Self::Country => normalise::country(text).map(str::to_owned),
            Self::Postcode => Some(normalise::postcode(text)),
            Self::Company => Some(normalise::company_key(text)),
            Self::Employees => normalise::employees_bucket(text).map(str::to_owned),
            Self::Lower => Some(text.to_lowercase()),
        }
    }

    fn refusal(self, text: &str) -> String {
        let expected = match self {
            Self::Email | Self::Domain => "an e-mail address",
            Self::Country => "a country that is known here",
            Self::Employees => "a number of employees",
            Self::Postcode | Self::Company | Self::Lower => "a text",
        };
        format!("'{}' is not {expected}", shorten(text))
    }
}

/// `1.234,56` with decimal `,`, or `1,234.56` with `.`, as `1234.56`.
fn plain_number(text: &str, decimal: char) -> String {
    let grouping = if decimal == ',' { '.' } else { ',' };
    let keep = |c: char| match c {
        c if c == decimal => Some('.'),
        c if c == grouping || c == '\'' || c == '\u{a0}' => None,
        c => Some(c),
    };
    text.chars().filter_map(keep).collect()
}

fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}

impl TimeFormat {
    /// `iso`, `unix`, `unix_ms` or a pattern of `%d %m %y %Y %H %M %S %f %b` and literal characters.
    pub fn new(text: &str) -> Result<Self, String> {
        match text {
            "iso" => return Ok(Self::Iso),
            "unix" => return Ok(Self::UnixSeconds),
            "unix_ms" => return Ok(Self::UnixMillis),
            _ => {}
        }
        let mut rest = text.chars();
        let (mut day, mut month, mut year) = (false, false, false);
        while let Some(c) = rest.next() {
            match (c, if c == '%' { rest.next() } else { None }) {
                ('%', Some('d')) => day = true,
                ('%', Some('m' | 'b')) => month = true,
                ('%', Some('y' | 'Y')) => year = true,
                ('%', Some('H' | 'M' | 'S' | 'f')) => {}
                ('%', other) => {
                    let code = other.map_or_else(String::new, String::from);
                    return Err(format!("'%{code}' is unknown; use %d %m %b %y %Y %H %M %S %f"));
                }
                _ => {}
            }
        }
        if day && month && year {
            Ok(Self::Pattern(text.into()))
        } else {
            Err(format!(
                "'{text}' needs a day (%d), a month (%m or %b) and a year (%y or %Y), or is one of iso, unix, unix_ms"
            ))
        }
    }

    fn example(&self) -> String {
        match self {
            Self::Iso => "2026-03-01T09:30:00+01:00".into(),
            Self::UnixSeconds => "seconds since 1970".into(),
            Self::UnixMillis => "milliseconds since 1970".into(),
            Self::Pattern(pattern) => pattern.to_string(),
        }
    }

    /// The instant, and whether only a day was written.
    fn read(&self, text: &str, offset: Micros) -> Option<(Instant, bool)> {
        match self {
            Self::Iso => {
                let (at, zoned) = Instant::parse_with_offset(text).ok()?;
                Some((if zoned { at } else { at - offset }, text.len() == 10))
            }
            Self::UnixSeconds => micros(text, 1_000_000),
            Self::UnixMillis => micros(text, 1000),
            Self::Pattern(pattern) => {
                let (at, day_only) = read_pattern(pattern, text)?;
                Some((at - offset, day_only))
            }
        }
    }
}

fn micros(text: &str, unit: i64) -> Option<(Instant, bool)> {
    let at = text.parse::<i64>().ok()?.checked_mul(unit)?;
    Some((Instant::from_unix_micros(at), false))
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Reads `text` as `pattern` says, as civil time. `%y` 00–68 is 2000–2068, 69–99 is 1969–1999
/// (POSIX).
fn read_pattern(pattern: &str, text: &str) -> Option<(Instant, bool)> {
    let mut rest = text;
    let (mut year, mut month, mut day, mut hour, mut minute, mut second) = (0u32, 0u32, 0u32, 0u32, 0u32, 0u32);
    let mut fraction = String::new();
    let mut day_only = true;
    let mut codes = pattern.chars();
    while let Some(c) = codes.next() {
        if c != '%' {
            rest = rest.strip_prefix(c)?;
            continue;
        }
        let code = codes.next()?;
        day_only &= !matches!(code, 'H' | 'M' | 'S' | 'f');
        if code == 'b' {
            let name = rest.get(..3)?.to_ascii_lowercase();
            month = MONTHS.iter().position(|m| *m == name)? as u32 + 1;
            rest = &rest[3..];
            continue;
        }
        let most = match code {
            'Y' => 4,
            'f' => 9,
            _ => 2,
        };
        let digits = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        rest = after;
        let value = number.parse::<u32>().ok()?;
        match code {
            'Y' if digits == 4 => year = value,
            'y' if digits == 2 => year = if value < 69 { 2000 + value } else { 1900 + value },
            'm' => month = value,
            'd' => day = value,
            'H' => hour = value,
            'M' => minute = value,
            'S' => second = value,
            'f' => fraction = format!(".{number}"),
            _ => return None,
        }
    }
    let iso = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}");
    let at = rest.is_empty().then(|| Instant::parse_as_written(&iso).ok()).flatten()?;
    Some((at, day_only))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cell(time: &str, day: DayEdge, times: i64) -> Cell {
        Cell {
            name: "x".into(),
            place: Place::Own(0),
            absent: None,
            map: None,
            normalise: None,
            time: TimeFormat::new(time).unwrap(),
            day,
            times,
        }
    }

    const EUR: Locale = Locale { currency: Currency::EUR, offset: Micros(0), decimal: '.' };

    #[test]
    fn times_are_read_as_the_format_says() {
        let check = |time: &str, day: DayEdge, offset: i64, text: &str, expected: Result<&str, &str>| {
            let locale = Locale { offset: Micros(offset * Micros::HOUR.0), ..EUR };
            let got = cell(time, day, 1).read_time(text, &locale).map(|at| at.to_string());
            assert_eq!(got.as_deref().map_err(String::as_str), expected, "{text} as {time}");
        };
        check("%d-%m-%y", DayEdge::Start, 0, "20-10-16", Ok("2016-10-20T00:00:00Z"));
        check("%d-%m-%y", DayEdge::End, 0, "20-10-16", Ok("2016-10-21T00:00:00Z"));
        check("%d-%m-%y", DayEdge::End, 2, "20-10-16", Ok("2016-10-20T22:00:00Z"));
        check("%d-%m-%y", DayEdge::Start, 0, "30-02-16", Err("'30-02-16' is not a time written as %d-%m-%y"));
        check("%m/%d/%Y %H:%M:%S.%f", DayEdge::End, 0, "3/1/2016 09:05:07.25", Ok("2016-03-01T09:05:07.250Z"));
        check("%d %b %Y", DayEdge::Start, 0, "5 Mar 2016", Ok("2016-03-05T00:00:00Z"));
        check("iso", DayEdge::End, 5, "2011-10-01T00:38:44.546+02:00", Ok("2011-09-30T22:38:44.546Z"));
        check("iso", DayEdge::End, 1, "2011-10-01 00:38:44", Ok("2011-09-30T23:38:44Z"));
        check("unix_ms", DayEdge::End, 1, "1500", Ok("1970-01-01T00:00:01.500Z"));
        for bad in ["%d-%m", "%q", "%", "rfc"] {
            assert!(TimeFormat::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn amounts_are_read_exactly() {
        let check = |times: i64, decimal: char, text: &str, expected: Option<i64>| {
            let got = cell("iso", DayEdge::Start, times).read_money(text, &Locale { decimal, ..EUR });
            assert_eq!(got.ok().map(Money::minor_units), expected, "{text}");
        };
        check(1, '.', "1,054.5", Some(105_450));
        check(1, ',', "1.054,50", Some(105_450));
        check(1_000_000, '.', "1100.04", Some(110_004_000_000));
        check(1_000_000, '.', "0.123456789", None);
        check(1000, '.', "-1.5", Some(-150_000));
        check(1, '.', "12 EUR", None);
        check(1000, '.', "", None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,30}") {
            for time in ["iso", "unix", "unix_ms", "%d-%m-%y", "%b %d, %Y %H:%M"] {
                let _ = cell(time, DayEdge::End, 1).read_time(&text, &EUR);
            }
            let _ = cell("iso", DayEdge::End, 1_000_000).read_money(&text, &EUR);
        }
    }
}
