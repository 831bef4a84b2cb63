//! What must hold for every drawing: goldens for fair data, laws for any data.

use std::collections::BTreeSet;

use pointsman_report::{
    Chart, Cx, Figure, Interval, Role, Unit, Width,
    chart::{
        self, Bar, Bars, Bin, Block, BlockKind, Calibration, Curve, Flow, Forest, ForestMark, ForestRow, Group, Heat,
        Lines, Link, Multiples, Node, Panel, Point, RowStyle, Series, Slot, Step, Strip, Survival, Waterfall,
    },
};
use proptest::prelude::*;

use crate::fixture;

fn figure(finding: &str, chart: Chart) -> Figure {
    Figure { id: "figure".into(), finding: finding.into(), caption: String::new(), chart }
}

#[test]
fn drawings_are_the_same_bytes_every_run() {
    for (name, finding, chart) in fixture::charts() {
        for (cx, tag) in [(Cx::EN, "en"), (Cx::DE, "de")] {
            for (width, suffix) in [(Width::Wide, "wide"), (Width::Narrow, "narrow")] {
                let svg = chart::draw(&figure(finding, chart.clone()), width, cx);
                assert_eq!(svg, chart::draw(&figure(finding, chart.clone()), width, cx));
                insta::assert_snapshot!(format!("{name}-{suffix}-{tag}"), svg.replace("><", ">\n<"));
            }
        }
    }
}

#[test]
fn a_picture_brings_all_its_styles() {
    for (_, finding, chart) in fixture::charts() {
        let svg = chart::picture(&figure(finding, chart), Width::Wide, Cx::EN);
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-16 -16 752 "), "{}", &svg[..80]);
        assert_eq!(svg.matches("viewBox").count(), 1);
        for used in svg.split("var(").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(used == "--c" || svg.contains(&format!("{used}: ")), "{used} is not defined in the picture");
        }
        assert_eq!(svg.matches('{').count(), svg.matches('}').count());
        // A picture is XML: no tag may stand inside the styles, and every tag is closed.
        let style = svg.split_once("<style>").expect("styles").1.split_once("</style>").expect("their end").0;
        assert!(!style.contains('<') && !style.contains('&'), "{style}");
        let opened = svg.matches('<').count() - svg.matches("</").count() - svg.matches("/>").count();
        assert_eq!(opened, svg.matches("</").count());
    }
}

#[test]
fn tables_and_descriptions_in_both_languages() {
    for (name, _, chart) in fixture::charts() {
        for (cx, tag) in [(Cx::EN, "en"), (Cx::DE, "de")] {
            let table = chart.table(cx);
            let mut text = format!("{}\n\n", chart.describe(cx));
            let titles: Vec<&str> = table.columns.iter().map(|c| c.title.as_str()).collect();
            text += &titles.join(" | ");
            for row in table.rows.iter().take(12) {
                text += &format!("\n{}", row.cells.join(" | "));
            }
            insta::assert_snapshot!(format!("{name}-table-{tag}"), text);
            assert!(table.rows.iter().all(|row| row.cells.len() == table.columns.len()), "{name}");
        }
    }
}

/// The same number, rounded once: what the table says stands in the drawing and the description.
#[test]
fn picture_tip_table_and_description_agree() {
    for (name, finding, chart) in fixture::charts() {
        for cx in [Cx::EN, Cx::DE] {
            let svg = chart::draw(&figure(finding, chart.clone()), Width::Wide, cx);
            let tips: String = svg.split("data-tip=\"").skip(1).filter_map(|t| t.split('"').next()).collect();
            let table = chart.table(cx);
            let numeric = |i: usize| table.columns[i].numeric;
            // The last row: what is at the end of a line is labelled in every kind.
            let row = table.rows.last().expect("the fixtures have rows");
            let shown = row.cells.iter().enumerate().filter(|(i, cell)| numeric(*i) && !cell.is_empty());
            for (i, cell) in shown {
                // Ranges stand in brackets after their estimate; the unit is said once.
                let number: String = cell.chars().take_while(|c| !c.is_alphabetic() && *c != '\u{a0}').collect();
                let number = number.trim();
                let in_tips = tips.contains(number) || svg.contains(number);
                assert!(in_tips, "{name}: {number:?} of column {:?} is not in the drawing", table.columns[i].title);
            }
        }
    }
}

// ---- Laws for any data ----

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -1.0..1.0f64,
        2 => -1e6..1e6f64,
        1 => prop::num::f64::ANY,
        1 => Just(0.0),
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(-f64::MAX),
    ]
}

fn interval() -> impl Strategy<Value = Interval> {
    prop_oneof![
        (value(), value(), value()).prop_map(|(e, l, h)| Interval::new(e, l, h)),
        value().prop_map(Interval::point)
    ]
}

fn label() -> impl Strategy<Value = String> {
    let any = prop_oneof!["[a-zA-Zäöüß ]{0,30}", "\\PC{0,12}", Just("</text><script>\"'&".to_owned())];
    // No name is it, so that it can only be a number's.
    any.prop_filter("NaN is what a drawing must not hold", |label| !label.contains("NaN"))
}

fn unit() -> impl Strategy<Value = Unit> {
    let money = pointsman_domain::Currency::EUR;
    prop::sample::select(vec![
        Unit::count(),
        Unit::number(3).signed(),
        Unit::percent(1),
        Unit::points(1),
        Unit::money(money),
        Unit::amount(money).signed(),
        Unit::minutes(),
        Unit::day(),
    ])
}

fn role() -> impl Strategy<Value = Role> {
    prop::sample::select(vec![Role::Control, Role::Variant, Role::Third, Role::Fourth])
}

fn lines() -> impl Strategy<Value = Lines> {
    let points = prop::collection::vec((value(), interval()).prop_map(|(x, y)| Point { x, y }), 0..12);
    let series = (label(), role(), points).prop_map(|(name, role, points)| Series { name, role, points });
    let all = prop::collection::vec(series, 0..6);
    (unit(), label(), unit(), label(), all, prop::option::of(value()), any::<bool>()).prop_map(
        |(x, x_title, y, y_title, series, reference, stepped)| Lines {
            x,
            x_title,
            y,
            y_title,
            series,
            reference,
            stepped,
        },
    )
}

fn forest() -> impl Strategy<Value = Chart> {
    let style = prop::sample::select(vec![RowStyle::Plain, RowStyle::Doubtful, RowStyle::Total]);
    let row = (label(), label(), interval(), style).prop_map(|(label, note, value, style)| ForestRow {
        label,
        note,
        value,
        style,
    });
    let marks = prop::collection::vec((value(), label()).prop_map(|(at, label)| ForestMark { at, label }), 0..3);
    (unit(), label(), prop::option::of(value()), label(), prop::collection::vec(row, 0..8), marks).prop_map(
        |(unit, axis, reference, word, rows, marks)| {
            Chart::Forest(Forest { unit, axis, reference, below: word.clone(), above: word, rows, marks })
        },
    )
}

fn survival() -> impl Strategy<Value = Chart> {
    let step = (value(), interval(), any::<u64>()).prop_map(|(at, share, open)| Step { at, share, open });
    let curve = (label(), role(), prop::collection::vec(step, 0..10)).prop_map(|(name, role, steps)| Curve {
        name,
        role,
        steps,
    });
    (label(), prop::collection::vec(curve, 0..6), prop::option::of((value(), label()))).prop_map(
        |(title, curves, promise)| {
            let time_title = title.clone();
            Chart::Survival(Survival { time: Unit::minutes(), time_title, share_title: title, curves, promise })
        },
    )
}

fn bars() -> impl Strategy<Value = Chart> {
    let bar = (label(), role(), interval()).prop_map(|(name, role, value)| Bar { name, role, value });
    let group = (label(), prop::collection::vec(bar, 0..5)).prop_map(|(label, bars)| Group { label, bars });
    (unit(), label(), prop::collection::vec(group, 0..7))
        .prop_map(|(unit, axis, groups)| Chart::Bars(Bars { unit, axis, groups }))
}

fn heat() -> impl Strategy<Value = Chart> {
    let names = || prop::collection::vec(label(), 0..9);
    let cells = prop::collection::vec(prop::collection::vec(value(), 0..9), 0..9);
    (unit(), names(), names(), cells, label())
        .prop_map(|(unit, rows, columns, cells, title)| Chart::Heat(Heat { unit, rows, columns, cells, title }))
}

fn strip() -> impl Strategy<Value = Chart> {
    let names = || prop::collection::vec(label(), 0..20);
    let slot = prop::sample::select(vec![Slot::Control, Slot::Variant, Slot::Out]);
    let slots = prop::collection::vec(prop::collection::vec(slot, 0..20), 0..6);
    (names(), names(), slots, label()).prop_map(|(units, periods, slots, name)| {
        Chart::Strip(Strip { units, periods, slots, control: name.clone(), variant: name })
    })
}

fn calibration() -> impl Strategy<Value = Chart> {
    let bin =
        (value(), interval(), any::<u64>()).prop_map(|(predicted, observed, count)| Bin { predicted, observed, count });
    prop::collection::vec(bin, 0..12).prop_map(|bins| Chart::Calibration(Calibration { bins }))
}

fn waterfall() -> impl Strategy<Value = Chart> {
    let kind = prop::sample::select(vec![BlockKind::Part, BlockKind::Total]);
    let block = (label(), kind, interval()).prop_map(|(label, kind, value)| Block { label, kind, value });
    (unit(), label(), prop::collection::vec(block, 0..8))
        .prop_map(|(unit, axis, blocks)| Chart::Waterfall(Waterfall { unit, axis, blocks }))
}

fn flow() -> impl Strategy<Value = Chart> {
    let node = (label(), 0usize..5).prop_map(|(label, column)| Node { label, column });
    let link = (0usize..12, 0usize..12, value()).prop_map(|(from, to, value)| Link { from, to, value });
    (unit(), prop::collection::vec(node, 0..10), prop::collection::vec(link, 0..20))
        .prop_map(|(unit, nodes, links)| Chart::Flow(Flow { unit, nodes, links }))
}

fn any_chart() -> impl Strategy<Value = Chart> {
    let panel = (label(), lines()).prop_map(|(title, lines)| Panel { title, lines });
    prop_oneof![
        forest(),
        lines().prop_map(Chart::Lines),
        survival(),
        bars(),
        heat(),
        strip(),
        calibration(),
        waterfall(),
        flow(),
        prop::collection::vec(panel, 0..5).prop_map(|panels| Chart::Multiples(Multiples { panels })),
    ]
}

/// Every attribute of the drawing, as written.
fn attributes(svg: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut pieces = svg.split('"');
    std::iter::from_fn(move || {
        let before = pieces.next()?;
        let value = pieces.next()?;
        Some((before.rsplit([' ', '<']).next()?.trim_end_matches('='), value))
    })
}

/// Panics unless all places are numbers inside the view box.
fn check_places(svg: &str) {
    let view = attributes(svg).find(|(name, _)| *name == "viewBox").expect("a drawing has a view box").1;
    let size: Vec<f64> = view.split(' ').map(|n| n.parse().expect("a number")).collect();
    let (width, height) = (size[2], size[3]);
    assert!(width > 0.0 && height > 0.0 && height < 20_000.0, "{view}");
    let inside = |value: &str, most: f64, what: &str| {
        let number: f64 = value.parse().unwrap_or(f64::NAN);
        assert!((-0.5..=most + 0.5).contains(&number), "{what}={value} outside 0..{most}\n{svg}");
    };
    for (name, value) in attributes(svg) {
        match name {
            "x" | "x1" | "x2" | "cx" | "width" => inside(value, width, name),
            "y" | "y1" | "y2" | "cy" | "height" => inside(value, height, name),
            "d" => {
                let numbers = value.split(|c: char| c.is_ascii_uppercase() || c == ' ').filter(|n| !n.is_empty());
                for (i, number) in numbers.enumerate() {
                    inside(number, if i % 2 == 0 { width } else { height }, "d");
                }
            }
            _ => {}
        }
    }
}

fn check_drawing(chart: &Chart) {
    let figure = figure("<Finding> & \"more\"", chart.clone());
    for width in Width::BOTH {
        for cx in [Cx::EN, Cx::DE] {
            let svg = chart::draw(&figure, width, cx);
            check_places(&svg);
            assert!(!svg.contains("<script") && !svg.contains("NaN"), "{svg}");
            let ids: Vec<&str> = attributes(&svg).filter(|(name, _)| *name == "id").map(|(_, id)| id).collect();
            assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        }
    }
    chart.describe(Cx::EN);
    let table = chart.table(Cx::DE);
    assert!(table.rows.iter().all(|row| row.cells.len() == table.columns.len()));
}

proptest! {
    #[test]
    fn any_data_is_drawn_inside_the_view_box(chart in any_chart()) {
        check_drawing(&chart);
    }
}

#[test]
fn a_hundred_thousand_points_are_thinned() {
    let n = 100_000;
    let points = |f: fn(usize) -> f64| -> Vec<Point> {
        (0..n).map(|i| Point { x: i as f64, y: Interval::new(f(i), f(i) - 1.0, f(i) + 1.0) }).collect()
    };
    let lines = |points| Lines {
        x: Unit::count(),
        x_title: String::new(),
        y: Unit::number(1),
        y_title: String::new(),
        series: vec![Series { name: "many".into(), role: Role::Variant, points }],
        reference: None,
        stepped: true,
    };
    let interval = |i: usize| Interval::new(i as f64, i as f64 - 1.0, i as f64 + 1.0);
    let name = |i: usize| format!("row {i}");
    let many: Vec<Chart> = vec![
        Chart::Lines(lines(points(|i| (i % 1000) as f64))),
        Chart::Forest(Forest {
            unit: Unit::number(1),
            axis: String::new(),
            reference: Some(0.0),
            below: String::new(),
            above: String::new(),
            rows: (0..n)
                .map(|i| ForestRow { label: name(i), note: String::new(), value: interval(i), style: RowStyle::Plain })
                .collect(),
            marks: Vec::new(),
        }),
        Chart::Bars(Bars {
            unit: Unit::count(),
            axis: String::new(),
            groups: (0..n)
                .map(|i| Group {
                    label: name(i),
                    bars: vec![Bar { name: String::new(), role: Role::Variant, value: interval(i) }],
                })
                .collect(),
        }),
        Chart::Survival(Survival {
            time: Unit::minutes(),
            time_title: String::new(),
            share_title: String::new(),
            curves: vec![Curve {
                name: "many".into(),
                role: Role::Control,
                steps: (0..n)
                    .map(|i| Step {
                        at: i as f64,
                        share: Interval::point(1.0 / (1.0 + i as f64)),
                        open: (n - i) as u64,
                    })
                    .collect(),
            }],
            promise: None,
        }),
        Chart::Calibration(Calibration {
            bins: (0..n)
                .map(|i| Bin { predicted: i as f64 / n as f64, observed: Interval::point(0.5), count: 1 })
                .collect(),
        }),
        Chart::Waterfall(Waterfall {
            unit: Unit::count(),
            axis: String::new(),
            blocks: (0..n).map(|i| Block { label: name(i), kind: BlockKind::Part, value: interval(i) }).collect(),
        }),
    ];
    for chart in &many {
        check_drawing(chart);
        let svg = chart::draw(&figure("many", chart.clone()), Width::Wide, Cx::EN);
        assert!(svg.len() < 120_000, "{} bytes", svg.len());
        assert!(chart.table(Cx::EN).rows.len() <= pointsman_report::table::MAX_ROWS);
    }
}

/// Values that are all equal, or just one, still have an axis and a mark.
#[test]
fn one_value_is_drawn_in_the_middle() {
    let one = |n: usize| {
        Chart::Lines(Lines {
            x: Unit::count(),
            x_title: String::new(),
            y: Unit::number(1),
            y_title: String::new(),
            series: vec![Series {
                name: "one".into(),
                role: Role::Variant,
                points: (0..n).map(|_| Point { x: 4.0, y: Interval::point(7.0) }).collect(),
            }],
            reference: None,
            stepped: false,
        })
    };
    for n in [1, 2, 50] {
        check_drawing(&one(n));
    }
    let svg = chart::draw(&figure("one", one(1)), Width::Wide, Cx::EN);
    assert!(svg.contains("<circle"), "a single point needs a mark: {svg}");
    assert!(svg.contains(">7.0</text>") || svg.contains(">7</text>"), "{svg}");
}
