//! What conditions mean, example by example.

mod world;

use pointsman_domain::{Currency, Value};
use pointsman_expr::{Builtin, Environment, RuleSet};

/// The condition holds for the row, asked alone and in a rule set.
fn check(pairs: &[(&str, &str)], source: &str, expected: bool) {
    let environment = Environment::new(&world::schema());
    let condition = environment.compile(source).unwrap_or_else(|error| panic!("{source}: {error}"));
    let row = world::row(&environment, pairs);
    assert_eq!(condition.eval(&row), expected, "{source} for {pairs:?}");
    let rules = RuleSet::new(std::slice::from_ref(&condition));
    let found = rules.first(&row, &mut rules.scratch()).is_some();
    assert_eq!(found, expected, "{source} for {pairs:?} in a rule set");
}

#[test]
fn comparisons_by_type() {
    let german = [("lead.country", "DE"), ("lead.postcode", "80331"), ("lead.language", "de")];
    check(&german, r#"lead.country == "DE""#, true);
    check(&german, r#""DE" == lead.country"#, true);
    check(&german, r#"lead.country != "AT""#, true);
    check(&german, r#"lead.country in ["AT", "CH"]"#, false);
    check(&german, r#"lead.language == 'de'"#, true);
    check(&german, r#"lead.postcode >= "80000" && lead.postcode < "86000""#, true);
    check(&german, r#"lead.postcode < "8""#, false);
    let sized =
        [("lead.employees", "200"), ("lead.fit", "0.5"), ("lead.budget", "5000000"), ("lead.due", "2026-03-01")];
    check(&sized, "lead.employees > 199 && lead.employees <= 200 && 201 > lead.employees", true);
    check(&sized, "lead.employees > 199.5", true);
    check(&sized, "lead.employees >= 200.5", false);
    check(&sized, "lead.employees < -1e30", false);
    check(&sized, "lead.employees == 0xC8", true);
    check(&sized, "lead.employees in [1, 200u]", true);
    check(&sized, "lead.fit == .5 && lead.fit < 1", true);
    check(&sized, "lead.budget == 50000", true);
    check(&sized, "lead.budget > 49999.99 && lead.budget < 50000.01", true);
    check(&sized, r#"lead.due == "2026-03-01" && lead.due < date("2026-03-02")"#, true);
    check(&sized, r#"lead.due > timestamp("2026-03-01")"#, false);
    check(&[("lead.urgent", "yes")], "lead.urgent && lead.urgent == true && lead.urgent != false", true);
    check(&[("lead.urgent", "no")], "lead.urgent || lead.urgent == true", false);
    check(&[("account.industry", "retail")], r#"account.industry in ["finance", "retail"]"#, true);
    check(&[("lead.tags", "a; b")], r#""b" in lead.tags && !("c" in lead.tags)"#, true);
}

#[test]
fn texts_are_searched() {
    let lead = [("lead.product", "Röhren-Ofen 3"), ("account.industry", "health-care")];
    check(&lead, r#"lead.product.startsWith("Röhren")"#, true);
    check(&lead, r#"lead.product.startsWith("Röhren-Ofen 3 ")"#, false);
    check(&lead, r#"lead.product.startsWith("")"#, true);
    check(&lead, r#"lead.product.endsWith("3") && lead.product.contains("Ofen")"#, true);
    check(&lead, r#"lead.product.contains("ofen")"#, false);
    check(&lead, r#"lead.product.matches("(?i)RÖHREN.*\\d$")"#, true);
    check(&lead, r#"lead.product.matches(r"^\d")"#, false);
    check(&lead, r#"account.industry.startsWith("health")"#, true);
    check(&lead, r#"account.industry.matches("^(retail|finance)$")"#, false);
    check(&lead, "lead.product == \"R\\u00f6hren-\\x4ffen 3\"", true);
}

#[test]
fn a_test_of_a_missing_value_is_false() {
    for source in [
        r#"lead.country == "DE""#,
        r#"lead.country != "DE""#,
        r#"lead.country in ["DE"]"#,
        "lead.employees < 10",
        "lead.employees >= 10",
        "lead.urgent",
        "lead.urgent == false",
        "lead.urgent != true",
        "has(lead.country)",
        r#""a" in lead.tags"#,
        r#"lead.product.startsWith("")"#,
        r#"lead.product.matches("")"#,
        "account.owner == account.parent_owner",
        "account.owner != account.parent_owner",
        "lead.country < lead.postcode || lead.postcode < lead.product",
    ] {
        if !source.contains("lead.country <") {
            check(&[], source, false);
            check(&[], &format!("!({source})"), true);
        }
    }
    check(&[], r#"!(lead.country == "DE") && !has(lead.country)"#, true);
    check(&[("lead.postcode", "1")], "lead.postcode < lead.product", false);
    check(&[("lead.postcode", "1")], "lead.product > lead.postcode", false);
    check(&[("lead.country", "DE")], "lead.country == account.country || lead.country != account.country", false);
}

#[test]
fn boolean_operators_bind_as_in_cel() {
    let lead = [("lead.urgent", "yes")];
    check(&lead, "true || false && false", true);
    check(&lead, "(true || false) && false", false);
    check(&lead, "!lead.urgent || true", true);
    check(&lead, "!(lead.urgent && !has(lead.country))", false);
    check(&lead, "!!lead.urgent // and a comment\n && true", true);
    check(&lead, "!lead.urgent == true", false);
    check(&lead, "(has(lead.country) || lead.urgent) != false", true);
}

#[test]
fn two_fields_are_compared() {
    let owners = [("account.owner", "anna"), ("account.parent_owner", "anna"), ("contact.owner", "ben")];
    check(&owners, "account.owner == account.parent_owner", true);
    check(&owners, "account.owner != contact.owner", true);
    check(&owners, "account.owner == contact.owner", false);
    check(&[("lead.postcode", "10"), ("lead.product", "9")], "lead.postcode < lead.product", true);
}

#[test]
fn built_in_fields_are_filled_by_name() {
    let environment = Environment::new(&world::schema());
    let mut row = environment.row();
    row.set_time(18, 5, 20_000);
    row.set(environment.find("lead.completeness").expect("known"), &Value::Number(0.8));
    row.set_integer(Builtin::EngagementPageViews, 7);
    let holds = |source: &str| environment.compile(source).expect(source).eval(&row);
    assert!(holds(r#"time.hour >= 18 && time.weekday in ["sat", "sun"] && time.date == "2024-10-04""#));
    assert!(holds("lead.completeness >= 0.8 && engagement.page_views > 5"));
    assert!(!holds("account.known || engagement.forms >= 0"));
}

#[test]
fn a_row_can_be_used_again() {
    let environment = Environment::new(&world::schema());
    let condition = environment.compile(r#"lead.country == "DE" || "x" in lead.tags"#).expect("valid");
    let mut row = world::row(&environment, &[("lead.country", "DE"), ("lead.tags", "x;y")]);
    assert!(condition.eval(&row));
    row.clear();
    assert!(!condition.eval(&row));
}

#[test]
fn values_of_another_type_are_missing() {
    let environment = Environment::new(&world::schema());
    let mut row = environment.row();
    row.set(environment.find("lead.employees").expect("known"), &Value::Text("many".into()));
    row.set(environment.find("lead.fit").expect("known"), &Value::Number(f64::NAN));
    let condition = environment.compile("has(lead.employees) || has(lead.fit)").expect("valid");
    assert!(!condition.eval(&row));
}

#[test]
fn amounts_follow_the_currency() {
    let environment = Environment::new(&world::schema()).in_currency("JPY".parse::<Currency>().expect("a code"));
    let row = world::row(&environment, &[("lead.budget", "50000")]);
    assert!(environment.compile("lead.budget == 50000").expect("valid").eval(&row));
    assert!(environment.compile("lead.budget > 0.5").is_err());
}

#[test]
fn conditions_say_what_they_read_and_combine() {
    let environment = Environment::new(&world::schema());
    let compile = |source: &str| environment.compile(source).expect("valid");
    let first = compile(r#"lead.country == "DE" && account.owner != contact.owner && lead.country != "AT""#);
    let names: Vec<_> = first.fields().iter().map(|field| &*environment.info(*field).name).collect();
    assert_eq!(names, ["contact.owner", "account.owner", "lead.country"]);
    let row = world::row(&environment, &[("lead.country", "DE"), ("account.owner", "a"), ("contact.owner", "b")]);
    let second = compile("lead.urgent");
    assert!(first.eval(&row) && first.or(&second).eval(&row) && first.and(&second.negated()).eval(&row));
    assert!(!first.and(&second).eval(&row));
}

#[test]
fn rule_sets_answer_in_order_and_name_contradictions() {
    let environment = Environment::new(&world::schema());
    let sources = [
        r#"lead.country == "DE" && lead.country == "AT""#,
        "lead.employees > 10 && lead.employees < 11",
        r#"lead.product.contains("x") || lead.country == "DE""#,
        "false",
        r#"lead.country == "DE" || lead.employees > 5 || lead.urgent"#,
        "true",
    ];
    let conditions: Vec<_> = sources.iter().map(|source| environment.compile(source).expect(source)).collect();
    let rules = RuleSet::new(&conditions);
    assert_eq!(rules.contradictory(), [0, 1, 3]);
    let row = world::row(&environment, &[("lead.country", "DE"), ("lead.employees", "10"), ("lead.product", "x")]);
    let mut scratch = rules.scratch();
    assert_eq!(rules.matches(&row, &mut scratch).collect::<Vec<_>>(), [2, 4, 5]);
    assert_eq!(rules.first(&environment.row(), &mut scratch), Some(5));
    assert_eq!(RuleSet::new(&[]).first(&row, &mut scratch), None);
}

#[test]
fn rows_give_back_what_was_set() {
    let environment = Environment::new(&world::schema());
    let pairs = [
        ("lead.country", "DE"),
        ("lead.employees", "-7"),
        ("lead.fit", "-0.25"),
        ("lead.budget", "5"),
        ("lead.urgent", "no"),
        ("lead.due", "2026-03-01"),
        ("lead.tags", "a; b"),
        ("account.industry", "retail"),
    ];
    let row = world::row(&environment, &pairs);
    for (name, text) in pairs {
        let info = environment.info(environment.field(name).expect("known"));
        let value = row.value(info).expect("was set");
        let mut again = environment.row();
        again.set(info.field, &value);
        assert_eq!(again.value(info), Some(value.clone()), "{name}");
        let shown = environment.literal(info, &value);
        let expected = match name {
            "lead.budget" => "0.05".to_owned(),
            "lead.tags" => r#"["a", "b"]"#.to_owned(),
            "lead.urgent" => "false".to_owned(),
            "lead.employees" | "lead.fit" => text.to_owned(),
            _ => format!("\"{text}\""),
        };
        assert_eq!(shown, expected, "{name}");
    }
    assert_eq!(row.value(environment.info(environment.field("lead.product").expect("known"))), None);
    let error = environment.field("lead.contry").expect_err("unknown").to_string();
    assert_eq!(error, "line 1, column 1: unknown field 'lead.contry'; try 'lead.country'");
}
