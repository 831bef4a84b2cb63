//! That a rep was told comes beside the log: a message arrives some time after what it tells. The
//! delivery writes it down as not shown yet, and the projection takes it over. Whoever reads the
//! lead's life later finds it there; whoever read it just before writes a row without it, which
//! leaves a time that is there alone.

/// Whether anything waits.
pub const WAITING: &str = "SELECT 1 FROM notifications WHERE shown = 0 LIMIT 1";

/// Rows of leads take over what is not shown yet; then what a row has counts as shown. A row that is
/// not there yet is met again, and so is what came in between the two statements.
pub const SHOW: [&str; 2] = [
    "UPDATE lead_fact SET notified_at = (SELECT n.at FROM notifications n WHERE n.lead = lead_fact.lead),
            seq = (SELECT seq FROM projection WHERE one = 1)
        WHERE lead IN (SELECT lead FROM notifications WHERE shown = 0)",
    "UPDATE notifications SET shown = 1 WHERE shown = 0
        AND EXISTS (SELECT 1 FROM lead_fact f WHERE f.lead = notifications.lead AND f.notified_at IS NOT NULL)",
];
