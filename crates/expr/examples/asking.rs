//! How long a rule set takes for one lead: `cargo run --release -p pointsman-expr --example asking`.
//!
//! Rules of four predicates over twelve attributes, ten thousand different leads. Prints, for
//! each number of rules, the median and the 99th percentile of filling a row, of the first match
//! and of all matches, in microseconds, and what building the set took.

#![expect(clippy::disallowed_methods, reason = "this program measures how long things take")]

use std::time::{Duration, Instant};

use pointsman_domain::{Attribute, AttributeSchema, AttributeType, Rng, Value, Values, attribute::AttributeFile};
use pointsman_expr::{Condition, Environment, RuleSet};

const LEADS: usize = 10_000;

fn main() {
    let schema = schema();
    let environment = Environment::new(&schema);
    let mut rng = Rng::seeded(11);
    let leads: Vec<Values> = (0..LEADS).map(|_| lead(&schema, &mut rng)).collect();
    println!(
        "{:>7} {:>10} {:>16} {:>16} {:>16} {:>9} {:>9}",
        "rules", "build ms", "row µs", "first µs", "all µs", "matches", "reached last"
    );
    // In the last line a quarter of the predicates search a text, which no index answers.
    for (rules, search) in [(500, false), (10_000, false), (10_000, true)] {
        let sources: Vec<String> = (1..rules).map(|_| rule(&mut rng, search)).chain(["true".into()]).collect();
        let started = Instant::now();
        let compile = |source: &String| environment.compile(source).expect("generated rules are valid");
        let conditions: Vec<Condition> = sources.iter().map(compile).collect();
        let set = RuleSet::new(&conditions);
        let build_ms = started.elapsed().as_secs_f64() * 1e3;
        let (mut scratch, mut row) = (set.scratch(), environment.row());
        let mut times = [(); 3].map(|()| Vec::with_capacity(LEADS));
        let (mut matches, mut reached_last) = (0, 0);
        for lead in leads.iter().chain(&leads) {
            // The first pass warms caches and buffers.
            let start = Instant::now();
            row.clear();
            row.take(lead);
            let filled = Instant::now();
            let first = set.first(&row, &mut scratch);
            let found = Instant::now();
            let all = set.matches(&row, &mut scratch).count();
            let done = Instant::now();
            if times[0].len() == LEADS && matches == 0 {
                times.iter_mut().for_each(Vec::clear);
            }
            times[0].push(filled - start);
            times[1].push(found - filled);
            times[2].push(done - found);
            matches += all;
            reached_last += usize::from(first == Some(rules - 1));
        }
        let [row_micros, first_micros, all_micros] = times.map(quantiles);
        let (per_lead, last) = (matches as f64 / (2 * LEADS) as f64, reached_last as f64 / (2 * LEADS) as f64);
        println!(
            "{rules:>7} {build_ms:>10.1} {row_micros:>16} {first_micros:>16} {all_micros:>16} {per_lead:>9.1} {last:>9.2}"
        );
    }
}

fn quantiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: f64| times[(share * (times.len() - 1) as f64) as usize].as_secs_f64() * 1e6;
    format!("{:.2} ({:.2})", at(0.5), at(0.99))
}

const KINDS: [(&str, AttributeType); 12] = [
    ("country", AttributeType::Country),
    ("postcode", AttributeType::Postcode),
    ("language", AttributeType::Language),
    ("source", AttributeType::Text),
    ("channel", AttributeType::Choice),
    ("industry", AttributeType::Choice),
    ("product", AttributeType::Choice),
    ("employees", AttributeType::Integer),
    ("budget", AttributeType::Money),
    ("urgency", AttributeType::Integer),
    ("fit", AttributeType::Number),
    ("returning", AttributeType::Bool),
];

fn schema() -> AttributeSchema {
    let lead = KINDS.iter().map(|&(name, kind)| Attribute {
        name: name.into(),
        kind,
        values: if kind == AttributeType::Choice {
            (0..20).map(|i| format!("{name}-{i}").into()).collect()
        } else {
            vec![]
        },
        synonyms: [].into(),
        required: false,
        personal: false,
        protected: false,
        label: None,
    });
    AttributeSchema::new(AttributeFile { format: 1, lead: lead.collect(), ..AttributeFile::default() }).expect("valid")
}

fn country(rng: &mut Rng) -> String {
    let letter = |n: u64| char::from(b'A' + n as u8);
    format!("{}{}", letter(rng.below(6)), letter(rng.below(6)))
}

fn predicate(name: &str, rng: &mut Rng) -> String {
    match name {
        "country" => format!("lead.country in [\"{}\", \"{}\", \"{}\"]", country(rng), country(rng), country(rng)),
        "postcode" => format!("lead.postcode.startsWith(\"{:02}\")", rng.below(100)),
        "language" => format!("lead.language != \"{}\"", country(rng).to_lowercase()),
        "source" => format!("lead.source == \"source {}\"", rng.below(40)),
        "channel" | "industry" | "product" => format!("lead.{name} == \"{name}-{}\"", rng.below(20)),
        "employees" => format!("lead.employees >= {}", rng.below(5000)),
        "budget" => format!("lead.budget < {}", rng.below(100_000)),
        "urgency" => format!("lead.urgency > {}", rng.below(10)),
        "fit" => format!("lead.fit > {:.3}", rng.uniform()),
        _ => format!("lead.{name}"),
    }
}

fn rule(rng: &mut Rng, search: bool) -> String {
    let mut names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    rng.shuffle(&mut names);
    let mut parts: Vec<String> = names[..4].iter().map(|name| predicate(name, rng)).collect();
    if search {
        let field = ["postcode", "source"][rng.below(2) as usize];
        parts[0] = format!("lead.{field}.contains(\"{}\")", rng.below(1000));
    }
    parts.join(" && ")
}

/// Every attribute present with probability 9 in 10; every third lead lacks so much that it
/// reaches the last rule.
fn lead(schema: &AttributeSchema, rng: &mut Rng) -> Values {
    let mut values = Values::missing(schema.len());
    let sparse = rng.below(3) == 0;
    for (index, _, attribute) in schema.iter() {
        let text = match &*attribute.name {
            "country" => country(rng),
            "postcode" => format!("{:05}", rng.below(100_000)),
            "language" => country(rng).to_lowercase(),
            "source" => format!("source {}", rng.below(40)),
            "channel" | "industry" | "product" => format!("{}-{}", attribute.name, rng.below(20)),
            "employees" => rng.below(5000).to_string(),
            "budget" => rng.below(10_000_000).to_string(),
            "urgency" => rng.below(10).to_string(),
            "fit" => rng.uniform().to_string(),
            _ => "yes".into(),
        };
        let absent = if sparse { index.index() > 2 } else { rng.below(10) == 0 };
        let value: Option<Value> = attribute.parse(&text).expect("generated values are valid");
        values.set(index, value.filter(|_| !absent));
    }
    values
}
