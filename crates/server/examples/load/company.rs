//! The company that is loaded: 500 rules, 200 reps, a model of every layer, caps that make prices.

use std::fmt::Write as _;

use pointsman_decision::{DocumentKind, DocumentSet};
use pointsman_domain::Entity;
use pointsman_scoring::{Feature, FeatureKind, FeatureSpec, Missing, Source};

use crate::drawn;

pub const REPS: usize = 200;
const RULES: usize = 500;
pub const COUNTRIES: [&str; 10] = ["DE", "AT", "FR", "IT", "ES", "NL", "BE", "PL", "CZ", "DK"];
/// Leads a rep may have open. A pool expects more than its 2,000 places over the days for which a slot
/// is taken to be held, so places have a price; in ten seconds at 8,000 a second they run out, and
/// the last rule takes the rest.
const OPEN: u32 = 200;
/// The same for the ten reps of the last rule's pool, who get a third of all leads.
const OPEN_OF_LAST: u32 = 10_000;

/// One rule that parks everything.
pub fn constant() -> DocumentSet {
    of("[[rule]]\nid = 'all'\nqueue = 'unassigned'\n", false)
}

/// Twenty pools of ten reps, chosen by expected value; the last rule takes what no other did: a
/// third of the leads.
pub fn deciding() -> DocumentSet {
    let mut rules = String::new();
    for rule in 0..RULES - 1 {
        let (country, least, product) = (COUNTRIES[rule % 10], rule / 10 % 50, rule % 7);
        let _ = writeln!(
            rules,
            "[[rule]]\nid = 'r{rule}'\nwhen = \"lead.country == '{country}' && lead.employees == {least} && lead.product != 'p{product}' && lead.n{} < 50\"\npool = 'pool-{}'\npick = 'expected-value'\nsla = '30m'",
            rule % 9,
            rule % 20
        );
    }
    rules.push_str("[[rule]]\nid = 'rest'\npool = 'pool-0'\npick = 'expected-value'\n");
    of(&rules, true)
}

fn of(rules: &str, model: bool) -> DocumentSet {
    let mut documents = DocumentSet::default();
    let mut add = |kind, name: &str, text: String| documents.insert(kind, name, text.into_bytes());
    add(DocumentKind::Routing, "", "format = 1\nzone = 'Europe/Berlin'\ncurrency = 'EUR'\npolicy = 'main'".into());
    let numbers = (0..9).map(|n| format!("{{ name = 'n{n}', type = 'integer' }}"));
    let levels = (0..drawn::LEVELS).map(|l| format!("'level-{l:02}'")).collect::<Vec<_>>().join(", ");
    let categories =
        (0..drawn::CATEGORIES).map(|c| format!("{{ name = 'c{c}', type = 'choice', values = [{levels}] }}"));
    let more = numbers.chain(categories).collect::<Vec<_>>().join(", ");
    let attributes = format!(
        "format = 1\nlead = [{{ name = 'country', type = 'country' }}, {{ name = 'employees', type = 'integer' }}, {{ name = 'product', type = 'text' }}, {more}]"
    );
    add(DocumentKind::Attributes, "", attributes);
    let mut roster = "format = 1\n[[limit]]\nid = 'open'\nkind = 'open'\n[[limit]]\nid = 'day'\nkind = 'per-day'\ndefault = 1000000\n".to_owned();
    for (rep, name) in names().iter().enumerate() {
        let open = if rep < REPS / 20 { OPEN_OF_LAST } else { OPEN };
        let _ = writeln!(roster, "[[rep]]\nid = '{name}'\ncaps = {{ open = {open} }}");
    }
    for (pool, reps) in names().chunks(REPS / 20).enumerate() {
        let reps = reps.iter().map(|rep| format!("'{rep}'"));
        let _ = writeln!(roster, "[[pool]]\nid = 'pool-{pool}'\nreps = [{}]", reps.collect::<Vec<_>>().join(", "));
    }
    add(DocumentKind::Roster, "", roster);
    add(DocumentKind::Policy, "main", format!("format = 1\nname = 'main'\n[fallback]\nqueue = 'unassigned'\n{rules}"));
    if model {
        let mut artifact = drawn::artifact(&names());
        let spec = features();
        artifact.provenance.spec = Some(spec.digest());
        documents.insert(DocumentKind::Model, "", artifact.save());
        documents.insert(DocumentKind::Features, "", serde_json::to_vec(&spec).expect("a specification has text keys"));
    }
    documents
}

fn names() -> Vec<String> {
    (0..REPS).map(|rep| format!("rep-{rep:03}")).collect()
}

/// The features that the drawn model reads: its categories, and two numbers.
fn features() -> FeatureSpec {
    let feature = |name: String, attribute: String, kind| Feature {
        name: name.into(),
        kind,
        source: Source::Attribute { entity: Entity::Lead, name: attribute.into() },
        missing: Missing::Own,
        unit: None,
    };
    let categories =
        (0..drawn::CATEGORIES).map(|c| feature(format!("category-{c}"), format!("c{c}"), FeatureKind::Category));
    let numbers = ["a", "b"].into_iter().zip(["n0", "n1"]);
    let numbers = numbers.map(|(name, attribute)| feature(name.into(), attribute.into(), FeatureKind::Number));
    FeatureSpec { format: 1, features: categories.chain(numbers).collect(), ..FeatureSpec::default() }
}

/// The body of the n-th lead.
pub fn lead(number: usize, n: u64) -> String {
    let mut attributes = format!(
        "\"country\":\"{}\",\"employees\":{},\"product\":\"p{}\",\"n0\":{},\"n1\":7",
        COUNTRIES[n as usize % 10],
        n % 75,
        n % 7,
        n % 100
    );
    for category in 0..u64::from(drawn::CATEGORIES) {
        let level = n.wrapping_mul(2 * category + 7) / (category + 1) % u64::from(drawn::LEVELS);
        let _ = write!(attributes, ",\"c{category}\":\"level-{level:02}\"");
    }
    format!(
        "{{\"source\":\"load\",\"attributes\":{{{attributes}}},\"contact\":{{\"email\":\"c{number}@company-{n}.example\"}}}}"
    )
}
