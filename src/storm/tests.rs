//! Small storms: what must hold of each, whatever the seed, and that the figures agree with what was counted.

use indicatif::ProgressBar;
use serde_json::Value;

use super::limit::PER_MINUTE;
use super::outcome::{Outcome, WINDOW};
use super::tally::Browser;
use super::*;

const OURS: [Variant; 2] = [Variant::Ours, Variant::OursWithMirror];
const ALL: [Variant; 4] = [Variant::NoCoalescing, Variant::Guide, Variant::Ours, Variant::OursWithMirror];

fn small(sessions: u32, tabs: u32, seed: u64) -> Storm {
    Storm { sessions, tabs, minutes: 10, seed, variant: Vec::new(), mirror_hit: 0.5, json: None, svg: None }
}

fn played(storm: &Storm, variant: Variant) -> Outcome {
    play(storm, variant, &ProgressBar::hidden()).unwrap()
}

/// Calls whose answer was still to come in the end.
fn open(browser: &Browser) -> u32 {
    browser.requests - browser.rejections - browser.decisions
}

#[test]
fn we_are_never_refused_by_genesys() {
    for (variant, seed) in OURS.into_iter().flat_map(|variant| [(variant, 1), (variant, 2)]) {
        let outcome = played(&small(250, 2, seed), variant);
        assert_eq!(outcome.refused(), 0, "{variant:?} {seed}");
        assert!(outcome.calls() > PER_MINUTE, "{variant:?} {seed}: there was something to be refused");
    }
    assert!(played(&small(250, 2, 1), Variant::Guide).refused() > 0, "who keeps to no budget is refused");
}

#[test]
fn each_tab_gets_one_decision_and_asks_no_more() {
    for variant in ALL {
        let outcome = played(&small(120, 3, 3), variant);
        assert_eq!(outcome.answered(), 120, "{variant:?}");
        for browser in &outcome.counts.browsers {
            assert_eq!((browser.decisions, open(browser)), (3, 0), "{variant:?} {browser:?}");
        }
        let confirmed = if variant == Variant::NoCoalescing { 0 } else { 120 };
        assert_eq!(outcome.confirmed(), confirmed, "{variant:?}");
    }
}

#[test]
fn nobody_is_sent_away_before_the_window_ends() {
    let mut sent_away = 0;
    for variant in [Variant::Guide, Variant::Ours] {
        let outcome = played(&small(900, 1, 4), variant);
        sent_away += outcome.too_late();
        for browser in &outcome.counts.browsers {
            let right = browser.first.is_none_or(|first| first.resumable || first.after > WINDOW);
            assert!(right && open(browser) <= 1, "{variant:?} {browser:?}");
        }
    }
    assert!(sent_away > 0, "the window ended for somebody");
}

#[test]
fn what_the_mirror_knows_is_answered_without_a_call() {
    let storm = Storm { mirror_hit: 1.0, ..small(1_000, 2, 5) };
    let outcome = played(&storm, Variant::OursWithMirror);
    // A minute to drop in, and a second to notice.
    assert!(outcome.last_answer().unwrap() <= Duration::from_secs(61), "{:?}", outcome.last_answer());
    assert_eq!((outcome.in_time(), outcome.too_late(), outcome.refused()), (1_000, 0, 0));
    assert_eq!((outcome.requests().most, outcome.rejections().most), (2, 0));
}

#[test]
fn without_a_hit_the_mirror_changes_nothing() {
    let storm = Storm { mirror_hit: 0.0, ..small(200, 2, 6) };
    let [ours, mirrored] = OURS.map(|variant| played(&storm, variant));
    assert_eq!((ours.in_time(), ours.answered()), (mirrored.in_time(), mirrored.answered()));
}

#[test]
fn the_same_seed_is_the_same_storm() {
    for variant in ALL {
        let [first, again, another] = [7, 7, 8].map(|seed| played(&small(150, 2, seed), variant));
        assert_eq!(first, again, "{variant:?}");
        assert_ne!(first.counts, another.counts, "{variant:?}");
    }
}

fn sum(series: &Value, to: usize) -> u64 {
    series.as_array().unwrap().iter().take(to).map(|count| count.as_u64().unwrap()).sum()
}

/// The sum of the values that a histogram tells of.
fn weighed(histogram: &Value) -> u64 {
    let counts = histogram.as_array().unwrap().iter().map(|count| count.as_u64().unwrap());
    (0_u64..).zip(counts).map(|(value, count)| value * count).sum()
}

#[test]
fn the_figures_agree_with_the_series() {
    let storm = small(200, 2, 9);
    let outcomes = ALL.map(|variant| played(&storm, variant));
    let document = raw::document(&storm, &outcomes);
    let everything = usize::MAX;
    for (told, outcome) in document["variants"].as_array().unwrap().iter().zip(&outcomes) {
        let (by_second, browsers, name) = (&told["bySecond"], &told["browsers"], outcome.variant.name());
        assert_eq!(told["variant"], name);
        assert_eq!(told["answered"], sum(&by_second["answered"], everything), "{name}");
        assert_eq!(told["confirmed"], sum(&by_second["confirmed"], everything), "{name}");
        assert_eq!(told["refused"], sum(&by_second["refused"], everything), "{name}");
        let served = sum(&by_second["served"], everything);
        assert_eq!(told["calls"], served + sum(&by_second["refused"], everything), "{name}");
        assert_eq!(told["answered"], sum(&browsers["answeredSecondsAfterDrop"], everything), "{name}");
        assert_eq!(told["inTime"], sum(&browsers["answeredSecondsAfterDrop"], 301), "{name}");
        for what in ["requests", "rejections"] {
            assert_eq!(sum(&browsers[what], everything), 200, "{name}");
            let mean = f64::from(u32::try_from(weighed(&browsers[what])).unwrap()) / 200.0;
            assert_eq!(told[what]["mean"], mean, "{name} {what}");
            let most = browsers[what].as_array().unwrap().len() - 1;
            assert_eq!(told[what]["most"], most, "{name} {what}");
        }
        let row = table::row(outcome);
        let share = f64::from(outcome.in_time()) / 2.0;
        for told in [name, &format!("{share:.1} %"), &outcome.calls().to_string(), &outcome.refused().to_string()] {
            assert!(row.contains(told), "{told}: {row}");
        }
    }
}

#[test]
fn the_picture_has_a_line_for_each_and_nothing_from_elsewhere() {
    let storm = small(50, 1, 10);
    let svg = picture::draw(&storm, &ALL.map(|variant| played(&storm, variant))).unwrap();
    for variant in ALL {
        assert!(svg.contains(variant.name()), "{svg}");
    }
    assert!(svg.matches("stroke-width=\"3\"").count() >= 2 * ALL.len(), "a line and its sample each: {svg}");
    for foreign in ["@font-face", "@import", "<image", "href", "url("] {
        assert!(!svg.contains(foreign), "{foreign}");
    }
}
