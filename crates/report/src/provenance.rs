//! What a result was made from.

use pointsman_domain::Digest;
use serde::{Deserialize, Serialize};

/// Where a result comes from: everything needed to make it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Program and version.
    pub engine: String,
    pub documents: Vec<Document>,
    pub seeds: Vec<u64>,
    /// The command that makes the same result again.
    pub command: String,
}

/// A version of something that went in, by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub kind: DocumentKind,
    pub name: String,
    pub version: String,
    pub digest: Digest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    Policy,
    Model,
    Experiment,
    Data,
    Roster,
    World,
    Code,
}
