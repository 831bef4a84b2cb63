//! What is reported: rows that follow the record, and the views over them.

use std::collections::BTreeMap;

use pointsman_domain::{
    CommandId, Instant, LeadId, Micros, Money,
    record::{Rep, Stage},
};
use pointsman_measure::rows::{Custody, HistoryRows, LeadRow, LocalDay, Name, Names, Origin};
use pointsman_store::{
    Command, Projector, Reader, Store,
    command::Transfer,
    load::Cell,
    view::{Kind, VIEWS, View},
};

use super::history::{assigned, became, called, history, lead, loader};
use crate::world::{World, lead_of, with_experiment};

/// A company with a history, decisions, hops, a parked lead, outcomes.
pub fn company<S: Store>(world: &World<S>) -> Vec<LeadId> {
    history(&mut loader(world));
    let mut leads: Vec<LeadId> = (0..5).map(|_| lead_of(&world.decide(&world.enquiry("DE"), None).unwrap())).collect();
    leads.push(lead_of(&world.decide(&world.enquiry("CH"), None).unwrap()));
    world.switch_to(with_experiment(9));
    leads.extend((0..4).map(|_| lead_of(&world.decide(&world.enquiry("DE"), None).unwrap())));
    for stage in [Stage::Contacted, Stage::Qualified, Stage::Won] {
        world.advance(Micros::HOUR);
        world.stage(leads[0], stage).unwrap();
    }
    world.stage(leads[1], Stage::Lost).unwrap();
    let back = world.owner(leads[2]).unwrap();
    let other = ["ada", "bo"].into_iter().find(|rep| *rep != back.as_str()).unwrap();
    for to in [other, back.as_str()] {
        world.advance(Micros::MINUTE);
        let transfer = Transfer {
            command: CommandId::new(world.outside.now(), world.outside.chance()),
            lead: leads[2],
            expected: world.owner(leads[2]),
            to: to.parse().unwrap(),
            claims: vec![],
            actor: "olga".into(),
            reason: None,
            idempotency: None,
        };
        world.send(Command::Transfer(Box::new(transfer))).unwrap();
    }
    leads
}

struct Facts {
    names: Names,
    rows: Vec<LeadRow>,
    seq: u64,
}

impl Facts {
    fn get(&self, lead: LeadId) -> Option<&LeadRow> {
        self.rows.iter().find(|row| row.lead == lead)
    }
}

fn facts_after<S: Store>(world: &World<S>, seq: u64) -> Facts {
    let mut rows = Vec::new();
    let seq = world.read(|reader| reader.facts_after(seq, &mut |row| rows.push(row))).unwrap();
    Facts { names: world.read(Reader::names).unwrap(), rows, seq }
}

fn facts<S: Store>(world: &World<S>) -> Facts {
    facts_after(world, 0)
}

/// Rows without the numbers of their words, which another order of making them changes.
fn told(facts: &Facts) -> BTreeMap<LeadId, Vec<String>> {
    let word = |name: Option<Name>| name.map_or("", |name| facts.names.text(name)).to_owned();
    let row = |row: &LeadRow| {
        let words = [
            row.source,
            row.country,
            row.policy,
            row.policy_version,
            row.rule,
            row.path,
            row.pool,
            row.experiment,
            row.variant,
            row.rep,
            row.team,
            row.owner,
            row.calendar,
            row.size,
        ];
        let plain = LeadRow {
            source: None,
            country: None,
            policy: None,
            policy_version: None,
            rule: None,
            path: None,
            pool: None,
            experiment: None,
            variant: None,
            rep: None,
            team: None,
            owner: None,
            calendar: None,
            size: None,
            segment: None,
            ..row.clone()
        };
        words.into_iter().map(word).chain([format!("{plain:?}")]).collect()
    };
    facts.rows.iter().map(|fact| (fact.lead, row(fact))).collect()
}

pub fn rows_follow_the_record_and_can_be_made_anew<S: Store>(store: S) {
    let world = World::with_cap(store, 9);
    let leads = company(&world);
    let mut projector = Projector::new(&world.store).unwrap();
    let head = world.read(Reader::head).unwrap().seq;
    assert!(projector.catch_up().unwrap() >= head, "never behind what was read");
    let before = facts(&world);
    assert_eq!(before.rows.len(), leads.len() + 6);

    let row = |facts: &Facts, lead: LeadId| facts.get(lead).expect("a row").clone();
    let text = |name: Option<Name>| name.map(|name| before.names.text(name).to_owned());
    let won = row(&before, leads[0]);
    assert_eq!((won.stage, won.custody, won.origin), (Stage::Won, Custody::Closed, Origin::Door));
    assert!(won.touched_at == won.reached_at && won.reached_at < won.qualified_at && won.qualified_at < won.won_at);
    assert_eq!((won.closed_at, won.lost_at), (won.won_at, None));
    assert_eq!(text(won.rule).as_deref(), Some("rest"));
    assert_eq!(text(won.path).as_deref(), Some("weighted-round-robin"));
    assert_eq!((text(won.pool).as_deref(), text(won.country).as_deref()), (Some("all"), Some("DE")));
    assert!(won.sla_due_at.is_some() && won.decided_at.is_some() && won.assigned_at >= won.decided_at);
    let passed_on = row(&before, leads[2]);
    assert_eq!((passed_on.hops, passed_on.ping_pong, passed_on.rep == passed_on.owner), (2, true, true));
    let parked = row(&before, leads[5]);
    assert_eq!((parked.custody, parked.rep, parked.assigned_at), (Custody::Parked, None, None));
    assert_eq!((parked.unassigned_since, parked.parked_at), (Some(parked.arrived_at), parked.decided_at));
    let tried = row(&before, leads[7]);
    assert_eq!(text(tried.experiment).as_deref(), Some("spread"));
    let loaded = row(&before, lead(1).row.id);
    assert_eq!((loaded.origin, loaded.stage, loaded.decided_at), (Origin::Import, Stage::Won, None));
    assert_eq!((text(loaded.path).as_deref(), text(loaded.rep).as_deref()), (Some("import"), Some("ada")));
    assert_eq!(loaded.touched_at, Some(called(1, 3).at), "a call by a person");
    assert_eq!((loaded.touches, loaded.value.map(Money::minor_units)), (1, Some(42_000)));

    // What comes later is taken in row by row; made anew, all of it is the same.
    world.stage(leads[3], Stage::Unqualified).unwrap();
    projector.catch_up().unwrap();
    let changed = facts_after(&world, before.seq);
    assert_eq!(changed.rows.iter().map(|row| row.lead).collect::<Vec<_>>(), [leads[3]]);
    let followed = facts(&world);
    assert_eq!(row(&followed, leads[3]).stage, Stage::Unqualified);
    let mut again = Projector::new(&world.store).unwrap();
    again.rebuild().unwrap();
    assert_eq!(told(&followed), told(&facts(&world)));
    world.stop();
}

/// Before and after are one definition: a history that was loaded is told as its tables are.
pub fn a_loaded_history_is_told_as_its_tables_are<S: Store>(store: S) {
    let world = World::with_cap(store, 9);
    let leads = 1..=7u128;
    let owners = [
        (1, "ada", 2),
        (1, "bo", 9),
        (1, "ada", 12),
        (2, "bo", 1),
        (2, "bo", 5),
        (3, "ada", 3),
        (3, "bo", 4),
        (3, "cy", 6),
        (5, "di", 1),
        (6, "gone", 1),
        (7, "eve", 0),
    ];
    let owners = owners.map(|(n, rep, after)| assigned(n, rep, after));
    let facts = [
        (1, Stage::Contacted, 20),
        (1, Stage::Qualified, 30),
        (1, Stage::Won, 70),
        (2, Stage::Lost, 9),
        (2, Stage::Contacted, 30),
        (3, Stage::Nurture, 9),
        (3, Stage::Opportunity, 30),
        (4, Stage::Unqualified, 5),
        (5, Stage::Lost, 8),
        (5, Stage::Won, 9),
    ];
    let facts = facts.map(|(n, stage, after)| became(n, stage, after));
    let calls = [called(1, 3), called(5, 2), called(7, 4)];
    let mut load = loader(&world);
    let left = Rep {
        id: "gone".parse().unwrap(),
        external_id: "7".into(),
        name: "Somebody Else".into(),
        team: Some("north".parse().unwrap()),
        active: false,
    };
    load.rows(std::slice::from_ref(&left)).unwrap();
    load.rows(&owners).unwrap();
    load.rows(&facts).unwrap();
    load.rows(&calls).unwrap();
    load.leads(&leads.clone().map(lead).collect::<Vec<_>>()).unwrap();
    Projector::new(&world.store).unwrap().catch_up().unwrap();

    let mut names = Names::default();
    let mut tables = HistoryRows::new(&mut names);
    let zone = pointsman_workhours::Zone::new("Europe/Berlin").unwrap();
    for n in leads {
        let (id, at) = (lead(n).row.id, lead(n).row.at);
        tables.lead(LeadRow::new(id, at, LocalDay(zone.local_day(at))));
    }
    tables.rep(&left);
    owners.iter().for_each(|owner| tables.assignment(owner));
    facts.iter().for_each(|fact| tables.outcome(fact));
    calls.iter().for_each(|call| tables.activity(call));
    let told = tables.finish();

    let live = self::facts(&world);
    let text = |names: &Names, name: Option<Name>| name.map_or("", |name| names.text(name)).to_owned();
    for told in told {
        let row = live.get(told.lead).expect("a row");
        // What people did raises the stage here; tables tell it by facts alone.
        let stage = |stage: Stage| if stage < Stage::Qualified { Stage::Open } else { stage };
        let shared = |row: &LeadRow| LeadRow {
            source: None,
            completeness: None,
            rep: None,
            owner: None,
            team: None,
            path: None,
            stage: stage(row.stage),
            ..row.clone()
        };
        assert_eq!(shared(row), shared(&told));
        let reps =
            |names: &Names, row: &LeadRow| [row.rep, row.owner, row.team, row.path].map(|name| text(names, name));
        assert_eq!(reps(&live.names, row), reps(&names, &told));
    }
    world.stop();
}

pub fn several_may_follow_at_once<S: Store>(store: S) {
    let world = World::with_cap(store, 50);
    std::thread::scope(|scope| {
        let followers: Vec<_> = (0..3).map(|_| Projector::new(&world.store).unwrap()).collect();
        for mut projector in followers {
            scope.spawn(move || {
                for _ in 0..12 {
                    projector.catch_up().unwrap();
                }
            });
        }
        for n in 0..40 {
            let done = world.decide(&world.enquiry(["DE", "CH", "AT"][n % 3]), None).unwrap();
            if n % 4 == 0 {
                world.stage(lead_of(&done), Stage::Won).unwrap();
            }
        }
    });
    Projector::new(&world.store).unwrap().catch_up().unwrap();
    let followed = facts(&world);
    assert_eq!(followed.rows.len(), 40);
    Projector::new(&world.store).unwrap().rebuild().unwrap();
    assert_eq!(told(&followed), told(&facts(&world)));
    world.stop();
}

pub type Row = BTreeMap<&'static str, Cell<'static>>;

/// A view's rows with everything owned.
pub fn rows_of<S: Store>(world: &World<S>, view: &'static View) -> Vec<Row> {
    let mut rows = Vec::new();
    let owned = |cell: &Cell<'_>| match cell {
        Cell::Int(n) => Cell::Int(*n),
        Cell::Float(x) => Cell::Float(*x),
        Cell::Text(text) => Cell::Text(text.as_ref().map(|text| text.to_string().into())),
        Cell::Bytes(bytes) => Cell::Bytes(bytes.clone()),
    };
    let visit = &mut |cells: &[Cell<'_>]| {
        rows.push(view.columns.iter().zip(cells).map(|((name, _), cell)| (*name, owned(cell))).collect());
        Ok(())
    };
    world.read(|reader| reader.view(view, visit)).unwrap_or_else(|error| panic!("{}: {error:?}", view.name));
    rows
}

pub fn views_say_what_the_rows_say<S: Store>(store: S) {
    let world = World::with_cap(store, 9);
    let leads = company(&world);
    Projector::new(&world.store).unwrap().catch_up().unwrap();
    for view in VIEWS {
        let columns = world.read(|reader| reader.view_columns(view)).unwrap();
        assert_eq!(columns, view.shown(), "{}", view.name);
        let personal = ["name", "email", "phone"];
        let word = view.table() == "name";
        assert!(word || view.columns.iter().all(|(column, _)| !personal.contains(column)), "{}", view.name);
    }
    let view = |table: &str| rows_of(&world, View::find(table).unwrap());
    let facts = facts(&world);
    let rows = view("lead");
    assert_eq!(rows.len(), facts.rows.len());
    let lead_view = View::find("lead").unwrap();
    for row in &rows {
        let Cell::Text(Some(id)) = &row["lead_id"] else { panic!("{row:?}") };
        let fact = facts.get(id.parse().unwrap()).expect("the same lead");
        assert_eq!(row["arrived_at"], Cell::from(fact.arrived_at));
        assert_eq!(row["arrived_day"], Cell::Int(Some(fact.arrived_day.0.into())));
        assert_eq!(row["touched_at"], Cell::Int(fact.touched_at.map(Instant::unix_micros)));
        assert_eq!(row["value"], Cell::Int(fact.value.map(Money::minor_units)));
        let rep = fact.rep.map(|rep| facts.names.text(rep).to_owned().into());
        assert_eq!(row["rep"], Cell::Text(rep));
        assert_eq!(row["currency"], Cell::Text(Some("EUR".into())));
        assert_eq!(row.len(), lead_view.columns.len());
    }
    let decisions = view("decision");
    let of = |lead: LeadId| move |row: &&Row| row["lead_id"] == Cell::Text(Some(lead.to_string().into()));
    let decision = decisions.iter().find(of(leads[0])).expect("decided");
    assert_eq!(decision["path"], Cell::Text(Some("weighted-round-robin".into())));
    assert_eq!((&decision["first"], &decision["state"]), (&Cell::Int(Some(1)), &Cell::Text(Some("owned".into()))));
    assert!(matches!(&decision["policy_version"], Cell::Text(Some(version)) if version.len() == 12));
    let assignments = view("assignment");
    let passed: Vec<_> = assignments.iter().filter(of(leads[2])).collect();
    let by: Vec<_> = passed.iter().map(|row| &row["by"]).collect();
    let text = |text: &'static str| Cell::Text(Some(text.into()));
    assert_eq!(by, [&text("decision"), &text("named"), &text("named")]);
    assert_eq!(passed[0]["until_at"], passed[1]["at"]);
    assert_eq!(passed[1]["from_rep"], passed[0]["rep"]);
    let loaded: Vec<_> = assignments.iter().filter(|row| row["by"] == text("import")).collect();
    assert_eq!(loaded.len(), 5);
    assert_eq!(view("activity").len(), 2);
    assert_eq!(view("outcome").iter().filter(|row| row["stage"] == text("won")).count(), 2);
    assert_eq!(view("rep").len(), 5);
    // Nothing feeds these here: they are there and empty.
    for table in ["offer", "feedback", "checklist", "kpi_day", "experiment", "roi_quarter", "team"] {
        assert_eq!(view(table).len(), 0, "{table}");
    }
    let days = |row: &Row| (row["day"].clone(), row["at"].clone());
    for (day, at) in assignments.iter().map(days) {
        let (Cell::Int(Some(day)), Cell::Int(Some(at))) = (day, at) else { panic!("no day") };
        let zone = pointsman_workhours::Zone::new("Europe/Berlin").unwrap();
        assert_eq!(day, i64::from(zone.local_day(Instant::from_unix_micros(at))));
    }
    assert!(VIEWS.iter().flat_map(|view| view.columns).any(|(_, kind)| *kind == Kind::Date));
    world.stop();
}

/// Five people work around the clock here, so load is not measured; what they got and won is.
pub fn days_of_reps_add_up_to_leads<S: Store>(store: S) {
    let world = World::with_cap(store, 9);
    company(&world);
    let now = world.outside.now() + Micros::DAY;
    let mut projector = Projector::new(&world.store).unwrap();
    projector.catch_up().unwrap();
    assert!(projector.rep_days(now).unwrap() > 0);
    assert_eq!(projector.rep_days(now).unwrap(), 0, "a second time nothing changed");
    let days = rows_of(&world, View::find("rep_day").unwrap());
    let sum = |column: &'static str| -> i64 {
        let numbers = days.iter().map(|row| match &row[column] {
            Cell::Int(number) => number.unwrap_or_default(),
            other => panic!("{other:?}"),
        });
        numbers.sum()
    };
    let live = facts(&world);
    let text = |name: Option<Name>| name.map_or("", |name| live.names.text(name)).to_owned();
    let ours = |name: Option<Name>| ["ada", "bo", "cy", "di", "eve"].contains(&text(name).as_str());
    let count = |wanted: &dyn Fn(&LeadRow) -> bool| live.rows.iter().filter(|row| wanted(row)).count() as i64;
    assert_eq!(sum("received"), count(&|row| ours(row.rep)));
    assert_eq!(sum("won"), count(&|row| row.won_at.is_some() && ours(row.owner)));
    assert_eq!(sum("lost"), count(&|row| row.lost_at.is_some() && ours(row.owner)));
    // At the end of the last day everybody has what they own now.
    let last = days.iter().map(|row| format!("{:?}", row["day"])).max().unwrap();
    let open: i64 = days
        .iter()
        .filter(|row| format!("{:?}", row["day"]) == last)
        .map(|row| match row["open"] {
            Cell::Int(Some(open)) => open,
            _ => 0,
        })
        .sum();
    assert_eq!(open, count(&|row| row.custody == Custody::Owned && ours(row.owner)));
    // What a pool gave out on a day is what its members were due on it.
    let due: i64 = sum("entitled");
    // Leads of the history have no pool: they were due to their owner's team.
    let of_history = |row: &LeadRow| row.origin == Origin::Import && ours(row.rep);
    let given = count(&|row| (row.pool.is_some() || of_history(row)) && row.assigned_at.is_some());
    assert!(count(&of_history) > 0);
    assert!((due - given * 1_000_000).abs() <= days.len() as i64, "{due} millionths for {given} leads");
    world.stop();
}
