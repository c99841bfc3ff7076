//! Gathers the figures and writes them down.

use super::process::resident_bytes;
use crate::app::App;
use crate::traffic::{Answered, BUCKETS, Count};
use earnest_core::units::Timestamp;
use earnest_store::StoreStatus;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeMetric, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What is shown, as it was at one moment.
#[derive(Debug)]
pub(super) struct Figures {
    sends: u64,
    responses: u64,
    lapses: u64,
    conflicts: u64,
    waiting: u64,
    loads: u64,
    snapshots: u64,
    refusals: BTreeMap<&'static str, u64>,
    hot: (usize, usize),
    made: u64,
    delivered: u64,
    failed: u64,
    dead: u64,
    open: usize,
    traffic: BTreeMap<String, BTreeMap<Answered, Count>>,
    /// Nothing while the store cannot be reached.
    store: Option<StoreStatus>,
    now: Timestamp,
    resident: Option<u64>,
}

impl Figures {
    /// Gathers the figures.
    pub(super) async fn gather(app: &App) -> Self {
        let (metrics, webhooks) = (app.engine.metrics(), app.engine.webhook_counts());
        let read = |counter: &AtomicU64| counter.load(Relaxed);
        let store = app.engine.store().status().await;
        let store =
            store.inspect_err(|error| tracing::warn!("the store gives no figures: {error}"));
        let room = app.room().available_permits();
        Self {
            sends: read(&metrics.sends),
            responses: read(&metrics.responses),
            lapses: read(&metrics.lapses),
            conflicts: read(&metrics.conflicts),
            waiting: read(&metrics.waiting),
            loads: read(&metrics.loads),
            snapshots: read(&metrics.snapshots),
            refusals: metrics.refusals(),
            hot: app.engine.contracts_in_memory(),
            made: read(&webhooks.made),
            delivered: read(&webhooks.delivered),
            failed: read(&webhooks.failed),
            dead: read(&webhooks.dead),
            open: app.settings.requests_most.saturating_sub(room),
            traffic: app.traffic().counts(),
            store: store.ok(),
            now: app.engine.now(),
            resident: resident_bytes().await,
        }
    }
}

impl Collector for Figures {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        self.write_engine(&mut page)?;
        self.write_webhooks(&mut page)?;
        self.write_store(&mut page)?;
        self.write_requests(&mut page)?;
        self.write_process(&mut page)
    }
}

impl Figures {
    fn write_engine(&self, page: &mut Page<'_>) -> fmt::Result {
        page.count("sends", "Messages sent", self.sends)?;
        page.count("responses", "Responses taken", self.responses)?;
        page.count("lapses", "Messages whose lapse was recorded", self.lapses)?;
        let refusals = self
            .refusals
            .iter()
            .map(|(code, count)| ([("code", *code)], *count));
        page.counts("refusals", "Commands refused by a rule", refusals)?;
        page.count(
            "commit_conflicts",
            "Commits that did not succeed and were tried again or given up",
            self.conflicts,
        )?;
        page.gauge(
            "orders_waiting",
            "Orders that wait or are being worked on",
            self.waiting,
        )?;
        page.gauge(
            "contracts_in_memory",
            "Contracts in memory",
            whole(self.hot.0),
        )?;
        page.gauge(
            "contracts_in_memory_bytes",
            "Bytes that contracts take in memory, roughly",
            whole(self.hot.1),
        )?;
        page.count(
            "contract_loads",
            "Contracts rebuilt from the store",
            self.loads,
        )?;
        page.count("snapshots", "Snapshots kept", self.snapshots)
    }

    fn write_webhooks(&self, page: &mut Page<'_>) -> fmt::Result {
        page.count("deliveries_made", "Webhook deliveries made", self.made)?;
        page.count(
            "deliveries_delivered",
            "Webhook deliveries that arrived",
            self.delivered,
        )?;
        page.count(
            "deliveries_failed",
            "Attempts to deliver that failed",
            self.failed,
        )?;
        page.count("deliveries_dead", "Webhook deliveries given up", self.dead)
    }

    fn write_store(&self, page: &mut Page<'_>) -> fmt::Result {
        page.gauge(
            "store_up",
            "Whether the store gave figures",
            u64::from(self.store.is_some()),
        )?;
        let Some(store) = &self.store else {
            return Ok(());
        };
        page.gauge("store_bytes", "Bytes of the store on the disk", store.bytes)?;
        page.gauge("contracts", "Contracts in the store", store.contracts)?;
        page.gauge(
            "deliveries_waiting",
            "Webhook deliveries that wait",
            store.deliveries_waiting,
        )?;
        let age = |since: Option<Timestamp>| since.map_or(0.0, |since| seconds(self.now, since));
        page.gauge(
            "outbox_age_seconds",
            "How long the oldest waiting delivery has waited",
            age(store.oldest_delivery),
        )?;
        page.gauge(
            "due_age_seconds",
            "For how long the oldest thing that is due has been due",
            age(store.oldest_due),
        )?;
        page.count(
            "commits",
            "Transactions committed by this process",
            store.commits,
        )?;
        page.count(
            "commit_batches",
            "Batches in those transactions",
            store.batches,
        )?;
        let total = micros(store.commit_micros);
        page.summary(
            "commit_duration_seconds",
            "How long transactions took",
            total,
            store.commits,
        )?;
        // The size of the batches is batches by commits.
        page.summary(
            "commit_size_batches",
            "How many batches a transaction held",
            exact(store.batches),
            store.commits,
        )
    }

    fn write_requests(&self, page: &mut Page<'_>) -> fmt::Result {
        page.gauge("http_requests_open", "Requests under way", whole(self.open))?;
        let all = || {
            self.traffic.iter().flat_map(|(route, answered)| {
                let labels = |(method, status): Answered| {
                    let status = status.to_string();
                    [
                        ("route", route.clone()),
                        ("method", method.to_owned()),
                        ("status", status),
                    ]
                };
                answered
                    .iter()
                    .map(move |(how, count)| (labels(*how), count))
            })
        };
        let requests = all().map(|(labels, count)| (labels, count.requests));
        page.counts("http_requests", "Requests answered", requests)?;
        page.durations(
            "http_request_duration_seconds",
            "How long requests took",
            all(),
        )
    }

    fn write_process(&self, page: &mut Page<'_>) -> fmt::Result {
        if let Some(resident) = self.resident {
            page.gauge(
                "process_resident_bytes",
                "Bytes of memory that the process has",
                resident,
            )?;
        }
        let build = [("version", env!("CARGO_PKG_VERSION"))];
        page.gauges("build_info", "Which build this is", [(build, 1)])
    }
}

/// Where figures are written down.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn count(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let encoder = self
            .0
            .encode_descriptor(name, help, None, MetricType::Counter)?;
        ConstCounter::new(value).encode(encoder)
    }

    fn counts<const N: usize, S: AsRef<str>>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = ([(&'static str, S); N], u64)>,
    ) -> fmt::Result {
        let mut encoder = self
            .0
            .encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, value) in values {
            let labels = texts(&labels);
            ConstCounter::new(value).encode(encoder.encode_family(&labels)?)?;
        }
        Ok(())
    }

    #[expect(clippy::needless_pass_by_value, reason = "a number is given as it is")]
    fn gauge<V: EncodeGaugeValue>(&mut self, name: &str, help: &str, value: V) -> fmt::Result {
        let mut encoder = self
            .0
            .encode_descriptor(name, help, None, MetricType::Gauge)?;
        encoder.encode_gauge(&value)
    }

    fn gauges<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = ([(&'static str, &'static str); N], u64)>,
    ) -> fmt::Result {
        let mut encoder = self
            .0
            .encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, value) in values {
            let labels = texts(&labels);
            ConstGauge::new(value).encode(encoder.encode_family(&labels)?)?;
        }
        Ok(())
    }

    /// Writes a sum and a count.
    fn summary(&mut self, name: &str, help: &str, sum: f64, count: u64) -> fmt::Result {
        let mut encoder = self
            .0
            .encode_descriptor(name, help, None, MetricType::Histogram)?;
        encoder.encode_histogram::<NoLabelSet>(sum, count, &[], None)
    }

    fn durations<'c, const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = ([(&'static str, String); N], &'c Count)>,
    ) -> fmt::Result {
        let mut encoder = self
            .0
            .encode_descriptor(name, help, None, MetricType::Histogram)?;
        for (labels, count) in values {
            let bounds = BUCKETS.iter().map(|bound| micros(*bound));
            let buckets: Vec<(f64, u64)> = bounds.zip(count.buckets).collect();
            let labels = texts(&labels);
            let mut encoder = encoder.encode_family(&labels)?;
            let (sum, count) = (micros(count.micros), count.requests);
            encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)?;
        }
        Ok(())
    }
}

fn texts<'l, const N: usize, S: AsRef<str>>(
    labels: &'l [(&'static str, S); N],
) -> Vec<(&'static str, &'l str)> {
    labels
        .iter()
        .map(|(name, value)| (*name, value.as_ref()))
        .collect()
}

fn whole(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a figure for people: 53 bits are enough"
)]
fn exact(count: u64) -> f64 {
    count as f64
}

fn micros(micros: u64) -> f64 {
    exact(micros) / 1e6
}

/// Returns the seconds from one instant to another; 0 where it is still to come.
fn seconds(now: Timestamp, since: Timestamp) -> f64 {
    let millis = u64::try_from(now.millis_since(since)).unwrap_or(0);
    exact(millis) / 1e3
}
