//! The decision: what is known of a lead, in; who gets it and why, out.
//!
//! ```text
//! let qualified = qualify(&snapshot, &facts, now, &mut scratch);   // everything but load
//! let decided = decide(&qualified, &ledger, &binding, ticket, &mut load);   // choose, on the load
//! ```
//!
//! The same two calls serve the API, the simulator, previews and back-tests. Nothing here knows
//! a clock, a database, HTTP or a source of chance: time and seed are arguments. From its record
//! a decision can be explained ([`explain()`]) and taken again ([`replay()`]), byte for byte.
//!
//! Reading order: [`document`] and [`snapshot`] (what decides), [`facts`] (what is known),
//! [`mod@qualify`], [`mod@choose`], [`record`] and [`trace`] (what is kept), [`mod@explain`],
//! [`mod@replay`], [`counterfactual`] (the same in another world), [`mod@why_not`] (what would have had to differ), [`mod@preview`] (without writing),
//! [`mod@team`] (who is here, how full, whose turn), [`model`] (how a lead becomes log-odds),
//! [`trial`] (running experiments), [`pricing`] (what places cost), [`mod@plan`] (a list at once).

pub mod choose;
pub mod comparison;
pub mod counterfactual;
pub mod document;
pub mod explain;
pub mod facts;
pub mod model;
pub mod places;
pub mod plan;
pub mod preview;
pub mod pricing;
pub mod qualify;
pub mod record;
pub mod replay;
pub mod snapshot;
pub mod team;
pub mod trace;
pub mod trial;
pub mod why_not;

pub use choose::{Walk, choose, decide};
pub use counterfactual::{Difference, Next};
pub use document::{DocumentKind, DocumentSet, DraftError, RoutingSettings};
pub use explain::{
    ExplainedCandidate, ExplainedRung, ExplainedTarget, ExplainedTerritory, Explanation, Verdict, explain,
};
pub use facts::{AccountFacts, ContactFacts, Engagement, Exposed, Facts, LeadFacts, Routing};
pub use places::{Place, places};
pub use preview::{End, PastLead, Routed, Summary, preview, preview_all};
pub use pricing::{Figures, Market, PricingConfig};
pub use qualify::{Qualified, Scratch, draws_on, qualify};
pub use record::{Decided, Decision, ENGINE, Hold, Outcome, Ticket, ValueSource};
pub use replay::{Replay, ReplayError, replay};
pub use snapshot::{Snapshot, SnapshotError};
pub use team::{Member, Presence, team};
pub use trial::{Drawn, ExplainedTrial, Trial};
pub use why_not::{WhyNot, WhyNotError, why_not};
