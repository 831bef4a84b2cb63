//! The text of a territory → its columns and rows.

use std::collections::BTreeSet;

use pointsman_domain::Instant;
use pointsman_expr::{Environment, FieldKind};

use super::{Column, Destination, Territory, TerritoryError, TerritoryRow, postcode, scope, scope::Scope};
use crate::Roster;

/// Faults that are listed before reading ends.
const MOST_FAULTS: usize = 50;

/// Columns that say what becomes of a row rather than which leads it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Divides(usize),
    Pool,
    Rep,
    ValidFrom,
    ValidTo,
    Note,
}

struct Reader<'a> {
    roster: &'a Roster,
    environment: &'a Environment,
    columns: Vec<Column>,
    roles: Vec<Role>,
}

/// Columns and rows, or every fault.
pub(super) fn read(
    source: &[u8],
    roster: &Roster,
    environment: &Environment,
) -> Result<(Vec<Column>, Vec<TerritoryRow>), Vec<TerritoryError>> {
    let text = std::str::from_utf8(source).map_err(|e| vec![TerritoryError::NotUtf8(e.valid_up_to())])?;
    let text = text.trim_start_matches('\u{feff}');
    let head = text.lines().next().unwrap_or_default();
    // Spreadsheets in countries with decimal commas write semicolons.
    let delimiter = if head.contains(';') && !head.contains(',') { b';' } else { b',' };
    let mut lines = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let head = lines.headers().map_err(|e| vec![broken(&e)])?.clone();
    let mut reader = Reader { roster, environment, columns: Vec::new(), roles: Vec::new() };
    reader.head(&head)?;
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for (place, record) in lines.records().enumerate() {
        if place == Territory::MOST_ROWS {
            return Err(vec![TerritoryError::TooManyRows(place)]);
        }
        match record {
            Ok(record) if record.iter().all(|cell| cell.trim().is_empty()) => {}
            Ok(record) => match reader.row(&record) {
                Ok(row) => rows.push(row),
                Err(fault) => faults.push(fault),
            },
            Err(e) => faults.push(broken(&e)),
        }
        if faults.len() == MOST_FAULTS {
            break;
        }
    }
    if rows.is_empty() && faults.is_empty() {
        faults.push(TerritoryError::NoRow);
    }
    if faults.is_empty() { Ok((reader.columns, rows)) } else { Err(faults) }
}

fn broken(error: &csv::Error) -> TerritoryError {
    let line = error.position().map_or(0, csv::Position::line) as u32;
    TerritoryError::Row { line, message: error.to_string() }
}

impl Reader<'_> {
    fn head(&mut self, head: &csv::StringRecord) -> Result<(), Vec<TerritoryError>> {
        if head.iter().all(|name| name.trim().is_empty()) {
            return Err(vec![TerritoryError::NoHead]);
        }
        let mut seen = BTreeSet::new();
        let mut faults = Vec::new();
        for name in head.iter().map(|name| name.trim().to_lowercase()) {
            if !seen.insert(name.clone()) {
                faults.push(TerritoryError::ColumnTwice(name.clone().into()));
            }
            match self.role(&name) {
                Ok(role) => self.roles.push(role),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() && !self.roles.iter().any(|role| matches!(role, Role::Pool | Role::Rep)) {
            faults.push(TerritoryError::NobodyNamed);
        }
        let has = |kind| self.columns.iter().any(|column| column.kind == kind);
        if faults.is_empty() && has(FieldKind::Postcode) && !has(FieldKind::Country) {
            faults.push(TerritoryError::PostcodeWithoutCountry);
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn role(&mut self, name: &str) -> Result<Role, TerritoryError> {
        let role = match name {
            "pool" => Role::Pool,
            "rep" => Role::Rep,
            "valid_from" => Role::ValidFrom,
            "valid_to" => Role::ValidTo,
            "note" => Role::Note,
            _ => {
                let path = if name.contains('.') { name.to_owned() } else { format!("lead.{name}") };
                let unknown = |hint| TerritoryError::UnknownColumn { name: name.into(), hint };
                let field = self.environment.field(&path).map_err(|e| {
                    unknown(e.suggestion.map_or_else(String::new, |s| format!("; try {}", s.replace("lead.", ""))))
                })?;
                let kind = self.environment.info(field).kind;
                if !scope::divides(kind) {
                    return Err(TerritoryError::UnfitColumn { name: name.into(), kind: kind.words() });
                }
                self.columns.push(Column { name: name.into(), field, kind });
                Role::Divides(self.columns.len() - 1)
            }
        };
        Ok(role)
    }

    fn row(&self, record: &csv::StringRecord) -> Result<TerritoryRow, TerritoryError> {
        let line = record.position().map_or(0, csv::Position::line) as u32;
        if record.len() != self.roles.len() {
            let message = format!("has {} cells, the head has {}", record.len(), self.roles.len());
            return Err(TerritoryError::Row { line, message });
        }
        let mut row = TerritoryRow {
            line,
            to: Destination::Pool(pointsman_domain::PoolIndex(0)),
            days: (i32::MIN, i32::MAX),
            scopes: vec![Scope::Any; self.columns.len()],
        };
        let mut to = Vec::new();
        let named = self.roles.iter().zip(record).filter(|(_, cell)| !cell.trim().is_empty());
        for (role, cell) in named {
            let cell = cell.trim();
            let column = match role {
                Role::Divides(place) => &*self.columns[*place].name,
                Role::Pool => "pool",
                Role::Rep => "rep",
                Role::ValidFrom => "valid_from",
                Role::ValidTo => "valid_to",
                Role::Note => "note",
            };
            let at = |message| TerritoryError::Cell { line, column: column.into(), message };
            match role {
                Role::Divides(place) => row.scopes[*place] = self.scope(*place, cell, record).map_err(at)?,
                Role::Pool => to.push(self.pool(cell).map_err(at)?),
                Role::Rep => to.push(self.rep(cell).map_err(at)?),
                Role::ValidFrom => row.days.0 = day(cell).map_err(at)?,
                Role::ValidTo => row.days.1 = day(cell).map_err(at)?,
                Role::Note => {}
            }
        }
        match to[..] {
            [to] => row.to = to,
            [] => return Err(TerritoryError::Row { line, message: "names neither a pool nor a rep".into() }),
            _ => return Err(TerritoryError::Row { line, message: "names a pool and a rep; name one of them".into() }),
        }
        if row.days.0 >= row.days.1 {
            let message = "valid_to is not after valid_from; it is the first day on which the row no longer holds";
            return Err(TerritoryError::Row { line, message: message.into() });
        }
        Ok(row)
    }

    fn scope(&self, place: usize, cell: &str, record: &csv::StringRecord) -> Result<Scope, String> {
        let column = &self.columns[place];
        match column.kind {
            FieldKind::Country | FieldKind::Language => {
                let codes = scope::items(cell).map(|item| code(column.kind, item)).collect::<Result<Vec<_>, _>>()?;
                Ok(words(codes))
            }
            FieldKind::Choice => self.choices(column, cell),
            FieldKind::Integer => ranges(cell, |text| text.parse().ok()),
            FieldKind::Money => ranges(cell, |text| self.environment.amount(text)),
            FieldKind::Postcode => self.postcodes(cell, record),
            _ => Ok(words(scope::items(cell).map(str::to_lowercase).collect())),
        }
    }

    fn choices(&self, column: &Column, cell: &str) -> Result<Scope, String> {
        let known = &self.environment.info(column.field).words;
        let place = |item: &str| known.iter().position(|word| word.to_lowercase() == item.to_lowercase());
        // A word may hold a comma itself.
        let whole = place(cell).map(|place| vec![place]);
        let find = |item: &str| place(item).ok_or_else(|| format!("'{item}' is not one of {}", known.join(", ")));
        let mut places = whole.map_or_else(|| scope::items(cell).map(find).collect::<Result<Vec<_>, _>>(), Ok)?;
        places.sort_unstable();
        places.dedup();
        Ok(Scope::Choices(places.into_iter().map(|place| place as i64).collect()))
    }

    fn postcodes(&self, cell: &str, record: &csv::StringRecord) -> Result<Scope, String> {
        let of_country =
            |role: &Role| matches!(role, Role::Divides(place) if self.columns[*place].kind == FieldKind::Country);
        let place = self.roles.iter().position(of_country).unwrap_or_default();
        let mut areas = Vec::new();
        for item in scope::items(record.get(place).unwrap_or_default()) {
            let country = item.to_ascii_uppercase();
            for item in scope::items(cell) {
                let prefixes = postcode::prefixes(&country, item)?;
                areas.extend(prefixes.into_iter().map(|prefix| (Box::from(&*country), Box::from(prefix))));
            }
        }
        if areas.is_empty() {
            return Err("a postcode needs its country in the same row".into());
        }
        areas.sort_unstable();
        // In this order a prefix stands before everything that it holds.
        areas.dedup_by(|next: &mut (Box<str>, Box<str>), kept| next.0 == kept.0 && next.1.starts_with(&*kept.1));
        Ok(Scope::Postcodes(areas))
    }

    fn pool(&self, id: &str) -> Result<Destination, String> {
        let unknown = || {
            let known: Vec<&str> = self.roster.pools.iter().take(8).map(|pool| pool.id.as_str()).collect();
            format!("unknown pool '{id}'; reps.toml has {}", known.join(", "))
        };
        self.roster.pool(id).map(Destination::Pool).ok_or_else(unknown)
    }

    fn rep(&self, id: &str) -> Result<Destination, String> {
        let unknown = || format!("unknown rep '{id}': reps.toml does not list this id");
        self.roster.rep(id).map(Destination::Rep).ok_or_else(unknown)
    }
}

fn words(mut list: Vec<String>) -> Scope {
    list.sort_unstable();
    list.dedup();
    Scope::Words(list.into_iter().map(Into::into).collect())
}

fn code(kind: FieldKind, item: &str) -> Result<String, String> {
    let what = if kind == FieldKind::Country { "country code like DE" } else { "language code like de" };
    match item.len() == 2 && item.bytes().all(|b| b.is_ascii_alphabetic()) {
        true => Ok(item.to_ascii_lowercase()),
        false => Err(format!("'{item}' is no two-letter {what}")),
    }
}

fn ranges(cell: &str, read: impl Fn(&str) -> Option<i64>) -> Result<Scope, String> {
    let refuse = |item| format!("'{item}' is no range of numbers: write 250, 50-249, 500+ or <50");
    let all = scope::items(cell).map(|item| scope::numbers(item, &read).ok_or_else(|| refuse(item)));
    Ok(Scope::Numbers(all.collect::<Result<_, _>>()?))
}

fn day(cell: &str) -> Result<i32, String> {
    match Instant::parse_as_written(cell) {
        Ok(at) if cell.len() == 10 => Ok(at.utc_day() as i32),
        _ => Err(format!("'{cell}' is no date like 2026-03-01")),
    }
}
