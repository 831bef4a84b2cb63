//! What a number measures, and the one way it is shown.
//!
//! Label, tick, tip, table and description all ask the same [`Unit`], so a number is rounded in
//! one place and reads the same everywhere.

use pointsman_domain::{Currency, Micros};

use crate::{
    Interval, Locale,
    locale::{Day, NBSP, sign},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Number,
    /// Shares of 1, shown times 100.
    Percent,
    /// Differences of shares of 1, shown times 100.
    Points,
    /// Minor units, shown in major ones.
    Money(Currency),
    /// The same, shortened: `€1.71M`, `€409k`.
    Amount(Currency),
    Minutes,
    /// Days since 1970-01-01.
    Day,
}

/// A measure, its decimals, and whether `+` is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    measure: Measure,
    decimals: u8,
    signed: bool,
}

impl Unit {
    pub const fn count() -> Self {
        Self::number(0)
    }

    pub const fn number(decimals: u8) -> Self {
        Self { measure: Measure::Number, decimals, signed: false }
    }

    /// Values are shares of 1.
    pub const fn percent(decimals: u8) -> Self {
        Self { measure: Measure::Percent, decimals, signed: false }
    }

    /// Values are differences of shares of 1; always signed.
    pub const fn points(decimals: u8) -> Self {
        Self { measure: Measure::Points, decimals, signed: true }
    }

    /// Values are minor units; shown in whole major units.
    pub const fn money(currency: Currency) -> Self {
        Self { measure: Measure::Money(currency), decimals: 0, signed: false }
    }

    /// Values are minor units; shortened to millions with two decimals, from 10,000 on to
    /// thousands. For totals; prices and single amounts are [`money`](Self::money).
    pub const fn amount(currency: Currency) -> Self {
        Self { measure: Measure::Amount(currency), decimals: 0, signed: false }
    }

    pub const fn minutes() -> Self {
        Self { measure: Measure::Minutes, decimals: 0, signed: false }
    }

    /// Values are days since 1970-01-01.
    pub const fn day() -> Self {
        Self { measure: Measure::Day, decimals: 0, signed: false }
    }

    /// The same with `+` before what is above zero.
    pub const fn signed(self) -> Self {
        Self { signed: true, ..self }
    }

    /// `value` as it appears in every label, tip and table.
    pub fn show(self, locale: Locale, value: f64) -> String {
        if value.is_nan() {
            return "–".into();
        }
        match self.measure {
            Measure::Number | Measure::Percent | Measure::Points => self.wrap(locale, &self.bare(locale, value)),
            Measure::Money(currency) => {
                locale.major(self.scaled(value), usize::from(self.decimals), currency, self.signed)
            }
            Measure::Amount(currency) => self.short(locale, self.scaled(value), currency, None),
            Measure::Minutes => minutes(locale, value, self.signed),
            Measure::Day => locale.date(Day::from_unix_days(value.round() as i64)),
        }
    }

    /// `0.9 to 3.9 pp`: the unit once where the language allows.
    pub fn range(self, locale: Locale, lo: f64, hi: f64) -> String {
        match self.measure {
            Measure::Number | Measure::Percent | Measure::Points => {
                self.wrap(locale, &locale.range(&self.bare(locale, lo), &self.bare(locale, hi)))
            }
            Measure::Amount(currency) if locale == Locale::De && self.one_size(&[lo, hi]) => {
                let (_, word) = size_of(locale, self.scaled(lo).abs());
                let digits = locale.range(&self.bare_amount(locale, lo), &self.bare_amount(locale, hi));
                locale.with_currency("", &format!("{digits}{word}"), currency)
            }
            Measure::Money(_) | Measure::Amount(_) | Measure::Minutes | Measure::Day => {
                locale.range(&self.show(locale, lo), &self.show(locale, hi))
            }
        }
    }

    /// `+2.4 pp (+0.9 to +3.9)`.
    pub fn interval(self, locale: Locale, value: Interval) -> String {
        if !value.has_bounds() {
            return self.show(locale, value.est);
        }
        let range = match self.measure {
            Measure::Number | Measure::Percent | Measure::Points => {
                locale.range(&self.bare(locale, value.lo), &self.bare(locale, value.hi))
            }
            Measure::Amount(_) if self.one_size(&[value.est, value.lo, value.hi]) => {
                locale.range(&self.bare_amount(locale, value.lo), &self.bare_amount(locale, value.hi))
            }
            Measure::Money(_) | Measure::Amount(_) | Measure::Minutes | Measure::Day => {
                self.range(locale, value.lo, value.hi)
            }
        };
        format!("{} ({range})", self.show(locale, value.est))
    }

    /// A tick: only as many decimals as `step` needs, large amounts shortened.
    pub fn tick(self, locale: Locale, value: f64, step: f64) -> String {
        let (value, step) = (self.scaled(value), self.scaled(step));
        let text = |value: f64, decimals| {
            if self.signed { locale.signed(value, decimals) } else { locale.number(value, decimals) }
        };
        match self.measure {
            // The axis names points in its title: repeating them on every tick is noise.
            Measure::Number | Measure::Points => text(value, decimals_of(step)),
            Measure::Percent => locale.with_percent(&text(value, decimals_of(step))),
            Measure::Money(currency) | Measure::Amount(currency) => self.short(locale, value, currency, Some(step)),
            Measure::Minutes if value == 0.0 => locale.number(0.0, 0),
            Measure::Minutes => minutes(locale, value, false),
            Measure::Day => locale.short_date(Day::from_unix_days(value.round() as i64)),
        }
    }

    /// Steps between ticks that this measure likes; `None` means 1, 2, 2.5, 5 × 10ⁿ.
    pub(crate) fn steps(self) -> Option<&'static [f64]> {
        match self.measure {
            Measure::Minutes => Some(&[
                0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 240.0, 480.0, 720.0, 1440.0, 2880.0, 10_080.0,
            ]),
            Measure::Day => Some(&[1.0, 2.0, 7.0, 14.0, 28.0, 56.0, 91.0, 182.0, 364.0]),
            _ => None,
        }
    }

    /// An amount in major units, in thousands or millions. With a tick's `step` the shortening and
    /// the decimals follow the step, so that all ticks of an axis look alike.
    fn short(self, locale: Locale, major: f64, currency: Currency, step: Option<f64>) -> String {
        let (shrink, word) = match step {
            // Half a million on an axis is better read as 0.5 M than as 500 k.
            Some(step) if step >= 5e5 => size_of(locale, 1e6),
            Some(step) if step >= 5e2 => size_of(locale, 1e4),
            Some(_) => size_of(locale, 0.0),
            None => size_of(locale, major.abs()),
        };
        let value = major / shrink;
        let decimals = match step {
            _ if major == 0.0 => 0,
            Some(step) => decimals_of(step / shrink),
            None => amount_decimals(shrink),
        };
        let sign = match sign(value, decimals) {
            "+" if !self.signed => "",
            sign => sign,
        };
        let digits = locale.number(value.abs(), decimals);
        let digits = if major == 0.0 { digits } else { format!("{digits}{word}") };
        locale.with_currency(sign, &digits, currency)
    }

    /// Whether all amounts are shortened alike, so that the unit need not be repeated.
    fn one_size(self, values: &[f64]) -> bool {
        let size = |v: f64| size_of(Locale::En, self.scaled(v).abs()).0;
        values.windows(2).all(|w| size(w[0]) == size(w[1])) && values.iter().all(|v| v.is_finite())
    }

    /// An amount's digits and sign, without unit.
    fn bare_amount(self, locale: Locale, value: f64) -> String {
        let major = self.scaled(value);
        let (shrink, _) = size_of(locale, major.abs());
        let (value, decimals) = (major / shrink, amount_decimals(shrink));
        if self.signed { locale.signed(value, decimals) } else { locale.number(value, decimals) }
    }

    fn scaled(self, value: f64) -> f64 {
        match self.measure {
            Measure::Percent | Measure::Points => value * 100.0,
            Measure::Money(currency) | Measure::Amount(currency) => value / 10f64.powi(currency.digits() as i32),
            Measure::Number | Measure::Minutes | Measure::Day => value,
        }
    }

    fn bare(self, locale: Locale, value: f64) -> String {
        let (value, decimals) = (self.scaled(value), usize::from(self.decimals));
        if self.signed { locale.signed(value, decimals) } else { locale.number(value, decimals) }
    }

    fn wrap(self, locale: Locale, digits: &str) -> String {
        match self.measure {
            Measure::Percent => locale.with_percent(digits),
            Measure::Points => locale.with_points(digits),
            _ => digits.to_owned(),
        }
    }
}

/// By what an amount of this size is divided, and the word for it. The borders lie where rounding
/// would carry: 999,600 is 1.00 M, not 1,000 k.
fn size_of(locale: Locale, major: f64) -> (f64, &'static str) {
    let (thousand, million) = match locale {
        Locale::En => ("k", "M"),
        Locale::De => ("\u{a0}Tsd.", "\u{a0}Mio."),
    };
    match major {
        _ if major.is_infinite() => (1.0, ""),
        _ if major >= 999_500.0 => (1e6, million),
        _ if major >= 9_999.5 => (1e3, thousand),
        _ => (1.0, ""),
    }
}

fn amount_decimals(shrink: f64) -> usize {
    if shrink == 1e6 { 2 } else { 0 }
}

fn minutes(locale: Locale, value: f64, signed: bool) -> String {
    if value.is_infinite() {
        return format!("{}{NBSP}min", locale.number(value, 0));
    }
    // Beyond ±10⁹ minutes (1,900 years) the exact value says nothing.
    let micros = (value.clamp(-1e9, 1e9) * Micros::MINUTE.0 as f64).round() as i64;
    let plus = if signed && micros > 0 { "+" } else { "" };
    format!("{plus}{}", locale.duration(Micros(micros)))
}

/// Decimals that a tick step needs, at most six: 0.25 needs two, 5 none.
fn decimals_of(step: f64) -> usize {
    (0..6)
        .find(|&d| {
            let shifted = step * 10f64.powi(d as i32);
            (shifted - shifted.round()).abs() < 1e-6 * shifted.abs().max(1e-3)
        })
        .unwrap_or(6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        text.replace(['\u{a0}', '\u{202f}'], " ")
    }

    #[test]
    fn values_and_ranges() {
        let check = |unit: Unit, value: Interval, en: &str, de: &str| {
            assert_eq!(plain(&unit.interval(Locale::En, value)), en);
            assert_eq!(plain(&unit.interval(Locale::De, value)), de);
        };
        let effect = Interval { est: 0.0241, lo: 0.009, hi: 0.039 };
        check(Unit::points(1), effect, "+2.4 pp (+0.9 to +3.9)", "+2,4 Pp. (+0,9 bis +3,9)");
        check(Unit::percent(1), effect, "2.4% (0.9 to 3.9)", "2,4 % (0,9 bis 3,9)");
        let money = Interval { est: 12_345_678.0, lo: -100.0, hi: 2e7 };
        check(
            Unit::money(Currency::EUR).signed(),
            money,
            "+€123,457 (−€1 to +€200,000)",
            "+123.457 € (−1 € bis +200.000 €)",
        );
        check(Unit::count(), Interval::point(1290.4), "1,290", "1.290");
        check(
            Unit::amount(Currency::EUR),
            Interval { est: 1.71e8, lo: -40_949.0 * 100.0, hi: 9_999.0 * 100.0 },
            "€1.71M (−€41k to €9,999)",
            "1,71 Mio. € (−41 Tsd. € bis 9.999 €)",
        );
        let alike = Interval { est: 1.71e8, lo: 1.549e8, hi: 1.87e8 };
        check(Unit::amount(Currency::EUR), alike, "€1.71M (1.55 to 1.87)", "1,71 Mio. € (1,55 bis 1,87)");
        assert_eq!(plain(&Unit::amount(Currency::EUR).range(Locale::De, 1.549e8, 1.87e8)), "1,55 bis 1,87 Mio. €");
        assert_eq!(plain(&Unit::points(1).range(Locale::De, 0.009, 0.039)), "+0,9 bis +3,9 Pp.");
        assert_eq!(plain(&Unit::minutes().show(Locale::En, 95.0)), "1 h 35 min");
        assert_eq!(Unit::minutes().show(Locale::En, f64::NAN), "–");
    }

    #[test]
    fn ticks_carry_no_more_decimals_than_their_step() {
        let check = |unit: Unit, value: f64, step: f64, en: &str, de: &str| {
            assert_eq!(plain(&unit.tick(Locale::En, value, step)), en);
            assert_eq!(plain(&unit.tick(Locale::De, value, step)), de);
        };
        check(Unit::points(1), -0.025, 0.025, "−2.5", "−2,5");
        check(Unit::percent(1), 0.2, 0.1, "20%", "20 %");
        check(Unit::money(Currency::EUR), 5e6, 1e6, "€50k", "50 Tsd. €");
        check(Unit::money(Currency::EUR), 2.5e8, 5e7, "€2.5M", "2,5 Mio. €");
        check(Unit::money(Currency::EUR), 0.0, 5e7, "€0", "0 €");
        check(Unit::minutes(), 90.0, 30.0, "1 h 30 min", "1 Std. 30 Min.");
    }
}
