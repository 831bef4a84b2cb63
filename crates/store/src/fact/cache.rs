//! All rows, in memory: figures over a million leads are computed from here.

use std::collections::HashMap;

use pointsman_domain::LeadId;
use pointsman_measure::rows::{LeadRow, Names};

use crate::{backend::Reader, error::StoreError};

/// The rows as of a seq.
#[derive(Debug, Default)]
pub struct Facts {
    pub names: Names,
    pub rows: Vec<LeadRow>,
    /// Where the record stood.
    pub seq: u64,
    places: HashMap<LeadId, u32>,
}

impl Facts {
    /// Takes in what changed since. True if anything did.
    pub fn refresh(&mut self, reader: &mut dyn Reader) -> Result<bool, StoreError> {
        let seq = reader.projected()?;
        if seq == self.seq && !self.rows.is_empty() {
            return Ok(false);
        }
        let before = self.seq;
        // A projection that was emptied to be made anew starts from nothing here, too.
        let after = if seq < before { 0 } else { before };
        if after == 0 {
            self.rows.clear();
            self.places.clear();
        }
        let (rows, places) = (&mut self.rows, &mut self.places);
        let read = reader.facts_after(after, &mut |row| match places.get(&row.lead) {
            Some(place) => rows[*place as usize] = row,
            None => {
                places.insert(row.lead, rows.len() as u32);
                rows.push(row);
            }
        })?;
        self.names = reader.names()?;
        self.seq = read;
        Ok(read != before)
    }

    pub fn get(&self, lead: LeadId) -> Option<&LeadRow> {
        self.places.get(&lead).map(|place| &self.rows[*place as usize])
    }
}
