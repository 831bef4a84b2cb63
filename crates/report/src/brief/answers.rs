//! The seven answers: a number, its interval, one sentence.

use pointsman_measure::{
    kpi::{Kpi, KpiResult, Measured},
    roi::Claim,
};

use super::{BriefReport, advice, money, money_range};
use crate::{
    Locale, Unit,
    kpi::{show, show_difference, show_range},
    part::Answer,
    words::{brief as words, kpi as kpi_words, roi as roi_words, tidy},
};

pub(super) fn all(report: &BriefReport<'_>, l: Locale) -> Vec<Answer> {
    let answers = [speed, lost, fit, brought, cause, cost, next].map(|answer| answer(report, l));
    answers.into_iter().map(|answer| Answer { sentence: tidy(&answer.sentence), ..answer }).collect()
}

fn figure<'a>(report: &'a BriefReport<'_>, kpi: Kpi) -> Option<&'a (KpiResult, KpiResult)> {
    report.brief.overview.figures.iter().find(|(now, _)| now.kpi == kpi)
}

/// Value and interval of a figure, or that there is none and why.
fn told(report: &BriefReport<'_>, kpi: Kpi, l: Locale) -> Result<[String; 2], String> {
    let Some((now, _)) = figure(report, kpi) else { return Err(String::new()) };
    match now.measured {
        Measured::Value(value) => {
            let currency = report.about.currency;
            Ok([show(l, kpi, value.value, currency), show_range(l, kpi, value, currency)])
        }
        Measured::NotMeasured(why) => Err(kpi_words::not_measured_because(l, &kpi_words::why_not(l, why)) + "."),
    }
}

fn silent(question: String, sentence: String, l: Locale) -> Answer {
    Answer { question, value: words::not_told(l), interval: String::new(), sentence }
}

fn speed(report: &BriefReport<'_>, l: Locale) -> Answer {
    let question = words::ask_speed(l);
    let [value, interval] = match told(report, Kpi::SpeedToLead, l) {
        Ok(told) => told,
        Err(why) => return silent(question, why, l),
    };
    let tile = report.brief.overview.board.figures.iter().find(|figure| figure.now.kpi == Kpi::SpeedToLead);
    let verdict = tile.and_then(|tile| {
        let (change, before) = (tile.change?, tile.before.value()?);
        let by = show_difference(l, Kpi::SpeedToLead, change.difference, report.about.currency);
        let before = show(l, Kpi::SpeedToLead, before.value, report.about.currency);
        Some(match change.better {
            Some(true) => words::speed_faster(l, &by, &before),
            Some(false) => words::speed_slower(l, &by, &before),
            None => words::speed_alike(l, &by, &before),
        })
    });
    let first = words::speed(l, &value, &verdict.unwrap_or_else(|| words::speed_alone(l)));
    let where_not = report.brief.slowest.as_ref().and_then(|slowest| {
        let median = slowest.group.value()?;
        let median = show(l, Kpi::SpeedToLead, median.value, report.about.currency);
        Some(words::slowest(l, &kpi_words::dimension_of(l, slowest.dimension), &slowest.text, &median))
    });
    let sentence = format!("{first} {}", where_not.unwrap_or_else(|| words::slowest_none(l)));
    Answer { question, value, interval, sentence }
}

fn lost(report: &BriefReport<'_>, l: Locale) -> Answer {
    let question = words::ask_lost(l);
    let [share, interval] = match told(report, Kpi::LostLeads, l) {
        Ok(told) => told,
        Err(why) => return silent(question, why, l),
    };
    let hits = figure(report, Kpi::LostLeads).and_then(|(now, _)| now.value()?.hits).unwrap_or(0);
    let leads = kpi_words::n_leads(l, hits);
    let worth = match report.brief.worth {
        Some(worth) => {
            let rate = Unit::percent(1).show(l, worth.wins_per_touched.value);
            let (total, range) = (money(l, report, worth.total.value), money_range(l, report, worth.total));
            words::lost_worth(l, &total, &range, &rate)
        }
        None if hits > 0 => words::lost_worth_none(l),
        None => String::new(),
    };
    let sentence = format!("{} {worth}", words::lost(l, &leads, &share));
    Answer { question, value: leads, interval, sentence: sentence.trim_end().to_owned() }
}

fn fit(report: &BriefReport<'_>, l: Locale) -> Answer {
    let question = words::ask_fit(l);
    let accuracy = told(report, Kpi::RoutingAccuracyLenient, l);
    let gini = told(report, Kpi::BalanceGini, l);
    let spread = report.brief.overview.reps.as_ref().and_then(|reps| {
        let spread = reps.conversion.spread?;
        if !spread.is_real() {
            return Some(words::fit_alike(l));
        }
        let drawn = || reps.conversion.groups.iter().filter_map(|group| Some(group.shrunken?.value));
        let share = |share: f64| Unit::percent(1).show(l, share);
        let (best, worst) = (drawn().fold(0.0, f64::max), drawn().fold(1.0, f64::min));
        Some(words::fit_differ(l, &share(best), &share(worst)))
    });
    let mut sentences = vec![match &accuracy {
        Ok([share, range]) => words::fit_accuracy(l, share, range),
        Err(why) => format!("{}: {why}", kpi_words::name_of(l, Kpi::RoutingAccuracyLenient)),
    }];
    sentences.push(match &gini {
        Ok([gini, range]) if range.is_empty() => words::fit_gini(l, gini),
        Ok([gini, range]) => words::fit_gini(l, &format!("{gini} ({range})")),
        Err(why) => format!("{}: {why}", kpi_words::name_of(l, Kpi::BalanceGini)),
    });
    sentences.extend(spread);
    let [value, interval] = accuracy
        .or_else(|_| gini.map(|[gini, range]| [format!("Gini {gini}"), range]))
        .unwrap_or_else(|_| [words::not_told(l), String::new()]);
    Answer { question, value, interval, sentence: sentences.join(" ") }
}

fn brought(report: &BriefReport<'_>, l: Locale) -> Answer {
    let question = words::ask_money(l);
    let Some(result) = report.roi else {
        return silent(question, words::money_none(l, &words::no_roi(l)), l);
    };
    let benefit = result.roi.benefit;
    let mut sentence = words::money(l, &crate::roi::claim(result, l));
    let day = |date: pointsman_measure::roi::Date| l.date(crate::Day::from_unix_days(date.unix_days()));
    let (from, until) = (day(result.spec.period.from), day(result.spec.period.until));
    if from != l.date(report.about.from) {
        sentence = format!("{sentence} {}", words::money_other(l, &from, &until));
    }
    let (value, interval) = (money(l, report, benefit.value), money_range(l, report, benefit));
    Answer { question, value, interval, sentence }
}

fn cause(report: &BriefReport<'_>, l: Locale) -> Answer {
    let question = words::ask_cause(l);
    let Some(judged) = report.roi.and_then(|result| result.counted()) else {
        return silent(question, words::cause_none(l), l);
    };
    let design = roi_words::design_of(l, judged.evidence.design);
    let effect = judged.evidence.effect;
    let points = Unit::points(1);
    let sentence = match judged.claim {
        Claim::Caused => words::cause_randomised(l, &design),
        Claim::Undecided => roi_words::claim_of(l, Claim::Undecided),
        _ => words::cause_not(l, &design),
    };
    let (value, interval) = (points.show(l, effect.value), points.range(l, effect.low, effect.high));
    Answer { question, value, interval, sentence }
}

fn cost(report: &BriefReport<'_>, l: Locale) -> Answer {
    let question = words::ask_cost(l);
    let customer = told(report, Kpi::CostPerCustomer, l);
    let per_customer = customer.as_ref().ok().map(|[value, _]| words::cost_customer(l, value));
    match (report.roi, customer) {
        (Some(result), _) => {
            let cost = money(l, report, result.spec.cost().value);
            let percent = Unit::percent(0);
            let first = match result.roi.roi {
                Some(roi) => words::cost(l, &cost, &percent.show(l, roi.value), &percent.range(l, roi.low, roi.high)),
                None => words::cost_only(l, &cost),
            };
            let sentence = format!("{first} {}", per_customer.unwrap_or_default());
            Answer { question, value: cost, interval: String::new(), sentence: sentence.trim_end().to_owned() }
        }
        (None, Ok([value, interval])) => {
            Answer { question, value, interval, sentence: per_customer.unwrap_or_default() }
        }
        (None, Err(why)) => silent(question, why, l),
    }
}

fn next(report: &BriefReport<'_>, l: Locale) -> Answer {
    let question = words::ask_next(l);
    match advice::all(report, l).into_iter().next() {
        Some(first) => Answer {
            question,
            value: first.number,
            interval: String::new(),
            sentence: words::next(l, &format!("{} ({}).", first.what, first.figure)),
        },
        None => silent(question, words::next_none(l), l),
    }
}
