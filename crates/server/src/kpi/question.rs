//! Period and filters of an address, and who asks.

use pointsman_measure::{
    kpi::{Days, Dimension, Filter, Part, Selection},
    roi::Date,
    rows::LocalDay,
};

use super::Measured;
use crate::{
    access::{Rights, Scope},
    address::Wrong,
    error::Problem,
    openapi::Parameter,
};

/// What addresses of figures may say.
pub const PARAMETERS: &[Parameter] = &[
    ("query", "quarter", "Leads that arrived in this quarter: 2026-Q3.", false),
    (
        "query",
        "from",
        "Leads that arrived on this local date or later; with 'until'. The last thirteen weeks, if absent.",
        false,
    ),
    ("query", "until", "The first local date that is no longer in the period.", false),
    (
        "query",
        "source",
        "Only these, with commas between; an empty name is 'not known'. So with every dimension: channel, campaign, country, industry, size, language, product, direction, segment, pool, team, rep, policy, policy-version, rule, path, experiment, variant.",
        false,
    ),
    ("query", "lang", "en or de: the language of pages; figures are the same in both.", false),
];

/// The same for one figure and for lists, which have an id and pages.
pub const LIST_PARAMETERS: &[Parameter] = &[
    ("path", "id", "The figure: speed-to-lead, conversion …", true),
    PARAMETERS[0],
    PARAMETERS[1],
    PARAMETERS[2],
    PARAMETERS[3],
    PARAMETERS[4],
    ("query", "part", "all, counted, hits, misses or pending.", false),
    ("query", "cursor", "'next' of the page before.", false),
    ("query", "limit", "Rows of a page, 1 to 200; 50 if absent.", false),
];

/// What the caller may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visible {
    /// Figures of single reps.
    pub reps: bool,
    /// Only this rep's leads; `Some(None)` none at all.
    pub only: Option<Option<String>>,
}

impl Visible {
    pub fn of(rights: &Rights) -> Self {
        let only = rights.only().map(|rep| rep.map(ToString::to_string));
        Self { reps: rights.scopes.has(Scope::RepsRead) && only.is_none(), only }
    }
}

/// An address, read as far as it can be without the columns.
#[derive(Debug, Clone)]
pub struct Question {
    pub visible: Visible,
    days: Option<Days>,
    filters: Vec<(Dimension, String)>,
    pub part: Part,
    pub skip: usize,
    pub limit: usize,
    /// Period and filters as they came, for links.
    pub kept: String,
}

/// Rows of a page at most.
const MOST: usize = 200;

impl Question {
    pub fn read(pairs: &[(String, String)], rights: &Rights) -> Result<Self, Problem> {
        let mut question = Self {
            visible: Visible::of(rights),
            days: None,
            filters: Vec::new(),
            part: Part::All,
            skip: 0,
            limit: 50,
            kept: String::new(),
        };
        question.days = period_of(pairs)?;
        for (name, value) in pairs {
            let kept = match name.as_str() {
                "quarter" | "from" | "until" => true,
                "lang" if matches!(value.as_str(), "en" | "de") => false,
                "lang" => return Err(Problem::Address(Wrong::Language { given: value.clone() })),
                "part" => {
                    let known = || Part::ALL.map(Part::slug).join(", ");
                    let fault = || Problem::Address(Wrong::NotOneOf { name: "part", known: known() });
                    question.part = Part::parse(value).ok_or_else(fault)?;
                    false
                }
                "cursor" => {
                    let fault = || Problem::Address(Wrong::Cursor);
                    question.skip = value.parse().map_err(|_| fault())?;
                    false
                }
                "limit" => {
                    let read = value.parse().ok().filter(|limit| (1..=MOST).contains(limit));
                    let fault = || Problem::Address(Wrong::NotANumber { name: "limit", most: MOST });
                    question.limit = read.ok_or_else(fault)?;
                    false
                }
                other => {
                    let fault = || Problem::Address(Wrong::UnknownOfFigures { name: other.into() });
                    let dimension = Dimension::parse(other).ok_or_else(fault)?;
                    question.filter(dimension, value)?;
                    true
                }
            };
            if kept {
                question.keep(name, value);
            }
        }
        Ok(question)
    }

    fn filter(&mut self, dimension: Dimension, value: &str) -> Result<(), Problem> {
        if dimension == Dimension::Rep && !self.visible.reps {
            return Err(Problem::Forbidden { needs: Scope::RepsRead });
        }
        self.filters.push((dimension, value.to_owned()));
        Ok(())
    }

    fn keep(&mut self, name: &str, value: &str) {
        let and = if self.kept.is_empty() { "" } else { "&" };
        self.kept += &format!("{and}{name}={}", encoded(value));
    }

    pub fn days(&self, measured: &Measured) -> Days {
        self.days.unwrap_or_else(|| measured.usual_days())
    }

    /// Which leads, by the numbers of these columns; a name that no lead has selects none.
    pub fn selection(&self, measured: &Measured) -> Selection {
        let named = |text: &str| -> Filter {
            let names = text.split(',').filter_map(|name| match name {
                "" => Some(None),
                name => measured.names.find(name).map(Some),
            });
            Filter { dimension: Dimension::Source, names: names.collect() }
        };
        let mut filters: Vec<Filter> =
            self.filters.iter().map(|(dimension, text)| Filter { dimension: *dimension, ..named(text) }).collect();
        if let Some(only) = &self.visible.only {
            let name = only.as_ref().and_then(|rep| measured.names.find(rep));
            filters.push(Filter { dimension: Dimension::Rep, names: name.map(Some).into_iter().collect() });
        }
        Selection { days: None, filters }
    }

    /// What a figure's page is told by.
    pub fn dimensions(&self) -> Vec<Dimension> {
        let by = [
            Dimension::Team,
            Dimension::Rep,
            Dimension::Source,
            Dimension::Segment,
            Dimension::Path,
            Dimension::Rule,
            Dimension::Variant,
        ];
        by.into_iter().filter(|dimension| self.visible.reps || *dimension != Dimension::Rep).collect()
    }
}

/// The period that an address names.
pub fn period_of(pairs: &[(String, String)]) -> Result<Option<Days>, Problem> {
    let named = |name: &str| pairs.iter().rfind(|(one, _)| one == name).map(|(_, value)| value.as_str());
    let days = named("quarter").map(quarter).transpose()?;
    let [from, until] = ["from", "until"].map(|name| named(name).map(|value| date(name, value)).transpose());
    match (days, from?, until?) {
        (None, Some(from), Some(until)) if from < until => Ok(Some(Days { from, until })),
        (days, None, None) => Ok(days),
        (None, Some(_), Some(_)) => Err(Problem::Address(Wrong::UntilBeforeFrom)),
        _ => Err(Problem::Address(Wrong::Period)),
    }
}

/// The names of a day's quarter and of the one before.
pub fn quarter_names(today: i32) -> [String; 2] {
    quarters_until(LocalDay(today)).map(|days| {
        let text = days.from.text();
        let month: u8 = text.get(5..7).and_then(|month| month.parse().ok()).unwrap_or(1);
        format!("{}-Q{}", text.get(..4).unwrap_or_default(), month.div_ceil(3))
    })
}

/// A value as it stands in an address.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~,".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

fn date(name: &str, text: &str) -> Result<LocalDay, Problem> {
    let read: Result<Date, _> = text.parse();
    let fault = |_| Problem::Address(Wrong::NotADate { name: name.into() });
    Ok(LocalDay(read.map_err(fault)?.unix_days() as i32))
}

fn quarter(text: &str) -> Result<Days, Problem> {
    let fault = || Problem::Address(Wrong::NotAQuarter);
    let (year, quarter) = text.split_once("-Q").ok_or_else(fault)?;
    let (year, quarter): (i32, u8) = (year.parse().map_err(|_| fault())?, quarter.parse().map_err(|_| fault())?);
    let first = (1..=4).contains(&quarter).then(|| Date::new(year, quarter * 3 - 2, 1)).flatten().ok_or_else(fault)?;
    let day = |date: Date| LocalDay(date.unix_days() as i32);
    Ok(Days { from: day(first), until: day(first.plus_months(3)) })
}

/// The quarter of a day, and the one before.
pub(super) fn quarters_until(today: LocalDay) -> [Days; 2] {
    let text = today.text();
    let number = |part: std::ops::Range<usize>| text.get(part).and_then(|part| part.parse::<i32>().ok()).unwrap_or(1);
    // Quarters counted from year 0.
    let now = number(0..4) * 4 + (number(5..7) - 1) / 3;
    let first = |quarter: i32| {
        let date = Date::new(quarter / 4, (quarter % 4 * 3 + 1) as u8, 1);
        LocalDay(date.map_or(today.0, |date| date.unix_days() as i32))
    };
    [now, now - 1].map(|quarter| Days { from: first(quarter), until: first(quarter + 1) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{RepFigures, Role, Via};

    fn rights(role: Role) -> Rights {
        let scopes = role.scopes(&RepFigures::default());
        Rights { name: "x".into(), scopes, via: Via::Key, rep: None, role: Some(role) }
    }

    fn read(query: &[(&str, &str)], role: Role) -> Result<Question, Problem> {
        let pairs: Vec<_> = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Question::read(&pairs, &rights(role))
    }

    #[test]
    fn an_address_is_read_whole_or_refused() {
        let question = read(&[("quarter", "2026-Q3"), ("team", "north,"), ("lang", "de")], Role::Ops).unwrap();
        let days = question.days.unwrap();
        assert_eq!((days.from.text(), days.until.text()), ("2026-07-01".into(), "2026-10-01".into()));
        assert_eq!(question.kept, "quarter=2026-Q3&team=north,");
        for bad in [
            [("quarter", "2026-Q5")],
            [("from", "2026-01-01")],
            [("until", "soon")],
            [("colour", "red")],
            [("limit", "0")],
            [("lang", "fr")],
            [("part", "some")],
        ] {
            assert!(matches!(read(&bad, Role::Ops), Err(Problem::Address(_))), "{bad:?}");
        }
        assert!(read(&[("from", "2026-02-01"), ("until", "2026-01-01")], Role::Ops).is_err());
    }

    #[test]
    fn quarters_end_where_the_next_begins() {
        let told = |text: &str| {
            let day = date("from", text).unwrap();
            quarters_until(day).map(|days| format!("{} {}", days.from.text(), days.until.text()))
        };
        assert_eq!(told("2026-02-28"), ["2026-01-01 2026-04-01", "2025-10-01 2026-01-01"]);
        assert_eq!(told("2026-12-31"), ["2026-10-01 2027-01-01", "2026-07-01 2026-10-01"]);
        assert_eq!(quarter_names(date("from", "2026-02-28").unwrap().0), ["2026-Q1", "2025-Q4"]);
    }

    #[test]
    fn figures_of_single_reps_need_their_scope() {
        assert!(read(&[("rep", "ada")], Role::Ops).is_ok());
        assert!(matches!(read(&[("rep", "ada")], Role::Viewer), Err(Problem::Forbidden { .. })));
        assert!(!read(&[], Role::Viewer).unwrap().dimensions().contains(&Dimension::Rep));
    }
}
