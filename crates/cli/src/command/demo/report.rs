//! What the demo found, as a page, as JSON and as text.

use std::path::PathBuf;

use anyhow::Context;
use pointsman_decision::{
    comparison::{Estimate, PolicyResult},
    explain,
};
use pointsman_domain::{Currency, Digest};
use pointsman_experiment::analysis::{Finding, Tested, Verdict};
use pointsman_report::{
    Cx, Day, Interval, Role,
    chart::Slot,
    demo::{self, DemoReport, Evidence, LeadExplained, MoneyResult, PolicyYear},
    experiment::{Accounting, Analysis, Design, EffectRow, Exclusion, Srm, Switchback, TestResult, TestVerdict},
    file::stand_alone,
    part::{Document, DocumentKind, Provenance},
};
use pointsman_sim::{Setting, run_watched};
use serde::Serialize;

use super::{Found, HISTORY_DAYS, QUARTER_DAYS, YEAR_DAYS, day, trial};
use crate::args::Demo;

/// Everything that the same seed must give again; no time, no path.
#[derive(Debug, Serialize)]
pub struct Summary<'a> {
    pub seed: u64,
    pub import: &'a pointsman_pipeline::ImportReport,
    pub evaluation: serde_json::Value,
    pub artifact: Digest,
    pub comparison: &'a pointsman_decision::comparison::Comparison,
    pub experiment: &'a pointsman_experiment::analysis::ExperimentResult,
    pub true_rates: [f64; 2],
}

pub fn summary(found: &Found) -> Summary<'_> {
    let mut evaluation = serde_json::to_value(&found.evaluated.evaluation).unwrap_or_default();
    if let Some(object) = evaluation.as_object_mut() {
        // The one number of it that a clock gave.
        object.remove("train_seconds");
    }
    Summary {
        seed: found.world.seed,
        import: &found.import,
        evaluation,
        artifact: found.made.manifest.artifact,
        comparison: &found.comparison,
        experiment: &found.trial.result,
        true_rates: found.trial.run.truth,
    }
}

/// Writes the report in both languages and the result as JSON; returns the English page.
pub fn write(args: &Demo, found: &Found) -> anyhow::Result<PathBuf> {
    let folder = args.into.join("reports");
    let cannot = || format!("cannot write into {}", folder.display());
    std::fs::create_dir_all(&folder).with_context(cannot)?;
    let report = assemble(args, found)?;
    let english = folder.join("demo.html");
    for (cx, file, other) in [(Cx::EN, "demo.html", "demo.de.html"), (Cx::DE, "demo.de.html", "demo.html")] {
        let page = demo::page(&report, Some(other.to_owned()), cx);
        std::fs::write(folder.join(file), stand_alone(&page, &report, cx)?).with_context(cannot)?;
    }
    std::fs::write(folder.join("demo.json"), serde_json::to_vec_pretty(&summary(found))?).with_context(cannot)?;
    Ok(english)
}

/// A page of text: the findings with their intervals.
pub fn text(found: &Found, folder: &std::path::Path) -> String {
    let mut lines = vec![super::super::simulate::describe(&found.comparison)];
    let second = &found.comparison.policies[1];
    if let (Some(more), Some(lift)) = (second.more_conversions, second.lift) {
        lines.push(format!(
            "\nPointsman wins {:.0} leads more a year than round robin ({:.0} to {:.0}): {:+.1} % ({:+.1} to {:+.1} %).",
            more.value, more.low, more.high, 100.0 * lift.value, 100.0 * lift.low, 100.0 * lift.high
        ));
    }
    if let Some(money) = second.more_revenue {
        lines.push(format!(
            "Worth {:.0} {} a quarter ({:.0} to {:.0}).",
            money.value / 400.0,
            found.world.file.currency,
            money.low / 400.0,
            money.high / 400.0
        ));
    }
    let e = &found.evaluated.evaluation;
    lines.push(format!(
        "The model: log-loss {:.4} against {:.4} of the base rate on {} later leads, ECE {:.3}.",
        e.log_loss, e.base_log_loss, e.rows_test, e.ece
    ));
    if let Some(tested) = effect(found) {
        let [old, new] = found.trial.run.truth;
        let word = crate::output::word(&verdict(found));
        lines.push(format!(
            "The A/B test (switchback, {} leads): {:+.2} points ({:+.2} to {:+.2}), verdict: {word}. The truth is {:+.2}.",
            found.trial.run.rows.len(), 100.0 * tested.estimate, 100.0 * tested.low, 100.0 * tested.high, 100.0 * (new - old)
        ));
    }
    lines.push(format!("\nThe workspace is {}; its report is reports/demo.html.", folder.display()));
    lines.join("\n")
}

fn verdict(found: &Found) -> Verdict {
    found
        .trial
        .result
        .verdicts
        .iter()
        .find(|v| v.variant == found.trial.variant)
        .map_or(Verdict::CannotTell, |v| v.verdict)
}

/// The deciding analysis: by team and period.
fn effect(found: &Found) -> Option<Tested> {
    clustered(found).and_then(|c| c.absolute.ok().copied())
}

fn clustered(found: &Found) -> Option<&pointsman_experiment::analysis::ClusteredResult> {
    let analyses = &found.trial.result.comparisons.first()?.analyses;
    analyses.iter().find_map(|a| match &a.finding {
        Finding::Clustered(result) if a.analysis.as_str() == "won" => Some(&**result),
        _ => None,
    })
}

fn interval(e: Estimate) -> Interval {
    Interval::new(e.value, e.low, e.high)
}

/// A year's sum, a quarter's share.
fn quarter(year: Estimate) -> Estimate {
    Estimate { value: year.value / 4.0, low: year.low / 4.0, high: year.high / 4.0 }
}

fn tested(t: &Tested) -> Interval {
    Interval::new(t.estimate, t.low, t.high)
}

fn assemble(args: &Demo, found: &Found) -> anyhow::Result<DemoReport> {
    let world = &found.world;
    let counts_money = found.made.trained.artifact.value.is_some();
    let currency: Currency = world.file.currency.parse()?;
    let comparison = &found.comparison;
    let [first, second] = [&comparison.policies[0], &comparison.policies[1]];
    let nothing = Estimate { value: 0.0, low: 0.0, high: 0.0 };
    Ok(DemoReport {
        company: world.file.name.to_string(),
        from: Day::utc(day(HISTORY_DAYS)),
        until: Day::utc(day(HISTORY_DAYS + YEAR_DAYS)),
        leads: first.leads.value.round() as u64,
        reps: world.reps.len() as u64,
        currency: counts_money.then_some(currency),
        policies: vec![policy("round_robin", Role::Control, first), policy("prices", Role::Variant, second)],
        more_wins: interval(second.more_conversions.unwrap_or(nothing)),
        contact: Vec::new(),
        sla_minutes: None,
        test: test(found),
        money: MoneyResult {
            evidence: Evidence::Simulation,
            per_quarter: interval(quarter(second.more_revenue.unwrap_or(nothing))),
            quarters: Vec::new(),
            parts: Vec::new(),
        },
        model: super::super::model_report::model_report(
            (&found.made.manifest, &found.made.card),
            &found.evaluated,
            &found.table,
            &found.import,
        ),
        lead: example(found)?,
        provenance: provenance(args, found),
    })
}

fn policy(name: &str, role: Role, result: &PolicyResult) -> PolicyYear {
    PolicyYear {
        policy: name.into(),
        role,
        wins: interval(result.conversions),
        win_rate: interval(result.conversion_rate),
        hindsight_share: Some(result.share_of_optimum.value),
        contact_p50_minutes: Some(result.speed_median_minutes.value),
        contact_p90_minutes: Some(result.speed_p90_minutes.value),
        within_sla: Some(result.within_sla.value),
        gini: Some(result.gini.value),
        value: Some(interval(result.revenue)),
    }
}

fn test(found: &Found) -> TestResult {
    let trial = &found.trial;
    let result = &trial.result;
    let nan = Interval::point(f64::NAN);
    let (mut analyses, mut rates) = (Vec::new(), [f64::NAN; 2]);
    if let Some(clustered) = clustered(found) {
        rates = [clustered.control, clustered.treatment].map(|rate| rate.unwrap_or(f64::NAN));
        if let Some(naive) = clustered.naive.ok() {
            analyses.push(EffectRow { analysis: Analysis::SwitchbackNaive, effect: tested(naive), trusted: false });
        }
        if let Some(right) = clustered.absolute.ok() {
            analyses.push(EffectRow { analysis: Analysis::SwitchbackClustered, effect: tested(right), trusted: true });
        }
    }
    let count = |variant: usize| result.variants.get(variant).map_or(0, |v| v.exposed);
    let excluded: u64 = result.accounting.excluded.iter().map(|e| e.rows).sum();
    let p_value = result.sample_ratio.ok().map_or(f64::NAN, |ratio| ratio.p_value);
    TestResult {
        name: trial.spec.id.to_string(),
        hypothesis: trial.spec.hypothesis.clone(),
        design: Design::Switchback,
        from: Day::utc(day(HISTORY_DAYS)),
        until: Day::utc(day(HISTORY_DAYS + QUARTER_DAYS)),
        verdict: match verdict(found) {
            Verdict::Ship => TestVerdict::ShipVariant,
            Verdict::DoNotShip => TestVerdict::KeepControl,
            Verdict::Invalid => TestVerdict::Unhealthy,
            Verdict::KeepRunning | Verdict::CannotTell => TestVerdict::Undecided,
        },
        control_rate: Interval::point(rates[0]),
        variant_rate: Interval::point(rates[1]),
        effect: effect(found).as_ref().map_or(nan, tested),
        analyses,
        truth: Some(trial.run.truth[1] - trial.run.truth[0]),
        looks: Vec::new(),
        switchback: Some(strip(found)),
        accounting: Accounting {
            exposed: result.accounting.exposed,
            matured: result.accounting.matured,
            pending: result.accounting.pending,
            excluded: vec![(Exclusion::Other, excluded)],
        },
        srm: Srm {
            control: count(0),
            variant: count(1),
            planned: 0.5,
            p_value,
            healthy: verdict(found) != Verdict::Invalid,
        },
        crossed_periods: Some(trial.run.rows.iter().filter(|row| row.crossed).count() as u64),
    }
}

/// The plan of the switchback: teams by working days.
fn strip(found: &Found) -> Switchback {
    let schedule = &found.trial.run.schedule;
    let teams = &found.world.file.reps.teams;
    let slot =
        |team: usize, period: usize| match schedule.variant(pointsman_experiment::randomise::UnitIndex(team), period) {
            Some(0) => Slot::Control,
            Some(_) => Slot::Variant,
            None => Slot::Out,
        };
    Switchback {
        units: teams.iter().map(ToString::to_string).collect(),
        periods: schedule.slots.iter().map(|s| s.end.to_string()[..10].to_owned()).collect(),
        slots: (0..teams.len()).map(|team| (0..schedule.slots.len()).map(|p| slot(team, p)).collect()).collect(),
    }
}

/// One decision of the quarter, explained from its record: the first after a month whose best
/// score did not win, because the price of that rep was too high.
fn example(found: &Found) -> anyhow::Result<LeadExplained> {
    let contender = &found.contenders[1];
    let leads = found.world.leads(HISTORY_DAYS, 35, 1);
    let policies = [std::sync::Arc::clone(&contender.snapshot)];
    let mut last = None;
    let mut telling = None;
    let setting = Setting {
        world: &found.world,
        leads: &leads,
        policies: &policies,
        route: &|_, _| 0,
        priced: &[true],
        pricing: pointsman_decision::PricingConfig::simulated(),
    };
    run_watched(&setting, &mut |index, facts, decided| {
        if telling.is_some() || decided.decision.owner().is_none() || index < leads.len() / 2 {
            return;
        }
        let Ok(explanation) = explain(&contender.snapshot, facts, &decided.decision, &decided.trace) else { return };
        let Some(rung) = explanation.rungs.last() else { return };
        let chosen = rung.candidates.iter().find(|c| c.reason == pointsman_domain::Reason::Chosen);
        let outscored = chosen.is_some_and(|chosen| rung.candidates.iter().any(|c| c.score > chosen.score));
        let enough = rung.candidates.iter().filter(|c| c.score.is_some()).count() >= 5;
        let found = (facts.clone(), explanation);
        if outscored && enough {
            telling = Some(found);
        } else {
            last = Some(found);
        }
    });
    let (facts, explanation) = telling.or(last).context("the demo's quarter has no decision")?;
    let rung = explanation.rungs.last().context("an owned lead was taken by a rung")?;
    let schema = &contender.snapshot.schema;
    let known = facts.lead.attributes.iter().filter_map(|(index, value)| {
        let (_, attribute) = schema.get(index)?;
        Some((attribute.name.to_string(), schema.show(index, value)))
    });
    let value = explanation.decision.value;
    let mut candidates: Vec<_> = rung.candidates.iter().collect();
    candidates.sort_by(|a, b| b.net.unwrap_or(f64::NEG_INFINITY).total_cmp(&a.net.unwrap_or(f64::NEG_INFINITY)));
    Ok(LeadExplained {
        lead: explanation.decision.lead.to_string(),
        facts: known.collect(),
        policy: "prices".into(),
        rule: rung.rule.to_string(),
        propensity: explanation.decision.propensity,
        candidates: candidates
            .into_iter()
            .map(|c| demo::CandidateRow {
                rep: c.rep.to_string(),
                score: c.score,
                value: c.score.map(|score| score * value),
                price: c.price,
                reason: c.reason.clone(),
            })
            .collect(),
    })
}

fn provenance(args: &Demo, found: &Found) -> Provenance {
    let digest = |text: &str| pointsman_decision::document::digest(text.as_bytes());
    let document =
        |kind, name: &str, version: &str, digest| Document { kind, name: name.into(), version: version.into(), digest };
    let manifest = &found.made.manifest;
    Provenance {
        engine: format!("pointsman {}", env!("CARGO_PKG_VERSION")),
        documents: vec![
            document(DocumentKind::World, "demo", "1", digest(super::super::simulate::DEMO_WORLD)),
            document(DocumentKind::Data, "crm-export", "1", manifest.data),
            document(DocumentKind::Model, manifest.name.as_str(), &manifest.version, manifest.artifact),
            document(DocumentKind::Policy, "default", "1", found.contenders[1].snapshot.id),
            document(DocumentKind::Experiment, "router", "1", digest(trial::SPEC)),
        ],
        seeds: vec![args.seed],
        command: format!("pointsman demo --seed {} --years {}", args.seed, args.years),
    }
}
