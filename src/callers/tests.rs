//! What the file may say, and what it may not.

use std::path::PathBuf;

use super::*;

const HASH: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const SECRET: &str = "hunter2-hunter2-hunter2-hunter2-x";

struct Files {
    dir: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("secret"), format!("{SECRET}\n{SECRET}2\n")).unwrap();
        std::fs::write(dir.path().join("short"), "hunter2").unwrap();
        std::fs::write(dir.path().join("empty"), "\n").unwrap();
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        std::fs::write(dir.path().join("es256.pem"), key.public_key_pem()).unwrap();
        Self { dir }
    }

    fn load(&self, text: &str) -> Result<Callers, Vec<String>> {
        let path: PathBuf = self.dir.path().join("callers.toml");
        std::fs::write(&path, text.replace("DIR", self.dir.path().to_str().unwrap()).replace("HASH", HASH)).unwrap();
        Callers::load(&path)
    }
}

const ISSUER: &str = r#"
[[issuer]]
issuer = "https://idp.example"
audience = ["sr"]
role = "browser"
"#;

#[test]
fn a_whole_file_is_read() {
    let text = r#"
[[api_key]]
name = "backend"
role = "service"
sha256 = "HASH"

[[certificate]]
name = "billing"
role = "architect"
san = "spiffe://example/billing"

[[issuer]]
issuer = "https://idp.example"
audience = ["sr"]
role = "browser"
algorithms = ["ES256"]
key_file = "DIR/es256.pem"
leeway_seconds = 5
required_claims = ["jti"]
conversation_claim = "cid"

[[issuer]]
issuer = "site"
audience = ["sr"]
role = "service"
algorithms = ["HS256"]
secret_file = "DIR/secret"

[[issuer]]
issuer = "other"
audience = ["sr"]
role = "operator"
algorithms = ["RS256", "EdDSA"]
jwks_url = "https://idp.example/jwks"
"#;
    let callers = Files::new().load(text).unwrap();
    assert_eq!((callers.api_keys.len(), callers.certificates.len(), callers.issuers.len()), (1, 1, 3));
    let [browser, site, other] = &callers.issuers[..] else { panic!() };
    assert_eq!(
        (browser.leeway.as_secs(), browser.claims.conversation.as_str(), browser.claims.name.as_str()),
        (5, "cid", "sub")
    );
    assert!(matches!(&site.keys, Keys::Fixed(keys) if keys.len() == 2), "old and new secrets check alike");
    assert!(matches!(&other.keys, Keys::Published(_)));
    assert!(!format!("{callers:?}").contains("hunter2"));
}

#[test]
fn nobody_named_is_a_file_too() {
    assert!(Files::new().load("").unwrap().api_keys.is_empty());
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_without_a_secret() {
    let issuer = |rest: &str| format!("{ISSUER}{rest}");
    let key = |rest: &str| format!("[[api_key]]\n{rest}\n");
    let table = [
        (key("name = \"a\"\nrole = \"service\"\nkey = \"hunter2\""), "unknown field `key`"),
        (key("name = \"a\"\nrole = \"service\"\nsha256 = \"hunter2\""), "api_key \"a\": sha256"),
        (key("name = \"a\"\nrole = \"browser\"\nsha256 = \"HASH\""), "api_key \"a\": role: a browser"),
        (key("name = \"a\"\nrole = \"root\"\nsha256 = \"HASH\""), "role: one of"),
        (key("name = \"\"\nrole = \"service\"\nsha256 = \"HASH\""), "a name is"),
        (key("name = \"a b\"\nrole = \"service\"\nsha256 = \"HASH\""), "a name is"),
        (key("name = \"a\"\nrole = \"service\""), "missing field `sha256`"),
        (
            key("name = \"a\"\nrole = \"service\"\nsha256 = \"HASH\"")
                + &key("name = \"b\"\nrole = \"service\"\nsha256 = \"HASH\""),
            "the same hash",
        ),
        (
            "[[certificate]]\nname = \"c\"\nrole = \"service\"\nsan = \"*.example\"\n".to_owned(),
            "certificate \"c\": san",
        ),
        ("[[certificate]]\nname = \"c\"\nrole = \"service\"\nsan = \"x\"\n".repeat(2), "the name stands twice"),
        (issuer("algorithms = [\"none\"]\nsecret_file = \"DIR/secret\""), "algorithms: only"),
        (issuer("algorithms = [\"HS512\"]\nsecret_file = \"DIR/secret\""), "algorithms: only"),
        (issuer("algorithms = []\nsecret_file = \"DIR/secret\""), "at least one of"),
        (issuer("algorithms = [\"HS256\", \"RS256\"]\nsecret_file = \"DIR/secret\""), "HS256 goes with no other"),
        (issuer("algorithms = [\"HS256\"]\njwks_url = \"https://x\""), "HS256 needs secret_file"),
        (issuer("algorithms = [\"HS256\"]\nkey_file = \"DIR/es256.pem\""), "HS256 needs secret_file"),
        (issuer("algorithms = [\"RS256\"]\nsecret_file = \"DIR/secret\""), "secret_file is for HS256"),
        (issuer("algorithms = [\"RS256\"]\nkey_file = \"DIR/es256.pem\""), "holds no public key for RS256"),
        (issuer("algorithms = [\"RS256\", \"ES256\"]\nkey_file = \"DIR/es256.pem\""), "name its algorithm alone"),
        (issuer("algorithms = [\"ES256\"]\nkey_file = \"DIR/secret\""), "holds no public key for ES256"),
        (issuer("algorithms = [\"ES256\"]\nkey_file = \"/nowhere\""), "key_file cannot be read"),
        (issuer("algorithms = [\"ES256\"]"), "exactly one of"),
        (issuer("algorithms = [\"HS256\"]\nsecret_file = \"DIR/short\""), "shorter than 32"),
        (issuer("algorithms = [\"HS256\"]\nsecret_file = \"DIR/empty\""), "holds no secret"),
        (issuer("algorithms = [\"RS256\"]\njwks_url = \"http://idp.example/jwks\""), "must begin with https"),
        (
            issuer("algorithms = [\"RS256\"]\njwks_url = \"https://u:hunter2@idp.example\""),
            "must not carry credentials",
        ),
        (issuer("algorithms = [\"RS256\"]\njwks_url = \"file:///keys\""), "must begin with https"),
        (issuer("algorithms = [\"RS256\"]\njwks_url = \"https://x\"\nleeway_seconds = 301"), "at most 300"),
        (issuer("algorithms = [\"RS256\"]\njwks_url = \"https://x\"").replace("[\"sr\"]", "[]"), "audience: at least"),
        (issuer("algorithms = [\"RS256\"]\njwks_url = \"https://x\"").repeat(2), "the issuer stands twice"),
        (
            issuer("algorithms = [\"RS256\"]\njwks_url = \"https://x\"")
                .replace("https://idp.example", "session-resumption"),
            "neither empty nor",
        ),
        ("[[api_keys]]\n".to_owned(), "unknown field `api_keys`"),
        ("secret = \"hunter2".to_owned(), "line 1"),
    ];
    let files = Files::new();
    for (text, expected) in table {
        let problems = files.load(&text).expect_err(&text);
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{expected}: {problems:?}");
        assert!(!problems.concat().contains("hunter2"), "{problems:?}");
    }
    assert!(Callers::load(Path::new("/nowhere")).unwrap_err()[0].contains("cannot be read"));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let text = "[[api_key]]\nname = \"a\"\nrole = \"x\"\nsha256 = \"\"\n[[certificate]]\nname = \"b\"\nrole = \"service\"\nsan = \"\"\n";
    assert_eq!(Files::new().load(text).unwrap_err().len(), 2);
}
