//! Connections: taken, watched, ended. A client that is slow to say what it wants is let go, one
//! that says nothing costs a file and a few kilobytes, and at the most connections the next ones
//! wait until one ends.

use std::{future::Future, io, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore, time::sleep};

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// Open at once.
    pub most: usize,
    /// A request's head must be here after this, and so must the next one's.
    pub head_within: Duration,
    /// What is running when the server ends may take this long.
    pub grace: Duration,
}

impl Default for Connections {
    fn default() -> Self {
        Self { most: 20_000, head_within: Duration::from_secs(15), grace: Duration::from_secs(30) }
    }
}

/// After an error of `accept` (no file is free, for example).
const BREATH: Duration = Duration::from_millis(50);

/// Answers connections until `stop` is done, then lets those that are being answered finish.
pub async fn listen(listener: TcpListener, app: Router, limits: Connections, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits.most));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_within);
    loop {
        let taken = async {
            let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
            Ok::<_, io::Error>((place, listener.accept().await?.0))
        };
        let (place, stream) = tokio::select! {
            taken = taken => match taken {
                Ok(taken) => taken,
                Err(error) => {
                    tracing::warn!(%error, "a connection was not taken");
                    sleep(BREATH).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        // Answers are small and leave whole; waiting for more of them would only cost time.
        let _kept_waiting = stream.set_nodelay(true);
        let service = TowerToHyperService::new(app.clone());
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // However it ended, its client knows.
            let _ended = connection.await;
            drop(place);
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = sleep(limits.grace) => tracing::warn!("connections were still open when the grace was over"),
    }
}

/// Raises the number of files this process may open to the most it may raise it to; says what it
/// got. `None` where there is no such limit.
#[cfg(unix)]
pub fn raise_file_limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    }
}

#[cfg(not(unix))]
pub fn raise_file_limit() -> Option<u64> {
    None
}
