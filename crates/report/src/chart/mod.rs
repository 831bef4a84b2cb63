//! Charts: plain data in, static SVG, table and description out.
//!
//! Nothing here does statistics: drawers receive intervals, steps and bins that somebody computed,
//! so a picture cannot contradict the table beside it. Each kind is one file with its data, its
//! drawing and its table; [`scale`], [`svg`] and [`frame`] are what they share. Colours, dashes and
//! fonts are classes, so light, dark and print come from the style sheet; without colour, dash,
//! filling and direct labels carry the same.
//!
//! Every figure is drawn twice, 720 and 360 units wide: scaling one drawing to a phone would
//! shrink its text to six pixels.

mod bars;
mod calibration;
mod flow;
mod forest;
mod frame;
mod funnel;
mod heat;
mod lettering;
mod lines;
mod multiples;
mod scale;
mod strip;
mod survival;
mod svg;
mod waterfall;

use serde::{Deserialize, Serialize};

pub use bars::{Bar, Bars, Group};
pub use calibration::{Bin, Calibration};
pub use flow::{Flow, Link, Node};
pub use forest::{Forest, ForestMark, ForestRow, RowStyle};
pub use funnel::{Funnel, Limits, Spot, Where};
pub use heat::Heat;
pub use lines::{Lines, Point, Series};
pub use multiples::{Multiples, Panel};
pub use strip::{Slot, Strip};
pub use survival::{Curve, Step, Survival};
pub use waterfall::{Block, BlockKind, Waterfall};

use crate::{Cx, Table};
use svg::Svg;

/// An estimate and its bounds, computed elsewhere. Bounds may be infinite (open) or `NaN` (none).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub est: f64,
    pub lo: f64,
    pub hi: f64,
}

impl Interval {
    pub const fn new(est: f64, lo: f64, hi: f64) -> Self {
        Self { est, lo, hi }
    }

    /// A number without bounds.
    pub const fn point(est: f64) -> Self {
        Self { est, lo: f64::NAN, hi: f64::NAN }
    }

    /// Whether there are bounds; bounds in the wrong order are none.
    pub fn has_bounds(self) -> bool {
        self.lo <= self.hi
    }

    /// Whether the bounds lie on one side of `reference`; an interval without bounds excludes nothing.
    pub fn excludes(self, reference: f64) -> bool {
        self.has_bounds() && (self.lo > reference || self.hi < reference)
    }

    fn values(self) -> [f64; 3] {
        [self.est, self.lo, self.hi]
    }
}

/// What a series stands for; decides colour, dash and filling. Four are all that colour-blind
/// readers can tell apart: more series become [`Multiples`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// What was there before: dashed, hollow.
    Control,
    /// What is tried: solid, filled.
    Variant,
    Third,
    Fourth,
}

impl Role {
    fn class(self) -> &'static str {
        match self {
            Self::Variant => "s1",
            Self::Control => "s2",
            Self::Third => "s3",
            Self::Fourth => "s4",
        }
    }
}

/// How wide a drawing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Width {
    Wide,
    Narrow,
}

impl Width {
    pub const BOTH: [Self; 2] = [Self::Wide, Self::Narrow];

    fn units(self) -> f64 {
        match self {
            Self::Wide => 720.0,
            Self::Narrow => 360.0,
        }
    }

    fn pick<T>(self, wide: T, narrow: T) -> T {
        match self {
            Self::Wide => wide,
            Self::Narrow => narrow,
        }
    }

    fn suffix(self) -> &'static str {
        self.pick("w", "n")
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Chart {
    Forest(Forest),
    Lines(Lines),
    Survival(Survival),
    Bars(Bars),
    Heat(Heat),
    Strip(Strip),
    Calibration(Calibration),
    Waterfall(Waterfall),
    Flow(Flow),
    Multiples(Multiples),
    Funnel(Funnel),
}

/// What every kind of chart can do with its data.
trait Draw {
    fn draw(&self, width: Width, cx: Cx) -> Svg;
    fn table(&self, cx: Cx) -> Table;
    /// One or two sentences for those who do not see the picture.
    fn describe(&self, cx: Cx) -> String;
}

impl Chart {
    fn kind(&self) -> &dyn Draw {
        match self {
            Self::Forest(chart) => chart,
            Self::Lines(chart) => chart,
            Self::Survival(chart) => chart,
            Self::Bars(chart) => chart,
            Self::Heat(chart) => chart,
            Self::Strip(chart) => chart,
            Self::Calibration(chart) => chart,
            Self::Waterfall(chart) => chart,
            Self::Flow(chart) => chart,
            Self::Multiples(chart) => chart,
            Self::Funnel(chart) => chart,
        }
    }

    /// The numbers of the picture, rounded as in the picture.
    pub fn table(&self, cx: Cx) -> Table {
        self.kind().table(cx)
    }

    pub fn describe(&self, cx: Cx) -> String {
        self.kind().describe(cx)
    }
}

/// A chart with its finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Unique in its page: `[a-z0-9-]`.
    pub id: String,
    /// What the picture shows, as a sentence: "Variant wins 2.4 points more".
    pub finding: String,
    /// How to read it, where that is not plain; may be empty.
    pub caption: String,
    pub chart: Chart,
}

/// The figure as one SVG element, the same bytes every run.
///
/// ```
/// use pointsman_report::{chart::*, Chart, Cx, Figure, Interval, Role, Unit, Width};
/// let bar = Bar { name: String::new(), role: Role::Variant, value: Interval::new(0.132, 0.123, 0.141) };
/// let bars = Bars {
///     unit: Unit::percent(1),
///     axis: "Win rate".into(),
///     groups: vec![Group { label: "Pointsman".into(), bars: vec![bar] }],
/// };
/// let figure = Figure {
///     id: "rate".into(),
///     finding: "Pointsman wins 13.2% of leads".into(),
///     caption: String::new(),
///     chart: Chart::Bars(bars),
/// };
/// assert!(draw(&figure, Width::Narrow, Cx::EN).contains("13.2% (12.3 to 14.1)"));
/// assert_eq!(figure.chart.table(Cx::DE).rows[0].cells[1], "13,2\u{202f}%");
/// ```
pub fn draw(figure: &Figure, width: Width, cx: Cx) -> String {
    let id = format!("{}-{}", figure.id, width.suffix());
    figure.chart.kind().draw(width, cx).finish(&id, width, &figure.finding, &figure.chart.describe(cx))
}

/// Paper around a picture, in units of the drawing.
const PICTURE_MARGIN: f64 = 16.0;

/// The figure as an SVG file of its own, with the styles inside: for READMEs and chats.
pub fn picture(figure: &Figure, width: Width, cx: Cx) -> String {
    let css = crate::assets::CSS;
    let between = |from: &str, to: &str| {
        let start = css.find(from).expect("the style sheet has this heading");
        &css[start..start + css[start..].find(to).expect("the style sheet has the next heading")]
    };
    let (tokens, marks) = (between("/* Tokens", "/* Base"), between("/* Charts", "/* Phone"));
    // The sheet's container query belongs to pages; a picture has one width.
    let marks = marks.replace("container", "media").replace("(max-width: 519px)", "not all");
    let drawing = figure.chart.kind().draw(width, cx);
    let (plain, framed) = (drawing.view_box(0.0), drawing.view_box(PICTURE_MARGIN));
    let head = format!(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="{framed}" class="draw "#);
    let paper = r#"<rect x="-50%" y="-50%" width="200%" height="200%" fill="var(--bg)"/>"#;
    let style = format!("<style>{tokens}{marks}.draw {{ margin: 0; }}</style>{paper}<title");
    draw(figure, width, cx)
        .replacen(r#"<svg class=""#, &head, 1)
        .replacen(&format!(r#" viewBox="{plain}""#), "", 1)
        .replacen("<title", &style, 1)
}

/// A sentence ends with one full stop, also where its last word is an abbreviation.
fn closed(mut sentence: String) -> String {
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}

/// "Name: value, value; …" of a table's first rows, for descriptions.
fn sentences(table: &Table, most: usize) -> String {
    let row = |cells: &[String]| match cells {
        [name, values @ ..] => {
            let titled: Vec<String> = values
                .iter()
                .zip(table.columns.iter().skip(1))
                .filter(|(value, _)| !value.is_empty())
                .map(|(value, column)| format!("{} {value}", column.title))
                .collect();
            closed(format!("{name}: {}", titled.join(", ")))
        }
        [] => String::new(),
    };
    let rows: Vec<String> = table.rows.iter().take(most).map(|r| row(&r.cells)).collect();
    rows.join(" ")
}
