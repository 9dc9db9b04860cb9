//! A queue between calls and collectors of all manners.

use std::sync::{Arc, Mutex};

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tokio::time::{Instant, sleep};

use super::*;

/// How a collector behaves.
#[derive(Debug, Clone, Copy)]
enum Manner {
    Takes,
    Refuses,
    Hangs,
}

/// A collector, and the sizes of the batches it got.
#[derive(Debug, Clone)]
struct Collector(Arc<Mutex<(Manner, Vec<usize>)>>);

impl Collector {
    fn new(manner: Manner) -> Self {
        Self(Arc::new(Mutex::new((manner, Vec::new()))))
    }

    fn batches(&self) -> Vec<usize> {
        self.0.lock().unwrap().1.clone()
    }

    fn becomes(&self, manner: Manner) {
        self.0.lock().unwrap().0 = manner;
    }
}

impl SpanExporter for Collector {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let manner = {
            let mut collector = self.0.lock().unwrap();
            collector.1.push(batch.len());
            collector.0
        };
        match manner {
            Manner::Takes => Ok(()),
            Manner::Refuses => Err(OTelSdkError::InternalFailure("no".into())),
            Manner::Hangs => std::future::pending().await,
        }
    }
}

/// A queue with a collector at its end, in a time of its own.
struct Stage {
    collector: Collector,
    tracer: SdkTracer,
    stop: CancellationToken,
    exporting: tokio::task::JoinHandle<()>,
}

impl Stage {
    fn new(manner: Manner) -> Self {
        let (queue, spans) = Queue::new();
        let (collector, stop) = (Collector::new(manner), CancellationToken::new());
        let exporting = tokio::spawn(export(collector.clone(), spans, stop.clone()));
        let tracer = SdkTracerProvider::builder().with_span_processor(queue).build().tracer("test");
        Self { collector, tracer, stop, exporting }
    }

    fn end_spans(&self, count: usize) {
        (0..count).for_each(|_| self.tracer.start("span").end());
    }
}

/// Runs in a paused time, with metrics of its own.
fn run(work: impl AsyncFnOnce(&PrometheusHandle)) {
    let recorder: PrometheusRecorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    metrics::with_local_recorder(&recorder, || runtime.block_on(work(&handle)));
}

fn dropped_so_far(metrics: &PrometheusHandle) -> usize {
    let text = metrics.render();
    let line = text.lines().find_map(|line| line.strip_prefix("session_resumption_spans_dropped_total "));
    line.map_or(0, |count| count.parse().unwrap())
}

#[test]
fn spans_are_sent_together_after_a_moment() {
    run(async |metrics| {
        let stage = Stage::new(Manner::Takes);
        stage.end_spans(3);
        assert!(stage.collector.batches().is_empty());
        sleep(DELAY * 2).await;
        assert_eq!(stage.collector.batches(), [3]);
        sleep(DELAY * 10).await;
        assert_eq!(stage.collector.batches(), [3], "nothing is sent when there is nothing");
        stage.end_spans(BATCH + 1);
        sleep(DELAY / 2).await;
        assert_eq!(stage.collector.batches(), [3, BATCH], "a full batch does not wait");
        sleep(DELAY * 2).await;
        assert_eq!(stage.collector.batches(), [3, BATCH, 1]);
        assert_eq!(dropped_so_far(metrics), 0);
    });
}

#[test]
fn what_is_left_is_sent_at_the_end() {
    run(async |metrics| {
        let stage = Stage::new(Manner::Takes);
        stage.end_spans(2 * BATCH + 3);
        stage.stop.cancel();
        stage.exporting.await.unwrap();
        assert_eq!(stage.collector.batches().iter().sum::<usize>(), 2 * BATCH + 3);
        // Whoever still has spans afterwards loses them, and waits for nothing.
        stage.tracer.start("late").end();
        assert_eq!(dropped_so_far(metrics), 1);
    });
}

#[test]
fn a_collector_that_hangs_holds_up_nobody_and_what_it_costs_is_counted() {
    run(async |metrics| {
        let stage = Stage::new(Manner::Hangs);
        let began = Instant::now();
        for _ in 0..10 {
            stage.end_spans(CAPACITY);
            sleep(Duration::from_millis(1)).await;
        }
        assert!(began.elapsed() < DELAY, "{:?}", began.elapsed());
        // One batch is under way, and one queue is full.
        assert_eq!(dropped_so_far(metrics), 9 * CAPACITY - BATCH);
        sleep(PATIENCE + DELAY).await;
        assert_eq!(dropped_so_far(metrics), 9 * CAPACITY, "the batch is given up");
        stage.collector.becomes(Manner::Takes);
        sleep(PATIENCE + DELAY).await;
        let before = dropped_so_far(metrics);
        stage.end_spans(7);
        sleep(DELAY * 2).await;
        assert_eq!(stage.collector.batches().last(), Some(&7), "and the next ones get through");
        assert_eq!(dropped_so_far(metrics), before);
    });
}

#[test]
fn a_collector_that_refuses_costs_what_it_was_sent() {
    run(async |metrics| {
        let stage = Stage::new(Manner::Refuses);
        for round in 1..=3 {
            stage.end_spans(5);
            sleep(DELAY * 2).await;
            assert_eq!(dropped_so_far(metrics), 5 * round);
        }
        stage.collector.becomes(Manner::Takes);
        stage.end_spans(5);
        sleep(DELAY * 2).await;
        assert_eq!(dropped_so_far(metrics), 15);
    });
}

/// One at its beginning and one at its end, whatever comes between.
#[test]
fn trouble_is_told_once() {
    use tracing::field::{Field, Visit};
    use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

    #[derive(Clone, Default)]
    struct Told(Arc<Mutex<Vec<String>>>);

    struct Message(String);

    impl Visit for Message {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            if field.name() == "message" {
                self.0 = format!("{value:?}");
            }
        }
    }

    impl<S: tracing::Subscriber> Layer<S> for Told {
        fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
            let mut message = Message(String::new());
            event.record(&mut message);
            self.0.lock().unwrap().push(message.0);
        }
    }

    let told = Told::default();
    let ours = tracing_subscriber::filter::filter_fn(|about| about.target().starts_with("session_resumption"));
    let subscriber = tracing::Dispatch::new(tracing_subscriber::registry().with(told.clone().with_filter(ours)));
    let _other = tracing::Dispatch::new(tracing_subscriber::registry());
    tracing::dispatcher::with_default(&subscriber, || {
        run(async |_| {
            let stage = Stage::new(Manner::Refuses);
            for manner in [Manner::Refuses, Manner::Hangs, Manner::Refuses, Manner::Takes, Manner::Takes] {
                stage.collector.becomes(manner);
                stage.end_spans(1);
                sleep(PATIENCE + DELAY * 2).await;
            }
        });
    });
    let told = told.0.lock().unwrap().clone();
    let [trouble, end] = told.as_slice() else { panic!("{told:?}") };
    assert!(trouble.contains("does not take spans") && end.contains("takes spans again"), "{told:?}");
}
