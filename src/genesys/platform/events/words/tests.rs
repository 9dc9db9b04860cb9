//! The tables against the platform's own lists, and against the page that shows them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::genesys::platform::words::{disconnect as by_rest, purpose as of_rest};

const SUBSET: &str = include_str!("../../../../../tests/genesys/openapi-subset.json");

/// Every word that a field may have in the definitions whose names pass.
fn words(field: &str, passes: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let subset: Value = serde_json::from_str(SUBSET).unwrap();
    let definitions = subset["definitions"].as_object().unwrap();
    let lists = definitions.iter().filter(|(name, _)| passes(name));
    let lists = lists.filter_map(|(_, definition)| definition["properties"][field]["enum"].as_array());
    lists.flatten().map(|word| word.as_str().unwrap().to_owned()).collect()
}

fn of_events(name: &str) -> bool {
    name.contains("DetailEventTopic")
}

#[test]
fn every_word_for_an_ending_is_known_in_both_vocabularies() {
    let known: BTreeSet<String> = ENDINGS.iter().map(|(event, _)| (*event).to_owned()).collect();
    assert_eq!(known, words("disconnectType", of_events));
    assert_eq!(known.len(), ENDINGS.len());

    let known: Vec<String> = ENDINGS.iter().flat_map(|(_, rest)| *rest).map(|word| (*word).to_owned()).collect();
    let rest = words("disconnectType", |name| !of_events(name));
    assert!(rest.len() > 20, "{rest:?}");
    assert_eq!(known.iter().cloned().collect::<BTreeSet<_>>(), rest);
    assert_eq!(known.len(), rest.len(), "one word has one meaning");
}

#[test]
fn one_ending_means_the_same_in_both_vocabularies() {
    for (event, rest) in ENDINGS {
        for rest in *rest {
            assert_eq!(disconnect(event), by_rest(rest), "{event} {rest}");
            assert_ne!(disconnect(event), Disconnect::Unknown, "{event}");
        }
    }
    assert_eq!(disconnect("UNKNOWN"), Disconnect::Unknown);
}

#[test]
fn every_leg_that_events_tell_of_has_a_purpose() {
    let purposes = ["acd", "customer", "flow", "user"].map(purpose);
    assert_eq!(purposes, [Purpose::Acd, Purpose::Customer, Purpose::Flow, Purpose::Agent]);
    assert_eq!(LEGS.len(), purposes.len());
    let of_flows = ["BOT", "INBOUNDSHORTMESSAGE"].map(|kind| match flow(kind) {
        OfFlow::Leg(purpose) => of_rest(purpose),
        other => panic!("{other:?}"),
    });
    assert_eq!(of_flows, [Purpose::Bot, Purpose::Flow]);
}

#[test]
fn every_kind_of_flow_and_every_outcome_is_known() {
    let known: BTreeSet<String> = FLOWS.iter().map(|(word, _)| (*word).to_owned()).collect();
    // An end of a queue's leg names a kind of flow as well, as any text.
    assert_eq!(known, words("flowType", of_events));
    assert_eq!(known.len(), FLOWS.len());
    let known: BTreeSet<String> = OUTCOMES.iter().map(|(word, _)| (*word).to_owned()).collect();
    assert_eq!(known, words("acdOutcome", of_events));
}

#[test]
fn what_marks_a_web_conversation_is_a_word_of_the_platform() {
    let media = words("mediaType", of_events);
    let messengers = words("messageType", of_events);
    assert!(media.contains(MEDIUM) && media.contains(UNSAID), "{media:?}");
    assert!(messengers.contains(MESSENGER) && messengers.contains(UNSAID), "{messengers:?}");
}

/// The rows of the page's tables that begin with a heading: what stands in the first cell, and in the second.
fn shown(from: &str) -> Vec<(String, String)> {
    let page = include_str!("../../../../../docs/events.md");
    let (_, after) = page.split_once(from).unwrap();
    let rows = after.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let rows = rows.take_while(|line| line.starts_with('|')).map(|row| {
        let mut cells = row.trim_matches('|').split('|').map(str::trim);
        (cells.next().unwrap().trim_matches('`').to_owned(), cells.next().unwrap().to_owned())
    });
    rows.collect()
}

fn code(word: &str) -> String {
    format!("`{word}`")
}

#[test]
fn the_page_shows_the_tables_as_they_are() {
    let endings = ENDINGS.iter().map(|(event, rest)| {
        let rest: Vec<_> = rest.iter().map(|word| code(word)).collect();
        ((*event).to_owned(), if rest.is_empty() { "–".to_owned() } else { rest.join(", ") })
    });
    assert_eq!(shown("`disconnectType`, how a leg ended:"), endings.collect::<Vec<_>>());
    let legs = LEGS.iter().map(|(event, rest)| ((*event).to_owned(), code(rest)));
    assert_eq!(shown("Whose leg it is:"), legs.collect::<Vec<_>>());
    let flows = FLOWS.iter().map(|(kind, tells)| {
        let tells = match tells {
            OfFlow::Leg(purpose) => code(purpose),
            OfFlow::InQueue => "nothing".to_owned(),
            OfFlow::Unclear => "a doubt".to_owned(),
        };
        ((*kind).to_owned(), tells)
    });
    assert_eq!(shown("`flowType`. A flow"), flows.collect::<Vec<_>>());
    let outcomes = OUTCOMES.iter().map(|(outcome, all)| {
        ((*outcome).to_owned(), if *all { "the queue's leg ended" } else { "a doubt" }.to_owned())
    });
    assert_eq!(shown("`acdOutcome`, how the search"), outcomes.collect::<Vec<_>>());
}

#[test]
fn words_are_known_in_any_case_and_new_ones_are_not_guessed() {
    assert_eq!(disconnect("No_Answer_Transfer"), Disconnect::NoAnswer);
    assert_eq!(disconnect("transfer.noanswer"), Disconnect::Unknown, "another vocabulary");
    assert_eq!(disconnect("SOMETHING_NEW"), Disconnect::Unknown);
    assert_eq!(flow("bot"), OfFlow::Leg("botflow"));
    assert_eq!(flow("SOMETHING_NEW"), OfFlow::Unclear);
    assert!(outcome_tells_all("abandon") && !outcome_tells_all("SOMETHING_NEW"));
}
