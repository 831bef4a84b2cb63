//! The leads behind a figure.

use pointsman_measure::kpi::{Kpi, Selection};
use pointsman_report::{
    Cx,
    kpi::{About, ListReport, list_page},
    text,
};

use super::{input::Measuring, listed, say, write};
use crate::args::kpi::KpiArgs;
use crate::{Done, output};

pub fn run(
    args: &KpiArgs,
    kpi: Kpi,
    measuring: &Measuring,
    selection: &Selection,
    about: About,
) -> anyhow::Result<Done> {
    let list = measuring.kpis().behind(kpi, selection, args.part, 0, args.limit);
    let word = |name: Option<_>| name.map_or("", |name| measuring.names.text(name)).to_owned();
    let report = ListReport {
        about,
        kpi,
        part: args.part,
        words: list.leads.iter().map(|lead| [word(lead.rep), word(lead.team), word(lead.source)]).collect(),
        days: list.leads.iter().map(|lead| measuring.day(lead.arrived_at)).collect(),
        list: &list,
        next: None,
    };
    let written = write(args.html.as_deref(), &report, |other, cx| list_page(&report, other, cx))?;
    if args.json {
        output::json(&listed(&list))?;
        return Ok(Done::Fine);
    }
    let page = list_page(&report, None, Cx::EN);
    let section = &page.sections[0];
    let tables: Vec<String> = section.tables.iter().map(text::table).collect();
    output::text(format!("{}\n{}\n\n{}", page.title, section.sentence, tables.join("\n").trim_end()))?;
    say(&written);
    Ok(Done::Fine)
}
