//! Secrets that sign and check tokens.

/// The shortest secret, in bytes: what HMAC-SHA-256 is as strong as.
const SHORTEST: usize = 32;

/// The secrets of a text, one a line. The first one signs.
pub fn secrets(text: &str) -> Result<Vec<&[u8]>, String> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return Err("holds no secret".to_owned());
    }
    match lines.iter().position(|line| line.len() < SHORTEST) {
        Some(short) => Err(format!("secret {} is shorter than {SHORTEST} characters", short + 1)),
        None => Ok(lines.into_iter().map(str::as_bytes).collect()),
    }
}
