//! Three recommendations with the figure behind each.

use pointsman_measure::kpi::{Advice, Kpi, KpiResult};

use super::{BriefReport, money};
use crate::{
    Cx, Locale, Section, Table, Unit,
    kpi::{show, show_p_value, show_range},
    table::{Column, Row},
    words::{brief as words, kpi as kpi_words, roi as roi_words},
};

pub(super) struct Said {
    pub what: String,
    pub figure: String,
    /// The figure's number alone.
    pub number: String,
}

/// At most three; where money is only compared with before, the last is to hold leads out.
pub(super) fn all(report: &BriefReport<'_>, l: Locale) -> Vec<Said> {
    let mut said: Vec<Said> = report.brief.advice.iter().map(|advice| one(advice, report, l)).collect();
    if let Some(judged) = report.roi.and_then(|result| result.counted()) {
        let design = judged.evidence.design;
        if !design.is_randomised() {
            said.truncate(2);
            let figure = words::hold_out_figure(l, &roi_words::design_of(l, design));
            let effect = Unit::points(1).show(l, judged.evidence.effect.value);
            said.push(Said { what: words::hold_out(l), figure, number: effect });
        }
    }
    said
}

fn one(advice: &Advice, report: &BriefReport<'_>, l: Locale) -> Said {
    let currency = report.about.currency;
    let number = |result: &KpiResult| result.value().map_or("–".into(), |v| show(l, result.kpi, v.value, currency));
    let figure = |result: &KpiResult| {
        let range = result.value().map_or_else(String::new, |value| show_range(l, result.kpi, value, currency));
        let range = if range.is_empty() { range } else { format!(" ({range})") };
        format!("{}: {}{range}", kpi_words::name_of(l, result.kpi), number(result))
    };
    match advice {
        Advice::RescueLost { lost, worth } => {
            let worth = worth.map_or_else(String::new, |worth| format!(" = {}", money(l, report, worth.total.value)));
            Said { what: words::rescue(l), figure: figure(lost) + &worth, number: number(lost) }
        }
        Advice::KeepPromises { breaches, cause, count } => Said {
            what: words::keep_promises(l, &kpi_words::cause_of(l, *cause)),
            figure: format!("{}; {}", figure(breaches), kpi_words::n_breaches(l, *count)),
            number: number(breaches),
        },
        Advice::SpeedUp { slowest } => Said {
            what: words::speed_up(l, &kpi_words::dimension_of(l, slowest.dimension), &slowest.text),
            figure: words::speed_figure(l, &number(&slowest.group), &number(&slowest.all)),
            number: number(&slowest.group),
        },
        Advice::RouteByFit { best, best_share, worst, worst_share, p_value } => {
            let share = |share: f64| Unit::percent(1).show(l, share);
            let p = show_p_value(l, *p_value);
            Said {
                what: words::route_by_fit(l),
                figure: words::fit_figure(l, best, &share(*best_share), worst, &share(*worst_share), &p),
                number: Unit::points(1).show(l, best_share - worst_share),
            }
        }
        Advice::EvenOut { gini, rep, deficit } => Said {
            what: words::even_out(l, rep),
            figure: words::deficit_figure(l, &l.number(*deficit, 1), &number(gini)),
            number: show(l, Kpi::LargestDeficit, *deficit, currency),
        },
        Advice::Connect { feed, figures } => {
            let n = words::n_figures(l, figures.len() as u64);
            Said {
                what: words::connect(l, &kpi_words::feed_of(l, *feed)),
                figure: words::connect_figure(l, &n),
                number: n,
            }
        }
    }
}

pub(super) fn section(report: &BriefReport<'_>, cx: Cx) -> Section {
    let l = cx.locale;
    let columns = vec![Column::text(words::recommendation(l)), Column::text(words::figure_behind(l))];
    let rows: Vec<Row> = all(report, l).into_iter().map(|said| Row::new(vec![said.what, said.figure])).collect();
    let sentence = if rows.is_empty() { words::next_none(l) } else { String::new() };
    let tables = if rows.is_empty() { Vec::new() } else { vec![Table::of(columns, rows.into_iter(), cx)] };
    Section { id: "advice".into(), heading: words::recommendations(l), sentence, tables, ..Section::default() }
}
