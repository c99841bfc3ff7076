//! What people do: sign in, write, answer; with a script, without one, and by the keyboard alone.

use crate::house::House;
use crate::world;
use earnest_engine::keys::Scope;
use serde_json::json;

const COMPOSE: &str = "/contracts/acme/seats/ana/compose";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn a_login_link_leads_to_the_first_page_and_the_way_out_leads_out() {
    let mut house = House::open(10).await;
    let scope = world::seat("acme", "ana");
    let (key, _) = house.engine.create_key(scope.clone()).await.unwrap();
    let token = house.engine.make_login_link(&key.id, scope).await.unwrap();
    house.go(&earnest_web::link_path(&token)).await;
    house.chrome.click("button.primary").await;
    house.chrome.wait_for("What would happen").await;
    assert_eq!(house.chrome.path().await, COMPOSE);
    house.chrome.click(".out button").await;
    house.chrome.wait_for("You are signed out.").await;
    house.go(COMPOSE).await;
    assert!(house.chrome.path().await.starts_with("/sign-in?to="));
    house.chrome.write("#key", "earnest_no_key").await;
    house.chrome.click("button.primary").await;
    house.chrome.wait_for("No such key.").await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn the_preview_follows_what_is_typed() {
    let mut house = House::open(10).await;
    house.become_visitor(world::seat("acme", "ana")).await;
    house.go(COMPOSE).await;
    house.chrome.wait_for("If the recipient replies").await;
    house.chrome.write("#to", "zoe").await;
    house.chrome.wait_for("If zoe replies").await;
    house.chrome.write("#subject", &"s".repeat(201)).await;
    house
        .chrome
        .wait_for("The subject has 201 characters")
        .await;
    house.chrome.wait_for("201 of 200 characters").await;
    // What is typed stays, and so does the place where it is typed.
    let focus = house
        .chrome
        .run("return document.activeElement.id", json!([]))
        .await;
    assert_eq!(focus, json!("subject"));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn a_message_appears_in_an_open_inbox_and_its_answer_at_the_sender() {
    let mut house = House::open(10).await;
    house.become_visitor(world::member("cy")).await;
    house.go("/members/cy/inbox").await;
    house.chrome.wait_for("Nothing waits for you").await;
    house
        .chrome
        .wait_until("document.documentElement.dataset.live === 'on'")
        .await;
    send(&house, "A question of time").await;
    house.chrome.wait_for("A question of time").await;
    house.chrome.wait_for("1 message, 1 unread").await;

    let cy = earnest_core::units::MemberId::new("cy").unwrap();
    let message = house
        .engine
        .waiting_for(&cy, 5)
        .await
        .unwrap()
        .items
        .remove(0);
    house.become_visitor(world::seat("acme", "ana")).await;
    house.go(&format!("/messages/{}", message.id)).await;
    house.chrome.wait_for("What can still happen").await;
    house
        .chrome
        .wait_until("document.documentElement.dataset.live === 'on'")
        .await;
    let respond = earnest_engine::Order {
        contract: message.contract,
        what: earnest_engine::What::Respond(earnest_engine::NewResponse {
            message: message.id,
            kind: earnest_core::policy::ResponseKind::Reply,
            note: Some("In a week, gladly.".to_owned()),
            auto: false,
        }),
        author: earnest_engine::Author::Live,
        at: None,
        key: None,
    };
    house.engine.submit(respond).await.unwrap();
    house.chrome.wait_for("In a week, gladly.").await;
    house.chrome.wait_for("Credit returned").await;
    house.close().await;
}

async fn send(house: &House, subject: &str) {
    let order = earnest_engine::Order {
        contract: earnest_core::units::ContractId::new("acme").unwrap(),
        what: earnest_engine::What::Send(earnest_engine::NewLetter {
            id: None,
            seat: earnest_core::units::SeatId::new("ana").unwrap(),
            to: earnest_core::units::MemberId::new("cy").unwrap(),
            campaign: None,
            subject: subject.to_owned(),
            body: "Would you?".to_owned(),
        }),
        author: earnest_engine::Author::Live,
        at: None,
        key: None,
    };
    house.engine.submit(order).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn everything_works_without_a_script() {
    let mut house = House::open(120).await;
    house.chrome.scripts(false).await;
    house.become_visitor(world::seat("acme", "ana")).await;
    house.go(COMPOSE).await;
    house.chrome.write("#to", "dora").await;
    house.chrome.click("button[value=preview]").await;
    house.chrome.wait_for("If dora replies").await;
    house.chrome.click("button[value=send]").await;
    house.chrome.wait_for("Please fill this in.").await;
    house.chrome.write("#subject", "Without a script").await;
    house.chrome.write("#body", "Hello").await;
    house.chrome.click("button[value=send]").await;
    house
        .chrome
        .wait_for("Sent. What becomes of the credit")
        .await;
    house.go("/contracts/acme/seats/ana/sent").await;
    house.chrome.wait_for("Without a script").await;
    house.chrome.click("a[rel=next]").await;
    house.chrome.wait_for("First page").await;

    house.become_visitor(world::member("dora")).await;
    house.go("/members/dora/inbox").await;
    house.chrome.click(".letters a").await;
    house.chrome.click("button[value=no]").await;
    house.chrome.wait_for("Your answer was sent.").await;
    house
        .chrome
        .wait_for("Thank you, but this is not for me.")
        .await;

    house.become_visitor(Scope::Admin).await;
    house.go("/contracts/acme/grants").await;
    house.chrome.write("#credits", "none").await;
    house.chrome.click("button[value=grant]").await;
    house
        .chrome
        .wait_for("Write a whole number from 1 to 1,000,000,000.")
        .await;
    house.go("/contracts/acme/seats").await;
    house.chrome.click("th a[href*='sort=standing']").await;
    assert!(house.chrome.path().await.contains("sort=standing"));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn the_keyboard_is_enough_to_answer() {
    const TAB: &str = "\u{E004}";
    const ENTER: &str = "\u{E007}";
    let mut house = House::open(40).await;
    house.become_visitor(world::member("bo")).await;
    house.go("/members/bo/inbox").await;
    // First the way past the way around, then the tabs, then the letters.
    house.chrome.press(TAB).await;
    house.chrome.press(ENTER).await;
    for _ in 0..3 {
        house.chrome.press(TAB).await;
    }
    house.chrome.press(ENTER).await;
    house
        .chrome
        .wait_for("What your answer does for the sender")
        .await;
    house.chrome.write("#note", "By the keyboard alone.").await;
    house.chrome.press(TAB).await;
    house.chrome.press(ENTER).await;
    house.chrome.wait_for("Your answer was sent.").await;
    house.chrome.wait_for("By the keyboard alone.").await;
    house.close().await;
}
