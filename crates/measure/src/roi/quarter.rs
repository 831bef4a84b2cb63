//! A result as rows, one a component of a quarter: what `rpt_roi_quarter_v1` shows.

use super::{Design, Period, RoiKind, RoiResult};
use crate::Estimate;

/// One component, minor units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuarterRow {
    /// `conversion`, `saved`, `both`, `time`, `cycle`, `cost`, `net`.
    pub component: &'static str,
    pub amount: Estimate,
    /// The design whose sentence it may carry; none of the cost.
    pub design: Option<Design>,
}

impl Period {
    /// `2026-Q3`, if it is exactly that quarter.
    ///
    /// ```
    /// # use pointsman_measure::roi::Period;
    /// let period = |from: &str, until: &str| Period { from: from.parse().unwrap(), until: until.parse().unwrap() };
    /// assert_eq!(period("2026-07-01", "2026-10-01").quarter().as_deref(), Some("2026-Q3"));
    /// assert_eq!(period("2026-07-01", "2026-09-30").quarter(), None);
    /// ```
    pub fn quarter(self) -> Option<String> {
        let text = self.from.to_string();
        let (year, rest) = text.split_once('-')?;
        let quarter = match rest {
            "01-01" => 1,
            "04-01" => 2,
            "07-01" => 3,
            "10-01" => 4,
            _ => return None,
        };
        (self.from.plus_months(3) == self.until).then(|| format!("{year}-Q{quarter}"))
    }
}

impl RoiResult {
    /// Conversion and saved leads where the design tells them apart, always their sum; then time,
    /// cycle, cost, and what is left. A cycle that nobody signed for is a row and not in `net`.
    pub fn rows(&self) -> Vec<QuarterRow> {
        let mut rows = Vec::new();
        if let (Some(parts), Some(judged)) = (self.roi.parts, self.counted()) {
            let whole = |money: pointsman_domain::Money, interval: Estimate| Estimate {
                value: money.minor_units() as f64,
                ..interval
            };
            let design = Some(judged.evidence.design);
            let amount = whole(parts.conversion, parts.conversion_interval);
            rows.push(QuarterRow { component: "conversion", amount, design });
            rows.push(QuarterRow { component: "saved", amount: whole(parts.saved, parts.saved_interval), design });
        }
        rows.extend(self.roi.components.iter().map(|component| QuarterRow {
            component: match component.kind {
                RoiKind::ConversionAndSaved => "both",
                RoiKind::Time => "time",
                RoiKind::Cycle => "cycle",
            },
            amount: component.amount,
            design: Some(component.design),
        }));
        let cost = self.spec.cost().sampled();
        rows.push(QuarterRow { component: "cost", amount: cost, design: None });
        rows.push(QuarterRow { component: "net", amount: self.roi.net, design: self.roi.design });
        rows
    }
}
