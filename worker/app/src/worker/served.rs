//! `/health` and `/metrics` on loopback.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use store::RunState;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::Shop;
use crate::Failure;
use crate::telemetry::Telemetry;

/// Runs that are looked through for `/health`.
const RUNS_LOOKED_AT_MAX: u32 = 200;

/// The server's task: it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Served(JoinHandle<()>);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[derive(Clone)]
struct Site {
    shop: Shop,
    telemetry: Arc<Telemetry>,
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    queued: usize,
    running: usize,
    dead_lettered: usize,
}

/// Serves, when `[worker] listen` names an address.
pub(super) async fn serve(
    shop: &Shop,
    telemetry: Arc<Telemetry>,
) -> Result<Option<Served>, Failure> {
    let Some(address) = shop.project.config.worker.listen else {
        return Ok(None);
    };
    let listener = TcpListener::bind(address).await.map_err(|cause| {
        Failure::because(
            format!("`[worker] listen = \"{address}\"` cannot be had"),
            cause,
        )
    })?;
    let router = Router::new()
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .with_state(Site {
            shop: shop.clone(),
            telemetry,
        });
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::warn!(%error, "`/health` and `/metrics` are served no more");
        }
    });
    Ok(Some(Served(task)))
}

async fn health(State(served): State<Site>) -> Response {
    let Ok(runs) = served.shop.project.store.runs(RUNS_LOOKED_AT_MAX).await else {
        let away = Health {
            status: "the database is away",
            queued: 0,
            running: 0,
            dead_lettered: 0,
        };
        return (StatusCode::SERVICE_UNAVAILABLE, Json(away)).into_response();
    };
    let count = |state| runs.iter().filter(|run| run.state == state).count();
    Json(Health {
        status: "ok",
        queued: count(RunState::Queued),
        running: count(RunState::Running),
        dead_lettered: count(RunState::DeadLettered),
    })
    .into_response()
}

async fn metrics(State(served): State<Site>) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (kind, served.telemetry.prometheus()).into_response()
}
