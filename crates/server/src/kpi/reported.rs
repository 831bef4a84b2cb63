//! Figures of single days, kept for dashboards elsewhere: `rpt_kpi_day_v1`.

use pointsman_measure::kpi::{Days, Dimension, Kpi, Measured as Result_, Selection, TrendPoint};
use pointsman_measure::rows::LocalDay;
use pointsman_store::{Projector, Reader, StoreError, load::Cell, loaded::Table, view::View};

use super::Measured;

const DAYS: Table = Table {
    name: "kpi_days",
    columns: &["day", "kpi", "dimension", "member", "n", "pending", "hits", "value", "low", "high", "not_measured"],
    conflict: "ON CONFLICT (day, kpi, dimension, member) DO UPDATE SET n = excluded.n, pending = excluded.pending,
        hits = excluded.hits, value = excluded.value, low = excluded.low, high = excluded.high,
        not_measured = excluded.not_measured",
};

/// Stretches of this many days are told day by day.
const STRETCH: i32 = 14;
/// Leads go on changing so long after they have had their time.
const AFTER_DAYS: i32 = 14;
/// Rows written at once.
const PART: usize = 512;

/// Whether no day has been kept yet.
pub fn nothing_kept(reader: &mut dyn Reader) -> Result<bool, StoreError> {
    let view = View::find("kpi_day").expect("it is one of the views");
    let mut nothing = true;
    let found = || StoreError::Refused { what: "to look further".into(), source: None };
    let read = reader.view(view, &mut |_| {
        nothing = false;
        Err(found())
    });
    match read {
        Err(StoreError::Refused { .. }) if !nothing => Ok(false),
        read => read.map(|()| nothing),
    }
}

/// Brings the figures of days up to date, as far back as leads may still change them; a first time,
/// all days there are. How many rows were written.
pub fn keep_days(measured: &Measured, projector: &mut Projector, first_time: bool) -> Result<u64, StoreError> {
    let Some((first, last)) = measured.table.days() else { return Ok(0) };
    let recent = measured.zone.local_day(measured.table.as_of()) - i32::from(measured.spec.maturity_days) - AFTER_DAYS;
    let from = if first_time { first } else { first.max(recent) };
    let mut written = 0;
    let mut at = from;
    while at <= last {
        let days = Days { from: LocalDay(at), until: LocalDay((at + STRETCH).min(last + 1)) };
        let rows = rows(measured, days);
        for part in rows.chunks(PART) {
            projector.keep(&[(DAYS, part.to_vec())])?;
        }
        written += rows.len() as u64;
        at += STRETCH;
    }
    Ok(written)
}

fn rows(measured: &Measured, days: Days) -> Vec<Vec<Cell<'static>>> {
    let kpis: Vec<Kpi> = Kpi::ALL.into_iter().filter(|kpi| kpi.is_of_leads()).collect();
    let all = Selection::default();
    let mut groups = vec![("all", String::new(), all.clone())];
    for dimension in [Dimension::Team, Dimension::Source] {
        let found = measured.kpis().breakdown(Kpi::Conversion, &all.in_days(days), dimension).groups;
        groups.extend(
            found.into_iter().map(|group| (dimension.slug(), group.text.to_string(), all.and(dimension, group.name))),
        );
    }
    let mut rows = Vec::new();
    for (by, group, selection) in groups {
        let trends = measured.kpis().trends(&kpis, &selection, days);
        rows.extend(
            trends
                .iter()
                .flatten()
                .filter(|point| point.result.n + point.result.pending > 0)
                .map(|point| row(by, &group, point)),
        );
    }
    rows
}

fn row(by: &str, group: &str, point: &TrendPoint) -> Vec<Cell<'static>> {
    let (result, value) = (&point.result, point.result.value());
    let why = match &result.measured {
        Result_::Value(_) => None,
        Result_::NotMeasured(why) => {
            serde_json::to_value(why).ok().and_then(|why| why["reason"].as_str().map(str::to_owned))
        }
    };
    vec![
        Cell::Int(Some(point.day.0.into())),
        Cell::Text(Some(result.kpi.slug().into())),
        Cell::Text(Some(by.to_owned().into())),
        Cell::Text(Some(group.to_owned().into())),
        Cell::Int(Some(result.n as i64)),
        Cell::Int(Some(result.pending as i64)),
        Cell::Int(value.and_then(|value| value.hits).map(|hits| hits as i64)),
        Cell::Float(value.map(|value| value.value)),
        Cell::Float(value.and_then(|value| value.low)),
        Cell::Float(value.and_then(|value| value.high)),
        Cell::Text(why.map(Into::into)),
    ]
}
