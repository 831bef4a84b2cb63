//! The figures there are: a closed list, each with its unit, window, formula, and what it needs.

use serde::{Deserialize, Serialize};

/// A figure. The order is that of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kpi {
    SpeedToLead,
    SpeedToLeadP90,
    TouchedFast,
    TouchedInSla,
    #[serde(rename = "time-to-48h")]
    TimeTo48h,
    ServiceSpeed,
    ServiceSpeedP90,
    ServiceTouchedFast,
    #[serde(rename = "service-time-to-48h")]
    ServiceTimeTo48h,
    ClockDecided,
    ClockNotified,
    ClockAccepted,
    ClockTouched,
    ClockReached,
    FirstContactInSla,
    SlaBreaches,
    ReachedRate,
    FirstAcceptance,
    Conversion,
    ObservedToExpected,
    BalanceGini,
    LargestDeficit,
    Utilisation,
    RoutingAccuracyStrict,
    RoutingAccuracyLenient,
    FeedbackScore,
    FeedbackAnswers,
    ResponseCompleteness,
    LeadCompleteness,
    UnassignedAge,
    Parked,
    Hops,
    PingPong,
    LostLeads,
    CostPerLead,
    CostPerOpportunity,
    CostPerCustomer,
    HoursSaved,
}

/// What a figure is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KpiUnit {
    Seconds,
    /// 0 to 1.
    Share,
    /// Without unit: Gini, observed ÷ expected, hops a lead.
    Number,
    /// 1 to 5.
    Score,
    Leads,
    /// Minor units of the workspace's currency.
    Money,
    Hours,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    Higher,
    Lower,
    /// Neither end is good.
    Neither,
}

/// Which leads a figure of a period speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// That arrived in the period; those still waiting are censored or pending.
    Arrived,
    /// That arrived in the period and whose maturity window is over; the others are pending.
    Matured,
    /// As it is now: arrived in the period and still so.
    Now,
    /// Days of the period, not leads.
    Days,
}

/// What has to feed the data before a figure can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feed {
    Decisions,
    Notifications,
    Offers,
    Activities,
    /// Facts that somebody was spoken to.
    Contacts,
    Outcomes,
    /// Deadlines of first contact.
    Promises,
    Owners,
    /// Changes of owner, if only that none was needed.
    Hops,
    /// Why a lead changed its owner.
    Reasons,
    Scores,
    Entitlements,
    /// Load and caps over working time.
    Loads,
    Feedback,
    Checklists,
    Completeness,
    /// Working hours by which a lead's service time runs.
    Calendars,
    Opportunities,
    /// Stated in the workspace's `kpi.toml`.
    Costs,
    HandlingTime,
}

impl Kpi {
    pub const ALL: [Self; 38] = [
        Self::SpeedToLead,
        Self::SpeedToLeadP90,
        Self::TouchedFast,
        Self::TouchedInSla,
        Self::TimeTo48h,
        Self::ServiceSpeed,
        Self::ServiceSpeedP90,
        Self::ServiceTouchedFast,
        Self::ServiceTimeTo48h,
        Self::ClockDecided,
        Self::ClockNotified,
        Self::ClockAccepted,
        Self::ClockTouched,
        Self::ClockReached,
        Self::FirstContactInSla,
        Self::SlaBreaches,
        Self::ReachedRate,
        Self::FirstAcceptance,
        Self::Conversion,
        Self::ObservedToExpected,
        Self::BalanceGini,
        Self::LargestDeficit,
        Self::Utilisation,
        Self::RoutingAccuracyStrict,
        Self::RoutingAccuracyLenient,
        Self::FeedbackScore,
        Self::FeedbackAnswers,
        Self::ResponseCompleteness,
        Self::LeadCompleteness,
        Self::UnassignedAge,
        Self::Parked,
        Self::Hops,
        Self::PingPong,
        Self::LostLeads,
        Self::CostPerLead,
        Self::CostPerOpportunity,
        Self::CostPerCustomer,
        Self::HoursSaved,
    ];

    /// What a page opens with: at most eight.
    pub const TILES: [Self; 8] = [
        Self::SpeedToLead,
        Self::FirstContactInSla,
        Self::LostLeads,
        Self::FirstAcceptance,
        Self::ReachedRate,
        Self::Conversion,
        Self::BalanceGini,
        Self::RoutingAccuracyLenient,
    ];

    /// Its name in addresses, files and commands.
    pub fn slug(self) -> &'static str {
        match self {
            Self::SpeedToLead => "speed-to-lead",
            Self::SpeedToLeadP90 => "speed-to-lead-p90",
            Self::TouchedFast => "touched-fast",
            Self::TouchedInSla => "touched-in-sla",
            Self::TimeTo48h => "time-to-48h",
            Self::ServiceSpeed => "service-speed",
            Self::ServiceSpeedP90 => "service-speed-p90",
            Self::ServiceTouchedFast => "service-touched-fast",
            Self::ServiceTimeTo48h => "service-time-to-48h",
            Self::ClockDecided => "clock-decided",
            Self::ClockNotified => "clock-notified",
            Self::ClockAccepted => "clock-accepted",
            Self::ClockTouched => "clock-touched",
            Self::ClockReached => "clock-reached",
            Self::FirstContactInSla => "first-contact-in-sla",
            Self::SlaBreaches => "sla-breaches",
            Self::ReachedRate => "reached-rate",
            Self::FirstAcceptance => "first-acceptance",
            Self::Conversion => "conversion",
            Self::ObservedToExpected => "observed-to-expected",
            Self::BalanceGini => "balance-gini",
            Self::LargestDeficit => "largest-deficit",
            Self::Utilisation => "utilisation",
            Self::RoutingAccuracyStrict => "routing-accuracy-strict",
            Self::RoutingAccuracyLenient => "routing-accuracy-lenient",
            Self::FeedbackScore => "feedback-score",
            Self::FeedbackAnswers => "feedback-answers",
            Self::ResponseCompleteness => "response-completeness",
            Self::LeadCompleteness => "lead-completeness",
            Self::UnassignedAge => "unassigned-age",
            Self::Parked => "parked",
            Self::Hops => "hops",
            Self::PingPong => "ping-pong",
            Self::LostLeads => "lost-leads",
            Self::CostPerLead => "cost-per-lead",
            Self::CostPerOpportunity => "cost-per-opportunity",
            Self::CostPerCustomer => "cost-per-customer",
            Self::HoursSaved => "hours-saved",
        }
    }

    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kpi| kpi.slug() == slug)
    }

    pub fn unit(self) -> KpiUnit {
        match self {
            Self::SpeedToLead
            | Self::SpeedToLeadP90
            | Self::TimeTo48h
            | Self::ServiceSpeed
            | Self::ServiceSpeedP90
            | Self::ServiceTimeTo48h
            | Self::ClockDecided
            | Self::ClockNotified
            | Self::ClockAccepted
            | Self::ClockTouched
            | Self::ClockReached
            | Self::UnassignedAge => KpiUnit::Seconds,
            Self::ObservedToExpected | Self::BalanceGini | Self::Hops => KpiUnit::Number,
            Self::LargestDeficit => KpiUnit::Leads,
            Self::FeedbackScore => KpiUnit::Score,
            Self::CostPerLead | Self::CostPerOpportunity | Self::CostPerCustomer => KpiUnit::Money,
            Self::HoursSaved => KpiUnit::Hours,
            _ => KpiUnit::Share,
        }
    }

    pub fn better(self) -> Better {
        match self {
            Self::Utilisation => Better::Neither,
            Self::TouchedFast
            | Self::TouchedInSla
            | Self::ServiceTouchedFast
            | Self::FirstContactInSla
            | Self::ReachedRate
            | Self::FirstAcceptance
            | Self::Conversion
            | Self::ObservedToExpected
            | Self::RoutingAccuracyStrict
            | Self::RoutingAccuracyLenient
            | Self::FeedbackScore
            | Self::FeedbackAnswers
            | Self::ResponseCompleteness
            | Self::LeadCompleteness
            | Self::HoursSaved => Better::Higher,
            _ => Better::Lower,
        }
    }

    pub fn window(self) -> Window {
        match self {
            Self::ReachedRate
            | Self::Conversion
            | Self::ObservedToExpected
            | Self::RoutingAccuracyStrict
            | Self::RoutingAccuracyLenient
            | Self::FeedbackScore
            | Self::FeedbackAnswers
            | Self::ResponseCompleteness
            | Self::LostLeads
            | Self::CostPerOpportunity
            | Self::CostPerCustomer => Window::Matured,
            Self::UnassignedAge => Window::Now,
            Self::BalanceGini | Self::LargestDeficit | Self::Utilisation => Window::Days,
            _ => Window::Arrived,
        }
    }

    /// Measured lead by lead: not on days of reps, nor against what was spent.
    pub fn is_of_leads(self) -> bool {
        let of_cost = matches!(self, Self::CostPerLead | Self::CostPerOpportunity | Self::CostPerCustomer);
        self.window() != Window::Days && !of_cost
    }

    /// All of them are needed.
    pub fn needs(self) -> &'static [Feed] {
        use Feed as F;
        match self {
            Self::SpeedToLead | Self::SpeedToLeadP90 | Self::TouchedFast | Self::TimeTo48h | Self::LostLeads => {
                &[F::Activities]
            }
            Self::TouchedInSla | Self::FirstContactInSla | Self::SlaBreaches => &[F::Promises, F::Activities],
            Self::ServiceSpeed | Self::ServiceSpeedP90 | Self::ServiceTouchedFast | Self::ServiceTimeTo48h => {
                &[F::Activities, F::Calendars]
            }
            Self::ClockDecided | Self::Parked => &[F::Decisions],
            Self::ClockNotified => &[F::Decisions, F::Notifications],
            Self::ClockAccepted | Self::FirstAcceptance => &[F::Offers],
            Self::ClockTouched => &[F::Owners, F::Activities],
            Self::ClockReached => &[F::Activities, F::Contacts],
            Self::ReachedRate => &[F::Contacts],
            Self::Conversion => &[F::Outcomes],
            Self::ObservedToExpected => &[F::Outcomes, F::Scores],
            Self::BalanceGini | Self::LargestDeficit => &[F::Entitlements],
            Self::Utilisation => &[F::Loads],
            Self::UnassignedAge => &[F::Owners],
            Self::RoutingAccuracyLenient => &[F::Owners, F::Reasons],
            Self::RoutingAccuracyStrict | Self::Hops | Self::PingPong => &[F::Owners, F::Hops],
            Self::FeedbackScore | Self::FeedbackAnswers => &[F::Owners, F::Feedback],
            Self::ResponseCompleteness => &[F::Checklists],
            Self::LeadCompleteness => &[F::Completeness],
            Self::CostPerLead => &[F::Costs],
            Self::CostPerOpportunity => &[F::Costs, F::Opportunities],
            Self::CostPerCustomer => &[F::Costs, F::Outcomes],
            Self::HoursSaved => &[F::Decisions, F::HandlingTime],
        }
    }

    /// In signs that every language reads. S is the Kaplan–Meier curve of what has not happened yet.
    pub fn formula(self) -> &'static str {
        match self {
            Self::SpeedToLead => "min { t : S(t) ≤ 0.5 },  S: arrived → touched, untouched leads censored",
            Self::SpeedToLeadP90 => "min { t : S(t) ≤ 0.1 },  S: arrived → touched, untouched leads censored",
            Self::TouchedFast => "1 − S(fast),  S: arrived → touched, untouched leads censored",
            Self::TouchedInSla => "1 − S(1),  S over (t − arrived) ÷ (due − arrived), untouched leads censored",
            Self::TimeTo48h => "∫ S(t) dt, 0 ≤ t ≤ 48 h,  S: arrived → touched",
            Self::ServiceSpeed => "min { t : S(t) ≤ 0.5 },  S: arrived → touched in service hours",
            Self::ServiceSpeedP90 => "min { t : S(t) ≤ 0.1 },  S: arrived → touched in service hours",
            Self::ServiceTouchedFast => "1 − S(fast),  S: arrived → touched in service hours",
            Self::ServiceTimeTo48h => "∫ S(t) dt, 0 ≤ t ≤ 48 service hours,  S: arrived → touched",
            Self::ClockDecided => "min { t : S(t) ≤ 0.5 },  S: arrived → decided",
            Self::ClockNotified => "min { t : S(t) ≤ 0.5 },  S: decided → notified",
            Self::ClockAccepted => "min { t : S(t) ≤ 0.5 },  S: (notified or offered) → accepted",
            Self::ClockTouched => "min { t : S(t) ≤ 0.5 },  S: (accepted or assigned) → touched",
            Self::ClockReached => "min { t : S(t) ≤ 0.5 },  S: touched → reached",
            Self::FirstContactInSla => "touched ≤ due ÷ (met + breached)",
            Self::SlaBreaches => "breached ÷ (met + breached)",
            Self::ReachedRate => "reached within the maturity window ÷ matured leads",
            Self::FirstAcceptance => "first offer accepted ÷ first offers answered or expired",
            Self::Conversion => "won within the maturity window ÷ matured leads",
            Self::ObservedToExpected => "Σ won ÷ Σ score,  matured leads with a score",
            Self::BalanceGini => "Gini of received ÷ entitled over reps",
            Self::LargestDeficit => "max over reps (entitled − received)",
            Self::Utilisation => "Σ open leads × working time ÷ Σ cap × working time",
            Self::RoutingAccuracyStrict => {
                "first owner kept it: no hop, no declined or expired offer ÷ matured leads with an owner"
            }
            Self::RoutingAccuracyLenient => "never called misrouted ÷ matured leads with an owner",
            Self::FeedbackScore => "mean of the owners' last ratings, 1 to 5",
            Self::FeedbackAnswers => "rated ÷ matured leads with an owner",
            Self::ResponseCompleteness => "mean of steps done ÷ steps demanded",
            Self::LeadCompleteness => "mean of filled ÷ required attributes at the door",
            Self::UnassignedAge => "median of (now − unassigned since)",
            Self::Parked => "ever parked ÷ leads decided",
            Self::Hops => "Σ hops ÷ leads with an owner",
            Self::PingPong => "came back to an earlier owner ÷ leads with an owner",
            Self::LostLeads => "not touched within the maturity window ÷ matured leads",
            Self::CostPerLead => "cost ÷ leads",
            Self::CostPerOpportunity => "cost ÷ leads that became an opportunity within the maturity window",
            Self::CostPerCustomer => "cost ÷ leads won within the maturity window",
            Self::HoursSaved => "leads routed without a person × handling time",
        }
    }
}

impl Feed {
    /// Its name in files and commands.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Decisions => "decisions",
            Self::Notifications => "notifications",
            Self::Offers => "offers",
            Self::Activities => "activities",
            Self::Contacts => "contacts",
            Self::Outcomes => "outcomes",
            Self::Promises => "promises",
            Self::Owners => "owners",
            Self::Hops => "hops",
            Self::Reasons => "reasons",
            Self::Scores => "scores",
            Self::Entitlements => "entitlements",
            Self::Loads => "loads",
            Self::Feedback => "feedback",
            Self::Checklists => "checklists",
            Self::Completeness => "completeness",
            Self::Calendars => "calendars",
            Self::Opportunities => "opportunities",
            Self::Costs => "costs",
            Self::HandlingTime => "handling_time",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_json_and_there_is_one_of_each() {
        for kpi in Kpi::ALL {
            let json = serde_json::to_value(kpi).expect("a word");
            assert_eq!((json.as_str(), Kpi::parse(kpi.slug())), (Some(kpi.slug()), Some(kpi)));
            assert!(!kpi.needs().is_empty() && !kpi.formula().is_empty());
        }
    }
}
