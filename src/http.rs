//! The two small HTTP servers of the operator: metrics on one address, health on another.
//!
//! `/healthz` says that the process serves; it never asks the API server or a database, so that a failing dependency
//! restarts nothing. `/readyz` says whether the operator watches its resources, and if not, why.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::metrics::Metrics;

/// Whether the operator is ready. Set by the controllers, read by `/readyz`.
#[derive(Debug, Clone)]
pub struct Readiness(watch::Sender<Option<String>>);

impl Default for Readiness {
    fn default() -> Self {
        Self(watch::Sender::new(Some("starting".to_owned())))
    }
}

impl Readiness {
    /// Ready from now on.
    pub fn ready(&self) {
        self.0.send_replace(None);
    }

    /// Not ready, for this reason (shown to whoever asks; no secrets).
    pub fn not_ready(&self, reason: &str) {
        self.0.send_replace(Some(reason.to_owned()));
    }

    /// Why it is not ready; `None` when it is.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        self.0.borrow().clone()
    }
}

/// An address that cannot be served on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}; choose another one with {flag}")]
pub struct ListenError {
    /// The address.
    pub address: SocketAddr,
    /// The flag that sets it.
    pub flag: &'static str,
    /// Why.
    #[source]
    pub source: std::io::Error,
}

/// Takes the address, so that a port in use is an error at the start and not a silent gap.
pub async fn listen(address: SocketAddr, flag: &'static str) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| ListenError { address, flag, source })
}

/// Serves `/metrics` until `stop` resolves.
pub async fn serve_metrics(
    listener: TcpListener,
    metrics: Arc<Metrics>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new().route("/metrics", get(scrape)).with_state(metrics);
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}

/// Serves `/healthz` and `/readyz` until `stop` resolves.
pub async fn serve_health(
    listener: TcpListener,
    readiness: Readiness,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(readiness);
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}

async fn scrape(State(metrics): State<Arc<Metrics>>) -> Response {
    match metrics.render() {
        Ok(text) => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

async fn ready(State(readiness): State<Readiness>) -> Response {
    match readiness.reason() {
        None => "ok\n".into_response(),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
    }
}
