//! What a comparison rests on, and the strongest sentence that this allows.

use serde::{Deserialize, Serialize};

use super::Funnel;
use crate::Estimate;

/// How "with" and "without" were made, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Design {
    /// Somebody says so.
    Stated,
    /// Before the start and after it.
    PrePost,
    /// The weeks before and after, with the trend of those before.
    InterruptedSeries,
    /// Teams that started on different dates, compared with those that had not yet.
    StaggeredStart,
    /// Caps divided at random between the policies.
    BudgetSplit,
    /// Policies that take turns at random.
    Switchback,
    /// Leads drawn at random that Pointsman does not route.
    HoldOut,
}

impl Design {
    /// Whether chance decided who was with and who without: the only ground for "caused".
    pub fn is_randomised(self) -> bool {
        matches!(self, Self::BudgetSplit | Self::Switchback | Self::HoldOut)
    }
}

/// The sentence that may be said; more or fewer is the sign of the effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// "Pointsman caused it."
    Caused,
    /// "It differs from where nobody had started; who starts when was not drawn by chance alone."
    UnlikeElsewhere,
    /// "It left the trend of the weeks before; what else began that week is not excluded."
    OffTrend,
    /// "It differs from before; season and market are not excluded."
    UnlikeBefore,
    /// "It is what was stated."
    AsStated,
    /// The interval contains none at all: "cannot be told from chance".
    Undecided,
}

impl Claim {
    /// A claim is only as strong as the design, and an interval that contains 0 claims nothing,
    /// whatever the design.
    pub fn of(design: Design, effect: Estimate) -> Self {
        match design {
            Design::Stated => Self::AsStated,
            _ if !effect.excludes_zero() => Self::Undecided,
            Design::PrePost => Self::UnlikeBefore,
            Design::InterruptedSeries => Self::OffTrend,
            Design::StaggeredStart => Self::UnlikeElsewhere,
            Design::BudgetSplit | Design::Switchback | Design::HoldOut => Self::Caused,
        }
    }
}

/// What is known of w₁ − w₀, the difference in wins per lead.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Evidence {
    pub design: Design,
    pub effect: Estimate,
    /// Without and with, where the design has two such groups: only then can the effect be split
    /// into conversion and saved leads.
    pub funnels: Option<(Funnel, Funnel)>,
}

impl Evidence {
    /// The quarter against the frozen baseline.
    pub fn pre_post(before: Funnel, after: Funnel) -> Self {
        Self { design: Design::PrePost, effect: Funnel::difference(&before, &after), funnels: Some((before, after)) }
    }

    /// Leads drawn out of Pointsman's hands against those in them.
    pub fn hold_out(held: Funnel, routed: Funnel) -> Self {
        Self { design: Design::HoldOut, effect: Funnel::difference(&held, &routed), funnels: Some((held, routed)) }
    }

    /// What this design allows to be said.
    pub fn claim(&self) -> Claim {
        Claim::of(self.design, self.effect)
    }
}

/// The strongest design; of equals the narrower interval, which says nothing about its sign.
pub fn best(all: &[Evidence]) -> Option<&Evidence> {
    let width = |evidence: &Evidence| evidence.effect.high - evidence.effect.low;
    all.iter().max_by(|a, b| a.design.cmp(&b.design).then_with(|| width(b).total_cmp(&width(a))))
}
