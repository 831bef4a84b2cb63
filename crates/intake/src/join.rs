//! Values that stand in another file: kept as texts in one arena, looked up by key.

use std::collections::BTreeMap;

use pointsman_domain::LeadId;

use crate::ids;

/// The rows of one joined input: its needed columns, by key.
#[derive(Debug, Default)]
pub struct JoinTable {
    width: usize,
    rows: BTreeMap<Box<str>, u32>,
    texts: String,
    /// `width` ends per row, each where that field stops in `texts`.
    ends: Vec<u32>,
}

/// A key that stands in two rows of a joined file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoubleKey;

impl JoinTable {
    pub fn new(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    pub fn insert(&mut self, key: &str, fields: &[&str]) -> Result<(), DoubleKey> {
        if self.rows.contains_key(key) {
            return Err(DoubleKey);
        }
        self.rows.insert(key.into(), self.rows.len() as u32);
        for i in 0..self.width {
            self.texts.push_str(fields.get(i).copied().unwrap_or_default());
            self.ends.push(self.texts.len() as u32);
        }
        Ok(())
    }

    pub fn find(&self, key: &str) -> Option<JoinedRow<'_>> {
        self.rows.get(key).map(|&row| JoinedRow { table: self, row: row as usize })
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// One row found in a [`JoinTable`].
#[derive(Debug, Clone, Copy)]
pub struct JoinedRow<'a> {
    table: &'a JoinTable,
    row: usize,
}

impl<'a> JoinedRow<'a> {
    pub fn field(self, column: usize) -> &'a str {
        let at = self.row * self.table.width + column;
        let start = if at == 0 { 0 } else { self.table.ends[at - 1] as usize };
        &self.table.texts[start..self.table.ends[at] as usize]
    }
}

/// What earlier files of the same import said: joined rows, and the leads that exist.
#[derive(Debug, Default)]
pub struct Known {
    /// By position of the input in the mapping.
    tables: BTreeMap<usize, JoinTable>,
    leads: BTreeMap<u128, LeadId>,
}

impl Known {
    pub fn table(&self, input: usize) -> Option<&JoinTable> {
        self.tables.get(&input)
    }

    pub fn table_mut(&mut self, input: usize, width: usize) -> &mut JoinTable {
        self.tables.entry(input).or_insert_with(|| JoinTable::new(width))
    }

    /// Remembers a lead; false when its external id was there already.
    pub fn add_lead(&mut self, source: &str, external: &str, id: LeadId) -> bool {
        self.leads.insert(ids::chance("lead", source, external), id).is_none()
    }

    pub fn lead(&self, source: &str, external: &str) -> Option<LeadId> {
        self.leads.get(&ids::chance("lead", source, external)).copied()
    }
}
