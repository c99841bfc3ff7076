//! Every page for every role: it fits its window, nothing goes wrong in it, axe finds nothing, and a picture of it is kept.

use crate::house::House;
use crate::lab;
use crate::world;
use earnest_engine::keys::Scope;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The pages of each role. `LETTER` stands for a message that waits for `bo`.
fn roles() -> Vec<(&'static str, Scope, Vec<&'static str>)> {
    vec![
        (
            "admin",
            Scope::Admin,
            vec![
                "/contracts",
                "/contracts/acme/policy",
                "/contracts/acme/webhooks",
                "/contracts/acme/seats/ben/limits",
                "/policies",
                "/policies/ask",
                "/policies/format",
                "/policies/diff",
                "/policies/upload",
                "/policies/inmail-2015",
                "/lab",
                "/lab?contract=acme&try=sweep",
                "/lab/runs/COMPARED",
                "/lab/runs/EVERY-POLICY",
                "/lab/runs/SWEPT",
                "/lab/runs/FAILED",
                "/lab/runs/AT-WORK",
                "/keys",
                "/docs",
                "/docs#submit_batch",
                "/docs/errors",
            ],
        ),
        (
            "contract",
            world::contract("acme"),
            vec![
                "/contracts/acme",
                "/contracts/acme/seats?sort=rate",
                "/contracts/acme/messages",
                "/contracts/acme/messages?q=no+such+words",
                "/contracts/acme/grants",
                "/contracts/acme/ledger",
                "/lab?contract=acme",
            ],
        ),
        (
            "seat",
            world::seat("acme", "ana"),
            vec![
                "/contracts/acme/seats/ana/compose?to=bo",
                "/contracts/acme/seats/ana/bulk",
                "/contracts/acme/seats/ana/sent",
                "/contracts/acme/seats/ana/standing",
                "/contracts/acme/seats/ana/credits",
                "/messages/ANSWERED",
                "/messages/WAITING",
            ],
        ),
        (
            "member",
            world::member("bo"),
            vec![
                "/members/bo/inbox",
                "/members/bo/inbox?view=all",
                "/members/bo/messages/LETTER",
                "/members/bo/preferences",
            ],
        ),
    ]
}

async fn path(house: &mut House, path: &str) -> String {
    if let Some(run) = path.strip_prefix("/lab/runs/") {
        return lab::run(house, run).await;
    }
    let status = match path {
        "/messages/ANSWERED" => "responded",
        "/messages/WAITING" => "pending",
        _ => return path.replace("LETTER", &house.letter().await),
    };
    house
        .go(&format!("/contracts/acme/seats/ana/sent?status={status}"))
        .await;
    let script = "return document.querySelector('td.wide a').getAttribute('href')";
    let found = house.chrome.run(script, json!([])).await;
    found.as_str().unwrap().to_owned()
}

/// Returns where pictures are kept: a folder that a person can look into.
fn pictures() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn name(role: &str, path: &str, width: u32, is_dark: bool) -> String {
    let words = path
        .split(|it: char| !it.is_ascii_alphanumeric())
        .filter(|it| !it.is_empty());
    let words = words.collect::<Vec<_>>().join("-");
    let light = if is_dark { "dark" } else { "light" };
    format!("{role}-{words}-{width}-{light}.png")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn every_page_fits_its_window_and_a_picture_of_it_is_kept() {
    let mut house = House::open(400).await;
    let folder = pictures();
    for (role, scope, pages) in roles() {
        house.become_visitor(scope).await;
        for asked in pages {
            let found = path(&mut house, asked).await;
            for (width, is_dark) in [(1600, false), (1600, true), (360, false), (360, true)] {
                house.chrome.look(width, is_dark).await;
                house.go(&found).await;
                let script = "return [document.documentElement.scrollWidth, innerWidth, \
                    document.querySelectorAll('h1').length, document.querySelectorAll('main').length]";
                let seen = house.chrome.run(script, json!([])).await;
                let (wide, window) = (seen[0].as_u64().unwrap(), seen[1].as_u64().unwrap());
                assert!(wide <= window, "{role} {found} at {width}: {wide} px wide");
                assert_eq!(
                    (&seen[2], &seen[3]),
                    (&json!(1), &json!(1)),
                    "{role} {found}"
                );
                let picture = house.chrome.picture(4_000).await;
                std::fs::write(folder.join(name(role, asked, width, is_dark)), picture).unwrap();
            }
        }
    }
    house.close().await;
}

/// Takes the two pictures of the README; `UPDATE_PICTURES=1` puts them where it shows them.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn the_pictures_of_the_readme_are_small() {
    let mut house = House::open(400).await;
    let folder = match std::env::var_os("UPDATE_PICTURES") {
        Some(_) => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pictures"),
        None => pictures(),
    };
    let letter = "document.querySelector('#subject').value = 'A role in platform engineering'; \
        document.querySelector('#body').value = 'Hello Cy,\\n\\nI read what you wrote about engines that keep their \
        promises, and we are building one. Would you talk to us for twenty minutes on Thursday?\\n\\nAna'; \
        for (const it of ['#subject', '#body']) \
        document.querySelector(it).dispatchEvent(new Event('input', { bubbles: true }))";
    for (scope, path, is_dark, name, high) in [
        (
            world::seat("acme", "ana"),
            "/contracts/acme/seats/ana/compose?to=cy",
            false,
            "page-compose.png",
            820,
        ),
        (
            world::contract("acme"),
            "/contracts/acme",
            true,
            "page-contract.png",
            1_180,
        ),
    ] {
        house.become_visitor(scope).await;
        house.chrome.look(1280, is_dark).await;
        house.go(path).await;
        if path.contains("compose") {
            house.chrome.run(letter, json!([])).await;
            house.chrome.wait_for("If cy replies").await;
        }
        let picture = house.chrome.picture(high).await;
        assert!(
            picture.len() < 150 << 10,
            "{name} has {} bytes",
            picture.len()
        );
        std::fs::write(folder.join(name), picture).unwrap();
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and axe-core"]
async fn axe_finds_nothing_wrong_with_any_page() {
    let axe = std::env::var("EARNEST_AXE").unwrap();
    let axe = std::fs::read_to_string(axe).unwrap();
    let mut house = House::open(200).await;
    let mut wrong = Vec::new();
    for (role, scope, pages) in roles() {
        house.become_visitor(scope).await;
        for asked in pages {
            let found = path(&mut house, asked).await;
            for (width, is_dark) in [(1600, false), (360, true)] {
                house.chrome.look(width, is_dark).await;
                house.go(&found).await;
                house.chrome.run(&axe, json!([])).await;
                let script = "const done = arguments[0]; \
                    axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }) \
                    .then((told) => done(told.violations.map((it) => \
                    `${it.id}: ${it.nodes.slice(0, 3).map((node) => node.target + ' ' + node.html.slice(0, 120)).join(' | ')}`)), \
                    (error) => done([String(error)]))";
                let told = house.chrome.run_until(script, json!([])).await;
                for it in told.as_array().unwrap() {
                    wrong.push(format!("{role} {asked} at {width}: {it}"));
                }
            }
        }
    }
    house.close().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn nothing_is_fetched_from_elsewhere_and_nothing_is_forbidden() {
    let mut house = House::open(60).await;
    let base = house.base.clone();
    for (role, scope, pages) in roles() {
        house.become_visitor(scope).await;
        for asked in pages {
            let found = path(&mut house, asked).await;
            // A listener that is there before anything of the page.
            let script = "window.forbidden = []; document.addEventListener('securitypolicyviolation', \
                (it) => window.forbidden.push(it.violatedDirective + ' ' + it.blockedURI));";
            let added = house
                .chrome
                .cdp(
                    "Page.addScriptToEvaluateOnNewDocument",
                    json!({ "source": script }),
                )
                .await;
            house.go(&found).await;
            let script = "return [window.forbidden, performance.getEntriesByType('resource').map((it) => it.name)]";
            let seen = house.chrome.run(script, json!([])).await;
            assert_eq!(seen[0], json!([]), "{role} {asked}");
            for fetched in seen[1].as_array().unwrap() {
                assert!(
                    fetched.as_str().unwrap().starts_with(&base),
                    "{role} {asked}: {fetched}"
                );
            }
            house
                .chrome
                .cdp("Page.removeScriptToEvaluateOnNewDocument", added)
                .await;
        }
    }
    house.close().await;
}
