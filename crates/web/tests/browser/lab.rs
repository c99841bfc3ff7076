//! The lab: from a form to a report, with a script and without one.

use crate::house::House;
use crate::world;
use earnest_backtest::generate::{Generator, Output};
use earnest_engine::keys::Scope;
use std::path::Path;

const BAD: &str = "seat,recipient,sent_at\nana,bo,2015-01-02T09:00:00Z\nana,cy,yesterday\n";

fn write_log(path: &Path, messages: u64) {
    let file = std::fs::File::create(path).unwrap();
    let generator = Generator::new(messages, 3);
    generator.write(file, Output::Csv, &mut |_| {}).unwrap();
}

/// Begins a run as the visitor who looks, and returns its path once it is as far as is asked.
pub async fn run(house: &mut House, what: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let shown = match what {
        "COMPARED" => {
            house.go("/lab?contract=acme").await;
            house.chrome.click("main button.primary").await;
            "To bear in mind"
        }
        "EVERY-POLICY" => {
            write_log(&file("year.csv"), 20_000);
            choose(house, "/lab", &file("year.csv")).await;
            for name in ["2013", "2014"] {
                house.chrome.click(&format!("#p-inmail-{name}")).await;
            }
            for name in [
                "recruiter-2024",
                "premium-2024",
                "attention-bond",
                "postage",
            ] {
                house.chrome.click(&format!("#p-{name}")).await;
            }
            house.chrome.click("main button.primary").await;
            "To bear in mind"
        }
        "SWEPT" => {
            write_log(&file("year.csv"), 20_000);
            choose(house, "/lab?try=sweep", &file("year.csv")).await;
            house.chrome.click("main button.primary").await;
            "To bear in mind"
        }
        "FAILED" => {
            std::fs::write(file("outreach.csv"), BAD).unwrap();
            choose(house, "/lab", &file("outreach.csv")).await;
            house.chrome.click("main button.primary").await;
            "The run came to nothing"
        }
        _ => {
            write_log(&file("long.csv"), 300_000);
            choose(house, "/lab", &file("long.csv")).await;
            house.chrome.click("#p-attention-bond").await;
            house.chrome.click("main button.primary").await;
            "The lab is at work"
        }
    };
    house.chrome.wait_for(shown).await;
    house.chrome.path().await
}

/// Chooses a file, with what stands there already for the rest.
async fn choose(house: &mut House, page: &str, file: &Path) {
    house.go(page).await;
    house.chrome.click("#source-file").await;
    house.chrome.write("#file", file.to_str().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn a_run_is_followed_to_its_report_by_itself() {
    let mut house = House::open(60).await;
    house.become_visitor(world::contract("acme")).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("year.csv");
    write_log(&file, 20_000);
    choose(&mut house, "/lab", &file).await;
    house.chrome.click("main button.primary").await;
    house.chrome.wait_for("year.csv under inmail-2015").await;
    // It is the report's own page: nothing is left that waits, and the way to its parts leads there.
    house.chrome.wait_until("!document.body.dataset.live").await;
    house
        .chrome
        .click(".report-contents a[href='#gates']")
        .await;
    assert!(house.chrome.path().await.starts_with("/lab/runs/"));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium"]
async fn a_run_needs_no_script_and_is_stopped_by_a_button() {
    let mut house = House::open(60).await;
    house.chrome.scripts(false).await;
    house.become_visitor(Scope::Admin).await;
    let run = run(&mut house, "COMPARED").await;
    house.go("/lab").await;
    house.chrome.wait_for("the messages of Acme Search").await;
    house.go(&run).await;
    house.chrome.wait_for("Download JSON").await;
    self::run(&mut house, "AT-WORK").await;
    house.chrome.click("main form button").await;
    house.chrome.wait_for("The run was stopped").await;
    self::run(&mut house, "FAILED").await;
    house.chrome.wait_for("outreach.csv:3:").await;
    house.chrome.write("#skip_bad", "1").await;
    house.chrome.click("main form button").await;
    house.chrome.wait_for("left out 1 bad line").await;
    house.close().await;
}
