//! The file that names callers: whatever stands in it, it is read or refused, and nothing of it is shown that may be a secret.

#![no_main]

use libfuzzer_sys::fuzz_target;
use session_resumption::callers::Callers;

const SECRET: &str = "hunter2-hunter2";

fuzz_target!(|text: &str| {
    // Files that it names may be endless.
    if text.contains("_file") || text.contains(SECRET) {
        return;
    }
    if let Err(problems) = Callers::parse(text) {
        assert!(!problems.is_empty());
    }
    // Where a key does not belong.
    let text = format!("{text}\n[[api_key]]\nname = \"a\"\nrole = \"service\"\nkey = \"{SECRET}\"\n");
    let problems = Callers::parse(&text).expect_err("a plain key stands in the file");
    assert!(!problems.concat().contains(SECRET), "{problems:?}");
});
