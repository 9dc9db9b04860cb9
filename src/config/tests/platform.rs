//! What goes with the platform's contract, and with it alone.

use std::time::Duration;

use super::{MINIMAL, load};
use crate::config::{MetadataHome, PlatformMarker, Profile, Window};

fn platform(more: &str) -> Result<crate::config::Config, Vec<String>> {
    let text = MINIMAL.replace("\"guide\"", "\"platform\"");
    load(&format!("{text}{more}"), &[])
}

#[test]
fn the_platform_has_its_own_defaults() {
    let config = platform("").unwrap();
    assert_eq!(config.genesys.profile, Profile::Platform);
    assert_eq!(config.platform.threading_timeline, Duration::from_hours(72));
    assert_eq!(config.platform.metadata, MetadataHome::ParticipantAttributes);
    assert_eq!(config.platform.marker, PlatformMarker::ByArchitect);
    assert!(!config.mirror.is_on());
    assert_eq!(config.policy.windows.disconnected, Window::Limited(Duration::from_hours(72)));
    assert_eq!(load(MINIMAL, &[]).unwrap().policy.windows.disconnected, Window::Limited(Duration::from_mins(5)));
}

#[test]
fn the_timeline_is_the_window_unless_that_is_given() {
    let window = |more: &str| platform(more).unwrap().policy.windows.disconnected;
    assert_eq!(window("[platform]\nthreading_timeline = \"24h\"\n"), Window::Limited(Duration::from_hours(24)));
    let both = "[platform]\nthreading_timeline = \"24h\"\n[policy.windows]\ndisconnected = \"10m\"\n";
    assert_eq!(window(both), Window::Limited(Duration::from_mins(10)));
    let config = platform("[platform]\nthreading_timeline = \"24h\"\n").unwrap();
    assert!(config.render().contains("disconnected = \"24h\" # from the file"), "{}", config.render());
}

#[test]
fn what_is_followed_is_told_by_ids() {
    let config = platform("[mirror]\nqueues = \"b-2, a-1,b-2\"\n").unwrap();
    assert!(config.mirror.is_on() && config.mirror.listens());
    assert_eq!(config.mirror.queues, ["a-1", "b-2"]);
    let config = platform("[mirror]\nwebhook = true\n").unwrap();
    assert!(config.mirror.is_on() && !config.mirror.listens());
    let refused = platform("[mirror]\nqueues = \"a/b\"\n").unwrap_err().join("\n");
    assert!(refused.contains("mirror.queues") && refused.contains("a/b: not an id"), "{refused}");
}

#[test]
fn an_agentless_marker_needs_its_deployment() {
    let refused = platform("[platform]\nmarker = \"agentless\"\n").unwrap_err().join("\n");
    assert!(refused.contains("platform.marker") && refused.contains("platform.deployment_id"), "{refused}");
    let config = platform("[platform]\nmarker = \"agentless\"\ndeployment_id = \"d-1\"\n").unwrap();
    assert_eq!(config.platform.marker, PlatformMarker::Agentless { deployment_id: "d-1".to_owned() });
}

#[test]
fn the_guide_takes_none_of_it() {
    for (key, value) in [
        ("PLATFORM__THREADING_TIMELINE", "1h"),
        ("PLATFORM__METADATA", "custom_attributes"),
        ("PLATFORM__MARKER", "agentless"),
        ("PLATFORM__DEPLOYMENT_ID", "d-1"),
        ("MIRROR__QUEUES", "a-1"),
        ("MIRROR__DEPLOYMENTS", "a-1"),
        ("MIRROR__WEBHOOK", "true"),
        ("MIRROR__MAX_AGE", "10s"),
    ] {
        let refused = load(MINIMAL, &[(&format!("SESSION_RESUMPTION__{key}"), value)]).unwrap_err().join("\n");
        assert!(refused.contains("genesys.profile = \"platform\" alone"), "{key}: {refused}");
    }
}
