//! `pointsman policy new`: a policy in the order that sales teams settle on, with comments.

use std::fmt::Write;

use anyhow::{Context, bail};
use pointsman_decision::{DocumentKind, Snapshot};
use pointsman_domain::PolicyName;

use crate::{Done, clock, output, workspace};

/// Skills that are languages, by the code that leads say.
const LANGUAGES: [(&str, &str); 8] = [
    ("de", "german"),
    ("en", "english"),
    ("fr", "french"),
    ("es", "spanish"),
    ("it", "italian"),
    ("nl", "dutch"),
    ("pl", "polish"),
    ("pt", "portuguese"),
];

pub fn run(name: &PolicyName, folder: &std::path::Path, json: bool) -> anyhow::Result<Done> {
    let path = folder.join("policies").join(format!("{name}.toml"));
    if path.exists() {
        bail!("{} is there already: choose another name", path.display());
    }
    let snapshot = workspace::check(folder)?;
    let text = standard(name, &snapshot)?;
    // It must load before anybody sees it.
    let mut documents = snapshot.documents.clone();
    documents.insert(DocumentKind::Policy, name.as_str(), text.as_bytes());
    if let Err(faults) = Snapshot::compile(documents) {
        bail!(
            "the new policy does not fit this workspace: {}",
            faults.first().map_or_else(String::new, ToString::to_string)
        );
    }
    let cannot = || format!("cannot write {}", path.display());
    std::fs::create_dir_all(folder.join("policies")).with_context(cannot)?;
    std::fs::write(&path, text).with_context(cannot)?;
    match json {
        true => output::json(&serde_json::json!({ "policy": name, "file": path.display().to_string() }))?,
        false => output::text(format!(
            "wrote {0}\nnext: edit it, then  pointsman policy check --workspace {1} --policy {name}  and name it in {1}/pointsman.toml",
            path.display(),
            folder.display()
        ))?,
    }
    Ok(Done::Fine)
}

/// The standard ladder, with what this workspace has: its largest pool, its territories, a
/// language that somebody speaks.
fn standard(name: &PolicyName, snapshot: &Snapshot) -> anyhow::Result<String> {
    let roster = &snapshot.roster;
    let most = roster.pools.iter().rev().max_by_key(|pool| pool.members.len());
    let Some(pool) = most.filter(|pool| !pool.members.is_empty()) else {
        bail!("reps.toml has no pool with somebody in it: a policy has nobody to hand leads to")
    };
    let has = |field: &str| snapshot.environment.find(field).is_some();
    let today = pointsman_domain::Value::Date(snapshot.home().local_day(clock::now()));
    let mut text = format!(
        "# The first rule whose condition holds takes the lead: the most specific claims stand on top.\n\
         # Leave out what you do not need. docs/policy.md describes every line.\n\
         format = 1\nname = \"{name}\"\ndescription = \"The standard order\"\n\
         # Who answers for it, and when somebody last read it whole.\nowner = \"sales operations\"\nreviewed = {today}\n"
    );
    let mut rule = |comment: &str, id: &str, body: &str| {
        let _infallible = write!(text, "\n# {comment}\n[[rule]]\nid = \"{id}\"\n{body}\n");
    };
    rule(
        "1. Legal and contract: whom nobody may sell to, or only under a contract that names who.",
        "legal",
        "when = \"contact.email_domain in ['competitor.example', 'sanctioned.example']\"\nqueue = \"legal\"",
    );
    rule(
        "2. Named accounts. For more than a few: a table territories/named-accounts.csv with the columns\n\
         # account.domain,rep and here territory = \"named-accounts\" instead of when and pool.",
        "named-account",
        &format!(
            "when = \"account.domain in ['bigcorp.example']\"\npool = \"{}\"\nsla = \"30m\"\npriority = 8\non_full = {{ hold = \"2h\" }}",
            pool.id
        ),
    );
    if has("lead.direction") && snapshot.environment.compile("lead.direction == 'outbound'").is_ok() {
        rule(
            "What a rep brought in stays with that rep.",
            "outbound",
            "for = \"outbound\"\nowner = \"originator\"\nsla = \"1d\"",
        );
    }
    let owners = [
        ("3. An open deal: whoever works on it.", "open-opportunity", "account.open_opportunity", "opportunity"),
        (
            "4. The account's owner; then whoever owns a parent of it, or all of its subsidiaries.",
            "account-owner",
            "account.has_owner",
            "account",
        ),
        ("", "parent-owner", "account.has_parent_owner", "parent-account"),
        ("", "subsidiary-owner", "has(account.subsidiary_owner)", "subsidiary"),
        ("5. Who dealt with this person before.", "prior-contact", "contact.has_owner", "prior-contact"),
    ];
    for (comment, id, when, owner) in owners {
        let comment = if comment.is_empty() { "   …" } else { comment };
        rule(comment, id, &format!("when = \"{when}\"\nowner = \"{owner}\"\nsla = \"2h\"\non_full = \"backup\""));
    }
    match snapshot.territories.first() {
        Some(territory) => rule(
            "6. Territory: territories/NAME.csv says which pool or rep a place belongs to.",
            "territory",
            &format!("territory = \"{}\"\nsla = \"2h\"\non_full = {{ hold = \"16h\" }}", territory.name),
        ),
        None => text.push_str(
            "\n# 6. Territory: write territories/NAME.csv (docs/policy.md) and a rule with territory = \"NAME\".\n",
        ),
    }
    let speaks = |skill: &str| pool.members.iter().any(|(rep, _)| roster.rep_at(*rep).skills.contains_key(skill));
    let spoken = LANGUAGES.iter().rev().find(|(code, skill)| speaks(skill) && *code != "en");
    match spoken.filter(|_| has("lead.language")) {
        Some((code, skill)) => {
            let body = format!(
                "when = \"lead.language == '{code}'\"\npool = \"{}\"\nskills = {{ {skill} = 3 }}\npick = \"best-skill\"\nsla = \"2h\"",
                pool.id
            );
            let _infallible = write!(text, "\n# 7. Skill and language.\n[[rule]]\nid = \"language\"\n{body}\n");
        }
        None => {
            text.push_str(
                "\n# 7. Skill and language: a rule with skills = { french = 3 } and pick = \"best-skill\".\n",
            );
        }
    }
    let _infallible = write!(
        text,
        "\n# 8. Everything else.\n[[rule]]\nid = \"everything-else\"\npool = \"{}\"\nsla = \"4h\"\non_full = {{ hold = \"16h\" }}\n\
         \n# 9. When nobody above could take it: a queue that people see, and an alarm.\n[fallback]\nqueue = \"unassigned\"\nalarm = true\n",
        pool.id
    );
    Ok(text)
}
