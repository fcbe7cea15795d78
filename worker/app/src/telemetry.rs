//! Logs on stderr, spans and metrics to a collector, metrics to `/metrics`.

use std::io::IsTerminal as _;

use opentelemetry::metrics::{Counter, Histogram, Meter};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{MetricExporter, Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::SdkTracerProvider;
use prometheus::Registry;
use schema::{RowCounts, SourceName};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::Failure;

const SERVICE: &str = "musubi";

/// Where durations of stages are told apart, in seconds.
const STAGE_SECONDS: [f64; 9] = [0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0];

/// What is logged when `RUST_LOG` asks for nothing: a slow statement is no warning to an operator.
const LOGS_DEFAULT: &str = "warn,sqlx::query=error";

/// The running exporters: spans and metrics to a collector when one is configured, metrics to `/metrics` always.
///
/// **Invariant:** what is recorded are names, ids of runs, counts and durations; never a value of a record.
#[derive(Debug)]
pub struct Telemetry {
    spans: Option<SdkTracerProvider>,
    metrics: SdkMeterProvider,
    registry: Registry,
}

impl Telemetry {
    /// Sets up logs on stderr (by `RUST_LOG`, default `warn`), spans and metrics. Called once a process; a second call keeps the
    /// first's logs.
    ///
    /// # Errors
    /// When the collector's address cannot be used.
    pub fn start(otlp_endpoint: Option<&str>) -> Result<Self, Failure> {
        let registry = Registry::new();
        let metrics = metrics(otlp_endpoint, &registry)?;
        global::set_meter_provider(metrics.clone());
        let spans = otlp_endpoint.map(spans).transpose()?;
        let to_collector = spans.as_ref().map(|provider| {
            tracing_opentelemetry::layer()
                .with_tracer(provider.tracer(SERVICE))
                .with_filter(LevelFilter::INFO)
        });
        let filter =
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOGS_DEFAULT));
        let logs = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal())
            .with_filter(filter);
        // A test process starts several; the first one's logs stay.
        let _ = tracing_subscriber::registry()
            .with(logs)
            .with(to_collector)
            .try_init();
        Ok(Self {
            spans,
            metrics,
            registry,
        })
    }

    /// What `/metrics` answers.
    #[must_use]
    pub fn prometheus(&self) -> String {
        prometheus::TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .unwrap_or_default()
    }

    /// Sends what is still held, and ends. It blocks, so it runs apart from the async threads.
    pub async fn stop(&self) {
        let (spans, metrics) = (self.spans.clone(), self.metrics.clone());
        let flush = move || {
            if let Some(spans) = spans {
                let _ = spans.force_flush();
                let _ = spans.shutdown();
            }
            let _ = metrics.shutdown();
        };
        let _ = tokio::task::spawn_blocking(flush).await;
    }
}

/// What is counted over the life of a process.
#[derive(Clone, Debug)]
pub struct Meters {
    rows: Counter<u64>,
    stages: Histogram<f64>,
    runs: Counter<u64>,
}

impl Meters {
    /// The instruments of the process.
    #[must_use]
    pub fn global() -> Self {
        let meter: Meter = global::meter(SERVICE);
        Self {
            rows: meter.u64_counter("musubi.rows").with_unit("{row}").build(),
            stages: meter
                .f64_histogram("musubi.stage.duration")
                .with_unit("s")
                .with_boundaries(STAGE_SECONDS.to_vec())
                .build(),
            runs: meter.u64_counter("musubi.runs").with_unit("{run}").build(),
        }
    }

    /// Counts the rows of a page by their end.
    pub fn rows(&self, source: &SourceName, counts: &RowCounts) {
        let ends = [
            ("new", counts.new),
            ("changed", counts.changed),
            ("unchanged", counts.unchanged),
            ("set_aside", counts.set_aside),
        ];
        for (state, rows) in ends {
            let labels = [
                KeyValue::new("source", source.to_string()),
                KeyValue::new("state", state),
            ];
            self.rows.add(rows, &labels);
        }
    }

    /// Records how long a stage took.
    pub fn stage(&self, stage: &str, seconds: f64) {
        let labels = [KeyValue::new("stage", stage.to_owned())];
        self.stages.record(seconds, &labels);
    }

    /// Counts a run by its kind and end.
    pub fn run(&self, kind: &'static str, state: &'static str) {
        self.runs.add(
            1,
            &[KeyValue::new("kind", kind), KeyValue::new("state", state)],
        );
    }
}

fn resource() -> Resource {
    Resource::builder()
        .with_service_name(SERVICE)
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build()
}

fn spans(endpoint: &str) -> Result<SdkTracerProvider, Failure> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build()
        .map_err(unusable)?;
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource())
        .build())
}

fn metrics(endpoint: Option<&str>, registry: &Registry) -> Result<SdkMeterProvider, Failure> {
    let scraped = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .build()
        .map_err(|cause| Failure::because("metrics cannot be set up", cause))?;
    let mut builder = SdkMeterProvider::builder()
        .with_resource(resource())
        .with_reader(scraped);
    if let Some(endpoint) = endpoint {
        let exporter = MetricExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/metrics", endpoint.trim_end_matches('/')))
            .build()
            .map_err(unusable)?;
        builder = builder.with_reader(PeriodicReader::builder(exporter).build());
    }
    Ok(builder.build())
}

fn unusable(cause: opentelemetry_otlp::ExporterBuildError) -> Failure {
    Failure::because("`[telemetry] otlp_endpoint` cannot be used", cause)
}
