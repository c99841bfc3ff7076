//! Lists: paging, filters, search, sorting, files.

use crate::support::{Visit, World};
use crate::world;
use std::collections::BTreeSet;

/// Goes through all pages of a list, and returns the links of its rows.
async fn all_pages(visit: &Visit<'_>, path: &str, beginning: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = Some(path.to_owned());
    let mut pages = 0;
    while let Some(path) = next {
        pages += 1;
        assert!(pages < 100, "the list never ends");
        let page = visit.get(&path).await;
        page.is(200);
        found.extend(page.links(beginning));
        let more = page.text.split("rel=\"next\" href=\"").nth(1);
        next = more.map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"));
    }
    found
}

#[tokio::test]
async fn every_message_is_on_one_page_of_the_list() {
    let world = World::acme(300).await;
    let visit = world.visit(world::contract("acme")).await;
    let all = all_pages(&visit, "/contracts/acme/messages", "/messages/").await;
    let distinct: BTreeSet<&String> = all.iter().collect();
    assert_eq!(all.len(), distinct.len());
    assert!(all.len() > 200, "{}", all.len());
    let mut parts = 0;
    for seat in ["ana", "ben", "cleo"] {
        let path = format!("/contracts/acme/seats/{seat}/sent");
        parts += all_pages(&visit, &path, "/messages/").await.len();
    }
    assert_eq!(parts, all.len());
    let mut parts = 0;
    for status in ["pending", "responded", "lapsed"] {
        let path = format!("/contracts/acme/messages?status={status}");
        parts += all_pages(&visit, &path, "/messages/").await.len();
    }
    assert_eq!(parts, all.len());
}

#[tokio::test]
async fn messages_are_found_by_words_and_by_dates() {
    let world = World::acme(300).await;
    let visit = world.visit(world::contract("acme")).await;
    let all = all_pages(&visit, "/contracts/acme/messages", "/messages/").await;
    let one = all
        .get(all.len() / 2)
        .unwrap()
        .trim_start_matches("/messages/");
    let number: u32 = one.trim_start_matches('m').parse().unwrap();
    let path = format!("/contracts/acme/messages?q=Number+{number}.");
    assert_eq!(
        all_pages(&visit, &path, "/messages/").await,
        [format!("/messages/{one}")]
    );
    let path = "/contracts/acme/messages?q=no+such+words";
    assert!(all_pages(&visit, path, "/messages/").await.is_empty());
    visit.get(path).await.says("No message matches");

    let early = "/contracts/acme/messages?to=2025-08-31";
    let late = "/contracts/acme/messages?from=2025-09-01";
    let early = all_pages(&visit, early, "/messages/").await;
    let late = all_pages(&visit, late, "/messages/").await;
    assert!(!early.is_empty() && !late.is_empty());
    assert_eq!([late, early].concat(), all);
    let ana = "/contracts/acme/seats/ana/sent?from=2025-09-01&to=2025-10-31&status=responded";
    let ana = all_pages(&visit, ana, "/messages/").await;
    let of_ana = all_pages(
        &visit,
        "/contracts/acme/seats/ana/sent?status=responded",
        "/messages/",
    )
    .await;
    assert!(!ana.is_empty() && ana.len() < of_ana.len());
    assert!(ana.iter().all(|it| of_ana.contains(it)));
}

#[tokio::test]
async fn the_ledger_and_its_file_hold_the_same_events() {
    let world = World::acme(60).await;
    let visit = world.visit(world::contract("acme")).await;
    let file = visit.get("/contracts/acme/ledger.csv").await;
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(
        file.header("content-disposition")
            .unwrap()
            .contains("ledger-acme.csv")
    );
    let rows: Vec<&str> = file.text.lines().collect();
    let newest: usize = rows
        .get(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(rows.len() - 1, newest);
    let file = visit
        .get("/contracts/acme/ledger.csv?type=stake_returned")
        .await;
    let returned = file.text.lines().count() - 1;
    assert!(returned > 0);
    assert!(
        file.text
            .lines()
            .skip(1)
            .all(|row| row.contains(",stake_returned,ana,")
                || row.contains(",stake_returned,ben,")
                || row.contains(",stake_returned,cleo,"))
    );
    let listed = all_pages(
        &visit,
        "/contracts/acme/ledger?type=stake_returned",
        "/messages/",
    )
    .await;
    assert_eq!(listed.len(), returned);
    let one = listed.first().unwrap().trim_start_matches("/messages/");
    let path = format!("/contracts/acme/ledger?message={one}");
    let events = all_pages(&visit, &path, "/messages/").await;
    assert!(
        events.len() >= 3 && events.iter().all(|it| it.ends_with(one)),
        "{events:?}"
    );
}

#[tokio::test]
async fn seats_are_sorted_as_asked() {
    let world = World::acme(120).await;
    let visit = world.visit(world::contract("acme")).await;
    let order = async |sort: &str| {
        let page = visit
            .get(&format!("/contracts/acme/seats?sort={sort}"))
            .await;
        let links = page.links("/contracts/acme/seats/");
        let links = links.iter().filter(|it| it.ends_with("/standing"));
        links
            .map(|it| it.split('/').nth(4).unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(order("id").await, ["ana", "ben", "cleo"]);
    assert_eq!(order("used").await.first().map(String::as_str), Some("ana"));
    let page = visit.get("/contracts/acme/seats?sort=rate").await;
    assert!(page.text.contains("aria-sort=\"descending\""));
}

#[tokio::test]
async fn the_outlook_on_credits_adds_up() {
    let world = World::acme(200).await;
    let contract = earnest_core::units::ContractId::new("acme").unwrap();
    let ahead = world.engine.credits_ahead(&contract, 91).await.unwrap();
    let balance = world.engine.balance(&contract, None).await.unwrap().balance;
    let sum = |of: fn(&earnest_engine::DayAhead) -> u64| ahead.days.iter().map(of).sum::<u64>();
    assert!(balance.held.0 > 0 && balance.available.0 > 0);
    assert_eq!(
        sum(|day| day.window_ends.0) + ahead.held_later.0,
        balance.held.0
    );
    let available = sum(|day| day.ends.0) + ahead.later.0 + ahead.never.0;
    assert_eq!(available, balance.available.0);
}

#[tokio::test]
async fn the_days_of_all_seats_are_the_days_of_the_contract() {
    let world = World::acme(200).await;
    let contract = earnest_core::units::ContractId::new("acme").unwrap();
    let report = world.engine.responses(&contract).await.unwrap();
    let mut total = earnest_engine::Tally::default();
    for (seat, tally) in &report.seats {
        let days = world.engine.seat_days(&contract, seat).await.unwrap();
        assert!(days.is_sorted_by_key(|(day, _)| *day));
        let mut of_seat = earnest_engine::Tally::default();
        days.iter().for_each(|(_, tally)| of_seat.add(tally));
        assert_eq!(of_seat, *tally);
        total.add(&of_seat);
    }
    assert_eq!(total, report.total);
}

#[tokio::test]
async fn the_ledger_says_when_and_what_moved_where_to() {
    let world = World::acme(60).await;
    let visit = world.visit(world::contract("acme")).await;
    let page = |what: &str| {
        let path = format!("/contracts/acme/ledger?type={what}");
        let visit = visit.clone();
        async move { visit.get(&path).await }
    };
    page("message_sent").await.says(" \u{2212}1 +1 To ");
    page("stake_returned").await.says(" +1 \u{2212}1 To ");
    page("stake_consumed").await.says(" \u{2212}1 ");
    let answered = page("message_responded").await;
    answered.says("Not interested with a note");
    assert!(!crate::support::text_of(&answered.text).contains("not_interested"));
    // The day stands there, and how long ago that is beside it.
    answered.says(" UTC ");
    answered.says(" UTC · ");
    answered.says(" days ago message responded");
}
