//! The trace: the load a decision was taken on, in bytes.
//!
//! ```text
//! 1       format
//! 8       price epoch (u64, little endian)
//! 1       partition
//! 1       priority of the first lead that waited ahead; 255: none
//! 2       number of rungs walked (u16)
//! per rung
//!   2     number of candidates n (u16)
//!   n     one byte per candidate: why `qualify` excluded it, 0 = admitted
//!   16 m  one load entry per admitted candidate
//! ```
//!
//! Which rule and which rep stands where is not repeated: `qualify` gives it again from the
//! snapshot and the facts that the decision names.

use pointsman_assign::{Load, LoadEntry, LoadHeader, Partition};
use pointsman_domain::{Digest, ReasonCode};
use sha2::{Digest as _, Sha256};

use crate::Qualified;

const FORMAT: u8 = 1;
const NOBODY_WAITS: u8 = u8::MAX;

/// Why bytes are not the trace of these facts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    #[error("format {0} of the trace is newer than this version reads (1)")]
    Format(u8),
    #[error("the trace ends too early, at byte {0}")]
    Short(usize),
    #[error("the trace goes on after its last rung, at byte {0}")]
    Long(usize),
    #[error("byte {at} of the trace is {byte}, which no version wrote")]
    Unknown { at: usize, byte: u8 },
    #[error("rung {rung} of the trace has other candidates than the facts give")]
    OtherCandidates { rung: usize },
}

/// Bytes that [`encode`] writes.
pub fn size(qualified: &Qualified, load: &Load) -> usize {
    let of_rung = |(at, rung)| 2 + qualified.admissions(rung).len() + LoadEntry::BYTES * load.rung(at).entries.len();
    13 + qualified.rungs.iter().take(load.rungs()).enumerate().map(of_rung).sum::<usize>()
}

/// Writes the load of the rungs that were walked.
pub fn encode(qualified: &Qualified, load: &Load, out: &mut Vec<u8>) {
    out.clear();
    out.push(FORMAT);
    out.extend(load.header.price_epoch.to_le_bytes());
    out.push(load.header.partition.0);
    out.push(load.header.waiting_priority.unwrap_or(NOBODY_WAITS));
    out.extend((load.rungs() as u16).to_le_bytes());
    for (at, rung) in qualified.rungs.iter().take(load.rungs()).enumerate() {
        let admissions = qualified.admissions(rung);
        out.extend((admissions.len() as u16).to_le_bytes());
        out.extend(admissions.iter().map(|admission| admission.reason as u8));
        load.rung(at).entries.iter().for_each(|entry| out.extend_from_slice(&entry.to_bytes()));
    }
}

/// Rebuilds the load; the candidates must be those that `qualified` admits.
pub fn decode(bytes: &[u8], qualified: &Qualified) -> Result<Load, TraceError> {
    let mut reader = Reader { bytes, at: 0 };
    let [format] = reader.take()?;
    if format != FORMAT {
        return Err(TraceError::Format(format));
    }
    let price_epoch = u64::from_le_bytes(reader.take()?);
    let [partition, waiting] = reader.take()?;
    let rungs = usize::from(u16::from_le_bytes(reader.take()?));
    let mut load = Load::default();
    load.header = LoadHeader {
        price_epoch,
        partition: Partition(partition),
        waiting_priority: Some(waiting).filter(|p| *p != NOBODY_WAITS),
    };
    for at in 0..rungs {
        let rung = qualified.rungs.get(at).ok_or(TraceError::OtherCandidates { rung: at })?;
        let admissions = qualified.admissions(rung);
        let count = usize::from(u16::from_le_bytes(reader.take()?));
        if count != admissions.len() {
            return Err(TraceError::OtherCandidates { rung: at });
        }
        let mut admitted = 0;
        for admission in admissions {
            let [reason] = reader.take()?;
            if reason != admission.reason as u8 {
                return Err(TraceError::OtherCandidates { rung: at });
            }
            admitted += usize::from(admission.reason == ReasonCode::Admitted);
        }
        let mut entries = Vec::with_capacity(admitted);
        for _ in 0..admitted {
            let start = reader.at;
            let entry = reader.take::<{ LoadEntry::BYTES }>()?;
            entries.push(LoadEntry::from_bytes(&entry).ok_or(TraceError::Unknown { at: start, byte: entry[0] })?);
        }
        load.push_rung(entries);
    }
    match reader.at == bytes.len() {
        true => Ok(load),
        false => Err(TraceError::Long(reader.at)),
    }
}

/// SHA-256 of a trace, as the decision names it.
pub fn digest(bytes: &[u8]) -> Digest {
    Digest::new(Sha256::digest(bytes).into())
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], TraceError> {
        let slice = self.bytes.get(self.at..self.at + N).ok_or(TraceError::Short(self.at))?;
        self.at += N;
        Ok(slice.try_into().expect("the slice has N bytes"))
    }
}
