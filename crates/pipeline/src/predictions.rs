//! Predictions as `lead_id,p`, one line a lead.

use std::path::Path;

use pointsman_domain::Probability;

use crate::ReadError;

/// Writes the predictions; the file appears when it is whole.
pub fn write_predictions<'a>(
    path: &Path,
    predictions: impl IntoIterator<Item = (&'a str, Probability)>,
) -> Result<(), ReadError> {
    let failed = |source: std::io::Error| ReadError::Write { path: path.to_owned(), source };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let aside = path.with_file_name(name);
    let mut writer = csv::Writer::from_path(&aside).map_err(|e| failed(std::io::Error::other(e)))?;
    writer.write_record(["lead_id", "p"]).map_err(|e| failed(std::io::Error::other(e)))?;
    for (lead, p) in predictions {
        writer.write_record([lead, &p.get().to_string()]).map_err(|e| failed(std::io::Error::other(e)))?;
    }
    writer.flush().map_err(failed)?;
    std::fs::rename(&aside, path).map_err(failed)
}
