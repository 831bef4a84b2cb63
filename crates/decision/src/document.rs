//! The documents a snapshot is compiled from: immutable, named by their content.

use std::collections::BTreeMap;
use std::sync::Arc;

use pointsman_domain::{AttributeSchema, Currency, Digest, PolicyName};
use pointsman_rules::AwayFile;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// What of the settings decides: zone, currency, the policy that rules.
    Routing,
    Attributes,
    Roster,
    Absences,
    Calendar,
    /// The holidays of a region.
    Holidays,
    /// `territories/NAME.csv`.
    Territory,
    Policy,
    /// The promoted artifact.
    Model,
    /// The feature specification the artifact was trained with.
    Features,
    FeatureState,
    Experiment,
}

impl DocumentKind {
    pub const ALL: [Self; 12] = [
        Self::Routing,
        Self::Attributes,
        Self::Roster,
        Self::Absences,
        Self::Calendar,
        Self::Holidays,
        Self::Territory,
        Self::Policy,
        Self::Model,
        Self::Features,
        Self::FeatureState,
        Self::Experiment,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Routing => "routing",
            Self::Attributes => "attributes",
            Self::Roster => "roster",
            Self::Absences => "absences",
            Self::Calendar => "calendar",
            Self::Holidays => "holidays",
            Self::Territory => "territory",
            Self::Policy => "policy",
            Self::Model => "model",
            Self::Features => "features",
            Self::FeatureState => "feature_state",
            Self::Experiment => "experiment",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The `routing` document: the part of `pointsman.toml` that decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoutingSettings {
    pub format: u32,
    /// IANA name: the workspace's day.
    pub zone: Box<str>,
    pub currency: Currency,
    /// The policy that rules outside experiments.
    pub policy: PolicyName,
}

/// Why a draft cannot stand beside the live documents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    #[error("the draft is no policy: {0}")]
    Policy(String),
    #[error("the routing document is missing or cannot be read")]
    Routing,
}

/// The live documents by kind and name (empty where there is one of a kind).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DocumentSet(BTreeMap<(DocumentKind, Box<str>), Arc<[u8]>>);

impl DocumentSet {
    pub fn insert(&mut self, kind: DocumentKind, name: &str, body: impl Into<Arc<[u8]>>) {
        self.0.insert((kind, name.into()), body.into());
    }

    /// Puts a policy in place of its namesake and says its name. The text is only looked at for that:
    /// compiling says what is wrong with the rest.
    pub fn put_policy(&mut self, text: &str) -> Result<PolicyName, DraftError> {
        #[derive(Deserialize)]
        struct Named {
            name: PolicyName,
        }
        let named: Named = toml::from_str(text).map_err(|e| DraftError::Policy(e.to_string()))?;
        self.insert(DocumentKind::Policy, named.name.as_str(), text.as_bytes());
        Ok(named.name)
    }

    /// The same documents with this policy put among them and ruling.
    pub fn with_policy(&self, text: &str) -> Result<Self, DraftError> {
        let mut documents = self.clone();
        let name = documents.put_policy(text)?;
        documents.ruled_by(&name)
    }

    /// The attribute schema among them.
    pub fn schema(&self) -> Option<AttributeSchema> {
        let body = std::str::from_utf8(self.get(DocumentKind::Attributes, "")?).ok()?;
        AttributeSchema::new(toml::from_str(body).ok()?).ok()
    }

    /// The same documents with another of their policies ruling.
    pub fn ruled_by(&self, policy: &PolicyName) -> Result<Self, DraftError> {
        let body = self.get(DocumentKind::Routing, "").ok_or(DraftError::Routing)?;
        let text = std::str::from_utf8(body).map_err(|_| DraftError::Routing)?;
        let mut routing: toml::Table = toml::from_str(text).map_err(|_| DraftError::Routing)?;
        routing.insert("policy".into(), policy.as_str().into());
        let mut documents = self.clone();
        documents.insert(DocumentKind::Routing, "", routing.to_string().into_bytes());
        Ok(documents)
    }

    pub fn remove(&mut self, kind: DocumentKind, name: &str) {
        self.0.remove(&(kind, name.into()));
    }

    pub fn get(&self, kind: DocumentKind, name: &str) -> Option<&Arc<[u8]>> {
        self.0.get(&(kind, name.into()))
    }

    pub fn of(&self, kind: DocumentKind) -> impl Iterator<Item = (&str, &Arc<[u8]>)> {
        self.0.iter().filter(move |((k, _), _)| *k == kind).map(|((_, name), body)| (&**name, body))
    }

    pub fn iter(&self) -> impl Iterator<Item = (DocumentKind, &str, &Arc<[u8]>)> {
        self.0.iter().map(|((kind, name), body)| (*kind, &**name, body))
    }

    /// Sets the document of absences of this name, or removes it where nothing is left in it.
    pub fn keep_away(&mut self, name: &str, file: &AwayFile) {
        if file.is_empty() {
            return self.remove(DocumentKind::Absences, name);
        }
        let body = toml::to_string(file).expect("names and times are TOML");
        self.insert(DocumentKind::Absences, name, body.into_bytes());
    }

    /// SHA-256 over kind, name and body hash of each document, in order: the snapshot's name.
    pub fn digest(&self) -> Digest {
        let mut hasher = Sha256::new();
        for (kind, name, body) in self.iter() {
            hasher.update(kind.as_str());
            hasher.update([0]);
            hasher.update(name);
            hasher.update([0]);
            hasher.update(digest(body).bytes());
        }
        Digest::new(hasher.finalize().into())
    }
}

/// The document of absences that came in while serving; the folder's own has no name.
pub const LIVE_ABSENCES: &str = "live";

/// The documents of absences that can be read, by name. A snapshot that compiled has no others.
pub fn away_files(documents: &DocumentSet) -> Vec<(Box<str>, AwayFile)> {
    let read = |(name, body): (&str, &Arc<[u8]>)| {
        let file = std::str::from_utf8(body).ok().and_then(|text| toml::from_str(text).ok())?;
        Some((name.into(), file))
    };
    documents.of(DocumentKind::Absences).filter_map(read).collect()
}

/// SHA-256 of one document's body.
pub fn digest(body: &[u8]) -> Digest {
    Digest::new(Sha256::digest(body).into())
}
