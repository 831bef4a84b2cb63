//! Results as plain tables, for CSV, Parquet and whoever reads them elsewhere.

use pointsman_domain::Instant;

use crate::{
    Share,
    flow::{Dropped, Flow, FlowLog},
};

/// A table with typed columns of equal length.
#[derive(Debug, Clone, PartialEq)]
pub struct DataTable {
    /// A file's name without ending.
    pub name: &'static str,
    pub columns: Vec<(Box<str>, Cells)>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    Text(Vec<Option<Box<str>>>),
    Integer(Vec<Option<i64>>),
    Number(Vec<Option<f64>>),
    Time(Vec<Option<Instant>>),
}

impl Cells {
    pub fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.len(),
            Self::Integer(cells) => cells.len(),
            Self::Number(cells) => cells.len(),
            Self::Time(cells) => cells.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl DataTable {
    fn new(name: &'static str) -> Self {
        Self { name, columns: Vec::new() }
    }

    fn text<'a>(mut self, name: &str, cells: impl Iterator<Item = Option<&'a str>>) -> Self {
        self.columns.push((name.into(), Cells::Text(cells.map(|cell| cell.map(Into::into)).collect())));
        self
    }

    fn integer(mut self, name: &str, cells: impl Iterator<Item = i64>) -> Self {
        self.columns.push((name.into(), Cells::Integer(cells.map(Some).collect())));
        self
    }

    fn maybe_integer(mut self, name: &str, cells: impl Iterator<Item = Option<i64>>) -> Self {
        self.columns.push((name.into(), Cells::Integer(cells.collect())));
        self
    }

    fn number(mut self, name: &str, cells: impl Iterator<Item = Option<f64>>) -> Self {
        self.columns.push((name.into(), Cells::Number(cells.collect())));
        self
    }

    fn time(mut self, name: &str, cells: impl Iterator<Item = Option<Instant>>) -> Self {
        self.columns.push((name.into(), Cells::Time(cells.collect())));
        self
    }

    /// Hits, trials, and the share with its interval.
    fn share(self, name: &str, shares: impl Iterator<Item = Share>) -> Self {
        let shares: Vec<Share> = shares.collect();
        let estimate = |of: fn(crate::Estimate) -> f64| shares.iter().map(move |share| share.estimate().map(of));
        self.integer(&format!("{name}_hits"), shares.iter().map(|share| share.hits as i64))
            .integer(&format!("{name}_n"), shares.iter().map(|share| share.n as i64))
            .number(&format!("{name}_share"), estimate(|e| e.value))
            .number(&format!("{name}_low"), estimate(|e| e.low))
            .number(&format!("{name}_high"), estimate(|e| e.high))
    }
}

/// Every list of the flow report as a table.
pub fn flow_tables(flow: &Flow, log: &FlowLog) -> Vec<DataTable> {
    let (process, people) = (&flow.process, &flow.people);
    vec![
        leads(flow, log),
        DataTable::new("edges")
            .text("from", process.edges.iter().map(|edge| Some(&*edge.from)))
            .text("to", process.edges.iter().map(|edge| Some(&*edge.to)))
            .integer("count", process.edges.iter().map(|edge| edge.count as i64))
            .number("median_seconds", process.edges.iter().map(|edge| Some(edge.median_seconds)))
            .number("p90_seconds", process.edges.iter().map(|edge| Some(edge.p90_seconds)))
            .number("total_seconds", process.edges.iter().map(|edge| Some(edge.total_seconds)))
            .number("share_of_waiting", process.edges.iter().map(|edge| Some(edge.share_of_waiting)))
            .number("working_seconds", process.edges.iter().map(|edge| Some(edge.working_seconds))),
        variants(flow),
        DataTable::new("steps")
            .text("step", process.steps.iter().map(|row| Some(&*row.step)))
            .integer("events", process.steps.iter().map(|row| row.events as i64))
            .integer("leads", process.steps.iter().map(|row| row.leads as i64))
            .integer("human", process.steps.iter().map(|row| row.human as i64))
            .integer("loops", process.steps.iter().map(|row| row.repeated.loops as i64))
            .integer("rework", process.steps.iter().map(|row| row.repeated.rework as i64)),
        sources(flow),
        DataTable::new("reps")
            .text("rep", people.reps.iter().map(|row| Some(row.rep.as_str())))
            .integer("touches", people.reps.iter().map(|row| row.touches as i64))
            .integer("leads", people.reps.iter().map(|row| row.leads as i64))
            .integer("first_touches", people.reps.iter().map(|row| row.first_touches as i64))
            .share("won", people.reps.iter().map(|row| row.won)),
        DataTable::new("hand_offs")
            .text("from", people.pairs.iter().map(|pair| Some(pair.from.as_str())))
            .text("to", people.pairs.iter().map(|pair| Some(pair.to.as_str())))
            .integer("count", people.pairs.iter().map(|pair| pair.count as i64))
            .number("total_seconds", people.pairs.iter().map(|pair| Some(pair.total_seconds))),
        DataTable::new("hours")
            .integer("weekday", flow.touch.by_hour.iter().map(|cell| i64::from(cell.weekday)))
            .integer("hour", flow.touch.by_hour.iter().map(|cell| i64::from(cell.hour)))
            .integer("leads", flow.touch.by_hour.iter().map(|cell| cell.leads as i64))
            .number("median_seconds", flow.touch.by_hour.iter().map(|cell| cell.median_seconds)),
    ]
}

fn leads(flow: &Flow, log: &FlowLog) -> DataTable {
    let rows = &flow.rows;
    let ids: Vec<String> = rows.iter().map(|row| row.lead.to_string()).collect();
    let dropped = |dropped: Dropped| match dropped {
        Dropped::NeverTouched => "never_touched",
        Dropped::TouchedOnce => "touched_once",
    };
    DataTable::new("leads")
        .text("lead_id", ids.iter().map(|id| Some(id.as_str())))
        .text("source", rows.iter().map(|row| Some(&*log.sources[row.source as usize])))
        .time("at", rows.iter().map(|row| Some(row.at)))
        .time("first_touch", rows.iter().map(|row| row.first_touch))
        .time("closed", rows.iter().map(|row| row.closed))
        .integer("won", rows.iter().map(|row| i64::from(row.won)))
        .integer("events", rows.iter().map(|row| i64::from(row.events)))
        .integer("touches", rows.iter().map(|row| i64::from(row.touches)))
        .integer("hand_offs", rows.iter().map(|row| i64::from(row.hand_offs)))
        .integer("ping_pongs", rows.iter().map(|row| i64::from(row.ping_pongs)))
        .integer("repeated", rows.iter().map(|row| i64::from(row.repeated)))
        .maybe_integer("variant", rows.iter().map(|row| row.variant.map(|number| i64::from(number) + 1)))
        .text("dropped", rows.iter().map(|row| row.dropped.map(dropped)))
}

fn variants(flow: &Flow) -> DataTable {
    let variants = &flow.process.variants;
    let steps: Vec<String> = variants.iter().map(|variant| variant.steps.join(" → ")).collect();
    DataTable::new("variants")
        .integer("variant", (1..=variants.len()).map(|number| number as i64))
        .integer("leads", variants.iter().map(|variant| variant.leads as i64))
        .number("share", variants.iter().map(|variant| Some(variant.share)))
        .number("median_seconds", variants.iter().map(|variant| Some(variant.median_seconds)))
        .share("won", variants.iter().map(|variant| variant.won))
        .text("steps", steps.iter().map(|steps| Some(steps.as_str())))
}

fn sources(flow: &Flow) -> DataTable {
    let sources = &flow.sources;
    let mut table = DataTable::new("sources")
        .text("source", sources.iter().map(|row| Some(&*row.source)))
        .share("leads", sources.iter().map(|row| row.leads))
        .share("won", sources.iter().map(|row| row.won));
    let attributes = sources.first().map_or(0, |row| row.filled.len());
    for at in 0..attributes {
        let name = format!("filled_{}", sources[0].filled[at].attribute);
        table = table.number(&name, sources.iter().map(|row| row.filled[at].filled.value()));
    }
    table
}
