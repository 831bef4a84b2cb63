//! Random small companies, as the text of their documents, and the leads that come to them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use pointsman_domain::Rng;

/// The documents of one company, and what is posted in its ledger.
#[derive(Debug, Clone)]
pub struct Company {
    pub zone: &'static str,
    pub attributes: String,
    pub roster: String,
    pub absences: String,
    pub calendars: Vec<(String, String)>,
    pub policy: String,
    /// With a model: its base, and each rep's difference from it, in logits.
    pub model: Option<(f64, Vec<(String, f64)>)>,
    /// (rep, limit, price).
    pub prices: Vec<(String, String, f64)>,
}

/// A value of a lead, as plain as it can be.
#[derive(Debug, Clone, PartialEq)]
pub enum Plain {
    Text(String),
    /// Money in major units.
    Number(f64),
    Bool(bool),
    /// `2026-03-28`.
    Date(String),
    List(Vec<String>),
}

/// One lead and what is known around it.
#[derive(Debug, Clone, Default)]
pub struct Lead {
    pub attributes: BTreeMap<String, Plain>,
    pub contact: Option<Contact>,
    pub account: Option<Account>,
    pub originator: Option<String>,
    /// Minor units.
    pub value: Option<i64>,
}

#[derive(Debug, Clone, Default)]
pub struct Contact {
    pub known: bool,
    pub owner: Option<String>,
    pub domain: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Account {
    pub name: String,
    pub domain: Option<String>,
    pub owner: Option<String>,
    pub parent_owner: Option<String>,
    pub open_opportunity: bool,
    pub opportunity_owner: Option<String>,
}

pub const ZONES: [&str; 4] = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Europe/London"];
const COUNTRIES: [&str; 4] = ["DE", "AT", "US", "GB"];
const CHANNELS: [&str; 3] = ["web", "phone", "fair"];
const SOURCES: [&str; 5] = ["website", "partner-a", "partner-b", "fair", "chat"];
const TOPICS: [&str; 3] = ["trial", "price", "demo"];
const DOMAINS: [&str; 4] = ["contoso.com", "fabrikam.de", "uni.edu", "contoso.de"];
const SKILLS: [&str; 2] = ["german", "cloud"];
/// Rarer reasons need their picks more often.
const PICKS: [&str; 11] = [
    "weighted-round-robin",
    "weighted-round-robin",
    "least-loaded",
    "best-skill",
    "best-skill",
    "nearest-territory",
    "best-score",
    "expected-value",
    "expected-value",
    "draw",
    "draw",
];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn one<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[rng.below(from.len() as u64) as usize]
}

fn chance(rng: &mut Rng, of: f64) -> bool {
    rng.uniform() < of
}

fn quoted(items: &[String]) -> String {
    let all: Vec<String> = items.iter().map(|item| format!("'{item}'")).collect();
    format!("[{}]", all.join(", "))
}

pub fn company(rng: &mut Rng) -> Company {
    let reps: Vec<String> = (0..2 + rng.below(5)).map(|n| format!("rep-{n}")).collect();
    let calendars: Vec<(String, String)> = (0..2).map(|n| (format!("cal-{n}"), calendar(rng))).collect();
    let limits = ["open", "day", "week", "month", "large"];
    let model = chance(rng, 0.6).then(|| {
        let effects = reps.iter().map(|rep| (rep.clone(), (rng.uniform() - 0.5) * 3.0)).collect();
        (rng.uniform() * 2.0 - 2.0, effects)
    });
    let mut prices = Vec::new();
    if model.is_some() && chance(rng, 0.7) {
        for rep in &reps {
            prices.push((rep.clone(), one(rng, &["open", "day"]).to_owned(), (rng.uniform() * 900.0).round()));
        }
    }
    Company {
        zone: one(rng, &ZONES),
        attributes: attributes(),
        roster: roster(rng, &reps, &limits),
        absences: absences(rng, &reps),
        calendars,
        policy: policy(rng, &reps, model.is_some()),
        model,
        prices,
    }
}

fn attributes() -> String {
    let mut text = String::from("format = 1\n");
    let kinds = [
        ("country", "country"),
        ("postcode", "postcode"),
        ("language", "language"),
        ("source", "text"),
        ("campaign", "text"),
        ("employees", "integer"),
        ("fit", "number"),
        ("budget", "money"),
        ("partner", "bool"),
        ("started", "date"),
        ("topics", "list"),
    ];
    for (name, kind) in kinds {
        writeln!(text, "[[lead]]\nname = '{name}'\ntype = '{kind}'").expect("text");
    }
    text + "[[lead]]\nname = 'channel'\ntype = 'choice'\nvalues = ['web', 'phone', 'fair']\n"
}

fn calendar(rng: &mut Rng) -> String {
    let zone = one(rng, &ZONES);
    let mut text = format!("format = 1\nzone = '{zone}'\n");
    if chance(rng, 0.15) {
        return text + "stand_by = true\n";
    }
    if chance(rng, 0.5) {
        text += "holidays = [{ date = '2026-03-31', name = 'closed' }, { date = '04-03', name = 'short', hours = ['09:00-12:00'] }]\n";
    }
    text += "[hours]\n";
    for (n, day) in DAYS.iter().enumerate() {
        // The first day is always there: a calendar needs hours.
        let spans: &[&str] = match rng.below(if n < 5 { 8 } else { 3 }) {
            0 if n > 0 => &[],
            1 => &["00:00-24:00"],
            2 => &["01:30-03:30", "08:00-20:00"],
            3 => &["22:00-06:00"],
            4 => &["09:00-12:30", "13:30-18:00"],
            _ => &["07:00-21:00"],
        };
        let spans: Vec<String> = spans.iter().map(ToString::to_string).collect();
        writeln!(text, "{day} = {}", quoted(&spans)).expect("text");
    }
    text
}

fn roster(rng: &mut Rng, reps: &[String], limits: &[&str]) -> String {
    let mut text = String::from("format = 1\n");
    for limit in limits {
        let kind = match *limit {
            "day" => "per-day",
            "week" => "per-week",
            "month" => "per-month",
            _ => "open",
        };
        write!(text, "[[limit]]\nid = '{limit}'\nkind = '{kind}'\n").expect("text");
        if chance(rng, 0.5) {
            let most = if kind == "open" { 2 + rng.below(10) } else { 12 + rng.below(250) };
            writeln!(text, "default = {most}").expect("text");
        }
        if *limit == "large" {
            writeln!(text, "when = \"lead.employees >= 100\"").expect("text");
        }
    }
    for (n, rep) in reps.iter().enumerate() {
        writeln!(text, "[[rep]]\nid = '{rep}'\nweight = {}", 1 + rng.below(4)).expect("text");
        if chance(rng, 0.7) {
            writeln!(text, "calendar = 'cal-{}'", rng.below(2)).expect("text");
        }
        if chance(rng, 0.06) {
            text += "active = false\n";
        }
        let skills: Vec<String> =
            SKILLS.iter().map(|s| format!("{s} = {}", rng.below(5))).filter(|s| !s.ends_with('0')).collect();
        writeln!(text, "skills = {{ {} }}", skills.join(", ")).expect("text");
        let mut caps: Vec<String> = Vec::new();
        for limit in ["open", "day", "large"] {
            if chance(rng, 0.35) {
                caps.push(format!("{limit} = {}", if limit == "day" { 4 + rng.below(20) } else { rng.below(9) }));
            }
        }
        writeln!(text, "caps = {{ {} }}", caps.join(", ")).expect("text");
        // Backups come later in the list, so that chains end.
        let backups: Vec<String> = reps[n + 1..].iter().filter(|_| chance(rng, 0.4)).take(2).cloned().collect();
        writeln!(text, "backup = {}", quoted(&backups)).expect("text");
    }
    for pool in 0..3 {
        let mut members: Vec<String> = reps.iter().filter(|_| chance(rng, 0.75)).cloned().collect();
        if members.is_empty() && pool < 2 {
            members.push(reps[0].clone());
        }
        writeln!(text, "[[pool]]\nid = 'pool-{pool}'\nreps = {}", quoted(&members)).expect("text");
        if let Some(first) = members.first().filter(|_| chance(rng, 0.4)) {
            writeln!(text, "weights = {{ {first} = {} }}", 1 + rng.below(5)).expect("text");
        }
    }
    text
}

fn absences(rng: &mut Rng, reps: &[String]) -> String {
    let mut text = String::from("format = 1\n");
    for rep in reps {
        for _ in 0..rng.below(3) {
            let (day, hours) = (rng.below(18), 4 + rng.below(90));
            let from = super::clock::START + (day as i64 * 24 + rng.below(24) as i64) * 3_600_000_000;
            let (from, until) = (super::clock::show(from), super::clock::show(from + hours as i64 * 3_600_000_000));
            writeln!(
                text,
                "[[absence]]\nrep = '{rep}'\nfrom = '{from}'\nuntil = '{until}'\nknown_at = '2026-01-01T00:00:00Z'"
            )
            .expect("text");
        }
    }
    text
}

fn policy(rng: &mut Rng, reps: &[String], scored: bool) -> String {
    let rules = 2 + rng.below(7);
    let mut text = String::from("format = 1\nname = 'main'\n");
    for n in 0..rules {
        writeln!(text, "[[rule]]\nid = 'rule-{n}'").expect("text");
        if chance(rng, 0.8) {
            writeln!(text, "when = '''{}'''", condition(rng, 2)).expect("text");
        }
        let pool = rng.below(3);
        let mut queue = false;
        match rng.below(12) {
            0 => writeln!(text, "rep = '{}'", reps[rng.below(reps.len() as u64) as usize]).expect("text"),
            1..=3 => {
                let of = ["account", "parent-account", "opportunity", "prior-contact", "last-owner", "originator"];
                writeln!(text, "owner = '{}'", one(rng, &of)).expect("text");
            }
            4 if n > 0 => {
                queue = true;
                writeln!(text, "queue = 'desk-{n}'").expect("text");
            }
            _ => writeln!(text, "pool = 'pool-{pool}'").expect("text"),
        }
        let pick = if queue { "draw" } else { one(rng, &PICKS) };
        writeln!(text, "pick = '{pick}'").expect("text");
        if chance(rng, 0.2) || pick == "best-skill" {
            writeln!(text, "skills = {{ {} = {} }}", one(rng, &SKILLS), 1 + rng.below(10) / 8).expect("text");
        }
        if chance(rng, 0.15) {
            writeln!(text, "exclude = ['{}']", reps[rng.below(reps.len() as u64) as usize]).expect("text");
        }
        if chance(rng, 0.5) {
            writeln!(text, "sla = '{}'", one(rng, &["30m", "2h", "9h"])).expect("text");
        }
        if chance(rng, 0.5) {
            writeln!(text, "priority = {}", rng.below(10)).expect("text");
        }
        if pick == "expected-value" && scored && chance(rng, 0.6) {
            writeln!(text, "wait = '{}'", one(rng, &["3h", "20h"])).expect("text");
        }
        if matches!(pick, "expected-value" | "best-score") && chance(rng, 0.4) {
            writeln!(text, "explore = 0.{}", 1 + rng.below(5)).expect("text");
        }
        match rng.below(6) {
            0 => text += "on_full = 'next'\n",
            1 => text += "on_full = 'backup'\n",
            2 => writeln!(text, "on_full = {{ hold = '{}' }}", one(rng, &["1h", "7h", "30h"])).expect("text"),
            3 => writeln!(text, "on_full = {{ overflow = 'pool-{}' }}", (pool + 1) % 3).expect("text"),
            4 if n > 0 => writeln!(text, "on_full = {{ queue = 'full-{n}' }}").expect("text"),
            _ => {}
        }
    }
    write!(text, "[fallback]\nqueue = 'unassigned'\nalarm = {}\n", chance(rng, 0.5)).expect("text");
    text
}

/// A condition of up to `depth` levels of brackets.
fn condition(rng: &mut Rng, depth: u32) -> String {
    if depth == 0 || chance(rng, 0.35) {
        let test = test(rng);
        return if chance(rng, 0.2) { format!("!({test})") } else { test };
    }
    let parts: Vec<String> = (0..2 + rng.below(2)).map(|_| format!("({})", condition(rng, depth - 1))).collect();
    let joined = parts.join(if chance(rng, 0.5) { " && " } else { " || " });
    if chance(rng, 0.15) { format!("!({joined})") } else { joined }
}

fn test(rng: &mut Rng) -> String {
    let sign = one(rng, &["<", "<=", ">", ">=", "==", "!="]);
    match rng.below(24) {
        0 => format!("lead.country == \"{}\"", one(rng, &COUNTRIES)),
        1 => format!("lead.country != \"{}\"", one(rng, &COUNTRIES)),
        2 => format!("lead.country in [\"{}\", \"{}\"]", one(rng, &COUNTRIES), one(rng, &COUNTRIES)),
        3 => format!("lead.postcode.startsWith(\"{}\")", rng.below(10)),
        4 => format!("lead.postcode {} \"{}0000\"", one(rng, &["<", "<=", ">", ">="]), 1 + rng.below(9)),
        5 => format!("lead.employees {sign} {}", 20 * rng.below(12)),
        6 => format!("lead.fit {} 0.{}", one(rng, &["<", "<=", ">", ">="]), rng.below(10)),
        7 => format!("lead.budget {sign} {}", 1000 * rng.below(9)),
        8 => "lead.partner".into(),
        9 => format!("lead.partner == {}", chance(rng, 0.5)),
        10 => format!("lead.started {sign} \"2026-0{}-15\"", 1 + rng.below(4)),
        11 => format!("\"{}\" in lead.topics", one(rng, &TOPICS)),
        12 => format!("has(lead.{})", one(rng, &["country", "employees", "topics", "campaign"])),
        13 => format!("lead.source.endsWith(\"{}\")", one(rng, &["-a", "-b", "site"])),
        14 => format!("lead.source.contains(\"{}\")", one(rng, &["art", "a", "web"])),
        15 => format!("contact.email_domain.matches(\"{}\")", one(rng, &["^contoso", "edu$", "o"])),
        16 => format!("lead.channel in [\"{}\", \"{}\"]", one(rng, &CHANNELS), one(rng, &CHANNELS)),
        17 => one(
            rng,
            &["account.has_owner", "account.known", "contact.known", "account.open_opportunity", "contact.has_owner"],
        )
        .into(),
        18 => format!("account.owner {} account.parent_owner", one(rng, &["==", "!="])),
        19 => format!("time.hour {sign} {}", 1 + rng.below(22)),
        20 => format!("time.weekday in [\"{}\", \"{}\", \"{}\"]", one(rng, &DAYS), one(rng, &DAYS), one(rng, &DAYS)),
        21 => format!("time.date {sign} \"2026-04-0{}\"", 1 + rng.below(9)),
        22 => format!("lead.source {} lead.campaign", one(rng, &["<", "==", "!=", ">="])),
        _ => format!("lead.declines {sign} 1"),
    }
}

pub fn lead(rng: &mut Rng, reps: usize) -> Lead {
    let mut lead = Lead::default();
    let rep = |rng: &mut Rng, p: f64| chance(rng, p).then(|| format!("rep-{}", rng.below(reps as u64)));
    // Every twentieth lead comes without any attribute.
    if chance(rng, 0.95) {
        let mut set = |rng: &mut Rng, name: &str, value: Plain| {
            if chance(rng, 0.8) {
                lead.attributes.insert(name.to_owned(), value);
            }
        };
        let text = |text: &str| Plain::Text(text.to_owned());
        let country = one(rng, &COUNTRIES);
        set(rng, "country", text(country));
        let postcode = format!("{:05}", rng.below(100_000));
        set(rng, "postcode", Plain::Text(postcode));
        let source = one(rng, &SOURCES);
        set(rng, "source", text(source));
        let campaign = one(rng, &SOURCES);
        set(rng, "campaign", text(campaign));
        let channel = one(rng, &CHANNELS);
        set(rng, "channel", text(channel));
        let employees = (rng.below(30) * 10) as f64;
        set(rng, "employees", Plain::Number(employees));
        let fit = (rng.below(21) as f64) / 20.0;
        set(rng, "fit", Plain::Number(fit));
        let budget = (rng.below(1000) * 10) as f64;
        set(rng, "budget", Plain::Number(budget));
        let partner = chance(rng, 0.5);
        set(rng, "partner", Plain::Bool(partner));
        let started = format!("2026-0{}-{:02}", 1 + rng.below(5), 1 + rng.below(28));
        set(rng, "started", Plain::Date(started));
        let topics: Vec<String> = TOPICS.iter().filter(|_| chance(rng, 0.5)).map(ToString::to_string).collect();
        set(rng, "topics", Plain::List(topics));
    }
    if chance(rng, 0.6) {
        let domain = chance(rng, 0.8).then(|| one(rng, &DOMAINS).to_owned());
        lead.contact = Some(Contact { known: chance(rng, 0.5), owner: rep(rng, 0.4), domain });
    }
    if chance(rng, 0.6) {
        let open = chance(rng, 0.4);
        lead.account = Some(Account {
            name: "Contoso".into(),
            domain: chance(rng, 0.5).then(|| one(rng, &DOMAINS).to_owned()),
            owner: rep(rng, 0.5),
            parent_owner: rep(rng, 0.4),
            open_opportunity: open,
            opportunity_owner: if open { rep(rng, 0.8) } else { None },
        });
    }
    lead.originator = rep(rng, 0.3);
    lead.value = chance(rng, 0.8).then(|| 100 * rng.below(40) as i64);
    lead
}
