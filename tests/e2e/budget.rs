//! From an approval to a verified result: how long each step takes, and whose time that is. `benches/run approval` measures
//! with a release build and nothing beside, against the budgets; in the tier it is one run, which shares the machine with
//! other tests, and no time is judged.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::StreamExt;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ContainerState, Pod};
use kube::api::{LogParams, Patch, PatchParams};
use kube::runtime::{WatchStreamExt, watcher};
use schema_audit::api::SchemaAudit;
use schema_audit::api::condition::{ConditionType, is_true};
use schema_audit::api::migration_status::MigrationPhase;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::cluster::program;
use crate::jobs;
use crate::postgres;
use crate::shop::{last, migration, phase, shop};
use crate::support::{Database, unique};
use crate::world::World;

/// What is waited for, in its order; of each, what it is and whether it is ours to make faster.
const STEPS: [(&str, bool); 7] = [
    ("the operator creates the Job", true),
    ("the Job controller creates the pod", false),
    ("the pod is on a node", false),
    ("its container runs", false),
    ("its container ended", false),
    ("the Job is over", false),
    ("the operator verified it", true),
];

/// What a run came to: the time of each step, and of `apply` by itself.
struct Run {
    steps: Vec<Duration>,
    /// From the first line of its log in the pod to the last one.
    apply_in_pod: Duration,
    /// The same work by the same program on this machine, with its start and its end.
    apply: Duration,
}

impl Run {
    /// From the approval to the end of the Job.
    fn finished(&self) -> Duration {
        self.steps[..STEPS.len() - 1].iter().sum()
    }

    /// What would be left if pods took no time.
    fn ours(&self) -> Duration {
        let steps = STEPS.iter().zip(&self.steps).filter(|((_, ours), _)| *ours);
        steps.map(|(_, took)| *took).sum::<Duration>() + self.apply.max(self.apply_in_pod)
    }
}

/// When each step was seen for the first time, by watches: the API server's own times are in whole seconds.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<BTreeMap<usize, Instant>>>);

impl Seen {
    /// Watches the objects of a kind; `reached` are the steps that an object shows.
    fn watch<K>(&self, world: &World, reached: impl Fn(&K) -> Vec<usize> + Send + 'static) -> JoinHandle<()>
    where
        K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + DeserializeOwned
            + Send
            + 'static,
    {
        let (seen, api) = (self.clone(), world.api::<K>());
        tokio::spawn(async move {
            let mut objects = Box::pin(watcher(api, watcher::Config::default()).applied_objects());
            while let Some(object) = objects.next().await {
                let now = Instant::now();
                let steps = object.map(|object| reached(&object)).unwrap_or_default();
                let mut seen = seen.0.lock().expect("nobody panicked");
                for step in steps {
                    seen.entry(step).or_insert(now);
                }
            }
        })
    }

    /// How long each step took; one that was seen with or before the one before it took no time.
    fn steps(&self, start: Instant) -> Vec<Duration> {
        let seen = self.0.lock().expect("nobody panicked");
        let mut reached = start;
        let took = (0..STEPS.len()).map(|step| {
            let at = seen[&step].max(reached);
            let took = at - reached;
            reached = at;
            took
        });
        took.collect()
    }
}

fn of_pod(pod: &Pod) -> Vec<usize> {
    let Some(status) = &pod.status else { return vec![1] };
    let is_placed = status
        .conditions
        .iter()
        .flatten()
        .any(|condition| condition.type_ == "PodScheduled" && condition.status == "True");
    let containers = status.container_statuses.iter().flatten();
    let containers: Vec<&ContainerState> = containers.filter_map(|it| it.state.as_ref()).collect();
    let runs = containers.iter().any(|state| state.running.is_some() || state.terminated.is_some());
    let ended = containers.iter().any(|state| state.terminated.is_some());
    let steps = [(1, true), (2, is_placed), (3, runs), (4, ended)];
    steps.into_iter().filter(|(_, reached)| *reached).map(|(step, _)| step).collect()
}

async fn run() -> Run {
    let database = Database::on(postgres::shared());
    let sql = "create table orders (id bigint primary key);";
    let world = shop(&database, sql, &json!({"mode": "Manual"})).await;
    let waiting = phase(&world, "shop", MigrationPhase::AwaitingApproval).await;
    let plan = migration(&waiting).plan.expect("a plan").digest;

    let seen = Seen::default();
    let watches = [
        seen.watch::<Job>(&world, |job| if jobs::ended(job) { vec![0, 5] } else { vec![0] }),
        seen.watch::<Pod>(&world, of_pod),
        seen.watch::<SchemaAudit>(&world, |audit| {
            let conditions = audit.status.as_ref().map(|status| &status.conditions[..]).unwrap_or_default();
            let is_verified = migration(audit).phase == MigrationPhase::Succeeded
                && is_true(conditions, ConditionType::Ready);
            if is_verified { vec![6] } else { Vec::new() }
        }),
    ];
    let patch = json!({"spec": {"migration": {"approval": {"plan": plan, "by": "admin"}}}});
    let start = Instant::now();
    let audits = world.api::<SchemaAudit>();
    audits.patch("shop", &PatchParams::default(), &Patch::Merge(&patch)).await.expect("an approval");
    let done = phase(&world, "shop", MigrationPhase::Succeeded).await;
    while seen.0.lock().expect("nobody panicked").len() < STEPS.len() {
        tokio::task::yield_now().await;
    }
    for watch in watches {
        watch.abort();
    }
    assert_eq!(database.query("select count(*) from orders"), ["0"]);
    let apply_in_pod = by_its_log(&world, &last(&done).name).await;
    Run { steps: seen.steps(start), apply_in_pod, apply: alone(sql) }
}

/// How long `apply` ran in the pod of a Job, by the times that the node gave to the lines of its log.
async fn by_its_log(world: &World, job: &str) -> Duration {
    let pod = world.pods_of(job).await.remove(0);
    let parameters = LogParams { timestamps: true, ..LogParams::default() };
    let name = pod.metadata.name.unwrap_or_default();
    let log = world.api::<Pod>().logs(&name, &parameters).await.expect("a log");
    let times: Vec<jiff::Timestamp> =
        log.lines().filter_map(|line| line.split(' ').next()?.parse().ok()).collect();
    let (first, last) = (times.first().expect("a line"), times.last().expect("a line"));
    last.duration_since(*first).try_into().expect("lines in their order")
}

/// How long the same takes without a pod.
fn alone(sql: &str) -> Duration {
    let directory = std::env::temp_dir().join(unique("schema-audit-budget"));
    std::fs::create_dir_all(&directory).expect("a directory");
    std::fs::write(directory.join("core.sql"), sql).expect("a file");
    let database = Database::on(postgres::shared());
    let start = Instant::now();
    let applied = Command::new(program())
        .args(["apply", "--yes", "--features"])
        .arg(&directory)
        .env("DATABASE_URL", database.url())
        .output()
        .expect("the program");
    let took = start.elapsed();
    std::fs::remove_dir_all(&directory).expect("a directory");
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    took
}

/// `least / median / most` in milliseconds.
fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |index: usize| times[index].as_millis();
    format!("{:>6} / {:>6} / {:>6}", at(0), at(times.len() / 2), at(times.len() - 1))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_approved_is_there_and_every_step_on_the_way_is_seen() {
    let measures = std::env::var("E2E_APPROVALS").ok().map(|runs| runs.parse().expect("a number"));
    let mut runs = Vec::new();
    for _ in 0..measures.unwrap_or(1) {
        runs.push(Box::pin(run()).await);
    }
    let of = |time: &dyn Fn(&Run) -> Duration| spread(runs.iter().map(time).collect());
    println!("{:<55} least / median / most, in ms, of {} runs", "", runs.len());
    for (number, (step, ours)) in STEPS.iter().enumerate() {
        let whose = if *ours { " (ours)" } else { "" };
        println!("{:<55} {}", format!("{step}{whose}"), of(&|run| run.steps[number]));
    }
    println!("{:<55} {}", "apply in the pod, from its first line to its last", of(&|run| run.apply_in_pod));
    println!("{:<55} {}", "apply without a pod, from its start to its end", of(&|run| run.apply));
    println!("{:<55} {}", "from the approval to the end of the Job", of(&Run::finished));
    println!("{:<55} {}", "of which, with the audit after it, ours", of(&Run::ours));
    // A build without optimization, beside nine other tests, is no measure of it.
    if measures.is_some() {
        let slowest = runs.iter().map(Run::finished).max().unwrap_or_default();
        assert!(slowest < Duration::from_secs(10), "{slowest:?}");
        let mut ours: Vec<Duration> = runs.iter().map(Run::ours).collect();
        ours.sort_unstable();
        let median = ours[ours.len() / 2];
        assert!(median < Duration::from_secs(1), "{median:?}");
    }
}
