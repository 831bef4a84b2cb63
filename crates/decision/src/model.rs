//! How a lead becomes log-odds: the promoted artifact, its feature specification and the feature
//! state, compiled for the snapshot's roster.

use pointsman_domain::{AttributeSchema, Instant, RepIndex};
use pointsman_rules::Roster;
use pointsman_scoring::{
    Artifact, FeatureSpec, FeatureState, LeadRow, Model,
    row::{ACTIVITY_KINDS, Executor, LeadFacts, LocalTime},
};
use pointsman_workhours::Zone;

use crate::document::{DocumentKind, DocumentSet};
use crate::facts::{Engagement, Facts};

/// Scores leads; present when a model is promoted.
#[derive(Debug)]
pub struct Scorer {
    model: Model,
    executor: Executor,
    state: FeatureState,
    reps: Vec<RepIndex>,
}

/// One lead's log-odds with every rep of the roster, kept between decisions.
#[derive(Debug, Default)]
pub struct ScorerScratch {
    row: LeadRow,
    logits: Vec<f64>,
}

impl Scorer {
    /// `None` without a promoted model. The message of a fault names the document.
    pub fn compile(documents: &DocumentSet, schema: &AttributeSchema, roster: &Roster) -> Result<Option<Self>, String> {
        let Some(body) = documents.get(DocumentKind::Model, "") else { return Ok(None) };
        let artifact = Artifact::load(body).map_err(|e| e.to_string())?;
        let spec = documents.get(DocumentKind::Features, "").ok_or("the model's feature specification is missing")?;
        let spec: FeatureSpec = serde_json::from_slice(spec).map_err(|e| format!("feature specification: {e}"))?;
        if artifact.provenance.spec.is_some_and(|trained_with| trained_with != spec.digest()) {
            return Err("the model was trained with another feature specification".into());
        }
        let executor = Executor::new(spec, schema).map_err(|e| e.to_string())?;
        let state = match documents.get(DocumentKind::FeatureState, "") {
            Some(body) => serde_json::from_slice(body).map_err(|e| format!("feature state: {e}"))?,
            None => FeatureState::empty(executor.spec().digest(), executor.spec().segments.len()),
        };
        if state.spec != executor.spec().digest() {
            return Err("the feature state counts another feature specification".into());
        }
        let names: Vec<_> = roster.reps.iter().map(|rep| rep.id.clone()).collect();
        let model = Model::compile(artifact, &names).with_state(&executor, &state, &names);
        let reps = (0..names.len() as u32).map(RepIndex).collect();
        Ok(Some(Self { model, executor, state, reps }))
    }

    /// Everything learned strictly before this instant is in the state.
    pub fn border(&self) -> Instant {
        self.state.border
    }

    pub fn artifact(&self) -> &Artifact {
        self.model.artifact()
    }

    /// Scores one lead with every rep, into `scratch`. `zone` is the workspace's.
    pub fn prepare(&self, facts: &Facts, now: Instant, zone: &Zone, scratch: &mut ScorerScratch) {
        let attributes = &facts.lead.attributes;
        let facts = LeadFacts {
            lead: attributes,
            account: Some(attributes),
            contact: Some(attributes),
            at: now,
            local: LocalTime::in_zone(zone, now),
            engagement: engagement(&facts.engagement),
        };
        let row = self.executor.row(&facts, &self.state, None);
        self.model.encode(&row, &mut scratch.row);
        scratch.logits.resize(self.reps.len(), 0.0);
        self.model.score(&scratch.row, &self.reps, &mut scratch.logits);
    }

    /// The log-odds of one rep with the lead that was prepared.
    pub fn logit(&self, rep: RepIndex, scratch: &ScorerScratch) -> f64 {
        scratch.logits[rep.0 as usize]
    }

    /// Posterior standard deviation of the rep's part of these log-odds.
    pub fn doubt(&self, rep: RepIndex, scratch: &ScorerScratch) -> f64 {
        self.model.variance(&scratch.row, rep).sqrt()
    }

    /// What a win of the prepared lead is worth, in minor units; `None` counts wins.
    pub fn value(&self, scratch: &ScorerScratch) -> Option<f64> {
        let value = self.artifact().value.as_ref()?;
        let level = value.segment.as_ref().and_then(|segment| {
            let level = *scratch.row.levels.get(segment.category as usize)?;
            segment.means.get(level as usize).copied()
        });
        Some(level.unwrap_or(value.mean))
    }
}

/// The counts in the order of the kinds that scoring knows.
fn engagement(counts: &Engagement) -> [u32; ACTIVITY_KINDS.len()] {
    use pointsman_domain::record::ActivityKind;
    ACTIVITY_KINDS.map(|kind| match kind {
        ActivityKind::Call => counts.calls,
        ActivityKind::Mail => counts.mails_opened,
        ActivityKind::Meeting => counts.meetings,
        ActivityKind::PageView => counts.page_views,
        ActivityKind::Task | ActivityKind::State | ActivityKind::Other => 0,
    })
}
