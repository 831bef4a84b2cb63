//! The past of a world, as its CRM would export it: three CSV files with the usual dirt.

use std::fmt::Write as _;

use pointsman_domain::Instant;

use crate::run::LeadRun;
use crate::world::{World, WorldLead};

/// One file of the export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportFile {
    pub name: &'static str,
    pub text: String,
}

/// What the CRM knows at `exported_at`: outcomes learned later are still open.
pub fn export(world: &World, leads: &[WorldLead], runs: &[LeadRun], exported_at: Instant) -> Vec<ExportFile> {
    let mut reps = String::from("rep,team\n");
    for rep in &world.reps {
        let _ = writeln!(reps, "{},{}", rep.id, world.file.reps.teams[rep.team]);
    }
    let mut head = String::from("lead_id,created_at,region");
    for attribute in &world.file.leads.attribute {
        let _ = write!(head, ",{}", attribute.name);
    }
    let mut table = head + ",owner,assigned_at,status,closed_at,amount\n";
    let mut activities = String::from("lead_id,rep,at,type\n");
    for (number, (lead, run)) in leads.iter().zip(runs).enumerate() {
        write_lead(world, number, lead, run, exported_at, &mut table);
        if let Some(owned) = run.owned.filter(|owned| owned.touched_at < exported_at) {
            let rep = &world.reps[owned.rep.0 as usize].id;
            let _ = writeln!(activities, "L{number:06},{rep},{},call", owned.touched_at);
        }
    }
    // What every export has: a test entry without a date, and one with a mistyped date.
    let blanks = ",".repeat(world.file.leads.attribute.len());
    let _ = writeln!(table, "TEST-1,,{}{blanks},,,open,,", world.file.reps.teams[0]);
    let _ = writeln!(table, "TEST-2,2025-13-40T00:00:00Z,{}{blanks},,,open,,", world.file.reps.teams[0]);
    vec![
        ExportFile { name: "crm_reps.csv", text: reps },
        ExportFile { name: "crm_leads.csv", text: table },
        ExportFile { name: "crm_activities.csv", text: activities },
    ]
}

fn write_lead(world: &World, number: usize, lead: &WorldLead, run: &LeadRun, exported_at: Instant, out: &mut String) {
    let _ = write!(out, "L{number:06},{},{}", lead.at, world.file.reps.teams[lead.team]);
    for (attribute, level) in world.file.leads.attribute.iter().zip(&lead.levels) {
        let _ = write!(out, ",{}", attribute.values[*level]);
    }
    let owned = run.owned.filter(|owned| owned.at < exported_at);
    match owned {
        Some(owned) => {
            let _ = write!(out, ",{},{}", world.reps[owned.rep.0 as usize].id, owned.at);
        }
        None => out.push_str(",,"),
    }
    let closed = owned.map(|owned| (owned.won, owned.touched_at + if owned.won { lead.to_win } else { lead.to_loss }));
    let _ = match closed.filter(|(_, at)| *at < exported_at) {
        Some((true, at)) => writeln!(out, ",won,{at},{}.{:02}", lead.value.0 / 100, lead.value.0 % 100),
        Some((false, at)) => writeln!(out, ",lost,{at},"),
        None => writeln!(out, ",open,,"),
    };
}

/// The mapping that reads the export back: `pointsman import --mapping`.
pub fn mapping(world: &World) -> String {
    let mut text = format!(
        "# The CRM export of the simulated company '{}'.\nformat = 1\nsource = \"demo-crm\"\ncurrency = \"{}\"\n\n",
        world.file.name, world.file.currency
    );
    // The attribute schema of the workspace, one table deeper.
    text.push_str(&world.attributes_document().replace("format = 1\n", "").replace("[[lead]]", "[[attributes.lead]]"));
    text.push_str(
        r#"
[[input]]
name = "reps"
file = "crm_reps*.csv*"
[input.rep]
id = "rep"
team = "team"

[[input]]
name = "leads"
file = "crm_leads*.csv*"
[input.lead]
id = "lead_id"
at = "created_at"
[input.lead.attributes]
region = "region"
"#,
    );
    for attribute in &world.file.leads.attribute {
        let _ = writeln!(text, "{name} = \"{name}\"", name = attribute.name);
    }
    text.push_str(
        r#"
[input.assignment]
when = [{ column = "owner", missing = false }]
lead = "lead_id"
rep = "owner"
at = "assigned_at"

[input.outcome]
when = [{ column = "status", in = ["won", "lost"] }]
lead = "lead_id"
at = "closed_at"
stage = "status"
value = "amount"

[[input]]
name = "activities"
file = "crm_activities*.csv*"
[input.activity]
lead = "lead_id"
rep = "rep"
at = "at"
kind = "type"
label = "type"
"#,
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_tells_only_what_was_known() {
        let world = World::parse(include_str!("../worlds/demo.toml"), 2).expect("valid");
        let leads = world.leads(0, 30, 0);
        let documents = crate::run::documents(&world, "default", "weighted-round-robin");
        let policies = [crate::run::snapshot(documents).expect("compiles")];
        let runs = crate::run::run(&crate::Setting {
            world: &world,
            leads: &leads,
            policies: &policies,
            route: &|_, _| 0,
            priced: &[false],
            pricing: pointsman_decision::PricingConfig::simulated(),
        });
        let exported_at = crate::world::START + pointsman_domain::Micros::DAY.times(20);
        let files = export(&world, &leads, &runs, exported_at);
        assert_eq!(files[1].text.lines().count(), leads.len() + 3, "a head, the leads, two broken rows");
        let stamps = |text: &str| -> Vec<Instant> {
            let cells = text.lines().skip(1).flat_map(|line| line.split(',')).skip(2);
            cells.filter_map(|cell| cell.parse().ok()).collect()
        };
        assert!(stamps(&files[2].text).iter().all(|at| *at < exported_at));
        assert!(
            files[1].text.contains(",won,") && files[1].text.contains(",lost,") && files[1].text.contains(",open,")
        );
    }
}
