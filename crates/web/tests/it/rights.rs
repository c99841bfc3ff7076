//! Every page, asked by every kind of visitor for their own things, for others', and for what is not there.

use crate::support::{Reply, Visit, World};
use crate::world;
use earnest_core::units::{ContractId, MemberId, SeatId};
use earnest_engine::webhooks::{NewWebhook, Owner};
use earnest_engine::{NewLetter, Order, Reply as Answered, What};
use std::collections::BTreeSet;

/// A page, whom it is for beside administrators (`c`ontract, `s`eat, `m`ember), and whether it takes a form.
struct Row(&'static str, &'static str, bool);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    Row("/contracts", "", true),
    Row("/contracts/{contract}", "c", false),
    Row("/contracts/{contract}/seats", "c", true),
    Row("/contracts/{contract}/messages", "c", false),
    Row("/contracts/{contract}/grants", "c", false),
    Row("/contracts/{contract}/ledger", "c", false),
    Row("/contracts/{contract}/ledger.csv", "c", false),
    Row("/contracts/{contract}/policy", "c", false),
    Row("/contracts/{contract}/webhooks", "c", true),
    Row("/contracts/{contract}/webhooks/{webhook}", "c", true),
    Row("/contracts/{contract}/seats/{seat}/limits", "c", true),
    Row("/contracts/{contract}/seats/{seat}/compose", "cs", true),
    Row("/contracts/{contract}/seats/{seat}/bulk", "cs", true),
    Row("/contracts/{contract}/seats/{seat}/sent", "cs", false),
    Row("/contracts/{contract}/seats/{seat}/standing", "cs", false),
    Row("/contracts/{contract}/seats/{seat}/credits", "cs", false),
    Row("/messages/{message}", "csm", true),
    Row("/members/{member}/inbox", "m", false),
    Row("/members/{member}/messages/{message}", "m", true),
    Row("/members/{member}/preferences", "m", true),
    Row("/policies", "csm", false),
    Row("/policies/ask", "csm", false),
    Row("/policies/format", "csm", false),
    Row("/policies/diff", "csm", false),
    Row("/policies/upload", "", true),
    Row("/policies/{policy}", "csm", false),
    Row("/lab", "c", true),
    Row("/lab/runs/{run}", "c", true),
    Row("/keys", "", true),
];

/// Paths that need nobody signed in, or lead elsewhere.
const APART: [&str; 8] = [
    "/docs/{document}",
    "/",
    "/sign-in",
    "/sign-in/link/{token}",
    "/sign-in/host",
    "/sign-out",
    "/live",
    "/assets/{name}",
];

/// The things that paths name.
#[derive(Clone)]
struct Things {
    contract: String,
    seat: String,
    member: String,
    message: String,
    webhook: String,
    run: String,
}

impl Things {
    fn path(&self, path: &str) -> String {
        path.replace("{contract}", &self.contract)
            .replace("{seat}", &self.seat)
            .replace("{member}", &self.member)
            .replace("{message}", &self.message)
            .replace("{webhook}", &self.webhook)
            .replace("{run}", &self.run)
            .replace("{policy}", "inmail-2015")
    }

    fn absent() -> Self {
        let absent = || "absent".to_owned();
        Self {
            contract: absent(),
            seat: absent(),
            member: absent(),
            message: absent(),
            webhook: absent(),
            run: absent(),
        }
    }
}

/// Makes a contract with a seat, a message to a member, and a webhook.
async fn things(world: &World, contract: &str, seat: &str, member: &str) -> Things {
    let admin = world.admin().await;
    let new = [
        ("id", contract),
        ("name", "x"),
        ("policy", "inmail-2015"),
        ("allotments", "on"),
    ];
    admin.post("/contracts", &new).await.leads();
    let path = format!("/contracts/{contract}/seats");
    let new = [("id", seat), ("type", "recruiter"), ("bulk", "on")];
    admin.post(&path, &new).await.leads();
    let id = ContractId::new(contract).unwrap();
    let order = Order {
        contract: id.clone(),
        what: What::Send(NewLetter {
            id: None,
            seat: SeatId::new(seat).unwrap(),
            to: MemberId::new(member).unwrap(),
            campaign: None,
            subject: "s".to_owned(),
            body: "b".to_owned(),
        }),
        author: earnest_engine::Author::Live,
        at: None,
        key: None,
    };
    let Answered::Message(message) = world.engine.submit(order).await.unwrap().reply else {
        panic!("a send is answered with a message");
    };
    let webhook = NewWebhook {
        url: "https://example.com/hook".to_owned(),
        contract: Some(id.clone()),
        types: None,
        owner: Owner::Contract(id),
    };
    let (webhook, _) = world.engine.create_webhook(webhook).await.unwrap();
    let new = [
        ("source", "contract"),
        ("contract", contract),
        ("policy", "inmail-2015"),
    ];
    let run = admin.post("/lab", &new).await.leads();
    Things {
        contract: contract.to_owned(),
        seat: seat.to_owned(),
        member: member.to_owned(),
        message: message.id.to_string(),
        webhook: webhook.id,
        run: run.trim_start_matches("/lab/runs/").to_owned(),
    }
}

async fn visitors(world: &World) -> Vec<(char, Visit<'_>)> {
    vec![
        ('a', world.admin().await),
        ('c', world.visit(world::contract("acme")).await),
        ('s', world.visit(world::seat("acme", "ana")).await),
        ('m', world.visit(world::member("bo")).await),
    ]
}

/// Returns whether a path names something that can be another's.
fn names_things(path: &str) -> bool {
    ["{contract}", "{member}", "{message}", "{run}"]
        .iter()
        .any(|name| path.contains(name))
}

/// Returns an answer without the ids that the request itself named.
fn nameless(reply: &Reply, things: &Things) -> String {
    let mut text = reply.text.clone();
    let ids = [
        &things.message,
        &things.webhook,
        &things.run,
        &things.contract,
        &things.seat,
        &things.member,
    ];
    for id in ids {
        text = text.replace(&format!("<code>{id}</code>"), "ID");
    }
    text
}

#[test]
fn every_page_is_in_the_table() {
    let listed: BTreeSet<&str> = TABLE.iter().map(|row| row.0).chain(APART).collect();
    let served: BTreeSet<&str> = earnest_web::PATHS.iter().copied().collect();
    assert_eq!(listed, served);
}

#[tokio::test]
async fn a_page_is_shown_to_those_whom_it_is_for_and_to_nobody_else() {
    let world = World::new().await;
    let own = things(&world, "acme", "ana", "bo").await;
    let others = things(&world, "other", "zoe", "yan").await;
    for (who, visit) in visitors(&world).await {
        for Row(path, whom, _) in TABLE {
            let may = who == 'a' || whom.contains(who);
            let reply = visit.get(&own.path(path)).await;
            let expected = match (may, *path, who) {
                (true, "/messages/{message}", 'm') => 303,
                (true, ..) => 200,
                (false, ..) => 403,
            };
            assert_eq!(
                reply.status.as_u16(),
                expected,
                "{who} at {path}: {}",
                reply.text
            );
            if who == 'a' || !names_things(path) {
                continue;
            }
            let foreign = visit.get(&others.path(path)).await;
            let absent = visit.get(&Things::absent().path(path)).await;
            let expected = if may { 404 } else { 403 };
            assert_eq!(
                foreign.status.as_u16(),
                expected,
                "{who} at another's {path}"
            );
            assert_eq!(
                nameless(&foreign, &others),
                nameless(&absent, &Things::absent()),
                "{who} can tell another's {path} from nobody's"
            );
        }
    }
}

#[tokio::test]
async fn a_form_changes_nothing_for_those_whom_it_is_not_for() {
    let world = World::new().await;
    let own = things(&world, "acme", "ana", "bo").await;
    let others = things(&world, "other", "zoe", "yan").await;
    let before = (
        own.clone(),
        newest(&world, "acme").await,
        newest(&world, "other").await,
    );
    for (who, visit) in visitors(&world).await {
        if who == 'a' {
            continue;
        }
        for Row(path, whom, takes_form) in TABLE {
            if !takes_form {
                continue;
            }
            let fields = [
                ("do", "report"),
                ("body", "x"),
                ("note", "x"),
                ("id", "new"),
                ("name", "x"),
            ];
            let mut targets = vec![others.clone()];
            if !whom.contains(who) {
                targets.push(own.clone());
            }
            for target in targets {
                if !names_things(path) && whom.contains(who) {
                    continue;
                }
                let reply = visit.post(&target.path(path), &fields).await;
                assert!(
                    matches!(reply.status.as_u16(), 403 | 404),
                    "{who} posts to {path}: {} {}",
                    reply.status,
                    reply.text
                );
            }
        }
    }
    let after = (newest(&world, "acme").await, newest(&world, "other").await);
    assert_eq!((before.1, before.2), after);
}

async fn newest(world: &World, contract: &str) -> u64 {
    world
        .engine
        .newest_event(&ContractId::new(contract).unwrap())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_seat_gives_itself_no_grants_and_a_contract_neither() {
    let world = World::new().await;
    things(&world, "acme", "ana", "bo").await;
    let grant = [("do", "grant"), ("credits", "1000"), ("source", "purchase")];
    for scope in [world::contract("acme"), world::seat("acme", "ana")] {
        let visit = world.visit(scope).await;
        visit.post("/contracts/acme/grants", &grant).await.is(403);
        let policy = [("policy", "postage")];
        visit.post("/contracts/acme/policy", &policy).await.is(403);
    }
}

#[tokio::test]
async fn nobody_is_led_to_the_sign_in_and_back() {
    let world = World::new().await;
    for Row(path, _, _) in TABLE {
        let path = Things::absent().path(path);
        let to = world.nobody().get(&path).await.leads();
        assert!(to.starts_with("/sign-in?to=%2F"), "{to}");
    }
}

#[tokio::test]
async fn what_is_watched_is_one_s_own() {
    let world = World::new().await;
    things(&world, "acme", "ana", "bo").await;
    things(&world, "other", "zoe", "yan").await;
    let cases = [
        (
            world::seat("acme", "ana"),
            "/live?contract=other&seat=zoe",
            404,
        ),
        (world::seat("acme", "ana"), "/live?contract=acme", 403),
        (world::seat("acme", "ana"), "/live?member=bo", 404),
        (world::member("bo"), "/live?member=yan", 404),
        (world::member("bo"), "/live?contract=acme&seat=ana", 404),
        (world::contract("acme"), "/live?contract=other", 404),
        (world::contract("acme"), "/live", 404),
    ];
    for (scope, path, status) in cases {
        world.visit(scope).await.get(path).await.is(status);
    }
}
