//! `pointsman flow --territories`: a history's assignments beside a table.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
};

use anyhow::{Context, bail};
use pointsman_domain::{
    AttributeIndex, AttributeType, Entity, Instant, LeadId, RepId, TeamId, TerritoryId,
    record::{AssignmentKind, Lead},
};
use pointsman_expr::{Environment, Row};
use pointsman_measure::flow::{
    FlowLog,
    territory::{self, Expected, Placed, Territories},
};
use pointsman_pipeline::History;
use pointsman_rules::{Destination, Roster, Territory, roster::RosterFile};
use pointsman_workhours::Zone;

use crate::{output, workspace};

/// Rows × leads that contradictions are looked for in: some seconds.
const MOST_PAIRS: usize = 100_000_000;
/// Of a postcode, this much names a missing row.
const AREA: usize = 2;

/// Compares the leads of `log` that have an owner with the table as of their day.
pub fn compare(folder: &Path, file: &Path, log: &FlowLog, zone: &Zone) -> anyhow::Result<Territories> {
    let history = workspace::history(folder)?;
    let environment = Environment::new(&history.schema);
    let table = Table::read(folder, file, &history, &environment)?;
    let wanted: BTreeMap<LeadId, Option<bool>> =
        log.leads.iter().map(|lead| (lead.id, lead.closed.map(|_| lead.won()))).collect();
    let mut owners: BTreeMap<LeadId, (Instant, RepId)> = BTreeMap::new();
    for assignment in history.assignments()? {
        if assignment.kind == AssignmentKind::First && wanted.contains_key(&assignment.lead) {
            owners.entry(assignment.lead).or_insert((assignment.at, assignment.rep));
        }
    }
    let deep = table.territory.rows.len().saturating_mul(owners.len()) <= MOST_PAIRS;
    if !deep {
        output::note("contradictions are not looked for: the table has too many rows for so many leads");
    }
    let mut row = environment.row();
    let mut placed = Vec::new();
    for lead in history.leads()? {
        let Some((at, owner)) = owners.get(&lead.id) else { continue };
        row.clear();
        row.take(&lead.attributes);
        let expected = table.expected(&history, &lead, &row, zone.local_day(*at), deep);
        let actual = table.actual(&expected, owner);
        placed.push(Placed { lead: lead.id, expected, actual, won: wanted[&lead.id] });
    }
    Ok(territory::measure(&placed))
}

struct Table {
    territory: Territory,
    roster: Roster,
    /// Attributes that the table divides by, and which of them are postcodes.
    columns: Vec<(AttributeIndex, bool)>,
}

impl Table {
    fn read(folder: &Path, file: &Path, history: &History, environment: &Environment) -> anyhow::Result<Self> {
        let body = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let roster = roster(folder, history, environment)?;
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let name = TerritoryId::new(stem).or_else(|_| TerritoryId::new("table"))?;
        let territory = match Territory::parse(name, &body, &roster, environment) {
            Ok(territory) => territory,
            Err(faults) => {
                let faults: Vec<String> = faults.iter().map(|fault| format!("\n  {fault}")).collect();
                bail!("{} is no territory table here:{}", file.display(), faults.concat());
            }
        };
        let attribute = |name: &str| {
            let name = name.trim_start_matches("lead.");
            let found = history.schema.iter().find(|(_, of, one)| *of == Entity::Lead && &*one.name == name)?;
            Some((found.0, found.2.kind == AttributeType::Postcode))
        };
        let columns = territory.columns.iter().filter_map(|column| attribute(&column.name)).collect();
        Ok(Self { territory, roster, columns })
    }

    fn expected(&self, history: &History, lead: &Lead, row: &Row, day: i32, deep: bool) -> Expected {
        let Some(found) = self.territory.find(row, day) else {
            return Expected::Nowhere { says: self.says(history, lead).into() };
        };
        let rows = &self.territory.rows;
        let contradicts = |other: usize| {
            rows[other].to != rows[found].to
                && self.territory.holds(other, row, day)
                && !self.territory.is_within(found, other)
                && !self.territory.is_within(other, found)
        };
        let against = deep.then(|| (0..rows.len()).find(|other| contradicts(*other))).flatten();
        Expected::Row {
            line: rows[found].line,
            to: self.name(rows[found].to).into(),
            against: against.map(|other| rows[other].line),
        }
    }

    /// The expected name where the owner belongs there; else the owner's.
    fn actual(&self, expected: &Expected, owner: &RepId) -> Box<str> {
        let Expected::Row { line, to, .. } = expected else { return owner.as_str().into() };
        let row = self.territory.rows.iter().find(|row| row.line == *line);
        let index = self.roster.rep(owner.as_str());
        let belongs = match row.map(|row| row.to) {
            Some(Destination::Rep(rep)) => index == Some(rep),
            Some(Destination::Pool(pool)) => {
                self.roster.pool_at(pool).members.iter().any(|(member, _)| index == Some(*member))
            }
            None => false,
        };
        if belongs { to.clone() } else { owner.as_str().into() }
    }

    fn name(&self, to: Destination) -> &str {
        match to {
            Destination::Pool(pool) => self.roster.pool_at(pool).id.as_str(),
            Destination::Rep(rep) => self.roster.rep_at(rep).id.as_str(),
        }
    }

    /// What a lead says to the table's columns, postcodes by their area.
    fn says(&self, history: &History, lead: &Lead) -> String {
        let said = self.columns.iter().map(|(index, is_postcode)| match lead.attributes.get(*index) {
            None => "–".to_owned(),
            Some(value) if *is_postcode => {
                format!("{}…", history.schema.show(*index, value).chars().take(AREA).collect::<String>())
            }
            Some(value) => history.schema.show(*index, value),
        });
        said.collect::<Vec<_>>().join(", ")
    }
}

/// The workspace's `reps.toml`; without one, the history's reps with a pool for each team.
fn roster(folder: &Path, history: &History, environment: &Environment) -> anyhow::Result<Roster> {
    let path = folder.join("reps.toml");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => of_history(history)?,
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let file: RosterFile = toml::from_str(&text).with_context(|| format!("cannot read {}", path.display()))?;
    Roster::new(&file, environment).with_context(|| format!("{}", path.display()))
}

fn of_history(history: &History) -> anyhow::Result<String> {
    let reps = history.reps()?;
    let teams: BTreeSet<&str> = reps.iter().filter_map(|rep| rep.team.as_ref()).map(TeamId::as_str).collect();
    let mut text = String::from("format = 1\n");
    for team in teams {
        write!(text, "[[team]]\nid = \"{team}\"\n[[pool]]\nid = \"{team}\"\nteams = [\"{team}\"]\n")?;
    }
    for rep in &reps {
        let team = rep.team.as_ref().map_or_else(String::new, |team| format!("team = \"{team}\"\n"));
        write!(text, "[[rep]]\nid = \"{}\"\n{team}", rep.id)?;
    }
    Ok(text)
}
