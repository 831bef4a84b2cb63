//! The way to the collector: the connection that webhooks have too, on a thread that may wait.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::{HeaderMap, HeaderValue, Response, header};
use http_body_util::Full;
use hyper::{Request, body::Bytes};
use opentelemetry_http::{HttpClient, HttpError};
use pointsman_connect::{Failure, Wire};
use tokio::{runtime::Runtime, time::timeout};

use super::{config::TraceConfig, export::Flow};

/// Sends what the exporter made. Its runtime is its own: a collector that hangs holds nothing else.
#[derive(Debug)]
pub struct Client {
    config: TraceConfig,
    runtime: Runtime,
    wire: Mutex<Wire>,
    flow: Arc<Flow>,
}

/// What spans are written in.
const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");

impl Client {
    pub(super) fn new(config: &TraceConfig, flow: &Arc<Flow>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { config: config.clone(), runtime, wire: Mutex::default(), flow: Arc::clone(flow) })
    }

    /// Blocks; not for a thread of a runtime.
    fn post(&self, headers: &HeaderMap, body: &Bytes) -> Result<Response<Bytes>, Failure> {
        let mut wire = self.wire.lock().unwrap_or_else(PoisonError::into_inner);
        let called = async {
            let kept = wire.is_open();
            match wire.call(&self.config.peer, self.request(headers, body)?).await {
                // The other side may have given up a connection that nothing was sent over.
                Err(_) if kept => {
                    wire.cut();
                    wire.call(&self.config.peer, self.request(headers, body)?).await
                }
                called => called,
            }
        };
        let patience = self.config.patience;
        let called = self.runtime.block_on(async { timeout(patience, called).await });
        let called = called.unwrap_or_else(|_| Err(Failure::late(self.config.peer.target(), patience)));
        if called.is_err() {
            wire.cut();
        }
        called
    }

    fn request(&self, headers: &HeaderMap, body: &Bytes) -> Result<Request<Full<Bytes>>, Failure> {
        let target = self.config.peer.target();
        let request = Request::post(target.path()).header(header::HOST, target.authority());
        let request = request.body(Full::new(body.clone()));
        let mut request = request.map_err(|error| Failure::NoAnswer(format!("the spans make no request: {error}")))?;
        // Of the exporter's headers these; it reads others from the environment, which were resolved before.
        let mut set = |name: header::HeaderName, value: HeaderValue| drop(request.headers_mut().insert(name, value));
        let kept = [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::USER_AGENT];
        kept.into_iter()
            .for_each(|name| headers.get(&name).into_iter().for_each(|value| set(name.clone(), value.clone())));
        self.config.headers.iter().for_each(|(name, value)| set(name.clone(), value.clone()));
        Ok(request)
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    /// Called on the thread that does nothing but send.
    async fn send_bytes(&self, request: opentelemetry_http::Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        self.post(&head.headers, &body).map_err(|failure| {
            self.flow.note(failure.to_string());
            failure.into()
        })
    }
}

/// Asks the collector to take no spans at all, which it does when it takes any. Blocks; not for a
/// thread of a runtime.
pub fn probe(config: &TraceConfig) -> Result<(), String> {
    let client = Client::new(config, &Arc::default()).map_err(|error| format!("cannot start: {error}"))?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, PROTOBUF);
    let answer = client.post(&headers, &Bytes::new()).map_err(|failure| failure.to_string())?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        status => Err(format!("it answered {}", status.as_u16())),
    }
}
