//! Capacity through the store: who waits wakes when a place frees, in order; caps hold in random
//! histories of leads, outcomes, absences, credits and restarts.

#![expect(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod world;

use std::sync::Arc;

use pointsman_decision::{DocumentKind, DocumentSet, Snapshot};
use pointsman_domain::{CommandId, CreditReason, LeadId, Micros, RepId, Rng, record::Stage};
use pointsman_store::{
    Command, Declined, Sqlite,
    command::{Credit, Switch},
    row::Custody,
};
use world::{World, documents, lead_of};

/// AT waits with priority 5, CH with priority 9, DE does not wait.
const POLICY: &str = "format = 1\nname = 'main'
    [[rule]]\nid = 'urgent'\nwhen = \"lead.country == 'CH'\"\npool = 'all'\npick = 'weighted-round-robin'\npriority = 9\non_full = { hold = '12h' }
    [[rule]]\nid = 'waits'\nwhen = \"lead.country == 'AT'\"\npool = 'all'\npick = 'weighted-round-robin'\non_full = { hold = '12h' }
    [[rule]]\nid = 'rest'\npool = 'all'\npick = 'weighted-round-robin'
    [fallback]\nqueue = 'unassigned'";

fn set(open_cap: u32, change: impl Fn(&mut DocumentSet, String)) -> DocumentSet {
    let mut set = documents(open_cap);
    set.insert(DocumentKind::Policy, "main", POLICY.as_bytes());
    let roster = String::from_utf8(set.get(DocumentKind::Roster, "").unwrap().to_vec()).unwrap();
    change(&mut set, roster);
    set
}

fn go_live(world: &World<Sqlite>, documents: DocumentSet) {
    let command = CommandId::new(world.outside.now(), world.outside.chance());
    let snapshot = Arc::new(Snapshot::compile(documents).unwrap());
    let (author, reason) = ("tests".into(), "".into());
    world.send(Command::Switch(Box::new(Switch { command, snapshot, over: None, author, reason }))).unwrap();
}

fn open(change: impl Fn(&mut DocumentSet, String), open_cap: u32) -> (tempfile::TempDir, World<Sqlite>) {
    let folder = tempfile::tempdir().unwrap();
    let world = World::start(Sqlite::open(&folder.path().join("pointsman.db")).unwrap(), 1);
    go_live(&world, set(open_cap, change));
    (folder, world)
}

fn lead(world: &World<Sqlite>, country: &str) -> LeadId {
    lead_of(&world.decide(&world.enquiry(country), None).unwrap())
}

fn wait_until(world: &World<Sqlite>, mut done: impl FnMut() -> bool) {
    let started = pointsman_store::stopwatch::start();
    while !done() {
        assert!(started.elapsed().as_secs() < 60, "it never happened");
        world.handle.tick();
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

fn credit(world: &World<Sqlite>, lead: LeadId) -> Result<(), Declined> {
    let command = CommandId::new(world.outside.now(), world.outside.chance());
    let credit = Credit { command, lead, reason: CreditReason::Spam, actor: "olga".into(), idempotency: None };
    world.send(Command::Credit(Box::new(credit))).map(drop)
}

#[test]
fn a_freed_place_goes_by_priority_then_by_arrival() {
    let (_folder, world) = open(|_, _| {}, 1);
    let owned: Vec<LeadId> = (0..5).map(|_| lead(&world, "DE")).collect();
    let waiting = [lead(&world, "AT"), lead(&world, "AT"), lead(&world, "CH"), lead(&world, "CH")];
    assert!(waiting.iter().all(|lead| world.owner(*lead).is_none()));
    // The urgent ones first, the older of each kind first; a new lead overtakes nobody.
    for (freed, next) in owned.iter().zip([2, 3, 0, 1]) {
        let rep = world.owner(*freed);
        world.stage(*freed, Stage::Lost).unwrap();
        wait_until(&world, || world.owner(waiting[next]).is_some());
        assert_eq!(world.owner(waiting[next]), rep);
    }
    assert!(world.ledger().0.holds());
    world.stop();
}

#[test]
fn a_raised_cap_takes_in_everybody_who_waits() {
    let (_folder, world) = open(|_, _| {}, 1);
    for _ in 0..5 {
        lead(&world, "DE");
    }
    let waiting: Vec<LeadId> = (0..4).map(|_| lead(&world, "AT")).collect();
    go_live(&world, set(2, |_, _| {}));
    wait_until(&world, || waiting.iter().all(|lead| world.owner(*lead).is_some()));
    world.stop();
}

#[test]
fn the_end_of_an_absence_and_the_opening_of_a_calendar_wake() {
    // Everybody but eve is away until 10:00, eve's calendar opens at 11:00 on Berlin's clock.
    let change = |set: &mut DocumentSet, roster: String| {
        let away = |rep: &str| {
            format!("[[absence]]\nrep = '{rep}'\nfrom = '2026-03-01'\nuntil = '2026-03-02T10:00:00+01:00'\n")
        };
        let absences: String = ["ada", "bo", "cy", "di"].map(away).concat();
        set.insert(DocumentKind::Absences, "", format!("format = 1\n{absences}").into_bytes());
        set.insert(
            DocumentKind::Roster,
            "",
            roster.replace("id = 'eve'", "id = 'eve'\ncalendar = 'late'").into_bytes(),
        );
        let late = "format = 1\nzone = 'Europe/Berlin'\n[hours]\nmon = ['11:00-18:00']";
        set.insert(DocumentKind::Calendar, "late", late.as_bytes());
    };
    let (_folder, world) = open(change, 1);
    // 09:00 in Berlin: nobody is there.
    let waiting: Vec<LeadId> = (0..5).map(|_| lead(&world, "AT")).collect();
    assert!(waiting.iter().all(|lead| world.owner(*lead).is_none()));
    world.advance(Micros::MINUTE.times(61));
    wait_until(&world, || waiting[..4].iter().all(|lead| world.owner(*lead).is_some()));
    assert!(world.owner(waiting[4]).is_none(), "eve is not there yet");
    world.advance(Micros::HOUR);
    wait_until(&world, || world.owner(waiting[4]).is_some());
    assert_eq!(world.owner(waiting[4]).as_ref().map(RepId::as_str), Some("eve"));
    world.stop();
}

#[test]
fn a_credit_frees_a_quota_for_who_waits() {
    let quota = |set: &mut DocumentSet, roster: String| {
        set.insert(DocumentKind::Roster, "", roster.replace("default = 1000", "default = 1").into_bytes());
    };
    let (_folder, world) = open(quota, 9);
    let owned: Vec<LeadId> = (0..5).map(|_| lead(&world, "DE")).collect();
    let waiting = lead(&world, "AT");
    let rep = world.owner(owned[3]);
    credit(&world, owned[3]).unwrap();
    wait_until(&world, || world.owner(waiting).is_some());
    assert_eq!(world.owner(waiting), rep, "the place in the day's quota");
    assert_eq!(credit(&world, owned[3]), Err(Declined::Credited { before: CreditReason::Spam }));
    assert!(world.ledger().0.holds());
    world.stop();
}

/// Everybody is away, whatever the rule's `on_full` says: nothing is undefined, nothing is lost.
#[test]
fn everybody_away_does_what_the_policy_says() {
    let check = |on_full: &str, expected: &str| {
        let change = |set: &mut DocumentSet, _: String| {
            let away = |rep: &str| format!("[[absence]]\nrep = '{rep}'\nfrom = '2026-03-01'\n");
            let absences: String = ["ada", "bo", "cy", "di", "eve"].map(away).concat();
            set.insert(DocumentKind::Absences, "", format!("format = 1\n{absences}").into_bytes());
            let policy = format!(
                "format = 1\nname = 'main'\n[[rule]]\nid = 'first'\npool = 'all'\n{on_full}\n[[rule]]\nid = 'second'\nqueue = 'second'\n[fallback]\nqueue = 'fallback'"
            );
            set.insert(DocumentKind::Policy, "main", policy.into_bytes());
        };
        let (_folder, world) = open(change, 9);
        let lead = lead(&world, "DE");
        let found = match world.read(|reader| reader.lead(lead)).unwrap().unwrap().state.custody {
            Custody::Held { .. } => "held".to_owned(),
            Custody::Parked { queue, .. } => queue.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(found, expected, "{on_full}");
        world.stop();
    };
    check("", "second");
    check("on_full = 'next'", "second");
    check("on_full = 'backup'", "second");
    check("on_full = { queue = 'desk' }", "desk");
    check("on_full = { hold = '2h' }", "held");
}

#[test]
fn no_rep_is_above_a_cap_in_any_history() {
    for seed in 0..6 {
        let mut rng = Rng::seeded(seed);
        let quota = |set: &mut DocumentSet, roster: String| {
            let roster = roster.replace("default = 1000", "default = 6");
            let fairness = "\nfairness = { catch_up = { per-day = 2 }, window = 'week', count_manual = true }\n";
            set.insert(DocumentKind::Roster, "", (roster + fairness).into_bytes());
        };
        let (_folder, mut world) = open(quota, 2);
        let mut leads = Vec::new();
        for step in 0..160 {
            match rng.below(12) {
                0..=5 => leads.push(lead(&world, ["DE", "AT", "CH"][rng.below(3) as usize])),
                6..=8 if !leads.is_empty() => {
                    let lead = leads[rng.below(leads.len() as u64) as usize];
                    world.stage(lead, Stage::Lost).unwrap();
                }
                9 if !leads.is_empty() => drop(credit(&world, leads[rng.below(leads.len() as u64) as usize])),
                10 => {
                    let rep = ["ada", "bo", "cy", "di", "eve"][rng.below(5) as usize];
                    let now = world.outside.now();
                    let until = now + Micros::HOUR.times(1 + rng.below(30) as i64);
                    let absences =
                        format!("format = 1\n[[absence]]\nrep = '{rep}'\nfrom = '{now}'\nuntil = '{until}'\n");
                    let cap = 1 + rng.below(3) as u32;
                    go_live(
                        &world,
                        set(cap, |set, roster| {
                            quota(set, roster);
                            set.insert(DocumentKind::Absences, "", absences.clone().into_bytes());
                        }),
                    );
                }
                11 if step % 5 == 0 => {
                    let clock = Arc::clone(&world.clock);
                    world = World::start_at(world.stop(), 2 + seed + step, clock);
                }
                _ => world.advance(Micros::MINUTE.times(rng.below(600) as i64)),
            }
        }
        let report = world.ledger().0;
        assert!(report.holds() && report.rows > 60, "seed {seed}: {report:?}");
        assert_eq!(world.read(|reader| pointsman_store::audit::verify(reader, None)).unwrap().fault, None);
        world.stop();
    }
}
