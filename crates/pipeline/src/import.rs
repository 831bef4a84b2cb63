//! CRM exports and event logs to canonical tables: every row is taken or set aside with its
//! line, column and reason; a fault of a file writes nothing.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
};

use pointsman_domain::{Currency, RepId, record};
use pointsman_intake::{CaseLog, Input, Known, Mapping, RepNames, RowFault, Rows};
use serde::Serialize;

use crate::{
    FileFault, ImportError,
    rows::{
        write_account, write_activity, write_assignment, write_contact, write_lead, write_opportunity, write_outcome,
        write_rep,
    },
    sheet::Sheet,
    source::{self, Aside, Sink},
    stage::Stage,
    tables::Table,
};

/// What to import, from where, into which workspace.
pub struct ImportRequest<'a> {
    pub mapping: &'a Mapping,
    pub inputs: &'a [PathBuf],
    /// The workspace; tables go to its folder `data`.
    pub into_dir: &'a Path,
    /// Share of a file's rows that may be set aside before the file counts as faulty (0.01).
    pub max_set_aside: f64,
    /// Told now and then, for a progress bar.
    pub progress: &'a mut dyn FnMut(Progress<'_>),
}

impl std::fmt::Debug for ImportRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImportRequest")
            .field("inputs", &self.inputs)
            .field("into_dir", &self.into_dir)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    pub file: &'a Path,
    pub bytes_read: u64,
    pub bytes_total: u64,
    pub rows: u64,
}

/// What was done. `rows_read` of a file is `taken` + `set_aside`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    pub format: u32,
    pub source: Box<str>,
    /// Of every amount in the tables.
    pub currency: Currency,
    pub files: Vec<FileReport>,
    pub tables: Vec<TableReport>,
    /// The mapping gives no `known_at` to leads, assignments, activities or outcomes: `at` stands
    /// for it.
    pub known_at_from_at: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileReport {
    pub file: Box<str>,
    /// The mapping's input.
    pub input: Box<str>,
    pub rows_read: u64,
    pub taken: u64,
    pub set_aside: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableReport {
    pub table: &'static str,
    pub rows: u64,
}

impl ImportReport {
    pub fn rows(&self, table: Table) -> u64 {
        self.tables.iter().find(|t| t.table == table.name()).map_or(0, |t| t.rows)
    }
}

/// Reads the files and writes `DIR/data`: the canonical tables, `attributes.toml` (the schema of
/// their `a_` columns), `set-aside.csv` and `import.json` (this report).
pub fn import(request: ImportRequest<'_>) -> Result<ImportReport, ImportError> {
    let ImportRequest { mapping, inputs, into_dir, max_set_aside, progress } = request;
    let files = sort_files(mapping, inputs)?;
    let mut stage = Stage::new(&into_dir.join("data"))?;
    let mut work = Work::new(mapping, &mut stage)?;
    let mut reports = Vec::new();
    for (input, path) in files {
        let mut file = FileWork {
            work: &mut work,
            input: &mapping.inputs[input],
            position: input,
            path: path.as_path(),
            bytes_total: std::fs::metadata(&path).map_or(0, |meta| meta.len()),
            progress: &mut *progress,
            taken: 0,
            set_aside: 0,
            first: String::new(),
        };
        source::read(&path, file.input, &mut file)?;
        reports.push(file.finish(max_set_aside)?);
    }
    work.finish_cases()?;
    let tables = work.finish()?;
    let attributes =
        toml::to_string(&mapping.attributes).map_err(|e| write_error("attributes.toml", io::Error::other(e)))?;
    stage.write("attributes.toml", attributes.as_bytes())?;
    let report = ImportReport {
        format: 1,
        source: mapping.source.clone(),
        currency: mapping.locale.currency,
        files: reports,
        tables,
        known_at_from_at: !mapping.gives_known_at(),
    };
    let json = serde_json::to_string_pretty(&report).map_err(|e| write_error("import.json", io::Error::other(e)))?;
    stage.write("import.json", json.as_bytes())?;
    stage.commit()?;
    Ok(report)
}

/// Which file belongs to which input, in the order in which they must be read.
fn sort_files(mapping: &Mapping, files: &[PathBuf]) -> Result<Vec<(usize, PathBuf)>, ImportError> {
    let mut sorted = Vec::new();
    for path in files {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let input = mapping.inputs.iter().position(|input| input.takes(&name)).ok_or_else(|| {
            let patterns: Vec<&str> = mapping.inputs.iter().map(|input| &*input.file).collect();
            ImportError::Unexpected { path: path.clone(), patterns: patterns.join(", ") }
        })?;
        sorted.push((input, path.clone()));
    }
    let given = |i: usize| sorted.iter().any(|(input, _)| *input == i);
    if let Some((_, input)) = mapping.inputs.iter().enumerate().find(|(i, input)| !input.optional && !given(*i)) {
        return Err(ImportError::NoFile { input: input.name.clone(), pattern: input.file.clone() });
    }
    let order = mapping.reading_order();
    sorted.sort_by_key(|(input, _)| order.iter().position(|i| i == input));
    Ok(sorted)
}

fn write_error(name: &str, source: io::Error) -> ImportError {
    ImportError::Write { path: PathBuf::from(name), source }
}

/// Everything that outlives one file.
struct Work<'a> {
    mapping: &'a Mapping,
    sheets: Vec<Sheet>,
    set_aside: csv::Writer<std::fs::File>,
    known: Known,
    cases: Vec<(usize, CaseLog)>,
    names: RepNames,
    /// Reps that a file of reps described.
    described: BTreeSet<RepId>,
    /// Ids of accounts, contacts and opportunities written so far.
    seen: BTreeSet<[u8; 16]>,
}

impl<'a> Work<'a> {
    fn new(mapping: &'a Mapping, stage: &mut Stage) -> Result<Self, ImportError> {
        let mut sheets = Vec::new();
        for table in Table::ALL {
            let name = table.file_name();
            let file = stage.create(&name)?;
            let sheet = Sheet::new(file, table.all_columns(&mapping.schema));
            sheets.push(sheet.map_err(|source| write_error(&name, source))?);
        }
        let mut set_aside = csv::Writer::from_writer(stage.create("set-aside.csv")?);
        let header = set_aside.write_record(["file", "line", "column", "reason", "raw"]);
        header.map_err(|e| write_error("set-aside.csv", io::Error::other(e)))?;
        Ok(Self {
            mapping,
            sheets,
            set_aside,
            known: Known::default(),
            cases: Vec::new(),
            names: RepNames::default(),
            described: BTreeSet::new(),
            seen: BTreeSet::new(),
        })
    }

    /// Checks what one row cannot know of the others.
    fn admit(&mut self, rows: &Rows) -> Result<(), RowFault> {
        let rep = rows.rep.iter().map(|rep| (&rep.id, &rep.external_id));
        for (id, external) in rows.mentioned.iter().map(|(id, name)| (id, name)).chain(rep) {
            self.names.claim(id, external).map_err(|other| RowFault {
                column: "".into(),
                reason: format!(
                    "reps '{external}' and '{other}' would both be called '{id}'; tell them apart with fixes"
                ),
            })?;
        }
        if let Some(rep) = &rows.rep
            && self.described.contains(&rep.id)
        {
            return Err(twice("rep", &rep.external_id));
        }
        let account = rows.account.as_ref().map(|a| ("account", &a.external_id, a.id.bytes()));
        let contact = rows.contact.as_ref().map(|c| ("contact", &c.external_id, c.id.bytes()));
        let opportunity = rows.opportunity.as_ref().map(|o| ("opportunity", &o.external_id, o.id.bytes()));
        let all: Vec<_> = account.into_iter().chain(contact).chain(opportunity).collect();
        if let Some((what, external, _)) = all.iter().find(|(_, _, id)| self.seen.contains(id)) {
            return Err(twice(what, external));
        }
        self.seen.extend(all.into_iter().map(|(_, _, id)| id));
        Ok(())
    }

    fn write(&mut self, rows: &Rows) -> io::Result<()> {
        let Self { mapping, sheets, known, described, .. } = self;
        if let Some(lead) = &rows.lead {
            known.add_lead(&mapping.source, &lead.external_id, lead.id);
            write_lead(&mut sheets[Table::Leads as usize], mapping, lead)?;
        }
        if let Some(contact) = &rows.contact {
            write_contact(&mut sheets[Table::Contacts as usize], contact)?;
        }
        if let Some(account) = &rows.account {
            write_account(&mut sheets[Table::Accounts as usize], mapping, account)?;
        }
        if let Some(opportunity) = &rows.opportunity {
            write_opportunity(&mut sheets[Table::Opportunities as usize], opportunity)?;
        }
        if let Some(rep) = &rows.rep {
            described.insert(rep.id.clone());
            write_rep(&mut sheets[Table::Reps as usize], rep)?;
        }
        if let Some(assignment) = &rows.assignment {
            write_assignment(&mut sheets[Table::Assignments as usize], assignment)?;
        }
        if let Some(activity) = &rows.activity {
            write_activity(&mut sheets[Table::Activities as usize], activity)?;
        }
        if let Some(outcome) = &rows.outcome {
            write_outcome(&mut sheets[Table::Outcomes as usize], outcome)?;
        }
        Ok(())
    }

    /// Makes the log's cases known to inputs that name them.
    fn name_cases(&mut self, position: usize) {
        let Some((_, log)) = self.cases.iter().find(|(of, _)| *of == position) else { return };
        let input = &self.mapping.inputs[position];
        for (lead, _) in log.finish(self.mapping, input, &self.known).flatten().collect::<Vec<_>>() {
            self.known.add_lead(&self.mapping.source, &lead.external_id, lead.id);
        }
    }

    /// Event logs: every case becomes a lead, with its outcome.
    fn finish_cases(&mut self) -> Result<(), ImportError> {
        for (position, log) in std::mem::take(&mut self.cases) {
            let input = &self.mapping.inputs[position];
            for case in log.finish(self.mapping, input, &self.known) {
                let (lead, outcome) = case.map_err(|fault| write_error(&input.name, io::Error::other(fault)))?;
                let written = write_lead(&mut self.sheets[Table::Leads as usize], self.mapping, &lead);
                written.map_err(|source| write_error("leads.parquet", source))?;
                if let Some(outcome) = outcome {
                    let written = write_outcome(&mut self.sheets[Table::Outcomes as usize], &outcome);
                    written.map_err(|source| write_error("outcomes.parquet", source))?;
                }
            }
            for (id, external) in log.reps() {
                self.names.claim(id, external).map_err(|other| {
                    let clash = format!("reps '{external}' and '{other}' would both be called '{id}'");
                    write_error(&input.name, io::Error::other(clash))
                })?;
            }
            self.write_systems(&log)?;
        }
        Ok(())
    }

    /// A system's resources are listed among the reps, never active, so that nothing of the
    /// source is lost and nobody routes to them.
    fn write_systems(&mut self, log: &CaseLog) -> Result<(), ImportError> {
        for name in log.systems() {
            let id = pointsman_domain::id::slugify(name).and_then(|slug| RepId::new(&slug).ok());
            let Some(id) = id.filter(|id| !self.described.contains(id)) else { continue };
            self.described.insert(id.clone());
            let rep = record::Rep { id, external_id: name.into(), name: name.into(), team: None, active: false };
            let written = write_rep(&mut self.sheets[Table::Reps as usize], &rep);
            written.map_err(|source| write_error("reps.parquet", source))?;
        }
        Ok(())
    }

    /// Adds the reps that rows named but no file described, and closes every table.
    fn finish(mut self) -> Result<Vec<TableReport>, ImportError> {
        for (id, external) in self.names.iter().filter(|(id, _)| !self.described.contains(*id)) {
            let rep = record::Rep {
                id: id.clone(),
                external_id: external.into(),
                name: external.into(),
                team: None,
                active: true,
            };
            let written = write_rep(&mut self.sheets[Table::Reps as usize], &rep);
            written.map_err(|source| write_error("reps.parquet", source))?;
        }
        self.set_aside.flush().map_err(|source| write_error("set-aside.csv", source))?;
        let mut tables = Vec::new();
        for (table, sheet) in Table::ALL.into_iter().zip(self.sheets) {
            let rows = sheet.finish().map_err(|source| write_error(&table.file_name(), source))?;
            tables.push(TableReport { table: table.name(), rows });
        }
        Ok(tables)
    }
}

fn twice(what: &str, external: &str) -> RowFault {
    RowFault { column: "".into(), reason: format!("{what} '{external}' was read before") }
}

/// One file being read.
struct FileWork<'a, 'w> {
    work: &'w mut Work<'a>,
    input: &'a Input,
    position: usize,
    path: &'w Path,
    bytes_total: u64,
    progress: &'w mut dyn FnMut(Progress<'_>),
    taken: u64,
    set_aside: u64,
    /// The first row set aside, for the message when there are too many.
    first: String,
}

impl Sink for FileWork<'_, '_> {
    fn row(&mut self, _line: u64, fields: &[&str]) -> Result<Result<(), RowFault>, ImportError> {
        let mapping = self.work.mapping;
        let mut fields = fields.to_vec();
        self.input.fix(&mut fields);
        let taken = match &self.input.events {
            Some(events) => self.event(events, mapping, &fields),
            None => self.record(mapping, &fields),
        };
        match taken {
            Ok(written) => {
                written.map_err(|source| ImportError::Write { path: "data".into(), source })?;
                self.taken += 1;
                Ok(Ok(()))
            }
            Err(fault) => Ok(Err(fault)),
        }
    }

    fn aside(&mut self, row: &Aside<'_>) -> Result<(), ImportError> {
        self.set_aside += 1;
        if self.first.is_empty() {
            let column = if row.column.is_empty() { String::new() } else { format!(", column '{}'", row.column) };
            self.first = format!("; the first: line {}{column}: {}", row.line, row.reason);
        }
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let written =
            self.work.set_aside.write_record([&name, row.line.to_string().as_str(), row.column, row.reason, row.raw]);
        written.map_err(|e| write_error("set-aside.csv", io::Error::other(e)))
    }

    fn progress(&mut self, bytes_read: u64) {
        let rows = self.taken + self.set_aside;
        (self.progress)(Progress { file: self.path, bytes_read, bytes_total: self.bytes_total, rows });
    }
}

impl FileWork<'_, '_> {
    fn event(
        &mut self,
        events: &pointsman_intake::EventLog,
        mapping: &Mapping,
        fields: &[&str],
    ) -> Result<io::Result<()>, RowFault> {
        let at = match self.work.cases.iter().position(|(of, _)| *of == self.position) {
            Some(at) => at,
            None => {
                self.work.cases.push((self.position, CaseLog::default()));
                self.work.cases.len() - 1
            }
        };
        let row = events.take(mapping, fields, &mut self.work.cases[at].1)?;
        let sheets = &mut self.work.sheets;
        let written = write_activity(&mut sheets[Table::Activities as usize], &row.activity);
        Ok(written.and_then(|()| match &row.assignment {
            Some(owner) => write_assignment(&mut sheets[Table::Assignments as usize], owner),
            None => Ok(()),
        }))
    }

    fn record(&mut self, mapping: &Mapping, fields: &[&str]) -> Result<io::Result<()>, RowFault> {
        let nth = (self.taken + self.set_aside) as u32;
        let rows = self.input.row(mapping, fields, &self.work.known, nth)?;
        if let Some(key) = self.input.key {
            mapping.check_joined(self.position, fields)?;
            let text = fields[key].trim();
            let known = self.work.known.table(self.position).and_then(|table| table.find(text));
            if known.is_some() || text.is_empty() {
                let reason = if text.is_empty() { "is empty".to_owned() } else { format!("'{text}' was read before") };
                return Err(RowFault { column: self.input.columns[key].clone(), reason });
            }
        }
        self.work.admit(&rows)?;
        if let Some(key) = self.input.key {
            let table = self.work.known.table_mut(self.position, fields.len());
            // Doubled keys were refused above.
            let _ = table.insert(fields[key].trim(), fields);
        }
        Ok(self.work.write(&rows))
    }

    fn finish(self, max_set_aside: f64) -> Result<FileReport, ImportError> {
        let (taken, set_aside) = (self.taken, self.set_aside);
        let read = taken + set_aside;
        let fault = |fault| ImportError::File { path: self.path.to_owned(), fault };
        if taken == 0 {
            return Err(fault(FileFault::NoRows { read, set_aside, first: self.first }));
        }
        if set_aside as f64 > max_set_aside * read as f64 {
            let allowed = max_set_aside * 100.0;
            return Err(fault(FileFault::SetAside { read, set_aside, allowed, first: self.first }));
        }
        if self.input.events.is_some() && self.work.mapping.leads_are_named_after(self.position) {
            self.work.name_cases(self.position);
        }
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        Ok(FileReport { file: (*name).into(), input: self.input.name.clone(), rows_read: read, taken, set_aside })
    }
}
