//! A simulated Genesys Cloud, two replicas, and proxies between all of them and what they speak to.

use std::net::{Ipv4Addr, SocketAddr};

use genesys_sim::{Sim, SimOptions};

use crate::customer::Customer;
use crate::proxy::Proxy;
use crate::replica::Replica;
use crate::servers::Server;
use crate::wire::Dialect;

/// The roads of one replica.
pub(crate) struct Roads {
    pub(crate) store: Proxy,
    pub(crate) genesys: Proxy,
}

impl Roads {
    async fn start(server: &Server, sim: &Sim) -> Self {
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, server.port()));
        Self { store: Proxy::start(at, Dialect::Redis).await, genesys: Proxy::start(sim.addr(), Dialect::Http).await }
    }
}

pub(crate) struct Stage {
    pub(crate) sim: Sim,
    pub(crate) roads: [Roads; 2],
    pub(crate) replicas: [Replica; 2],
}

impl Stage {
    /// Two replicas on this server, ready.
    pub(crate) async fn set(server: &Server) -> Self {
        Self::with(server, &[]).await
    }

    /// The same, with some settings of their own.
    pub(crate) async fn with(server: &Server, settings: &[(&str, &str)]) -> Self {
        let options = SimOptions { requests_per_minute: 1_000_000, ..SimOptions::default() };
        let sim = Sim::start(options).await.unwrap();
        let roads = [Roads::start(server, &sim).await, Roads::start(server, &sim).await];
        let start = async |roads: &Roads| {
            let store = server.url().replace(&server.port().to_string(), &roads.store.address().port().to_string());
            Replica::start(&store, roads.genesys.address(), settings).await
        };
        let (first, second) = tokio::join!(start(&roads[0]), start(&roads[1]));
        Self { sim, roads, replicas: [first, second] }
    }

    /// How many reads the replicas gave up, and may have made again.
    pub(crate) async fn reads_in_vain(&self) -> usize {
        self.replicas[0].in_vain("read").await + self.replicas[1].in_vain("read").await
    }

    pub(crate) fn customer(&self) -> Customer {
        Customer::new(self.sim.control(), [self.replicas[0].client(), self.replicas[1].client()])
    }
}
