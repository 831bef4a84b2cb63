//! What figures are measured on, from a workspace.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, bail};
use pointsman_domain::{Currency, Instant, Micros};
use pointsman_measure::{
    kpi::{Days, Dimension, Feeds, Filter, KpiSpec, Kpis, LeadTable, Selection},
    roi::Date,
    rows::{IMPORTED, LeadRow, LocalDay, Name, Names, RepDayRow},
};
use pointsman_pipeline::{KpiRead, kpi_input};
use pointsman_report::Day;
use pointsman_server::kpi::Measured;
use pointsman_store::Projector;
use pointsman_workhours::{Calendar, Zone};

use crate::args::kpi::PeriodArgs;
use crate::{clock, settings::Settings, store, workspace};

/// Rows with everything around them.
#[derive(Debug)]
pub struct Measuring {
    pub table: LeadTable,
    pub rep_days: Vec<RepDayRow>,
    pub names: Names,
    pub spec: KpiSpec,
    pub feeds: Feeds,
    pub currency: Currency,
    pub zone: Zone,
}

/// Rows as their source gives them.
struct Rows {
    names: Names,
    leads: Vec<LeadRow>,
    rep_days: Vec<RepDayRow>,
    as_of: Instant,
    currency: Option<Currency>,
}

/// Days without a period: thirteen weeks.
const WEEKS_DAYS: i32 = 91;
/// Years around the history that working hours are laid out for.
const SPARE_YEARS: i16 = 1;

impl Measuring {
    /// Of the live store where it has leads; else, or with a condition, of the imported tables.
    pub fn read(folder: &Path, condition: Option<&str>, imported: bool) -> anyhow::Result<Self> {
        let spec = spec(folder)?;
        let live = if condition.is_none() && !imported { rows_of_store(folder, &spec)? } else { None };
        if let Some(measuring) = live {
            return Ok(measuring);
        }
        let settings = folder.join(Settings::FILE).exists().then(|| Settings::read(folder)).transpose()?;
        let zone = Zone::new(settings.as_ref().map_or("UTC", |settings| &*settings.zone))?;
        let rows = rows_of_history(folder, &spec, &zone, condition)?;
        let mut names = rows.names;
        let calendars = calendars(folder, &spec, &mut names, &rows.leads, rows.as_of)?;
        let by_hand: Vec<Name> = ["named", "crm", IMPORTED].iter().filter_map(|word| names.find(word)).collect();
        let mut table = LeadTable::new(rows.as_of, calendars);
        rows.leads.iter().for_each(|row| table.push(row, |name| by_hand.contains(&name)));
        let feeds = Feeds::of(&table, &rows.rep_days, &spec);
        let currency = rows.currency.or(settings.map(|settings| settings.currency)).unwrap_or(Currency::EUR);
        Ok(Self { table, rep_days: rows.rep_days, names, spec, feeds, currency, zone })
    }

    pub fn kpis(&self) -> Kpis<'_> {
        Kpis {
            table: &self.table,
            rep_days: &self.rep_days,
            names: &self.names,
            spec: &self.spec,
            feeds: &self.feeds,
            currency: self.currency,
        }
    }

    /// The days that are asked for, or the last thirteen weeks that the rows know.
    pub fn days(&self, period: &PeriodArgs) -> anyhow::Result<Days> {
        let day = |date: Date| LocalDay(date.unix_days() as i32);
        if let Some(quarter) = &period.quarter {
            return quarter_days(quarter);
        }
        let parse = |text: &str| text.parse::<Date>().map(day).map_err(anyhow::Error::from);
        let days = match (&period.from, &period.until) {
            (Some(from), Some(until)) => Days { from: parse(from)?, until: parse(until)? },
            _ => {
                let until = self.zone.local_day(self.table.as_of()) + 1;
                Days { from: LocalDay(until - WEEKS_DAYS), until: LocalDay(until) }
            }
        };
        if days.is_empty() {
            bail!("--until must come after --from");
        }
        Ok(days)
    }

    /// `DIMENSION=NAME,NAME`; an empty name is "not known".
    pub fn selection(&self, filters: &[String]) -> anyhow::Result<Selection> {
        let filters = filters.iter().map(|text| self.filter(text)).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Selection { days: None, filters })
    }

    fn filter(&self, text: &str) -> anyhow::Result<Filter> {
        let (dimension, names) = text.split_once('=').with_context(|| format!("'{text}' is no DIMENSION=NAME"))?;
        let known = || Dimension::ALL.map(Dimension::slug).join(", ");
        let dimension = Dimension::parse(dimension)
            .with_context(|| format!("'{dimension}' is no dimension; there are {}", known()))?;
        let find = |name: &str| -> anyhow::Result<Option<Name>> {
            if name.is_empty() {
                return Ok(None);
            }
            let found = self.names.find(name);
            found.map(Some).with_context(|| format!("no lead has {} '{name}'", dimension.slug()))
        };
        Ok(Filter { dimension, names: names.split(',').map(find).collect::<anyhow::Result<_>>()? })
    }

    pub fn day(&self, at: Instant) -> Day {
        Day::from_unix_days(i64::from(self.zone.local_day(at)))
    }
}

/// `2026-Q3` as days.
pub fn quarter_days(text: &str) -> anyhow::Result<Days> {
    let fault = || format!("'{text}' is no quarter: write it as 2026-Q3");
    let (year, quarter) = text.split_once("-Q").with_context(fault)?;
    let (year, quarter): (i32, u8) = (year.parse().with_context(fault)?, quarter.parse().with_context(fault)?);
    let first =
        (1..=4).contains(&quarter).then(|| Date::new(year, quarter * 3 - 2, 1)).flatten().with_context(fault)?;
    let day = |date: Date| LocalDay(date.unix_days() as i32);
    Ok(Days { from: day(first), until: day(first.plus_months(3)) })
}

/// `DIR/kpi.toml`, or what holds without one.
fn spec(folder: &Path) -> anyhow::Result<KpiSpec> {
    let path = folder.join(KpiSpec::FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => KpiSpec::parse(&text).with_context(|| format!("{}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(KpiSpec::default()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Of the live store, brought to where its record stands; `None` without a store or without a lead
/// in it.
fn rows_of_store(folder: &Path, spec: &KpiSpec) -> anyhow::Result<Option<Measuring>> {
    if !folder.join(Settings::FILE).exists() || !store::exists(folder)? {
        return Ok(None);
    }
    let live = super::super::experiment::desk::live(folder)?;
    let (opened, now) = (store::open_existing(folder)?, clock::now());
    let mut projector = Projector::new(&*opened)?;
    let followed = projector.catch_up().and_then(|_| projector.rep_days(now));
    followed.context("cannot bring what is reported up to date")?;
    let made = Measured::read(&mut *opened.reader()?, &live.snapshot, spec.clone(), now)?;
    let Measured { table, names, rep_days, spec, feeds, currency, zone, .. } = made;
    Ok((!table.is_empty()).then_some(Measuring { table, rep_days, names, spec, feeds, currency, zone }))
}

/// Of the imported canonical tables; "now" is the last thing that they know.
fn rows_of_history(folder: &Path, spec: &KpiSpec, zone: &Zone, condition: Option<&str>) -> anyhow::Result<Rows> {
    workspace::history(folder)?;
    let read = KpiRead { zone, segment: spec.segment.as_deref(), calendar: spec.calendar.as_deref(), condition };
    let mut input = kpi_input(folder, &read)?;
    let as_of = input.latest.context("the history is empty")?;
    let rep_days = super::days::of_history(folder, &input.leads, &mut input.names, as_of)?;
    Ok(Rows { names: input.names, leads: input.leads, rep_days, as_of, currency: input.currency })
}

fn calendars(
    folder: &Path,
    spec: &KpiSpec,
    names: &mut Names,
    leads: &[LeadRow],
    as_of: Instant,
) -> anyhow::Result<BTreeMap<Name, Calendar>> {
    let Some(calendar) = &spec.calendar else { return Ok(BTreeMap::new()) };
    let path = folder.join("calendars").join(format!("{calendar}.toml"));
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let file = toml::from_str(&text).with_context(|| format!("cannot read {}", path.display()))?;
    let year = |at: Instant| (1970 + at.unix_micros().div_euclid(Micros::DAY.0 * 365)) as i16;
    let first = leads.iter().map(|row| row.arrived_at).min().unwrap_or(as_of);
    let years = year(first) - SPARE_YEARS..=year(as_of) + SPARE_YEARS;
    Ok([(names.intern(calendar), Calendar::new(&file, years)?)].into())
}
