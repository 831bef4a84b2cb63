//! Thousands of open connections that say nothing or only half of what they want, and clients that send
//! what nobody should, beside others who are answered.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::ExitCode,
};

use crate::{binary, server::Server};

/// How far the connections come, in turn: nothing, half a head, half a body, something that is no HTTP.
const BEGUN: [&[u8]; 4] = [
    b"",
    b"POST /v1/leads HTTP/1.1\r\nhost: localho",
    b"POST /v1/leads HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{\"source\"",
    b"\x16\x03\x01\x02\x00\x01\x00",
];
/// So many leads are sent beside them; between two of them somebody sends something hostile.
const LEADS: usize = 100;

/// Opens this many connections to a fresh server, none of which comes to its point, and sends leads
/// and hostile bodies meanwhile; gives how many leads were answered, and the median and slowest
/// answer in µs.
#[expect(clippy::disallowed_methods, reason = "the time of an answer is what is measured")]
pub fn crowd(folder: &Path, count: usize) -> Result<(usize, u128, u128), String> {
    let workspace = folder.join("crm");
    binary::stdout(&["init", &workspace.display().to_string()]);
    let server = Server::start(&workspace);
    let address = server.address();
    let mut open = Vec::with_capacity(count);
    for n in 0..count {
        let mut stream = TcpStream::connect(address).map_err(|e| format!("connection {n} was refused: {e}"))?;
        stream.write_all(BEGUN[n % BEGUN.len()]).map_err(|e| format!("connection {n}: {e}"))?;
        open.push(stream);
    }
    let mut took: Vec<u128> = Vec::new();
    for n in 0..LEADS {
        hostile(address, n)?;
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

/// Sends one hostile body, another kind each time: it must be refused (4xx), or the connection closed.
fn hostile(address: &str, n: usize) -> Result<(), String> {
    let (body, length): (Vec<u8>, usize) = match n % 6 {
        0 => ("[".repeat(60_000).into_bytes(), 60_000),
        1 => ("{\"a\":".repeat(20_000).into_bytes(), 100_000),
        2 => (b"{\"source\":\"\xff\xfe\xc3\x28\"}".to_vec(), 17),
        // A gigabyte is announced; what is sent of it is already too much.
        3 => (vec![b' '; 1 << 16], 1 << 30),
        4 => (b"{\"source\":\"\\ud800\"}".to_vec(), 19),
        _ => (vec![0; 4096], 4096),
    };
    let head = format!(
        "POST /v1/leads HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(address).map_err(|e| format!("hostile body {n}: {e}"))?;
    // A server that has seen enough may close before it has all of it.
    let _sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
    let mut answer = Vec::new();
    let _closed = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    match answer.is_empty() || answer.starts_with("HTTP/1.1 4") {
        true => Ok(()),
        false => Err(format!("hostile body {n} was answered {}", answer.lines().next().unwrap_or_default())),
    }
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
                "{COUNT} open connections: {answered} leads answered between as many hostile bodies, median {median} µs, slowest {slowest} µs"
            );
            ExitCode::SUCCESS
        }
        Err(why) => {
            println!("{why}");
            ExitCode::FAILURE
        }
    }
}
