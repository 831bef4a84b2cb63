//! Bodies that nobody would send: millions of mutations of good ones, read as the door reads
//! them, and their texts through every normaliser. Nothing may panic, and normalising twice must
//! change nothing more. Inputs are a function of a seed, so that a fault can be met again.

use std::{
    process::ExitCode,
    sync::Arc,
    time::{Duration, SystemTime},
};

use pointsman_decision::{DocumentKind, DocumentSet, Snapshot};
use pointsman_domain::rng::Rng;
use pointsman_intake::normalise;
use pointsman_server::{
    ServeConfig,
    api::{
        access::KeyBody, activities::ActivityBody, assignment::AssignmentBody, batch::BatchBody, outcomes::OutcomeBody,
    },
    body,
    enquiry::{self, LeadBody},
};
use pointsman_store::Outside;

/// What came of the inputs: a proof in which nothing was ever read would prove nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    pub inputs: u64,
    /// Bodies that were JSON or a form of the right shape.
    pub shaped: u64,
    /// Leads that were read without a fault.
    pub leads: u64,
    /// Texts that a normaliser gave a value for.
    pub normalised: u64,
}

const SEEDS: [&str; 10] = [
    r#"{"source":"website","external_id":"form-4711","attributes":{"country":"DE","employees":120,"postcode":"D-10115","industry":"banking","language":"de","budget":"1200.00","urgency":"now"},"contact":{"name":"Mara Weiss","email":"mara.weiss@example.com","phone":"030 1234567"},"account":{"name":"Example GmbH & Co. KG","domain":"https://www.example.com/x"},"value":{"amount":"12000.00","currency":"EUR"}}"#,
    r#"{"source":"crm","attributes":{"country":"Vereinigtes Königreich","employees":"11-50"},"contact":{"email":"MAILTO:<a@b.co.uk>","phone":"+44 (0)20 7946 0958"},"value":{"minor_units":-1}}"#,
    r#"{"source":"x","attributes":{"topics":["a","b"],"started":"2026-02-29","age":1e308},"originator":"mara"}"#,
    r#"{"lead":"lead_01h2xcejqtf2nbrexx3vqjhp41","stage":"won","at":"2026-03-01T10:00:00+01:00","value":{"minor_units":115000},"reason":"signed","fact":"f-1"}"#,
    r#"{"source":"website","external_id":"form-4711","kind":"call","reached":true,"rep":"mara","activity":"c-1","at":"2026-03-01T10:00:00Z"}"#,
    r#"{"rep":"mara","by":"olga","reason":"knows the company"}"#,
    r#"{"leads":[{"source":"a"},{"source":"b","attributes":{}}]}"#,
    r#"{"name":"website","scopes":["leads:send","ops"],"rate":5,"expires_at":"2030-01-01T00:00:00Z"}"#,
    "source=website&name=Mara+Wei%C3%9F&email=mara%40example.com&phone=%2B49+30+1234567&company=Example+GmbH&country=Deutschland&topics=a&topics=b",
    "source=x&domain=http%3A%2F%2Fwww.example.com&employees=1%2C001&budget=12%2C50",
];

const TOKENS: [&[u8]; 34] = [
    b"\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"null",
    b"true",
    b"-0",
    b"1e999",
    b"18446744073709551616",
    b"\\u0000",
    b"\\ud800",
    b"\xff\xfe",
    b"\xf0\x9f\x98\x80",
    b"\xe2\x80\xae",
    b"%",
    b"%00",
    b"%ff",
    b"&",
    b"=",
    b"@",
    b"..",
    b"+49",
    b"00",
    b"GmbH & Co. KG",
    b"\xc3\x9f",
    b"\xc4\xb0",
    b"\n",
    b"\x00",
    b"'; DROP TABLE leads; --",
    b"{{{{{{{{{{{{{{{{{{",
    b"999999-12-31T23:59:60Z",
];

const COUNTRIES: [&str; 8] = ["DE", "GB", "US", "FR", "CH", "JP", "XX", ""];

/// Reads `count` inputs that follow from `seed`.
pub fn fuzz(count: u64, seed: u64) -> Tally {
    let snapshot = snapshot();
    let config = ServeConfig::of_folder("fuzz");
    let clock = || pointsman_domain::Instant::from_unix_micros(1_790_000_000_000_000);
    let outside = Outside::new(Arc::new(clock), Arc::new(|| 7));
    let mut rng = Rng::seeded(seed);
    let mut tally = Tally::default();
    let mut input = Vec::new();
    for _ in 0..count {
        mutate(&mut rng, &mut input);
        tally.inputs += 1;
        bodies(&input, &snapshot, &config, &outside, &mut tally);
        texts(&input, COUNTRIES[below(&mut rng, COUNTRIES.len())], &mut tally);
    }
    tally
}

fn below(rng: &mut Rng, n: usize) -> usize {
    rng.below(n.max(1) as u64) as usize
}

fn mutate(rng: &mut Rng, input: &mut Vec<u8>) {
    input.clear();
    input.extend(SEEDS[below(rng, SEEDS.len())].as_bytes());
    for _ in 0..below(rng, 6) {
        let at = below(rng, input.len() + 1);
        match below(rng, 7) {
            0 if at < input.len() => input[at] = rng.next_u64() as u8,
            1 => {
                let token = TOKENS[below(rng, TOKENS.len())];
                input.splice(at..at, token.iter().copied());
            }
            2 => {
                let end = (at + below(rng, 12)).min(input.len());
                input.drain(at..end);
            }
            3 => input.truncate(at),
            4 => {
                let end = (at + below(rng, 40)).min(input.len());
                let copied = input[at..end].to_vec();
                let to = below(rng, input.len() + 1);
                input.splice(to..to, copied);
            }
            5 => {
                let other = SEEDS[below(rng, SEEDS.len())].as_bytes();
                let from = below(rng, other.len());
                input.truncate(at);
                input.extend(&other[from..]);
            }
            _ => {
                let random: Vec<u8> = (0..below(rng, 8)).map(|_| rng.next_u64() as u8).collect();
                input.splice(at..at, random);
            }
        }
    }
}

fn bodies(input: &[u8], snapshot: &Snapshot, config: &ServeConfig, outside: &Outside, tally: &mut Tally) {
    let form = || body::parse_form(input).and_then(LeadBody::of_form);
    for lead in [body::parse::<LeadBody>(input), form()].into_iter().flatten() {
        tally.shaped += 1;
        tally.leads += u64::from(enquiry::read(&lead, snapshot, config, outside).is_ok());
    }
    let others = [
        body::parse::<OutcomeBody>(input).is_ok(),
        body::parse::<ActivityBody>(input).is_ok(),
        body::parse::<AssignmentBody>(input).is_ok(),
        body::parse::<BatchBody>(input).is_ok(),
        body::parse::<KeyBody>(input).is_ok(),
    ];
    tally.shaped += others.iter().filter(|shaped| **shaped).count() as u64;
}

/// A normaliser's value must be its own normal form.
fn stays(once: Option<String>, again: impl Fn(&str) -> Option<String>, tally: &mut Tally) {
    let Some(once) = once else { return };
    tally.normalised += 1;
    assert_eq!(again(&once).as_deref(), Some(&*once), "normalising twice changes something");
}

fn texts(input: &[u8], country: &str, tally: &mut Tally) {
    let whole = String::from_utf8_lossy(input);
    // Words of the input as fields would hold them.
    for text in whole.split(['"', '=', '&']).filter(|text| !text.is_empty()).take(24) {
        stays(normalise::email(text), normalise::email, tally);
        stays(normalise::phone(text, country), |once| normalise::phone(once, country), tally);
        stays(Some(normalise::postcode(text)), |once| Some(normalise::postcode(once)), tally);
        stays(Some(normalise::company_key(text)), |once| Some(normalise::company_key(once)), tally);
        stays(normalise::country(text).map(str::to_owned), |once| normalise::country(once).map(str::to_owned), tally);
        let size = |text: &str| normalise::employees_bucket(text).map(str::to_owned);
        stays(size(text), size, tally);
    }
}

fn snapshot() -> Snapshot {
    let mut set = DocumentSet::default();
    let routing = "format = 1\nzone = 'Europe/Berlin'\ncurrency = 'EUR'\npolicy = 'default'";
    set.insert(DocumentKind::Routing, "", routing.as_bytes().to_vec());
    set.insert(DocumentKind::Attributes, "", include_bytes!("../../../attributes.toml").to_vec());
    set.insert(DocumentKind::Roster, "", include_bytes!("../../../reps.toml").to_vec());
    set.insert(DocumentKind::Calendar, "berlin", include_bytes!("../../../calendars/berlin.toml").to_vec());
    set.insert(DocumentKind::Calendar, "london", include_bytes!("../../../calendars/london.toml").to_vec());
    set.insert(DocumentKind::Policy, "default", include_bytes!("../../../policies/default.toml").to_vec());
    set.insert(DocumentKind::Territory, "regions", include_bytes!("../../../territories/regions.csv").to_vec());
    Snapshot::compile(set).expect("the shipped workspace compiles")
}

/// Ten million inputs, on two threads.
#[expect(clippy::disallowed_methods, reason = "a proof says how long it took")]
pub fn run() -> ExitCode {
    const INPUTS: u64 = 10_000_000;
    let started = SystemTime::now();
    let threads: Vec<_> = [1, 2].map(|seed| std::thread::spawn(move || fuzz(INPUTS / 2, seed))).into_iter().collect();
    let mut whole = Tally::default();
    for thread in threads {
        let Ok(tally) = thread.join() else {
            println!("a body made the door panic: see above");
            return ExitCode::FAILURE;
        };
        whole.inputs += tally.inputs;
        whole.shaped += tally.shaped;
        whole.leads += tally.leads;
        whole.normalised += tally.normalised;
    }
    let took = started.elapsed().unwrap_or(Duration::ZERO).as_secs();
    println!(
        "{} inputs in {took} s, no panic: {} of the right shape, {} of them leads without a fault, {} texts normalised",
        whole.inputs, whole.shaped, whole.leads, whole.normalised
    );
    ExitCode::SUCCESS
}
