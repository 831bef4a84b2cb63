//! Numbers, money, dates and durations as people of a language write them.
//!
//! Rounding is that of Rust's `{:.n}` (nearest, on the exact binary value). `NaN` is shown as an
//! en dash, infinities as ∞; the sign of a negative number is the true minus (U+2212).

use pointsman_domain::{Currency, Instant, Micros, Money};
use pointsman_workhours::Zone;
use serde::{Deserialize, Serialize};

/// Narrow no-break space: between a number and its unit.
pub const THIN: char = '\u{202f}';
/// No-break space: between parts that belong on one line.
pub const NBSP: char = '\u{a0}';
const MINUS: char = '−';

/// A language of pages and reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    En,
    De,
}

/// A civil date, already in the reader's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Day {
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Day {
    /// The UTC date of an instant.
    pub fn utc(at: Instant) -> Self {
        // The text form of an instant is layer 0's own calendar; years there may be negative or long.
        let text = at.to_string();
        let date = text.split('T').next().unwrap_or_default();
        let mut parts = date.rsplitn(3, '-');
        let day = parts.next().and_then(|d| d.parse().ok()).unwrap_or(1);
        let month = parts.next().and_then(|m| m.parse().ok()).unwrap_or(1);
        let year = parts.next().and_then(|y| y.parse().ok()).unwrap_or(1970);
        Self { year, month, day }
    }

    /// The date that lies `days` after 1970-01-01.
    pub fn from_unix_days(days: i64) -> Self {
        Self::utc(Instant::from_unix_micros(days.saturating_mul(Micros::DAY.0)))
    }
}

impl Locale {
    /// The language of a tag.
    pub fn parse(tag: &str) -> Option<Self> {
        [Self::En, Self::De].into_iter().find(|locale| locale.tag() == tag)
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::En => Self::De,
            Self::De => Self::En,
        }
    }

    /// The language tag of `<html lang>`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    fn marks(self) -> (char, char) {
        match self {
            Self::En => (',', '.'),
            Self::De => ('.', ','),
        }
    }

    /// `1234.56` as `1,234.6` or `1.234,6`.
    ///
    /// ```
    /// use pointsman_report::Locale;
    /// assert_eq!(Locale::En.number(-1234.56, 1), "−1,234.6");
    /// assert_eq!(Locale::De.number(1290.0, 0), "1.290");
    /// ```
    pub fn number(self, value: f64, decimals: usize) -> String {
        let magnitude = self.magnitude(value, decimals);
        if is_negative(value, decimals) { format!("{MINUS}{magnitude}") } else { magnitude }
    }

    /// Like [`number`](Self::number), with `+` before what is above zero; zero has no sign.
    pub fn signed(self, value: f64, decimals: usize) -> String {
        let magnitude = self.magnitude(value, decimals);
        format!("{}{magnitude}", sign(value, decimals))
    }

    /// Digits, grouping and decimal mark, without a sign.
    fn magnitude(self, value: f64, decimals: usize) -> String {
        if value.is_nan() {
            return "–".into();
        }
        if value.is_infinite() {
            return "∞".into();
        }
        let (group, mark) = self.marks();
        if value.abs() >= 1e16 {
            // Beyond what an f64 counts in ones, digits would be invented.
            return format!("{:.2e}", value.abs()).replace('.', &mark.to_string());
        }
        let plain = format!("{:.decimals$}", value.abs());
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let mut text = String::with_capacity(plain.len() + plain.len() / 3);
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i).is_multiple_of(3) {
                text.push(group);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push(mark);
            text.push_str(fraction);
        }
        text
    }

    /// A count: `12,345`.
    pub fn count(self, n: u64) -> String {
        self.number(n as f64, 0)
    }

    /// Attaches the percent sign to formatted digits.
    pub fn with_percent(self, digits: &str) -> String {
        match self {
            Self::En => format!("{digits}%"),
            Self::De => format!("{digits}{THIN}%"),
        }
    }

    /// A share of 1 as a percentage: `0.123` is `12.3%` or `12,3 %`.
    pub fn percent(self, share: f64, decimals: usize) -> String {
        self.with_percent(&self.number(share * 100.0, decimals))
    }

    /// Attaches the sign of percentage points to formatted digits.
    pub fn with_points(self, digits: &str) -> String {
        match self {
            Self::En => format!("{digits}{NBSP}pp"),
            Self::De => format!("{digits}{NBSP}Pp."),
        }
    }

    /// An exact amount with all digits of its currency: `€1,234.50`, `1.234,50 €`.
    pub fn money(self, amount: Money, currency: Currency) -> String {
        let digits = currency.digits();
        let major = amount.minor_units() as f64 / 10f64.powi(digits as i32);
        self.major(major, digits as usize, currency, false)
    }

    /// An amount in major units, rounded to `decimals`.
    pub fn major(self, major: f64, decimals: usize, currency: Currency, signed: bool) -> String {
        let magnitude = self.magnitude(major, decimals);
        let sign = match sign(major, decimals) {
            "+" if !signed => "",
            sign => sign,
        };
        self.with_currency(sign, &magnitude, currency)
    }

    /// Sign, digits and symbol in the order of the language.
    pub fn with_currency(self, sign: &str, digits: &str, currency: Currency) -> String {
        let symbol = symbol(&currency);
        match self {
            Self::En if symbol.len() < 3 || symbol == "€" => format!("{sign}{symbol}{digits}"),
            Self::En => format!("{sign}{symbol}{NBSP}{digits}"),
            Self::De => format!("{sign}{digits}{NBSP}{symbol}"),
        }
    }

    /// `0.9 to 3.9`, `0,9 bis 3,9`.
    pub fn range(self, lo: &str, hi: &str) -> String {
        match self {
            Self::En => format!("{lo} to {hi}"),
            Self::De => format!("{lo} bis {hi}"),
        }
    }

    /// `14 Aug 2026`, `14.08.2026`.
    pub fn date(self, day: Day) -> String {
        let Day { year, month, day: d } = day;
        match self {
            Self::En => format!("{d}{NBSP}{}{NBSP}{year}", self.month(month)),
            Self::De => format!("{d:02}.{month:02}.{year}"),
        }
    }

    /// A time of a day, by the minute: `14 Aug 2026, 16:05`, `14.08.2026, 16:05`.
    pub fn moment(self, day: Day, minute_of_day: u16) -> String {
        format!("{}, {:02}:{:02}", self.date(day), minute_of_day / 60, minute_of_day % 60)
    }

    /// A moment as the clock of a zone shows it, by the minute: seconds say nothing to a reader.
    pub fn on_clock(self, at: Instant, zone: &Zone) -> String {
        self.moment(Day::from_unix_days(zone.local_day(at).into()), zone.local_minute_of_day(at))
    }

    /// A date without its year, for axes: `14 Aug`, `14. Aug.`.
    pub fn short_date(self, day: Day) -> String {
        match self {
            Self::En => format!("{}{NBSP}{}", day.day, self.month(day.month)),
            Self::De => format!("{}.{NBSP}{}", day.day, self.month(day.month)),
        }
    }

    /// The short name of a month, 1 to 12.
    pub fn month(self, month: u8) -> &'static str {
        const EN: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        const DE: [&str; 12] =
            ["Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."];
        let at = usize::from(month.clamp(1, 12) - 1);
        match self {
            Self::En => EN[at],
            Self::De => DE[at],
        }
    }

    /// A length of time in its two largest units: `45 s`, `12 min`, `2 h 15 min`, `3 days 4 h`.
    pub fn duration(self, length: Micros) -> String {
        let sign = if length.0 < 0 { "−" } else { "" };
        let seconds = (length.0.unsigned_abs() + 500_000) / 1_000_000;
        let words = match self {
            Self::En => ["s", "min", "h"],
            Self::De => ["Sek.", "Min.", "Std."],
        };
        let days = |n: u64| match (self, n) {
            (Self::En, 1) => format!("1{NBSP}day"),
            (Self::En, _) => format!("{}{NBSP}days", self.count(n)),
            (Self::De, 1) => format!("1{NBSP}Tag"),
            (Self::De, _) => format!("{}{NBSP}Tage", self.count(n)),
        };
        let one = |n: u64, word: usize| format!("{n}{NBSP}{}", words[word]);
        let two = |first: String, rest: u64, word: usize| match rest {
            0 => first,
            _ => format!("{first} {}", one(rest, word)),
        };
        let (minutes, hours) = ((seconds + 30) / 60, (seconds + 1800) / 3600);
        let text = match seconds {
            0..60 => one(seconds, 0),
            60..600 => two(one(seconds / 60, 1), seconds % 60, 0),
            // Below a day what rounds up to the next unit is carried, so "60 min" cannot appear.
            600..86_400 if minutes < 60 => one(minutes, 1),
            600..86_400 if minutes < 1440 => two(one(minutes / 60, 2), minutes % 60, 1),
            _ => two(days(hours / 24), hours % 24, 2),
        };
        format!("{sign}{text}")
    }

    /// The word for `n` things: German and English have the same two classes.
    pub fn plural<'a>(self, n: u64, one: &'a str, other: &'a str) -> &'a str {
        if n == 1 { one } else { other }
    }

    /// `a, b and c`.
    pub fn list(self, items: &[String]) -> String {
        let and = match self {
            Self::En => "and",
            Self::De => "und",
        };
        match items {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => format!("{} {and} {last}", first.join(", ")),
        }
    }
}

fn is_negative(value: f64, decimals: usize) -> bool {
    // −0.04 to one decimal is 0.0: a minus there would be read as a value.
    value < 0.0 && format!("{:.decimals$}", value.abs()).bytes().any(|b| (b'1'..=b'9').contains(&b) || b == b'i')
}

/// `+`, `−` or nothing for what rounds to zero and for `NaN`.
pub(crate) fn sign(value: f64, decimals: usize) -> &'static str {
    if is_negative(value, decimals) {
        "−"
    } else if is_negative(-value, decimals) {
        "+"
    } else {
        ""
    }
}

fn symbol(currency: &Currency) -> &str {
    match currency.as_str() {
        "EUR" => "€",
        "USD" => "$",
        "GBP" => "£",
        "JPY" => "¥",
        code => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        let check = |value: f64, decimals: usize, en: &str, de: &str| {
            assert_eq!(Locale::En.number(value, decimals), en);
            assert_eq!(Locale::De.number(value, decimals), de);
        };
        check(0.0, 0, "0", "0");
        check(-0.04, 1, "0.0", "0,0");
        check(999.0, 0, "999", "999");
        check(1000.0, 0, "1,000", "1.000");
        check(999_999.96, 1, "1,000,000.0", "1.000.000,0");
        check(-1290.5, 2, "−1,290.50", "−1.290,50");
        check(123_456_789.0, 0, "123,456,789", "123.456.789");
        check(-1.8e300, 0, "−1.80e300", "−1,80e300");
        check(f64::NAN, 2, "–", "–");
        check(f64::NEG_INFINITY, 2, "−∞", "−∞");
        assert_eq!(Locale::En.signed(0.04, 1), "0.0");
        assert_eq!(Locale::De.signed(2.41, 1), "+2,4");
    }

    #[test]
    fn percent_and_points() {
        assert_eq!(Locale::En.percent(0.123, 1), "12.3%");
        assert_eq!(Locale::De.percent(0.123, 1), "12,3\u{202f}%");
        assert_eq!(Locale::En.with_points("+2.4"), "+2.4\u{a0}pp");
        assert_eq!(Locale::De.with_points("+2,4"), "+2,4\u{a0}Pp.");
    }

    #[test]
    fn money_follows_the_currency() {
        let check = |minor: i64, code: &str, en: &str, de: &str| {
            let currency: Currency = code.parse().expect("a code");
            assert_eq!(Locale::En.money(Money(minor), currency), en);
            assert_eq!(Locale::De.money(Money(minor), currency), de);
        };
        check(123_450, "EUR", "€1,234.50", "1.234,50\u{a0}€");
        check(-5, "USD", "−$0.05", "−0,05\u{a0}$");
        check(1200, "JPY", "¥1,200", "1.200\u{a0}¥");
        check(99, "CHF", "CHF\u{a0}0.99", "0,99\u{a0}CHF");
        check(1500, "KWD", "KWD\u{a0}1.500", "1,500\u{a0}KWD");
    }

    #[test]
    fn dates_and_months() {
        let day = Day::utc("2026-08-04T23:59:59Z".parse().expect("a time"));
        assert_eq!(day, Day { year: 2026, month: 8, day: 4 });
        assert_eq!(Locale::En.date(day), "4\u{a0}Aug\u{a0}2026");
        assert_eq!(Locale::De.date(day), "04.08.2026");
        assert_eq!(Locale::De.short_date(day), "4.\u{a0}Aug.");
        assert_eq!(Locale::En.moment(day, 965), "4\u{a0}Aug\u{a0}2026, 16:05");
        assert_eq!(Locale::De.moment(day, 5), "04.08.2026, 00:05");
        assert_eq!(Day::from_unix_days(-1), Day { year: 1969, month: 12, day: 31 });
        assert_eq!(Day::from_unix_days(20_681), Day { year: 2026, month: 8, day: 16 });
    }

    #[test]
    fn durations_show_two_units_and_carry() {
        let check = |seconds: i64, en: &str, de: &str| {
            assert_eq!(Locale::En.duration(Micros::SECOND.times(seconds)).replace(NBSP, " "), en);
            assert_eq!(Locale::De.duration(Micros::SECOND.times(seconds)).replace(NBSP, " "), de);
        };
        check(0, "0 s", "0 Sek.");
        check(45, "45 s", "45 Sek.");
        check(61, "1 min 1 s", "1 Min. 1 Sek.");
        check(12 * 60 + 29, "12 min", "12 Min.");
        check(59 * 60 + 45, "1 h", "1 Std.");
        check(2 * 3600 + 15 * 60, "2 h 15 min", "2 Std. 15 Min.");
        check(86_399, "1 day", "1 Tag");
        check(-3 * 86_400 - 4 * 3600, "−3 days 4 h", "−3 Tage 4 Std.");
    }

    #[test]
    fn lists_end_with_and() {
        let items = |n: usize| (1..=n).map(|i| format!("x{i}")).collect::<Vec<_>>();
        assert_eq!(Locale::En.list(&items(1)), "x1");
        assert_eq!(Locale::De.list(&items(3)), "x1, x2 und x3");
    }
}
