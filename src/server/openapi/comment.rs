//! The comments of the contract: their words as Markdown, and the examples in them.

use prost_reflect::FileDescriptor;
use serde_json::Value;

const EXAMPLE: &str = "```json";
const FENCE: &str = "```";

/// The comment of one element.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Comment {
    /// Paragraphs of one line each. An example that ends the comment is left out, since it is shown as such.
    pub(super) text: String,
    /// The blocks of JSON, in their order.
    pub(super) examples: Vec<Value>,
}

impl Comment {
    /// The comment before the element that stands at `path` of its file; an empty one if there is none.
    pub(super) fn of(file: &FileDescriptor, path: &[i32]) -> Self {
        let info = file.file_descriptor_proto().source_code_info.as_ref();
        let location = info.and_then(|info| info.location.iter().find(|location| location.path == path));
        location.and_then(|location| location.leading_comments.as_deref()).map(Self::read).unwrap_or_default()
    }

    fn read(raw: &str) -> Self {
        let mut comment = Self::default();
        let mut lines = raw.lines().map(|line| line.strip_prefix(' ').unwrap_or(line));
        let mut shown = Vec::new();
        let mut paragraph = Vec::new();
        // Where the text ended before the last example.
        let mut before_example = None;
        loop {
            let line = lines.next();
            if line.is_none_or(|line| line.is_empty() || line == EXAMPLE) && !paragraph.is_empty() {
                shown.push(std::mem::take(&mut paragraph).join(" "));
                before_example = None;
            }
            match line {
                None => break,
                Some("") => {}
                Some(EXAMPLE) => {
                    let block: Vec<&str> = lines.by_ref().take_while(|line| *line != FENCE).collect();
                    let block = block.join("\n");
                    comment.examples.extend(serde_json::from_str::<Value>(&block));
                    before_example = Some(shown.len());
                    shown.push(format!("{EXAMPLE}\n{block}\n{FENCE}"));
                }
                Some(line) => paragraph.push(line),
            }
        }
        shown.truncate(before_example.unwrap_or(shown.len()));
        comment.text = shown.join("\n\n");
        comment
    }

    /// The first paragraph, which says what the element is for, and what follows it.
    pub(super) fn parts(&self) -> (&str, &str) {
        self.text.split_once("\n\n").unwrap_or((&self.text, ""))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paragraphs_are_joined_and_a_last_example_is_taken_out() {
        let comment = Comment::read(" One\n line.\n\n Two.\n\n ```json\n {\n   \"a\": 1\n }\n ```\n");
        assert_eq!(comment, Comment { text: "One line.\n\nTwo.".into(), examples: vec![json!({"a": 1})] });
        assert_eq!(comment.parts(), ("One line.", "Two."));
    }

    #[test]
    fn an_example_amid_the_text_stays_there() {
        let comment = Comment::read(" One:\n ```json\n {\"a\": 1}\n ```\n\n Two\n three.\n");
        assert_eq!(comment.text, "One:\n\n```json\n{\"a\": 1}\n```\n\nTwo three.");
        assert_eq!(comment.examples, [json!({"a": 1})]);
    }

    #[test]
    fn no_comment_says_nothing() {
        assert_eq!(Comment::read(""), Comment::default());
        assert_eq!(Comment::default().parts(), ("", ""));
    }
}
