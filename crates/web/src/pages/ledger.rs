//! A contract's ledger: every event, newest first, with filters; and the same as a file.
//!
//! Invariant: the file holds what the filters let through, all of it, and is written while it is read: nothing is
//! gathered first.

use crate::fault::{Answer, Fault};
use crate::layout::{Page, Place, keep_to_itself};
use crate::plain;
use crate::query::Query;
use crate::ui;
use crate::visitor::Visitor;
use crate::words;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::response::Response;
use earnest_core::Balance;
use earnest_core::event::{Event, Fact};
use earnest_core::units::{ContractId, Credits, MessageId, SeatId};
use earnest_engine::webhooks::{EVENT_TYPES, event_type};
use earnest_engine::{EventFilter, message_of, seat_of};
use earnest_server::{App, Operation};
use futures_util::stream::unfold;
use http::Uri;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use maud::{Markup, html};
use std::io;

const KNOWN: [&str; 4] = ["type", "seat", "message", "after"];
const LIMIT: usize = 50;
/// How many events of the file are read at once.
const AT_ONCE: usize = 500;

fn reach(visitor: &Visitor, contract: &str) -> Result<ContractId, Fault> {
    visitor.may(Operation::ReadEvents)?;
    Ok(visitor.contract(contract)?)
}

fn filter(query: &Query) -> EventFilter {
    EventFilter {
        event_type: query.get("type").map(str::to_owned),
        seat: query.get("seat").and_then(|text| SeatId::new(text).ok()),
        message: query
            .get("message")
            .and_then(|text| MessageId::new(text).ok()),
    }
}

/// Shows the page.
pub(crate) async fn get_ledger(
    State(app): State<App>,
    visitor: Visitor,
    Path(contract): Path<String>,
    uri: Uri,
) -> Answer {
    let contract = reach(&visitor, &contract)?;
    let query = Query::of(&uri, &KNOWN);
    let found = app
        .engine
        .find_events(&contract, &filter(&query), query.place("after"), LIMIT)
        .await?;
    let next = found.next.map(|next| next.to_string());
    let mut types = vec![(String::new(), "all".to_owned())];
    types.extend(
        EVENT_TYPES
            .iter()
            .map(|it| ((*it).to_owned(), it.replace('_', " "))),
    );
    let file = query.link(
        &format!("/contracts/{contract}/ledger.csv"),
        &[("after", None)],
    );
    let line = |name: &'static str, label: &str| {
        html! { div.field { label for=(name) { (label) } input id=(name) name=(name) value=(query.text(name)) autocomplete="off"; } }
    };
    let main = html! {
        div.title-row {
            h1 { "Ledger" }
            a.button href=(file) download { "Download as CSV" }
        }
        form.filters method="get" role="search" aria-label="Filter the ledger" {
            (ui::choose("type", "What", &types, query.text("type")))
            (line("seat", "Seat"))
            (line("message", "Message"))
            button type="submit" { "Filter" }
        }
        div #ledger data-refresh="" {
            @if found.items.is_empty() {
                (ui::empty("No event here", &html! { "Take a filter away, or look further back." }))
            } @else {
                (ui::table("Events", &html! {
                    thead { tr {
                        th.number scope="col" { "No." } th scope="col" { "When" } th scope="col" { "What" }
                        th scope="col" { "Seat" } th scope="col" { "Message" } th.number scope="col" { "Available" } th.number scope="col" { "Held" } th scope="col" { "More" }
                    } }
                    tbody { @for it in &found.items { (row(&contract, it.seq, &it.event, &visitor)) } }
                }))
            }
        }
        @if let Some(to) = found.looked_to { p.muted { "Looked back to " (words::at(to)) "." } }
        (ui::pager(&query, next.as_deref(), "Older events"))
    };
    Ok(Page::new(&visitor, "Ledger", Place::Contract(contract, "ledger")).show(&main))
}

fn row(contract: &ContractId, seq: u64, event: &Event, visitor: &Visitor) -> Markup {
    let (available, held) = moved(event);
    html! {
        tr {
            td.number data-label="No." { (words::number(seq)) }
            td.date data-label="When" { (words::at(event.at)) span.muted { " · " (words::when(event.at, visitor.now)) } }
            td data-label="What" { (event_type(&event.fact).replace('_', " ")) }
            td data-label="Seat" { @if let Some(seat) = seat_of(&event.fact) { a href=(format!("/contracts/{contract}/seats/{seat}/standing")) { (plain::name(seat)) } } }
            td data-label="Message" { @if let Some(message) = message_of(&event.fact) { a href=(format!("/messages/{message}")) { code { (plain::name(message)) } } } }
            td.number data-label="Available" { (signed(available)) }
            td.number data-label="Held" { (signed(held)) }
            td.muted data-label="More" { (plain::show(&more(&event.fact))) }
        }
    }
}

/// Returns by how much an event changes the credits that are available, and those that are held.
fn moved(event: &Event) -> (i64, i64) {
    const MANY: Credits = Credits::MOST;
    let before = Balance {
        granted: MANY,
        available: MANY,
        held: MANY,
        consumed: MANY,
        expired: MANY,
        revoked: MANY,
    };
    let after = before.after(event).unwrap_or(before);
    let change = |of: fn(&Balance) -> Credits| {
        let [before, after] =
            [of(&before), of(&after)].map(|it| i64::try_from(it.0).unwrap_or(i64::MAX));
        after.saturating_sub(before)
    };
    (change(|it| it.available), change(|it| it.held))
}

/// Returns a change with its sign; nothing where there is none.
fn signed(change: i64) -> String {
    let size = words::number(change.unsigned_abs());
    match change {
        0 => String::new(),
        more if more > 0 => format!("+{size}"),
        _ => format!("\u{2212}{size}"),
    }
}

/// Returns the credits that an event moves.
const fn credits(fact: &Fact) -> Option<u64> {
    match fact {
        Fact::GrantMade { credits, .. }
        | Fact::GrantStarted { credits, .. }
        | Fact::GrantRevoked { credits, .. }
        | Fact::AllotmentGranted { credits, .. }
        | Fact::MessageSent { credits, .. }
        | Fact::StakeReturned { credits, .. }
        | Fact::StakeConsumed { credits, .. }
        | Fact::CreditsExpired { credits, .. }
        | Fact::CreditsRevoked { credits, .. }
        | Fact::ContractCancelled { credits } => Some(credits.0),
        _ => None,
    }
}

/// Returns what else an event says, in a few words; ids stand in backticks.
fn more(fact: &Fact) -> String {
    match fact {
        Fact::ContractCreated { policy, .. } => format!("under `{policy}`"),
        Fact::SeatAdded { seat_type, .. } => format!("`{seat_type}`"),
        Fact::SeatChanged {
            usage_limit,
            bulk_disabled,
            ..
        } => {
            let limit = usage_limit.map_or("no limit".to_owned(), |it| format!("limit {it}"));
            format!(
                "{limit}, bulk {}",
                if *bulk_disabled { "off" } else { "on" }
            )
        }
        Fact::GrantMade { grant, source, .. } => format!("`{grant}`, {}", source.name()),
        Fact::GrantStarted { grant, .. }
        | Fact::GrantRevoked { grant, .. }
        | Fact::CreditsRevoked { grant, .. } => format!("`{grant}`"),
        Fact::AllotmentGranted { grant, month, .. } => format!("`{grant}`, month {}", month + 1),
        Fact::MessageSent { to, campaign, .. } => match campaign {
            Some(campaign) => format!("to `{to}`, in `{campaign}`"),
            None => format!("to `{to}`"),
        },
        Fact::MessageResponded { response, note, .. } => {
            let note = if *note { " with a note" } else { "" };
            format!("{}{note}", ui::answer_word(*response))
        }
        Fact::StakeReturned { lots, .. } => {
            let lots: Vec<String> = lots.iter().map(|lot| format!("`{}`", lot.grant)).collect();
            format!("to {}", lots.join(", "))
        }
        Fact::CreditsExpired { grant, .. } => format!("`{grant}`"),
        Fact::StandingChanged {
            from,
            standing,
            sent,
            responded,
            ..
        } => {
            format!("{from} to {standing}, {responded} of {sent} answered")
        }
        Fact::PolicyAdded {
            policy,
            effective_at,
            ..
        } => format!("`{policy}` from {}", words::date(*effective_at)),
        _ => String::new(),
    }
}

/// Sends the ledger as a file.
pub(crate) async fn get_ledger_csv(
    State(app): State<App>,
    visitor: Visitor,
    Path(contract): Path<String>,
    uri: Uri,
) -> Answer {
    let contract = reach(&visitor, &contract)?;
    // A contract that is not there is found out before the file begins.
    app.engine.newest_event(&contract).await?;
    let query = Query::of(&uri, &KNOWN);
    let writing = Writing {
        name: contract.clone(),
        app,
        contract,
        filter: filter(&query),
        next: Next::Head,
    };
    let name = format!("attachment; filename=\"ledger-{}.csv\"", writing.name);
    let stream = unfold(writing, |mut writing| async {
        let rows = writing.rows().await?;
        Some((rows, writing))
    });
    let mut response = Response::new(Body::from_stream(stream));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8"),
    );
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    keep_to_itself(headers);
    Ok(response)
}

/// A file on its way.
struct Writing {
    name: ContractId,
    app: App,
    contract: ContractId,
    filter: EventFilter,
    next: Next,
}

enum Next {
    Head,
    Before(Option<u64>),
    End,
}

impl Writing {
    async fn rows(&mut self) -> Option<io::Result<Bytes>> {
        let before = match self.next {
            Next::Head => {
                self.next = Next::Before(None);
                return Some(Ok(Bytes::from_static(
                    b"seq,at,type,seat,message,credits,more\r\n",
                )));
            }
            Next::Before(before) => before,
            Next::End => return None,
        };
        let found = self
            .app
            .engine
            .find_events(&self.contract, &self.filter, before, AT_ONCE)
            .await;
        let found = match found {
            Ok(found) => found,
            // Cut short, so that nobody takes a part for the whole.
            Err(failure) => return Some(Err(io::Error::other(failure.to_string()))),
        };
        self.next = found
            .next
            .map_or(Next::End, |next| Next::Before(Some(next)));
        let mut text = String::new();
        for it in &found.items {
            let fact = &it.event.fact;
            let cells = [
                it.seq.to_string(),
                it.event.at.to_string(),
                event_type(fact).to_owned(),
                seat_of(fact).map_or_else(String::new, ToString::to_string),
                message_of(fact).map_or_else(String::new, ToString::to_string),
                credits(fact).map_or_else(String::new, |it| it.to_string()),
                more(fact).replace('`', ""),
            ];
            let cells: Vec<String> = cells.iter().map(|cell| csv_cell(cell)).collect();
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
        }
        Some(Ok(Bytes::from(text)))
    }
}

/// Returns a cell of a file (RFC 4180) that no spreadsheet takes for a formula.
fn csv_cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t']);
    let text = match is_formula {
        true => format!("'{text}"),
        false => text.to_owned(),
    };
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_changes_what_is_available_and_what_is_held() {
        let at = earnest_core::units::Timestamp::MIN;
        let moved = |fact| moved(&Event { at, fact });
        let credits = Credits(2);
        let message = MessageId::new("m").unwrap();
        let (seat, rule) = (
            SeatId::new("ana").unwrap(),
            earnest_core::policy::RuleRef(0),
        );
        let consumed = Fact::StakeConsumed {
            message,
            seat,
            credits,
            rule,
        };
        assert_eq!(moved(consumed), (0, -2));
        assert_eq!(moved(Fact::ContractCancelled { credits }), (-2, 0));
        assert_eq!(signed(-2_000), "\u{2212}2,000");
        assert_eq!(signed(2), "+2");
        assert_eq!(signed(0), "");
    }

    #[test]
    fn a_cell_is_quoted_where_it_must_be_and_never_a_formula() {
        assert_eq!(csv_cell("to bo"), "to bo");
        assert_eq!(csv_cell("to bo, in \"c\""), "\"to bo, in \"\"c\"\"\"");
        assert_eq!(csv_cell("=1+1"), "'=1+1");
        assert_eq!(csv_cell("-x"), "'-x");
    }
}
