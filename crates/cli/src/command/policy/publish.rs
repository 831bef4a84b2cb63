//! `pointsman policy publish`: one policy becomes live, everything else stays.

use anyhow::bail;
use pointsman_decision::{Snapshot, document};
use serde_json::json;

use super::text;
use crate::args::policy::Publish;
use crate::{Done, output, store, workspace};

pub fn run(args: &Publish) -> anyhow::Result<Done> {
    let text = text(&args.workspace, &args.policy)?;
    let opened = store::write(&args.workspace)?;
    // A store that decides nothing yet gets the whole folder.
    let fresh = opened.live.iter().next().is_none();
    let mut documents = if fresh { workspace::documents(&args.workspace)? } else { opened.live.clone() };
    let name = documents.put_policy(&text)?;
    if args.rule {
        documents = documents.ruled_by(&name)?;
    }
    let snapshot = match Snapshot::compile(documents) {
        Ok(snapshot) => snapshot,
        Err(faults) => {
            let lines: Vec<String> = faults.iter().map(|fault| format!("  {fault}")).collect();
            bail!("policy '{name}' does not fit what is live:\n{}", lines.join("\n"))
        }
    };
    let differences = store::differences(&opened.live, &snapshot.documents);
    let (id, rules) = (snapshot.id, snapshot.policy().name == name);
    if !differences.is_empty() {
        store::switch(&*opened.store, snapshot, &args.author, &args.reason)?;
    }
    let hash = document::digest(text.as_bytes());
    if args.json {
        output::json(
            &json!({ "policy": name, "document": hash, "snapshot": id, "rules": rules, "differences": differences }),
        )?;
    } else if differences.is_empty() {
        output::text(format!("policy '{name}' is what is live already"))?;
    } else {
        let ruling = if rules { "it rules" } else { "another policy rules (--rule makes this one)" };
        output::text(format!("policy '{name}' is live as document {}; {ruling}", hash.short()))?;
    }
    Ok(Done::Fine)
}
