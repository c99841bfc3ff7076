//! The lab: forms, runs, what comes of them, and who sees it.

use crate::support::{Reply, Visit, World};
use crate::watching::{next, watch};
use crate::world;
use earnest_backtest::generate::{Generator, Output};
use earnest_backtest::log::{Format, Log};
use earnest_backtest::replay::{self, Credits, Options};
use earnest_core::policy::{Policy, preset};
use earnest_core::units::ContractId;
use earnest_engine::Engine;
use earnest_lab::events::StoreLog;
use earnest_lab::json::{self, Ranked};
use earnest_lab::sweep::{Figure, Sweep, rank};
use earnest_lab::vary::Vary;
use earnest_store::Position;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

const LAB: &str = "/lab";

/// Waits until a run has ended, and returns its page.
async fn ended(world: &World, visit: &Visit<'_>, run: &str) -> Reply {
    let id = run.trim_start_matches("/lab/runs/");
    let path = format!("/live?run={id}");
    let mut stream = watch(world, visit.secret(), &path).await;
    while next(&mut stream).await.is_some() {}
    visit.get(run).await
}

/// Begins a run, waits until it has ended, and returns its page and its path.
async fn ran(world: &World, visit: &Visit<'_>, fields: &[(&str, &str)]) -> (Reply, String) {
    let run = visit.post(LAB, fields).await.leads();
    (ended(world, visit, &run).await, run)
}

/// Does the same with a file.
async fn ran_file(
    world: &World,
    visit: &Visit<'_>,
    fields: &[(&str, &str)],
    file: (&str, &[u8]),
) -> (Reply, String) {
    let run = visit.post_file(LAB, fields, file).await.leads();
    (ended(world, visit, &run).await, run)
}

async fn json_of(visit: &Visit<'_>, run: &str) -> Value {
    let reply = visit.get(&format!("{run}.json")).await;
    reply.is(200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert!(
        reply
            .header("content-disposition")
            .unwrap()
            .starts_with("attachment")
    );
    serde_json::from_str(&reply.text).unwrap()
}

fn presets(names: &[&str]) -> Vec<Arc<Policy>> {
    names
        .iter()
        .map(|name| preset::get(name).unwrap())
        .collect()
}

/// Returns what the library says of policies on a log.
fn figures(log: &Log, names: &[&str], credits: Credits) -> Value {
    let options = Options {
        credits,
        ..Options::default()
    };
    let figures = replay::run(log, &presets(names), &options, &|_| {}).unwrap();
    json::compared(&figures)
}

/// Returns a contract's log as the command line reads it from a store.
async fn log_of(engine: &Engine, contract: Option<&str>) -> Log {
    let contract = contract.map(|it| ContractId::new(it).unwrap());
    let mut log = StoreLog::default();
    for row in engine
        .store()
        .log(Position::default(), 100_000)
        .await
        .unwrap()
    {
        for event in &row.events {
            if contract.as_ref().is_none_or(|it| *it == row.contract) {
                log.take(&row.contract, event);
            }
        }
    }
    log.finish("store").unwrap()
}

fn made_up(messages: u64, output: Output) -> Vec<u8> {
    let mut bytes = Vec::new();
    let generator = Generator::new(messages, 7);
    generator.write(&mut bytes, output, &mut |_| {}).unwrap();
    bytes
}

/// Returns a Parquet file of a few messages.
fn parquet() -> Vec<u8> {
    let schema = "message log { required byte_array seat (STRING); required byte_array recipient (STRING); \
        required int64 sent_at (TIMESTAMP(MILLIS,true)); }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, properties).unwrap();
    let mut rows = writer.next_row_group().unwrap();
    let seats: Vec<ByteArray> = (0..90).map(|_| ByteArray::from("ana")).collect();
    let members: Vec<ByteArray> = (0..90)
        .map(|it| ByteArray::from(format!("m{it}").as_str()))
        .collect();
    for texts in [seats, members] {
        let mut column = rows.next_column().unwrap().unwrap();
        column
            .typed::<ByteArrayType>()
            .write_batch(&texts, None, None)
            .unwrap();
        column.close().unwrap();
    }
    let mut column = rows.next_column().unwrap().unwrap();
    let times: Vec<i64> = (0..90)
        .map(|it| 1_420_070_400_000 + it * 3_600_000)
        .collect();
    column
        .typed::<Int64Type>()
        .write_batch(&times, None, None)
        .unwrap();
    column.close().unwrap();
    rows.close().unwrap();
    writer.close().unwrap();
    bytes
}

#[tokio::test]
async fn a_run_over_a_contract_gives_the_figures_of_the_backtest() {
    let world = World::acme(300).await;
    let visit = world.visit(world::contract("acme")).await;
    let fields = [
        ("source", "contract"),
        ("own", "on"),
        ("policy", "inmail-2013"),
        ("policy", "inmail-thread"),
        ("policy", "inmail-2015"),
    ];
    let (page, run) = ran(&world, &visit, &fields).await;
    page.is(200);
    page.says("What each policy would have done");
    page.says("inmail-2015, in force for Acme Search");
    assert!(page.text.len() <= 150 << 10, "{}", page.text.len());
    assert!(!page.text.contains("data-refresh") && !page.text.contains("http-equiv"));
    // The one in force stands first, and once.
    let names = ["inmail-2015", "inmail-2013", "inmail-thread"];
    let log = log_of(&world.engine, Some("acme")).await;
    let expected = figures(&log, &names, Credits::Granted);
    assert_eq!(json_of(&visit, &run).await, expected);
    let whole = visit.get(&format!("{run}.html")).await;
    whole.is(200);
    assert!(whole.text.starts_with("<!doctype html>") && whole.text.contains("</style>"));
    assert!(whole.header("content-security-policy").is_some());
    visit.get(&format!("{run}.csv")).await.is(404);
    visit
        .get(LAB)
        .await
        .says("inmail-2015, inmail-2013, inmail-thread the messages of Acme Search done");
}

#[tokio::test]
async fn an_administrator_tries_policies_on_all_contracts_together() {
    let world = World::acme(120).await;
    let admin = world.admin().await;
    let fields = [
        ("source", "store"),
        ("own", "on"),
        ("policy", "postage"),
        ("credits", "unlimited"),
    ];
    let (page, run) = ran(&world, &admin, &fields).await;
    page.says("The messages of all contracts under postage");
    let log = log_of(&world.engine, None).await;
    let expected = figures(&log, &["postage"], Credits::Unlimited);
    assert_eq!(json_of(&admin, &run).await, expected);
}

#[tokio::test]
async fn a_file_of_each_format_is_read_by_its_name_or_as_it_is_said() {
    let world = World::new().await;
    let admin = world.admin().await;
    let fields = [("source", "file"), ("policy", "inmail-2015")];
    let csv = made_up(2_000, Output::Csv);
    let log = Log::read(&*csv, "year", Format::Csv, &mut |_| {}).unwrap();
    let expected = figures(&log, &["inmail-2015"], Credits::Granted);
    let (page, run) = ran_file(&world, &admin, &fields, ("year.csv", &csv)).await;
    page.says("year.csv under inmail-2015: 2,000 cold messages");
    assert_eq!(json_of(&admin, &run).await, expected);

    let jsonl = made_up(2_000, Output::Jsonl);
    let (_, run) = ran_file(&world, &admin, &fields, ("year.NDJSON", &jsonl)).await;
    assert_eq!(json_of(&admin, &run).await, expected);
    let said = [&fields[..], &[("format", "jsonl")]].concat();
    let (_, run) = ran_file(&world, &admin, &said, ("year", &jsonl)).await;
    assert_eq!(json_of(&admin, &run).await, expected);

    let snap = b"1 2 1082040961\n2 1 1082050000\n1 3 1082060000\n";
    let (page, _) = ran_file(&world, &admin, &fields, ("C:\\logs\\CollegeMsg.txt", snap)).await;
    page.says("CollegeMsg.txt under inmail-2015: 2 cold messages");

    let (page, _) = ran_file(&world, &admin, &fields, ("log.parquet", &parquet())).await;
    page.says("log.parquet under inmail-2015: 90 cold messages");
}

#[tokio::test]
async fn a_bad_line_is_named_and_can_be_left_out() {
    let world = World::new().await;
    let admin = world.admin().await;
    let csv = "seat,recipient,sent_at\nana,bo,2015-01-02T09:00:00Z\nana,cy,yesterday\nana,<b>,2015-01-03\n\
        ana,di,2015-01-04T09:00:00Z\n";
    let fields = [("source", "file"), ("policy", "inmail-2015")];
    let (page, run) = ran_file(&world, &admin, &fields, ("l.csv", csv.as_bytes())).await;
    page.says("l.csv:3: sent_at is yesterday");
    let bad = [("do", "again"), ("skip_bad", "many")];
    let page = admin.post(&run, &bad).await;
    page.is(422);
    assert!(page.text.contains("value=\"many\"") && page.text.contains("id=\"skip_bad-error\""));
    let one = [("do", "again"), ("skip_bad", "1")];
    let run = admin.post(&run, &one).await.leads();
    let page = ended(&world, &admin, &run).await;
    page.says("l.csv:3: ");
    page.says("more than 1 lines are bad");
    let two = [("do", "again"), ("skip_bad", "2")];
    let run = admin.post(&run, &two).await.leads();
    let page = ended(&world, &admin, &run).await;
    page.says("left out 2 bad lines");
    page.says("2 cold messages");
    assert!(!page.text.contains("<b>"));
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept() {
    let world = World::acme(0).await;
    let admin = world.admin().await;
    let wrong = |fields: &'static [(&'static str, &'static str)]| {
        let admin = admin.clone();
        async move {
            let page = admin.post(LAB, fields).await;
            page.is(422);
            page
        }
    };
    let page = wrong(&[
        ("source", "contract"),
        ("contract", "nobody"),
        ("own", "on"),
    ])
    .await;
    page.says("There is no contract nobody here.");
    page.says("Choose at least one.");
    assert!(page.text.contains("value=\"nobody\"") && page.text.contains("id=\"contract-error\""));
    wrong(&[("policy", "inmail-2015")])
        .await
        .says("Choose one of these.");
    let page = wrong(&[
        ("source", "file"),
        ("policy", "nothing"),
        ("skip_bad", "-1"),
    ])
    .await;
    page.says("Choose a file, or another log.");
    page.says("There is no policy nothing.");
    page.says("Write a whole number from 0 to 10,000.");
    let fields = [("source", "file"), ("policy", "inmail-2015")];
    let page = admin.post_file(LAB, &fields, ("log.xls", b"x")).await;
    page.is(422);
    page.says("The name log.xls does not say which format it is");
    let page = wrong(&[
        ("kind", "sweep"),
        ("source", "store"),
        ("base", "inmail-thread"),
        ("rank", "avoided"),
        ("vary1", "gate.check.rate_at_most=5%..x:1%"),
        ("vary2", "gate.chek.sent_at_least=1"),
    ])
    .await;
    assert!(
        page.text
            .contains("value=\"gate.check.rate_at_most=5%..x:1%\"")
    );
    assert!(page.text.contains("id=\"vary1-error\"") && page.text.contains("id=\"vary2-error\""));
    page.says("did you mean gate.check.sent_at_least?");
    let page = wrong(&[
        ("kind", "sweep"),
        ("source", "store"),
        ("base", "inmail-thread"),
        ("rank", "avoided"),
        ("vary1", "gate.check.sent_at_least=1..3000:1"),
    ])
    .await;
    page.says("These keys have 3,000 combinations, and a run tries at most 2,000");
    // A contract without messages is found out when it is read.
    let fields = [("source", "contract"), ("contract", "acme"), ("own", "on")];
    let (page, _) = ran(&world, &admin, &fields).await;
    page.says("the messages of Acme Search: there are none yet");
}

#[tokio::test]
async fn a_sweep_shows_a_heat_map_and_gives_the_rows_of_the_library() {
    let world = World::acme(300).await;
    let admin = world.admin().await;
    let (rates, sent) = (
        "gate.check.rate_at_most=10%..40%:10%",
        "gate.check.sent_at_least=5,10,20",
    );
    let fields = [
        ("kind", "sweep"),
        ("source", "contract"),
        ("contract", "acme"),
        ("base", "inmail-thread"),
        ("rank", "avoided_share"),
        ("vary1", rates),
        ("vary2", sent),
    ];
    let (page, run) = ran(&world, &admin, &fields).await;
    page.says("Variations of inmail-thread");
    assert!(page.text.contains("class=\"heat-7\"") || page.text.contains("class=\"heat-"));
    page.says("The frontier");
    assert!(page.text.len() <= 150 << 10, "{}", page.text.len());
    let log = log_of(&world.engine, Some("acme")).await;
    let varies = [rates, sent].map(|it| Vary::parse(it).unwrap());
    let sweep = Sweep::new(&preset::get("inmail-thread").unwrap(), varies.to_vec()).unwrap();
    let mut rows = sweep
        .run(&log, &Options::default(), &|_| {}, &|| false)
        .unwrap();
    rank(&mut rows, Figure::AvoidedShare, false);
    let ranked = Ranked {
        base: "inmail-thread",
        sweep: &sweep,
        rows: &rows,
        rank: Figure::AvoidedShare,
        messages: u64::try_from(log.messages()).unwrap(),
        until: log.last(),
    };
    assert_eq!(json_of(&admin, &run).await, ranked.json());
    // Its form can be taken up again.
    let like = format!("/lab?like={}", run.trim_start_matches("/lab/runs/"));
    assert!(
        admin
            .get(&like)
            .await
            .text
            .contains(&format!("value=\"{rates}\""))
    );
}

#[tokio::test]
async fn a_report_with_every_policy_fits_its_page() {
    let world = World::new().await;
    let admin = world.admin().await;
    let mut fields = vec![("source", "file")];
    fields.extend(preset::NAMES.iter().map(|name| ("policy", *name)));
    let csv = made_up(20_000, Output::Csv);
    let (page, _) = ran_file(&world, &admin, &fields, ("year.csv", &csv)).await;
    page.says("20,000 cold messages");
    assert!(page.text.len() <= 150 << 10, "{}", page.text.len());
    page.says("is in the whole report.");
    assert!(page.text.matches("<figure ").count() >= 4);
}

#[tokio::test]
async fn a_run_is_shown_to_whom_it_is_for_until_its_time_is_over() {
    let world = World::acme(40).await;
    let admin = world.admin().await;
    let contract = world.visit(world::contract("acme")).await;
    let another = world.visit(world::contract("acme")).await;
    let own = [("source", "contract"), ("own", "on")];
    let (_, of_contract) = ran(&world, &contract, &own).await;
    let file = [("source", "file"), ("policy", "inmail-2015")];
    let csv = made_up(50, Output::Csv);
    let (_, of_file) = ran_file(&world, &contract, &file, ("a.csv", &csv)).await;
    for (visit, run, status) in [
        (&contract, &of_contract, 200),
        (&another, &of_contract, 200),
        (&admin, &of_contract, 200),
        (&contract, &of_file, 200),
        // What somebody uploads is nobody else's.
        (&another, &of_file, 404),
        (&admin, &of_file, 404),
    ] {
        visit.get(run).await.is(status);
        visit.get(&format!("{run}.json")).await.is(status);
        let id = run.trim_start_matches("/lab/runs/");
        visit.get(&format!("/live?run={id}")).await.is(status);
    }
    let store = [("source", "store"), ("policy", "inmail-2015")];
    contract.post(LAB, &store).await.is(422);
    let others = [("source", "contract"), ("contract", "other"), ("own", "on")];
    contract.post(LAB, &others).await.is(422);
    let (_, of_store) = ran(&world, &admin, &store).await;
    contract.get(&of_store).await.is(404);
    world
        .visit(world::seat("acme", "ana"))
        .await
        .get(&of_contract)
        .await
        .is(403);
    contract.get(LAB).await.says("a.csv done");
    world.clock.pass(Duration::from_secs(3_600));
    for run in [&of_contract, &of_file] {
        contract.get(run).await.is(404);
    }
    contract.get(LAB).await.says("No run yet");
}

#[tokio::test]
async fn runs_wait_for_their_turn_and_more_than_can_wait_are_turned_away() {
    let world = World::new().await;
    let admin = world.admin().await;
    let mut fields = vec![("source", "file")];
    fields.extend(preset::NAMES.iter().map(|name| ("policy", *name)));
    let long = made_up(60_000, Output::Csv);
    let mut runs = vec![
        admin
            .post_file(LAB, &fields, ("long.csv", &long))
            .await
            .leads(),
    ];
    let short = made_up(20, Output::Csv);
    let fields = [
        ("source", "file"),
        ("policy", "inmail-2015"),
        ("once", "0123456789abcdef"),
    ];
    let twice = admin
        .post_file(LAB, &fields, ("short.csv", &short))
        .await
        .leads();
    let again = admin
        .post_file(LAB, &fields, ("short.csv", &short))
        .await
        .leads();
    assert_eq!(twice, again);
    runs.push(twice);
    let fields = [("source", "file"), ("policy", "inmail-2015")];
    for _ in 0..3 {
        runs.push(
            admin
                .post_file(LAB, &fields, ("short.csv", &short))
                .await
                .leads(),
        );
    }
    let busy = admin.post_file(LAB, &fields, ("short.csv", &short)).await;
    busy.is(503);
    busy.says("There is no room for another run.");
    assert!(busy.text.contains("id=\"p-inmail-2015\" checked"));
    let page = admin.get(&runs[4]).await;
    page.says("Waiting: 4 runs before it.");
    assert!(
        page.text
            .contains("<noscript><meta http-equiv=\"refresh\" content=\"2\"></noscript>")
    );
    // One that waits is stopped at once, and its place is free.
    admin.post(&runs[4], &[("do", "stop")]).await.leads();
    ended(&world, &admin, &runs[4])
        .await
        .says("The run was stopped");
    admin
        .post_file(LAB, &fields, ("short.csv", &short))
        .await
        .leads();
    admin.post(&runs[0], &[("do", "stop")]).await.leads();
    ended(&world, &admin, &runs[0])
        .await
        .says("The run was stopped");
    ended(&world, &admin, &runs[3])
        .await
        .says("20 cold messages");
}

#[tokio::test]
async fn a_file_that_is_too_large_is_named_beside_its_field() {
    let world = World::new().await;
    let admin = world.admin().await;
    let fields = [("source", "file"), ("policy", "inmail-2015")];
    let large = vec![b'x'; (32 << 20) + 1];
    let page = admin.post_file(LAB, &fields, ("a.csv", &large)).await;
    page.is(422);
    page.says("The file has more than 32 MiB.");
    assert!(page.text.contains("id=\"file-error\""));
}

#[tokio::test]
async fn a_version_in_force_is_told_from_a_newer_one_of_its_name() {
    let world = World::acme(60).await;
    let admin = world.admin().await;
    let text = "name = \"ours\"\nextends = \"inmail-2015\"\nsettlement.window_days = 30\n";
    for (text, brought) in [(text.to_owned(), true), (text.replace("30", "10"), false)] {
        let upload = [("do", "upload"), ("text", text.as_str())];
        admin.post("/policies/upload", &upload).await.leads();
        if brought {
            let version = [("policy", "ours")];
            admin.post("/contracts/acme/policy", &version).await.leads();
        }
    }
    let page = admin.get("/lab?contract=acme").await;
    page.says("ours, in force for Acme Search: the base");
    // Its newer text is another policy; one that is the base already is not offered again.
    assert!(page.text.contains("id=\"p-ours\""));
    let page = World::acme(0)
        .await
        .admin()
        .await
        .get("/lab?contract=acme")
        .await;
    page.says("inmail-2015, in force for Acme Search: the base");
    assert!(!page.text.contains("id=\"p-inmail-2015\""));
    assert!(page.text.contains("id=\"p-inmail-2014\""));
    let fields = [
        ("source", "contract"),
        ("contract", "acme"),
        ("own", "on"),
        ("policy", "ours"),
    ];
    let (page, run) = ran(&world, &admin, &fields).await;
    page.says("ours-in-force, in force for Acme Search");
    let json = json_of(&admin, &run).await;
    let names: Vec<&str> = json["policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["policy"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["ours-in-force", "ours"]);
    assert_ne!(json["policies"][0]["held"], json["policies"][1]["held"]);
}

#[tokio::test]
async fn a_form_of_another_session_begins_nothing() {
    let world = World::new().await;
    let admin = world.admin().await;
    let fields = [
        ("form_token", "x"),
        ("source", "store"),
        ("policy", "inmail-2015"),
    ];
    admin.post_bare(LAB, &fields).await.is(403);
    let foreign = admin.clone().with_header("sec-fetch-site", "cross-site");
    foreign
        .post_file(LAB, &fields, ("a.csv", b"x"))
        .await
        .is(403);
    admin.get(LAB).await.says("No run yet");
}
