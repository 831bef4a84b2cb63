//! From the file to the checked form.

use std::ops::Range;

use pointsman_domain::{Currency, Money};
use toml::Spanned;

use super::{
    Cost, Detail, Problem, RoiSpec, RoiSpecError, Source,
    file::{CountedFile, CycleFile, EvidenceFile, InputFile, PlanFile, SpecFile, TimeFile},
};
use crate::{
    Estimate,
    roi::{
        Baseline, Counts, Cycle, Design, Evidence, Funnel, Given, Input, Period, TimeSaved,
        interrupted::{FEWEST_WEEKS, interrupted},
        planner::Plan,
        staggered::staggered,
    },
};

/// Collects problems, so that an author sees all of them at once.
struct Problems<'a> {
    text: &'a str,
    found: Vec<Problem>,
}

impl Problems<'_> {
    fn add(&mut self, at: Range<usize>, field: &str, problem: impl Into<String>) {
        let line = line_of(self.text, at.start);
        self.found.push(Problem { line, field: field.into(), problem: problem.into() });
    }

    fn unless(&mut self, fits: bool, at: Range<usize>, field: &str, problem: &str) {
        if !fits {
            self.add(at, field, problem);
        }
    }
}

fn line_of(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|b| *b == b'\n').count() + 1
}

pub fn checked(text: &str, seed: u64) -> Result<RoiSpec, RoiSpecError> {
    let file: SpecFile = toml::from_str(text).map_err(|error| {
        let line = line_of(text, error.span().map_or(0, |span| span.start));
        RoiSpecError(vec![Problem { line, field: String::new(), problem: error.message().into() }])
    })?;
    let mut problems = Problems { text, found: Vec::new() };
    let spec = spec(&file, seed, &mut problems);
    match spec {
        Some(spec) if problems.found.is_empty() => Ok(spec),
        _ => {
            problems.found.sort_by_key(|problem| problem.line);
            Err(RoiSpecError(problems.found))
        }
    }
}

fn spec(file: &SpecFile, seed: u64, problems: &mut Problems<'_>) -> Option<RoiSpec> {
    problems.unless(*file.format.get_ref() == 1, file.format.span(), "format", "expected `format = 1`");
    let currency = file.currency.get_ref().parse::<Currency>();
    let currency = currency.map_err(|e| problems.add(file.currency.span(), "currency", e.to_string())).ok();
    let minor = currency.map_or(1.0, |currency| 10f64.powi(currency.digits() as i32));
    dates(file, problems);
    let (before, after) = (file.baseline.get_ref(), file.period.get_ref());
    let baseline = Baseline {
        period: Period { from: before.from, until: before.until },
        maturity_days: file.maturity_days,
        counts: counts(before),
    };
    let before_funnel = funnel(&file.baseline, "baseline", problems);
    let funnel = funnel(&file.period, "period", problems);
    let period = Period { from: after.from, until: after.until };
    let sources: Vec<Source> =
        file.evidence.iter().enumerate().filter_map(|(i, one)| evidence(i, one, after.leads, seed, problems)).collect();
    let cost = |(i, cost): (usize, &super::file::CostFile)| Cost {
        name: cost.name.clone(),
        amount: input(&cost.amount, &format!("cost[{i}].amount"), minor, problems),
    };
    Some(RoiSpec {
        costs: file.cost.iter().enumerate().map(cost).collect(),
        name: file.name.clone(),
        start: *file.start.get_ref(),
        frozen: file.frozen.clone(),
        weeks: after.weeks.unwrap_or(period.weeks()),
        margin: input(&file.value.margin, "value.margin", minor, problems),
        time: file.time.as_ref().map(|time| time_saved(time, minor, problems)),
        cycle: file.cycle.as_ref().map(|shorter| cycle(shorter, problems)),
        plan: file.plan.as_ref().and_then(|one| plan(one, before_funnel?, problems)),
        notes: file.note.clone(),
        baseline,
        period,
        sources,
        currency: currency?,
        funnel: funnel?,
    })
}

fn dates(file: &SpecFile, problems: &mut Problems<'_>) {
    let start = *file.start.get_ref();
    let (before, after) = (file.baseline.get_ref(), file.period.get_ref());
    let at = |table: &Spanned<CountedFile>| table.span();
    problems.unless(before.from < before.until, at(&file.baseline), "baseline.until", "must come after `from`");
    problems.unless(after.from < after.until, at(&file.period), "period.until", "must come after `from`");
    let ends_in_time = before.until <= start;
    problems.unless(ends_in_time, at(&file.baseline), "baseline.until", "must not come after `start`");
    let begins_in_time = start <= after.from;
    problems.unless(begins_in_time, at(&file.period), "period.from", "must not come before `start`");
    problems.unless(before.weeks.is_none(), at(&file.baseline), "baseline.weeks", "belongs to the period");
    let weeks_fit = after.weeks.is_none_or(|weeks| weeks > 0.0 && weeks.is_finite());
    problems.unless(weeks_fit, at(&file.period), "period.weeks", "expected a number above 0");
}

fn counts(file: &CountedFile) -> Counts {
    let &CountedFile { leads, missed, wins, missed_share, wins_per_worked, .. } = file;
    Counts { leads, missed, wins, missed_share, wins_per_worked }
}

fn funnel(file: &Spanned<CountedFile>, field: &str, problems: &mut Problems<'_>) -> Option<Funnel> {
    counts(file.get_ref()).funnel().map_err(|e| problems.add(file.span(), field, e.to_string())).ok()
}

/// Times `scale`; amounts are in major units in the file.
fn input(file: &Spanned<InputFile>, field: &str, scale: f64, problems: &mut Problems<'_>) -> Input {
    let input = match file.get_ref() {
        InputFile::Number(value) => Input::stated(*value),
        InputFile::Full(full) => Input {
            value: full.value,
            low: full.low.unwrap_or(full.value),
            high: full.high.unwrap_or(full.value),
            given: full.given.unwrap_or(Given::Stated),
        },
    };
    let finite = [input.value, input.low, input.high].iter().all(|x| x.is_finite());
    problems.unless(finite, file.span(), field, "expected a finite number");
    let ordered = input.low <= input.value && input.value <= input.high;
    problems.unless(!finite || ordered, file.span(), field, "expected `low` ≤ `value` ≤ `high`");
    // Twice what a Money holds would not be an amount any more.
    let fits = (input.value * scale).abs() < Money(i64::MAX / 4096).0 as f64;
    problems.unless(!finite || fits, file.span(), field, "is too large");
    input.scaled(scale)
}

fn not_negative(input: Input, file: &Spanned<InputFile>, field: &str, problems: &mut Problems<'_>) -> Input {
    problems.unless(input.low >= 0.0, file.span(), field, "must not be negative");
    input
}

fn time_saved(file: &TimeFile, minor: f64, problems: &mut Problems<'_>) -> TimeSaved {
    let reps = *file.reps.get_ref();
    problems.unless(reps >= 0.0 && reps.is_finite(), file.reps.span(), "time.reps", "must not be negative");
    let rate = input(&file.rate, "time.rate", minor, problems);
    TimeSaved {
        hours: input(&file.hours, "time.hours", 1.0, problems),
        reps,
        rate: not_negative(rate, &file.rate, "time.rate", problems),
        design: file.design.unwrap_or(Design::Stated),
    }
}

fn cycle(file: &CycleFile, problems: &mut Problems<'_>) -> Cycle {
    let wins_a_day = *file.wins_a_day.get_ref();
    let fits = wins_a_day >= 0.0 && wins_a_day.is_finite();
    problems.unless(fits, file.wins_a_day.span(), "cycle.wins_a_day", "must not be negative");
    Cycle {
        wins_a_day,
        days_shorter: input(&file.days_shorter, "cycle.days_shorter", 1.0, problems),
        design: file.design.unwrap_or(Design::Stated),
        signed_by: file.signed_by.clone().filter(|name| !name.trim().is_empty()),
    }
}

fn plan(file: &Spanned<PlanFile>, before: Funnel, problems: &mut Problems<'_>) -> Option<Plan> {
    let &PlanFile { leads_a_quarter, held_out } = file.get_ref();
    let plan = Plan { leads_a_quarter, held_out, wins_per_lead: before.wins_per_lead() };
    match plan.after(1) {
        Ok(_) => Some(plan),
        Err(error) => {
            problems.add(file.span(), "plan", error.to_string());
            None
        }
    }
}

fn evidence(
    i: usize,
    file: &Spanned<EvidenceFile>,
    leads: u64,
    seed: u64,
    problems: &mut Problems<'_>,
) -> Option<Source> {
    let made = match file.get_ref().design {
        Design::HoldOut => hold_out(file.get_ref(), leads),
        Design::InterruptedSeries => series(file.get_ref()),
        Design::StaggeredStart => teams(file.get_ref(), seed),
        Design::BudgetSplit | Design::Switchback => experiment(file.get_ref()),
        Design::PrePost => Err("before and after follows from [baseline] and [period]; leave it out".into()),
        Design::Stated => Err("what is stated is no evidence of wins; state hours, margin or costs".into()),
    };
    made.map_err(|problem| problems.add(file.span(), &format!("evidence[{i}]"), problem)).ok()
}

fn hold_out(file: &EvidenceFile, leads: u64) -> Result<Source, String> {
    let (Some(without), Some(with)) = (file.without, file.with) else {
        return Err("a hold-out needs `without` and `with`, each { leads, missed, wins }".into());
    };
    let funnel = |counts: Counts, arm: &str| counts.funnel().map_err(|e| format!("`{arm}`: {e}"));
    if with.leads > leads {
        return Err(format!("`with` has {} leads, the whole period {leads}", with.leads));
    }
    let evidence = Evidence::hold_out(funnel(without, "without")?, funnel(with, "with")?);
    Ok(Source { evidence, detail: Detail::HoldOut })
}

fn series(file: &EvidenceFile) -> Result<Source, String> {
    let (Some(weekly), Some(before)) = (&file.weekly, file.weeks_before) else {
        return Err("an interrupted series needs `weekly` (wins per lead, a value a week) and `weeks_before`".into());
    };
    let found = interrupted(weekly, before)
        .map_err(|e| format!("cannot be computed ({e}): it needs {FEWEST_WEEKS} weeks on either side of the start"))?;
    Ok(Source { evidence: found.into(), detail: Detail::Interrupted { found, weekly: weekly.clone() } })
}

fn teams(file: &EvidenceFile, seed: u64) -> Result<Source, String> {
    let Some(teams) = &file.teams else {
        return Err("a staggered start needs `teams`, each { name, weeks_before, weekly }".into());
    };
    let found = staggered(teams, seed).map_err(|e| {
        format!("cannot be computed ({e}): it needs the same weeks of every team, and teams and dates enough for 20 different orders")
    })?;
    Ok(Source { evidence: found.into(), detail: Detail::Staggered { found } })
}

fn experiment(file: &EvidenceFile) -> Result<Source, String> {
    let (Some(value), Some(low), Some(high), Some(experiment)) =
        (file.effect, file.low, file.high, file.experiment.clone())
    else {
        return Err("needs `experiment` (its id), and its `effect` on wins per lead with `low` and `high`".into());
    };
    if !(-1.0 <= low && low <= value && value <= high && high <= 1.0) {
        return Err("expected −1 ≤ `low` ≤ `effect` ≤ `high` ≤ 1: differences of shares of 1".into());
    }
    let effect = Estimate { value, low, high };
    let evidence = Evidence { design: file.design, effect, funnels: None };
    Ok(Source { evidence, detail: Detail::Experiment { experiment } })
}
