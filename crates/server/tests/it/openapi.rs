use crate::support::World;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

#[test]
fn the_committed_openapi_is_the_generated_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let made = earnest_server::openapi_document();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == made,
        "crates/server/openapi.json is not what the handlers say; `UPDATE_OPENAPI=1 cargo test -p earnest-server openapi` rewrites it",
    );
}

/// Between these two the table of codes stands in its page.
const CODES_BEGIN: &str = "<!-- begin: written from the codes, do not edit -->\n";
const CODES_END: &str = "<!-- end: written from the codes -->";

#[test]
fn the_page_of_the_api_lists_every_code_that_is_no_refusal() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(CODES_BEGIN).unwrap();
    let (_, after) = rest.split_once(CODES_END).unwrap();
    let mut table = "\n| status | code | means | what to do |\n|---|---|---|---|\n".to_owned();
    let refusals = earnest_core::refusal::Refusal::CODES;
    for code in earnest_server::CODES {
        if !refusals.contains(&code.code) {
            let (status, title) = (code.status, code.title);
            table += &format!(
                "| {status} | `{}` | {title} | {} |\n",
                code.code, code.advice
            );
        }
    }
    let made = format!("{before}{CODES_BEGIN}{table}\n{CODES_END}{after}");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(
        committed == made,
        "docs/api.md does not list the codes as they are; `UPDATE_OPENAPI=1 cargo test -p earnest-server openapi` rewrites it",
    );
}

fn document() -> Value {
    serde_json::from_str(&earnest_server::openapi_document()).unwrap()
}

/// Whoever makes a client of the document takes numbers of 32 bits for signed ones, as the format says.
#[test]
fn every_number_fits_into_what_its_format_says() {
    fn look(at: &Value, place: &str, wrong: &mut Vec<String>) {
        let is_small = at["format"] == "int32";
        let most = at["maximum"].as_u64();
        if is_small && most.is_none_or(|most| most > u64::from(i32::MAX.unsigned_abs())) {
            wrong.push(place.to_owned());
        }
        match at {
            Value::Object(all) => {
                for (name, it) in all {
                    look(it, &format!("{place}/{name}"), wrong);
                }
            }
            Value::Array(all) => {
                for (number, it) in all.iter().enumerate() {
                    look(it, &format!("{place}/{number}"), wrong);
                }
            }
            _ => {}
        }
    }
    let mut wrong = Vec::new();
    look(&document(), "", &mut wrong);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Returns the methods of each path that the document has.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let document = document();
    let paths = document["paths"].as_object().unwrap().iter();
    let methods = |item: &Value| {
        METHODS
            .iter()
            .filter(|it| item.get(**it).is_some())
            .map(|it| it.to_uppercase())
            .collect()
    };
    paths
        .map(|(path, item)| (path.clone(), methods(item)))
        .collect()
}

/// Returns the paths that the sources route.
fn routed() -> BTreeSet<String> {
    let sources = [
        include_str!("../../src/router.rs"),
        include_str!("../../src/api/webhooks.rs"),
        include_str!("../../src/api/stream.rs"),
        include_str!("../../src/metrics.rs"),
    ];
    let pieces = sources
        .iter()
        .flat_map(|source| source.split(".route(").skip(1));
    pieces
        .map(|piece| piece.split('"').nth(1).unwrap().to_owned())
        .collect()
}

#[test]
fn every_route_is_documented_and_the_reverse() {
    let documented: BTreeSet<String> = documented().into_keys().collect();
    assert_eq!(documented, routed());
}

#[tokio::test]
async fn every_method_is_documented_and_the_reverse() {
    let world = World::new().await;
    for (path, methods) in documented() {
        let asked = path.replace(['{', '}'], "");
        let refused = world.ask("OPTIONS", &*asked).send().await;
        refused.fails(405, "method_not_allowed");
        let allowed = refused
            .header("allow")
            .unwrap()
            .split(',')
            .map(|it| it.trim().to_owned());
        let allowed: BTreeSet<String> = allowed.filter(|it| it != "HEAD").collect();
        assert_eq!(allowed, methods, "{path}");
    }
}

#[test]
fn every_operation_is_described_and_every_name_resolves() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in METHODS.iter().filter_map(|method| item.get(*method)) {
            assert!(
                operation["summary"]
                    .as_str()
                    .is_some_and(|it| !it.is_empty()),
                "{path}"
            );
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id}");
            for response in operation["responses"].as_object().unwrap().values() {
                assert!(response["description"].is_string(), "{path}");
            }
            let parts = path.matches('{').count();
            let named = operation["parameters"].as_array().into_iter().flatten();
            assert_eq!(
                named.filter(|it| it["in"] == "path").count(),
                parts,
                "{path}"
            );
        }
    }
    let mut missing = Vec::new();
    resolve(&document, &document, &mut missing);
    assert_eq!(missing, Vec::<String>::new());
}

fn resolve(document: &Value, at: &Value, missing: &mut Vec<String>) {
    match at {
        Value::Object(fields) => {
            if let Some(Value::String(name)) = fields.get("$ref")
                && document.pointer(name.trim_start_matches('#')).is_none()
            {
                missing.push(name.clone());
            }
            fields
                .values()
                .for_each(|it| resolve(document, it, missing));
        }
        Value::Array(items) => items.iter().for_each(|it| resolve(document, it, missing)),
        _ => {}
    }
}
