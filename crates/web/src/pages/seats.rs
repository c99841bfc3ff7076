//! A contract's seats: a table that sorts, the form to add one, and one seat's limits.

use super::desk::{Desk, in_force};
use super::standing::in_short;
use crate::fault::{Answer, Fault, see};
use crate::form::{Errors, Form, whole};
use crate::layout::{Page, Place};
use crate::orders::give;
use crate::plain;
use crate::query::Query;
use crate::ui::{self, Field};
use crate::visitor::Visitor;
use crate::words;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use earnest_core::units::{ContractId, SeatId, SeatType};
use earnest_engine::{Failure, NewSeat, SeatChange, SeatOrder, SeatRecord, What};
use earnest_server::{App, Operation};
use http::Uri;
use maud::{Markup, html};

const LIMIT: usize = 50;
const ORDERS: [(&str, SeatOrder); 6] = [
    ("id", SeatOrder::Id),
    ("standing", SeatOrder::Standing),
    ("sent", SeatOrder::Sent),
    ("rate", SeatOrder::Rate),
    ("used", SeatOrder::Used),
    ("reports", SeatOrder::Reports),
];

/// What it means for a seat to be deactivated.
const DEACTIVATED: &str = "A deactivated seat sends nothing: its monthly limit is 0. Its open messages go on and settle as ever, and its credits stay in the contract's pool. To undo it, activate the seat; it then has no monthly limit.";

/// Returns the monthly limit that a press of a button stands for, and what was done then; nothing for other buttons.
fn switched(what: &str) -> Option<(Option<u32>, &'static str)> {
    match what {
        "deactivate" => Some((Some(0), "deactivated")),
        "activate" => Some((None, "activated")),
        _ => None,
    }
}

/// Shows the page.
pub(crate) async fn get_seats(
    State(app): State<App>,
    visitor: Visitor,
    Path(contract): Path<String>,
    uri: Uri,
) -> Answer {
    visitor.may(Operation::ManageSeats)?;
    let contract = visitor.contract(&contract)?;
    let query = Query::of(&uri, &["sort", "after", "done"]);
    show(
        &app,
        &visitor,
        &contract,
        &query,
        &Form::default(),
        &Errors::default(),
    )
    .await
}

/// Adds a seat.
pub(crate) async fn post_seats(
    State(app): State<App>,
    visitor: Visitor,
    Path(contract): Path<String>,
    request: Request,
) -> Answer {
    visitor.may(Operation::ManageSeats)?;
    let contract = visitor.contract(&contract)?;
    let query = Query::of(request.uri(), &[]);
    let form = Form::of(&app, &visitor, request).await?;
    let mut errors = Errors::default();
    if let Some((limit, done)) = switched(form.text("do")) {
        let seat = errors.read(&form, "seat", |text| SeatId::new(text));
        let found = match &seat {
            Some(seat) => app.engine.seat(&contract, seat).await?,
            None => None,
        };
        match (seat, found) {
            (Some(seat), Some(_)) => {
                let change = What::ChangeSeat(SeatChange {
                    seat,
                    usage_limit: Some(limit),
                    bulk_disabled: None,
                });
                give(&app, &visitor, &contract, change, None).await?;
                return Ok(see(&format!("/contracts/{contract}/seats?done={done}")));
            }
            (Some(seat), None) => errors.add("seat", format!("There is no seat `{seat}` here.")),
            (None, _) => {}
        }
        return show(&app, &visitor, &contract, &query, &form, &errors).await;
    }
    let id = errors.read(&form, "id", |text| SeatId::new(text));
    let seat_type = errors.read(&form, "type", |text| SeatType::new(text));
    let usage_limit = errors.read_if(&form, "usage_limit", whole);
    if let (Some(id), Some(seat_type), true) = (id, seat_type, errors.is_empty()) {
        let what = What::AddSeat(NewSeat {
            id: Some(id),
            seat_type: Some(seat_type),
            usage_limit,
            bulk_disabled: !form.is_on("bulk"),
        });
        match give(&app, &visitor, &contract, what, form.key(&visitor)).await {
            Ok(_) => return Ok(see(&format!("/contracts/{contract}/seats?done=added"))),
            Err(Failure::Refused(refused)) => {
                errors.add("id", crate::story::refusal(&refused.explanation));
            }
            Err(failure) => return Err(failure.into()),
        }
    }
    show(&app, &visitor, &contract, &query, &form, &errors).await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    contract: &ContractId,
    query: &Query,
    form: &Form,
    errors: &Errors,
) -> Result<Response, Fault> {
    let asked = query.get("sort");
    let order = ORDERS.iter().find(|(name, _)| Some(*name) == asked);
    let order = order.map_or(SeatOrder::Added, |(_, order)| *order);
    let after = query.place("after").unwrap_or(0);
    let (seats, count) = app.engine.seats_by(contract, order, after, LIMIT).await?;
    let policy = in_force(app, contract).await?;
    let types: Vec<(String, String)> = match policy.seat_types.is_empty() {
        true => vec![("seat".to_owned(), "seat".to_owned())],
        false => {
            let types = policy.seat_types.iter();
            let told = types.map(|it| {
                let credits = words::count(it.monthly.0, "credit");
                (
                    it.name.to_string(),
                    format!("{} ({credits} a month)", it.name),
                )
            });
            told.collect()
        }
    };
    let next = seats.next.map(|next| next.to_string());
    let main = html! {
        h1 { "Seats" }
        @match query.get("done") {
            Some("added") => (ui::done("The seat was added.")),
            Some("saved") => (ui::done("Saved.")),
            Some("deactivated") => (ui::done("Deactivated: the seat sends nothing more, until you activate it again.")),
            Some("activated") => (ui::done("Activated: the seat may send again, without a monthly limit.")),
            _ => {}
        }
        div #seats data-refresh="" {
            @if count == 0 {
                (ui::empty("No seat yet", &html! { "Add the first one below; the policy's credits come with it." }))
            } @else {
                p.muted { (words::count(count as u64, "seat")) }
                (table(contract, &seats.items, visitor, Some(query)))
            }
        }
        (ui::pager(query, next.as_deref(), "More seats"))
        @if count > 0 {
            section.panel aria-labelledby="off" {
                h2 #off { "Deactivate a seat" }
                p { (DEACTIVATED) }
                form method="post" action=(format!("/contracts/{contract}/seats")) novalidate {
                    (ui::hidden(visitor, ""))
                    div.narrow { (Field::line("seat", "Seat").hint("Its id, as in the table.").show(form, errors)) }
                    div.buttons {
                        button type="submit" name="do" value="deactivate" { "Deactivate" }
                        button type="submit" name="do" value="activate" { "Activate" }
                    }
                }
            }
        }
        section.panel aria-labelledby="new" {
            h2 #new { "Add a seat" }
            form.columns method="post" action=(format!("/contracts/{contract}/seats")) novalidate {
                (ui::hidden(visitor, &app.engine.make_form_key()))
                (Field::line("id", "Id").hint("Letters, digits and . _ : @ -").show(form, errors))
                (ui::choose("type", "Type", &types, form.text("type")))
                (Field::line("usage_limit", "Most messages a month").kind("number").optional().hint("Empty: no limit.").show(form, errors))
                (ui::tick("bulk", "May write to several at once", form.is_on("bulk") || form.text("id").is_empty()))
                button.primary type="submit" { "Add" }
            }
        }
    };
    Ok(
        Page::new(visitor, "Seats", Place::Contract(contract.clone(), "seats"))
            .refused(!errors.is_empty())
            .show(&main),
    )
}

/// Shows seats as a table; one with a query can be sorted.
pub(super) fn table(
    contract: &ContractId,
    seats: &[SeatRecord],
    visitor: &Visitor,
    query: Option<&Query>,
) -> Markup {
    let head = |key: &str, label: &str, class: &str| match query {
        Some(query) => ui::sort_by(query, key, label, class),
        None => html! { th scope="col" class=(class) { (label) } },
    };
    ui::table(
        "Seats",
        &html! {
            thead { tr {
                (head("id", "Seat", ""))
                th scope="col" { "Type" }
                (head("standing", "Standing", ""))
                (head("sent", "Counted", "number"))
                (head("rate", "Answered", "number"))
                (head("used", "This month", "number"))
                (head("reports", "Reports", "number"))
                th scope="col" { "Bulk" }
                @if query.is_some() { th scope="col" { span.for-readers { "Change" } } }
            } }
            tbody { @for seat in seats {
                tr {
                    td data-label="Seat" { a href=(format!("/contracts/{contract}/seats/{}/standing", seat.id)) { (plain::name(&seat.id)) } }
                    td data-label="Type" { (seat.seat_type) }
                    td data-label="Standing" {
                        @if seat.usage_limit == Some(0) { (ui::badge("plain", "deactivated")) } @else { (ui::standing(seat.standing)) }
                        @if let Some(until) = seat.until { " " span.muted.date { "judged again " (words::when(until, visitor.now)) } }
                    }
                    td.number data-label="Counted" { (words::number(seat.sent)) }
                    td.number data-label="Answered" { (in_short(seat.sent, seat.responded)) }
                    td.number data-label="This month" { (words::number(seat.used)) @if let Some(limit) = seat.usage_limit { span.muted { " of " (words::number(limit)) } } }
                    td.number data-label="Reports" { (words::number(seat.reports)) }
                    td data-label="Bulk" { @if seat.bulk_disabled { "off" } @else { "on" } }
                    @if query.is_some() { td.act { a href=(format!("/contracts/{contract}/seats/{}/limits", seat.id)) { "Change limits" span.for-readers { " of " (seat.id) } } } }
                }
            } }
        },
    )
}

/// Shows the form of one seat's limits.
pub(crate) async fn get_limits(
    State(app): State<App>,
    visitor: Visitor,
    Path(path): Path<(String, String)>,
) -> Answer {
    let desk = Desk::find(&app, &visitor, Operation::ManageSeats, &path).await?;
    let limit = desk.record.usage_limit.filter(|limit| *limit > 0);
    let form = Form::filled(&[
        (
            "usage_limit",
            &limit.map_or_else(String::new, |it| it.to_string()),
        ),
        ("bulk", if desk.record.bulk_disabled { "" } else { "on" }),
    ]);
    Ok(limits(&visitor, &desk, &form, &Errors::default()))
}

/// Changes one seat's limits, or deactivates it.
pub(crate) async fn post_limits(
    State(app): State<App>,
    visitor: Visitor,
    Path(path): Path<(String, String)>,
    request: Request,
) -> Answer {
    let desk = Desk::find(&app, &visitor, Operation::ManageSeats, &path).await?;
    let form = Form::of(&app, &visitor, request).await?;
    let mut errors = Errors::default();
    let (limit, bulk_disabled, done) = match switched(form.text("do")) {
        Some((limit, done)) => (limit, None, done),
        None => {
            let limit = errors.read_if(&form, "usage_limit", whole);
            (limit, Some(!form.is_on("bulk")), "saved")
        }
    };
    if !errors.is_empty() {
        return Ok(limits(&visitor, &desk, &form, &errors));
    }
    let what = What::ChangeSeat(SeatChange {
        seat: desk.seat.clone(),
        usage_limit: Some(limit),
        bulk_disabled,
    });
    give(&app, &visitor, &desk.contract, what, None).await?;
    Ok(see(&format!(
        "/contracts/{}/seats?done={done}",
        desk.contract
    )))
}

fn limits(visitor: &Visitor, desk: &Desk, form: &Form, errors: &Errors) -> Response {
    let path = desk.path("limits");
    let title = format!("Seat {}", desk.seat);
    let is_off = desk.record.usage_limit == Some(0);
    let main = html! {
        p.crumb { a href=(format!("/contracts/{}/seats", desk.contract)) { "← Seats" } }
        h1 { (title) }
        form.panel.narrow method="post" action=(path) novalidate {
            (ui::hidden(visitor, ""))
            h2 { "Limits" }
            (Field::line("usage_limit", "Most messages a month").kind("number").optional()
                .hint("Counted from the contract's day of the month. A returned credit does not raise it. Empty: no limit.").show(form, errors))
            (ui::tick("bulk", "May write to several at once", form.is_on("bulk")))
            button.primary type="submit" { "Save" }
        }
        section.panel.narrow aria-labelledby="off" {
            h2 #off { @if is_off { "Activate" } @else { "Deactivate" } }
            @if is_off {
                p { "The seat is deactivated: its monthly limit is 0, so it sends nothing. Activated, it may send again, without a monthly limit; set one above afterwards if it needs one." }
                (ui::action(visitor, &path, &[("do", "activate")], "Activate"))
            } @else {
                p { (DEACTIVATED) }
                (ui::confirm(visitor, &path, &[("do", "deactivate")], "Deactivate", "Its monthly limit becomes 0 from now on; the limit that it has now is not remembered."))
            }
        }
    };
    Page::new(
        visitor,
        title,
        Place::Contract(desk.contract.clone(), "seats"),
    )
    .refused(!errors.is_empty())
    .show(&main)
}
