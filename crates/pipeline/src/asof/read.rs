//! The canonical tables as columns: one entry a lead that has an owner, in order of time.

use pointsman_domain::{Instant, LeadId, record::Stage};
use pointsman_scoring::{Executor, LocalTime};

use super::{
    attributes,
    group::{Group, for_each_group},
    owned::{End, Ends, Owned},
    places::{Index, Places},
    words::Words,
};
use crate::{FeatureError, History, tables::Table};

impl Owned {
    pub fn read(
        history: &History,
        executor: &Executor,
        local: &dyn Fn(Instant) -> LocalTime,
    ) -> Result<Self, FeatureError> {
        let mut owned = read_assignments(history)?;
        let index = owned.sort();
        let places = Places::new(&owned.lead, index);
        owned.ends = read_outcomes(history, &places, owned.lead.len())?;
        let columns = attributes::read(history, executor, &places, &owned)?;
        let counts = read_activities(history, executor, &places, &owned.at)?;
        attributes::assemble(&mut owned, executor, &columns, counts, local);
        Ok(owned)
    }

    /// Puts rows in order and keeps the first owner of each lead; an index of the leads if that took one.
    fn sort(&mut self) -> Option<Index> {
        let key = |row: u32| (self.at[row as usize], self.lead[row as usize]);
        let mut order: Vec<u32> = (0..self.lead.len() as u32).collect();
        let sorted = order.is_sorted_by_key(|&row| key(row));
        if !sorted {
            order.sort_unstable_by_key(|&row| (key(row), self.rep[row as usize]));
        }
        // Ids that rise cannot occur twice.
        let rising = sorted && self.lead.is_sorted_by(|one, next| one < next);
        let index = (!rising).then(|| {
            let mut index = Index::for_rows(order.len());
            order.retain(|&row| index.insert(&self.lead, row));
            index
        });
        let in_place = sorted && order.len() == self.lead.len();
        if !in_place {
            self.pick(&order);
        }
        attributes::recode(&mut self.rep, &mut self.reps);
        index.filter(|_| in_place)
    }

    fn pick(&mut self, order: &[u32]) {
        fn pick<T: Copy>(from: &mut Vec<T>, order: &[u32]) {
            *from = order.iter().map(|&row| from[row as usize]).collect();
        }
        pick(&mut self.lead, order);
        pick(&mut self.rep, order);
        pick(&mut self.at, order);
        pick(&mut self.known_at, order);
        self.propensity.iter_mut().for_each(|propensity| pick(propensity, order));
    }
}

/// Assignments of one row group.
struct Given {
    lead: Vec<LeadId>,
    rep: Vec<u32>,
    reps: Words,
    at: Vec<i64>,
    known_at: Vec<i64>,
    propensity: Vec<f64>,
}

fn read_assignments(history: &History) -> Result<Owned, FeatureError> {
    let mut owned = Owned {
        lead: Vec::new(),
        rep: Vec::new(),
        reps: Vec::new(),
        at: Vec::new(),
        known_at: Vec::new(),
        propensity: None,
        ends: Ends::default(),
        categories: Vec::new(),
        numbers: Vec::new(),
    };
    let mut reps = Words::default();
    let mut propensity = Vec::new();
    let wanted = ["lead_id", "rep", "at", "known_at", "kind", "propensity"].map(str::to_owned);
    for_each_group(history, Table::Assignments, &wanted, given, |given| {
        let codes = reps.adopt(&given.reps);
        owned.rep.extend(given.rep.iter().map(|&code| codes[code as usize]));
        owned.lead.extend(given.lead);
        owned.at.extend(given.at);
        owned.known_at.extend(given.known_at);
        propensity.extend(given.propensity);
        Ok(())
    })?;
    owned.reps = reps.names;
    owned.propensity = propensity.iter().any(|p: &f64| !p.is_nan()).then_some(propensity);
    Ok(owned)
}

/// The first owners among the assignments of a group.
fn given(group: &Group<'_>) -> Result<Given, FeatureError> {
    let (leads, names, kinds) = (group.texts(0)?, group.texts(1)?, group.texts(4)?);
    let (at, known_at, drawn) = (group.times(2)?, group.times(3)?, group.numbers(5)?);
    let mut given = Given {
        lead: Vec::with_capacity(at.len()),
        rep: Vec::with_capacity(at.len()),
        reps: Words::default(),
        at: Vec::new(),
        known_at: Vec::new(),
        propensity: Vec::new(),
    };
    let mut first = Vec::with_capacity(at.len());
    for (row, ((lead, name), kind)) in leads.iter().zip(names.iter()).zip(kinds.iter()).enumerate() {
        if kind == Some("first") {
            let name = name.ok_or_else(|| group.fault(1, row, "is missing"))?;
            given.lead.push(group.id(lead, 0, row)?);
            given.rep.push(given.reps.code(name));
            first.push(row);
        }
    }
    let all = first.len() == at.len();
    let pick = |from: Vec<i64>| if all { from } else { first.iter().map(|&row| from[row]).collect() };
    (given.at, given.known_at) = (pick(at), pick(known_at));
    given.propensity = if all { drawn } else { first.iter().map(|&row| drawn[row]).collect() };
    Ok(given)
}

fn read_outcomes(history: &History, places: &Places<'_>, rows: usize) -> Result<Ends, FeatureError> {
    let mut ends = Ends::of(rows);
    let wanted = ["lead_id", "at", "known_at", "stage", "value"].map(str::to_owned);
    let parse = |group: &Group<'_>| {
        let (leads, stages) = (group.texts(0)?, group.texts(3)?);
        let (at, known_at, values) = (group.times(1)?, group.times(2)?, group.numbers(4)?);
        let mut search = places.search(group.start);
        let (mut found, mut strays) = (Vec::with_capacity(at.len()), Vec::new());
        for (row, (lead, stage)) in leads.iter().zip(stages.iter()).enumerate() {
            let Some(stage) = stage.and_then(terminal) else { continue };
            let lead = group.id(lead, 0, row)?;
            let end = End { stage: Some(stage), known_at: known_at[row], at: at[row], value: values[row] };
            match search.find(lead) {
                Some(place) => found.push((place, end)),
                None => strays.push((end.known_at, lead, stage)),
            }
        }
        Ok((found, strays))
    };
    for_each_group(history, Table::Outcomes, &wanted, parse, |(found, strays)| {
        found.into_iter().for_each(|(place, end)| ends.add(place, end));
        ends.strays.extend(strays);
        Ok(())
    })?;
    Ok(ends)
}

fn terminal(word: &str) -> Option<Stage> {
    Some(match word {
        "won" => Stage::Won,
        "lost" => Stage::Lost,
        "unqualified" => Stage::Unqualified,
        "merged" => Stage::Merged,
        "erased" => Stage::Erased,
        _ => return None,
    })
}

/// Activities learned before each decision, for each engagement feature of the specification.
fn read_activities(
    history: &History,
    executor: &Executor,
    places: &Places<'_>,
    at: &[i64],
) -> Result<Vec<Vec<u32>>, FeatureError> {
    let kinds = attributes::engagement_kinds(executor.spec());
    let mut counts = vec![vec![0u32; at.len()]; kinds.len()];
    if kinds.is_empty() {
        return Ok(counts);
    }
    let wanted = ["lead_id", "known_at", "kind"].map(str::to_owned);
    let parse = |group: &Group<'_>| {
        let (leads, known_at, words) = (group.texts(0)?, group.times(1)?, group.texts(2)?);
        let mut search = places.search(group.start);
        let mut found = Vec::new();
        for (row, (lead, word)) in leads.iter().zip(words.iter()).enumerate() {
            let Some(kind) = kinds.iter().position(|kind| word == Some(*kind)) else { continue };
            let place = search.find(group.id(lead, 0, row)?);
            found.extend(place.filter(|&place| known_at[row] < at[place as usize]).map(|place| (kind, place)));
        }
        Ok(found)
    };
    for_each_group(history, Table::Activities, &wanted, parse, |found| {
        found.into_iter().for_each(|(kind, place)| counts[kind][place as usize] += 1);
        Ok(())
    })?;
    Ok(counts)
}
