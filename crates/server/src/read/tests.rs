use super::*;
use earnest_core::units::SeatId;

body! {
    /// For the tests.
    struct Letter {
        /// Who.
        #[schema(value_type = String)]
        seat: SeatId,
        /// What kind.
        #[schema(value_type = Option<u32>)]
        kind("type"): Option<u32>,
        /// Lists.
        #[schema(value_type = Option<Vec<String>>)]
        to: Option<Few<Words, 3>>,
    }
}

fn read(text: &str) -> Result<Letter, (&'static str, String)> {
    parse(text.as_bytes())
        .and_then(|node| Letter::read(node, &Place::Root))
        .map_err(|problem| (problem.code.code(), problem.field.unwrap_or_default()))
}

#[test]
fn a_body_is_read_strictly() {
    let cases = [
        ("{}", "missing_field", "seat"),
        ("[]", "invalid_field", ""),
        ("", "invalid_json", ""),
        ("{\"seat\":\"a\"} x", "invalid_json", ""),
        ("{\"seat\":\"a\",\"seat\":\"a\"}", "invalid_json", ""),
        ("{\"seat\":\"a\",\"SEAT\":\"a\"}", "unknown_field", "SEAT"),
        ("{\"seat\":null}", "invalid_field", "seat"),
        ("{\"seat\":\"a b\"}", "invalid_field", "seat"),
        ("{\"seat\":\"\\ud800\"}", "invalid_json", ""),
        ("{\"seat\":\"a\",\"type\":1.0}", "invalid_field", "type"),
        ("{\"seat\":\"a\",\"type\":1e3}", "invalid_field", "type"),
        ("{\"seat\":\"a\",\"type\":-1}", "invalid_field", "type"),
        (
            "{\"seat\":\"a\",\"type\":4294967296}",
            "invalid_field",
            "type",
        ),
        (
            "{\"seat\":\"a\",\"type\":99999999999999999999}",
            "invalid_field",
            "type",
        ),
        ("{\"seat\":\"a\",\"type\":\"1\"}", "invalid_field", "type"),
        ("{\"seat\":\"a\",\"to\":[]}", "invalid_field", "to"),
        (
            "{\"seat\":\"a\",\"to\":[\"a\",\"b\",\"c\",\"d\"]}",
            "invalid_field",
            "to",
        ),
        (
            "{\"seat\":\"a\",\"to\":[\"a\",\"\"]}",
            "invalid_field",
            "to[1]",
        ),
        (
            "{\"seat\":\"a\",\"to\":[\"a\",\"\\u0000\"]}",
            "invalid_field",
            "to[1]",
        ),
    ];
    for (text, code, field) in cases {
        let refused = read(text).unwrap_err();
        assert_eq!((refused.0, refused.1.as_str()), (code, field), "{text}");
    }
    let letter = read("{\"seat\":\"a\",\"type\":null,\"to\":[\"x\\ty\\r\\n\"]}").unwrap();
    assert_eq!(letter.seat.as_str(), "a");
    assert_eq!(letter.kind, None);
    assert_eq!(letter.to.unwrap().0, [Words("x\ty\r\n".to_owned())]);
}

#[test]
fn a_body_cannot_cost_many_times_its_size() {
    let many = format!("[{}0]", "0,".repeat(1_000_000));
    assert_eq!(parse(many.as_bytes()).unwrap_err().code, Code::InvalidJson);
    let deep = "[".repeat(100_000);
    assert_eq!(parse(deep.as_bytes()).unwrap_err().code, Code::InvalidJson);
}

#[test]
fn an_object_of_many_keys_names_none_twice() {
    let keys: Vec<String> = (0..1_000).map(|number| format!("\"{number}\":0")).collect();
    let once = format!("{{{}}}", keys.join(","));
    assert!(parse(once.as_bytes()).is_ok());
    let twice = format!("{{{},\"17\":0}}", keys.join(","));
    assert_eq!(parse(twice.as_bytes()).unwrap_err().code, Code::InvalidJson);
}
