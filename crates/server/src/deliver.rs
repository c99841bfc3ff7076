//! Delivers events to webhooks: the HTTP client behind [`earnest_engine::webhooks`].
//!
//! Owns: connections to endpoints, and which addresses may be connected to. Does not own: what is sent, when,
//! and what its answer means.
//! Invariants: the address that was looked at is the one that is connected to, at every attempt anew; no
//! redirect is followed; of an answer little is read and nothing kept but its status.

mod address;
mod connect;
mod target;

use crate::app::App;
use crate::problem::{Code, Problem};
use connect::Tls;
use earnest_engine::webhooks::{
    Answered, Call, Courier, CourierOptions, Deliver, Delivering, RetrySchedule,
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use std::time::Duration;
use target::Target;
use tokio::io::{AsyncRead, AsyncWrite};

/// How much of an answer's body is read, so that the endpoint can finish writing it.
const ANSWER_MOST: usize = 16 << 10;
/// How long the rest of an answer is waited for.
const ANSWER_REST: Duration = Duration::from_secs(1);
const AGENT: &str = concat!("earnest/", env!("CARGO_PKG_VERSION"));

/// Reaches endpoints over HTTP.
#[derive(Debug)]
pub(crate) struct Client {
    allow_private: bool,
    tls: Tls,
}

impl Client {
    /// Makes a client.
    pub(crate) fn new(allow_private: bool) -> Self {
        Self {
            allow_private,
            tls: Tls::default(),
        }
    }

    async fn attempt(&self, call: Call) -> Result<u16, String> {
        let target = Target::of(&call.url)?;
        let stream = connect::connect(&target, self.allow_private).await?;
        let request = request(&target, call)?;
        match target.is_secure {
            true => exchange(self.tls.wrap(&target, stream).await?, request).await,
            false => exchange(stream, request).await,
        }
    }
}

impl Deliver for Client {
    fn deliver(&self, call: Call) -> Delivering<'_> {
        Box::pin(async move {
            match self.attempt(call).await {
                Ok(status) => Answered::Status(status),
                Err(why) => Answered::Failed(why),
            }
        })
    }
}

/// Makes the courier of a process.
pub(crate) fn courier(app: &App) -> Courier {
    let client = Client::new(app.settings.webhook_allow_private);
    let options = CourierOptions {
        retry: RetrySchedule::new(&app.settings.webhook_retry),
        ..CourierOptions::default()
    };
    Courier::new(app.engine.clone(), Arc::new(client), options)
}

/// Looks whether an endpoint may be called. One whose name leads nowhere yet is looked at when it is.
///
/// # Errors
/// When the URL is none, or leads to an address that is not public.
pub async fn check(url: &str, allow_private: bool) -> Result<(), Problem> {
    let target = Target::of(url).map_err(|why| Problem::invalid("url", why))?;
    if allow_private {
        return Ok(());
    }
    let Ok(addresses) = connect::resolve(&target).await else {
        return Ok(());
    };
    match address::all_public(&addresses) {
        Ok(()) => Ok(()),
        Err(why) => Err(Problem::new(Code::AddressNotAllowed, why).at("url")),
    }
}

fn request(target: &Target, call: Call) -> Result<Request<Full<Bytes>>, String> {
    Request::post(&target.path)
        .header(HOST, &target.authority)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, AGENT)
        .header(CONNECTION, "close")
        .header("webhook-id", call.id)
        .header("webhook-timestamp", call.timestamp)
        .header("webhook-signature", call.signature)
        .body(Full::from(call.body))
        .map_err(|error| format!("the request cannot be made: {error}"))
}

/// Sends a request and returns the status that it is answered with.
async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<u16, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let failed = |error: hyper::Error| format!("the exchange failed: {}", cause(&error));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(failed)?;
    let answered = async move {
        let response = sender.send_request(request).await.map_err(failed)?;
        let status = response.status().as_u16();
        read_some(response).await;
        Ok(status)
    };
    // The connection works as long as the answer is waited for, and ends with it.
    let mut answered = std::pin::pin!(answered);
    tokio::select! {
        biased;
        answer = &mut answered => answer,
        // It may have ended after the answer.
        ended = connection => match (answered.await, ended) {
            (Ok(status), _) => Ok(status),
            (Err(_), Err(error)) => Err(failed(error)),
            (Err(why), Ok(())) => Err(why),
        }
    }
}

async fn read_some(response: Response<Incoming>) {
    let rest = Limited::new(response.into_body(), ANSWER_MOST).collect();
    // Whatever it says, it is not kept.
    drop(tokio::time::timeout(ANSWER_REST, rest).await);
}

/// Returns what is at the bottom of an error: what the system said.
fn cause(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

#[cfg(test)]
mod tests;
