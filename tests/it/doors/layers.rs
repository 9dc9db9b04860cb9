//! The page about the layers tells of the stack that is built.

use session_resumption::server::stack::{BRANCH, INNER, OUTER, WEB};

#[test]
fn the_page_lists_the_layers_in_their_order() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/layers.md")).unwrap();
    let listed = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(name, _)| name));
    let built = [OUTER, WEB, BRANCH, INNER].concat();
    assert_eq!(listed.collect::<Vec<_>>(), built);
}

#[test]
fn no_layer_stands_twice() {
    let mut names = [OUTER, WEB, BRANCH, INNER].concat();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
