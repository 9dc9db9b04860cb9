//! Sentinels that do not agree on who the primary is, as when the network is cut between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use super::fake::{Fake, hello};
use super::{mends, store};
use crate::given::{ana, flow, pair};
use crate::harness::{Ahead, Harness};
use crate::servers::Server;
use crate::steps::claim;

/// A sentinel that names the server at this port.
fn sentinel(command: &str, port: u16) -> String {
    let (port, role) = (port.to_string(), "*1\r\n$8\r\nsentinel\r\n");
    match command.split(' ').next() {
        Some("HELLO") => hello("7.0.15", "sentinel", "sentinel"),
        Some("ROLE") => role.to_owned(),
        _ => format!("*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{port}\r\n", port.len()),
    }
}

/// The password is that of any server of the tests.
fn url(server: &Server, sentinels: &[&Fake]) -> String {
    let server = server.url();
    let (before, _) = server.strip_prefix("redis://").unwrap().rsplit_once('@').unwrap();
    let hosts: Vec<&str> = sentinels.iter().map(|fake| fake.url.strip_prefix("redis://").unwrap()).collect();
    format!("redis+sentinel://{before}@{}/main", hosts.join(","))
}

/// One is cut off from the others together with a primary that they have replaced. We reach them all.
#[tokio::test]
async fn most_of_them_are_believed() {
    static CUT_OFF: AtomicU16 = AtomicU16::new(0);
    static CHOSEN: AtomicU16 = AtomicU16::new(0);
    let (cut_off, chosen) = (Server::start(&[]), Server::start(&[]));
    CUT_OFF.store(cut_off.port(), Ordering::SeqCst);
    CHOSEN.store(chosen.port(), Ordering::SeqCst);
    let alone = Fake::start(|command| sentinel(command, CUT_OFF.load(Ordering::SeqCst))).await;
    let one = Fake::start(|command| sentinel(command, CHOSEN.load(Ordering::SeqCst))).await;
    let other = Fake::start(|command| sentinel(command, CHOSEN.load(Ordering::SeqCst))).await;
    for order in [[&alone, &one, &other], [&one, &alone, &other], [&one, &other, &alone]] {
        let store = store(&url(&chosen, &order));
        mends(&store).await;
    }
    let keys = |server: &Server| redis::cmd("DBSIZE").query::<u64>(&mut server.admin()).unwrap();
    assert_eq!((keys(&cut_off), keys(&chosen)), (0, 3));
}

/// Of the two lines to a primary one breaks after the sentinels have chosen another, which the first would go on to speak to.
#[tokio::test]
async fn both_lines_lead_to_the_same_server() {
    static NAMED: AtomicU16 = AtomicU16::new(0);
    let servers = [(); 2].map(|()| super::replication::pair_of_servers());
    let [(before, _), (after, _)] = &servers;
    NAMED.store(before.port(), Ordering::SeqCst);
    let fake = Fake::start(|command| sentinel(command, NAMED.load(Ordering::SeqCst))).await;
    let store = store(&url(before, &[&fake]));
    let h = Harness::new(Arc::new(store.clone()), Arc::new(Ahead::default()));
    h.confirmed(&ana()).await;
    NAMED.store(after.port(), Ordering::SeqCst);
    let mut admin = before.admin();
    let told: String = redis::cmd("CLIENT").arg("LIST").query(&mut admin).unwrap();
    for line in told.lines().filter(|line| line.contains(" flags=N ") && !line.contains("cmd=wait")) {
        let field = |name: &str| line.split(' ').find_map(|field| field.strip_prefix(name)).unwrap().to_owned();
        if field("cmd=") != "client|list" {
            redis::cmd("CLIENT").arg(&["KILL", "ID", &field("id=")]).exec(&mut admin).unwrap();
        }
    }
    mends(&store).await;
    let who = pair("chat-2", "bob");
    let id = h.open(&who, &flow()).await;
    let now = h.now().await;
    let claimed = h.store.claim(&who.conversation, claim(&who, id, 0, now)).await;
    assert_eq!(claimed.err(), None);
}
