//! What is asked of an organisation as a whole.

use std::time::Duration;

use jiff::Timestamp;

use super::finding::Finding;
use super::seen::Seen;
use crate::ports::UpstreamError;

/// A clock that is this far from Genesys' is worth a word.
const APART: Duration = Duration::from_secs(5);
/// And this far it is wrong.
const FAR_APART: Duration = Duration::from_mins(1);

/// Whether there is a token.
pub(super) fn token(failure: Option<&UpstreamError>) -> Finding {
    let what = "access token";
    match failure {
        None => Finding::good(what, "obtained"),
        Some(UpstreamError::Unauthorized | UpstreamError::Rejected { .. } | UpstreamError::Forbidden) => Finding::bad(
            what,
            "the login host refuses the client",
            "check genesys.client_id, its secret, and that genesys.region is the organisation's: a client is known in its own region \
             alone, and its grant must be client credentials",
        ),
        Some(failure) => Finding::bad(what, failure.to_string(), unreached("genesys.login_url")),
    }
}

/// Whether the API answers, and for whom.
pub(super) fn reached(answer: &Result<Seen, UpstreamError>, names_organisation: bool) -> Finding {
    let what = "API";
    match answer {
        Ok(seen) if names_organisation && seen.status == 200 => {
            let name = seen.body["organization"]["name"].as_str().unwrap_or("an organisation that it does not name");
            Finding::good(what, format!("answers for {name}"))
        }
        Ok(seen) if !names_organisation && (seen.status == 200 || seen.knows_of_none || seen.lacking.is_some()) => {
            Finding::good(what, "answers")
        }
        Ok(seen) => Finding::bad(
            what,
            format!("answers with status {}", seen.status),
            "check that genesys.api_url is the API of your region, and that nothing on the way answers in its place",
        ),
        Err(failure) => Finding::bad(what, failure.to_string(), unreached("genesys.api_url")),
    }
}

fn unreached(key: &str) -> String {
    format!("check {key}, names, routes and proxies between here and there")
}

/// How far this host's clock is from Genesys'.
pub(super) fn clocks(there: Option<Timestamp>, here: Timestamp) -> Finding {
    let what = "clock";
    let Some(there) = there else {
        return Finding::doubtful(what, "the answer tells no time", "check what stands between here and Genesys");
    };
    // Genesys tells whole seconds.
    let apart = there.duration_since(here).unsigned_abs().saturating_sub(Duration::from_secs(1));
    let seen = format!("{} s from Genesys'", apart.as_secs());
    let todo =
        "have this host's clock set by NTP; sessions are judged by Genesys' clock, but tokens of callers by this one";
    match apart {
        apart if apart >= FAR_APART => Finding::bad(what, seen, todo),
        apart if apart >= APART => Finding::doubtful(what, seen, todo),
        _ => Finding::good(what, seen),
    }
}

/// Whether Genesys allows what the budget spends.
pub(super) fn rate(seen: &Seen, budget: u32) -> Finding {
    let what = "rate limit";
    match seen.rate {
        None => Finding::doubtful(
            what,
            "the answer has no inin-ratelimit headers",
            "check what stands between here and Genesys; the budget is kept all the same",
        ),
        Some((allowed, used)) if u64::from(budget) > allowed => Finding::bad(
            what,
            format!("{allowed} a minute are allowed ({used} used), and genesys.budget_per_minute is {budget}"),
            format!("set genesys.budget_per_minute to {allowed} or less, all replicas together"),
        ),
        Some((allowed, used)) => Finding::good(what, format!("{allowed} a minute, {used} used")),
    }
}

/// Whether the organisation's timeline is the one that is set.
pub(super) fn timeline(answer: &Result<Seen, UpstreamError>, set: Duration) -> Finding {
    let what = "threading timeline of web messaging";
    let seen = match answer {
        Ok(seen) if seen.status == 200 => seen,
        Ok(Seen { lacking: Some(lacking), .. }) => {
            return Finding::doubtful(
                what,
                format!("cannot be read without {lacking}"),
                "grant it, or compare by hand",
            );
        }
        Ok(seen) => return Finding::doubtful(what, format!("status {}", seen.status), "compare by hand"),
        Err(failure) => return Finding::doubtful(what, failure.to_string(), "ask again later"),
    };
    let settings = seen.body["settings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let own = settings.iter().find(|setting| {
        setting["messengerType"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("webmessaging"))
    });
    let minutes = own.map_or(&seen.body["defaultTimeoutMinutes"], |own| &own["timeoutInMinutes"]);
    let Some(there) = minutes.as_u64().map(|minutes| Duration::from_secs(minutes.saturating_mul(60))) else {
        return Finding::doubtful(what, "it is not told", "compare by hand");
    };
    if there == set {
        return Finding::good(what, words(there));
    }
    Finding::bad(
        what,
        format!("{}, and platform.threading_timeline is {}", words(there), words(set)),
        format!("set platform.threading_timeline = \"{}\", or change it in Genesys", words(there)),
    )
}

fn words(span: Duration) -> String {
    let minutes = span.as_secs() / 60;
    if minutes.is_multiple_of(60) { format!("{}h", minutes / 60) } else { format!("{minutes}m") }
}

/// Whether the topics that are followed exist for this client.
pub(super) fn topics(answer: &Result<Seen, UpstreamError>, wanted: &[&str]) -> Finding {
    let what = "notification topics";
    let seen = match answer {
        Ok(seen) if seen.status == 200 => seen,
        Ok(seen) => {
            return Finding::doubtful(what, format!("status {}", seen.status), "see the log of a running service");
        }
        Err(failure) => return Finding::doubtful(what, failure.to_string(), "ask again later"),
    };
    let entities = seen.body["entities"].as_array().map(Vec::as_slice).unwrap_or_default();
    let known: Vec<&str> = entities.iter().filter_map(|topic| topic["id"].as_str()).collect();
    let missing: Vec<&str> = wanted.iter().copied().filter(|topic| !known.contains(topic)).collect();
    if missing.is_empty() {
        return Finding::good(what, format!("all {} are there", wanted.len()));
    }
    Finding::bad(
        what,
        format!("not there: {}", missing.join(", ")),
        "have the products enabled that publish them, or take mirror.queues and mirror.deployments out",
    )
}

#[cfg(test)]
mod tests;
