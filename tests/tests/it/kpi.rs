//! Figures and the quarter in two pages, as a user of the field asks for them.

use std::fs;

use pointsman_tests::binary::{refused, stdout};

/// Three applications: one touched after ten minutes and won, one that only the system touched, one
/// touched after an hour.
const LOG: &str = "case,activity,lifecycle,resource,ts
a,arrived,COMPLETE,bot,2026-03-02T08:00:00Z
a,call,COMPLETE,anna,2026-03-02T08:10:00Z
b,arrived,COMPLETE,bot,2026-03-02T09:00:00Z
b,reminder,COMPLETE,bot,2026-03-06T09:00:00Z
c,arrived,COMPLETE,bot,2026-03-02T10:00:00Z
c,call,COMPLETE,ben,2026-03-02T11:00:00Z
a,signed,COMPLETE,anna,2026-03-02T09:10:00Z
";
const MAPPING: &str = "format = 1\nsource = \"log\"\ncurrency = \"CHF\"\n[[input]]\nname = \"events\"\nfile = \"log.csv\"\n\
    [input.events]\ncase = \"case\"\nactivity = \"activity\"\nlifecycle = \"lifecycle\"\nresource = \"resource\"\n\
    at = \"ts\"\nsystem_resources = [\"bot\"]\n[input.events.closing]\nsigned = \"won\"\n";
const SPEC: &str = "format = 1\nmaturity_days = 1\n[targets]\nspeed-to-lead = 1800\n\
    [[cost]]\nname = \"search\"\nfrom = \"2026-03-01\"\nuntil = \"2026-04-01\"\namount = 31\n";

fn json(args: &[&str]) -> serde_json::Value {
    serde_json::from_str(&stdout(args)).expect("JSON on stdout")
}

#[test]
fn figures_of_a_history_are_those_by_hand() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = |name: &str| folder.path().join(name).display().to_string();
    fs::write(place("log.csv"), LOG).expect("the log can be written");
    fs::write(place("log.toml"), MAPPING).expect("the mapping can be written");
    let desk = place("desk");
    stdout(&["import", "--mapping", &place("log.toml"), "--into", &desk, &place("log.csv")]);
    fs::write(place("desk/kpi.toml"), SPEC).expect("the file of figures can be written");
    let day = ["--workspace", &desk, "--from", "2026-03-02", "--until", "2026-03-03"];
    let ask = |args: &[&str]| json(&[&["kpi"], &day[..], args, &["--json"]].concat());

    let page = place("kpi.html");
    let all = ask(&["--html", &page]);
    let figure = |slug: &str| {
        let rows = all["overview"]["figures"].as_array().expect("figures");
        rows.iter().map(|pair| &pair[0]).find(|now| now["kpi"] == slug).expect("the figure").clone()
    };
    let value = |slug: &str| figure(slug)["measured"]["value"]["value"].as_f64();
    // Of three leads one waits: the curve falls to a third after an hour.
    assert_eq!((value("speed-to-lead"), value("conversion")), (Some(3600.0), Some(1.0 / 3.0)));
    assert_eq!(
        (figure("lost-leads")["measured"]["value"]["hits"].as_u64(), figure("lost-leads")["n"].as_u64()),
        (Some(1), Some(3))
    );
    // A franc a day over three leads, in centimes.
    assert_eq!(value("cost-per-lead"), Some(100.0 / 3.0));
    let missing = &figure("first-acceptance")["measured"]["not_measured"];
    assert_eq!((missing["reason"].as_str(), missing["feed"].as_str()), (Some("no_feed"), Some("offers")));
    let target = &all["overview"]["board"]["figures"][0]["target"];
    assert_eq!(target["target"].as_f64(), Some(1800.0));
    for (file, words) in [("kpi.html", "not measured"), ("kpi.de.html", "nicht gemessen")] {
        assert!(fs::read_to_string(place(file)).expect("a page").contains(words), "{file}");
    }

    let lost = ask(&["--kpi", "lost-leads", "--list", "--part", "hits"]);
    assert_eq!((lost["total"].as_u64(), lost["leads"][0]["value"].as_f64()), (Some(1), Some(1.0)));
    let by_rep = ask(&["--kpi", "conversion", "--by", "rep"]);
    let groups = by_rep[0]["groups"].as_array().expect("groups");
    assert_eq!(groups.len(), 3, "anna, ben, and nobody: {by_rep:#}");
    let anna = ask(&["--kpi", "conversion", "--filter", "rep=anna"]);
    assert_eq!(anna["detail"]["figure"]["now"]["measured"]["value"]["value"].as_f64(), Some(1.0));
    let text = stdout(&[&["kpi"], &day[..]].concat());
    assert!(text.contains("not measured: no offers: clock-accepted, first-acceptance"), "{text}");

    // The whole quarter: seven answers, and both pages.
    let report = stdout(&["report", "--workspace", &desk, "--quarter", "2026-Q1"]);
    for words in ["Are we faster", "1\u{a0}lead", "there is no ROI file", "There is no store here"] {
        assert!(report.contains(words), "{words} in {report}");
    }
    let german = fs::read_to_string(place("desk/reports/2026-Q1.de.html")).expect("the German page");
    assert!(german.contains("Sieben Antworten") && german.contains("<body class=\"brief\">"));
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let desk = folder.path().display().to_string();
    let check = |args: &[&str], expected: &str| {
        let message = refused(&[args, &["--workspace", &desk]].concat(), 2);
        assert!(message.contains(expected), "expected '{expected}' in: {message}");
    };
    check(&["kpi"], "first: pointsman import");
    check(&["report", "--quarter", "2026-Q5"], "write it as 2026-Q3");
    check(&["kpi", "--kpi", "speed"], "there are speed-to-lead");
    check(&["kpi", "--by", "colour"], "there are source");
    check(&["kpi", "--list"], "--kpi");
    fs::write(folder.path().join("kpi.toml"), "format = 1\nmaturity_days = 0\n").expect("can be written");
    check(&["kpi"], "at least 1");
    fs::write(folder.path().join("kpi.toml"), "format = 1\n[targets]\nspeed = 4\n").expect("can be written");
    check(&["kpi"], "kpi.toml");
}

const CRM: &str = "lead_id,created_at,country,owner,status,closed_at
1,2026-01-10T08:00:00Z,DE,anna,won,2026-01-12T08:00:00Z
2,2026-01-11T08:00:00Z,DE,ben,lost,2026-01-12T08:00:00Z
3,2026-03-11T08:00:00Z,DE,ben,won,2026-03-12T08:00:00Z
4,2026-03-12T08:00:00Z,PL,ben,lost,2026-03-13T08:00:00Z
5,2026-03-13T08:00:00Z,FR,anna,,
";
const CRM_MAPPING: &str = r#"format = 1
source = "crm"
currency = "EUR"
[[attributes.lead]]
name = "country"
type = "country"
[[input]]
name = "leads"
file = "crm.csv"
[input.lead]
id = "lead_id"
at = "created_at"
[input.lead.attributes]
country = "country"
[input.assignment]
lead = "lead_id"
rep = "owner"
at = "created_at"
[input.outcome]
when = [{ column = "status", in = ["won", "lost"] }]
lead = "lead_id"
at = "closed_at"
stage = "status"
"#;
/// Germany changed hands in March.
const TABLE: &str = "country,rep,valid_from,valid_to
DE,anna,,2026-03-01
DE,ben,2026-03-01,
FR,ben,,
";

#[test]
fn assignments_are_compared_with_the_table_of_their_day() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = |name: &str| folder.path().join(name).display().to_string();
    let write = |name: &str, text: &str| fs::write(place(name), text).expect("can be written");
    [("crm.csv", CRM), ("crm.toml", CRM_MAPPING), ("areas.csv", TABLE)]
        .iter()
        .for_each(|(name, text)| write(name, text));
    let (desk, table) = (place("desk"), place("areas.csv"));
    stdout(&["import", "--mapping", &place("crm.toml"), "--into", &desk, &place("crm.csv")]);
    let flow = json(&["flow", "--workspace", &desk, "--territories", &table, "--json"]);
    let found = &flow["territories"];
    // Leads 1 and 3 went right, 2 and 5 did not, and Poland is in no row.
    assert_eq!(
        (found["assigned"].as_u64(), found["right"]["hits"].as_u64(), found["right"]["n"].as_u64()),
        (Some(5), Some(2), Some(4))
    );
    assert_eq!((found["missing"][0]["says"].as_str(), found["missing"][0]["leads"].as_u64()), (Some("PL"), Some(1)));
    assert_eq!((found["won_right"]["hits"].as_u64(), found["won_wrong"]["n"].as_u64()), (Some(2), Some(1)));
    assert_eq!(found["difference"]["value"].as_f64(), Some(1.0));
    let page = fs::read_to_string(place("desk/reports/flow/flow.html")).expect("the page");
    assert!(page.contains("Observed, not caused") && !page.contains("Not measured: no territory table"));
    write("areas.csv", "country,rep\nDE,nobody\n");
    let message = refused(&["flow", "--workspace", &desk, "--territories", &table], 2);
    assert!(message.contains("unknown rep 'nobody'"), "{message}");
}
