//! Each rule by itself. What they are worth together is in `tests/protocol/token_lines.rs`.

use super::*;

const SHOW_FOR: Duration = Duration::from_mins(20);

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_second(seconds.try_into().unwrap()).unwrap()
}

fn line() -> TokenLine {
    TokenLine::begin(at(0), SHOW_FOR)
}

fn shows(line: &mut TokenLine, seconds: u64, generation: u64) -> Shown {
    line.use_generation(at(seconds), generation)
}

/// The number of the token that takes the place of this one.
fn next(line: &mut TokenLine, seconds: u64, generation: u64) -> u64 {
    match line.refresh(at(seconds), generation, SHOW_FOR) {
        Refreshed::Next { generation, .. } => generation,
        other => panic!("expected a token, got {other:?}"),
    }
}

const REUSED: Shown = Shown::Refused(Refusal::Reused);
const REVOKED: Shown = Shown::Refused(Refusal::Revoked);

#[test]
fn a_token_is_good_until_its_successor_was_shown_and_a_moment_longer() {
    let mut line = line();
    assert_eq!(next(&mut line, 600, 1), 2);
    assert_eq!(shows(&mut line, 900, 1), Shown::Good, "nobody has shown the successor");
    assert_eq!(shows(&mut line, 1_000, 2), Shown::Good);
    assert_eq!(shows(&mut line, 1_009, 1), Shown::Good);
    assert_eq!(shows(&mut line, 1_009, 2), Shown::Good, "showing it again starts no new moment");
    assert_eq!(shows(&mut line, 1_010, 1), REUSED);
    assert_eq!(shows(&mut line, 1_010, 2), REVOKED, "and the whole line ends");
}

#[test]
fn to_refresh_a_token_shows_it() {
    let mut line = line();
    assert_eq!(next(&mut line, 60, 1), 2);
    assert_eq!(next(&mut line, 120, 2), 3);
    assert_eq!(shows(&mut line, 130, 1), REUSED);
}

#[test]
fn a_lost_answer_costs_nothing() {
    let mut line = line();
    for seconds in [60, 61, 400, 800] {
        assert_eq!(next(&mut line, seconds, 1), 2);
    }
    assert_eq!(shows(&mut line, 801, 2), Shown::Good);
    assert_eq!(next(&mut line, 805, 1), 2, "another tab's answer was lost meanwhile");
}

#[test]
fn a_young_token_is_kept() {
    let mut line = line();
    assert_eq!(line.refresh(at(59), 1, SHOW_FOR), Refreshed::Keep);
    assert_eq!(next(&mut line, 60, 1), 2);
    assert_eq!(next(&mut line, 90, 1), 2);
    assert_eq!(line.refresh(at(149), 2, SHOW_FOR), Refreshed::Keep, "issued once more at 90");
    assert_eq!(next(&mut line, 150, 2), 3);
}

#[test]
fn two_that_were_replaced_at_nearly_the_same_moment_have_their_grace() {
    let mut line = line();
    assert_eq!(next(&mut line, 60, 1), 2);
    assert_eq!(next(&mut line, 600, 2), 3, "the first use of 2");
    assert_eq!(shows(&mut line, 601, 3), Shown::Good);
    assert_eq!(shows(&mut line, 609, 1), Shown::Good);
    assert_eq!(shows(&mut line, 610, 2), Shown::Good);
    assert_eq!(shows(&mut line.clone(), 610, 1), REUSED);
    assert_eq!(shows(&mut line, 611, 2), REUSED);
}

#[test]
fn what_was_never_issued_ends_the_line() {
    for generation in [0, 2, u64::MAX] {
        let mut line = line();
        assert_eq!(shows(&mut line, 1, generation), REUSED, "{generation}");
        assert_eq!(shows(&mut line, 1, 1), REVOKED, "{generation}");
        assert_eq!(line.refresh(at(90), 1, SHOW_FOR), Refreshed::Refused(Refusal::Revoked), "{generation}");
    }
}

#[test]
fn a_line_that_is_forgotten_has_ended() {
    let mut line = line();
    line.revoke();
    assert_eq!(shows(&mut line, 1, 1), REVOKED);
}

#[test]
fn a_line_ends_and_no_token_outlives_it() {
    let mut line = line();
    let end = LINE_LIFE.as_secs();
    let left = Duration::from_secs(100);
    assert_eq!(line.refresh(at(end - 100), 1, SHOW_FOR), Refreshed::Next { generation: 2, left });
    assert_eq!(line.kept_until(), at(end));
    assert_eq!(shows(&mut line, end - 1, 2), Shown::Good);
    assert_eq!(shows(&mut line, end, 2), Shown::Refused(Refusal::Over));
    assert_eq!(line.refresh(at(end), 2, SHOW_FOR), Refreshed::Refused(Refusal::Over));
}

#[test]
fn it_is_kept_until_its_last_token_is_past_being_shown() {
    let mut line = line();
    assert_eq!(line.kept_until(), after(at(0), SHOW_FOR));
    next(&mut line, 600, 1);
    assert_eq!(line.kept_until(), after(at(600), SHOW_FOR));
    line.refresh(at(700), 1, Duration::ZERO);
    assert_eq!(line.kept_until(), after(at(600), SHOW_FOR), "what was issued before may still be shown");
    line.revoke();
    assert_eq!(line.kept_until(), after(at(600), SHOW_FOR));
}
