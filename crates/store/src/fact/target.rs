//! How a rule of a set of documents hands out: its pick and its pool.

use std::{collections::BTreeMap, sync::Arc};

use pointsman_decision::{Decision, DocumentKind, Snapshot, document};
use pointsman_domain::{Digest, PolicyName};
use pointsman_rules::policy::{Policy, Rule, Target};

use crate::{backend::Reader, error::StoreError};

/// Compiled sets of documents, as many as decisions of one part name.
#[derive(Debug, Default)]
pub(super) struct Snapshots {
    /// `None`: they do not compile any more under this version.
    compiled: BTreeMap<Digest, Option<Arc<Compiled>>>,
}

/// A set of documents, and what rows of leads say of it.
#[derive(Debug)]
pub(super) struct Compiled {
    pub snapshot: Arc<Snapshot>,
    /// By policy, the first twelve letters of the digest of its text. Made once: hashing the text of
    /// 500 rules for each lead took a tenth of all CPU of a server under load.
    versions: BTreeMap<PolicyName, String>,
}

impl Compiled {
    fn new(snapshot: Snapshot) -> Self {
        let version = |policy: &Policy| {
            let body = snapshot.documents.get(DocumentKind::Policy, policy.name.as_str())?;
            Some((policy.name.clone(), document::digest(body).short()))
        };
        let versions = snapshot.policies.iter().filter_map(version).collect();
        Self { versions, snapshot: Arc::new(snapshot) }
    }

    pub fn version(&self, decision: &Decision) -> Option<&str> {
        self.versions.get(&decision.policy).map(String::as_str)
    }
}

/// More at once would be kept for nothing: a part names one or two.
const KEPT: usize = 8;

impl Snapshots {
    pub fn get(&mut self, reader: &mut dyn Reader, id: &Digest) -> Result<Option<Arc<Compiled>>, StoreError> {
        if let Some(known) = self.compiled.get(id) {
            return Ok(known.clone());
        }
        let compiled = reader.documents(id)?.and_then(|documents| Snapshot::compile(documents).ok());
        let compiled = compiled.map(|snapshot| Arc::new(Compiled::new(snapshot)));
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
