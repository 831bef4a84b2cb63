//! Imports files and prints what was done: `import MAPPING INTO FILE…`.

use std::{path::PathBuf, process::ExitCode};

use pointsman_intake::Mapping;
use pointsman_pipeline::{ImportRequest, import};

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [mapping, into_dir, inputs @ ..] = arguments.as_slice() else {
        eprintln!("usage: import MAPPING INTO FILE...");
        return ExitCode::from(2);
    };
    let mapping = match std::fs::read_to_string(mapping)
        .map_err(|e| e.to_string())
        .and_then(|text| Mapping::parse(&text).map_err(|e| e.to_string()))
    {
        Ok(mapping) => mapping,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let request = ImportRequest { mapping: &mapping, inputs, into_dir, max_set_aside: 0.01, progress: &mut |_| {} };
    match import(request) {
        Ok(report) => {
            println!("{}", serde_json::to_string_pretty(&report).unwrap_or_default());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
