//! `pointsman audit`: is the record what was written?

use anyhow::Context;
use pointsman_domain::Digest;
use pointsman_store::audit::{verify, verify_ledger};
use serde_json::json;

use crate::args::Audit;
use crate::{Done, output, store};

pub fn run(args: &Audit) -> anyhow::Result<Done> {
    let Audit::Verify { workspace, head, ledger, json: as_json } = args;
    let head = head.as_deref().map(str::parse::<Digest>).transpose().context("--head")?;
    let mut reader = store::read(workspace)?;
    let report = verify(&mut *reader, head)?;
    let folded = match *ledger && report.fault.is_none() {
        true => Some(verify_ledger(&mut *reader)?.0),
        false => None,
    };
    let holds = report.fault.is_none() && folded.as_ref().is_none_or(pointsman_store::audit::LedgerReport::holds);
    if *as_json {
        output::json(&json!({ "record": report, "ledger": folded, "holds": holds }))?;
    } else {
        let mut lines = vec![match &report.fault {
            None => format!("{} rows, unbroken; head {}", report.rows, report.head),
            Some(fault) => format!("row {} does not verify: {}", fault.seq, serde_json::to_string(&fault.problem)?),
        }];
        lines.extend(report.erased.iter().map(|(seq, request)| format!("row {seq}: facts erased by {request}")));
        if let Some(folded) = &folded {
            let word = if folded.holds() {
                "the folded log gives every counter"
            } else {
                "the folded log does not give the counters"
            };
            lines.push(format!("{word}: {}", serde_json::to_string(folded)?));
        }
        output::text(lines.join("\n"))?;
    }
    Ok(if holds { Done::Fine } else { Done::Found })
}
