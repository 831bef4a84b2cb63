//! Every kind of page in Chromium: light, dark, on a phone, on paper. Each is asked whether axe-core
//! finds anything, whether a text is cut, leaves its picture or lies on another, whether something is
//! wider than the page, and a file whether it asks for anything; and its picture is kept to be looked
//! at (`docs/pages.md`).

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use pointsman_sim::World;
use serde_json::json;

use crate::{
    binary,
    browser::{
        Browser, Look, chromium,
        look::{Finding, Impact, can_find, findings},
    },
    server::Server,
};

/// axe-core's source, as its package has it.
const AXE: &str = "POINTSMAN_AXE";
const WORLD: &str = include_str!("../../../crates/sim/worlds/demo.toml");
const PASSWORD: &str = "a long sentence is a good one";

/// A page and where it is.
#[derive(Debug, Clone)]
struct Shown {
    name: String,
    address: String,
    /// A file that stands alone: it may ask for nothing.
    alone: bool,
}

/// Looks at everything; pictures go into `folder`.
#[expect(clippy::disallowed_methods, reason = "where axe-core lies is the environment's to say")]
pub fn run(folder: Option<&str>) -> ExitCode {
    let Some(program) = chromium() else {
        println!("skipped: no Chromium on the path (install chromium, or name one with POINTSMAN_CHROMIUM)");
        return ExitCode::SUCCESS;
    };
    let axe = std::env::var(AXE).ok().and_then(|path| fs::read_to_string(path).ok());
    if axe.is_none() {
        println!("without axe-core: npm install axe-core somewhere, and {AXE}=…/node_modules/axe-core/axe.min.js");
    }
    let folder = folder.map_or_else(|| std::env::temp_dir().join("pointsman-pages"), PathBuf::from);
    match look_at_all(&program, axe.as_deref(), &folder) {
        Ok(0) => {
            println!("no page has a serious finding; pictures are in {}", folder.display());
            ExitCode::SUCCESS
        }
        Ok(serious) => {
            println!("{serious} serious findings; pictures are in {}", folder.display());
            ExitCode::FAILURE
        }
        Err(why) => {
            println!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn look_at_all(program: &Path, axe: Option<&str>, folder: &Path) -> Result<usize, String> {
    let place = tempfile::tempdir().map_err(|e| format!("no temporary folder: {e}"))?;
    fs::create_dir_all(folder).map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
    let desk = Desk { folder: place.path().join("crm") };
    desk.make()?;
    let files = desk.files()?;
    let server = Server::start(&desk.folder);
    let mut pages = desk.lived(&server)?;
    pages.extend(files);
    let mut browser = Browser::start(program)?;
    can_find(&mut browser, axe)?;
    let mut serious = 0;
    let mut visit = |browser: &mut Browser, pages: &[Shown]| -> Result<(), String> {
        for page in pages {
            for look in Look::ALL {
                serious += told(page, look, &visited(browser, axe, page, look, folder)?);
            }
        }
        Ok(())
    };
    visit(&mut browser, &pages)?;
    // From here on somebody has to log in.
    let inside = desk.log_in(&mut browser, &server)?;
    visit(&mut browser, &inside)?;
    Ok(serious)
}

fn visited(
    browser: &mut Browser,
    axe: Option<&str>,
    page: &Shown,
    look: Look,
    folder: &Path,
) -> Result<Vec<Finding>, String> {
    browser.open(&page.address, look)?;
    let path = folder.join(format!("{}-{}.png", page.name, look.name()));
    fs::write(&path, browser.picture()?).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    let mut found = findings(browser, axe, look)?;
    if page.alone {
        let asked = browser.asked().filter(|address| !address.starts_with("data:"));
        let request = |address: &str| Finding { rule: "request".into(), impact: Impact::Serious, at: address.into() };
        found.extend(asked.map(request));
    }
    Ok(found)
}

/// Prints what was found; how much of it is serious.
fn told(page: &Shown, look: Look, found: &[Finding]) -> usize {
    let serious = found.iter().filter(|finding| finding.impact <= Impact::Serious).count();
    println!("{:<28} {:<10} {serious} serious, {} others", page.name, look.name(), found.len() - serious);
    for finding in found {
        println!("    {:?} {}: {}", finding.impact, finding.rule, finding.at);
    }
    serious
}

/// The workspace that is looked at: the demo's company after some months.
struct Desk {
    folder: PathBuf,
}

fn said(args: &[&str]) -> Result<String, String> {
    let output = binary::run(args);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.code() {
        Some(0 | 1) => Ok(text(&output.stdout)),
        code => Err(format!("pointsman {} ended with {code:?}: {}", args.join(" "), text(&output.stderr))),
    }
}

impl Desk {
    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        let path = self.folder.join(name);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&path, text)).map_err(|e| format!("cannot write {}: {e}", path.display()))
    }

    /// History, documents, a model, a store, a quarter's return.
    fn make(&self) -> Result<(), String> {
        let desk = self.path("");
        let desk = desk.trim_end_matches('/');
        let mapping = self.path("mappings/demo-crm.toml");
        said(&["simulate", "history", "--days", "160", "--into", desk])?;
        let exported = ["crm_reps.csv", "crm_leads.csv", "crm_activities.csv"];
        let exported = exported.map(|name| self.path(&format!("crm-export/{name}")));
        let import = ["import", "--mapping", &mapping, "--into", desk];
        said(&[&import[..], &exported.each_ref().map(String::as_str)].concat())?;
        let world = World::parse(WORLD, 1).map_err(|e| format!("the demo's world: {e}"))?;
        let settings = "format = 1\nzone = \"Europe/Berlin\"\ncurrency = \"EUR\"\npolicy = \"default\"\n[store]\nurl = \"sqlite:pointsman.db\"\n\
            [webhooks.crm]\nurl = \"http://127.0.0.1:9/hook\"\nsecret_file = \"crm.secret\"\n";
        self.write("crm.secret", &said(&["deliveries", "secret"])?)?;
        self.write("pointsman.toml", settings)?;
        self.write("attributes.toml", &world.attributes_document())?;
        // How full everybody is can only be said of a cap.
        let cap = "\n[[limit]]\nid = \"open\"\nkind = \"open\"\ndefault = 60\n";
        self.write("reps.toml", &(world.roster_document() + cap))?;
        self.write("absences.toml", &world.absences_document())?;
        self.write("calendars/office.toml", "format = 1\nzone = \"Europe/Berlin\"\nstand_by = true\n")?;
        self.write("policies/default.toml", &world.policy_document("default", "expected-value"))?;
        self.write("policies/round-robin.toml", &world.policy_document("round-robin", "weighted-round-robin"))?;
        self.write("kpi.toml", KPI)?;
        said(&["features", "--workspace", desk])?;
        said(&["train", "--workspace", desk, "--name", "conversion"])?;
        said(&["models", "promote", "conversion/1", "--workspace", desk])?;
        said(&["apply", "--workspace", desk])?;
        said(&["load", desk])?;
        self.write("roi.toml", ROI)?;
        let spec = self.path("roi.toml");
        said(&["roi", "baseline", "--spec", &spec])?;
        said(&["roi", "--spec", &spec, "--html", &self.path("roi.html"), "--workspace", desk])?;
        said(&["experiment", "new", "turns", "--against", "round-robin", "--workspace", desk])?;
        let start = ["experiment", "start", "turns", "--workspace", desk, "--by", "olga", "--reason", "to see"];
        said(&start).map(drop)
    }

    /// Reports as files, in both languages where they are written in both.
    fn files(&self) -> Result<Vec<Shown>, String> {
        let desk = self.path("");
        let desk = desk.trim_end_matches('/');
        said(&["flow", "--workspace", desk])?;
        said(&["kpi", "--workspace", desk, "--imported", "--html", &self.path("kpi.html")])?;
        said(&["report", "--workspace", desk, "--imported", "--quarter", "2025-Q1"])?;
        said(&["models", "show", "conversion/1", "--workspace", desk, "--html", &self.path("model.html")])?;
        let german = ["models", "show", "conversion/1", "--workspace", desk, "--language", "de", "--html"];
        said(&[&german[..], &[&self.path("model.de.html")]].concat())?;
        let simulated =
            ["simulate", "--policies", "weighted-round-robin,expected-value", "--days", "14", "--replicates", "2"];
        said(&[&simulated[..], &["--first-day", "0", "--html", &self.path("simulation.html")]].concat())?;
        let file = |name: &str, path: &str| Shown {
            name: format!("file-{name}"),
            address: format!("file://{}", self.path(path)),
            alone: true,
        };
        Ok(vec![
            file("flow", "reports/flow/flow.html"),
            file("flow-de", "reports/flow/flow.de.html"),
            file("kpi", "kpi.html"),
            file("quarter", "reports/2025-Q1.html"),
            file("quarter-de", "reports/2025-Q1.de.html"),
            file("roi", "roi.html"),
            file("roi-de", "roi.de.html"),
            file("model", "model.html"),
            file("model-de", "model.de.html"),
            file("simulation", "simulation.html"),
            file("backtest", "backtest.html"),
        ])
    }

    /// Sends leads through the door, looks at the test, and names the pages that live.
    fn lived(&self, server: &Server) -> Result<Vec<Shown>, String> {
        let mut first = String::new();
        for n in 0..40 {
            let (industry, region) = (["automotive", "chemicals"][n % 2], ["west", "south", "north"][n % 3]);
            let body = json!({
                "source": "website", "external_id": format!("form-{n}"),
                "attributes": { "region": region, "industry": industry, "size": "10-49", "product": "team", "source": "chat" },
                "contact": { "name": format!("Mara Weiss {n}"), "email": format!("mara{n}@example.com") },
                "account": { "name": format!("Example {n} GmbH") },
            });
            let answer = server.post("/v1/leads", &[], &body.to_string());
            if answer.status != 200 {
                return Err(format!("a lead was answered {}: {}", answer.status, answer.body));
            }
            answer.json()["lead"].as_str().unwrap_or_default().clone_into(&mut first);
        }
        let look = server.post("/v1/experiments/turns/looks", &[], "{}");
        if look.status != 200 {
            return Err(format!("a look was answered {}: {}", look.status, look.body));
        }
        // Another policy over what was decided just now.
        let (policy, desk) = (self.path("policies/round-robin.toml"), self.path(""));
        let back = ["backtest", "--policy", &policy, "--workspace", desk.trim_end_matches('/')];
        let days = ["--from", "2020-01-01", "--to", "2100-01-01", "--html"];
        said(&[&back[..], &days, &[&self.path("backtest.html")]].concat())?;
        let page = |name: &str, path: &str, alone| Shown {
            name: name.into(),
            address: format!("http://{}{path}", server.address()),
            alone,
        };
        let mut pages: Vec<Shown> = [
            ("today", "/"),
            ("today-de", "/?lang=de"),
            ("leads", "/leads?lang=en"),
            ("leads-de", "/leads?lang=de"),
            ("team", "/team?lang=en"),
            ("team-de", "/team?lang=de"),
            ("flow", "/flow?lang=en"),
            ("flow-de", "/flow?lang=de"),
            ("flow-empty", "/flow?quarter=2020-Q1&lang=en"),
            ("kpi", "/kpi?quarter=2025-Q1&lang=en"),
            ("kpi-de", "/kpi?quarter=2025-Q1&lang=de"),
            ("kpi-young", "/kpi?lang=en"),
            ("kpi-team-de", "/kpi?quarter=2025-Q1&team=north&lang=de"),
            ("kpi-person", "/kpi?quarter=2025-Q1&rep=anna&lang=en"),
            ("kpi-conversion", "/kpi/conversion?quarter=2025-Q1&lang=en"),
            ("kpi-speed-de", "/kpi/speed-to-lead?quarter=2025-Q1&lang=de"),
            ("kpi-list", "/kpi/lost-leads/leads?quarter=2025-Q1&part=hits&lang=en"),
            ("roi", "/roi?lang=en"),
            ("roi-de", "/roi?lang=de"),
            ("prices", "/prices?lang=en"),
            ("prices-de", "/prices?lang=de"),
            ("policies", "/policies?lang=en"),
            ("policies-de", "/policies?lang=de"),
            ("experiments", "/experiments?lang=en"),
            ("experiments-de", "/experiments?lang=de"),
            ("experiment", "/experiments/turns?lang=en"),
            ("experiment-de", "/experiments/turns?lang=de"),
            ("connections", "/connections?lang=en"),
            ("connections-de", "/connections?lang=de"),
            ("docs", "/docs"),
            ("fault", "/no-such-page?lang=en"),
            ("fault-de", "/no-such-page?lang=de"),
            ("login", "/login?lang=en"),
            ("login-de", "/login?lang=de"),
        ]
        .map(|(name, path)| page(name, path, false))
        .to_vec();
        pages.push(page("lead", &format!("/leads/{first}?lang=en"), false));
        pages.push(page("lead-de", &format!("/leads/{first}?lang=de"), false));
        pages.push(page("file-experiment", "/experiments/turns/report.html?lang=en", true));
        pages.push(page("file-roi-live", "/roi/2025-Q2/report.html?lang=de", true));
        Ok(pages)
    }

    /// What only a rep sees.
    fn log_in(&self, browser: &mut Browser, server: &Server) -> Result<Vec<Shown>, String> {
        let roster = fs::read_to_string(self.folder.join("reps.toml")).map_err(|e| format!("no roster: {e}"))?;
        let rest = roster.split("[[rep]]").nth(1).and_then(|one| one.split("id = \"").nth(1)).unwrap_or_default();
        let rep = rest.split('"').next().unwrap_or_default();
        let added = binary::run_with(
            &["users", "add", "mara", "--role", "rep", "--rep", rep, "--workspace", &self.path("")],
            PASSWORD,
        );
        if !added.status.success() {
            return Err(format!("no user: {}", String::from_utf8_lossy(&added.stderr)));
        }
        let login = format!("http://{}/login?next=/me&lang=en", server.address());
        browser.open(&login, Look::Light)?;
        let enter = format!(
            "document.querySelector('#name').value = 'mara'; document.querySelector('#password').value = {};
             document.querySelector('form').submit(); new Promise(done => setTimeout(done, 50))",
            json!(PASSWORD)
        );
        // The page goes away under the script.
        let _left = browser.evaluate(&enter);
        let page = |name: &str, path: &str| Shown {
            name: name.into(),
            address: format!("http://{}{path}", server.address()),
            alone: false,
        };
        Ok(vec![
            page("me", "/me?lang=en"),
            page("me-de", "/me?lang=de"),
            page("account", "/login?lang=en"),
            page("account-de", "/login?lang=de"),
        ])
    }
}

const KPI: &str = "format = 1
maturity_days = 30
fast_minutes = 5
calendar = \"office\"
segment = \"industry\"
[targets]
speed-to-lead = 3600
conversion = 0.12
[[cost]]
name = \"search\"
from = \"2025-01-01\"
until = \"2025-07-01\"
amount = 60000
[handling]
minutes = 6
low = 4
high = 9
";

const ROI: &str = "format = 1
name = \"2025-Q2\"
currency = \"EUR\"
start = \"2025-01-01\"
maturity_days = 30
frozen = \"roi-baseline.json\"
[baseline]
from = \"2024-04-01\"
until = \"2024-07-01\"
leads = 1750
missed = 385
wins = 123
[period]
from = \"2025-04-01\"
until = \"2025-07-01\"
weeks = 13
leads = 1820
missed = 164
wins = 162
[value]
margin = 4200
[time]
hours = { value = 1.1, low = 0.6, high = 1.4 }
reps = 24
rate = 48
[cycle]
wins_a_day = 1.8
days_shorter = 5
signed_by = \"\"
[[cost]]
name = \"licence and operation\"
amount = { value = 10704, low = 10000, high = 12000 }
[plan]
leads_a_quarter = 1800
held_out = 0.2
[[note]]
text = \"Reps no longer argue about who gets the trade-fair leads.\"
by = \"the head of sales\"
";
