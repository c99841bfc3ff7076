//! Forms: what they do, and what they say when they are filled wrongly.

use crate::support::World;
use crate::world;

const COMPOSE: &str = "/contracts/acme/seats/ana/compose";

#[tokio::test]
async fn a_preview_says_what_would_become_of_the_credit_and_sends_nothing() {
    let world = World::acme(0).await;
    let ana = world.visit(world::seat("acme", "ana")).await;
    let page = ana.get(COMPOSE).await;
    page.is(200);
    page.says("1 credit is held until 31 May 2026; it returns when the recipient answers before that; if nobody answers it is gone.");
    let fields = [
        ("do", "preview"),
        ("to", "bo"),
        ("subject", "Hello"),
        ("body", ""),
    ];
    let page = ana.post(COMPOSE, &fields).await;
    page.is(200);
    page.says("If bo replies, accepts or says “not interested”");
    assert!(page.text.contains("value=\"Hello\""));
    ana.get("/contracts/acme/seats/ana/sent")
        .await
        .says("Nothing sent yet");
}

#[tokio::test]
async fn what_was_typed_is_kept_and_the_error_stands_beside_its_field() {
    let world = World::acme(0).await;
    let ana = world.visit(world::seat("acme", "ana")).await;
    let fields = [
        ("do", "send"),
        ("to", "b o"),
        ("subject", ""),
        ("body", "<b>Dear Bo</b>"),
    ];
    let page = ana.post(COMPOSE, &fields).await;
    page.is(422);
    assert!(page.text.contains("value=\"b o\""), "{}", page.text);
    assert!(
        page.text.contains("&lt;b&gt;Dear Bo&lt;/b&gt;</textarea>"),
        "{}",
        page.text
    );
    assert!(page.text.contains("id=\"to-error\"") && page.text.contains("id=\"subject-error\""));
    assert!(!page.text.contains("id=\"body-error\""));
    assert!(page.text.contains("aria-describedby=\"to-error to-hint\""));
}

#[tokio::test]
async fn a_refusal_says_what_would_change_it() {
    let world = World::acme(0).await;
    let bo = world.visit(world::member("bo")).await;
    let fields = [("do", "keep"), ("accepts", "none")];
    bo.post("/members/bo/preferences", &fields).await.leads();
    let ana = world.visit(world::seat("acme", "ana")).await;
    let fields = [
        ("do", "send"),
        ("to", "bo"),
        ("subject", "s"),
        ("body", "b"),
    ];
    let page = ana.post(COMPOSE, &fields).await;
    page.is(422);
    page.says("What would change that");
    // It is said beside the field, and there alone; the code is for whoever asks.
    let said = crate::support::text_of(&page.text);
    assert_eq!(
        said.matches("bo takes no cold messages").count(),
        1,
        "{said}"
    );
    assert!(page.text.contains("title=\"recipient_closed\""));
    let fields = [("do", "preview"), ("to", "bo")];
    let page = ana.post(COMPOSE, &fields).await;
    page.says("refused bo takes no cold messages.");
    in_plain_words(&page);
}

/// Looks that nothing on a page is a code, a key of a policy file or the tag of a source.
#[track_caller]
fn in_plain_words(page: &crate::support::Reply) {
    let said = crate::support::text_of(&page.text);
    let words = said.split([' ', '(', ')', ',', ':', ';']);
    let machine: Vec<&str> = words
        .filter(|word| {
            let is_tag = ["[seed", "[help", "[paper", "[20"]
                .iter()
                .any(|tag| word.starts_with(tag));
            let of_letters = word.starts_with(|it: char| it.is_ascii_lowercase());
            let plain = word.trim_end_matches('.');
            is_tag
                || (of_letters && plain.contains(['_', '[']))
                || (of_letters && plain.contains('.') && !plain.contains("..."))
        })
        .collect();
    assert!(machine.is_empty(), "{machine:?} in {said}");
}

#[tokio::test]
async fn every_refusal_is_one_sentence_for_people() {
    let world = World::acme(0).await;
    let admin = world.admin().await;
    let ana = world.visit(world::seat("acme", "ana")).await;
    let letter = |to: &'static str| [("do", "send"), ("to", to), ("subject", "s"), ("body", "b")];
    for _ in 0..2 {
        ana.post(COMPOSE, &letter("bo")).await.leads();
    }
    let told = ana.post(COMPOSE, &letter("bo")).await;
    told.says("2 messages of yours to bo still wait for an answer, and at most 2 may.");
    told.says("recipient bo answers one of them.");
    in_plain_words(&told);
    let long = "s".repeat(201);
    let told = ana
        .post(COMPOSE, &[("do", "preview"), ("subject", &long)])
        .await;
    told.says("refused The subject has 201 characters, and at most 200 are allowed.");
    in_plain_words(&told);
    for (wish, said) in [
        (
            ("price", "9999"),
            "The message takes 9,999 credits, and 1,848 are available.",
        ),
        (("daily_cap", "1"), "takes 1 cold message a day"),
    ] {
        let to = if wish.0 == "price" { "dear" } else { "busy" };
        let member = world.visit(world::member(to)).await;
        let path = format!("/members/{to}/preferences");
        member
            .post(&path, &[("accepts", "all"), wish])
            .await
            .leads();
        if to == "busy" {
            ana.post(COMPOSE, &letter("busy")).await.leads();
        }
        let told = ana.post(COMPOSE, &letter(to)).await;
        told.is(422);
        told.says(said);
        in_plain_words(&told);
    }
    admin
        .post(
            "/contracts/acme/seats/ana/limits",
            &[("usage_limit", "3"), ("bulk", "on")],
        )
        .await
        .leads();
    let told = ana.post(COMPOSE, &letter("cy")).await;
    told.says("Seat ana has sent 3 of the 3 messages that it may send this month.");
    in_plain_words(&told);
}

#[tokio::test]
async fn a_seatholder_reads_no_key_and_no_tag_of_a_source() {
    for policy in ["inmail-2015", "inmail-thread", "recruiter-2024"] {
        let world = World::under(policy, 200).await;
        let ana = world.visit(world::seat("acme", "ana")).await;
        let sent = "/contracts/acme/seats/ana/sent";
        for path in [
            COMPOSE,
            "/contracts/acme/seats/ana/standing",
            "/contracts/acme/seats/ana/credits",
            "/policies",
            "/policies/inmail-2015",
            "/policies/recruiter-2024",
            sent,
        ] {
            in_plain_words(&ana.get(path).await);
        }
        for status in ["pending", "responded", "lapsed"] {
            let list = ana.get(&format!("{sent}?status={status}")).await;
            for message in list.links("/messages/").iter().take(3) {
                in_plain_words(&ana.get(message).await);
            }
        }
    }
    // An administrator reads both.
    let world = World::acme(0).await;
    let page = world.admin().await.get("/policies/inmail-2015").await;
    page.says("settlement.rule[0]");
    page.says("[seed, 2014-09]");
}

#[tokio::test]
async fn a_form_that_is_sent_twice_does_what_it_does_once() {
    let world = World::acme(0).await;
    let ana = world.visit(world::seat("acme", "ana")).await;
    let fields = [
        ("once", "0123456789abcdef"),
        ("do", "send"),
        ("to", "bo"),
        ("subject", "s"),
        ("body", "b"),
    ];
    let first = ana.post(COMPOSE, &fields).await.leads();
    let second = ana.post(COMPOSE, &fields).await.leads();
    assert_eq!(first, second);
    let messages = ana
        .get("/contracts/acme/seats/ana/sent")
        .await
        .links("/messages/");
    assert_eq!(messages.len(), 1);
}

#[tokio::test]
async fn a_message_is_answered_in_one_press_and_its_credit_comes_back() {
    let world = World::acme(0).await;
    let ana = world.visit(world::seat("acme", "ana")).await;
    let fields = [
        ("do", "send"),
        ("to", "bo"),
        ("subject", "An opening"),
        ("body", "Would you?"),
    ];
    let sent = ana.post(COMPOSE, &fields).await.leads();
    let message = sent
        .trim_start_matches("/messages/")
        .split('?')
        .next()
        .unwrap()
        .to_owned();
    let own = format!("/messages/{message}");
    ana.get(&own)
        .await
        .says("You can write on here once bo answers.");

    let bo = world.visit(world::member("bo")).await;
    bo.get("/members/bo/inbox")
        .await
        .says("1 message, 1 unread");
    let letter = format!("/members/bo/messages/{message}");
    bo.get(&letter)
        .await
        .says("What your answer does for the sender");
    bo.get("/members/bo/inbox")
        .await
        .says("1 message, 0 unread");
    let empty = bo.post(&letter, &[("do", "reply"), ("note", " ")]).await;
    empty.is(422);
    empty.says("Write what you want to say");
    bo.post(&letter, &[("do", "later")]).await.leads();
    bo.get(&letter)
        .await
        .says("Not now. Try again in half a year.");

    let page = ana.get(&own).await;
    page.says("not interested returned");
    page.says("Credit returned");
    let fields = [("body", "In half a year, then.")];
    ana.post(&own, &fields).await.leads();
    bo.get(&letter).await.says("In half a year, then.");
}

#[tokio::test]
async fn a_recipient_sees_nothing_of_the_sender_s_credits() {
    let world = World::acme(40).await;
    let bo = world.visit(world::member("bo")).await;
    let letters = bo
        .get("/members/bo/inbox?view=all")
        .await
        .links("/members/bo/messages/");
    assert!(!letters.is_empty());
    for letter in letters {
        let page = bo.get(&letter).await;
        for word in ["held until", "available", "Credit returned", "step by step"] {
            assert!(
                !crate::support::text_of(&page.text).contains(word),
                "{word} on {letter}"
            );
        }
    }
}

#[tokio::test]
async fn a_campaign_is_looked_at_recipient_by_recipient() {
    let world = World::acme(0).await;
    let cy = world.visit(world::member("cy")).await;
    cy.post("/members/cy/preferences", &[("accepts", "none")])
        .await
        .leads();
    let ana = world.visit(world::seat("acme", "ana")).await;
    let path = "/contracts/acme/seats/ana/bulk";
    let fields = [
        ("do", "preview"),
        ("to", "bo\ncy"),
        ("subject", "s"),
        ("body", "b"),
    ];
    let page = ana.post(path, &fields).await;
    page.says("bo 1 credit held");
    page.says("Nobody gets it while 1 of the 2 recipients cannot.");
    page.says("cy refused cy takes no cold messages.");
    in_plain_words(&page);
    let fields = [
        ("do", "send"),
        ("to", "bo, cy"),
        ("subject", "s"),
        ("body", "b"),
    ];
    ana.post(path, &fields).await.is(422);
    let fields = [
        ("do", "send"),
        ("to", "bo, di"),
        ("subject", "s"),
        ("body", "b"),
    ];
    let sent = ana.post(path, &fields).await.leads();
    assert_eq!(ana.get(&sent).await.links("/messages/").len(), 2);
}

#[tokio::test]
async fn an_administrator_rules_a_contract_by_forms() {
    let world = World::acme(0).await;
    let admin = world.admin().await;
    let bad = [("do", "grant"), ("credits", "many"), ("source", "purchase")];
    let page = admin.post("/contracts/acme/grants", &bad).await;
    page.is(422);
    assert!(page.text.contains("value=\"many\"") && page.text.contains("id=\"credits-error\""));
    let good = [
        ("do", "grant"),
        ("credits", "1,000"),
        ("source", "purchase"),
        ("expires_at", "2026-12-31"),
    ];
    admin.post("/contracts/acme/grants", &good).await.leads();
    admin
        .get("/contracts/acme/grants")
        .await
        .says("1,000 1,000 0 2 March 2026 31 December 2026");

    let change = [("do", "deactivate")];
    admin
        .post("/contracts/acme/seats/ben/limits", &change)
        .await
        .leads();
    admin
        .get("/contracts/acme/seats")
        .await
        .says("ben recruiter deactivated");
    admin
        .get("/contracts/acme/seats/ben/compose")
        .await
        .says("refused Seat ben is deactivated: it sends nothing.");

    let seats = "/contracts/acme/seats";
    let page = admin.get(seats).await;
    page.says("A deactivated seat sends nothing: its monthly limit is 0.");
    let unknown = [("do", "deactivate"), ("seat", "nobody")];
    let page = admin.post(seats, &unknown).await;
    page.is(422);
    page.says("There is no seat nobody here.");
    assert!(page.text.contains("value=\"nobody\"") && page.text.contains("id=\"seat-error\""));
    let activate = [("do", "activate"), ("seat", "ben")];
    let path = admin.post(seats, &activate).await.leads();
    admin
        .get(&path)
        .await
        .says("Activated: the seat may send again");
    assert!(
        !crate::support::text_of(&admin.get(seats).await.text).contains("recruiter deactivated")
    );

    let text = "extends = \"inmail-2015\"\nname = \"ours\"\ncolour = \"red\"\n";
    let page = admin
        .post("/policies/upload", &[("do", "upload"), ("text", text)])
        .await;
    page.is(422);
    page.says("Line 3, colour");
    let text = text.replace("colour = \"red\"\n", "");
    admin
        .post("/policies/upload", &[("do", "upload"), ("text", &text)])
        .await
        .leads();
    let version = [("policy", "ours"), ("effective_at", "2026-04-01")];
    admin.post("/contracts/acme/policy", &version).await.leads();
    admin
        .get("/contracts/acme/policy")
        .await
        .says("1 April 2026 to come What changes");
    admin
        .get("/policies/diff?a=inmail-2015&b=ours")
        .await
        .says("They do the same");

    let page = admin
        .post(
            "/keys",
            &[("do", "create"), ("scope", "seat"), ("contract", "acme")],
        )
        .await;
    page.is(422);
    assert!(page.text.contains("id=\"seat-error\""));
    let page = admin
        .post(
            "/keys",
            &[
                ("do", "create"),
                ("scope", "seat"),
                ("contract", "acme"),
                ("seat", "ana"),
            ],
        )
        .await;
    page.says("The new key. It is shown this once");
}

#[tokio::test]
async fn a_member_says_who_may_write() {
    let world = World::acme(0).await;
    let bo = world.visit(world::member("bo")).await;
    let path = "/members/bo/preferences";
    let bad = [("accepts", "all"), ("price", "0"), ("daily_cap", "-3")];
    let page = bo.post(path, &bad).await;
    page.is(422);
    assert!(
        page.text.contains("id=\"price-error\"") && page.text.contains("id=\"daily_cap-error\"")
    );
    assert!(page.text.contains("value=\"-3\""));
    bo.post(
        path,
        &[("accepts", "all"), ("price", "3"), ("daily_cap", "")],
    )
    .await
    .leads();
    let ana = world.visit(world::seat("acme", "ana")).await;
    ana.get(&format!("{COMPOSE}?to=bo"))
        .await
        .says("3 credits are held until");
    bo.post(
        path,
        &[("do", "block"), ("contract", "acme"), ("seat", "ana")],
    )
    .await
    .leads();
    ana.get(&format!("{COMPOSE}?to=bo"))
        .await
        .says("bo has blocked your messages.");
    let page = bo.get(path).await;
    page.says("ana of acme since just now");
    let (_, rest) = page.text.split_once("name=\"block\" value=\"").unwrap();
    let block = rest.split('"').next().unwrap().to_owned();
    bo.post(path, &[("do", "unblock"), ("block", &block)])
        .await
        .leads();
    bo.get(path).await.says("Nobody is blocked");
}
