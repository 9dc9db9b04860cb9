//! The catalog of reasons in the proto files is the list of reasons in the code.

use std::collections::BTreeSet;

use prost::Message as _;
use prost_types::{EnumValueDescriptorProto, EnumValueOptions, FileDescriptorProto, FileDescriptorSet};
use session_resumption::domain::error::{Error, Reason};
use session_resumption::pb;
use session_resumption::server::grpc::status;

/// The files of the contract.
fn contract() -> Vec<FileDescriptorProto> {
    let set = FileDescriptorSet::decode(pb::FILE_DESCRIPTOR_SET).unwrap();
    set.file.into_iter().filter(|file| file.package() == "sessionresumption.v1").collect()
}

/// Each reason of `ErrorCatalog` that is still given, and what the proto file says of it.
fn catalog() -> Vec<(String, String)> {
    let position =
        |file: &FileDescriptorProto| file.message_type.iter().position(|message| message.name() == "ErrorCatalog");
    let (file, message) = contract().into_iter().find_map(|file| position(&file).map(|at| (file, at))).unwrap();
    let reasons = &file.message_type[message].enum_type[0];
    assert_eq!(reasons.name(), "Reason");
    let comments = &file.source_code_info.as_ref().unwrap().location;
    let index = |index: usize| i32::try_from(index).unwrap();
    let comment = |value| {
        // Message, nested enum, value: by their field numbers in descriptor.proto.
        let path = [4, index(message), 4, 0, 2, index(value)];
        let location = comments.iter().find(|location| location.path == path).unwrap();
        location.leading_comments().trim().to_owned()
    };
    let deprecated =
        |reason: &EnumValueDescriptorProto| reason.options.as_ref().is_some_and(EnumValueOptions::deprecated);
    let given = reasons.value.iter().enumerate().skip(1).filter(|(_, reason)| !deprecated(reason));
    given.map(|(value, reason)| (reason.name().to_owned(), comment(value))).collect()
}

#[test]
fn code_and_contract_list_the_same_reasons() {
    let documented: BTreeSet<String> = catalog().into_iter().map(|(name, _)| name).collect();
    let raised: BTreeSet<String> = Reason::ALL.iter().map(|reason| reason.wire().to_owned()).collect();
    assert_eq!(documented, raised);
    assert_eq!(Reason::ALL.len(), raised.len(), "each has a name of its own");
    assert_eq!(pb::error_catalog::Reason::Unspecified.as_str_name(), "REASON_UNSPECIFIED");
}

#[test]
fn each_reason_comes_with_the_code_it_is_documented_with() {
    for (name, comment) in catalog() {
        let reason = Reason::ALL.iter().find(|reason| reason.wire() == name).unwrap();
        let code = comment.split([',', ':']).next().unwrap();
        let raised = format!("{:?}", status(Error::new(*reason, "")).code());
        assert!(code.replace('_', "").eq_ignore_ascii_case(&raised), "{name}: documented {code}, raised {raised}");
    }
}

#[test]
fn each_reason_has_an_example_of_its_own() {
    for (name, comment) in catalog() {
        let (_, example) = comment.split_once("```json").unwrap_or_else(|| panic!("{name}: no example"));
        let (example, _) = example.split_once("```").unwrap();
        let example: serde_json::Value = serde_json::from_str(example).unwrap();
        assert_eq!((&example["reason"], &example["domain"]), (&name.into(), &"sessionresumption".into()));
    }
}

#[test]
fn no_method_lists_a_reason_that_the_catalog_does_not_have() {
    let known: BTreeSet<String> = catalog().into_iter().map(|(name, _)| name).collect();
    let mut listed = BTreeSet::new();
    let mut methods = 0;
    for file in contract() {
        let comments = &file.source_code_info.as_ref().unwrap().location;
        // Service, method: by their field numbers in descriptor.proto.
        for location in comments.iter().filter(|location| matches!(location.path.as_slice(), [6, _, 2, _])) {
            let (_, errors) = location.leading_comments().split_once("Errors:").unwrap();
            let words = errors.split(|character: char| !(character.is_ascii_uppercase() || character == '_'));
            listed.extend(words.filter(|word| word.len() > 4 && !word.ends_with('_')).map(str::to_owned));
            methods += 1;
        }
    }
    assert_eq!(methods, 5);
    // TAKE_OVER is named where it matters, and the upstream's reasons by their common beginning.
    listed.remove("TAKE_OVER");
    assert_eq!(listed.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new());
    let unlisted = known.difference(&listed).filter(|name| !name.starts_with("UPSTREAM_"));
    assert_eq!(unlisted.collect::<Vec<_>>(), Vec::<&String>::new());
}
