//! Every role, every method, every protocol: who may call what, and how the others are told.

use session_resumption::pb;
use tonic::Code;

use super::ask::{Door, PROTOCOLS};
use super::callers::{KEYS, Known, token};

const METHODS: [&str; 5] =
    ["ValidateSession", "ConfirmReattach", "InjectContext", "RegisterSession", "IssueSessionToken"];

/// The design's table: which role has which method.
fn has(role: &str, method: &str) -> bool {
    match role {
        "service" => true,
        "architect" => method != "IssueSessionToken",
        "browser" => matches!(method, "ValidateSession" | "InjectContext"),
        _ => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_holds_by_every_protocol() {
    let known = Known::start(&[]).await;
    let door = Door::to(&known.harness);
    let browser = format!("Bearer {}", token("c", "p", 60));
    let keyed = KEYS.map(|(role, key)| (role, "x-api-key", key));
    let (mut asked, mut wrong) = (0, Vec::new());
    for (role, header, value) in keyed.into_iter().chain([("browser", "authorization", browser.as_str())]) {
        for method in METHODS {
            for protocol in PROTOCOLS {
                let told = door.ask(protocol, method, &[(header, value)], &pb::ValidateSessionRequest::default()).await;
                let expected = if has(role, method) { Code::InvalidArgument } else { Code::PermissionDenied };
                asked += 1;
                if told.code != expected {
                    wrong.push(format!("{role} {method} {protocol:?}: {told:?}"));
                }
            }
        }
    }
    println!("{asked} calls by known callers, {} wrongly answered", wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    known.harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_known_is_told_so_before_anything_is_read() {
    let known = Known::start(&[]).await;
    let door = Door::to(&known.harness);
    known.harness.control.clear_ledger();
    let expired = format!("Bearer {}", token("c", "p", -10_000));
    let shown: [&[(&str, &str)]; 6] = [
        &[],
        &[("x-api-key", "key-of-nobody")],
        &[("authorization", "Bearer hunter2")],
        &[("authorization", "Basic dTpw")],
        &[("authorization", &expired)],
        &[("x-api-key", "key-of-the-backend"), ("authorization", "Bearer hunter2")],
    ];
    for headers in shown {
        for method in METHODS {
            for protocol in PROTOCOLS {
                // A body that is no message: the call is refused for its caller all the same.
                let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
                let told = door.send(protocol, &super::ask::path(method), headers.collect(), vec![0xff; 9]).await;
                if method == "ValidateSession" && told.code == Code::InvalidArgument {
                    // It may ask what to do, if it asks.
                    continue;
                }
                assert_eq!((told.code, told.reason.as_str()), (Code::Unauthenticated, "UNAUTHENTICATED"), "{told:?}");
            }
        }
    }
    assert_eq!(known.harness.paths(), Vec::<String>::new());
    known.harness.stop().await.unwrap();
}
