//! What can go wrong with files, each saying which file and where in it.

use std::{io, path::PathBuf};

/// Why an import wrote nothing.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{}", path.display())]
    File {
        path: PathBuf,
        #[source]
        fault: FileFault,
    },
    #[error("{}: belongs to no input of the mapping; it expects files named {patterns}", path.display())]
    Unexpected { path: PathBuf, patterns: String },
    #[error("no file was given for input '{input}'; it expects a name like {pattern}")]
    NoFile { input: Box<str>, pattern: Box<str> },
    #[error("another import into {} is running", path.display())]
    Busy { path: PathBuf },
    #[error("cannot write {}", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// What is wrong with one input file.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    #[error("cannot be opened")]
    Open(#[source] io::Error),
    #[error("cannot be read after line {line}")]
    Read {
        line: u64,
        #[source]
        source: io::Error,
    },
    #[error("ends in the middle of its gzip stream, after line {line}: the file is truncated; copy it again")]
    Truncated { line: u64 },
    #[error("its gzip stream is damaged after line {line}; copy it again")]
    Damaged { line: u64 },
    #[error("is named .gz but is no gzip file; rename it, or compress it")]
    NotGzip,
    #[error("is empty")]
    Empty,
    #[error("is UTF-16; save it as UTF-8")]
    Utf16,
    #[error("line 1: the header '{header}' seems to be separated by '{found}', the mapping says '{expected}'")]
    Delimiter { header: String, found: char, expected: char },
    #[error("line 1: none of the columns {expected} is there; is the header missing? The line reads '{line}'")]
    NoHeader { expected: String, line: String },
    #[error("line 1: column '{column}' is missing; the header has {header}")]
    MissingColumn { column: Box<str>, header: String },
    #[error("line 1: column '{column}' occurs {times} times")]
    DoubledColumn { column: Box<str>, times: usize },
    #[error("line {line}: a quote is opened that is closed more than 100 lines later, if at all")]
    OpenQuote { line: u64 },
    #[error("has no usable row: {read} read, {set_aside} set aside{first}")]
    NoRows { read: u64, set_aside: u64, first: String },
    #[error("{set_aside} of {read} rows cannot be used, more than {allowed} %{first}")]
    SetAside { read: u64, set_aside: u64, allowed: f64, first: String },
    #[error("is no readable Parquet file: {0}")]
    Parquet(String),
}

/// Why a table cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("cannot open {}", path.display())]
    Open {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot write {}", path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{}: {problem}", path.display())]
    Format { path: PathBuf, problem: String },
    #[error("{}: column '{column}' {problem}", path.display())]
    Column { path: PathBuf, column: Box<str>, problem: String },
    #[error("{}, line {line}, column '{column}': {problem}", path.display())]
    Cell { path: PathBuf, line: u64, column: Box<str>, problem: String },
}
