//! Thousands of open connections that say nothing or only half of what they want, beside others
//! who are answered.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::ExitCode,
};

use crate::{binary, server::Server};

/// Opens this many connections to a fresh server, half of them in the middle of a head, and sends
/// leads meanwhile; gives how many leads were answered, and the median and slowest answer in µs.
#[expect(clippy::disallowed_methods, reason = "the time of an answer is what is measured")]
pub fn crowd(folder: &Path, count: usize) -> Result<(usize, u128, u128), String> {
    let workspace = folder.join("crm");
    binary::stdout(&["init", &workspace.display().to_string()]);
    let server = Server::start(&workspace);
    let address = server.address();
    let mut open = Vec::with_capacity(count);
    for n in 0..count {
        let mut stream = TcpStream::connect(address).map_err(|e| format!("connection {n} was refused: {e}"))?;
        if n % 2 == 0 {
            stream
                .write_all(b"POST /v1/leads HTTP/1.1\r\nhost: localho")
                .map_err(|e| format!("connection {n}: {e}"))?;
        }
        open.push(stream);
    }
    let mut took: Vec<u128> = Vec::new();
    for n in 0..100 {
        let started = std::time::Instant::now();
        let body =
            format!(r#"{{"source":"web","attributes":{{"country":"DE"}},"contact":{{"email":"p{n}@example.com"}}}}"#);
        let answer = server.post("/v1/leads", &[], &body);
        if answer.status != 200 {
            return Err(format!("lead {n} was answered {}: {}", answer.status, answer.body));
        }
        took.push(started.elapsed().as_micros());
    }
    took.sort_unstable();
    // The first ones are let go in the end: they came to no point.
    let mut rest = Vec::new();
    let _closed = open[0].read_to_end(&mut rest);
    let answer = server.get("/readyz");
    if answer.status != 200 {
        return Err(format!("afterwards /readyz answers {}", answer.status));
    }
    Ok((took.len(), took[took.len() / 2], took[took.len() - 1]))
}

/// With ten thousand.
pub fn run() -> ExitCode {
    const COUNT: usize = 10_000;
    let files = pointsman_server::listen::raise_file_limit();
    println!("this process may open {files:?} files");
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("no temporary folder: {error}");
            return ExitCode::FAILURE;
        }
    };
    match crowd(folder.path(), COUNT) {
        Ok((answered, median, slowest)) => {
            println!(
                "{COUNT} open connections: {answered} leads answered beside them, median {median} µs, slowest {slowest} µs"
            );
            ExitCode::SUCCESS
        }
        Err(why) => {
            println!("{why}");
            ExitCode::FAILURE
        }
    }
}
