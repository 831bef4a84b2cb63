//! A private PostgreSQL server for tests: made, started and stopped by them, on a free loopback
//! port, flushing like a real one.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]
#![allow(dead_code, reason = "every test binary uses its own part of it")]

use std::{
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, Weak},
    time::{Duration, Instant},
};

/// Stopped and removed when dropped.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
    child: Mutex<Option<Child>>,
    tls: bool,
}

const SETTINGS: [&str; 8] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=on",
    "synchronous_commit=on",
    "max_connections=200",
    "shared_buffers=128MB",
    "max_wal_size=1GB",
    "logging_collector=off",
];

/// The server that tests of one process share, each in a schema of its own. `None` (said in one
/// line) where there is no PostgreSQL; in CI that is a failure.
pub fn shared() -> Option<Arc<Postgres>> {
    static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(server) = shared.upgrade() {
        return Some(server);
    }
    let server = Arc::new(own()?);
    *shared = Arc::downgrade(&server);
    Some(server)
}

/// A server for somebody who kills it.
#[expect(clippy::disallowed_methods, reason = "whether this is CI is said by the environment")]
pub fn own() -> Option<Postgres> {
    let Some(programs) = programs() else {
        assert!(std::env::var_os("POINTSMAN_CI").is_none(), "CI needs PostgreSQL 15 or newer (initdb, postgres)");
        println!("skipped: no PostgreSQL here (install its server, or put initdb and postgres in PATH)");
        return None;
    };
    Some(Postgres::start(programs, false))
}

/// A server that talks over TLS and not otherwise, with a certificate of [`Postgres::authority`] for
/// 127.0.0.1. `None` (said in one line) without PostgreSQL or openssl.
pub fn with_tls() -> Option<Postgres> {
    if Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_err() {
        println!("skipped: no openssl here to make a certificate (install it, or put it in PATH)");
        return None;
    }
    Some(Postgres::start(programs()?, true))
}

/// The folder of the newest server's programs.
#[expect(clippy::disallowed_methods, reason = "PATH is where programs are found")]
fn programs() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect())
        .unwrap_or_default();
    folders.sort_by_key(|folder| {
        let version = folder.parent().and_then(|f| f.file_name()).and_then(|name| name.to_str());
        version.and_then(|version| version.parse::<u32>().ok())
    });
    folders.reverse();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    folders.into_iter().find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

impl Postgres {
    fn start(programs: PathBuf, tls: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { programs, folder, port, child: Mutex::new(None), tls };
        // PostgreSQL does not run as root: the folder is another user's, who must be able to reach it.
        if is_root() {
            run(Command::new("chmod").arg("755").arg(server.folder.path()));
            let owned = ["-d", "-o", "postgres", "-g", "postgres", "-m", "700"];
            run(Command::new("install").args(owned).arg(server.data()));
        }
        let mut initdb = server.program("initdb");
        initdb
            .args(["--auth=trust", "--username=pointsman", "--no-sync", "--no-instructions", "-D"])
            .arg(server.data());
        run(&mut initdb);
        if tls {
            server.certify();
        }
        server.launch();
        server
    }

    /// An authority, a certificate that it signed for this server, and no way in without TLS.
    fn certify(&self) {
        let make = |args: &str| {
            let new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
            let mut openssl = self.lent(Path::new("openssl"));
            openssl.current_dir(self.folder.path()).args(new.split(' ').chain(args.split(' ')));
            run(&mut openssl);
        };
        let data = self.data();
        let data = data.to_str().unwrap();
        make(&format!("-subj /CN=authority -keyout {data}/ca.key -out {data}/ca.crt"));
        make(&format!(
            "-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
             -CA {data}/ca.crt -CAkey {data}/ca.key -keyout {data}/server.key -out {data}/server.crt"
        ));
        std::fs::copy(self.data().join("ca.crt"), self.authority()).unwrap();
        std::fs::write(self.data().join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\n").unwrap();
    }

    /// The certificate of who signed the server's.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.crt")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// One of the server's programs, as somebody it lets.
    fn program(&self, name: &str) -> Command {
        self.lent(&self.programs.join(name))
    }

    fn lent(&self, path: &Path) -> Command {
        if !is_root() {
            return Command::new(path);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(path);
        command.current_dir("/");
        command
    }

    #[expect(clippy::disallowed_methods, reason = "patience with a program that starts")]
    fn launch(&self) {
        let started = Instant::now();
        self.spawn();
        while !self.is_ready() {
            assert!(started.elapsed() < Duration::from_secs(60), "PostgreSQL does not start: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
            let ended = self.child.lock().unwrap().as_mut().is_some_and(|child| child.try_wait().unwrap().is_some());
            // The backends of a killed server still hold its memory for a moment.
            if ended {
                self.spawn();
            }
        }
    }

    fn spawn(&self) {
        let mut server = self.program("postgres");
        server.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        for setting in SETTINGS.into_iter().chain(self.tls.then_some("ssl=on")) {
            server.args(["-c", setting]);
        }
        let log = std::fs::File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let child = server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        *self.child.lock().unwrap() = Some(child);
    }

    /// It takes connections, and recovery is over.
    fn is_ready(&self) -> bool {
        if TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            return false;
        }
        let mut ready = Command::new(self.programs.join("pg_isready"));
        ready.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
        ready.status().is_ok_and(|status| status.success())
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// A store of its own: one schema.
    pub fn url(&self, schema: &str) -> String {
        format!("postgres://pointsman@127.0.0.1:{}/postgres?schema={schema}", self.port)
    }

    /// `kill -9` of the server, as a power cut that spares the disk.
    pub fn kill(&self) {
        if let Some(mut child) = self.child.lock().unwrap().take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts it again after a kill. Its backends go by themselves when they notice, and only
    /// then does a new server start.
    pub fn restart(&self) {
        let _stale = std::fs::remove_file(self.data().join("postmaster.pid"));
        self.launch();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.lock().unwrap().take() {
            // SIGINT is a fast shutdown; Rust can only kill, and nothing of this is kept.
            let _gone = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
            let _waited = child.wait();
        }
    }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.starts_with(b"0"))
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
