//! What people read when a condition is wrong: where, what, and what to write instead.

mod world;

use pointsman_expr::{Environment, Fault, MAX_DEPTH};
use proptest::prelude::*;

fn check(source: &str, expected: &str) {
    let environment = Environment::new(&world::schema());
    let error = environment.compile(source).map(|c| c.source().to_owned()).expect_err(source);
    assert_eq!(error.to_string(), expected, "{source}");
}

#[test]
fn unknown_names_get_the_nearest_known_one() {
    check(r#"lead.contry == "DE""#, "line 1, column 1: unknown field 'lead.contry'; try 'lead.country'");
    check("true &&\n  country == \"DE\"", "line 2, column 3: unknown field 'country'; try 'account.country'");
    check("has(lead.industry)", "line 1, column 5: unknown field 'lead.industry'; try 'account.industry'");
    check("lead.zzzzzz", "line 1, column 1: unknown field 'lead.zzzzzz'");
    check(r#"lead.product.startswith("a")"#, "line 1, column 1: unknown function 'startswith'; try 'startsWith'");
    check(r#"lead.product.starts_with("a")"#, "line 1, column 1: unknown function 'starts_with'; try 'startsWith'");
    check("hass(lead.product)", "line 1, column 1: unknown function 'hass'; try 'has'");
    check("lead.country == DE", "line 1, column 17: unknown field 'DE'; try \"DE\" in quotes");
}

#[test]
fn types_must_fit() {
    check(
        r#"lead.employees > "200""#,
        "line 1, column 18: 'lead.employees' is a whole number and cannot be compared with the text \"200\"; try 200 without quotes",
    );
    check(
        "lead.postcode == 80331",
        "line 1, column 18: 'lead.postcode' is a postcode and cannot be compared with the number 80331; try \"80331\" in quotes",
    );
    check(
        r#"lead.country < "DE""#,
        "line 1, column 14: 'lead.country' is a country; '<' does not apply to it; try '==' or 'in [ … ]'",
    );
    check(
        r#"lead.tags == "a""#,
        "line 1, column 14: 'lead.tags' is a list of texts and cannot be compared with the text \"a\"; try '\"a\" in lead.tags'",
    );
    check(
        r#"lead.tags.contains("a")"#,
        "line 1, column 1: 'lead.tags' is a list of texts; 'contains' does not apply to it; try '\"a\" in lead.tags'",
    );
    check(
        "lead.employees",
        "line 1, column 1: expected a condition, found 'lead.employees', which is a whole number; try 'has(lead.employees)' or a comparison",
    );
    check(
        "lead.employees == lead.fit",
        "line 1, column 16: 'lead.employees' is a whole number and cannot be compared with 'lead.fit', which is a number",
    );
    check("lead.urgent && 5", "line 1, column 16: expected a condition, found the number 5");
    check("1 == 1", "line 1, column 1: a comparison needs a field on one side");
    check(
        "lead.country == null",
        "line 1, column 17: null is not part of the condition language; try '!has(lead.country)'",
    );
    check(
        "lead.urgent == (lead.employees > 5)",
        "line 1, column 17: 'lead.urgent' is true or false and cannot be compared with a condition",
    );
    check("has(5)", "line 1, column 1: 'has' takes one field");
    check("lead.product.contains(5)", "line 1, column 1: 'contains' takes one text in quotes");
}

#[test]
fn values_must_be_possible() {
    check(
        r#"account.industry == "technolgy""#,
        "line 1, column 21: 'technolgy' is never a value of 'account.industry', which is one of technology, retail, finance, health-care; try \"technology\"",
    );
    check(
        r#"account.industry in ["retail", "mining"]"#,
        "line 1, column 32: 'mining' is never a value of 'account.industry', which is one of technology, retail, finance, health-care",
    );
    check(
        r#"lead.country == "de""#,
        "line 1, column 17: 'de' is never a value of 'lead.country', which is a two-letter country code like DE; try \"DE\"",
    );
    check(
        r#"account.owner == "Anna Snelling""#,
        "line 1, column 18: 'Anna Snelling' is never a value of 'account.owner', which is a rep's id like anna-snelling; try \"anna-snelling\"",
    );
    check("time.hour == 24", "line 1, column 14: '24' is never a value of 'time.hour', which is between 0 and 23");
    check("time.hour > 23", "line 1, column 13: '23' is never a value of 'time.hour', which is between 0 and 23");
    check(
        "lead.employees == 2.5",
        "line 1, column 19: '2.5' is never a value of 'lead.employees', which is a whole number",
    );
    check(
        r#"lead.due < "1.3.2026""#,
        "line 1, column 12: '1.3.2026' is never a value of 'lead.due', which is a date like 2026-03-01",
    );
    check(
        "lead.budget > 0.999",
        "line 1, column 15: '0.999' is not an amount of the workspace's currency; try an amount like 50000 or 99.90",
    );
    check(
        "lead.employees > 99999999999999999999",
        "line 1, column 18: '99999999999999999999' is not a 64-bit whole number",
    );
    check("lead.country in []", "line 1, column 17: an empty list is not part of the condition language");
}

#[test]
fn syntax_errors_say_what_was_expected() {
    check("", "line 1, column 1: unexpected the end of the condition, expected a field, a value or '('");
    check("lead.urgent and true", "line 1, column 13: unexpected 'and', expected an operator or the end; try '&&'");
    check("not lead.urgent", "line 1, column 1: unexpected 'not', expected a condition; try '!'");
    check(
        "lead.country = \"DE\"",
        "line 1, column 14: unexpected '=', expected a field, a value or an operator; try '=='",
    );
    check(
        "lead.urgent & true",
        "line 1, column 13: unexpected '&', expected a field, a value or an operator; try '&&'",
    );
    check(
        "1 < lead.employees < 5",
        "line 1, column 20: unexpected '<', expected one comparison at a time; try two comparisons joined by '&&'",
    );
    check("(lead.urgent", "line 1, column 13: unexpected the end of the condition, expected ')'");
    check("lead.employees + 1 > 5", "line 1, column 16: arithmetic is not part of the condition language");
    check(
        "lead.urgent ? true : false",
        "line 1, column 13: '? :' is not part of the condition language; try '&&' and '||'",
    );
    check("lead.country == \"DE", "line 1, column 17: the text that begins here never ends");
    check("lead.product == \"\\q\"", "line 1, column 18: '\\q' is not a known escape; try '\\\\' for a backslash");
    check(
        "lead.product == „x“",
        "line 1, column 17: unexpected '„', expected a field, a value or an operator; try straight quotes",
    );
    check("lead.tags[0] == \"a\"", "line 1, column 10: unexpected '[', expected an operator or the end");
    check(r#"lead.product.matches("(")"#, "line 1, column 22: '(' is not a usable pattern: unclosed group");
    check(
        r#"lead.product.matches("\\w{2000}")"#,
        "line 1, column 22: '\\w{2000}' is not a usable pattern: it compiles to more than 256 kB",
    );
}

#[test]
fn columns_count_characters() {
    check("lead.product == \"Öfen\" && x", "line 1, column 27: unknown field 'x'");
}

#[test]
fn limits_are_errors_not_crashes() {
    let environment = Environment::new(&world::schema());
    let fault = |source: &str| environment.compile(source).map(|_| ()).expect_err("refused").fault;
    assert!(matches!(fault(&"(".repeat(4000)), Fault::TooDeep { .. }));
    assert!(matches!(fault(&"!".repeat(4000)), Fault::TooDeep { .. }));
    assert!(matches!(fault(&"[".repeat(4000)), Fault::TooDeep { .. }));
    assert!(matches!(fault(&"has(".repeat(1000)), Fault::TooDeep { .. }));
    assert!(matches!(fault(&" ".repeat(5000)), Fault::TooLong { .. }));
    assert!(matches!(fault(&format!("lead.employees in [{}]", "1,".repeat(1001))), Fault::ListTooLong { .. }));
    assert!(environment.compile(&format!("lead.employees in [{}]", "1,".repeat(1000))).is_ok());
    let deep = MAX_DEPTH - 1;
    assert!(environment.compile(&format!("{}true{}", "(".repeat(deep), ")".repeat(deep))).is_ok());
    assert!(environment.compile(&format!("true{}", "&& true".repeat(500))).is_ok());
    let wide = ["(lead.urgent || lead.employees > 5)"; 100].join(" && ");
    assert!(environment.compile(&wide).is_ok());
}

/// Pieces of conditions, right and wrong, in any order.
const PIECES: [&str; 34] = [
    "lead.country",
    "lead.employees",
    "lead.tags",
    "account.owner",
    "time.hour",
    "lead",
    "nosuch.field",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "&&",
    "||",
    "!",
    "==",
    "!=",
    "<",
    ">=",
    "in",
    "has(",
    "date(",
    ".matches(",
    ".startsWith(",
    "\"DE\"",
    "'é",
    "r\"(\"",
    "5",
    "-2.5e300",
    "0x",
    "true",
    "null",
    "\n",
];

proptest! {
    // For longer: PROPTEST_CASES=1000000.
    #[test]
    fn any_text_is_compiled_or_refused_with_a_place_inside_it(
        soup in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..40),
        text in "\\PC{0,40}",
    ) {
        let environment = Environment::new(&world::schema());
        for source in [soup.join(" "), soup.concat(), text] {
            if let Err(error) = environment.compile(&source) {
                let line = source.split('\n').nth(error.line as usize - 1);
                let length = line.map(|line| line.chars().count());
                prop_assert!(length.is_some_and(|length| error.column as usize <= length + 1), "{source:?}: {error}");
            }
        }
    }
}
