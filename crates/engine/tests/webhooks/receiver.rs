//! An endpoint that is not really there, and what it is told.

use crate::support::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use earnest_core::units::ContractId;
use earnest_engine::webhooks::{
    Answered, Call, Courier, CourierOptions, Deliver, Delivering, NewWebhook, Owner, RetrySchedule,
};
use earnest_engine::{Engine, Order};
use earnest_store::DeliveryState;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) const HOOK: &str = "https://example.com/hook";
pub(crate) const SECOND: i64 = 1_000;

/// What an endpoint does with a call, which is its how-manieth.
pub(crate) type Habit = Box<dyn Fn(&Call, usize) -> Answered + Send + Sync>;

/// Endpoints that are not really there.
pub(crate) struct Receiver {
    pub(crate) calls: Mutex<Vec<(Call, Answered)>>,
    pub(crate) habit: Mutex<Habit>,
}

impl Receiver {
    pub(crate) fn new(
        habit: impl Fn(&Call, usize) -> Answered + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            calls: Mutex::default(),
            habit: Mutex::new(Box::new(habit)),
        })
    }

    pub(crate) fn willing() -> Arc<Self> {
        Self::new(|_, _| Answered::Status(204))
    }

    pub(crate) fn now(&self, habit: impl Fn(&Call, usize) -> Answered + Send + Sync + 'static) {
        *self.habit.lock().unwrap() = Box::new(habit);
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        let calls = self.calls.lock().unwrap();
        calls.iter().map(|(call, _)| call.clone()).collect()
    }

    pub(crate) fn numbers(&self) -> Vec<u64> {
        self.calls().iter().map(seq).collect()
    }

    pub(crate) fn forget(&self) {
        self.calls.lock().unwrap().clear();
    }
}

impl Deliver for Receiver {
    fn deliver(&self, call: Call) -> Delivering<'_> {
        Box::pin(async move {
            for _ in 0..seq(&call) % 5 {
                tokio::task::yield_now().await;
            }
            let mut calls = self.calls.lock().unwrap();
            let answer = (self.habit.lock().unwrap())(&call, calls.len());
            calls.push((call, answer.clone()));
            answer
        })
    }
}

pub(crate) fn body(call: &Call) -> Value {
    serde_json::from_slice(&call.body).unwrap()
}

pub(crate) fn seq(call: &Call) -> u64 {
    body(call)["data"]["seq"].as_u64().unwrap()
}

pub(crate) fn contract(call: &Call) -> String {
    body(call)["data"]["contract"].as_str().unwrap().to_owned()
}

/// The signature as the specification describes it, by a hand of its own.
pub(crate) fn signature(secret: &str, call: &Call) -> String {
    let mut key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    key.resize(64, 0);
    let pad = |byte: u8| key.iter().map(|it| it ^ byte).collect::<Vec<u8>>();
    let head = format!("{}.{}.", call.id, call.timestamp);
    let inner = Sha256::digest([&pad(0x36), head.as_bytes(), &call.body].concat());
    let outer = Sha256::digest([&pad(0x5c)[..], &inner].concat());
    format!("v1,{}", STANDARD.encode(outer))
}

pub(crate) fn new(url: &str) -> NewWebhook {
    NewWebhook {
        url: url.to_owned(),
        contract: None,
        types: None,
        owner: Owner::Admin,
    }
}

pub(crate) async fn registered(engine: &Engine) -> (String, String) {
    let (record, secret) = engine.create_webhook(new(HOOK)).await.unwrap();
    (record.id, secret)
}

pub(crate) fn courier(engine: &Engine, receiver: &Arc<Receiver>) -> Courier {
    courier_with(engine, receiver, CourierOptions::default())
}

pub(crate) fn courier_with(
    engine: &Engine,
    receiver: &Arc<Receiver>,
    options: CourierOptions,
) -> Courier {
    Courier::new(engine.clone(), receiver.clone(), options)
}

pub(crate) fn quick() -> CourierOptions {
    CourierOptions {
        retry: RetrySchedule::new(&[Duration::from_secs(5)]),
        ..CourierOptions::default()
    }
}

pub(crate) fn of_contract(id: &str, order: Order) -> Order {
    Order {
        contract: ContractId::new(id).unwrap(),
        ..order
    }
}

pub(crate) async fn send_some(engine: &Engine, to: &[&str]) {
    for member in to {
        engine.submit(order(send(member))).await.unwrap();
    }
}

pub(crate) async fn states(engine: &Engine, webhook: &str) -> Vec<(u64, DeliveryState, u32)> {
    let page = engine.deliveries(webhook, None, None, 200).await.unwrap();
    let items = page.items.into_iter().map(|it| it.delivery);
    let mut states: Vec<_> = items.map(|it| (it.seq, it.state, it.attempts)).collect();
    states.sort_by_key(|it| it.0);
    states
}
