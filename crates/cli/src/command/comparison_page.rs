//! Simulations and back-tests as pages.

use pointsman_decision::{
    Snapshot,
    comparison::{Comparison, Estimate, PolicyResult},
};
use pointsman_domain::Digest;
use pointsman_report::{
    Chart, Cx, Figure, Interval, Page, Role, Section, Table, Unit,
    chart::{Bar, Bars, Group},
    part::{Document, DocumentKind, Notice, Provenance, Tile, Tone, Verdict},
    table::{Column, Row},
};
use pointsman_sim::backtest::{BacktestResult, Made};

const CX: Cx = Cx::EN;
/// Reps drawn in a chart; the table has all of them.
const DRAWN: usize = 20;

fn interval(e: Estimate) -> Interval {
    // One replicate has no interval.
    if e.low.is_finite() && e.high.is_finite() {
        Interval::new(e.value, e.low, e.high)
    } else {
        Interval::point(e.value)
    }
}

fn role(at: usize) -> Role {
    [Role::Control, Role::Variant, Role::Third, Role::Fourth][at.min(3)]
}

fn section(id: &str, heading: &str, sentence: String, table: Table, figures: Vec<Figure>) -> Section {
    Section { id: id.into(), heading: heading.into(), sentence, tables: vec![table], figures, ..Section::default() }
}

fn table(columns: Vec<Column>, rows: Vec<Row>) -> Table {
    Table { caption: String::new(), columns, rows, note: String::new() }
}

fn provenance(documents: Vec<Document>, seeds: Vec<u64>, command: &str) -> Provenance {
    Provenance {
        engine: format!("Pointsman {}", env!("CARGO_PKG_VERSION")),
        documents,
        seeds,
        command: command.to_owned(),
    }
}

/// What a chart of policies shows: name, unit, and which figure.
struct Shown {
    id: &'static str,
    heading: &'static str,
    axis: &'static str,
    unit: Unit,
    best: Best,
    read: fn(&PolicyResult) -> Estimate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Best {
    Highest,
    Lowest,
}

impl Shown {
    /// The estimate; of few stretches the interval of a share may reach beyond what a share can be.
    fn of(&self, policy: &PolicyResult) -> Estimate {
        let e = (self.read)(policy);
        let most = if self.unit == Unit::percent(1) { 1.0 } else { f64::INFINITY };
        match e.low.is_finite() && e.high.is_finite() {
            true => Estimate { low: e.low.clamp(0.0, most), high: e.high.min(most), ..e },
            false => e,
        }
    }
}

/// Policies in a world whose truth is known.
pub fn simulation(result: &Comparison, world: Digest, command: &str) -> Page {
    let shown = [
        Shown {
            id: "wins",
            heading: "Wins",
            axis: "expected wins in a stretch",
            unit: Unit::number(0),
            best: Best::Highest,
            read: |p| p.conversions,
        },
        Shown {
            id: "optimum",
            heading: "Share of the optimum",
            axis: "of what perfect hindsight could have assigned",
            unit: Unit::percent(1),
            best: Best::Highest,
            read: |p| p.share_of_optimum,
        },
        Shown {
            id: "speed",
            heading: "Speed to lead",
            axis: "hours by the clock to the first touch (mean)",
            unit: Unit::number(1),
            best: Best::Lowest,
            read: |p| p.reaction_hours,
        },
        Shown {
            id: "lost",
            heading: "Never touched",
            axis: "share of leads",
            unit: Unit::percent(1),
            best: Best::Lowest,
            read: |p| p.lost,
        },
        Shown {
            id: "sla",
            heading: "Within the SLA",
            axis: "share of leads",
            unit: Unit::percent(1),
            best: Best::Highest,
            read: |p| p.within_sla,
        },
        Shown {
            id: "gini",
            heading: "Balance",
            axis: "Gini of leads received (0 is even)",
            unit: Unit::number(3),
            best: Best::Lowest,
            read: |p| p.gini,
        },
    ];
    let best = result.policies.iter().max_by(|a, b| a.conversions.value.total_cmp(&b.conversions.value));
    let first = result.policies.first();
    let verdict = best.zip(first).map(|(best, first)| Verdict {
        tone: Tone::Neutral,
        answer: format!("{} wins most", best.name),
        sentence: match best.lift {
            Some(lift) if best.name != first.name => format!(
                "{} more than {} (95 % interval {} to {}), over {} stretches of {} days.",
                Unit::percent(1).show(CX.locale, lift.value),
                first.name,
                Unit::percent(1).show(CX.locale, lift.low),
                Unit::percent(1).show(CX.locale, lift.high),
                result.replicates,
                result.days
            ),
            _ => format!("Over {} stretches of {} days.", result.replicates, result.days),
        },
    });
    let sections = shown.iter().map(|s| {
        let bars = |(at, p): (usize, &PolicyResult)| Group {
            label: p.name.to_string(),
            bars: vec![Bar { name: String::new(), role: role(at), value: interval(s.of(p)) }],
        };
        let groups = result.policies.iter().enumerate().map(bars).collect();
        let order = |a: &&PolicyResult, b: &&PolicyResult| s.of(a).value.total_cmp(&s.of(b).value);
        let (top, word) = match s.best {
            Best::Highest => (result.policies.iter().max_by(order), "highest"),
            Best::Lowest => (result.policies.iter().min_by(order), "lowest"),
        };
        let finding = top.map_or_else(String::new, |p| {
            format!("{}: {} is {word} with {}", s.heading, p.name, s.unit.show(CX.locale, s.of(p).value))
        });
        let figure = Figure {
            id: format!("chart-{}", s.id),
            finding: finding.clone(),
            caption: "Bars are means over stretches, lines 95 % intervals.".into(),
            chart: Chart::Bars(Bars { unit: s.unit, axis: s.axis.into(), groups }),
        };
        let rows = result.policies.iter().map(|p| {
            let e = s.of(p);
            let show = |x: f64| if x.is_finite() { s.unit.show(CX.locale, x) } else { "–".into() };
            Row::new(vec![p.name.to_string(), show(e.value), show(e.low), show(e.high)])
        });
        let columns =
            vec![Column::text("Policy"), Column::number("Mean"), Column::number("From"), Column::number("To")];
        section(s.id, s.heading, format!("{finding}."), table(columns, rows.collect()), vec![figure])
    });
    Page {
        title: format!("Policies in the world '{}'", result.source),
        kicker: "Simulation".into(),
        question: "What would each policy win where the truth is known?".into(),
        verdict,
        tiles: Vec::new(),
        sections: sections.collect(),
        provenance: provenance(
            vec![Document {
                kind: DocumentKind::World,
                name: result.source.to_string(),
                version: world.short(),
                digest: world,
            }],
            vec![result.seed],
            command,
        ),
        other_language: None,
    }
}

/// A past replayed through another policy.
pub fn backtest(result: &BacktestResult, snapshot: &Snapshot, command: &str) -> Page {
    let share = if result.leads > 0 { result.elsewhere as f64 / result.leads as f64 } else { 0.0 };
    let number = |x: f64, digits: u8| Unit::number(digits).show(CX.locale, x);
    let tile = |label: &str, value: String, detail: String| Tile { label: label.into(), value, detail };
    let (was, would) = (&result.as_it_was, &result.replayed);
    let tiles = vec![
        tile("Leads", number(result.leads as f64, 0), format!("{} to {}", result.from, result.to)),
        tile("Elsewhere", number(result.elsewhere as f64, 0), Unit::percent(1).show(CX.locale, share)),
        tile(
            "SLA missed",
            format!("{} → {}", was.sla_missed, would.sla_missed),
            format!("of {} and {}", was.sla_known, would.sla_known),
        ),
        tile(
            "Expected wins",
            format!("{} → {}", number(was.expected_wins, 1), number(would.expected_wins, 1)),
            String::new(),
        ),
    ];
    let line = |name: &str, read: &dyn Fn(&Made) -> String| Row::new(vec![name.into(), read(was), read(would)]);
    let rows = vec![
        line("With an owner", &|m| m.owned.to_string()),
        line("Still waiting", &|m| m.waiting.to_string()),
        line("Parked", &|m| m.parked.to_string()),
        line("Waited at least once", &|m| m.held.to_string()),
        line("SLA missed", &|m| format!("{} of {}", m.sla_missed, m.sla_known)),
        line("Median minutes to an owner", &|m| number(m.minutes_to_owner, 1)),
        line("Gini of leads received", &|m| number(m.gini, 3)),
        line("Expected wins", &|m| number(m.expected_wins, 1)),
    ];
    let columns = vec![Column::text(""), Column::number("As it was"), Column::number("Replayed")];
    let sentence = format!("Under {} {} leads would have gone to somebody else.", result.policy, result.elsewhere);
    let mut sections =
        vec![section("outcome", "What would have been different", sentence, table(columns, rows), Vec::new())];
    sections.push(load(result));
    let moves =
        result.moves.iter().take(DRAWN).map(|(a, b, n)| Row::new(vec![a.to_string(), b.to_string(), n.to_string()]));
    let columns = vec![Column::text("From"), Column::text("To"), Column::number("Leads")];
    sections.push(section(
        "moves",
        "Who would have gone elsewhere",
        "The most frequent moves.".into(),
        table(columns, moves.collect()),
        Vec::new(),
    ));
    if let Some(off) = &result.off_policy {
        let mut rows = vec![Row::new(vec!["As it was".into(), number(off.as_it_was, 4), String::new(), String::new()])];
        for (name, value) in [("Importance weights, normalised", &off.snips), ("Doubly robust", &off.doubly_robust)] {
            if let Some(v) = value {
                let cells = [v.value, v.interval.low, v.interval.high].map(|x| number(x, 4));
                rows.push(Row::new([vec![name.to_owned()], cells.to_vec()].concat()));
            }
        }
        let columns =
            vec![Column::text("Wins a lead"), Column::number("Estimate"), Column::number("From"), Column::number("To")];
        let sentence = format!(
            "{} decisions were drawn with a known probability; for this policy they count as {}.",
            off.support.decisions,
            number(off.support.effective_sample, 0)
        );
        sections.push(section("proof", "What the past proves", sentence, table(columns, rows), Vec::new()));
    }
    let notices = result.notes.iter().map(|text| Notice { tone: Tone::Warn, text: text.clone() }).collect();
    sections.push(Section { id: "notes".into(), heading: "How to read this".into(), notices, ..Section::default() });
    Page {
        title: format!("{} on the past", result.policy),
        kicker: "Back-test".into(),
        question: "Who would have gone elsewhere, and would it have been better?".into(),
        verdict: None,
        tiles,
        sections,
        provenance: provenance(
            vec![Document {
                kind: DocumentKind::Policy,
                name: result.policy.clone(),
                version: snapshot.id.short(),
                digest: snapshot.id,
            }],
            Vec::new(),
            command,
        ),
        other_language: None,
    }
}

fn load(result: &BacktestResult) -> Section {
    let (was, would) = (&result.as_it_was.by_rep, &result.replayed.by_rep);
    let mut reps: Vec<_> = was.keys().chain(would.keys()).collect();
    reps.sort();
    reps.dedup();
    let of = |map: &std::collections::BTreeMap<pointsman_domain::RepId, u64>, rep: &pointsman_domain::RepId| {
        map.get(rep).copied().unwrap_or(0)
    };
    let rows =
        reps.iter().map(|rep| Row::new(vec![rep.to_string(), of(was, rep).to_string(), of(would, rep).to_string()]));
    let bar = |name: &str, role, n: u64| Bar { name: name.into(), role, value: Interval::point(n as f64) };
    let groups = reps.iter().take(DRAWN).map(|rep| Group {
        label: rep.to_string(),
        bars: vec![bar("as it was", Role::Control, of(was, rep)), bar("replayed", Role::Variant, of(would, rep))],
    });
    let change = |rep: &&&pointsman_domain::RepId| of(would, rep).abs_diff(of(was, rep));
    let finding = reps.iter().max_by_key(change).map_or_else(String::new, |rep| {
        format!("{rep} would have had {} leads instead of {}", of(would, rep), of(was, rep))
    });
    let figure = Figure {
        id: "chart-load".into(),
        finding: finding.clone(),
        caption: String::new(),
        chart: Chart::Bars(Bars { unit: Unit::number(0), axis: "leads received".into(), groups: groups.collect() }),
    };
    let columns = vec![Column::text("Rep"), Column::number("As it was"), Column::number("Replayed")];
    section("load", "Load", format!("{finding}."), table(columns, rows.collect()), vec![figure])
}
