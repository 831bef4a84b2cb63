//! The artifact as a file: under its hash, and whole or not at all.

use pointsman_domain::Digest;
use serde::{Deserialize, Serialize};

use crate::{artifact::Artifact, canonical, shape};

/// The file: the artifact under its hash.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed<A> {
    hash: Digest,
    artifact: A,
}

/// Why an artifact does not load.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    #[error("the artifact is not readable JSON of this format")]
    Json(#[source] serde_json::Error),
    #[error("format {0} of the artifact is newer than this version reads (1 and 2)")]
    Format(u64),
    #[error("the artifact was altered: its content has the hash {found}, its seal says {sealed}")]
    Tampered { sealed: Digest, found: Digest },
    #[error("the artifact does not fit together: {0}")]
    Shape(String),
}

impl Artifact {
    /// SHA-256 of the compact JSON: the artifact's name in decisions and cards.
    pub fn digest(&self) -> Digest {
        canonical::digest(self)
    }

    /// The file's content: `{"hash": …, "artifact": {…}}`.
    pub fn save(&self) -> Vec<u8> {
        canonical::bytes(&Sealed { hash: self.digest(), artifact: self })
    }

    /// Reads a file's content; an altered or misshapen one is refused.
    pub fn load(bytes: &[u8]) -> Result<Self, ArtifactError> {
        let peek: Peek = serde_json::from_slice(bytes).map_err(ArtifactError::Json)?;
        if !(1..=2).contains(&peek.artifact.format) {
            return Err(ArtifactError::Format(peek.artifact.format));
        }
        let Sealed { hash: sealed, artifact } =
            serde_json::from_slice::<Sealed<Self>>(bytes).map_err(ArtifactError::Json)?;
        let found = artifact.digest();
        if found != sealed {
            return Err(ArtifactError::Tampered { sealed, found });
        }
        shape::check(&artifact).map_err(ArtifactError::Shape)?;
        Ok(artifact)
    }
}

/// The format is read first, so that a newer file is named as such.
#[derive(Deserialize)]
struct Peek {
    artifact: PeekFormat,
}

#[derive(Deserialize)]
struct PeekFormat {
    format: u64,
}
