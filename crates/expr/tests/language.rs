//! The language's page cannot lie: every example on it compiles, and every field is on it.

mod world;

use pointsman_expr::{Builtin, Environment};

const PAGE: &str = include_str!("../LANGUAGE.md");

#[test]
fn every_example_compiles() {
    let environment = Environment::new(&world::schema());
    let block = PAGE.split("```").nth(1).expect("a block of examples");
    let table = PAGE.lines().filter(|line| line.starts_with("| ") && line.matches('|').count() >= 4);
    let last_cells = table.filter_map(|line| line.trim_end_matches(" |").rsplit_once(" | ").map(|(_, cell)| cell));
    let in_table = last_cells.filter_map(|cell| cell.strip_prefix('`')?.strip_suffix('`'));
    let unescaped = in_table.map(|example| example.replace("\\|", "|"));
    let examples: Vec<String> = block.lines().skip(1).map(str::to_owned).chain(unescaped).collect();
    assert!(examples.len() >= 15, "{examples:?}");
    for example in examples.iter().filter(|example| !example.is_empty()) {
        environment.compile(example).unwrap_or_else(|error| panic!("{example}: {error}"));
    }
}

#[test]
fn every_built_in_field_is_described() {
    for builtin in Builtin::ALL {
        assert!(PAGE.contains(&format!("`{}`", builtin.name())), "{}", builtin.name());
    }
}
