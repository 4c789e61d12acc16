//! A review for tests, with the given text in every field that inputs fill.

use crate::output::view::answers::QueriesView;
use crate::output::view::census::{
    CensusView, CountView, LabelTotalView, LabelView, MetricView, StatusView,
};
use crate::output::view::depth::ValueView;
use crate::output::view::estimate::{ContainerView, EstimateView, PartView, RangeView};
use crate::output::view::lint::{
    EditView, FindingView, FixView, LintView, SnippetView, SummaryView,
};
use crate::output::view::optimize::{
    ActionView, ChoicesView, FootprintView, LabelPortionView, OptimizeView, PortionView, ReplayView,
};
use crate::output::view::over_time::{
    DriverView, ExplosionView, ForecastView, MetricOverTimeView, OverTimeView, SnapshotView,
};
use crate::output::view::review::{InputsView, JobMetricsView, JobView, ReviewView};
use crate::output::view::shard::{
    CandidateView, ChurnView, MovementView, RuleView, ShardDetailView, ShardView, TooLargeView,
};
use crate::output::view::signals::{
    CellView, ElsewhereView, GiverView, LostView, MetricView as GivingView, SignalsView,
    SummaryView as CellCounts,
};
use crate::output::view::usage::{MetricUseView, NotUnderstoodView, UsageView};

const RANGE: RangeView = RangeView { low: 80 << 20, expected: 100 << 20, high: 130 << 20 };

/// The review.
pub(crate) fn review(text: &str) -> ReviewView {
    let inputs = InputsView {
        configs: 1,
        rule_files: 3,
        dashboards: 2,
        scrapes: 12,
        snapshots: 2,
        bad_lines: 1,
    };
    ReviewView {
        title: text.to_owned(),
        server: text.to_owned(),
        inputs,
        exposed_series: 1100,
        census: census(text),
        jobs: vec![JobView {
            job: text.to_owned(),
            targets: 12,
            exposed: 1100,
            stored: 1000,
            merged: 100,
            failing_targets: 1,
            failure: Some(text.to_owned()),
        }],
        by_job: vec![JobMetricsView {
            job: text.to_owned(),
            metrics: vec![CountView { name: text.to_owned(), value: 1000 }],
        }],
        estimate: estimate(text),
        lint: lint(text),
        usage: usage(text),
        optimize: Some(optimize(text)),
        shard: Some(shard(text)),
        signals: signals(text),
        notes: vec![text.to_owned()],
    }
}

fn metric(text: &str, layer: Option<&'static str>, series: u64) -> MetricView {
    MetricView {
        name: text.to_owned(),
        r#type: "counter",
        layer,
        series,
        samples: series,
        duplicates: Some(0),
        label_bytes: Some(9000),
        error: None,
        labels: vec![LabelView {
            name: text.to_owned(),
            values: 20,
            series,
            bytes: 400,
            without: Some(series / 20),
            redundant: Some(false),
            shape: Some("path_with_id"),
            shape_share: Some(0.9),
            shapes: Vec::new(),
            top_values: vec![ValueView { value: text.to_owned(), series, bytes: 400 }],
            error: None,
        }],
        depth: None,
    }
}

fn census(text: &str) -> CensusView {
    let count = || vec![CountView { name: text.to_owned(), value: 3 }];
    CensusView {
        series: 1000,
        samples: 1000,
        exact: true,
        targets: 12,
        label_pairs: 5000,
        label_bytes: 18000,
        unique_pairs: 300,
        error: None,
        others: None,
        metrics: vec![
            metric(text, Some("application"), 500),
            metric(text, Some("network"), 300),
            metric(text, Some("os"), 150),
            metric(text, None, 50),
        ],
        labels: vec![LabelTotalView {
            name: text.to_owned(),
            values: 20,
            series: 1000,
            error: None,
        }],
        over_time: Some(over_time(text)),
        blocks: Vec::new(),
        status: vec![StatusView {
            source: text.to_owned(),
            head_series: 1000,
            head_chunks: 2000,
            label_pairs: 300,
            series_by_metric: count(),
            values_by_label: count(),
            series_by_pair: count(),
            ..StatusView::default()
        }],
        ..CensusView::default()
    }
}

fn over_time(text: &str) -> OverTimeView {
    let snapshot =
        |time, series| SnapshotView { source: text.to_owned(), time, series, came: 100, went: 0 };
    OverTimeView {
        unit: "snapshots",
        snapshots: vec![snapshot(0.0, 900), snapshot(1.0, 1000)],
        seen: 1000,
        compared: 900,
        unchanged: 100,
        forecast: Some(ForecastView {
            growth: 100.0,
            ahead: 1.0,
            expected: 1100,
            low: Some(1000),
            high: Some(1200),
        }),
        explosion: None,
        metrics: vec![MetricOverTimeView {
            name: text.to_owned(),
            series: vec![400, 500],
            came: 100,
            went: 0,
            seen: 500,
            compared: 400,
            unchanged: 10,
            drivers: vec![DriverView { label: text.to_owned(), new_series: 100, new_values: 5 }],
            forecast: None,
            explosion: Some(ExplosionView { before: 400, now: 500, expected_at_most: None }),
        }],
        labels: Vec::new(),
        pairs: Vec::new(),
    }
}

fn estimate(text: &str) -> EstimateView {
    EstimateView {
        series: 1000,
        memory: RANGE,
        rss: RANGE,
        agent: false,
        start: Some(RANGE),
        live_heap: RANGE,
        disk_per_day: 10 << 20,
        disk: RANGE,
        wal: RANGE,
        samples_per_second: 66.7,
        server: text.to_owned(),
        breakdown: None,
        container: ContainerView { request: 1 << 30, limit: 2 << 30 },
        network: None,
        rules: None,
        live: None,
        fit: None,
        parts: vec![
            PartView { name: "series", bytes: 60 << 20 },
            PartView { name: "labels", bytes: 40 << 20 },
        ],
        notes: vec![text.to_owned()],
    }
}

fn lint(text: &str) -> LintView {
    let some = || Some(text.to_owned());
    let finding = |severity| FindingView {
        id: "RL001",
        rule: "an-example",
        severity,
        message: text.to_owned(),
        consequence: some(),
        remedy: some(),
        path: some(),
        line: Some(3),
        column: Some(5),
        end_line: Some(3),
        end_column: Some(9),
        job: some(),
        chain: some(),
        step: Some(1),
        evidence_kind: Some("proof"),
        evidence: some(),
        fix: Some(FixView {
            title: text.to_owned(),
            safe: true,
            edits: vec![EditView {
                path: text.to_owned(),
                start: 1,
                end: 2,
                text: text.to_owned(),
            }],
        }),
        fingerprint: text.to_owned(),
        snippet: Some(SnippetView { first: 2, lines: vec![text.to_owned(); 3] }),
        is_bare: false,
    };
    LintView {
        findings: vec![finding("info"), finding("warning"), finding("error")],
        summary: SummaryView { errors: 1, warnings: 1, infos: 1, files: 4 },
        files: Vec::new(),
    }
}

fn optimize(text: &str) -> OptimizeView {
    let action = |metrics: usize, labels: usize, proof: &str| ActionView {
        kind: if labels == 0 { "drop_metrics" } else { "drop_label" },
        job: text.to_owned(),
        metric: Some(text.to_owned()).filter(|_| metrics == 1),
        metrics: vec![text.to_owned(); metrics],
        labels: vec![text.to_owned(); labels],
        values: Vec::new(),
        steps: vec![text.to_owned()],
        gone: Vec::new(),
        series_saved: 100,
        series_changed: 0,
        bytes_saved: 1 << 20,
        proof: proof.to_owned(),
        reason: text.to_owned(),
        replay: ReplayView { series: 100, dropped: 100, queries: 1 },
        loss: None,
    };
    OptimizeView {
        before: FootprintView { series: 1000, rss: 100 << 20 },
        during: FootprintView { series: 1200, rss: 110 << 20 },
        after: FootprintView { series: 800, rss: 80 << 20 },
        actions: vec![action(9, 0, "proven"), action(1, 2, "proven")],
        metrics: Vec::new(),
        choices: Some(ChoicesView {
            portions: vec![PortionView {
                dropped_by: vec![0],
                series: 200,
                bytes: 2 << 20,
                labels: vec![LabelPortionView { action: 1, bytes: 1 << 20 }],
            }],
            caveat: Some(text.to_owned()),
        }),
        not_applied: vec![action(1, 1, text)],
        losses: Vec::new(),
        price: None,
        phases: Vec::new(),
        advice: Vec::new(),
        consumers_not_given: vec!["query_log"],
        queries: QueriesView { given: 1, safe: 1, others: Vec::new() },
        snapshots: 2,
        config: text.to_owned(),
    }
}

fn shard(text: &str) -> ShardView {
    let detail = |index| ShardDetailView { index, targets: 6, series: 500, rss: 60 << 20 };
    ShardView {
        shards: 2,
        dedicated: Vec::new(),
        splits: Vec::new(),
        source_labels: vec![text.to_owned()],
        imbalance: 1.1,
        balanced_imbalance: 1.01,
        least_imbalance: 1.0,
        churn: ChurnView { median: 1.2, p95: 1.4, worst: 1.6 },
        fits: false,
        replicas: 2,
        key: vec![text.to_owned()],
        mapped: 1,
        movement: Some(MovementView {
            from: 1,
            to: 2,
            targets: 6,
            series: 500,
            share: 0.5,
            during: 70 << 20,
            procedure: vec![text.to_owned()],
        }),
        shards_detail: (0..2).map(detail).collect(),
        steps: vec![text.to_owned()],
        rejected: vec![CandidateView { source_labels: vec![text.to_owned()], imbalance: 1.5 }],
        too_large: vec![TooLargeView {
            job: text.to_owned(),
            address: text.to_owned(),
            series: 400,
            rss: 90 << 20,
        }],
        rules: vec![RuleView {
            name: text.to_owned(),
            file: text.to_owned(),
            verdict: "global",
            reason: Some(text.to_owned()),
            expr: Some(text.to_owned()),
        }],
    }
}

fn usage(text: &str) -> UsageView {
    let metric = |verdict| MetricUseView {
        name: text.to_owned(),
        verdict,
        by: vec![text.to_owned()],
        selectors: 1,
        uses: Vec::new(),
        unneeded_labels: vec![text.to_owned()],
    };
    UsageView {
        queries: 30,
        consumers_given: vec!["rules"],
        consumers_not_given: vec!["query_log"],
        metrics: vec![metric("used"), metric("unused"), metric("unknown")],
        not_understood: vec![NotUnderstoodView {
            file: text.to_owned(),
            line: Some(1),
            column: Some(2),
            name: text.to_owned(),
            query: text.to_owned(),
            reason: text.to_owned(),
        }],
        left_out: Vec::new(),
    }
}

fn signals(text: &str) -> SignalsView {
    let giver = GiverView {
        exporter: "istio",
        query: text.to_owned(),
        needs: None,
        metrics: vec![GivingView { name: text.to_owned(), labels: vec![text.to_owned()] }],
        jobs: Vec::new(),
        missing: vec!["up"],
    };
    let cell = |row: &str, signal: &str, state, kept| CellView {
        layer: "network",
        row: row.to_owned(),
        signal: signal.to_owned(),
        of: text.to_owned(),
        state,
        kept,
        kept_after: kept,
        asked: Some("no"),
        givers: vec![giver.clone()],
        elsewhere: vec![ElsewhereView { exporter: "envoy", needs: None }],
    };
    let lost = LostView {
        cell: text.to_owned(),
        layer: "network",
        job: text.to_owned(),
        otherwise: false,
        step: Some(0),
        losses: vec![text.to_owned()],
    };
    SignalsView {
        summary: CellCounts::default(),
        cells: vec![
            cell("requests_source", "rate", "present", Some("lost")),
            cell("requests_source", "errors", "absent", None),
            cell("response_flags", "UO", "quiet", Some("whole")),
        ],
        lost: vec![lost.clone()],
        lost_after: Some(vec![lost]),
        won_after: None,
    }
}
