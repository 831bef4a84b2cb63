//! Postcodes as keys whose prefixes are areas: `80331` lies in `80`, `M1 1AE` in `M1` and in `M`,
//! but not in `ME` and not in `M11`.

/// How a country writes its postcodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// This many digits; what follows (`94105-1234`, `1012 AB`) is finer than any territory.
    Digits(usize),
    /// Area, district, perhaps a letter, and the inward code.
    British,
    /// Unknown: letters and digits as written.
    Free,
}

fn shape(country: &str) -> Shape {
    match country {
        "DE" | "US" | "FR" | "IT" | "ES" | "FI" | "SE" | "PL" | "CZ" | "SK" | "MX" | "TR" | "UA" | "EE" | "LT"
        | "HR" => Shape::Digits(5),
        "AT" | "CH" | "LI" | "BE" | "DK" | "NL" | "NO" | "HU" | "LU" | "SI" | "AU" | "NZ" | "BG" | "ZA" => {
            Shape::Digits(4)
        }
        "GB" => Shape::British,
        _ => Shape::Free,
    }
}

/// Countries whose postcodes hold a hyphen themselves; ranges there need spaces around theirs.
const HYPHENATED: [&str; 4] = ["PL", "PT", "BR", "JP"];

/// The key of a whole postcode, as leads give it. Forms and spreadsheets lose leading zeros: one
/// digit too few gets it back.
pub fn key(country: &str, written: &str) -> Option<String> {
    match shape(country) {
        Shape::Digits(count) => {
            let digits = digits(written);
            match digits.len() {
                0 => None,
                length if length + 1 == count => Some(format!("0{digits}")),
                length => Some(digits[..length.min(count)].to_owned()),
            }
        }
        Shape::British => british(written).map(|mut key| {
            // A whole postcode without a letter in its district is no prefix of one that has.
            if key.len() == 4 {
                key.push('.');
            }
            key
        }),
        Shape::Free => Some(alphanumeric(written)).filter(|key| !key.is_empty()),
    }
}

/// The prefixes that one item of a cell means: a postcode or its beginning, or a range of either.
pub fn prefixes(country: &str, item: &str) -> Result<Vec<String>, String> {
    let refuse = |why: &str| Err(format!("'{item}' is no postcode area of {country}: {why}"));
    let Some((low, high)) = range(country, item) else {
        return match prefix(country, item) {
            Some(key) => Ok(vec![key]),
            None => refuse("write a postcode or its beginning, or a range like 80000-81999"),
        };
    };
    let (Some(low), Some(high)) = (prefix(country, low), prefix(country, high)) else {
        return refuse("both ends of a range are postcodes or their beginnings");
    };
    if shape(country) == Shape::British {
        return british_range(&low, &high)
            .map_or_else(|| refuse("a range goes from a district to one of the same area, M1-M9"), Ok);
    }
    match (low.parse::<u64>(), high.parse::<u64>()) {
        _ if low.len() != high.len() => refuse("both ends of a range have the same length"),
        (Ok(from), Ok(until)) if low.len() <= 10 && from <= until => Ok(cover(from, until, low.len())),
        (Ok(_), Ok(_)) => refuse("the range ends before it begins"),
        _ => refuse("only digits make a range"),
    }
}

fn range<'i>(country: &str, item: &'i str) -> Option<(&'i str, &'i str)> {
    let wide = [" - ", "..", "–"].iter().find_map(|sign| item.split_once(sign));
    let narrow = || item.split_once('-').filter(|_| !HYPHENATED.contains(&country));
    let (low, high) = wide.or_else(narrow)?;
    // ZIP+4 is a postcode, not a range.
    let zip_plus_four = country == "US" && digits(low).len() == 5 && digits(high).len() == 4;
    (!zip_plus_four).then_some((low, high))
}

fn prefix(country: &str, written: &str) -> Option<String> {
    match shape(country) {
        Shape::Digits(count) => {
            let digits = digits(written);
            (!digits.is_empty()).then(|| digits[..digits.len().min(count)].to_owned())
        }
        Shape::British => british(written),
        Shape::Free => Some(alphanumeric(written)).filter(|key| !key.is_empty()),
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn alphanumeric(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// Area in two places, district in two, its letter in one, then the inward code: `M.01.1AE`,
/// `SW01A1AA`. Ends where what is written ends.
fn british(written: &str) -> Option<String> {
    let text = written.trim().to_ascii_uppercase();
    let whole = alphanumeric(&text);
    let (outward, inward) = match text.split_once(' ') {
        Some((outward, inward)) => (alphanumeric(outward), alphanumeric(inward)),
        None if whole.len() >= 5 && is_inward(&whole[whole.len() - 3..]) => {
            (whole[..whole.len() - 3].to_owned(), whole[whole.len() - 3..].to_owned())
        }
        None => (whole, String::new()),
    };
    let area: String = outward.chars().take_while(char::is_ascii_alphabetic).collect();
    let district: String = outward[area.len()..].chars().take_while(char::is_ascii_digit).collect();
    let letter = &outward[area.len() + district.len()..];
    let written_well = (1..=2).contains(&area.len())
        && district.len() <= 2
        && (letter.is_empty() || (letter.len() == 1 && !district.is_empty()))
        && (inward.is_empty() || (!district.is_empty() && inward.len() <= 3));
    if !written_well {
        return None;
    }
    let mut key = format!("{area:.<2}");
    if !district.is_empty() {
        key.push_str(&format!("{district:0>2}{letter}"));
        if letter.is_empty() && !inward.is_empty() {
            key.push('.');
        }
        key.push_str(&inward);
    }
    Some(key)
}

fn is_inward(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes[0].is_ascii_digit() && bytes[1..].iter().all(u8::is_ascii_alphabetic)
}

fn british_range(low: &str, high: &str) -> Option<Vec<String>> {
    let (area, from) = low.split_at_checked(2)?;
    let until = high.strip_prefix(area)?.parse::<u8>().ok()?;
    let from = from.parse::<u8>().ok()?;
    (from <= until).then(|| (from..=until).map(|district| format!("{area}{district:02}")).collect())
}

/// The fewest prefixes that hold exactly the numbers `from..=until` of `length` digits.
fn cover(mut from: u64, until: u64, length: usize) -> Vec<String> {
    let mut prefixes = Vec::new();
    while from <= until {
        let fits = |places: &u32| {
            let step = 10u64.pow(*places);
            from.is_multiple_of(step) && from + (step - 1) <= until
        };
        let places = (0..=length as u32 - 1).rev().find(fits).unwrap_or(0);
        let step = 10u64.pow(places);
        let digits = length - places as usize;
        prefixes.push(format!("{:0digits$}", from / step));
        from += step;
    }
    prefixes
}

/// How many keys of a country a prefix holds, relative to one digit more or less.
pub fn size(country: &str, prefix: &str) -> f64 {
    let (radix, length) = match shape(country) {
        Shape::Digits(count) => (10f64, count),
        Shape::British => (26.0, 8),
        Shape::Free => (36.0, 10),
    };
    radix.powi(length.saturating_sub(prefix.len()) as i32)
}

/// The areas of a country in use, as prefixes; `None` where they are not known here.
pub fn areas(country: &str) -> Option<Vec<String>> {
    let two_digits = |range: std::ops::RangeInclusive<u32>, but: &[u32]| {
        Some(range.filter(|n| !but.contains(n)).map(|n| format!("{n:02}")).collect())
    };
    match country {
        "DE" => two_digits(1..=99, &[5, 43, 62]),
        "FR" => two_digits(1..=98, &[96]),
        "ES" => two_digits(1..=52, &[]),
        "AT" | "CH" | "BE" | "NL" => Some((1..=9).map(|n: u32| n.to_string()).collect()),
        "US" => Some((5..=999).filter(|n| !UNUSED_ZIP.contains(n)).map(|n: u32| format!("{n:03}")).collect()),
        "GB" => Some(BRITISH_AREAS.split(' ').map(|area| format!("{area:.<2}")).collect()),
        _ => None,
    }
}

/// Three-digit ZIP prefixes that the Postal Service does not use.
const UNUSED_ZIP: [u32; 64] = [
    99, 213, 269, 343, 345, 348, 353, 419, 428, 429, 517, 518, 519, 529, 533, 536, 552, 568, 578, 579, 589, 621, 632,
    642, 643, 659, 663, 682, 694, 695, 696, 697, 698, 699, 702, 709, 715, 732, 742, 771, 817, 818, 819, 839, 848, 849,
    854, 858, 861, 862, 866, 867, 868, 869, 876, 886, 887, 888, 892, 896, 899, 909, 929, 987,
];

/// The areas of the United Kingdom, without the Crown dependencies, which have own country codes.
const BRITISH_AREAS: &str = "AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT \
                             DY E EC EH EN EX FK FY G GL GU HA HD HG HP HR HS HU HX IG IP IV KA KT KW KY L LA LD LE LL \
                             LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL \
                             SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE";

/// A postcode within a prefix, as people would write it: what an example lead gets.
pub fn example(country: &str, prefix: &str) -> String {
    match shape(country) {
        Shape::Digits(count) => format!("{prefix:0<count$}"),
        Shape::Free => prefix.to_owned(),
        Shape::British => {
            let full: String = prefix.chars().chain("M.01.1AA".chars().skip(prefix.len())).collect();
            let (outward, inward) = full.split_at(5.min(full.len()));
            let area = outward[..2].trim_end_matches('.');
            let district = outward[2..4].trim_start_matches('0');
            let district = if district.is_empty() { "0" } else { district };
            format!("{area}{district}{} {inward}", outward[4..].trim_end_matches('.'))
        }
    }
}

/// A prefix as people would write it.
pub fn show(country: &str, prefix: &str) -> String {
    match shape(country) {
        Shape::Digits(count) if prefix.len() < count => {
            let missing = count - prefix.len();
            format!("{prefix}{}-{prefix}{}", "0".repeat(missing), "9".repeat(missing))
        }
        Shape::British => {
            let area = prefix.get(..2).unwrap_or(prefix).trim_end_matches('.');
            let district = prefix.get(2..4).map_or("", |d| d.trim_start_matches('0'));
            let rest = prefix.get(4..).unwrap_or_default();
            let (letter, inward) = rest.split_at(rest.len().min(1));
            format!("{area}{district}{} {inward}", letter.trim_end_matches('.')).trim_end().to_owned()
        }
        Shape::Digits(_) | Shape::Free => prefix.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(country: &str, area: &str, postcode: &str) -> bool {
        let key = key(country, postcode).expect("a postcode");
        prefixes(country, area).expect("an area").iter().any(|prefix| key.starts_with(prefix))
    }

    #[test]
    fn areas_hold_their_postcodes() {
        for (country, area, postcode, holds) in [
            ("DE", "80", "80331", true),
            ("DE", "80", "81331", false),
            ("DE", "80000-81999", "D-81999", true),
            ("DE", "80000-81999", "82000", false),
            ("DE", "01", "1067", true),
            ("US", "94105-1234", "94105", true),
            ("US", "941", "94105-1234", true),
            ("GB", "M", "M1 1AE", true),
            ("GB", "M", "ME1 1AE", false),
            ("GB", "M1", "M1 1AE", true),
            ("GB", "M1", "m11ae", true),
            ("GB", "M1", "M11 1AE", false),
            ("GB", "SW1", "SW1A 1AA", true),
            ("GB", "SW1A", "SW1A1AA", true),
            ("GB", "SW1", "SW10 0AA", false),
            ("GB", "M1 1", "M1 1AE", true),
            ("GB", "M1 1", "M1 2AE", false),
            ("GB", "M1-M9", "M8 8AA", true),
            ("GB", "M1-M9", "M11 8AA", false),
            ("NL", "1000-1099", "1012 AB", true),
            ("PL", "00-950", "00-950", true),
            ("PL", "00-000 - 09-999", "05-500", true),
            ("CA", "K1A", "K1A 0B1", true),
        ] {
            assert_eq!(within(country, area, postcode), holds, "{postcode} in {area} of {country}");
        }
    }

    #[test]
    fn ranges_become_the_fewest_prefixes() {
        assert_eq!(prefixes("DE", "80000-81999").as_deref(), Ok(&["80".to_owned(), "81".to_owned()][..]));
        assert_eq!(prefixes("DE", "09998-10001").expect("a range"), ["09998", "09999", "10000", "10001"]);
        assert_eq!(prefixes("DE", "00000-99999").expect("a range").len(), 10);
        for bad in ["", "abc", "81999-80000", "80-81999", "x-y"] {
            assert!(prefixes("DE", bad).is_err(), "{bad}");
        }
        assert!(prefixes("GB", "M1-S9").is_err());
        assert!(prefixes("GB", "MMM1").is_err());
    }

    #[test]
    fn examples_lie_in_their_area_and_read_like_it() {
        for (country, area) in [("DE", "80"), ("GB", "M1"), ("GB", "SW1A"), ("GB", "B"), ("US", "941"), ("CA", "K1A")] {
            let prefix = &prefixes(country, area).expect("an area")[0];
            assert!(within(country, area, &example(country, prefix)), "{area}: {}", example(country, prefix));
        }
        assert_eq!(show("DE", "80"), "80000-80999");
        assert_eq!(show("GB", "M.01"), "M1");
        assert_eq!(example("GB", "SW01A"), "SW1A 1AA");
    }
}
