//! Finding a lead's row: rows are filed under what their exact cells say, one drawer for each
//! combination of such cells that the table has; a lead is looked up in each.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_expr::Row;

use super::{Column, TerritoryRow, country_of, postcode, scope::Scope};

/// Entries that the drawers may have together; a row whose lists multiply beyond its share is
/// filed under fewer of its cells, which is slower and nothing else.
const MOST_COPIES: usize = 4_096;

/// Which columns a drawer is filed by (a bit each) and, with postcodes, the length of the prefix.
type Drawer = (u32, u8);

#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    drawers: Vec<Drawer>,
    /// Drawer and label → rows, the most specific first.
    filed: BTreeMap<(Drawer, Box<str>), Vec<u32>>,
    /// By row: its place when the most specific is first.
    rank: Vec<u32>,
}

impl Index {
    pub fn new(columns: &[Column], rows: &[TerritoryRow]) -> Self {
        let mut index = Self { rank: ranks(columns, rows), ..Self::default() };
        let mut drawers = BTreeSet::new();
        let mut by_rank: Vec<usize> = (0..rows.len()).collect();
        by_rank.sort_unstable_by_key(|&row| index.rank[row]);
        for row in by_rank {
            for (drawer, label) in labels(&rows[row]) {
                drawers.insert(drawer);
                index.filed.entry((drawer, label)).or_default().push(row as u32);
            }
        }
        index.drawers = drawers.into_iter().collect();
        index
    }

    pub fn find(&self, columns: &[Column], rows: &[TerritoryRow], lead: &Row, day: i32) -> Option<usize> {
        let country = country_of(columns, lead);
        let says: Vec<Option<String>> = columns.iter().map(|column| said(column, lead, country)).collect();
        let holds = |row: usize| {
            let row = &rows[row];
            let scopes = row.scopes.iter().zip(columns);
            (row.days.0..row.days.1).contains(&day) && scopes.into_iter().all(|(s, c)| s.holds(c, lead, country))
        };
        let mut best: Option<usize> = None;
        for drawer in &self.drawers {
            let Some(label) = label(*drawer, columns, &says, country) else { continue };
            let Some(filed) = self.filed.get(&(*drawer, label)) else { continue };
            let better = |row: &usize| best.is_none_or(|best| self.rank[*row] < self.rank[best]);
            let found = filed.iter().map(|row| *row as usize).take_while(better).find(|row| holds(*row));
            best = found.or(best);
        }
        best
    }
}

/// The row's place among all: narrower postcodes first, then narrower cells from left to right,
/// then the earlier line.
fn ranks(columns: &[Column], rows: &[TerritoryRow]) -> Vec<u32> {
    let is_postcode = |place: &usize| columns[*place].kind == pointsman_expr::FieldKind::Postcode;
    let mut order: Vec<usize> = (0..columns.len()).filter(is_postcode).collect();
    order.extend((0..columns.len()).filter(|place| !is_postcode(place)));
    let sizes: Vec<Vec<f64>> = rows.iter().map(|row| order.iter().map(|&c| row.scopes[c].size()).collect()).collect();
    let mut by_size: Vec<usize> = (0..rows.len()).collect();
    let narrower = |a: &usize, b: &usize| {
        let cells = sizes[*a].iter().zip(&sizes[*b]).map(|(x, y)| x.total_cmp(y));
        cells.reduce(std::cmp::Ordering::then).unwrap_or(std::cmp::Ordering::Equal).then(a.cmp(b))
    };
    by_size.sort_unstable_by(narrower);
    let mut rank = vec![0; rows.len()];
    for (place, row) in by_size.into_iter().enumerate() {
        rank[row] = place as u32;
    }
    rank
}

/// What separates the cells of a label; no cell holds it.
const SEPARATOR: char = '\u{1f}';

/// Every drawer and label a row is filed under.
fn labels(row: &TerritoryRow) -> Vec<(Drawer, Box<str>)> {
    let mut labels: Vec<(Drawer, String)> = vec![((0, 0), String::new())];
    for (place, scope) in row.scopes.iter().enumerate().take(32) {
        let items: Vec<(u8, String)> = match scope {
            Scope::Any | Scope::Numbers(_) => continue,
            Scope::Words(words) => words.iter().map(|word| (0, word.to_string())).collect(),
            Scope::Choices(places) => places.iter().map(|place| (0, place.to_string())).collect(),
            Scope::Postcodes(areas) => {
                areas.iter().map(|(country, prefix)| (prefix.len() as u8, format!("{country}{prefix}"))).collect()
            }
        };
        if labels.len() * items.len() > MOST_COPIES {
            continue;
        }
        let filed = |((mask, length), label): &(Drawer, String)| {
            let (drawer, label) = ((mask | 1 << place, *length), label.clone());
            items
                .iter()
                .map(move |(more, item)| ((drawer.0, drawer.1 + more), format!("{label}{item}{SEPARATOR}")))
                .collect::<Vec<_>>()
        };
        labels = labels.iter().flat_map(filed).collect();
    }
    labels.into_iter().map(|(drawer, label)| (drawer, label.into())).collect()
}

/// What a lead says to a column, as labels write it; postcodes whole.
fn said(column: &Column, lead: &Row, country: Option<&str>) -> Option<String> {
    use pointsman_expr::FieldKind::{Choice, Integer, Money, Postcode};
    match column.kind {
        Integer | Money => None,
        Choice => lead.whole(column.field).map(|place| place.to_string()),
        Postcode => {
            let country = country?;
            postcode::key(country, lead.text(column.field)?).map(|key| format!("{country}{key}"))
        }
        _ => lead.text(column.field).map(|text| text.trim().to_lowercase()),
    }
}

/// The lead's label in a drawer; `None` when it lacks what the drawer is filed by.
fn label(
    (mask, length): Drawer,
    columns: &[Column],
    says: &[Option<String>],
    country: Option<&str>,
) -> Option<Box<str>> {
    let mut label = String::new();
    for (place, column) in columns.iter().enumerate().take(32).filter(|(place, _)| mask >> place & 1 == 1) {
        let said = says[place].as_deref()?;
        let is_postcode = column.kind == pointsman_expr::FieldKind::Postcode;
        let said = if is_postcode { said.get(..country?.len() + usize::from(length))? } else { said };
        label.push_str(said);
        label.push(SEPARATOR);
    }
    Some(label.into())
}
