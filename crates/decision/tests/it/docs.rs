//! `docs/policy.md` is executed: its policies load and check clean, its leads go where it says. So
//! are the settings in `docs/capacity.md`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pointsman_decision::{
    AccountFacts, ContactFacts, DocumentKind, DocumentSet, Facts, LeadFacts, PastLead, Place, Snapshot, places,
};
use pointsman_domain::{AccountId, ContactId, Entity, Exploration, Instant, LeadId, RepId, Values};
use pointsman_rules::lint;

/// Wednesday, 10:00 in Berlin.
const NOW: &str = "2026-11-25T09:00:00Z";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The workspace in the root of the repository, without its policies and territories.
fn workspace() -> DocumentSet {
    let read = |path: &str| std::fs::read(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut set = DocumentSet::default();
    let routing = "format = 1\nzone = 'Europe/Berlin'\ncurrency = 'EUR'\npolicy = 'default'\n";
    set.insert(DocumentKind::Routing, "", routing.as_bytes());
    set.insert(DocumentKind::Attributes, "", read("attributes.toml"));
    set.insert(DocumentKind::Roster, "", read("reps.toml"));
    for name in ["berlin", "london"] {
        set.insert(DocumentKind::Calendar, name, read(&format!("calendars/{name}.toml")));
    }
    set
}

/// A fenced block: what stands behind the fence, and the text.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some((info.to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

fn lead(snapshot: &Snapshot, text: &str) -> PastLead {
    let mut at: Instant = NOW.parse().expect("a time");
    let mut attributes = Values::missing(snapshot.schema.len());
    let known = |value: &str| Some(RepId::new(value).expect("a rep's id"));
    let mut facts = Facts::of(LeadFacts {
        id: LeadId::new(at, 1),
        arrived: at,
        attributes: Values::missing(0),
        value: None,
        originator: None,
    });
    let account = || AccountFacts {
        id: AccountId::new(NOW.parse().expect("a time"), 1),
        name: "Example".into(),
        domain: None,
        owner: None,
        parent: None,
        parent_owner: None,
        subsidiary_owner: None,
        open_opportunity: false,
        opportunity_owner: None,
    };
    let contact = || ContactFacts {
        id: ContactId::new(NOW.parse().expect("a time"), 1),
        known: true,
        email_domain: None,
        owner: None,
    };
    for pair in text.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or_else(|| panic!("'{pair}' is no name=value"));
        match name {
            "at" => at = value.parse().expect("a time"),
            "completeness" => facts.completeness = value.parse().expect("a share"),
            "originator" => facts.lead.originator = known(value),
            "engagement.meetings" => facts.engagement.meetings = value.parse().expect("a count"),
            "contact.owner" => facts.contact.get_or_insert_with(contact).owner = known(value),
            "contact.email_domain" => facts.contact.get_or_insert_with(contact).email_domain = Some(value.into()),
            "account.domain" => facts.account.get_or_insert_with(account).domain = Some(value.into()),
            "account.owner" => facts.account.get_or_insert_with(account).owner = known(value),
            "account.parent_owner" => facts.account.get_or_insert_with(account).parent_owner = known(value),
            "account.subsidiary_owner" => facts.account.get_or_insert_with(account).subsidiary_owner = known(value),
            "account.opportunity_owner" => {
                let account = facts.account.get_or_insert_with(account);
                (account.open_opportunity, account.opportunity_owner) = (true, known(value));
            }
            _ => {
                let index = snapshot.schema.find(Entity::Lead, name).unwrap_or_else(|| panic!("no attribute {name}"));
                let (_, attribute) = snapshot.schema.get(index).expect("of this schema");
                attributes.set(index, attribute.parse(value).expect("readable"));
            }
        }
    }
    facts.lead.attributes = attributes;
    PastLead::anew(facts, at, 1, None)
}

fn shown(place: &Place) -> String {
    match place {
        Place::Pool(pool) => format!("pool {pool}"),
        Place::Rep(rep) => format!("rep {rep}"),
        Place::Queue(queue) => format!("queue {queue}"),
        Place::Waits(_) => "waits".into(),
    }
}

#[test]
fn the_page_about_policies_says_what_happens() {
    let page = std::fs::read_to_string(root().join("docs/policy.md")).expect("docs/policy.md");
    let blocks = blocks(&page);
    let mut documents = workspace();
    for (info, text) in &blocks {
        if let Some(name) = info.strip_prefix("csv ") {
            documents.insert(DocumentKind::Territory, name, text.as_bytes());
        }
    }
    let (mut policies, mut leads) = (0, 0);
    let mut snapshot: Option<Arc<Snapshot>> = None;
    for (info, text) in &blocks {
        match info.as_str() {
            "toml" => {
                let mut documents = documents.clone();
                documents.insert(DocumentKind::Policy, "default", text.as_bytes());
                let compiled = Snapshot::compile(documents).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
                let now = NOW.parse().expect("a time");
                let findings = lint::check(compiled.policy(), &compiled.lint_context(now));
                assert!(findings.is_empty(), "{findings:#?}\n{text}");
                snapshot = Some(Arc::new(compiled));
                policies += 1;
            }
            "text" => {
                let snapshot = snapshot.as_ref().expect("a policy stands before its leads");
                for line in text.lines() {
                    let (given, expected) = line.split_once("=>").unwrap_or_else(|| panic!("'{line}' has no =>"));
                    let (place, rule) = places(snapshot, &[lead(snapshot, given)]).remove(0);
                    let rule = rule.map_or_else(|| "fallback".to_owned(), |rule| rule.to_string());
                    assert_eq!(
                        format!("{rule}, {}", shown(&place)),
                        expected.trim(),
                        "{line}\n{:?}",
                        snapshot.policy().rules
                    );
                    leads += 1;
                }
            }
            _ => {}
        }
    }
    assert!(policies >= 10 && leads >= 30, "{policies} policies, {leads} leads");
}

/// The tables of `text`, laid over those of `base` with the same id.
fn laid_over(base: &str, text: &str) -> String {
    let mut base: toml::Table = base.parse().expect("the roster");
    let over: toml::Table = text.parse().unwrap_or_else(|e| panic!("{e}\n{text}"));
    for (name, entries) in over {
        let known = base[&name].as_array_mut().expect("a list of tables");
        for entry in entries.as_array().expect("a list of tables") {
            let found = known.iter_mut().find(|k| k["id"] == entry["id"]).unwrap_or_else(|| panic!("{entry:?}"));
            let settings = entry.as_table().expect("a table").clone();
            found.as_table_mut().expect("a table").extend(settings);
        }
    }
    base.to_string()
}

#[test]
fn the_floors_in_the_page_about_capacity_are_owed() {
    let page = std::fs::read_to_string(root().join("docs/capacity.md")).expect("docs/capacity.md");
    let (_, floors) = blocks(&page).into_iter().find(|(info, _)| info == "toml").expect("a roster's lines");
    let mut documents = workspace();
    let roster = std::fs::read_to_string(root().join("reps.toml")).expect("reps.toml");
    documents.insert(DocumentKind::Roster, "", laid_over(&roster, &floors).into_bytes());
    documents.insert(DocumentKind::Policy, "default", explored("").as_bytes());
    let snapshot = Snapshot::compile(documents).unwrap_or_else(|e| panic!("{e:?}\n{floors}"));
    let day = snapshot.roster.limits.iter().position(|limit| limit.id.as_str() == "day").expect("a limit a day");
    let owed = |rep: &str| {
        let rep = snapshot.roster.rep(rep).unwrap_or_else(|| panic!("{rep}"));
        snapshot.roster.rep_at(rep).floors[day]
    };
    assert_eq!((owed("mara"), owed("jonas")), (5, 3));
}

/// A policy whose only rule has these lines.
fn explored(lines: &str) -> String {
    format!(
        "format = 1\nname = 'default'\n[fallback]\nqueue = 'nobody'\n[[rule]]\nid = 'all'\npool = 'everybody'\npick = 'expected-value'\n{lines}\n"
    )
}

#[test]
fn the_page_about_capacity_says_how_a_rule_explores() {
    let page = std::fs::read_to_string(root().join("docs/capacity.md")).expect("docs/capacity.md");
    let mut seen = vec![];
    for line in page.lines().filter(|line| line.starts_with("| `explore")) {
        let (_, settings) = line.split_once("| ").expect("a cell");
        let (settings, _) = settings.split_once(" |").expect("a cell's end");
        let mut documents = workspace();
        let policy = explored(&settings.replace('`', "").replace(", ", "\n"));
        documents.insert(DocumentKind::Policy, "default", policy.as_bytes());
        let snapshot = Snapshot::compile(documents).unwrap_or_else(|e| panic!("{e:?}\n{policy}"));
        seen.push(snapshot.policy().rules[0].explore);
    }
    assert_eq!(seen, [Exploration::Evenly(0.05), Exploration::Posterior(0.1)]);
}

/// The workspace that stands in the root, whole.
#[test]
fn the_shipped_workspace_checks_clean() {
    let mut documents = workspace();
    let read = |path: &str| std::fs::read(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    documents.insert(DocumentKind::Territory, "regions", read("territories/regions.csv"));
    documents.insert(DocumentKind::Policy, "default", read("policies/default.toml"));
    let snapshot = Snapshot::compile(documents).unwrap_or_else(|e| panic!("{e:?}"));
    let findings = lint::check(snapshot.policy(), &snapshot.lint_context(NOW.parse().expect("a time")));
    assert!(findings.is_empty(), "{findings:#?}");
}
