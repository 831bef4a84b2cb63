//! Reading the files of worlds made elsewhere.

use std::{error::Error, fs, path::Path};

use pointsman_sim::external::Matrix;

/// A C-ordered matrix of f64 in the format of NumPy, version 1.
pub fn read_npy(path: &Path) -> Result<Matrix, Box<dyn Error>> {
    let bytes = fs::read(path)?;
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let text = std::str::from_utf8(&bytes[10..10 + header])?;
    if !text.contains("'<f8'") || !text.contains("'fortran_order': False") {
        return Err(format!("{}: expected f64 in C order", path.display()).into());
    }
    let shape = text.split("'shape': (").nth(1).and_then(|t| t.split(')').next()).ok_or("no shape")?;
    let mut sides = shape.split(',').map(|n| n.trim().parse::<usize>());
    let (rows, columns) = (sides.next().ok_or("no rows")??, sides.next().ok_or("no columns")??);
    let values = bytes[10 + header..].chunks_exact(8).map(|c| f64::from_le_bytes(c.try_into().expect("eight bytes")));
    Ok(Matrix::new(rows, columns, values.collect())?)
}

/// The second column of `rep,capacity`.
pub fn read_capacity(path: &Path) -> Result<Vec<u32>, Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    text.lines().skip(1).map(|line| Ok(line.rsplit(',').next().ok_or("empty line")?.trim().parse()?)).collect()
}
