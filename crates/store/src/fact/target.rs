//! How a rule of a set of documents hands out: its pick and its pool.

use std::{collections::BTreeMap, sync::Arc};

use pointsman_decision::{Decision, DocumentKind, Snapshot, document};
use pointsman_domain::Digest;
use pointsman_rules::policy::{Policy, Rule, Target};

use crate::{backend::Reader, error::StoreError};

/// Compiled sets of documents, as many as decisions of one part name.
#[derive(Debug, Default)]
pub(super) struct Snapshots {
    /// `None`: they do not compile any more under this version.
    compiled: BTreeMap<Digest, Option<Arc<Snapshot>>>,
}

/// More at once would be kept for nothing: a part names one or two.
const KEPT: usize = 8;

impl Snapshots {
    pub fn get(&mut self, reader: &mut dyn Reader, id: &Digest) -> Result<Option<Arc<Snapshot>>, StoreError> {
        if let Some(known) = self.compiled.get(id) {
            return Ok(known.clone());
        }
        let compiled = reader.documents(id)?.and_then(|documents| Snapshot::compile(documents).ok()).map(Arc::new);
        if self.compiled.len() >= KEPT {
            self.compiled.clear();
        }
        self.compiled.insert(*id, compiled.clone());
        Ok(compiled)
    }
}

/// The rule that a decision ended at.
pub(super) fn rule<'a>(snapshot: &'a Snapshot, decision: &Decision) -> Option<&'a Rule> {
    let policy: &Policy = snapshot.policies.iter().find(|policy| policy.name == decision.policy)?;
    policy.rules.iter().find(|rule| Some(&rule.id) == decision.rule.as_ref())
}

/// The pick's word.
pub(super) fn path(rule: &Rule) -> String {
    let word = serde_json::to_value(rule.pick).ok();
    word.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

pub(super) fn pool<'a>(snapshot: &'a Snapshot, rule: &Rule) -> Option<&'a str> {
    match &rule.target {
        Target::Pool(index) => snapshot.roster.pools.get(usize::from(index.0)).map(|pool| pool.id.as_str()),
        Target::Rep(_) | Target::Owner(_) | Target::Territory(_) | Target::Queue(_) => None,
    }
}

/// The first twelve letters of the digest of the policy's text.
pub(super) fn policy_version(snapshot: &Snapshot, decision: &Decision) -> Option<String> {
    let body = snapshot.documents.get(DocumentKind::Policy, decision.policy.as_str())?;
    Some(document::digest(body).short())
}
