//! `storm`: the table, the files, and the words that cannot be used.

use serde_json::Value;

use super::process::{Ended, program, run};

async fn storm(words: &[&str]) -> Ended {
    run(program(&[&["storm", "--sessions", "40", "--tabs", "2", "--minutes", "6"], words].concat())).await
}

#[tokio::test]
async fn every_variant_is_a_line_and_no_colours_go_into_a_pipe() {
    let ended = storm(&[]).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{}", ended.stdout);
    let told: Vec<&str> = ended.stdout.lines().map(|line| line.split_whitespace().next().unwrap_or("")).collect();
    assert_eq!(told, ["40", "", "variant", "no-coalescing", "guide", "ours", "ours-with-mirror"], "{}", ended.stdout);
    assert!(!ended.stdout.contains('\u{1b}'), "{}", ended.stdout);
}

#[tokio::test]
async fn the_files_hold_what_was_played_and_the_same_words_play_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let [json, again, svg] = ["a.json", "b.json", "a.svg"].map(|name| dir.path().join(name));
    let variants = ["--variant", "ours", "--variant", "guide", "--seed", "7", "--json"];
    let first = storm(&[&variants[..], &[json.to_str().unwrap(), "--svg", svg.to_str().unwrap()]].concat()).await;
    let second = storm(&[&variants[..], &[again.to_str().unwrap()]].concat()).await;
    assert_eq!((first.code, first.stderr.as_str(), &first.stdout), (Some(0), "", &second.stdout));
    let json = std::fs::read_to_string(json).unwrap();
    assert_eq!(json, std::fs::read_to_string(again).unwrap());
    let document: Value = serde_json::from_str(&json).unwrap();
    let variants = document["variants"].as_array().unwrap();
    let names: Vec<&str> = variants.iter().filter_map(|told| told["variant"].as_str()).collect();
    assert_eq!((document["sessions"].as_u64(), names), (Some(40), vec!["guide", "ours"]));
    assert!(std::fs::read_to_string(svg).unwrap().trim_end().ends_with("</svg>"));
}

#[tokio::test]
async fn a_file_that_cannot_be_written_ends_with_1() {
    for file in ["--json", "--svg"] {
        let ended = storm(&["--variant", "ours", file, "/nowhere/at/all"]).await;
        assert_eq!(ended.code, Some(1), "{file}");
        assert!(ended.stderr.contains("/nowhere/at/all cannot be written"), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn words_that_make_no_sense_end_with_64_and_say_what_does() {
    for (words, told) in [
        (["--variant", "theirs"], "ours-with-mirror"),
        (["--mirror-hit", "2"], "from 0 to 1"),
        (["--seed", "x"], "--seed"),
    ] {
        let ended = storm(&words).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(64), ""), "{words:?}");
        assert!(ended.stderr.contains(told), "{words:?}: {}", ended.stderr);
    }
}

#[tokio::test]
async fn its_help_explains_every_column() {
    let help = run(program(&["storm", "--help"])).await;
    assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
    let columns = [
        "in time",
        "too late",
        "last answer",
        "confirmed",
        "calls, 429s",
        "requests",
        "rejections",
        "budget used",
        "Exit codes:",
    ];
    for told in columns {
        assert!(help.stdout.contains(told), "{told}\n{}", help.stdout);
    }
}
