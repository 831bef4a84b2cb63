//! What to change first, and what reps say.

use pointsman_measure::{
    Share,
    flow::{Flow, Proposal, ProposalKind, survey::Question},
};

use super::{days, maybe_time, percent, time, words};
use crate::{
    Cx, Section, Table,
    table::{Column, Row},
};

pub(super) fn section(flow: &Flow, cx: Cx) -> Section {
    let l = cx.locale;
    let columns = vec![
        Column::text(words::proposal(l)),
        Column::text(words::rests_on(l)),
        Column::text(words::goal(l)),
        Column::number(words::saves(l)),
    ];
    let rows = flow.proposals.iter().map(|proposal| {
        Row::new(vec![
            name(proposal, cx),
            words::cases(l, &l.count(proposal.cases), &days(l, proposal.waiting_seconds)),
            goal(proposal, cx),
            days(l, proposal.saved_seconds),
        ])
    });
    let sentence = flow.proposals.first().map_or_else(String::new, |first| {
        let n = words::n_proposals(l, flow.proposals.len() as u64);
        words::proposals_sentence(l, &n, &format!("“{}”", name(first, cx)), &days(l, first.saved_seconds))
    });
    Section {
        id: "proposals".into(),
        heading: words::proposals(l),
        sentence,
        tables: vec![Table::of(columns, rows.collect::<Vec<_>>().into_iter(), cx)],
        method: vec![words::proposals_method(l)],
        ..Section::default()
    }
}

fn name(proposal: &Proposal, cx: Cx) -> String {
    let l = cx.locale;
    match &proposal.kind {
        ProposalKind::TouchEverybody => words::touch_everybody(l),
        ProposalKind::TouchSooner => words::touch_sooner(l),
        ProposalKind::CoverOffHours => words::cover_off_hours(l),
        ProposalKind::ShortenEdge { from, to } => words::shorten_edge(l, from, to),
        ProposalKind::HandOffFaster => words::hand_off_faster(l),
        ProposalKind::RepeatLess => words::repeat_less(l),
    }
}

fn goal(proposal: &Proposal, cx: Cx) -> String {
    let l = cx.locale;
    let goal = time(l, proposal.goal_seconds);
    match proposal.kind {
        ProposalKind::TouchEverybody => words::touch_everybody_goal(l, &goal),
        ProposalKind::TouchSooner => words::touch_sooner_goal(l, &goal),
        ProposalKind::CoverOffHours => words::cover_off_hours_goal(l),
        ProposalKind::ShortenEdge { .. } => words::shorten_edge_goal(l, &goal),
        ProposalKind::HandOffFaster => words::hand_off_faster_goal(l, &goal),
        ProposalKind::RepeatLess => words::repeat_less_goal(l, &goal),
    }
}

pub(super) fn survey(flow: &Flow, cx: Cx) -> Section {
    let l = cx.locale;
    let answers: u64 = flow.survey.iter().map(|answered| answered.n).sum();
    let section = Section { id: "survey".into(), heading: words::survey(l), ..Section::default() };
    if answers == 0 {
        return Section { sentence: words::survey_none(l), ..section };
    }
    let columns = vec![
        Column::text(words::statement(l)),
        Column::number(words::answers(l)),
        Column::number(words::agreement(l)),
        Column::text(words::figure(l)),
    ];
    let rows = flow.survey.iter().map(|answered| {
        Row::new(vec![
            words::ask(l, answered.question),
            l.count(answered.n),
            answered.mean.map_or_else(|| "–".into(), |mean| l.number(mean, 1)),
            figure(flow, answered.question, cx),
        ])
    });
    let mut tables = vec![Table::of(columns, rows.collect::<Vec<_>>().into_iter(), cx)];
    let comments: Vec<Row> = flow
        .survey
        .iter()
        .flat_map(|answered| answered.comments.iter().map(move |text| (answered.question, text)))
        .map(|(question, text)| Row::new(vec![words::ask(l, question), text.to_string()]))
        .collect();
    if !comments.is_empty() {
        let columns = vec![Column::text(words::statement(l)), Column::text(words::comment(l))];
        tables.push(Table { caption: words::comments_caption(l), ..Table::of(columns, comments.into_iter(), cx) });
    }
    Section { sentence: words::survey_sentence(l, &words::n_answers(l, answers)), tables, ..section }
}

/// The figure that asks the same as the question.
fn figure(flow: &Flow, question: Question, cx: Cx) -> String {
    let l = cx.locale;
    match question {
        Question::FastEnough => words::figure_median(l, &maybe_time(l, flow.touch.all.median_seconds)),
        Question::NobodyForgotten => words::figure_never(l, &percent(l, flow.drops.never_touched)),
        Question::RightForMe => words::figure_handed(l, &percent(l, flow.people.handed_off)),
        Question::ComesOnce => words::figure_ping(l, &percent(l, flow.people.ping_pong)),
        Question::NoRework => words::figure_repeat(l, &percent(l, flow.process.leads_with_repeats)),
        Question::FairlySpread => {
            words::figure_gini(l, &flow.people.gini_of_leads.map_or_else(|| "–".into(), |gini| l.number(gini, 2)))
        }
        Question::Complete => {
            let fields = flow.sources.iter().flat_map(|row| &row.filled);
            let all = fields
                .fold(Share::default(), |sum, field| Share::new(sum.hits + field.filled.hits, sum.n + field.filled.n));
            words::figure_filled(l, &percent(l, all))
        }
    }
}
