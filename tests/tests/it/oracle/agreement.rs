//! Every decision and every reason, compared with a slow, obvious interpreter.

use super::{run, run::missing};

const COMPANIES: u64 = 48;
const LEADS: u64 = 200;

/// As many companies and leads as `POINTSMAN_ORACLE=COMPANIESxLEADS` says.
#[expect(clippy::disallowed_methods, reason = "how long somebody waits is said by the environment")]
fn size() -> (u64, u64) {
    let Ok(text) = std::env::var("POINTSMAN_ORACLE") else { return (COMPANIES, LEADS) };
    let (companies, leads) = text.split_once('x').expect("POINTSMAN_ORACLE is COMPANIESxLEADS");
    (companies.parse().expect("a number of companies"), leads.parse().expect("a number of leads"))
}

#[test]
fn random_companies_decide_as_the_interpreter_does() {
    let (companies, leads) = size();
    let coverage = run(1, companies, leads, &mut |_, _, _, _| {});
    assert_eq!(missing(&coverage, 100), [], "{coverage:#?}");
}
