//! One cell of a territory: which values of its column it holds.

use pointsman_expr::{FieldKind, Row};

use super::{Column, postcode};

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Scope {
    /// An empty cell: every value, and a missing one.
    Any,
    /// Countries, cities, regions, industries …: words in small letters, sorted.
    Words(Vec<Box<str>>),
    /// The places of a choice's words, sorted.
    Choices(Vec<i64>),
    /// Prefixes by country, sorted; none is a prefix of another of the same country.
    Postcodes(Vec<(Box<str>, Box<str>)>),
    /// Whole numbers, both ends included.
    Numbers(Vec<(i64, i64)>),
}

impl Scope {
    /// Whether the cell holds the lead's value.
    pub fn holds(&self, column: &Column, lead: &Row, country: Option<&str>) -> bool {
        match self {
            Self::Any => true,
            Self::Words(words) => lead.text(column.field).is_some_and(|text| {
                let text = text.trim().to_lowercase();
                words.binary_search_by(|word| (**word).cmp(&text)).is_ok()
            }),
            Self::Choices(places) => lead.whole(column.field).is_some_and(|place| places.contains(&place)),
            Self::Numbers(ranges) => {
                lead.whole(column.field).is_some_and(|n| ranges.iter().any(|(low, high)| (*low..=*high).contains(&n)))
            }
            Self::Postcodes(areas) => {
                let Some((country, text)) = country.zip(lead.text(column.field)) else { return false };
                let Some(key) = postcode::key(country, text) else { return false };
                areas.iter().any(|(of, prefix)| **of == *country && key.starts_with(&**prefix))
            }
        }
    }

    /// How much the cell holds; narrower is smaller. If one cell holds all that another does, its
    /// size is at least the other's.
    pub fn size(&self) -> f64 {
        match self {
            Self::Any => f64::INFINITY,
            Self::Words(words) => words.len() as f64,
            Self::Choices(places) => places.len() as f64,
            // Up to 2^50 a float tells 250+ from 251+; no amount in cents is larger.
            Self::Numbers(ranges) => {
                ranges.iter().map(|(low, high)| (*high).min(1 << 50) as f64 - *low as f64 + 1.0).sum()
            }
            Self::Postcodes(areas) => areas.iter().map(|(country, prefix)| postcode::size(country, prefix)).sum(),
        }
    }

    /// Everything this cell holds, `other` holds too.
    pub fn within(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Any) => true,
            (Self::Words(a), Self::Words(b)) => a.iter().all(|word| b.binary_search(word).is_ok()),
            (Self::Choices(a), Self::Choices(b)) => a.iter().all(|place| b.contains(place)),
            (Self::Numbers(a), Self::Numbers(b)) => {
                a.iter().all(|(low, high)| b.iter().any(|(from, until)| from <= low && high <= until))
            }
            (Self::Postcodes(a), Self::Postcodes(b)) => a
                .iter()
                .all(|(country, prefix)| b.iter().any(|(of, area)| of == country && prefix.starts_with(&**area))),
            _ => false,
        }
    }

    /// A cell of what both hold; `None` where that is nothing.
    pub fn and(&self, other: &Self) -> Option<Self> {
        let both = match (self, other) {
            (Self::Any, scope) | (scope, Self::Any) => return Some(scope.clone()),
            (Self::Words(a), Self::Words(b)) => {
                Self::Words(a.iter().filter(|word| b.contains(word)).cloned().collect())
            }
            (Self::Choices(a), Self::Choices(b)) => {
                Self::Choices(a.iter().filter(|place| b.contains(place)).copied().collect())
            }
            (Self::Numbers(a), Self::Numbers(b)) => {
                let pairs = a.iter().flat_map(|x| b.iter().map(move |y| (x.0.max(y.0), x.1.min(y.1))));
                Self::Numbers(pairs.filter(|(low, high)| low <= high).collect())
            }
            (Self::Postcodes(a), Self::Postcodes(b)) => {
                let narrower = |x: &(Box<str>, Box<str>), y: &(Box<str>, Box<str>)| {
                    (x.0 == y.0 && x.1.starts_with(&*y.1)).then(|| x.clone())
                };
                let pairs =
                    a.iter().flat_map(|x| b.iter().filter_map(move |y| narrower(x, y).or_else(|| narrower(y, x))));
                Self::Postcodes(pairs.collect())
            }
            _ => return None,
        };
        (!both.is_empty()).then_some(both)
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Any => false,
            Self::Words(list) => list.is_empty(),
            Self::Choices(list) => list.is_empty(),
            Self::Postcodes(list) => list.is_empty(),
            Self::Numbers(list) => list.is_empty(),
        }
    }
}

/// Splits a cell into its items: `AT|CH`, `80|81`, `"Bern, Basel"`.
pub fn items(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(['|', ',', ';']).map(str::trim).filter(|item| !item.is_empty())
}

/// `250`, `50-249`, `500+`, `>=500`, `<50`, in the unit that `read` gives.
pub fn numbers(item: &str, read: impl Fn(&str) -> Option<i64>) -> Option<(i64, i64)> {
    let item = item.trim();
    let number = |text: &str| read(text.trim());
    if let Some(text) = item.strip_prefix(">=").or_else(|| item.strip_suffix('+')) {
        return Some((number(text)?, i64::MAX));
    }
    if let Some(text) = item.strip_prefix("<=") {
        return Some((0, number(text)?));
    }
    if let Some(text) = item.strip_prefix('>') {
        return Some((number(text)?.checked_add(1)?, i64::MAX));
    }
    if let Some(text) = item.strip_prefix('<') {
        return Some((0, number(text)?.checked_sub(1)?)).filter(|(low, high)| low <= high);
    }
    let (low, high) = match item.split_once(['-', '–']) {
        Some((low, high)) => (number(low)?, number(high)?),
        None => (number(item)?, number(item)?),
    };
    (low <= high).then_some((low, high))
}

/// Whether a column of this kind can divide a territory.
pub fn divides(kind: FieldKind) -> bool {
    !matches!(kind, FieldKind::Number | FieldKind::List | FieldKind::Date | FieldKind::Bool)
}
