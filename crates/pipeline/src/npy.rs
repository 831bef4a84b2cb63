//! NumPy's `.npy` files: matrices of floats, in C or Fortran order; NumPy writes the latter for a
//! transposed array without being asked.
//!
//! The format is NEP 1: the magic bytes, a version, the length of a header that is a Python
//! dictionary, then the numbers.

use std::{
    fs::File,
    io::{BufReader, Read, Write},
    path::Path,
};

use crate::ReadError;

/// Numbers row by row. A vector is one column.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    pub rows: usize,
    pub columns: usize,
    pub values: Vec<f64>,
}

impl Matrix {
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }
}

/// Reads a matrix of `f4` or `f8`.
pub fn read_npy(path: &Path) -> Result<Matrix, ReadError> {
    let file = File::open(path).map_err(|source| ReadError::Open { path: path.to_owned(), source })?;
    let length = file.metadata().map_or(0, |meta| meta.len());
    let mut reader = BufReader::new(file);
    let format = |problem: String| ReadError::Format { path: path.to_owned(), problem };
    let start = read_header(&mut reader).map_err(format)?;
    let header = Header::parse(&start).map_err(format)?;
    let count = header.rows.checked_mul(header.columns).filter(|n| *n as u64 <= length / header.width as u64);
    let count = count.ok_or_else(|| {
        format(format!("is too short for its {} × {} numbers: the file is truncated", header.rows, header.columns))
    })?;
    let mut values = Vec::with_capacity(count);
    let mut bytes = vec![0; header.width * 8192];
    while values.len() < count {
        let part = bytes.len().min((count - values.len()) * header.width);
        let truncated = |_| format(format!("ends after {} of {count} numbers: the file is truncated", values.len()));
        reader.read_exact(&mut bytes[..part]).map_err(truncated)?;
        for number in bytes[..part].chunks_exact(header.width) {
            values.push(header.number(number));
        }
    }
    if reader.read(&mut [0]).is_ok_and(|n| n > 0) {
        return Err(format(format!("has more bytes than its {} × {} numbers", header.rows, header.columns)));
    }
    if header.by_column {
        let at = |place: usize| values[place % header.columns * header.rows + place / header.columns];
        values = (0..count).map(at).collect();
    }
    Ok(Matrix { rows: header.rows, columns: header.columns, values })
}

/// Writes a matrix as `<f8`.
pub fn write_npy(path: &Path, matrix: &Matrix) -> Result<(), ReadError> {
    let mut header =
        format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}, {}), }}", matrix.rows, matrix.columns);
    // Magic, version, length, header and newline together fill a multiple of 64 bytes.
    let padding = 64 - (10 + header.len() + 1) % 64;
    header.push_str(&" ".repeat(padding % 64));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(matrix.values.iter().flat_map(|x| x.to_le_bytes()));
    let written = File::create(path).and_then(|mut file| file.write_all(&bytes));
    written.map_err(|source| ReadError::Write { path: path.to_owned(), source })
}

struct Header {
    rows: usize,
    columns: usize,
    /// Bytes per number.
    width: usize,
    big_endian: bool,
    /// Fortran order: column after column.
    by_column: bool,
}

fn read_header(reader: &mut impl Read) -> Result<String, String> {
    let short = |_| "is no .npy file: it ends within its header".to_owned();
    let mut start = [0; 8];
    reader.read_exact(&mut start).map_err(short)?;
    if &start[..6] != b"\x93NUMPY" {
        return Err("is no .npy file: it does not start with NumPy's mark".into());
    }
    let length = match start[6] {
        1 => {
            let mut length = [0; 2];
            reader.read_exact(&mut length).map_err(short)?;
            usize::from(u16::from_le_bytes(length))
        }
        2 | 3 => {
            let mut length = [0; 4];
            reader.read_exact(&mut length).map_err(short)?;
            u32::from_le_bytes(length) as usize
        }
        other => return Err(format!("has version {other} of the .npy format; versions 1 to 3 are read")),
    };
    if length > 1 << 20 {
        return Err(format!("has a header of {length} bytes"));
    }
    let mut header = vec![0; length];
    reader.read_exact(&mut header).map_err(short)?;
    String::from_utf8(header).map_err(|_| "has a header that is not text".into())
}

impl Header {
    fn parse(text: &str) -> Result<Self, String> {
        let value = |key: &str| {
            let missing = || format!("has a header without '{key}'");
            let (_, rest) = text.split_once(&format!("'{key}':")).ok_or_else(missing)?;
            Ok::<&str, String>(rest.trim_start())
        };
        let descr = value("descr")?;
        let descr = descr.strip_prefix('\'').and_then(|rest| rest.split('\'').next()).unwrap_or(descr);
        let (big_endian, width) = match descr {
            "<f8" | "=f8" => (false, 8),
            "<f4" | "=f4" => (false, 4),
            ">f8" => (true, 8),
            ">f4" => (true, 4),
            other => {
                let shown: String = other.chars().take(20).collect();
                return Err(format!("holds '{shown}'; save it as float64 or float32"));
            }
        };
        let by_column = value("fortran_order")?.starts_with("True");
        let shape = value("shape")?.strip_prefix('(').and_then(|rest| rest.split_once(')')).map(|(shape, _)| shape);
        let shape = shape.ok_or("has a header without a shape")?;
        let sizes = shape.split(',').map(str::trim).filter(|size| !size.is_empty());
        let sizes: Result<Vec<usize>, _> = sizes.map(str::parse).collect();
        let (rows, columns) = match sizes.as_deref() {
            Ok([rows]) => (*rows, 1),
            Ok([rows, columns]) => (*rows, *columns),
            _ => return Err(format!("has the shape ({shape}); a matrix or a vector is needed")),
        };
        Ok(Self { rows, columns, width, big_endian, by_column })
    }

    fn number(&self, bytes: &[u8]) -> f64 {
        let mut eight = [0; 8];
        let mut four = [0; 4];
        if self.width == 8 {
            eight.copy_from_slice(bytes);
            if self.big_endian { f64::from_be_bytes(eight) } else { f64::from_le_bytes(eight) }
        } else {
            four.copy_from_slice(bytes);
            f64::from(if self.big_endian { f32::from_be_bytes(four) } else { f32::from_le_bytes(four) })
        }
    }
}
