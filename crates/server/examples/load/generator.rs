//! Connections that ask and wait, all of them on one thread: what the generator takes is little
//! beside what the server does.

use std::{
    cell::Cell,
    io::{BufRead, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader as AsyncReader},
    net::TcpStream as AsyncStream,
};

use crate::{Failure, company};

/// How much is asked.
#[derive(Clone, Copy)]
pub struct Load {
    pub seconds: u64,
    pub connections: usize,
    /// Requests a second of all connections together; as many as go without.
    pub a_second: Option<u64>,
}

/// Every answer's latency, sorted, and how long all of it took in seconds.
pub fn ask(address: SocketAddr, load: Load) -> Result<(Vec<Duration>, f64), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tasks = tokio::task::LocalSet::new();
    let started = Instant::now();
    let until = started + Duration::from_secs(load.seconds);
    let count = Rc::new(Cell::new(0));
    let clients: Vec<_> = (0..load.connections)
        .map(|number| tasks.spawn_local(client(address, number, load, until, Rc::clone(&count))))
        .collect();
    let mut latencies = Vec::new();
    tasks.block_on(&runtime, async {
        for client in clients {
            latencies.extend(client.await??);
        }
        Ok::<(), Failure>(())
    })?;
    latencies.sort();
    Ok((latencies, started.elapsed().as_secs_f64()))
}

async fn client(
    address: SocketAddr,
    number: usize,
    load: Load,
    until: Instant,
    count: Rc<Cell<u64>>,
) -> Result<Vec<Duration>, Failure> {
    let stream = AsyncStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut stream = AsyncReader::new(stream);
    let pause = load.a_second.map(|rate| Duration::from_micros(1_000_000 * load.connections as u64 / rate));
    // Spread over the pause, so that the connections do not ask in step.
    let mut next = tokio::time::Instant::now();
    if let Some(pause) = pause {
        next += pause.mul_f64(number as f64 / load.connections as f64);
    }
    let mut took = Vec::new();
    let mut buffer = Vec::new();
    while Instant::now() < until {
        if let Some(pause) = pause {
            tokio::time::sleep_until(next).await;
            next += pause;
        }
        let n = count.replace(count.get() + 1);
        let body = company::lead(number, n);
        let request = format!(
            "POST /v1/leads HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let started = Instant::now();
        stream.get_mut().write_all(request.as_bytes()).await?;
        let status = response(&mut stream, &mut buffer).await?;
        took.push(started.elapsed());
        if status != 200 {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&buffer)).into());
        }
    }
    Ok(took)
}

async fn response(stream: &mut AsyncReader<AsyncStream>, buffer: &mut Vec<u8>) -> Result<u16, Failure> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let status = line.split(' ').nth(1).ok_or("no status")?.parse()?;
    let mut length = 0;
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        match header(&line) {
            Header::End => break,
            Header::Length(bytes) => length = bytes,
            Header::Other => {}
        }
    }
    buffer.resize(length, 0);
    stream.read_exact(buffer).await?;
    Ok(status)
}

enum Header {
    End,
    Length(usize),
    Other,
}

fn header(line: &str) -> Header {
    let line = line.trim_end();
    let length = line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    match length.and_then(|(_, value)| value.trim().parse().ok()) {
        _ if line.is_empty() => Header::End,
        Some(length) => Header::Length(length),
        None => Header::Other,
    }
}

/// One answer, on a connection of its own.
pub fn get(address: SocketAddr, path: &str) -> Result<String, Failure> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes())?;
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        match header(&line) {
            Header::End => break,
            Header::Length(bytes) => length = bytes,
            Header::Other => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(String::from_utf8(body)?)
}
