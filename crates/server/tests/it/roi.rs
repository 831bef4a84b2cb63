//! What quarters brought in: kept by API, shown as page and file, told by the view.

use axum::http::StatusCode;
use pointsman_measure::roi::RoiSpec;
use serde_json::{Value, json};

use crate::{kpis::rows_of, world::Door};
use pointsman_store::{load::Cell, view::View};

const SPEC: &str = include_str!("../../../measure/tests/roi.toml");

fn frozen(spec: &str) -> String {
    let spec = RoiSpec::parse(spec, 1).unwrap();
    serde_json::to_string(&spec.baseline.freeze("2026-03-30".parse().unwrap()).unwrap()).unwrap()
}

fn keep(door: &Door, spec: &str, frozen: &str) -> crate::world::Answer {
    door.post("/v1/roi", &json!({ "spec": spec, "frozen": frozen, "by": "olga" }).to_string())
}

#[test]
fn a_quarter_is_kept_shown_and_told_again() {
    let door = Door::open(50);
    assert_eq!(door.get("/v1/roi").json()["quarters"], json!([]));
    let empty = door.get("/roi?lang=de");
    assert!(empty.status == StatusCode::OK && empty.text.contains("noch kein Quartal"), "{}", empty.text);
    // The views name the currency once something was decided.
    door.lead("DE", "p");
    door.get("/v1/kpis");

    let kept = keep(&door, SPEC, &frozen(SPEC));
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.text);
    let kept = kept.json();
    assert_eq!(
        (&kept["quarter"], &kept["by"], &kept["claim"]),
        (&json!("2026-Q3"), &json!("olga"), &json!("as_stated"))
    );
    let shown = door.get("/v1/roi/2026-Q3").json();
    assert_eq!((&shown["result"], &shown["net"]), (&kept["result"], &kept["net"]));
    assert_eq!(door.get("/v1/roi").json()["quarters"][0]["net"], kept["net"]);

    // The quarter by hand, as the view has it.
    let rows = rows_of(&door, "roi_quarter");
    let place = |name: &str| View::find("roi_quarter").unwrap().column(name).unwrap();
    let amount = |component: &str, column: &str| -> Option<i64> {
        let row = rows.iter().find(|row| row[place("component")] == Cell::Text(Some(component.to_owned().into())));
        match row.unwrap_or_else(|| panic!("no {component}"))[place(column)] {
            Cell::Int(number) => number,
            ref other => panic!("{other:?}"),
        }
    };
    let value = |component: &str| amount(component, "value").unwrap();
    let euros = |minor: i64| (minor + 50) / 100;
    assert_eq!((euros(value("conversion")), euros(value("saved"))), (55_648, 89_435));
    assert_eq!(value("conversion") + value("saved"), value("both"));
    assert_eq!(value("both"), 14_508_312);
    assert_eq!((euros(value("time")), value("cost")), (16_474, 1_070_400));
    assert_eq!(value("net"), value("both") + value("time") - value("cost"));
    let range = ["low", "high"].map(|end| euros(amount("both", end).unwrap()));
    assert_eq!(range, [9_475, 280_691]);
    assert_eq!(value("net") as f64, kept["net"]["value"].as_f64().unwrap().round());

    for (path, words) in [
        ("/roi", "What did it bring in money"),
        ("/roi?quarter=2026-Q3&lang=de", "Was hat es in Geld gebracht"),
        ("/roi/2026-Q3/report.html?lang=de", "Diese Datei steht für sich"),
    ] {
        let page = door.get(path);
        assert!(page.status == StatusCode::OK && page.text.contains(words), "{path}: {}", page.text);
    }
    assert!(door.get("/roi").text.contains("/roi/2026-Q3/report.html?lang=en"));

    // Told again it is replaced; another quarter stands beside it.
    let dearer = SPEC.replace("margin = 4200", "margin = 8400");
    assert_eq!(keep(&door, &dearer, &frozen(&dearer)).status, StatusCode::OK);
    let quarters = door.get("/v1/roi").json()["quarters"].clone();
    assert_eq!(quarters.as_array().unwrap().len(), 1);
    assert_ne!(quarters[0]["net"], kept["net"]);
    door.stop();
}

#[test]
fn what_does_not_fit_is_refused_with_its_field() {
    let door = Door::open(50);
    let refused = |spec: &str, sealed: &str, field: &str, says: &str| {
        let answer = keep(&door, spec, sealed);
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
        let error: Value = answer.json()["errors"][0].clone();
        let said = error["problem"].as_str().unwrap();
        assert!(error["field"] == field && said.contains(says), "{error}");
    };
    let sealed = frozen(SPEC);
    refused(&SPEC.replace("format = 1", "format = 2"), &sealed, "spec", "format");
    refused(SPEC, "{}", "frozen", "cannot be read");
    refused(SPEC, &sealed.replace("0.22", "0.33"), "frozen", "was changed");
    let changed = SPEC.replace("missed_share = 0.22", "missed_share = 0.33");
    assert_ne!(changed, SPEC);
    refused(&changed, &sealed, "spec", "changed after it was frozen");
    refused(&SPEC.replace("2026-10-01", "2026-09-30"), &sealed, "spec", "no quarter");
    refused(&SPEC.replace("\"EUR\"", "\"CHF\""), &sealed, "spec", "this workspace in EUR");
    assert_eq!(door.get("/v1/roi/2026-Q3").status, StatusCode::NOT_FOUND);
    assert_eq!(door.get("/roi?quarter=2026-Q3").status, StatusCode::NOT_FOUND);
    for bad in ["/v1/roi/2026", "/v1/roi/2026-Q5", "/roi?quarter=x", "/roi?lang=fr", "/roi/nothing/report.html"] {
        assert_eq!(door.get(bad).status, StatusCode::BAD_REQUEST, "{bad}");
    }
    door.stop();
}
