//! What each layer costs: the stack with it less the stack without it, in process and without sockets.
//!
//! The stack grows from its outermost layer inwards, around bare tonic, so that each layer finds what those outside put beside the
//! request. What the whole stack costs beyond their sum is the choice of the protocol, and the boxes around the branches.

mod growing;
mod table;
mod timing;

use anyhow::ensure;
use axum::body::Body;
use http::{Request, Response};
use session_resumption::layers::BoxError;
use session_resumption::telemetry::Audit;
use session_resumption::{pb, telemetry};
use tonic::service::Routes;
use tower::util::BoxCloneService;
use tower::{Service, ServiceExt as _};
use tracing_subscriber::filter::LevelFilter;

use crate::bare::Bare;
use crate::collector;
use crate::credentials::Credentials;
use crate::layered;
use crate::row::{Protocol, Shows};
use crate::session::Session;
use timing::Ask;

pub(crate) use table::print;
pub(crate) use timing::Plan;

/// Whatever is measured.
type Boxed = BoxCloneService<Request<Body>, Response<Body>, BoxError>;

/// One stack, and how it is asked.
#[derive(Debug)]
struct Case {
    service: Boxed,
    ask: Ask,
}

/// A layer, and the two stacks whose difference it is.
#[derive(Debug)]
struct Step {
    name: &'static str,
    without: usize,
    with: usize,
}

/// All stacks.
#[derive(Debug, Default)]
struct Steps {
    cases: Vec<Case>,
    /// From bare tonic to the whole stack.
    summed: Vec<Step>,
    /// What is not part of that sum.
    others: Vec<Step>,
}

/// What the steps cost.
#[derive(Debug)]
pub(crate) struct Costs {
    summed: Vec<Step>,
    others: Vec<Step>,
    /// Nanoseconds of a call to each case, round by round.
    rounds: Vec<Vec<f64>>,
}

/// Measures every layer.
pub(crate) async fn measure(
    plan: Plan,
    session: &Session,
    answer: pb::ValidateSessionResponse,
    credentials: &Credentials,
    collector: &str,
) -> anyhow::Result<Costs> {
    // Without them the layers that count and trace would do neither.
    let metrics = telemetry::install_metrics()?;
    let traces = collector::traces(collector)?;
    telemetry::install_logs(LevelFilter::WARN, Audit::Logged, false, Some(&traces));
    let calls = Routes::new(Bare::service(answer)).into_axum_router();
    let named = layered::rules(Some(credentials.files()), true).await?;
    let asks = |protocol, shows| Ask::new(protocol, shows, session, credentials);

    let by_key = asks(Protocol::Grpc, Shows::ApiKey)?;
    let mut steps = Steps::default();
    let bare = steps.add(boxed(calls.clone()), &by_key);
    for (name, service) in growing::stacks(&calls, &named) {
        steps.grow(name, service, &by_key);
    }
    steps.grow("protocols, boxes", boxed(layered::stack(calls.clone(), named.clone())), &by_key);

    // What is shown of the caller makes one layer dearer or cheaper.
    for (name, shows, rules) in [
        ("auth: nobody named", Shows::Nothing, &layered::rules(None, false).await?),
        ("auth: API key", Shows::ApiKey, &named),
        ("auth: HS256", Shows::Hs256, &named),
        ("auth: ES256", Shows::Es256, &named),
        ("auth: session token", Shows::SessionToken, &named),
    ] {
        let ask = asks(Protocol::Grpc, shows)?;
        let without = steps.add(boxed(calls.clone()), &ask);
        let with = steps.add(growing::judged(&calls, rules), &ask);
        steps.others.push(Step { name, without, with });
    }
    let with = steps.add(growing::translated(&calls), &asks(Protocol::GrpcWeb, Shows::ApiKey)?);
    steps.others.push(Step { name: "grpc_web", without: bare, with });

    let missing = growing::missing(&steps.names());
    ensure!(missing.is_empty(), "layers that are not measured, or not where they stand: {missing:?}");
    let rounds = timing::rounds(plan, &steps.cases, &metrics).await?;
    Ok(Costs { summed: steps.summed, others: steps.others, rounds })
}

fn boxed<S>(service: S) -> Boxed
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    BoxCloneService::new(service.map_err(Into::into))
}

// === impl Steps ===

impl Steps {
    fn add(&mut self, service: Boxed, ask: &Ask) -> usize {
        self.cases.push(Case { service, ask: ask.clone() });
        self.cases.len() - 1
    }

    fn names(&self) -> Vec<&'static str> {
        self.summed.iter().chain(&self.others).map(|step| step.name).collect()
    }

    /// Adds the stack with one more layer than the one before.
    fn grow(&mut self, name: &'static str, service: Boxed, ask: &Ask) {
        let with = self.add(service, ask);
        self.summed.push(Step { name, without: with - 1, with });
    }
}
