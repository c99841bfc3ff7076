//! What holds for every page alike: size, structure, and what it lets the browser do.

use crate::support::{Reply, World, text_of};
use crate::world;

/// The pages of each role.
pub const PAGES: &[&str] = &[
    "/contracts",
    "/contracts/acme",
    "/contracts/acme/seats",
    "/contracts/acme/messages",
    "/contracts/acme/grants",
    "/contracts/acme/ledger",
    "/contracts/acme/policy",
    "/contracts/acme/webhooks",
    "/contracts/acme/seats/ana/limits",
    "/contracts/acme/seats/ana/compose",
    "/contracts/acme/seats/ana/bulk",
    "/contracts/acme/seats/ana/sent",
    "/contracts/acme/seats/ana/standing",
    "/contracts/acme/seats/ana/credits",
    "/messages/m00000",
    "/members/bo/inbox",
    "/members/bo/inbox?view=all",
    "/members/bo/preferences",
    "/policies",
    "/policies/ask",
    "/policies/format",
    "/policies/diff",
    "/policies/upload",
    "/policies/inmail-2015",
    "/lab",
    "/lab?contract=acme&try=sweep",
    "/keys",
    "/sign-in",
    "/nowhere",
];

fn count(page: &Reply, what: &str) -> usize {
    page.text.matches(what).count()
}

#[tokio::test]
async fn every_page_is_small_whole_and_keeps_to_itself() {
    let world = World::acme(300).await;
    let admin = world.admin().await.with_header("accept", "text/html");
    for path in PAGES {
        let page = admin.get(path).await;
        let expected = if *path == "/nowhere" { 404 } else { 200 };
        page.is(expected);
        assert!(
            page.text.len() <= 150 << 10,
            "{path} has {} bytes",
            page.text.len()
        );
        assert_eq!(count(&page, "<h1"), 1, "{path}");
        assert_eq!(count(&page, "<main"), 1, "{path}");
        for inline in [
            " style=\"",
            "<style",
            " onclick=",
            "javascript:",
            "<script>",
        ] {
            assert_eq!(count(&page, inline), 0, "{inline} in {path}");
        }
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"));
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("cache-control"), Some("no-store"));
        for foreign in ["src=\"http", "href=\"http", "action=\"http"] {
            assert_eq!(count(&page, foreign), 0, "{foreign} in {path}");
        }
        let mut ids: Vec<&str> = page
            .text
            .split(" id=\"")
            .skip(1)
            .map(|it| it.split('"').next().unwrap())
            .collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "an id stands twice in {path}");
    }
}

#[tokio::test]
async fn what_a_page_needs_is_named_by_its_content_and_kept() {
    let world = World::new().await;
    let page = world.nobody().get("/sign-in").await;
    let assets = page.links("/assets/");
    assert_eq!(assets.len(), 2);
    for path in assets {
        let asset = world.nobody().get(&path).await;
        asset.is(200);
        assert!(asset.header("cache-control").unwrap().contains("immutable"));
        assert!(asset.text.len() < 60 << 10);
    }
    world.nobody().get("/assets/style-other.css").await.is(404);
}

#[tokio::test]
async fn a_program_that_asks_for_a_page_that_is_not_there_gets_a_problem() {
    let world = World::new().await;
    let reply = world.nobody().get("/nowhere").await;
    assert_eq!(
        reply.header("content-type"),
        Some("application/problem+json")
    );
    let browser = world.nobody().with_header("accept", "text/html");
    assert_eq!(
        browser.get("/v1/nowhere").await.header("content-type"),
        Some("application/problem+json")
    );
    browser.get("/nowhere").await.says("There is no such page");
}

#[tokio::test]
async fn the_question_is_answered_on_one_page() {
    let world = World::new().await;
    let bo = world.visit(world::member("bo")).await;
    let page = bo.get("/policies/ask").await;
    for policy in [
        "inmail-2013",
        "inmail-2015",
        "inmail-thread",
        "attention-bond",
        "postage",
    ] {
        page.says(policy);
    }
    page.says("returned");
    page.says("consumed");
    let page = bo
        .get("/policies/ask?policy=inmail-2015&policy=inmail-thread")
        .await;
    assert_eq!(page.text.matches("<th scope=\"col\">").count(), 3);
}

#[tokio::test]
async fn standing_tells_the_figures_and_what_is_asked_for() {
    let world = World::acme(300).await;
    let ana = world.visit(world::seat("acme", "ana")).await;
    let page = ana.get("/contracts/acme/seats/ana/standing").await;
    page.says("Asked for 13 %");
    page.says("Seat ana is good under inmail-2015");
    assert!(page.text.contains("<svg"));
    page.says("The same as a table");
}

/// Returns what stands between two marks, each time.
fn between<'t>(text: &'t str, from: &str, to: &str) -> Vec<&'t str> {
    let parts = text.split(from).skip(1);
    parts.filter_map(|part| part.split(to).next()).collect()
}

#[tokio::test]
async fn a_cell_that_stands_alone_says_what_it_is() {
    let world = World::acme(300).await;
    let admin = world.admin().await;
    let webhook = [("url", "https://example.com/hook")];
    admin.post("/contracts/acme/webhooks", &webhook).await;
    let mut tables = 0;
    for path in PAGES {
        let page = admin.get(path).await;
        for table in between(&page.text, "<table>", "</table>") {
            tables += 1;
            let (head, body) = table.split_once("<tbody>").unwrap();
            let heads: Vec<String> = between(head, "<th ", "</th>")
                .into_iter()
                .map(|it| text_of(&format!("<th {it}")))
                .collect();
            for cell in between(body, "<td", "</td>") {
                let tag = cell.split('>').next().unwrap();
                if tag.contains("class=\"act\"") {
                    continue;
                }
                let label = between(tag, "data-label=\"", "\"");
                let label = label.first().unwrap_or_else(|| panic!("{path}: <td{tag}>"));
                assert!(
                    heads.iter().any(|head| head.starts_with(label)),
                    "{path}: {label} is none of {heads:?}"
                );
            }
        }
    }
    assert!(tables >= 12, "{tables}");
    let sheet = world.nobody().get("/sign-in").await.links("/assets/style");
    let sheet = world.nobody().get(&sheet[0]).await.text;
    assert!(sheet.contains(".scroll td[data-label]::before { content: attr(data-label)"));
    assert!(sheet.contains(".report-table.stacked tbody td::before { content: attr(data-label)"));
}

#[tokio::test]
async fn a_per_cent_sign_stays_with_its_number() {
    let world = World::acme(300).await;
    let admin = world.admin().await;
    for path in PAGES {
        let page = admin.get(path).await;
        let mut text = page.text.as_str();
        // What somebody types, and a file, stay as they are.
        for (from, to) in [("<textarea", "</textarea>"), ("<pre", "</pre>")] {
            if let Some((before, after)) = text.split_once(from) {
                assert!(!before.contains(" %"), "{path}");
                text = after.split_once(to).unwrap().1;
            }
        }
        assert!(!text.contains(" %"), "{path}");
    }
    admin
        .get("/contracts/acme/seats/ana/standing")
        .await
        .says("20 to 30 % is called a good rate");
}

#[tokio::test]
async fn a_contract_is_called_by_its_name() {
    let world = World::acme(300).await;
    let bo = world.visit(world::member("bo")).await;
    let inbox = bo.get("/members/bo/inbox?view=all").await;
    inbox.says("ana of Acme Search");
    assert!(!text_of(&inbox.text).contains("of acme"));
    let letter = inbox.links("/members/bo/messages/").remove(0);
    bo.get(&letter).await.says("of Acme Search");
    let block = [("do", "block"), ("contract", "acme"), ("seat", "")];
    bo.post("/members/bo/preferences", &block).await.leads();
    let page = bo.get("/members/bo/preferences").await;
    page.says("everybody of Acme Search");
    // Of a contract that never wrote nothing is told but what was typed.
    let zoe = world.visit(world::member("zoe")).await;
    zoe.post("/members/zoe/preferences", &block).await.leads();
    let page = zoe.get("/members/zoe/preferences").await;
    page.says("everybody of acme");
    assert!(!page.text.contains("Acme Search"));

    let ana = world.visit(world::seat("acme", "ana")).await;
    let credits = ana.get("/contracts/acme/seats/ana/credits").await;
    credits.says("The pool of Acme Search");
    credits.says("ana of Acme Search");
    let acme = world.visit(world::contract("acme")).await;
    acme.get("/policies").await.says("Acme Search (contract)");
}

#[tokio::test]
async fn documents_that_pages_name_are_there() {
    let world = World::acme(0).await;
    let admin = world.admin().await;
    let mut named = vec!["/docs/api.md".to_owned()];
    for path in ["/lab", "/contracts/acme/webhooks"] {
        let links = admin.get(path).await.links("/docs/");
        assert!(!links.is_empty(), "{path}");
        named.extend(links);
    }
    for path in named {
        let document = world.nobody().get(&path).await;
        document.is(200);
        assert!(document.text.starts_with("# "), "{path}");
    }
    world.nobody().get("/docs/other.md").await.is(404);
}
