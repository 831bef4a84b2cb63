//! Listening: from a configuration to a running server and, in good order, back.

use std::{future::Future, net::SocketAddr, sync::Arc};

use pointsman_store::WorkspaceLock;
use tokio::{net::TcpListener, sync::oneshot};

use crate::{
    config::{ServeConfig, StartError, check_exposure},
    listen::listen,
    router::app,
    state::State,
};

/// Serves until `stop` is done; then finishes what was accepted, and returns when all of it is on
/// disk. `ready` is told the address once leads can be decided.
pub async fn serve(
    config: ServeConfig,
    ready: Option<oneshot::Sender<SocketAddr>>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StartError> {
    // Many processes may serve a shared store; each takes the head for its batches.
    let mut lock = (!config.store.is_shared()).then(|| WorkspaceLock::take(&config.folder)).transpose()?;
    let address = config.listen;
    let listener = TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })?;
    let address = listener.local_addr().map_err(|source| StartError::Listen { address, source })?;
    if let Some(lock) = &mut lock {
        lock.announce(&format!("http://{address}"))?;
    }
    let state =
        tokio::task::spawn_blocking(move || State::open(config)).await.map_err(|e| StartError::Serve(e.into()))??;
    if let Err(open) = check_exposure(address, state.gate.is_open()) {
        let _stopped = tokio::task::spawn_blocking(move || state.stop()).await;
        return Err(open);
    }
    if let Some(ready) = ready {
        // Whoever wanted to know may have gone.
        let _gone = ready.send(address);
    }
    tracing::info!(%address, "serving");
    let limits = state.config.connections;
    let rounds = tokio::spawn(crate::experiment::rounds::run(Arc::clone(&state)));
    let figures = tokio::spawn(crate::kpi::run(Arc::clone(&state)));
    let deliveries = crate::deliver::start(&state);
    listen(listener, app(Arc::clone(&state)), limits, stop).await;
    rounds.abort();
    figures.abort();
    drop(deliveries);
    crate::deliver::release(&state).await;
    tokio::task::spawn_blocking(move || state.stop()).await.map_err(|error| StartError::Serve(error.into()))?;
    drop(lock);
    Ok(())
}

/// Done when the process is asked to end: Ctrl-C, or SIGTERM.
pub async fn asked_to_end() {
    let interrupt = async {
        // Without a handler for it Ctrl-C ends the process at once, which is safe as well.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
