//! Territories: leads that no row holds, and leads that two rows claim.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_domain::Value;
use pointsman_expr::{Field, FieldKind, Possible};

use super::{Finding, Kind, Lint, Particular, RowsAt, Severity, particular::Holder};
use crate::{
    Destination, Target, Territory,
    territory::{TerritoryRow, postcode, scope::Scope},
};

/// Pairs of rows that are compared, findings that are listed, and combinations of the other
/// columns for which postcodes are counted.
const MOST_PAIRS: usize = 5_000_000;
const MOST_FINDINGS: usize = 20;
const MOST_PROFILES: usize = 2_000;

type Example = Vec<(Field, Value)>;
/// One range of numbers of a row.
type Ranged<'r> = (&'r TerritoryRow, (i64, i64));

pub(super) fn check(lint: &Lint<'_>, findings: &mut Vec<Finding>) {
    for (index, territory) in lint.context.territories.iter().enumerate() {
        let names = |place: &usize| matches!(lint.policy.rules[*place].target, Target::Territory(of) if usize::from(of.0) == index);
        let Some(rule) = (0..lint.policy.rules.len()).find(names) else { continue };
        let table = Table { lint, territory, rule };
        findings.extend(table.overlaps());
        findings.extend(table.gaps());
    }
}

struct Table<'l, 'a> {
    lint: &'l Lint<'a>,
    territory: &'l Territory,
    /// The first rule that names it.
    rule: usize,
}

impl Table<'_, '_> {
    fn finding(
        &self,
        kind: Kind,
        severity: Severity,
        lines: Vec<u32>,
        particular: Particular,
        example: Example,
    ) -> Finding {
        Finding {
            kind,
            severity,
            rules: vec![self.lint.at(self.rule)],
            rows: Some(RowsAt { territory: self.territory.name.clone(), lines }),
            particular,
            example,
        }
    }

    /// A lead of the rule with these values, if the rule's condition lets one be.
    fn lead_with(&self, values: &[(Field, Value)]) -> Option<Example> {
        let mut lead = match &self.lint.leads[self.rule].any {
            Possible::Yes(example) => example.clone(),
            Possible::No | Possible::Unknown => return None,
        };
        lead.retain(|(field, _)| values.iter().all(|(other, _)| other != field));
        lead.extend(values.iter().cloned());
        let mut row = self.lint.context.environment.row();
        lead.iter().for_each(|(field, value)| row.set(*field, value));
        self.lint.policy.when[self.rule].eval(&row).then_some(lead)
    }

    fn found(&self, lead: &Example) -> Option<usize> {
        let mut row = self.lint.context.environment.row();
        lead.iter().for_each(|(field, value)| row.set(*field, value));
        self.territory.find(&row, self.lint.context.today)
    }

    fn is_valid(&self, row: &TerritoryRow) -> bool {
        (row.days.0..row.days.1).contains(&self.lint.context.today)
    }

    /// Pairs of rows that claim a lead, with different people, at no clear precedence.
    fn overlaps(&self) -> Vec<Finding> {
        let rows = &self.territory.rows;
        let mut claimed: BTreeMap<(Box<str>, Box<str>), Vec<usize>> = BTreeMap::new();
        let mut findings = Vec::new();
        let (mut pairs, mut seen) = (0, BTreeSet::new());
        let mut by_length: Vec<usize> = (0..rows.len()).filter(|&row| self.is_valid(&rows[row])).collect();
        by_length.sort_by_key(|&row| self.areas(&rows[row]).iter().map(|(_, prefix)| prefix.len()).max());
        // Of two rows that share postcodes one names a beginning of what the other names.
        for row in by_length {
            let areas = self.areas(&rows[row]);
            for (country, prefix) in &areas {
                for end in (0..=prefix.len()).filter(|&end| prefix.is_char_boundary(end)) {
                    for of in [&**country, ""] {
                        let others = claimed.get(&(of.into(), prefix[..end].into()));
                        for &other in others.into_iter().flatten().filter(|&&other| other != row) {
                            pairs += 1;
                            if pairs > MOST_PAIRS || findings.len() >= MOST_FINDINGS {
                                return findings;
                            }
                            let (first, second) = (row.min(other), row.max(other));
                            if self.may_conflict(first, second) && seen.insert((first, second)) {
                                findings.extend(self.conflict(first, second));
                            }
                        }
                    }
                }
            }
            for area in areas {
                claimed.entry(area).or_default().push(row);
            }
        }
        findings
    }

    /// What a row says of postcodes; rows without go under no beginning at all.
    fn areas(&self, row: &TerritoryRow) -> Vec<(Box<str>, Box<str>)> {
        let scopes = row.scopes.iter().zip(&self.territory.columns);
        let mut countries: Vec<Box<str>> = vec!["".into()];
        for (scope, column) in scopes {
            match scope {
                Scope::Postcodes(areas) => return areas.clone(),
                Scope::Words(words) if column.kind == FieldKind::Country => {
                    countries = words.iter().map(|word| word.to_uppercase().into()).collect();
                }
                _ => {}
            }
        }
        countries.into_iter().map(|country| (country, "".into())).collect()
    }

    fn may_conflict(&self, a: usize, b: usize) -> bool {
        let (rows, within) = (&self.territory.rows, |x, y| self.territory.is_within(x, y));
        rows[a].to != rows[b].to && within(a, b) == within(b, a)
    }

    fn conflict(&self, a: usize, b: usize) -> Option<Finding> {
        let rows = &self.territory.rows;
        let both: Vec<Scope> =
            rows[a].scopes.iter().zip(&rows[b].scopes).map(|(x, y)| x.and(y)).collect::<Option<_>>()?;
        let winner_decides = |lead: &Example| {
            self.found(lead).is_some_and(|winner| {
                let special =
                    |of| winner != of && self.territory.is_within(winner, of) && !self.territory.is_within(of, winner);
                special(a) && special(b)
            })
        };
        let lead = self
            .examples(&both)
            .into_iter()
            .filter_map(|values| self.lead_with(&values))
            .find(|lead| !winner_decides(lead) && self.both_hold(a, b, lead))?;
        let (lines, to) = ([rows[a].line, rows[b].line], [self.to(rows[a].to), self.to(rows[b].to)]);
        let territory = self.territory.name.clone();
        let particular = match self.territory.is_within(a, b) {
            true => Particular::SameLeads { territory, lines, to },
            false => Particular::SharedLeads { territory, lines, to },
        };
        Some(self.finding(Kind::TerritoryOverlap, Severity::Error, lines.into(), particular, lead))
    }

    fn both_hold(&self, a: usize, b: usize, lead: &Example) -> bool {
        let mut row = self.lint.context.environment.row();
        lead.iter().for_each(|(field, value)| row.set(*field, value));
        let today = self.lint.context.today;
        self.territory.holds(a, &row, today) && self.territory.holds(b, &row, today)
    }

    fn to(&self, to: Destination) -> Holder {
        match to {
            Destination::Pool(pool) => Holder::Pool(self.lint.context.roster.pool_at(pool).id.clone()),
            Destination::Rep(rep) => Holder::Rep(self.lint.rep(rep)),
        }
    }

    /// Values that these cells hold: a few, which differ in the postcode.
    fn examples(&self, scopes: &[Scope]) -> Vec<Example> {
        const TRIED: usize = 8;
        let areas = scopes.iter().find_map(|scope| match scope {
            Scope::Postcodes(areas) => Some(areas),
            _ => None,
        });
        let fixed = |country: Option<&str>| {
            let mut values = Vec::new();
            for (scope, column) in scopes.iter().zip(&self.territory.columns) {
                let value = match (scope, column.kind) {
                    (_, FieldKind::Country) if country.is_some() => Value::Text(country.unwrap_or_default().into()),
                    (Scope::Words(words), FieldKind::Country) => Value::Text(words.first()?.to_uppercase().into()),
                    (Scope::Words(words), _) => Value::Text(words.first()?.clone()),
                    (Scope::Choices(places), _) => Value::Choice(*places.first()? as u16),
                    (Scope::Numbers(ranges), FieldKind::Money) => {
                        Value::Money(pointsman_domain::Money(ranges.first()?.0))
                    }
                    (Scope::Numbers(ranges), _) => Value::Integer(ranges.first()?.0),
                    (Scope::Any | Scope::Postcodes(_), _) => continue,
                };
                values.push((column.field, value));
            }
            Some(values)
        };
        let Some(areas) = areas else { return fixed(None).into_iter().collect() };
        let with_postcode = |(country, prefix): &(Box<str>, Box<str>)| {
            let mut values = fixed(Some(country))?;
            values.push((self.postcode()?, Value::Text(postcode::example(country, prefix).into())));
            Some(values)
        };
        areas.iter().take(TRIED).filter_map(with_postcode).collect()
    }

    fn postcode(&self) -> Option<Field> {
        self.territory.columns.iter().find(|column| column.kind == FieldKind::Postcode).map(|column| column.field)
    }

    /// Postcodes of a divided country that no row holds, and sizes between those that rows hold.
    fn gaps(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for country in self.divided_countries() {
            findings.extend(self.postcode_gap(&country));
        }
        findings.extend(self.number_gaps());
        findings
    }

    fn divided_countries(&self) -> BTreeSet<Box<str>> {
        let rows = self.territory.rows.iter().filter(|row| self.is_valid(row));
        let areas = rows.flat_map(|row| self.areas(row)).filter(|(_, prefix)| !prefix.is_empty());
        areas.map(|(country, _)| country).collect()
    }

    fn postcode_gap(&self, country: &str) -> Option<Finding> {
        let universe = postcode::areas(country)?;
        let rows: Vec<&TerritoryRow> = self.territory.rows.iter().filter(|row| self.is_valid(row)).collect();
        for profile in self.profiles() {
            let holding = rows.iter().filter(|row| self.holds_profile(row, country, &profile));
            let mut covered = BTreeSet::new();
            let (mut all, mut single, mut lines) = (false, 0, Vec::new());
            for row in holding {
                let areas = self.areas(row);
                let here: Vec<&str> = areas.iter().filter(|(of, _)| **of == *country).map(|(_, p)| &**p).collect();
                all |= areas.iter().any(|(_, prefix)| prefix.is_empty());
                single += usize::from(here.len() == 1 && here[0].len() >= 5);
                lines.push(row.line);
                covered.extend(here.into_iter().map(str::to_owned));
            }
            if all || covered.is_empty() {
                continue;
            }
            // Who lists single postcodes lists those in use, which are not known here.
            let listed = 2 * single > lines.len();
            let missing = missing(country, &universe, &covered, listed);
            let Some(first) = missing.first() else { continue };
            let mut values = vec![(self.postcode()?, Value::Text(postcode::example(country, first).into()))];
            let of_country = self.territory.columns.iter().find(|column| column.kind == FieldKind::Country)?;
            values.push((of_country.field, Value::Text(country.into())));
            values.extend(profile.iter().cloned());
            let Some(lead) = self.lead_with(&values).filter(|lead| self.found(lead).is_none()) else { continue };
            let (missing, more) = ranges(country, &missing);
            let particular = Particular::NoPostcodes {
                territory: self.territory.name.clone(),
                country: country.into(),
                missing,
                more,
                some: !profile.is_empty(),
            };
            return Some(self.finding(Kind::TerritoryGap, Severity::Warning, nearest_lines(&lines), particular, lead));
        }
        None
    }

    /// One value of every cell that the other columns have, in every combination, and "something
    /// else" (no value).
    fn profiles(&self) -> Vec<Example> {
        let mut profiles: Vec<Example> = vec![vec![]];
        for (place, column) in self.territory.columns.iter().enumerate() {
            if matches!(column.kind, FieldKind::Country | FieldKind::Postcode) {
                continue;
            }
            let mut values: Vec<Value> = Vec::new();
            for row in self.territory.rows.iter().filter(|row| self.is_valid(row)) {
                let of = &row.scopes[place];
                let mut keep = |value| {
                    if !values.contains(&value) {
                        values.push(value);
                    }
                };
                match of {
                    Scope::Words(words) => words.iter().for_each(|word| keep(Value::Text(word.clone()))),
                    Scope::Choices(places) => places.iter().for_each(|place| keep(Value::Choice(*place as u16))),
                    Scope::Numbers(ranges) => ranges.iter().for_each(|(low, _)| keep(number(column.kind, *low))),
                    Scope::Any | Scope::Postcodes(_) => {}
                }
                if profiles.len() * (values.len() + 1) > MOST_PROFILES {
                    values.clear();
                    break;
                }
            }
            let with = |profile: &Example| {
                let more = values.iter().map(|value| {
                    let mut more = profile.clone();
                    more.push((column.field, value.clone()));
                    more
                });
                [profile.clone()].into_iter().chain(more).collect::<Vec<_>>()
            };
            profiles = profiles.iter().flat_map(with).collect();
        }
        profiles
    }

    fn holds_profile(&self, row: &TerritoryRow, country: &str, profile: &Example) -> bool {
        let mut lead = self.lint.context.environment.row();
        profile.iter().for_each(|(field, value)| lead.set(*field, value));
        row.scopes.iter().zip(&self.territory.columns).all(|(scope, column)| match (scope, column.kind) {
            (Scope::Postcodes(areas), _) => areas.iter().any(|(of, _)| **of == *country),
            (Scope::Words(words), FieldKind::Country) => words.iter().any(|word| word.eq_ignore_ascii_case(country)),
            (scope, _) => scope.holds(column, &lead, Some(country)),
        })
    }

    /// Numbers between two rows of the same kind that neither holds: 250-499 after 50-249 and
    /// before 500+.
    fn number_gaps(&self) -> Vec<Finding> {
        let rows: Vec<&TerritoryRow> = self.territory.rows.iter().filter(|row| self.is_valid(row)).collect();
        let mut findings = Vec::new();
        for (place, column) in self.territory.columns.iter().enumerate() {
            // Rows that agree in everything else divide by this column alone.
            let mut groups: BTreeMap<String, Vec<Ranged<'_>>> = BTreeMap::new();
            for row in &rows {
                let Scope::Numbers(ranges) = &row.scopes[place] else { continue };
                let mut others = row.scopes.clone();
                others[place] = Scope::Any;
                let group = groups.entry(format!("{others:?}")).or_default();
                group.extend(ranges.iter().map(|range| (*row, *range)));
            }
            for mut group in groups.into_values() {
                group.sort_by_key(|(_, range)| *range);
                let mut reached = i64::MIN;
                for pair in group.windows(2) {
                    let ((before, low), (after, high)) = (pair[0], pair[1]);
                    reached = reached.max(low.1);
                    let Some(first) = reached.checked_add(1).filter(|first| *first < high.0) else { continue };
                    findings.extend(self.number_gap(place, column.kind, (before, after), (first, high.0 - 1)));
                    if findings.len() >= MOST_FINDINGS {
                        return findings;
                    }
                }
            }
        }
        findings
    }

    fn number_gap(
        &self,
        place: usize,
        kind: FieldKind,
        (before, after): (&TerritoryRow, &TerritoryRow),
        (from, until): (i64, i64),
    ) -> Option<Finding> {
        let column = &self.territory.columns[place];
        let mut scopes = before.scopes.clone();
        scopes[place] = Scope::Numbers(vec![(from, until)]);
        let lead = self.examples(&scopes).into_iter().find_map(|values| self.lead_with(&values))?;
        let info = self.lint.context.environment.info(column.field);
        let show = |n| self.lint.context.environment.literal(info, &number(kind, n));
        let lines = [before.line, after.line];
        let particular = Particular::NoNumbers {
            territory: self.territory.name.clone(),
            column: column.name.clone(),
            from: show(from),
            until: show(until),
            lines,
        };
        let finding = |lead| self.finding(Kind::TerritoryGap, Severity::Warning, lines.into(), particular, lead);
        self.found(&lead).is_none().then(|| finding(lead))
    }
}

fn number(kind: FieldKind, n: i64) -> Value {
    if kind == FieldKind::Money { Value::Money(pointsman_domain::Money(n)) } else { Value::Integer(n) }
}

/// At most six lines are named.
fn nearest_lines(lines: &[u32]) -> Vec<u32> {
    lines.iter().take(6).copied().collect()
}

/// The areas, or parts of areas, that nothing covered holds.
fn missing(country: &str, universe: &[String], covered: &BTreeSet<String>, listed: bool) -> Vec<String> {
    let mut missing = Vec::new();
    for area in universe {
        open(country, area.clone(), covered, listed, &mut missing);
    }
    missing
}

fn open(country: &str, area: String, covered: &BTreeSet<String>, listed: bool, missing: &mut Vec<String>) {
    let is_covered = (1..=area.len()).any(|end| covered.contains(&area[..end]));
    if is_covered {
        return;
    }
    let inside = covered.range(area.clone()..).next().is_some_and(|next| next.starts_with(&area));
    if !inside {
        missing.push(area);
        return;
    }
    // Which British districts exist, and which single postcodes, is not known here.
    if listed || country == "GB" {
        return;
    }
    for digit in '0'..='9' {
        open(country, format!("{area}{digit}"), covered, listed, missing);
    }
}

/// `43000-43999` and `62000-62999`, neighbours joined; and how many there are besides.
fn ranges(country: &str, areas: &[String]) -> (Vec<String>, usize) {
    const SHOWN: usize = 6;
    let mut joined: Vec<(String, String)> = Vec::new();
    for area in areas {
        let shown = postcode::show(country, area);
        let (low, high) = shown.split_once('-').map_or((shown.clone(), shown.clone()), |(a, b)| (a.into(), b.into()));
        let follows = |last: &str| {
            let numbers = last.parse::<u64>().ok().zip(low.parse::<u64>().ok());
            numbers.is_some_and(|(last, low)| last + 1 == low)
        };
        match joined.last_mut() {
            Some((_, last)) if follows(last) => *last = high,
            _ => joined.push((low, high)),
        }
    }
    let shown = joined.iter().take(SHOWN).map(|(a, b)| if a == b { a.clone() } else { format!("{a}-{b}") });
    (shown.collect(), joined.len().saturating_sub(SHOWN))
}
