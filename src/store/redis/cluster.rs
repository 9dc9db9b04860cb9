//! Servers that share the keys among them: each step goes to the one that holds its conversation.
//!
//! The client's own `ClusterConnection` is not used. While it asks who holds what, no call goes to any server, and it asks
//! whenever one is in trouble, silent servers included: one that hangs would hold up the conversations of all the others. It
//! sends a call for a lost server to some other, and cannot keep a WAIT on the connection of the step that it belongs to.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use redis::{Pipeline, Value};
use tokio::time::{Instant, timeout};

use super::dial::{Dialer, Dialled, ask};
use super::failure::{outage, said};
use super::hello::{Expected, Unfit, judge};
use super::mended::Mended;
use super::node::{Copied, Node, Ran};
use super::script::Run;
use super::slots::{Range, ranges, redirected, slot};
use super::target::Target;
use super::trouble::Trouble;
use crate::ports::Outage;
use crate::store_url::Server;

/// How often one call is sent elsewhere. Slots move once; twice is bad luck.
const REDIRECTIONS: usize = 3;
/// How long one server may take to say who holds what.
const ASK: Duration = Duration::from_millis(500);
/// The shortest time between two such questions.
const REST: Duration = Duration::from_millis(200);

pub(super) struct Cluster {
    entry: Arc<Entry>,
    map: Mended<Arc<Map>>,
    asking: AtomicBool,
    /// Where the next question begins: one server's view may be out of date for as long as it is cut off.
    turn: AtomicUsize,
}

/// How to get in.
struct Entry {
    seeds: Vec<Server>,
    dialer: Dialer,
}

/// Who holds what.
#[derive(Clone)]
pub(super) struct Map {
    ranges: Vec<Range>,
    nodes: HashMap<Server, Arc<Node>>,
}

impl Map {
    fn holder(&self, slot: u16) -> Option<(Server, Arc<Node>)> {
        let (_, _, server) = self.ranges.iter().find(|(first, last, _)| (*first..=*last).contains(&slot))?;
        self.nodes.get(server).map(|node| (server.clone(), Arc::clone(node)))
    }

    /// All that hold something, each with a slot of its own, in an order that every replica of ours sees alike.
    pub(super) fn holders(&self) -> Vec<(u16, Arc<Node>)> {
        let mut holders: Vec<_> = self
            .nodes
            .iter()
            .filter_map(|(server, node)| {
                let (first, ..) = self.ranges.iter().find(|(_, _, holder)| holder == server)?;
                Some((server.to_string(), *first, Arc::clone(node)))
            })
            .collect();
        holders.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        holders.into_iter().map(|(_, first, node)| (first, node)).collect()
    }
}

impl Entry {
    fn node(&self, server: &Server) -> Arc<Node> {
        Node::new(Target::Fixed { server: server.clone(), dialer: self.dialer.clone() })
    }

    fn map(&self, ranges: Vec<Range>, known: &HashMap<Server, Arc<Node>>) -> Map {
        let node = |server: &Server| known.get(server).map_or_else(|| self.node(server), Arc::clone);
        let mut nodes = HashMap::new();
        for (_, _, server) in &ranges {
            nodes.entry(server.clone()).or_insert_with(|| node(server));
        }
        Map { ranges, nodes }
    }

    async fn ask(&self, seed: &Server) -> Result<Vec<Range>, Trouble> {
        let Dialled { mut connection, hello, .. } = self.dialer.dial(seed).await?;
        match judge(&hello, Expected::InCluster) {
            // It knows the others all the same.
            Ok(()) | Err(Unfit::Replica | Unfit::NotPermitted(_)) => {}
            Err(unfit) => return Err(unfit.into()),
        }
        told(ask(&mut connection, &question()).await?, seed)
    }

    /// Asks all seeds at once and takes the first answer.
    async fn find(&self) -> Result<Arc<Map>, Trouble> {
        let mut asked: FuturesUnordered<_> = self.seeds.iter().map(|seed| self.ask(seed)).collect();
        let mut trouble = Trouble::Outage(Outage::Unreachable);
        while let Some(told) = asked.next().await {
            match told {
                Ok(ranges) => return Ok(Arc::new(self.map(ranges, &HashMap::new()))),
                Err(found) => trouble = found,
            }
        }
        Err(trouble)
    }
}

fn question() -> Pipeline {
    let mut question = Pipeline::new();
    question.cmd("CLUSTER").arg("SLOTS");
    question
}

fn told(mut told: Vec<Value>, asked: &Server) -> Result<Vec<Range>, Trouble> {
    let told = told.pop().ok_or(Outage::Malformed)?;
    let told = match said(told) {
        Err(error) if error.code() == Some("NOPERM") => return Err(Unfit::NotPermitted("run CLUSTER SLOTS").into()),
        told => told.map_err(|error| outage(&error))?,
    };
    let ranges = ranges(told, asked)?;
    // A node that was just reset, or not yet met.
    if ranges.is_empty() { Err(Outage::NotReady.into()) } else { Ok(ranges) }
}

impl Cluster {
    pub(super) fn new(seeds: Vec<Server>, dialer: Dialer) -> Arc<Self> {
        let entry = Arc::new(Entry { seeds, dialer });
        let map = Mended::new({
            let entry = Arc::clone(&entry);
            move || {
                let entry = Arc::clone(&entry);
                Box::pin(async move { entry.find().await }) as _
            }
        });
        Arc::new(Self { entry, map, asking: AtomicBool::new(false), turn: AtomicUsize::new(0) })
    }

    pub(super) async fn map(&self, until: Instant) -> Result<Arc<Map>, Trouble> {
        self.map.get(until).await.map(|(_, map)| map)
    }

    pub(super) async fn run(self: &Arc<Self>, run: &Run<'_>, copied: Copied, until: Instant) -> Result<Ran, Trouble> {
        let holder = self.map(until).await?.holder(slot(run.key()));
        let Some((mut server, mut node)) = holder else {
            self.ask_soon();
            return Err(Outage::NotReady.into());
        };
        let mut asking = false;
        for _ in 0..=REDIRECTIONS {
            let ran = node.run(run, asking, copied, until).await;
            let Ok(Ran { value: Value::ServerError(error), .. }) = &ran else {
                if ran.as_ref().is_err_and(|trouble| trouble.outage() != Outage::NotReplicated) {
                    self.ask_soon();
                }
                return ran;
            };
            let code = error.code();
            asking = code == "ASK";
            if matches!(code, "MOVED" | "CLUSTERDOWN" | "READONLY" | "MASTERDOWN") {
                self.ask_soon();
            }
            if code != "MOVED" && !asking {
                return ran;
            }
            server = error.details().and_then(|detail| redirected(detail, &server)).ok_or(Outage::Malformed)?;
            node = self.node(&server);
        }
        Err(Outage::NotReady.into())
    }

    /// The node at an address that a redirection told.
    fn node(&self, server: &Server) -> Arc<Node> {
        let Some(map) = self.map.peek() else { return self.entry.node(server) };
        if let Some(known) = map.nodes.get(server) {
            return Arc::clone(known);
        }
        let node = self.entry.node(server);
        let mut map = Map::clone(&map);
        map.nodes.insert(server.clone(), Arc::clone(&node));
        self.map.renew(Arc::new(map));
        node
    }

    /// Finds out who holds what, beside the calls.
    pub(super) fn ask_soon(self: &Arc<Self>) {
        if self.asking.swap(true, Ordering::Relaxed) {
            return;
        }
        let cluster = Arc::downgrade(self);
        tokio::spawn(async move {
            if let Some(cluster) = cluster.upgrade()
                && let Some(map) = cluster.map.peek()
                && let Some(ranges) = cluster.ask(&map).await
            {
                cluster.map.renew(Arc::new(cluster.entry.map(ranges, &map.nodes)));
            }
            tokio::time::sleep(REST).await;
            if let Some(cluster) = cluster.upgrade() {
                cluster.asking.store(false, Ordering::Relaxed);
            }
        });
    }

    /// Asks one server after the other, and the seeds when none of them answers.
    async fn ask(&self, map: &Map) -> Option<Vec<Range>> {
        let mut nodes: Vec<(&Server, &Arc<Node>)> = map.nodes.iter().collect();
        nodes.sort_unstable_by_key(|(server, _)| server.to_string());
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % nodes.len().max(1);
        nodes.rotate_left(turn);
        for (server, node) in nodes {
            let answer = node.send(&question(), Instant::now() + ASK).await;
            if let Ok(ranges) = answer.and_then(|answer| told(answer, server)) {
                return Some(ranges);
            }
        }
        for seed in &self.entry.seeds {
            if let Ok(Ok(ranges)) = timeout(ASK, self.entry.ask(seed)).await {
                return Some(ranges);
            }
        }
        None
    }
}
