//! `roi.toml` and the frozen baseline: what is read, and what is refused with its line.

use pointsman_domain::{Instant, LeadId, Micros, RepId, record::Stage};
use pointsman_measure::flow::{FlowEvent, LogBuilder};
use pointsman_measure::roi::{
    Baseline, BaselineError, Date, Design, Frozen, Given, RoiResult, RoiSpec, calculate, count,
};

const SPEC: &str = include_str!("roi.toml");

fn parse(text: &str) -> RoiSpec {
    RoiSpec::parse(text, 1).unwrap_or_else(|e| panic!("{e}"))
}

fn date(text: &str) -> Date {
    text.parse().expect("a day")
}

#[test]
fn the_example_is_the_quarter_by_hand() {
    let spec = parse(SPEC);
    let frozen = spec.baseline.freeze(date("2026-03-30")).expect("long enough");
    let before = frozen.baseline().counts.funnel().expect("shares");
    let roi = calculate(&spec.inputs(before));
    assert_eq!(roi.both.map(|both| both.0), Some(14_508_312));
    assert_eq!(spec.cost().value, 1_070_400.0);
    assert_eq!((spec.margin.given, spec.funnel.given()), (Given::Stated, Given::Stated));
    assert_eq!(spec.weeks, 13.0);
    assert!(spec.frozen_in_time(&frozen), "the start was on 1 April");
    let late = spec.baseline.freeze(date("2026-04-02")).expect("long enough");
    assert!(!spec.frozen_in_time(&late));
}

/// Replaces `from` by `to` in the example and expects the problem in that line.
fn refuses(from: &str, to: &str, line: usize, says: &str) {
    assert!(SPEC.contains(from), "the example has {from}");
    let error = RoiSpec::parse(&SPEC.replacen(from, to, 1), 1).expect_err(to);
    let fits = error.0.iter().any(|problem| problem.line == line && format!("{error}").contains(says));
    assert!(fits, "{to}: expected line {line} and '{says}', got {error}");
}

fn line_of(text: &str) -> usize {
    SPEC.lines().position(|line| line.contains(text)).expect("a line of the example") + 1
}

#[test]
fn mistakes_are_named_with_their_line() {
    refuses("format = 1", "format = 2", line_of("format = 1"), "expected `format = 1`");
    refuses("\"EUR\"", "\"Euro\"", line_of("EUR"), "currency");
    refuses("2026-07-01\"\nuntil", "2026-07-32\"\nuntil", line_of("from = \"2026-07-01"), "is no day");
    refuses("margin = 4200", "margin = \"much\"", line_of("margin ="), "a number, or {");
    refuses("margin = 4200", "margin = { value = 1, low = 2 }", line_of("margin ="), "`low` ≤ `value`");
    refuses("margin = 4200", "margin = nan", line_of("margin ="), "finite");
    refuses("margin = 4200", "margni = 4200", line_of("margin ="), "margni");
    refuses("rate = 48", "rate = -48", line_of("rate ="), "must not be negative");
    refuses("missed_share = 0.09", "missed_share = 1.09", line_of("[period]"), "outside 0 to 1");
    refuses("missed_share = 0.09", "missed = 100", line_of("[period]"), "as counts, or");
    refuses("start = \"2026-04-01\"", "start = \"2025-09-01\"", line_of("[baseline]"), "must not come after `start`");
    refuses("start = \"2026-04-01\"", "start = \"2026-08-01\"", line_of("[period]"), "must not come before `start`");
    refuses("held_out = 0.2", "held_out = 1.0", line_of("[plan]"), "above 0 and below 1");
    let more = format!("{SPEC}\n[[evidence]]\ndesign = \"hold_out\"\n");
    let error = RoiSpec::parse(&more, 1).expect_err("no arms").to_string();
    assert!(error.contains(&format!("line {}, evidence[0]: a hold-out needs", SPEC.lines().count() + 2)), "{error}");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = SPEC.replace("rate = 48", "rate = -48").replace("leads = 1820", "leads = 0").replace("\"EUR\"", "\"E\"");
    let error = RoiSpec::parse(&text, 1).expect_err("three mistakes");
    assert_eq!(error.0.len(), 3, "{error}");
    assert!(error.0.is_sorted_by_key(|problem| problem.line));
}

fn with(evidence: &str) -> Result<RoiSpec, String> {
    RoiSpec::parse(&format!("{SPEC}\n[[evidence]]\n{evidence}"), 1).map_err(|e| e.to_string())
}

#[test]
fn every_design_can_be_given() {
    let design = |text: &str| with(text).map(|spec| spec.sources[0].evidence.design);
    let arms = "without = { leads = 364, missed = 80, wins = 20 }\nwith = { leads = 1456, missed = 131, wins = 130 }";
    assert_eq!(design(&format!("design = \"hold_out\"\n{arms}")), Ok(Design::HoldOut));
    let weekly = "weekly = [0.07,0.06,0.08,0.07,0.06,0.07,0.08,0.07,0.09,0.1,0.09,0.08,0.09,0.1,0.09,0.09]";
    assert_eq!(
        design(&format!("design = \"interrupted_series\"\n{weekly}\nweeks_before = 8")),
        Ok(Design::InterruptedSeries)
    );
    assert!(design(&format!("design = \"interrupted_series\"\n{weekly}\nweeks_before = 7")).is_err());
    let test = "experiment = \"prices\"\neffect = 0.01\nlow = 0.002\nhigh = 0.018";
    assert_eq!(design(&format!("design = \"switchback\"\n{test}")), Ok(Design::Switchback));
    assert_eq!(design(&format!("design = \"budget_split\"\n{test}")), Ok(Design::BudgetSplit));
    assert!(design("design = \"switchback\"\neffect = 0.01").is_err());
    let team = |i: usize, before: usize| {
        format!("{{ name = \"t{i}\", weeks_before = {before}, weekly = [0.1, 0.{i}, 0.1, 0.2, 0.1, 0.3] }}")
    };
    let teams: Vec<String> = (1..=5).map(|i| team(i, i)).collect();
    assert_eq!(
        design(&format!("design = \"staggered_start\"\nteams = [{}]", teams.join(", "))),
        Ok(Design::StaggeredStart)
    );
    for no in ["design = \"pre_post\"", "design = \"stated\"", "design = \"magic\""] {
        assert!(design(no).is_err(), "{no}");
    }
}

#[test]
fn a_large_hold_out_of_a_small_period_is_refused() {
    let arms = "without = { leads = 364, missed = 80, wins = 20 }\nwith = { leads = 1821, missed = 131, wins = 130 }";
    assert!(with(&format!("design = \"hold_out\"\n{arms}")).expect_err("too many").contains("1821 leads"));
}

fn baseline() -> Baseline {
    parse(SPEC).baseline
}

#[test]
fn a_short_or_unripe_baseline_is_not_frozen() {
    let mut short = baseline();
    short.period.until = date("2025-09-30");
    assert!(matches!(short.freeze(date("2026-03-30")), Err(BaselineError::TooShort { days: 91, .. })));
    let unripe = baseline().freeze(date("2025-10-30"));
    assert!(matches!(unripe, Err(BaselineError::NotMature { .. })), "{unripe:?}");
    assert!(baseline().freeze(date("2025-10-31")).is_ok(), "30 days after 1 October");
    let mut empty = baseline();
    empty.counts.leads = 0;
    assert!(matches!(empty.freeze(date("2026-03-30")), Err(BaselineError::Counts(_))));
}

#[test]
fn a_changed_baseline_is_refused_on_either_side() {
    let frozen = baseline().freeze(date("2026-03-30")).expect("long enough");
    let json = serde_json::to_string_pretty(&frozen).expect("plain data");
    let back = Frozen::read(&json).expect("as frozen");
    assert_eq!(back, frozen);
    assert!(back.must_be(&baseline()).is_ok());
    for (from, to) in [("0.22", "0.25"), ("1750", "1751"), ("2026-03-30", "2026-03-01"), ("2025-07-01", "2025-06-01")] {
        assert!(json.contains(from));
        let refused = Frozen::read(&json.replacen(from, to, 1));
        assert!(matches!(refused, Err(BaselineError::Tampered { .. })), "{to}: {refused:?}");
    }
    let mut changed = baseline();
    changed.counts.missed_share = Some(0.25);
    let error = back.must_be(&changed).expect_err("changed").to_string();
    assert!(error.contains("missed_share was 0.22, the file says 0.25"), "{error}");
    assert!(matches!(Frozen::read("{}"), Err(BaselineError::Syntax(_))));
    assert!(matches!(Frozen::read(&json.replacen("\"format\": 1", "\"format\": 2", 1)), Err(BaselineError::Format(2))));
}

#[test]
fn a_frozen_baseline_of_today_is_read_for_ever() {
    // Written by format 1; a change of the hash would refuse every customer's baseline.
    let kept = include_str!("roi-baseline.json");
    let frozen = Frozen::read(kept).expect("as frozen");
    assert!(frozen.must_be(&baseline()).is_ok());
    assert_eq!(baseline().freeze(date("2026-03-30")).ok(), Some(frozen));
}

#[test]
fn a_result_refuses_another_baseline_and_chooses_the_strongest_comparison() {
    let frozen = || baseline().freeze(date("2026-03-30")).expect("long enough");
    let arms = "without = { leads = 364, missed = 80, wins = 20 }\nwith = { leads = 1456, missed = 131, wins = 130 }";
    let spec = with(&format!("design = \"hold_out\"\n{arms}")).expect("a hold-out");
    let result = RoiResult::of(spec, frozen(), 1).expect("the same baseline");
    let designs: Vec<_> = result.judged.iter().map(|judged| (judged.evidence.design, judged.counts)).collect();
    assert_eq!(designs, [(Design::HoldOut, true), (Design::PrePost, false)]);
    assert!((result.world.held_out - 0.2).abs() < 1e-12 && result.rehearsed.pre_post_caused == 0);
    assert_eq!(result.outlooks.iter().map(|outlook| outlook.quarters).collect::<Vec<_>>(), [1, 2, 4, 8]);
    let other = parse(&SPEC.replace("leads = 1750", "leads = 1760"));
    assert!(RoiResult::of(other, frozen(), 1).is_err());
}

/// Days of touch, of the end and whether won, each lead a day after the one before it.
#[test]
fn counting_takes_mature_leads_and_only_what_falls_into_their_window() {
    let day = |days: i64| Instant::from_unix_micros(1_700_000_000_000_000 + days * Micros::DAY.0);
    let mut builder = LogBuilder::default();
    let rep = RepId::new("anna").ok();
    let rows = [
        (Some(1), Some((20, Stage::Won))),  // won
        (Some(30), Some((30, Stage::Won))), // on the last day of both
        (Some(31), Some((40, Stage::Won))), // touched too late: missed, and no win
        (None, Some((5, Stage::Lost))),     // missed
        (None, Some((5, Stage::Won))),      // won without a person: missed, and no win
        (Some(2), Some((31, Stage::Won))),  // worked, won too late
        (Some(2), Some((3, Stage::Lost))),  // lost is not missed
        (Some(0), None),
    ];
    for (i, (touch, closed)) in rows.into_iter().enumerate() {
        let (id, came) = (LeadId::new(day(0), i as u128 + 1), i as i64);
        builder.lead(id, day(came), "web");
        let number = builder.find(&id).expect("just added");
        let step = builder.step("call");
        let (system, person) = (builder.doer(None, false), builder.doer(rep.as_ref(), true));
        builder.event(number, FlowEvent { at: day(came), doer: system, step });
        if let Some(touch) = touch {
            builder.event(number, FlowEvent { at: day(came + touch), doer: person, step });
        }
        if let Some((at, stage)) = closed {
            builder.outcome(id, day(came + at), stage, None);
        }
    }
    // What the data know ends with day 42, the late win of the third lead.
    let log = builder.finish();
    let end = log.end().expect("events");
    let all = day(0)..day(8);
    let found = count(&log, &all, Micros::DAY.times(30), end).expect("mature leads");
    let counts = (found.counts.leads, found.counts.missed, found.counts.wins);
    assert_eq!((counts, found.pending), ((8, Some(3), Some(2)), 0));
    // With 36 days the last is not mature yet, and the others have more time.
    let longer = count(&log, &all, Micros::DAY.times(36), end).expect("mature leads");
    let counts = (longer.counts.leads, longer.counts.missed, longer.counts.wins);
    assert_eq!((counts, longer.pending), ((7, Some(2), Some(3)), 1));
    assert_eq!(count(&log, &all, Micros::DAY.times(43), end), None);
    // Half-open: of days 3 and 4, without day 5.
    let part = count(&log, &(day(3)..day(5)), Micros::DAY.times(30), end).expect("two leads");
    assert_eq!((part.counts.leads, part.counts.missed, part.counts.wins), (2, Some(2), Some(0)));
}

#[test]
fn the_file_in_the_manual_is_valid() {
    let manual = include_str!("../../../docs/roi.md");
    let text = manual.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("```")).expect("a file").0;
    let spec = parse(text);
    assert_eq!(spec.funnel.given(), Given::Measured);
    assert!(spec.cycle.is_some_and(|cycle| cycle.signed_by.is_none()), "an empty name signs nothing");
}
