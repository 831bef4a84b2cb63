//! Every decision and every reason, compared with a slow, obvious interpreter.

use super::{run, run::missing};

const COMPANIES: u64 = 48;
const LEADS: u64 = 200;

#[test]
fn random_companies_decide_as_the_interpreter_does() {
    let coverage = run(1, COMPANIES, LEADS, &mut |_, _, _, _| {});
    assert_eq!(missing(&coverage, 100), [], "{coverage:#?}");
}
