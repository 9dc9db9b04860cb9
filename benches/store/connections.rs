//! The second table: our connection to Redis beside others, all doing the same.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use bb8_redis::RedisConnectionManager;
use redis::aio::{ConnectionLike, ConnectionManager, MultiplexedConnection};
use redis::{Client, Cmd, Value};
use session_resumption::domain::answer::Answer;
use session_resumption::domain::decision::{Decision, Reason, StartOver};
use session_resumption::domain::ids::{AttemptId, ConversationId, HandshakeId, Pair, ParticipantId, TabId};
use session_resumption::domain::pair::{Join, Joined};
use session_resumption::ports::Handshakes as _;
use session_resumption::store::redis::{RedisStore, StoreClock};
use session_resumption::store_url::RedisUrl;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::cores::Cores;
use crate::process::cpu;
use crate::redis_server::RedisServer;
use crate::spread::Spread;
use crate::{AT_ONCE, Plan, step};

/// How Redis is reached.
enum Connection {
    /// The client's multiplexed connection and nothing else: it never mends.
    Bare(MultiplexedConnection),
    /// The store: our connection, arguments made and answers read for every call.
    Ours { store: RedisStore, pair: Pair, join: Box<Join> },
    /// The client's own that mends.
    Manager(ConnectionManager),
    /// A pool with a connection for each call in flight.
    Pool(bb8::Pool<RedisConnectionManager>),
}

/// What is asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// The step of a replay.
    Step,
    /// The time: next to no work for anybody, so that what is left is the connection.
    Time,
}

const ASKED: [Asked; 2] = [Asked::Step, Asked::Time];

/// What the others are compared with.
const BASE: usize = 0;

const ROWS: [&str; 6] = [
    "one connection, bare",
    // Whatever differs from 1.00 here is noise, and so is as much elsewhere.
    "one connection, again",
    "one connection, ours",
    "ConnectionManager",
    "bb8-redis, no PING",
    "bb8-redis",
];

/// How a row did in one round. Processor times are per call, in microseconds: other work on the machine hardly changes them.
#[derive(Debug, Clone, Copy)]
struct Round {
    throughput: f64,
    /// Of this process.
    asking: f64,
    redis: f64,
}

/// All rounds, by row and by what was asked.
#[derive(Debug)]
pub(crate) struct Table {
    rows: [[Vec<Round>; ASKED.len()]; ROWS.len()],
}

/// This process asks; Redis has the other core.
pub(crate) async fn measure(plan: &Plan, cores: Option<&Cores>) -> anyhow::Result<Table> {
    let redis = RedisServer::start(cores.map(|cores| cores.server.as_str())).await?;
    let ours = ours(&redis.url()).await?;
    let step = step::seen(&redis, ours.ask(Asked::Step, &Cmd::new())).await?;
    let commands = ASKED.map(|asked| match asked {
        Asked::Step => step.iter().fold(Cmd::new(), |mut command, word| {
            command.arg(word);
            command
        }),
        Asked::Time => redis::cmd("TIME"),
    });
    let bare = Client::open(redis.url())?.get_multiplexed_async_connection().await?;
    let rows = [
        Connection::Bare(bare.clone()),
        Connection::Bare(bare),
        ours,
        Connection::Manager(ConnectionManager::new(Client::open(redis.url())?).await?),
        Connection::Pool(pool(&redis.url(), false).await?),
        Connection::Pool(pool(&redis.url(), true).await?),
    ]
    .map(Arc::new);

    let mut measured: [[Vec<Round>; ASKED.len()]; ROWS.len()] = Default::default();
    for round in 0..plan.rounds {
        for turn in 0..ROWS.len() {
            // So that no row always comes first.
            let row = (round + turn) % ROWS.len();
            for (asked, command) in ASKED.into_iter().zip(&commands) {
                let round = once(&redis, &rows[row], asked, command, plan).await.context(ROWS[row])?;
                measured[row][asked as usize].push(round);
            }
        }
    }
    ensure!(redis.done().await?.failed <= 1, "a script failed");
    Ok(Table { rows: measured })
}

/// A store in which the next to join is answered with a replay.
async fn ours(url: &str) -> anyhow::Result<Connection> {
    let store = RedisStore::new(&RedisUrl::parse(url)?, None, "sr", StoreClock::Server)?;
    let conversation = ConversationId::parse("a1b2c3d4-e5f6-7890-abcd-ef1234567890");
    let participant = ParticipantId::parse("c0ffee00-1111-4222-8333-444455556666");
    let tab = TabId::parse("tab-7f3a");
    let (Ok(conversation), Ok(participant), Ok(tab)) = (conversation, participant, tab) else {
        anyhow::bail!("the ids are no ids")
    };
    let pair = Pair { conversation, participant };
    let join = Join {
        tab: Some(tab.clone()),
        attempt: Some(AttemptId(Uuid::from_u128(1))),
        waited_on: None,
        new_id: HandshakeId(Uuid::from_u128(2)),
        owner: Uuid::from_u128(2),
        lease_for: Duration::from_secs(10),
    };
    let (joined, _) = store.join(&pair, &join).await?;
    let Joined::Lead { lease, .. } = joined else { anyhow::bail!("somebody came before: {joined:?}") };
    let decision = Decision::NewRoutingRequired(StartOver { reason: Reason::Ended, status: None });
    let answer = Answer::live(decision, store.now().await?);
    store.conclude(&pair, lease, Some(&tab), answer, Duration::from_hours(1)).await?;
    Ok(Connection::Ours { store, pair, join: Box::new(join) })
}

async fn pool(url: &str, ping: bool) -> anyhow::Result<bb8::Pool<RedisConnectionManager>> {
    let connections = u32::try_from(AT_ONCE)?;
    let pool = bb8::Pool::builder().max_size(connections).min_idle(connections).test_on_check_out(ping);
    Ok(pool.build(RedisConnectionManager::new(url)?).await?)
}

impl Connection {
    async fn ask(&self, asked: Asked, command: &Cmd) -> anyhow::Result<()> {
        match self {
            Self::Bare(connection) => send(&mut connection.clone(), command).await,
            Self::Manager(connection) => send(&mut connection.clone(), command).await,
            Self::Pool(pool) => send(&mut *pool.get().await?, command).await,
            Self::Ours { store, pair, join } if asked == Asked::Step => {
                let (joined, _) = store.join(pair, join).await?;
                ensure!(matches!(joined, Joined::Replay(_)), "no replay: {joined:?}");
                Ok(())
            }
            Self::Ours { store, .. } => Ok(store.now().await.map(drop)?),
        }
    }
}

async fn send(connection: &mut impl ConnectionLike, command: &Cmd) -> anyhow::Result<()> {
    let told: Value = command.query_async(connection).await?;
    ensure!(matches!(told, Value::Array(_)), "not as expected: {told:?}");
    Ok(())
}

/// Asks with as many in flight as ever.
async fn once(
    redis: &RedisServer,
    connection: &Arc<Connection>,
    asked: Asked,
    command: &Cmd,
    plan: &Plan,
) -> anyhow::Result<Round> {
    let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut asking = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (connection, command) = (Arc::clone(connection), command.clone());
        let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
        asking.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                connection.ask(asked, &command).await?;
                answered.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(())
        });
    }
    sleep(plan.warm_up).await;
    let spent = async || anyhow::Ok((cpu(std::process::id())?, redis.done().await?.cpu));
    let (asking_before, redis_before) = spent().await?;
    let (began, before) = (Instant::now(), answered.load(Ordering::Relaxed));
    sleep(plan.time).await;
    let (time, after) = (began.elapsed(), answered.load(Ordering::Relaxed));
    let (asking_after, redis_after) = spent().await?;
    stop.store(true, Ordering::Relaxed);
    for ended in asking.join_all().await {
        ended?;
    }
    ensure!(after > before, "nothing came back");
    let calls = f64::from(u32::try_from(after - before)?);
    let per_call = |before: Duration, after: Duration| after.saturating_sub(before).as_secs_f64() * 1e6 / calls;
    Ok(Round {
        throughput: calls / time.as_secs_f64(),
        asking: per_call(asking_before, asking_after),
        redis: per_call(redis_before, redis_after),
    })
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the same step, and TIME, through one connection or {AT_ONCE} of a pool")?;
        write!(f, "{:<24}", "")?;
        for asked in ["steps/s", "TIME/s"] {
            write!(f, " {asked:>9} {:>8} {:>9}   {:<20}", "CPU us", "Redis us", "x one, bare")?;
        }
        writeln!(f)?;
        for (label, row) in ROWS.iter().zip(&self.rows) {
            write!(f, "{label:<24}")?;
            for (measured, base) in row.iter().zip(&self.rows[BASE]) {
                let median = |value: fn(&Round) -> f64| Spread::of(measured.iter().map(value)).median;
                let ratio =
                    Spread::of(measured.iter().zip(base).map(|(round, base)| round.throughput / base.throughput));
                write!(
                    f,
                    " {:>9.0} {:>8.1} {:>9.1}   {:<20}",
                    median(|round| round.throughput),
                    median(|round| round.asking),
                    median(|round| round.redis),
                    ratio.to_string()
                )?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
