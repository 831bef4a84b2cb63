//! Eight reps, two pools, caps that bind all the time.

use pointsman_decision::{DocumentKind, DocumentSet};

/// Slots of each rep.
pub const CAP: u32 = 12;
/// They take turns; who comes when all are full is parked.
pub const TAKERS: [&str; 5] = ["ada", "bo", "cy", "di", "eve"];
/// Who comes when these are full waits for a slot.
pub const AWAITED: [&str; 3] = ["fay", "gus", "hal"];

pub fn documents() -> DocumentSet {
    let mut documents = DocumentSet::default();
    let mut add = |kind, name: &str, text: String| documents.insert(kind, name, text.into_bytes());
    add(DocumentKind::Routing, "", "format = 1\nzone = 'Europe/Berlin'\ncurrency = 'EUR'\npolicy = 'main'".into());
    add(DocumentKind::Attributes, "", "format = 1\nlead = [{ name = 'country', type = 'country' }]".into());
    let reps: String = TAKERS.iter().chain(&AWAITED).map(|id| format!("[[rep]]\nid = '{id}'\n")).collect();
    let roster = format!(
        "format = 1\n[[limit]]\nid = 'open'\nkind = 'open'\ndefault = {CAP}\n{reps}
        [[pool]]\nid = 'takers'\nreps = {TAKERS:?}\n[[pool]]\nid = 'awaited'\nreps = {AWAITED:?}"
    );
    add(DocumentKind::Roster, "", roster);
    let policy = "format = 1\nname = 'main'
        [[rule]]\nid = 'waits'\nwhen = \"lead.country == 'AT'\"\npool = 'awaited'\npick = 'weighted-round-robin'\non_full = { hold = '2h' }
        [[rule]]\nid = 'rest'\npool = 'takers'\npick = 'weighted-round-robin'
        [fallback]\nqueue = 'unassigned'";
    add(DocumentKind::Policy, "main", policy.into());
    documents
}
