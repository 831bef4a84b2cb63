//! The row executor: what each source gives, and what a missing value means.

use pointsman_domain::{
    AttributeSchema, Entity, Instant, LeadId, Micros, RepId, Value, Values, attribute::AttributeFile, record::Stage,
};
use pointsman_scoring::{Executor, FeatureSpec, FeatureState, LeadFacts, LocalTime, Scope, SpecError};

const ATTRIBUTES: &str = r#"
format = 1
lead = [
  { name = "industry", type = "choice", values = ["retail", "health"] },
  { name = "employees", type = "integer" },
  { name = "budget", type = "money" },
  { name = "age", type = "integer", protected = true },
]
"#;

const SPEC: &str = r#"
format = 1
segments = ["industry"]

[[feature]]
name = "industry"
kind = "category"
source = { attribute = { entity = "lead", name = "industry" } }
missing = { level = "unknown" }

[[feature]]
name = "weekday"
kind = "category"
source = "weekday"

[[feature]]
name = "budget"
kind = "number"
source = { attribute = { entity = "lead", name = "budget" } }
unit = "minor units"

[[feature]]
name = "employees"
kind = "number"
source = { attribute = { entity = "lead", name = "employees" } }
missing = { number = 1 }

[[feature]]
name = "rep_rate"
kind = "number"
source = { win_rate = { of = "rep", shrink = 2 } }

[[feature]]
name = "rep_industry_rate"
kind = "number"
source = { win_rate = { of = { rep_segment = "industry" }, shrink = 2 } }

[[feature]]
name = "industry_rate"
kind = "number"
source = { win_rate = { of = { segment = "industry" }, shrink = 2 } }

[[feature]]
name = "tenure"
kind = "number"
source = "tenure"

[[feature]]
name = "page_views"
kind = "number"
source = { engagement = { kind = "page_view" } }
"#;

fn schema() -> AttributeSchema {
    let file: AttributeFile = toml::from_str(ATTRIBUTES).expect("valid");
    AttributeSchema::new(file).expect("valid")
}

fn rep(name: &str) -> RepId {
    RepId::new(name).expect("a slug")
}

#[test]
fn every_source_gives_its_feature() {
    let schema = schema();
    let spec: FeatureSpec = toml::from_str(SPEC).expect("valid");
    let digest = spec.digest();
    let executor = Executor::new(spec, &schema).expect("checked");
    let scopes: Vec<Scope> = executor.number_names().map(|(_, scope)| scope).collect();
    assert_eq!(scopes, [Scope::Lead, Scope::Lead, Scope::Rep, Scope::RepSegment, Scope::Lead, Scope::Rep, Scope::Lead]);

    let start = Instant::from_unix_micros(0);
    let mut state = FeatureState::empty(digest, 1);
    state.advance(start + Micros::DAY.times(10));
    for (n, level, stage) in [(1, "retail", Stage::Won), (2, "retail", Stage::Lost), (3, "health", Stage::Won)] {
        let lead = LeadId::from_bytes([n; 16]);
        state.assigned(lead, &rep("mara"), &[level], start, start).expect("before the border");
        state.closed(lead, stage, start + Micros::DAY).expect("before the border");
    }

    let mut values = Values::missing(schema.len());
    let at = |name: &str| schema.find(Entity::Lead, name).expect("in the schema");
    values.set(at("industry"), Some(Value::Choice(0)));
    values.set(at("budget"), Some(Value::Money(pointsman_domain::Money(250_000))));
    let mut engagement = [0; 7];
    engagement[3] = 4;
    let facts = LeadFacts {
        lead: &values,
        account: None,
        contact: None,
        at: Instant::from_unix_micros(0),
        local: LocalTime { hour: 9, weekday: 2 },
        engagement,
    };
    let row = executor.row(&facts, &state, Some(&rep("mara")));
    let texts: Vec<Option<&str>> = row.categories.iter().map(|c| c.as_deref()).collect();
    assert_eq!(texts, [Some("retail"), Some("2")]);
    // Wins: 2 of 3 overall and for mara, 1 of 2 in retail; shrunk by 2 towards the parent.
    let global = (2.0 + 2.0 * 0.5) / 5.0;
    let mara = (2.0 + 2.0 * global) / 5.0;
    let expected = [250_000.0, 1.0, mara, (1.0 + 2.0 * mara) / 4.0, (1.0 + 2.0 * global) / 4.0, 10.0, 4.0];
    assert_eq!(row.numbers, expected);

    let nobody = executor.row(&facts, &state, None);
    assert!(nobody.numbers[2].is_nan() && nobody.numbers[3].is_nan());
    assert_eq!(nobody.numbers[4], expected[4], "a segment's rate needs no rep");
    let blank = Values::missing(schema.len());
    let facts = LeadFacts { lead: &blank, ..facts };
    let row = executor.row(&facts, &state, Some(&rep("ben")));
    assert_eq!(row.categories[0].as_deref(), Some("unknown"));
    assert!(row.numbers[0].is_nan() && row.numbers[5].is_nan(), "no budget, no tenure");
    assert_eq!(row.numbers[1], 1.0, "the rule for missing employees");
}

#[test]
fn specifications_are_checked() {
    let check = |from: &str, to: &str| {
        let text = SPEC.replacen(from, to, 1);
        assert_ne!(text, SPEC, "{from}");
        Executor::new(toml::from_str(&text).expect("still TOML"), &schema()).err()
    };
    assert!(matches!(check("format = 1", "format = 2"), Some(SpecError::Format(2))));
    assert!(matches!(check("name = \"weekday\"", "name = \"industry\""), Some(SpecError::Twice(_))));
    assert!(matches!(check("name = \"employees\" } }", "name = \"age\" } }"), Some(SpecError::Protected { .. })));
    let allowed = "segments = [\"industry\"]\nallow_protected = [\"age\"]";
    let text = SPEC.replacen("name = \"employees\" } }", "name = \"age\" } }", 1).replacen(
        "segments = [\"industry\"]",
        allowed,
        1,
    );
    assert!(Executor::new(toml::from_str(&text).expect("TOML"), &schema()).is_ok(), "overridden by name");
    assert!(matches!(
        check("name = \"employees\" } }", "name = \"size\" } }"),
        Some(SpecError::UnknownAttribute { .. })
    ));
    assert!(matches!(check("segments = [\"industry\"]", "segments = []"), Some(SpecError::Segment { .. })));
    assert!(matches!(check("of = \"rep\", shrink = 2", "of = \"rep\", shrink = 0"), Some(SpecError::Shrink { .. })));
    assert!(matches!(
        check("kind = \"number\"\nsource = \"tenure\"", "kind = \"category\"\nsource = \"tenure\""),
        Some(SpecError::Kind { .. })
    ));
}

#[test]
fn the_digest_names_the_content() {
    let spec: FeatureSpec = toml::from_str(SPEC).expect("valid");
    let changed: FeatureSpec = toml::from_str(&SPEC.replacen("shrink = 2", "shrink = 3", 1)).expect("valid");
    assert_eq!(spec.digest(), spec.clone().digest());
    assert_ne!(spec.digest(), changed.digest());
}
