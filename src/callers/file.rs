//! The file's grammar, and its checks.

use std::collections::BTreeSet;
use std::time::Duration;

use jsonwebtoken::Algorithm;
use serde::Deserialize;

use super::keys::keys;
use super::{ApiKey, Callers, Certificate, Claims, Issuer};
use crate::domain::principal::Role;

/// How far clocks may be apart if nothing is said, and at most.
const LEEWAY: u64 = 30;
const MOST_LEEWAY: u64 = 300;

/// The name of the issuer that we are ourselves.
const OURS: &str = "session-resumption";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    api_key: Vec<ApiKeyEntry>,
    #[serde(default)]
    certificate: Vec<CertificateEntry>,
    #[serde(default)]
    issuer: Vec<IssuerEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApiKeyEntry {
    name: String,
    role: String,
    sha256: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificateEntry {
    name: String,
    role: String,
    san: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerEntry {
    issuer: String,
    audience: Vec<String>,
    role: String,
    algorithms: Vec<String>,
    secret_file: Option<String>,
    key_file: Option<String>,
    jwks_url: Option<String>,
    leeway_seconds: Option<u64>,
    #[serde(default)]
    required_claims: Vec<String>,
    name_claim: Option<String>,
    conversation_claim: Option<String>,
    participant_claim: Option<String>,
    resume_key_claim: Option<String>,
}

pub(super) fn parse(text: &str) -> Result<Callers, Vec<String>> {
    let file: File = toml::from_str(text).map_err(|error| {
        // Where and what, but not the line itself: it may hold what does not belong there.
        let line = error.span().map(|span| text[..span.start.min(text.len())].lines().count().max(1));
        let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        vec![format!("{line}{}", error.message())]
    })?;
    let mut problems = Vec::new();
    let mut keep = |place: String, problem: String| problems.push(format!("{place}: {problem}"));
    let mut callers = Callers::default();
    let mut names = BTreeSet::new();
    for entry in file.api_key {
        let place = format!("api_key {:?}", entry.name);
        match api_key(entry, &mut names) {
            Ok(key) => callers.api_keys.push(key),
            Err(problem) => keep(place, problem),
        }
    }
    for entry in file.certificate {
        let place = format!("certificate {:?}", entry.name);
        match certificate(entry, &mut names) {
            Ok(certificate) => callers.certificates.push(certificate),
            Err(problem) => keep(place, problem),
        }
    }
    for entry in file.issuer {
        let place = format!("issuer {:?}", entry.issuer);
        match issuer(entry, &mut names) {
            Ok(issuer) => callers.issuers.push(issuer),
            Err(problem) => keep(place, problem),
        }
    }
    if let Some((one, other)) = same(&callers.api_keys) {
        keep(format!("api_key {one:?}"), format!("has the same hash as {other:?}; give each caller a key of its own"));
    }
    if problems.is_empty() { Ok(callers) } else { Err(problems) }
}

fn same(keys: &[ApiKey]) -> Option<(&str, &str)> {
    keys.iter().enumerate().find_map(|(at, key)| {
        let other = keys[..at].iter().find(|other| other.hash == key.hash)?;
        Some((key.name.as_str(), other.name.as_str()))
    })
}

fn unique(names: &mut BTreeSet<String>, name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_graphic();
    if name.is_empty() || name.len() > 128 || !name.chars().all(plain) {
        return Err("a name is 1 to 128 visible ASCII characters without blanks".to_owned());
    }
    if names.insert(name.to_owned()) { Ok(()) } else { Err("the name stands twice in the file".to_owned()) }
}

/// The role of a caller that has its credentials for long: no browser, whose credentials are for one session.
fn standing_role(name: &str) -> Result<Role, String> {
    match Role::named(name) {
        Some(Role::Browser) => Err("role: a browser is named by a token for one session; see issuer".to_owned()),
        Some(role) => Ok(role),
        None => Err("role: one of service, architect, operator, events".to_owned()),
    }
}

fn api_key(entry: ApiKeyEntry, names: &mut BTreeSet<String>) -> Result<ApiKey, String> {
    unique(names, &entry.name)?;
    let role = standing_role(&entry.role)?;
    let hash = hash(&entry.sha256)
        .ok_or_else(|| "sha256: 64 hexadecimal digits, the SHA-256 of the key; never the key itself".to_owned())?;
    Ok(ApiKey { name: entry.name, role, hash })
}

fn hash(hex: &str) -> Option<[u8; 32]> {
    let digits = hex.as_bytes();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

fn certificate(entry: CertificateEntry, names: &mut BTreeSet<String>) -> Result<Certificate, String> {
    unique(names, &entry.name)?;
    let role = standing_role(&entry.role)?;
    if entry.san.is_empty() || entry.san.contains('*') {
        return Err("san: the exact DNS name or URI that the certificate shows; no wildcard".to_owned());
    }
    Ok(Certificate { name: entry.name, role, san: entry.san })
}

fn issuer(entry: IssuerEntry, names: &mut BTreeSet<String>) -> Result<Issuer, String> {
    if entry.issuer.is_empty() || entry.issuer == OURS {
        return Err(format!("issuer: the iss of its tokens, which is neither empty nor {OURS:?}"));
    }
    if !names.insert(entry.issuer.clone()) {
        return Err("the issuer stands twice in the file".to_owned());
    }
    let role = Role::named(&entry.role).ok_or("role: one of service, architect, browser, operator, events")?;
    if entry.audience.is_empty() || entry.audience.iter().any(String::is_empty) {
        return Err("audience: at least one name of this service, or tokens for others would be good here".to_owned());
    }
    let algorithms = entry.algorithms.iter().map(|name| algorithm(name)).collect::<Result<Vec<_>, _>>()?;
    if algorithms.is_empty() {
        return Err("algorithms: at least one of HS256, RS256, ES256, EdDSA".to_owned());
    }
    let keys = keys(&algorithms, entry.secret_file.as_deref(), entry.key_file.as_deref(), entry.jwks_url.as_deref())?;
    let leeway = entry.leeway_seconds.unwrap_or(LEEWAY);
    if leeway > MOST_LEEWAY {
        return Err(format!("leeway_seconds: at most {MOST_LEEWAY}"));
    }
    let or = |given: Option<String>, usual: &str| given.unwrap_or_else(|| usual.to_owned());
    Ok(Issuer {
        name: entry.issuer,
        audience: entry.audience,
        role,
        algorithms,
        keys,
        leeway: Duration::from_secs(leeway),
        required_claims: entry.required_claims,
        claims: Claims {
            name: or(entry.name_claim, "sub"),
            conversation: or(entry.conversation_claim, "conversation_id"),
            participant: or(entry.participant_claim, "participant_id"),
            resume_key: or(entry.resume_key_claim, "resume_key"),
        },
    })
}

fn algorithm(name: &str) -> Result<Algorithm, String> {
    match name {
        "HS256" => Ok(Algorithm::HS256),
        "RS256" => Ok(Algorithm::RS256),
        "ES256" => Ok(Algorithm::ES256),
        "EdDSA" => Ok(Algorithm::EdDSA),
        _ => Err("algorithms: only HS256, RS256, ES256 and EdDSA".to_owned()),
    }
}
