//! A real OpenTelemetry collector, and the spans it says it got.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// Longer than a start takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A span, as the collector tells of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Span {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    pub(crate) attributes: BTreeMap<String, String>,
    /// Linked spans, as (trace, span).
    pub(crate) links: Vec<(String, String)>,
    /// Of the resource it came from.
    pub(crate) resource: BTreeMap<String, String>,
}

/// A collector that runs. It ends with its test.
pub(crate) struct Collector {
    process: Child,
    output: PathBuf,
    pub(crate) grpc: String,
    pub(crate) http: String,
    _folder: TempDir,
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("output");
        let [grpc, http] = free_ports();
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/rotel/rotel/rotel-agent");
        let mut command = Command::new(program);
        command.args(["start", "--exporter", "blackhole", "--disable-batching"]);
        command.args(["--debug-log", "traces", "--debug-log-verbosity", "detailed"]);
        command.args(["--otlp-grpc-endpoint", &grpc, "--otlp-http-endpoint", &http]);
        let written = File::create(&output).unwrap();
        command.env_clear().current_dir(folder.path()).stdin(Stdio::null());
        command.stdout(written.try_clone().unwrap()).stderr(written);
        let process = command.spawn().expect("rotel is installed by scripts/setup.sh");
        let [grpc, http] = [grpc, http].map(|address| format!("http://{address}"));
        let collector = Self { process, output, grpc, http, _folder: folder };
        collector.listens().await;
        collector
    }

    async fn listens(&self) {
        let deadline = Instant::now() + PATIENCE;
        for address in [&self.grpc, &self.http] {
            let address = address.strip_prefix("http://").unwrap();
            while tokio::net::TcpStream::connect(address).await.is_err() {
                assert!(Instant::now() < deadline, "it does not listen:\n{}", self.output());
                sleep(Duration::from_millis(20)).await;
            }
        }
    }

    fn output(&self) -> String {
        let mut text = Vec::new();
        File::open(&self.output).unwrap().read_to_end(&mut text).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The spans so far, once there are this many.
    pub(crate) async fn spans(&self, least: usize) -> Vec<Span> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let spans = read(&self.output());
            if spans.len() >= least {
                return spans;
            }
            assert!(Instant::now() < deadline, "{} of {least} spans:\n{}", spans.len(), self.output());
            sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Ports that were free a moment ago: it cannot be told to choose.
fn free_ports() -> [String; 2] {
    let listeners = [0, 0].map(|port| std::net::TcpListener::bind(("127.0.0.1", port)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().to_string())
}

/// Reads what it tells of spans: a block for each, below that of their resource.
fn read(output: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut resource = BTreeMap::new();
    let mut part = "";
    for line in output.lines() {
        let (key, value) = line.split_once(':').map_or((line, ""), |(key, value)| (key.trim(), value.trim()));
        match line.split(" #").next().unwrap() {
            "ResourceSpans" => (resource, part) = (BTreeMap::new(), "resource"),
            "ScopeSpans" => part = "scope",
            "Span" => {
                spans.push(Span { resource: resource.clone(), ..Span::default() });
                part = "span";
            }
            "Attributes:" => part = "attributes",
            "SpanLink" => {
                spans.last_mut().unwrap().links.push(Default::default());
                part = "link";
            }
            _ => {}
        }
        let Some(span) = spans.last_mut() else {
            note(part, key, value, &mut resource);
            continue;
        };
        match (part, key) {
            ("resource", _) => note(part, key, value, &mut resource),
            ("span", "Trace ID") => value.clone_into(&mut span.trace),
            ("span", "Parent ID") => value.clone_into(&mut span.parent),
            ("span", "ID") => value.clone_into(&mut span.id),
            ("span", "Name") => value.clone_into(&mut span.name),
            ("span", "Kind") => value.trim_start_matches("SPAN_KIND_").clone_into(&mut span.kind),
            ("attributes", _) => note(part, key, value, &mut span.attributes),
            ("link", "-> Trace ID") => value.clone_into(&mut span.links.last_mut().unwrap().0),
            ("link", "-> ID") => value.clone_into(&mut span.links.last_mut().unwrap().1),
            _ => {}
        }
    }
    spans
}

/// Notes an attribute: `-> server.port: Int(80)`.
fn note(part: &str, key: &str, value: &str, attributes: &mut BTreeMap<String, String>) {
    let value = value.split_once('(').and_then(|(_, value)| value.strip_suffix(')'));
    if let (true, Some(key), Some(value)) = (part != "scope", key.strip_prefix("-> "), value) {
        attributes.insert(key.to_owned(), value.to_owned());
    }
}
