//! What figures over many leads cost in the running server: a store is filled with a history, then
//! the pages are asked for.
//!
//! ```text
//! cargo run --release -p pointsman-server --example figures -- [LEADS] [FOLDER]
//! ```
//!
//! The history is two years of leads of a company of 120 reps: four of five get an owner, seven of
//! ten are called, most of them close. A store that is in FOLDER already is used as it is. Printed
//! are what loading and following take, then each page cold (a period nobody asked for), then the
//! same again.

#![expect(clippy::disallowed_methods, reason = "this program measures how long things take")]

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant as Clock,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use pointsman_decision::{DocumentKind, DocumentSet, Snapshot};
use pointsman_domain::{
    ActivityId, Instant, LeadId, Micros, Money, RepId, Rng, Value, Values,
    attribute::AttributeIndex,
    record::{Activity, ActivityKind, Assignment, AssignmentKind, Outcome, Stage},
};
use pointsman_server::{ServeConfig, State, app};
use pointsman_store::{
    Loader, Outside, Projector, Store,
    load::{LEADS, PastLead},
    row::LeadRow,
};
use tower::ServiceExt;

const REPS: u64 = 120;
const DAYS: i64 = 728;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let leads: u64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let folder = arguments.next().map_or_else(|| std::env::temp_dir().join("pointsman-figures"), PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    let fresh = !folder.join("pointsman.db").exists();
    let mut config = ServeConfig::of_folder(&folder);
    config.documents = Some(documents());
    let state = State::open(config)?;
    if fresh {
        fill(&folder, &state, leads)?;
    }
    let size = std::fs::metadata(folder.join("pointsman.db"))?.len();
    println!("{:>10.0} MB store", size as f64 / 1e6);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(pages(&state))?;
    println!("{:>10} MB resident", resident_mb());
    state.stop();
    Ok(())
}

async fn pages(state: &Arc<State>) -> Result<(), Failure> {
    let router = app(Arc::clone(state));
    ask(&router, "first page of a new process", "/kpi").await?;
    let started = Clock::now();
    while body(&router, "/kpi").await?.contains("id=\"being-made\"") {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    println!("{:>10.1} s   until figures stand on it", started.elapsed().as_secs_f64());
    let started = Clock::now();
    ask(&router, "flow of every lead, first", "/flow").await?;
    while body(&router, "/flow").await?.contains("id=\"being-made\"") {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    println!("{:>10.1} s   until it stands there", started.elapsed().as_secs_f64());
    // Behind the first columns the days of reps are brought up to now and usual pages made.
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    for round in ["cold", "again"] {
        for (what, path) in [
            ("page of thirteen weeks", "/kpi"),
            ("page of a quarter", "/kpi?quarter=2026-Q2"),
            ("page of a year", "/kpi?from=2025-07-01&until=2026-07-01"),
            ("page of one source", "/kpi?quarter=2026-Q1&source=web"),
            ("one figure", "/kpi/speed-to-lead?quarter=2026-Q1"),
            ("one figure of a year", "/kpi/conversion?from=2025-07-01&until=2026-07-01"),
            ("flow of every lead", "/flow"),
            ("list behind a figure", "/kpi/lost-leads/leads?quarter=2026-Q1&part=hits"),
            ("list of a year, far in", "/v1/kpis/conversion/leads?from=2025-07-01&until=2026-07-01&cursor=100000"),
        ] {
            ask(&router, &format!("{what}, {round}"), path).await?;
        }
    }
    Ok(())
}

async fn body(router: &Router, path: &str) -> Result<String, Failure> {
    let response = router.clone().oneshot(Request::get(path).body(Body::empty())?).await?;
    Ok(String::from_utf8(to_bytes(response.into_body(), usize::MAX).await?.to_vec())?)
}

async fn ask(router: &Router, what: &str, path: &str) -> Result<(), Failure> {
    let started = Clock::now();
    let response = router.clone().oneshot(Request::get(path).body(Body::empty())?).await?;
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await?;
    let took = started.elapsed().as_secs_f64() * 1e3;
    println!("{took:>10.1} ms  {what} ({status}, {} kB)", body.len() / 1000);
    Ok(())
}

fn documents() -> DocumentSet {
    let mut documents = DocumentSet::default();
    let mut add = |kind, name: &str, text: String| documents.insert(kind, name, text.into_bytes());
    add(DocumentKind::Routing, "", "format = 1\nzone = 'Europe/Berlin'\ncurrency = 'EUR'\npolicy = 'main'".into());
    let attributes = "format = 1
        lead = [{ name = 'source', type = 'text' }, { name = 'country', type = 'country' }, { name = 'employees', type = 'integer' }]";
    add(DocumentKind::Attributes, "", attributes.into());
    let calendar = "format = 1\nzone = 'Europe/Berlin'\n[hours]\nmon = ['09:00-17:00']\ntue = ['09:00-17:00']\nwed = ['09:00-17:00']\nthu = ['09:00-17:00']\nfri = ['09:00-16:00']";
    add(DocumentKind::Calendar, "office", calendar.into());
    let reps: String =
        (0..REPS).map(|n| format!("[[rep]]\nid = 'rep-{n}'\nteam = 'team-{}'\ncalendar = 'office'\n", n % 8)).collect();
    let teams: String = (0..8).map(|n| format!("[[team]]\nid = 'team-{n}'\n")).collect();
    let all: Vec<String> = (0..REPS).map(|n| format!("'rep-{n}'")).collect();
    let roster = format!(
        "format = 1\n[[limit]]\nid = 'open'\nkind = 'open'\ndefault = 50\n{teams}{reps}\n[[pool]]\nid = 'all'\nreps = [{}]",
        all.join(", ")
    );
    add(DocumentKind::Roster, "", roster);
    let policy = "format = 1\nname = 'main'\n[[rule]]\nid = 'rest'\npool = 'all'\npick = 'weighted-round-robin'\n[fallback]\nqueue = 'unassigned'\nalarm = true";
    add(DocumentKind::Policy, "main", policy.into());
    documents
}

/// Two years of leads, up to 2026-07-01.
fn fill(folder: &Path, state: &Arc<State>, leads: u64) -> Result<(), Failure> {
    let store: Arc<dyn Store> = ServeConfig::of_folder(folder).store.open()?;
    let snapshot: Arc<Snapshot> = state.live().map_err(|problem| format!("{problem:?}"))?;
    let chance = std::sync::Mutex::new(Rng::seeded(7));
    let outside = Outside::system(Arc::new(move || {
        u128::from(chance.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next_u64())
    }));
    let mut loader = Loader::new(&*store, snapshot, outside, Box::new(|_, _, _| Vec::new()))?;
    let started = Clock::now();
    let (mut rng, until) = (Rng::seeded(1), 1_782_864_000_000_000 - Micros::DAY.times(DAYS).0);
    let (mut done, mut batch) = (0, Batch::default());
    while done < leads {
        let at = Instant::from_unix_micros(
            until + (i128::from(done) * i128::from(Micros::DAY.times(DAYS).0) / i128::from(leads)) as i64,
        );
        batch.add(done, at, &mut rng);
        done += 1;
        if batch.leads.len() == LEADS * 5 || done == leads {
            loader.rows(&batch.assignments)?;
            loader.rows(&batch.outcomes)?;
            loader.rows(&batch.activities)?;
            loader.leads(&batch.leads)?;
            batch = Batch::default();
        }
    }
    println!(
        "{:>10.1} s   {leads} leads loaded ({:.0} a second)",
        started.elapsed().as_secs_f64(),
        leads as f64 / started.elapsed().as_secs_f64()
    );
    let started = Clock::now();
    Projector::new(&*store)?.catch_up()?;
    println!("{:>10.1} s   rows made of them", started.elapsed().as_secs_f64());
    Ok(())
}

#[derive(Default)]
struct Batch {
    leads: Vec<PastLead>,
    assignments: Vec<Assignment>,
    outcomes: Vec<Outcome>,
    activities: Vec<Activity>,
}

impl Batch {
    fn add(&mut self, n: u64, at: Instant, rng: &mut Rng) {
        let id = LeadId::new(at, u128::from(n));
        let mut attributes = Values::missing(3);
        let text = |text: &str| Some(Value::Text(text.into()));
        attributes
            .set(AttributeIndex::new(0), text(["web", "fair", "partner", "ads", "referral"][rng.below(5) as usize]));
        attributes.set(AttributeIndex::new(1), text(["DE", "FR", "IT", "ES"][rng.below(4) as usize]));
        attributes.set(AttributeIndex::new(2), Some(Value::Integer(1 << rng.below(12))));
        let row = LeadRow {
            id,
            source: "crm".into(),
            external_id: Some(format!("L{n}").into()),
            at,
            contact: None,
            account: None,
            attributes,
            value: None,
            originator: None,
            completeness: 1.0,
        };
        self.leads.push(PastLead { row, known_at: at, country: "DE".into() });
        if rng.below(5) == 0 {
            return;
        }
        let later = |at: Instant, minutes: u64, rng: &mut Rng| at + Micros::MINUTE.times(1 + rng.below(minutes) as i64);
        let rep = RepId::new(&format!("rep-{}", rng.below(REPS))).expect("a name");
        let assigned = later(at, 30, rng);
        let kind = AssignmentKind::First;
        self.assignments.push(Assignment {
            lead: id,
            rep: rep.clone(),
            at: assigned,
            known_at: assigned,
            kind,
            propensity: None,
        });
        if rng.below(10) < 7 {
            let called = later(assigned, 2_000, rng);
            self.activities.push(Activity {
                id: ActivityId::new(called, u128::from(n)),
                lead: id,
                rep: Some(rep),
                at: called,
                known_at: called,
                kind: if rng.below(3) == 0 { ActivityKind::Meeting } else { ActivityKind::Call },
                label: "call".into(),
                lifecycle: None,
                human: true,
            });
        }
        if rng.below(20) > 0 {
            let (closed, won) = (later(assigned, 40_000, rng), rng.below(8) == 0);
            let stage = if won { Stage::Won } else { Stage::Lost };
            let value = won.then(|| Money(100_000 + rng.below(900_000) as i64));
            self.outcomes.push(Outcome { lead: id, at: closed, known_at: closed, stage, value });
        }
    }
}

/// Memory of this process, on Linux.
fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or_default() / 1000
}
