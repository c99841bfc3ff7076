//! Tells open pages that something of theirs has changed, as server-sent events.
//!
//! Owns: who is told. Does not own: what a page then shows: it asks for itself again, under its own right.
//! Invariants: of an event nothing is sent but that there was one; however many pages are open, the log is read once;
//! a stream ends within seconds of its session, and when the server is to stop.

use crate::fault::{Answer, Fault};
use crate::lab::{Lab, Run};
use crate::layout::keep_to_itself;
use crate::query::Query;
use crate::visitor::{self, Visitor};
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use earnest_core::command::Side;
use earnest_core::event::Fact;
use earnest_core::units::{ContractId, MemberId, SeatId};
use earnest_engine::stream::{Follow, Followed, Whose};
use earnest_engine::{Engine, Failure, seat_of};
use earnest_server::{App, Operation};
use futures_util::stream::unfold;
use http::Uri;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use parking_lot::Mutex;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep_until};

/// How often something is sent that says that the stream is alive.
const BEAT: Duration = Duration::from_secs(15);
/// How often is looked whether the session goes on.
const LOOK: Duration = Duration::from_secs(2);
/// How often a page is told of a run that goes on.
const PACE: Duration = Duration::from_millis(400);
/// How many changes a slow page may be behind before it is told of all at once.
const BEHIND: usize = 1_024;
const CHANGED: &[u8] = b"event: changed\ndata: 1\n\n";

/// That something changed, and for whom.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    contract: ContractId,
    seat: Option<SeatId>,
    member: Option<MemberId>,
}

/// The one reader of the log, while any page is open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hub(Arc<Mutex<Option<broadcast::Sender<Note>>>>);

impl Hub {
    /// Returns what tells of changes from now on; begins to read the log where nobody does.
    async fn subscribe(&self, engine: &Engine) -> Result<broadcast::Receiver<Note>, Failure> {
        let follow = engine.follow(Whose::All, None, None).await?;
        let mut reading = self.0.lock();
        if let Some(notes) = reading.as_ref().filter(|notes| notes.receiver_count() > 0) {
            return Ok(notes.subscribe());
        }
        let (notes, receiver) = broadcast::channel(BEHIND);
        *reading = Some(notes.clone());
        tokio::spawn(read_on(engine.clone(), follow, notes));
        Ok(receiver)
    }
}

/// Reads the log and tells of what it says, until nobody listens.
async fn read_on(engine: Engine, mut follow: Follow, notes: broadcast::Sender<Note>) {
    loop {
        let events = tokio::select! {
            events = follow.next() => events,
            () = notes.closed() => return,
        };
        let Ok(events) = events else {
            // The store fails; the place has not moved.
            tokio::time::sleep(LOOK).await;
            continue;
        };
        for event in events {
            let note = note_of(&engine, event).await;
            if notes.send(note).is_err() {
                return;
            }
        }
    }
}

async fn note_of(engine: &Engine, it: Followed) -> Note {
    let member = match &it.event.fact {
        Fact::MessageSent { to, .. } => Some(to.clone()),
        Fact::ConversationMessage {
            message,
            from: Side::Seat,
            ..
        } => {
            let row = engine.find_message(message).await.ok().flatten();
            row.map(|row| row.sent.to)
        }
        _ => None,
    };
    Note {
        seat: seat_of(&it.event.fact).cloned(),
        contract: it.contract,
        member,
    }
}

/// Whose changes a page is told of.
#[derive(Debug)]
enum Watched {
    Contract(ContractId),
    Seat(ContractId, SeatId),
    Member(MemberId),
}

impl Watched {
    fn is_of(&self, note: &Note) -> bool {
        match self {
            Self::Contract(contract) => note.contract == *contract,
            // What concerns no seat, such as a grant, concerns all.
            Self::Seat(contract, seat) => {
                note.contract == *contract && note.seat.as_ref().is_none_or(|it| it == seat)
            }
            Self::Member(member) => note.member.as_ref() == Some(member),
        }
    }
}

/// Follows changes of what a page shows.
pub(crate) async fn get_live(
    State(app): State<App>,
    Extension(hub): Extension<Hub>,
    Extension(lab): Extension<Lab>,
    visitor: Visitor,
    uri: Uri,
) -> Answer {
    visitor.may(Operation::WatchPage)?;
    let query = Query::of(&uri, &["contract", "seat", "member", "run"]);
    if let Some(id) = query.get("run") {
        visitor.may(Operation::TryPolicies)?;
        let run = lab.find(&visitor, id);
        let run = run.ok_or_else(|| Fault::not_found("run", id))?;
        let source = Source::Run(run.changes(), run, Instant::now(), false);
        return Ok(respond(Watching::new(app, &visitor, source)));
    }
    let watched = match (
        query.get("contract"),
        query.get("seat"),
        query.get("member"),
    ) {
        (Some(contract), None, None) => {
            visitor.may(Operation::ReadContract)?;
            Watched::Contract(visitor.contract(contract)?)
        }
        (Some(contract), Some(seat), None) => {
            let contract = visitor.contract(contract)?;
            let seat = visitor.seat(&contract, seat)?;
            Watched::Seat(contract, seat)
        }
        (None, None, Some(member)) => Watched::Member(visitor.member(member)?),
        _ => return Err(Fault::not_found("page", "/live")),
    };
    let source = Source::Notes(hub.subscribe(&app.engine).await?, watched);
    Ok(respond(Watching::new(app, &visitor, source)))
}

fn respond(watching: Watching) -> Response {
    let stream = unfold(watching, |mut watching| async {
        let bytes = watching.next().await?;
        Some((Ok::<_, Infallible>(bytes), watching))
    });
    let mut response = Response::new(Body::from_stream(stream));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    keep_to_itself(headers);
    response
}

/// A page that is being told.
struct Watching {
    app: App,
    source: Source,
    secret: String,
    stopping: watch::Receiver<bool>,
    beat: Instant,
    look: Instant,
    has_begun: bool,
}

/// Where a page learns that something has changed.
enum Source {
    /// From the log.
    Notes(broadcast::Receiver<Note>, Watched),
    /// From a run of the lab: not before an instant, and no more once its end was told.
    Run(watch::Receiver<()>, Arc<Run>, Instant, bool),
}

impl Source {
    /// Waits for the next change; nothing where there will be none.
    async fn next(&mut self) -> Option<()> {
        match self {
            Self::Notes(notes, watched) => loop {
                match notes.recv().await {
                    Ok(note) if !watched.is_of(&note) => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => return Some(()),
                    Err(RecvError::Closed) => return None,
                }
            },
            Self::Run(changes, run, not_before, end_is_told) => {
                if *end_is_told {
                    return None;
                }
                if !run.state().is_over() {
                    sleep_until(*not_before).await;
                    changes.changed().await.ok()?;
                }
                *not_before = Instant::now() + PACE;
                *end_is_told = run.state().is_over();
                Some(())
            }
        }
    }
}

impl Watching {
    fn new(app: App, visitor: &Visitor, source: Source) -> Self {
        Self {
            source,
            secret: visitor.secret().to_owned(),
            stopping: app.stopping(),
            beat: Instant::now() + BEAT,
            look: Instant::now() + LOOK,
            has_begun: false,
            app,
        }
    }

    /// Returns what is sent next, or nothing at the end.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.has_begun {
            self.has_begun = true;
            return Some(Bytes::from_static(b"retry: 2000\n\n"));
        }
        loop {
            if Instant::now() >= self.look {
                self.look = Instant::now() + LOOK;
                if matches!(visitor::find(&self.app, &self.secret).await, Ok(None)) {
                    return None;
                }
            }
            tokio::select! {
                biased;
                _ = self.stopping.wait_for(|stop| *stop) => return None,
                change = self.source.next() => {
                    change?;
                    self.beat = Instant::now() + BEAT;
                    return Some(Bytes::from_static(CHANGED));
                }
                () = sleep_until(self.look) => {}
                () = sleep_until(self.beat) => {
                    self.beat = Instant::now() + BEAT;
                    return Some(Bytes::from_static(b": beat\n\n"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_of_its_own_changes_and_of_no_others() {
        let (acme, other) = (
            ContractId::new("acme").unwrap(),
            ContractId::new("other").unwrap(),
        );
        let (ana, ben) = (SeatId::new("ana").unwrap(), SeatId::new("ben").unwrap());
        let (bo, cy) = (MemberId::new("bo").unwrap(), MemberId::new("cy").unwrap());
        let note = |contract: &ContractId, seat: Option<&SeatId>, member: Option<&MemberId>| Note {
            contract: contract.clone(),
            seat: seat.cloned(),
            member: member.cloned(),
        };
        let send = note(&acme, Some(&ana), Some(&bo));
        let grant = note(&acme, None, None);
        let seat = Watched::Seat(acme.clone(), ana.clone());
        assert!(seat.is_of(&send) && seat.is_of(&grant));
        assert!(!Watched::Seat(acme.clone(), ben).is_of(&send));
        assert!(!Watched::Seat(other.clone(), ana).is_of(&send));
        assert!(Watched::Contract(acme).is_of(&send) && !Watched::Contract(other).is_of(&send));
        assert!(Watched::Member(bo).is_of(&send));
        assert!(!Watched::Member(cy.clone()).is_of(&send) && !Watched::Member(cy).is_of(&grant));
    }
}
