//! Sends a load for a while and notes how long each request took.

use crate::fleet;
use earnest_bench::client::Client;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a load is made of.
#[derive(Debug, Clone)]
pub(crate) enum Load {
    /// Bodies for the empty server.
    Empty,
    /// Single messages.
    Singles,
    /// Batches of so many messages.
    Batches(usize),
}

/// Where a load goes.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) key: Option<String>,
    pub(crate) run: String,
    /// The numbers of the contracts that it is spread over.
    pub(crate) contracts: Range<usize>,
}

impl Target {
    /// The same, for a part of the contracts.
    pub(crate) fn under(&self, contracts: Range<usize>) -> Self {
        let mut part = self.clone();
        part.contracts = contracts;
        part
    }
}

/// What a load bore.
#[derive(Debug, Clone)]
pub(crate) struct Bore {
    /// Requests a second.
    pub(crate) rate: f64,
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
    pub(crate) worst: Duration,
}

/// Sends a load over so many connections for a while; with `rate`, that many requests a second in all, each
/// timed from when it should have been sent.
pub(crate) async fn run(
    target: &Target,
    load: &Load,
    connections: usize,
    length: Duration,
    rate: Option<f64>,
) -> Bore {
    let began = Instant::now();
    let until = began + length;
    let target = Arc::new(target.clone());
    let tasks: Vec<_> = (0..connections)
        .map(|number| {
            let (target, load) = (Arc::clone(&target), load.clone());
            let step = rate.map(|rate| {
                let apart = Duration::from_secs_f64(as_f64(connections) / rate);
                (
                    began + apart.mul_f64(as_f64(number) / as_f64(connections)),
                    apart,
                )
            });
            tokio::spawn(async move { connection(&target, &load, until, step).await })
        })
        .collect();
    let mut all: Vec<Duration> = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    let took = began.elapsed();
    all.sort_unstable();
    let at = |per_mille: usize| {
        all.get(all.len() * per_mille / 1000)
            .copied()
            .unwrap_or_default()
    };
    Bore {
        rate: as_f64(all.len()) / took.as_secs_f64(),
        median: at(500),
        p99: at(990),
        worst: all.last().copied().unwrap_or_default(),
    }
}

async fn connection(
    target: &Target,
    load: &Load,
    until: Instant,
    mut step: Option<(Instant, Duration)>,
) -> Vec<Duration> {
    let mut client = Client::connect(target.address, target.key.as_deref())
        .await
        .unwrap();
    let mut took = Vec::new();
    loop {
        let begin = match &mut step {
            Some((next, apart)) => {
                let due = *next;
                *next += *apart;
                tokio::time::sleep_until(due.into()).await;
                due
            }
            None => Instant::now(),
        };
        if begin >= until {
            return took;
        }
        one(&mut client, target, load).await;
        took.push(begin.elapsed());
    }
}

async fn one(client: &mut Client, target: &Target, load: &Load) {
    let contract = || fleet::one_of(&target.contracts);
    let key = format!("{:016x}{:016x}", fleet::spread(), fleet::spread());
    let (path, body) = match load {
        Load::Empty => ("/", fleet::message(&target.run, contract())),
        Load::Singles => ("/v1/messages", fleet::message(&target.run, contract())),
        Load::Batches(size) => (
            "/v1/batches",
            fleet::batch(&target.run, contract(), *size, None),
        ),
    };
    let answer = client.post(path, body, Some(&key)).await.unwrap();
    answer.assert_taken(path);
    if let Load::Batches(size) = load {
        let text = String::from_utf8_lossy(&answer.body);
        assert_eq!(text.matches("\"status\":201").count(), *size, "{text:.500}");
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests are small")]
const fn as_f64(count: usize) -> f64 {
    count as f64
}
