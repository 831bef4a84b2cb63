//! The mapping language from outside: what it refuses, and what rows become.

#![expect(clippy::unwrap_used, reason = "helpers of tests may unwrap as tests do")]

use pointsman_domain::{
    Entity, Money, Value,
    record::{ActivityKind, AssignmentKind, Stage},
};
use pointsman_intake::{CaseLog, Known, Mapping, Rows};
use proptest::prelude::*;

const DEALS: &str = r#"
format = 1
source = "crm"
currency = "USD"
zone = "+01:00"
time = "%d-%m-%y"

[[attributes.lead]]
name = "product"
type = "choice"
values = ["GTX Pro", "MG"]
[[attributes.lead]]
name = "price"
type = "money"
[[attributes.lead]]
name = "country"
type = "country"

[[input]]
name = "products"
file = "products*.csv"

[[input]]
name = "deals"
file = "deals*.csv*"
fixes.product = { GTXPro = "GTX Pro" }

[[input.join]]
input = "products"
on = "product"
key = "product"

[input.lead]
when = [{ column = "engaged", missing = false }]
id = "id"
at = "engaged"
account = "account"
attributes.product = "product"
attributes.price = "products.price"
attributes.country = "country"

[input.assignment]
when = [{ column = "engaged", missing = false }]
lead = "id"
rep = "agent"
at = "engaged"

[input.outcome]
when = [{ column = "stage", in = ["Won", "Lost"] }]
lead = "id"
at = "closed"
stage = { column = "stage", map = { Won = "won", Lost = "lost", Open = "open" } }
value = "value"
"#;

fn deals() -> Mapping {
    Mapping::parse(DEALS).unwrap()
}

/// Reads one deal, its texts given by column.
fn read(mapping: &Mapping, texts: &[(&str, &str)], known: &Known) -> Result<Rows, String> {
    let input = &mapping.inputs[1];
    let text = |column: &str| texts.iter().find(|(name, _)| *name == column).map_or("", |(_, text)| *text);
    let mut fields: Vec<&str> = input.columns.iter().map(|column| text(column)).collect();
    input.fix(&mut fields);
    input.row(mapping, &fields, known, 0).map_err(|fault| fault.to_string())
}

fn products(mapping: &Mapping) -> Known {
    let mut known = Known::default();
    assert_eq!(mapping.inputs[0].columns, ["product".into(), "price".into()] as [Box<str>; 2]);
    known.table_mut(0, 2).insert("GTX Pro", &["GTX Pro", "4,821"]).unwrap();
    known
}

const GOOD: [(&str, &str); 8] = [
    ("id", "Z063"),
    ("engaged", "25-10-16"),
    ("account", "Isdom"),
    ("product", "GTXPro"),
    ("country", "Germany"),
    ("agent", "Darcel Schlecht"),
    ("stage", "Won"),
    ("closed", "11-03-17"),
];

fn with(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let changed = |name: &str| changes.iter().any(|(other, _)| *other == name);
    GOOD.into_iter().filter(|(name, _)| !changed(name)).chain(changes.iter().copied()).collect()
}

#[test]
fn a_record_becomes_a_lead_with_owner_and_outcome() {
    let mapping = deals();
    let rows = read(&mapping, &with(&[("value", "4514")]), &products(&mapping)).unwrap();
    let (lead, assignment, outcome) = (rows.lead.unwrap(), rows.assignment.unwrap(), rows.outcome.unwrap());
    assert_eq!(lead.at.to_string(), "2016-10-24T23:00:00Z", "midnight in the mapping's zone");
    let value = |name: &str| lead.attributes.get(mapping.schema.find(Entity::Lead, name).unwrap()).cloned();
    assert_eq!(value("product"), Some(Value::Choice(0)), "the fix comes before the join and before the choice");
    assert_eq!(value("price"), Some(Value::Money(Money(482_100))));
    assert_eq!(value("country"), Some(Value::Text("DE".into())));
    assert_eq!(
        (assignment.lead, assignment.rep.as_str(), assignment.kind),
        (lead.id, "darcel-schlecht", AssignmentKind::First)
    );
    assert_eq!(rows.mentioned[0].1, "Darcel Schlecht".into());
    assert_eq!((outcome.lead, outcome.stage, outcome.value), (lead.id, Stage::Won, Some(Money(451_400))));
    assert_eq!(outcome.at.to_string(), "2017-03-11T23:00:00Z", "a day counts at its end");
    assert_eq!(
        lead.account,
        read(&mapping, &with(&[("id", "other")]), &Known::default()).unwrap().lead.unwrap().account
    );
}

#[test]
fn conditions_leave_tables_out_and_losses_have_no_value() {
    let mapping = deals();
    let rows = read(&mapping, &with(&[("engaged", ""), ("stage", "Open")]), &Known::default()).unwrap();
    assert_eq!(rows, Rows::default());
    let lost = read(&mapping, &with(&[("stage", "Lost"), ("value", "0")]), &Known::default()).unwrap();
    assert_eq!(lost.outcome.map(|o| (o.stage, o.value)), Some((Stage::Lost, None)));
}

#[test]
fn a_bad_row_names_its_column() {
    let mapping = deals();
    let check = |change: (&'static str, &'static str), expected: &str| {
        assert_eq!(read(&mapping, &with(&[change]), &Known::default()).unwrap_err(), expected);
    };
    check(("id", " "), "column 'id': is empty");
    check(("engaged", "2016-10-25"), "column 'engaged': '2016-10-25' is not a time written as %d-%m-%y");
    check(("product", "XYZ"), "column 'product': 'XYZ' is not one of GTX Pro, MG");
    check(("country", "Atlantis"), "column 'country': 'Atlantis' is not a two-letter country code like DE");
    check(("agent", "***"), "column 'agent': '***' has no letter or digit to name a rep by");
    check(("value", "4.514,00"), "column 'value': '4.514,00' is not an amount in USD");
    check(("closed", ""), "column 'closed': is empty");
    let mut known = Known::default();
    let lead = read(&mapping, &GOOD, &known).unwrap().lead.unwrap();
    assert!(known.add_lead("crm", "Z063", lead.id));
    assert_eq!(read(&mapping, &GOOD, &known).unwrap_err(), "column 'id': lead 'Z063' was read before");
    let fault = mapping.check_joined(0, &["MG", "cheap"]).unwrap_err().to_string();
    assert_eq!(fault, "column 'price': 'cheap' is not an amount in USD");
}

#[test]
fn a_bad_mapping_names_the_place() {
    let check = |from: &str, to: &str, expected: &str| {
        assert!(DEALS.contains(from), "{from}");
        let error = Mapping::parse(&DEALS.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check("format = 1", "format = 2", "the mapping has format 2; this version reads format 1");
    check("currency = \"USD\"", "currency = \"usd\"", "mapping, currency: 'usd' is not a currency");
    check("zone = \"+01:00\"", "zone = \"Mars\"", "mapping, zone: 'Mars' is not an offset");
    check("\"%d-%m-%y\"", "\"%d-%m\"", "mapping, time: '%d-%m' needs a day");
    check(
        "file = \"deals*.csv*\"",
        "file = 3",
        "mapping line 25, column 8: invalid type: integer `3`, expected a string",
    );
    check("rep = \"agent\"", "rip = \"agent\"", "mapping line 45, column 1: unknown field `rip`");
    check(
        "rep = \"agent\"",
        "rep = { column = \"a\", value = \"b\" }",
        "input 'deals', assignment.rep: needs either a column or a value",
    );
    check("input = \"products\"", "input = \"prices\"", "input 'deals': joins 'prices', which is no other input");
    check(
        "attributes.price = ",
        "attributes.prize = ",
        "input 'deals', lead.attributes.prize: is not listed under [attributes]",
    );
    check("Lost = \"lost\"", "Lost = \"gone\"", "input 'deals', outcome.stage: unknown variant `gone`");
    check("in = [\"Won\", \"Lost\"]", "missing = true, in = [\"Won\"]", "needs either in");
    check("type = \"money\"", "type = \"cash\"", "unknown variant `cash`");
    check("values = [\"GTX Pro\", \"MG\"]", "", "choice 'product' lists no values");
}

const EVENTS: &str = r#"
format = 1
source = "log"
[[attributes.lead]]
name = "amount"
type = "money"
[[input]]
name = "cases"
file = "cases.csv"
[[input]]
name = "events"
file = "events.csv"
[[input.join]]
input = "cases"
on = "case"
key = "case"
[input.events]
case = "case"
activity = "activity"
resource = "who"
at = "at"
system_resources = ["112"]
owned_after = "ACCEPTED"
won = ["REGISTERED"]
hops = true
closing = { DECLINED = "lost", APPROVED = "won" }
kinds = { W_ = "task", W_Call = "call" }
value = "cases.amount"
attributes.amount = "cases.amount"
"#;

/// Runs events `case activity who minute` and shows owners, activities and outcomes as text.
fn play(events: &[&str]) -> Vec<String> {
    let mapping = Mapping::parse(EVENTS).unwrap();
    let mut known = Known::default();
    known.table_mut(0, 2).insert("7", &["7", "2000"]).unwrap();
    let input = &mapping.inputs[1];
    let mut log = CaseLog::default();
    let mut told = Vec::new();
    for event in events {
        let words: Vec<&str> = event.split(' ').collect();
        let at = format!("2026-03-01T09:{}:00Z", words[3]);
        let text = |column: &str| match column {
            "case" => words[0],
            "activity" => words[1],
            "who" => words[2].trim_matches('-'),
            _ => &at,
        };
        let fields: Vec<&str> = input.columns.iter().map(|column| text(column)).collect();
        let row = input.events.as_ref().unwrap().take(&mapping, &fields, &mut log).unwrap();
        if let Some(owner) = row.assignment {
            told.push(format!("{:?} {} {}", owner.kind, owner.rep, owner.at));
        }
        if row.activity.kind == ActivityKind::Call {
            told.push(format!("call {} {}", row.activity.human, row.activity.label));
        }
    }
    for lead in log.finish(&mapping, input, &known) {
        let (lead, outcome) = lead.unwrap();
        let value = lead.attributes.iter().next().map(|(_, value)| value.to_string());
        let outcome = outcome.map(|o| format!("{:?} {} {} {:?}", o.stage, o.at, o.known_at, o.value));
        told.push(format!("lead {} {} {value:?} {outcome:?}", lead.external_id, lead.at));
    }
    told
}

#[test]
fn the_first_person_after_acceptance_owns_the_case() {
    let told = play(&[
        "7 NEW 112 00",
        "7 W_Fix anna 01",
        "7 ACCEPTED 112 02",
        "7 W_Fix - 03",
        "7 W_Call 112 04",
        "7 W_Call bert 05",
        "7 W_Call bert 06",
        "7 W_Fix anna 07",
        "7 DECLINED anna 08",
        "8 NEW 112 09",
    ]);
    assert_eq!(
        told,
        [
            "call false W_Call",
            "First bert 2026-03-01T09:05:00Z",
            "call true W_Call",
            "call true W_Call",
            "Hop anna 2026-03-01T09:07:00Z",
            "lead 7 2026-03-01T09:00:00Z Some(\"200000\") Some(\"Lost 2026-03-01T09:08:00Z 2026-03-01T09:08:00Z None\")",
            "lead 8 2026-03-01T09:09:00Z None None",
        ]
    );
}

#[test]
fn a_win_after_closing_is_known_when_it_came() {
    let told = play(&[
        "7 NEW 112 00",
        "8 NEW 112 00",
        "7 DECLINED 112 01",
        "7 REGISTERED 112 05",
        "8 REGISTERED 112 03",
        "8 APPROVED 112 06",
    ]);
    assert_eq!(
        told,
        [
            "lead 7 2026-03-01T09:00:00Z Some(\"200000\") Some(\"Won 2026-03-01T09:01:00Z 2026-03-01T09:05:00Z Some(Money(200000))\")",
            "lead 8 2026-03-01T09:00:00Z None Some(\"Won 2026-03-01T09:06:00Z 2026-03-01T09:06:00Z None\")",
        ]
    );
}

#[test]
fn the_acceptance_itself_is_no_touch() {
    let told = play(&["7 ACCEPTED anna 00", "7 W_Fix bert 01"]);
    assert_eq!(told[0], "First bert 2026-03-01T09:01:00Z");
}

#[test]
fn what_events_need_at_the_end_must_come_by_case() {
    let error = Mapping::parse(&EVENTS.replace("attributes.amount = \"cases.amount\"", "attributes.amount = \"who\""))
        .unwrap_err();
    assert!(error.to_string().contains("must come from an input joined on the case column 'case'"), "{error}");
    let error = Mapping::parse(&EVENTS.replace("DECLINED = \"lost\"", "DECLINED = \"open\"")).unwrap_err();
    assert!(error.to_string().contains("does not close a lead"), "{error}");
}

#[test]
fn files_are_told_apart_by_name() {
    let mapping = deals();
    let taken = |name: &str| mapping.inputs.iter().position(|input| input.takes(name));
    assert_eq!(taken("deals.csv"), Some(1));
    assert_eq!(taken("deals-2016.csv.gz"), Some(1));
    assert_eq!(taken("products.csv"), Some(0));
    assert_eq!(taken("my-deals.csv"), None);
    assert_eq!(mapping.reading_order(), [0, 1]);
}

#[test]
fn the_shipped_mappings_are_sound() {
    let bpi = Mapping::parse(include_str!("../../../mappings/bpi2012.toml")).unwrap();
    assert_eq!(bpi.inputs[1].columns, ["case", "activity", "lifecycle", "resource", "ts"].map(Box::<str>::from));
    let maven = Mapping::parse(include_str!("../../../mappings/maven-crm.toml")).unwrap();
    assert_eq!(maven.reading_order(), [0, 1, 3, 2], "what is joined, then leads, then what is left");
}

proptest! {
    #[test]
    fn any_record_is_read_or_refused(texts in prop::collection::vec("\\PC{0,20}", 12)) {
        let mapping = deals();
        let input = &mapping.inputs[1];
        let fields: Vec<&str> = texts.iter().map(String::as_str).take(input.columns.len()).collect();
        let _ = input.row(&mapping, &fields, &Known::default(), 0);
    }

    #[test]
    fn any_text_is_a_mapping_or_an_error(from in 0usize..1800, to in 0usize..60, text in "\\PC{0,12}") {
        let start = from.min(DEALS.len());
        let end = (start + to).min(DEALS.len());
        let _ = Mapping::parse(&[&DEALS[..start], &text, &DEALS[end..]].concat());
    }
}
