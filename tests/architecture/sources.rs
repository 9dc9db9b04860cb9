//! What is checked: every file of `src/`, the module it holds, and the crates it could name.

use std::fs;
use std::path::Path;

/// Every source file by its path, in a stable order.
pub(crate) fn sources() -> Vec<(String, String)> {
    fn visit(folder: &Path, name: &str, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let name = format!("{name}/{}", entry.file_name().into_string().unwrap());
            if path.is_dir() {
                visit(&path, &name, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "src", &mut found);
    found.sort();
    found
}

/// The crates that `Cargo.toml` names, as code spells them.
pub(crate) fn dependencies() -> Vec<String> {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let mut names = Vec::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if inside && line.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            names.push(name.replace('-', "_"));
        }
    }
    names
}

/// The module a file holds: `src/domain/pair.rs` is `domain::pair`, `src/domain/mod.rs` is `domain`.
pub(crate) fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    path.split('/').filter(|segment| *segment != "mod").map(str::to_owned).collect()
}
