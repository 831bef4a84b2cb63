//! `pointsman doctor`: is this workspace, its store and this machine fit to serve?

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use pointsman_connect::Mailer;
use pointsman_domain::RepId;
use pointsman_server::{
    deliver::{self, Outlet, Sink},
    traces::client::probe,
};
use pointsman_store::{Location, stopwatch};
use serde_json::json;

use crate::args::Doctor;
use crate::{Done, output, settings::Settings, workspace};

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    fine: bool,
    /// Nothing is wrong, but somebody may want to know.
    note: bool,
    says: String,
}

impl Finding {
    fn new(what: &'static str, fine: bool, says: String) -> Self {
        Self { what, fine, note: false, says }
    }

    fn note(what: &'static str, says: String) -> Self {
        Self { what, fine: true, note: true, says }
    }
}

const WEBHOOKS: &str = "webhooks";
const MAIL: &str = "mail";
/// Flushes measured: enough for a 99 % quantile.
const FLUSHES: usize = 300;
/// Requests that share a commit under load, as measured with 64 connections.
const TOGETHER: f64 = 48.0;
/// What one server decides when the disk costs nothing.
const MOST: f64 = 20_000.0;

pub fn run(args: &Doctor) -> anyhow::Result<Done> {
    let settings = Settings::read(&args.workspace)?;
    let location = settings.store(&args.workspace)?;
    let mut findings = vec![documents(&args.workspace)];
    findings.extend(store(&location));
    findings.extend(sinks(&args.workspace, &settings));
    findings.extend(mail(&args.workspace, &settings));
    findings.extend(hooks(&args.workspace, &settings));
    findings.extend(traces(&args.workspace, &settings));
    findings.push(disk(&args.workspace)?);
    findings.extend(open_files());
    let fine = findings.iter().all(|finding| finding.fine);
    if args.json {
        let row = |f: &Finding| json!({ "what": f.what, "fine": f.fine, "note": f.note, "says": f.says });
        output::json(&json!({ "fine": fine, "findings": findings.iter().map(row).collect::<Vec<_>>() }))?;
    } else {
        let mark = |finding: &Finding| match (finding.fine, finding.note) {
            (true, false) => "ok",
            (true, true) => "--",
            (false, _) => "!!",
        };
        let rows: Vec<Vec<String>> =
            findings.iter().map(|f| vec![mark(f).into(), f.what.into(), f.says.clone()]).collect();
        output::text(output::table(&["", "", ""], &rows))?;
    }
    Ok(if fine { Done::Fine } else { Done::Found })
}

fn documents(folder: &Path) -> Finding {
    let (fine, says) = match workspace::check(folder) {
        Ok(snapshot) => (true, format!("the files compile ({} reps)", snapshot.roster.reps.len())),
        Err(error) => (false, format!("{error:#}")),
    };
    Finding::new("documents", fine, says)
}

fn store(location: &Location) -> Vec<Finding> {
    let finding = |fine, says| vec![Finding::new("store", fine, says)];
    if location.is_missing() {
        return finding(true, format!("{location} is not there yet; serving makes it"));
    }
    let opened = location.migrations().and_then(|migrations| {
        let left = migrations.iter().filter(|migration| !migration.applied).count();
        let started = stopwatch::start();
        let mut reader = location.open()?.reader()?;
        let opening = started.elapsed();
        let head = reader.head()?;
        let started = stopwatch::start();
        reader.head()?;
        Ok((left, head.seq, opening, started.elapsed()))
    });
    match opened {
        Err(error) => finding(false, format!("{location}: {:#}", anyhow::Error::from(error))),
        Ok((left, rows, opening, reading)) => finding(
            true,
            format!(
                "{location}: {rows} rows of the record, {left} migrations to run; opened in {opening:.1?}, read in {reading:.1?}"
            ),
        ),
    }
}

/// Whether every receiver can be called, and whether everything reached it.
fn sinks(folder: &Path, settings: &Settings) -> Vec<Finding> {
    let sinks = match settings.sinks(folder) {
        Ok(sinks) => sinks,
        Err(error) => {
            let what = |fault: &str| if fault.starts_with("mail.") { MAIL } else { WEBHOOKS };
            return error.faults.into_iter().map(|fault| Finding::new(what(&fault), false, fault)).collect();
        }
    };
    let standing = crate::store::outbox(folder).and_then(|mut outbox| Ok(outbox.standing()?)).unwrap_or_default();
    let says = |sink: &Arc<Sink>| {
        let (name, target) = (&sink.name, sink.outlet.address());
        let what = if sink.outlet.is_mail() { MAIL } else { WEBHOOKS };
        match standing.iter().find(|one| one.cursor.sink == *name) {
            None => Finding::new(what, true, format!("{name}: {target}, told nothing yet")),
            Some(one) => {
                let why = one.cursor.error.as_ref().map_or_else(String::new, |error| format!("; last: {error}"));
                let (waiting, dead, delivered) = (one.waiting, one.dead, one.cursor.delivered);
                let says = format!("{name}: {target}, {delivered} delivered, {waiting} waiting, {dead} given up{why}");
                Finding::new(what, dead == 0, says)
            }
        }
    };
    sinks.iter().map(says).collect()
}

/// Whether the mail servers answer and let us in, whom no letter reaches, and what letters lack.
fn mail(folder: &Path, settings: &Settings) -> Vec<Finding> {
    // What is wrong with the settings was said.
    let sinks = settings.sinks(folder).unwrap_or_default();
    let mailers = sinks.iter().filter_map(|sink| match &sink.outlet {
        Outlet::Mail(mailer) => Some((&sink.name, mailer)),
        Outlet::Webhook(_) => None,
    });
    let mut findings: Vec<Finding> = mailers.map(|(name, mailer)| answers(name, mailer)).collect();
    if findings.is_empty() {
        return findings;
    }
    if settings.server.public_url.is_empty() {
        let says = "letters hold no links, because server.public_url is not set: reps cannot answer offers from them";
        findings.push(Finding::note(MAIL, says.into()));
    }
    if let Ok(snapshot) = workspace::check(folder) {
        let reps = deliver::without_address(&snapshot);
        let names: Vec<&str> = reps.iter().map(RepId::as_str).collect();
        findings.push(match reps.len() {
            0 => Finding::new(MAIL, true, "every active rep has an e-mail address".into()),
            n => {
                let names = names.join(", ");
                let says = format!(
                    "active reps without an e-mail address in reps.toml, whom no letter reaches: {n} ({names})"
                );
                Finding::note(MAIL, says)
            }
        });
    }
    findings
}

fn answers(name: &str, mailer: &Mailer) -> Finding {
    let over = if mailer.server().is_secure() { "over TLS" } else { "in the clear, on this machine" };
    let (fine, says) = match deliver::look(mailer) {
        Ok(Ok(())) => (true, format!("{name}: {} answers {over} and lets us in", mailer.server())),
        Ok(Err(failure)) => (false, format!("{name}: {failure}")),
        Err(error) => (false, format!("{name}: cannot ask: {error}")),
    };
    Finding::new(MAIL, fine, says)
}

/// Whether every source that sends by itself has a secret and a mapping that reads.
fn hooks(folder: &Path, settings: &Settings) -> Vec<Finding> {
    let finding = |fine, says| Finding::new("hooks", fine, says);
    match settings.sources(folder) {
        Ok(sources) => sources.iter().map(|hook| finding(true, format!("{}: its mapping reads", hook.name))).collect(),
        Err(error) => error.faults.into_iter().map(|fault| finding(false, fault)).collect(),
    }
}

/// Whether the collector of traces takes spans, where one is set.
fn traces(folder: &Path, settings: &Settings) -> Vec<Finding> {
    let finding = |fine, says| Finding::new("traces", fine, says);
    let config = match settings.tracing(folder) {
        Ok(None) => return Vec::new(),
        Ok(Some(config)) => config,
        Err(error) => return error.faults.into_iter().map(|fault| finding(false, fault)).collect(),
    };
    let target = config.peer.target();
    let open = if target.is_secure() || config.headers.is_empty() { "" } else { "; its headers are sent in the clear" };
    vec![match probe(&config) {
        Ok(()) => finding(true, format!("{target} takes spans, {} of the traces that begin here{open}", config.ratio)),
        Err(why) => finding(false, format!("{target} takes no spans: {why}")),
    }]
}

/// What the disk under the workspace takes to keep 4 KiB, and what that allows.
fn disk(folder: &Path) -> anyhow::Result<Finding> {
    let mut took = flushes(folder).with_context(|| format!("cannot write in {}", folder.display()))?;
    took.sort();
    let quantile = |q: usize| took[(took.len() * q / 100).min(took.len() - 1)];
    let (p50, p99) = (quantile(50), quantile(99));
    let rate = (TOGETHER / p50.as_secs_f64().max(1e-6)).min(MOST);
    // Slower than this a durable answer takes longer than a caller notices.
    let fine = p99 < Duration::from_millis(50);
    let says = format!(
        "a flush takes {p50:.1?} (99 %: {p99:.1?}): about {:.0} commits a second, up to {rate:.0} decisions a second at 64 connections",
        1.0 / p50.as_secs_f64().max(1e-6)
    );
    Ok(Finding::new("disk", fine, says))
}

fn flushes(folder: &Path) -> std::io::Result<Vec<Duration>> {
    let path = folder.join(".pointsman-doctor");
    let mut file = std::fs::File::create(&path)?;
    let mut measure = || -> std::io::Result<Duration> {
        file.write_all(&[7; 4096])?;
        let started = stopwatch::start();
        file.sync_data()?;
        Ok(started.elapsed())
    };
    let took = (0..FLUSHES).map(|_| measure()).collect();
    std::fs::remove_file(&path)?;
    took
}

/// The soft limit of open files, where the system tells: a connection is one.
fn open_files() -> Option<Finding> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find(|line| line.starts_with("Max open files"))?;
    let mut numbers = line.split_whitespace().filter_map(|word| word.parse::<u64>().ok());
    let (soft, hard) = (numbers.next()?, numbers.next()?);
    let says = format!("{soft} open files, {hard} at most: a connection takes one");
    Some(Finding::new("files", hard >= 1024, says))
}
