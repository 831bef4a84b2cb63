//! The three servers.

use std::{
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use pointsman_server::{ServeConfig, serve};
use pointsman_store::Location;

use super::{
    company,
    http::{Line, Request},
};

/// Set to `PORT URL`, this program is a server.
pub const SERVE: &str = "POINTSMAN_PROVE_SERVE";

/// Serves until it is killed, where it was told to; otherwise `false`.
#[expect(clippy::disallowed_methods, reason = "a child is told its part by the environment")]
pub fn serve_if_told() -> bool {
    let Ok(told) = std::env::var(SERVE) else { return false };
    let (port, url) = told.split_once(' ').expect("PORT URL");
    let folder = tempfile::tempdir().unwrap();
    let mut config = ServeConfig::of_folder(folder.path());
    config.store = Location::parse(url, folder.path()).unwrap();
    config.listen = SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()));
    config.documents = Some(company::documents());
    config.rate = u32::MAX;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let served = runtime.block_on(serve(config, None, std::future::pending()));
    // Where the database is away, whoever started it tries again.
    if let Err(error) = served {
        eprintln!("a replica ended: {error}");
        std::process::exit(1);
    }
    true
}

/// Killed when dropped.
#[derive(Debug)]
pub struct Replicas {
    url: String,
    arguments: Vec<String>,
    ports: [u16; 3],
    children: Vec<Child>,
}

impl Replicas {
    pub fn start(url: &str, arguments: &[&str]) -> Self {
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let ports = [free(), free(), free()];
        let arguments = arguments.iter().map(ToString::to_string).collect();
        let mut replicas = Self { url: url.to_owned(), arguments, ports, children: Vec::new() };
        // The first makes the schema and applies the documents.
        for port in ports {
            let child = replicas.ready(port);
            replicas.children.push(child);
        }
        replicas
    }

    pub fn ports(&self) -> [u16; 3] {
        self.ports
    }

    pub fn kill_and_start(&mut self, number: usize) {
        self.children[number].kill().unwrap();
        self.children[number].wait().unwrap();
        self.children[number] = self.ready(self.ports[number]);
    }

    /// Starts one and waits until it serves.
    #[expect(clippy::disallowed_methods, reason = "patience with a program that starts")]
    fn ready(&self, port: u16) -> Child {
        let (mut child, started) = (self.spawn(port), Instant::now());
        let ready = Request { method: "GET", path: "/readyz".into(), headers: String::new(), body: String::new() };
        while Line::new(port).ask(&ready, Duration::from_secs(1)).is_none_or(|answer| answer.status != 200) {
            assert!(started.elapsed() < Duration::from_secs(60), "a replica does not start");
            std::thread::sleep(Duration::from_millis(10));
            if child.try_wait().unwrap().is_some() {
                child = self.spawn(port);
            }
        }
        child
    }

    fn spawn(&self, port: u16) -> Child {
        let mut replica = Command::new(std::env::current_exe().unwrap());
        replica.args(&self.arguments).env(SERVE, format!("{port} {}", self.url)).env("POINTSMAN_LOG", "error");
        replica.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }
}

impl Drop for Replicas {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _gone = child.kill();
            let _waited = child.wait();
        }
    }
}
