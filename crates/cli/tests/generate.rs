//! `earnest generate`: a made-up log, whole or not at all.

#[path = "support/earnest.rs"]
mod support;

use support::{Folder, Ran};

fn generate(folder: &Folder, messages: &str, seed: &str, out: &str) -> Ran {
    folder.earnest(&[
        "generate",
        "--messages",
        messages,
        "--seed",
        seed,
        "--out",
        out,
    ])
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let folder = Folder::new();
    for file in ["a.csv", "b.csv", "c.jsonl"] {
        assert_eq!(generate(&folder, "200", "7", file).done(), "");
    }
    assert_eq!(generate(&folder, "200", "8", "d.csv").done(), "");
    assert_eq!(folder.read("a.csv"), folder.read("b.csv"));
    assert_ne!(folder.read("a.csv"), folder.read("d.csv"));
    assert_eq!(folder.read("a.csv").lines().count(), 201);
    assert_eq!(folder.read("c.jsonl").lines().count(), 200);
    assert_eq!(folder.files(), ["a.csv", "b.csv", "c.jsonl", "d.csv"]);
}

#[test]
fn what_is_generated_can_be_replayed() {
    let folder = Folder::new();
    generate(&folder, "300", "1", "a.jsonl").done();
    let figures = |args: &[&str]| {
        let call = [args, &["--policy", "inmail-2015", "--json"]].concat();
        folder.earnest(&call).done()
    };
    let from_file = figures(&["backtest", "a.jsonl"]);
    assert_eq!(
        from_file,
        figures(&["backtest", "--generate", "300", "--seed", "1"])
    );
    assert!(from_file.contains("\"messages\": 300"), "{from_file}");
}

#[test]
fn a_file_that_is_there_is_replaced_in_one_step() {
    let folder = Folder::new().with("a.csv", "old");
    generate(&folder, "10", "1", "a.csv").done();
    assert!(folder.read("a.csv").starts_with("id,"));
    assert_eq!(folder.files(), ["a.csv"]);
}

#[test]
fn what_cannot_be_written_leaves_everything_as_it_was() {
    let folder = Folder::new().with("a.txt", "old").with("folder.csv/x", "");
    let cases = [
        (
            "a.txt",
            "the name `a.txt` does not say how to write the log; end it in `.csv` or `.jsonl`\n",
        ),
        (
            "a",
            "the name `a` does not say how to write the log; end it in `.csv` or `.jsonl`\n",
        ),
        (
            "folder.csv",
            "`folder.csv` is no file that can be replaced; name another\n",
        ),
    ];
    for (out, problem) in cases {
        assert_eq!(generate(&folder, "10", "1", out).refused(), problem);
    }
    let error = generate(&folder, "10", "1", "gone/a.csv").refused();
    assert!(
        error.starts_with("`gone/a.csv` cannot be written: "),
        "{error}"
    );
    assert_eq!(folder.read("a.txt"), "old");
    assert_eq!(folder.files(), ["a.txt", "folder.csv"]);
}

#[cfg(unix)]
#[test]
fn a_link_stays_one_and_the_file_is_anybody_s_to_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new().with("there/a.csv", "old").with("plain", "");
    std::os::unix::fs::symlink("there/a.csv", folder.path("link.csv")).unwrap();
    generate(&folder, "10", "1", "link.csv").done();
    assert!(folder.path("link.csv").is_symlink());
    assert!(folder.read("there/a.csv").starts_with("id,"));
    let mode = |file: &str| folder.path(file).metadata().unwrap().permissions().mode();
    assert_eq!(mode("there/a.csv"), mode("plain"));
}
