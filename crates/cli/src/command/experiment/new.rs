//! `experiment new`: a file to start from, with every part that people forget.

use anyhow::{Context, bail};

use crate::args::experiment::{DesignWord, New};
use crate::settings::Settings;
use crate::{Done, output};

use super::desk::spec_file;

pub fn run(args: &New) -> anyhow::Result<Done> {
    let settings = Settings::read(&args.at.workspace)?;
    let path = spec_file(&args.at.workspace, &args.id);
    if path.exists() {
        bail!("{} is there already: choose another name", path.display());
    }
    let text = text(args, settings.policy.as_str());
    let folder = path.parent().context("the file lies in a folder")?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    let (id, workspace) = (&args.id, args.at.workspace.display());
    if args.at.json {
        output::json(&serde_json::json!({ "id": id, "file": path }))?;
    } else {
        output::text(format!(
            "wrote {}\nnext: say the hypothesis in it, then\n  pointsman experiment advise {id} --workspace {workspace}\n  pointsman experiment plan {id} --workspace {workspace}",
            path.display()
        ))?;
    }
    Ok(Done::Fine)
}

const HORIZON: &str = "# Two periods or weeks of every kind: whole weeks of both variants.
[horizon]
days = 56
looks = 5
";

const ADAPTIVE: &str = "# Weights follow the results; the confidence sequence stops the test. When variants share reps,
# moving weights moves what one variant takes from the other.
[adaptive]
leader_share = 0.8  # 0.5 finds the best of many soonest, 1 earns most meanwhile
floor = 0.1         # no variant gets less
every_hours = 24    # weights move at most so often
first_units = 100   # matured leads a variant before they move
";

const CURVE_METRIC: &str = r#"[[metrics]]
id = "time-to-contact"
kind = "time-to-event"
column = "minutes_to_contact"
event = "contact_event"
better = "lower"
"#;

const CURVE: &str = r#"[[analyses]]
id = "time-to-contact"
metric = "time-to-contact"
survival = { restrict = 480 }
"#;

fn text(args: &New, default: &str) -> String {
    let id = &args.id;
    let word = if args.adaptive { DesignWord::Lead } else { args.design };
    let design = match word {
        DesignWord::Lead => "kind = \"lead\"".to_owned(),
        DesignWord::BudgetSplit => "kind = \"budget-split\"".to_owned(),
        DesignWord::Cluster => format!("kind = \"cluster\"\nunit = \"{}\"", args.unit),
        DesignWord::Switchback => {
            format!("kind = \"switchback\"\nunit = \"{}\"\nperiod_minutes = 1440", args.unit)
        }
    };
    let challenger = match (&args.against, args.aa) {
        (_, true) => format!("[[variants]]\nid = \"same\"\npolicy = \"{default}\"\nweight = 0.5\n"),
        (Some(policy), _) => format!("[[variants]]\nid = \"{policy}\"\npolicy = \"{policy}\"\nweight = 0.5\n"),
        (None, _) => format!(
            "# A change to one rule; or name another policy and leave `change` out.\n[[variants]]\nid = \"new\"\npolicy = \"{default}\"\nweight = 0.5\nchange = [{{ rule = \"rest\", set = {{ pick = \"least-loaded\" }} }}]\n"
        ),
    };
    let end = if args.adaptive { ADAPTIVE } else { HORIZON };
    // Where weights follow the results only rates and means can be weighed.
    let (curve_metric, curve) = if args.adaptive { ("", "") } else { (CURVE_METRIC, CURVE) };
    let aa = if args.aa { "aa = true\n" } else { "" };
    format!(
        r#"# Settings freeze when the test starts: policies, salt, weights and metrics are kept by a digest.
format = 1
id = "{id}"
hypothesis = ""
owner = ""
control = "{default}"
{aa}alpha = 0.05
power = 0.8
# A lead counts this long after its first decision, whatever became of it earlier.
maturity_days = 30
# Only these leads, for example: segment = "lead.country in ['DE', 'AT']"

[design]
{design}

{end}
[[variants]]
id = "{default}"
policy = "{default}"
weight = 0.5

{challenger}
[[metrics]]
id = "won"
kind = "binary"
column = "won"
role = "decision"

# Guardrail: contact may not become more than a tenth slower.
[[metrics]]
id = "minutes-to-contact"
kind = "mean"
column = "minutes_to_contact"
role = "guardrail"
better = "lower"
margin = 0.1
margin_scale = "relative"

[[metrics]]
id = "accepted"
kind = "binary"
column = "accepted"

[[metrics]]
id = "value"
kind = "mean"
column = "value"

{curve_metric}
[[analyses]]
id = "won"
metric = "won"

[[analyses]]
id = "minutes-to-contact"
metric = "minutes-to-contact"

[[analyses]]
id = "accepted"
metric = "accepted"

[[analyses]]
id = "value"
metric = "value"

{curve}"#
    )
}
