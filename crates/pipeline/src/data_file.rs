//! Result tables as CSV and Parquet files.

use std::{fs::File, io, path::Path};

use pointsman_measure::export::{Cells, DataTable};

use crate::{sheet::Sheet, tables::Kind};

/// Writes `FOLDER/NAME.csv` and `FOLDER/NAME.parquet`.
pub fn write_data_table(folder: &Path, table: &DataTable) -> io::Result<()> {
    let rows = table.columns.first().map_or(0, |(_, cells)| cells.len());
    write_parquet(&folder.join(format!("{}.parquet", table.name)), table, rows)?;
    write_csv(&folder.join(format!("{}.csv", table.name)), table, rows)
}

fn write_parquet(path: &Path, table: &DataTable, rows: usize) -> io::Result<()> {
    let columns = table.columns.iter().map(|(name, cells)| {
        let kind = match cells {
            Cells::Text(_) => Kind::Text,
            Cells::Integer(_) => Kind::Integer,
            Cells::Number(_) => Kind::Number,
            Cells::Time(_) => Kind::Time,
        };
        (name.to_string(), kind)
    });
    let mut sheet = Sheet::new(File::create(path)?, columns.collect())?;
    for row in 0..rows {
        for (_, cells) in &table.columns {
            match cells {
                Cells::Text(texts) => sheet.text(texts[row].as_deref()),
                Cells::Integer(numbers) => sheet.integer(numbers[row]),
                Cells::Number(numbers) => sheet.number(numbers[row]),
                Cells::Time(times) => sheet.maybe_time(times[row]),
            }
        }
        sheet.end_row()?;
    }
    sheet.finish().map(drop)
}

/// Missing is empty; times are RFC 3339 in UTC.
fn write_csv(path: &Path, table: &DataTable, rows: usize) -> io::Result<()> {
    let mut out = csv::Writer::from_path(path)?;
    out.write_record(table.columns.iter().map(|(name, _)| &**name))?;
    for row in 0..rows {
        for (_, cells) in &table.columns {
            match cells {
                Cells::Text(texts) => out.write_field(texts[row].as_deref().unwrap_or_default()),
                Cells::Integer(numbers) => out.write_field(numbers[row].map(|n| n.to_string()).unwrap_or_default()),
                Cells::Number(numbers) => out.write_field(numbers[row].map(|n| n.to_string()).unwrap_or_default()),
                Cells::Time(times) => out.write_field(times[row].map(|at| at.to_string()).unwrap_or_default()),
            }?;
        }
        out.write_record(None::<&[u8]>)?;
    }
    out.flush()
}
