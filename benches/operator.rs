//! What the operator costs: resident memory with no audit and with a hundred, and the time from the creation of a
//! SchemaAudit to the first findings in its status.
//!
//! `benches/run` starts a control plane and a server and calls this with `KUBECONFIG` and `BENCH_DATABASE_URL`.
#![allow(missing_docs, reason = "a program to run, not a library")]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "it measures or fails"
)]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use kube::api::{Api, DynamicObject, ObjectMeta, Patch, PatchParams, PostParams, WatchParams};
use kube::core::{ApiResource, GroupVersionKind, WatchEvent};
use kube::runtime::wait::{await_condition, conditions::is_crd_established};
use serde_json::json;

use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

const AUDITS: usize = 100;

fn main() {
    let url = std::env::var("BENCH_DATABASE_URL")
        .expect("BENCH_DATABASE_URL names a server; benches/run starts one");
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(measure(&url));
}

/// The operator, killed when it goes out of scope.
struct Operator(Child);

impl Operator {
    fn start(health: u16) -> Self {
        let address = |port: u16| format!("127.0.0.1:{port}");
        let child = Command::new(env!("CARGO_BIN_EXE_schema-audit"))
            .args(["run", "--metrics-address", &address(free_port()), "--health-address", &address(health)])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }

    /// What is resident, and how much of that are pages of the program's file, which the system may drop: how many it
    /// maps at once is its own affair.
    fn resident(&self) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let mebibytes = |field: &str| {
            let line = status.lines().find(|line| line.starts_with(field)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
        };
        let (all, of_file) = (mebibytes("VmRSS:"), mebibytes("RssFile:"));
        format!("{all:.1} MiB, {of_file:.1} MiB of it the program's file")
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn measure(url: &str) {
    let client = kube::Client::try_default().await.unwrap();
    define_resources(&client).await;
    let health = free_port();
    let operator = Operator::start(health);
    until_ready(health).await;
    // Memory is read when the start-up work is done.
    tokio::time::sleep(Duration::from_secs(5)).await;
    println!("operator, resident with 0 audits (budget 20 MiB): {}", operator.resident());

    let mut times = Vec::new();
    prepare(&client, url).await;
    for number in 0..AUDITS {
        times.push(first_findings(&client, number).await.as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    println!(
        "from creation to the first findings: median {:.0} ms (budget 100), 9 of 10 within {:.0} ms, worst {:.0} ms",
        times[AUDITS / 2],
        times[AUDITS * 9 / 10],
        times[AUDITS - 1]
    );
    tokio::time::sleep(Duration::from_secs(30)).await;
    println!("operator, resident with {AUDITS} audits (budget 25 MiB): {}", operator.resident());
}

async fn define_resources(client: &kube::Client) {
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/crds")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let crd: CustomResourceDefinition = serde_saphyr::from_str(&text).unwrap();
        let name = crd.metadata.name.clone().unwrap();
        api.patch(&name, &PatchParams::apply("bench").force(), &Patch::Apply(&crd)).await.unwrap();
        await_condition(api.clone(), &name, is_crd_established()).await.unwrap();
    }
}

async fn until_ready(health: u16) {
    for _ in 0..300 {
        let answer = Command::new("curl")
            .args(["-sf", &format!("http://127.0.0.1:{health}/readyz")])
            .output()
            .unwrap();
        if answer.status.success() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the operator did not get ready");
}

fn resource(kind: &str, plural: &str) -> ApiResource {
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk("schemaaudit.dev", "v1alpha1", kind), plural)
}

async fn prepare(client: &kube::Client, url: &str) {
    let secret = Secret {
        metadata: ObjectMeta { name: Some("db".into()), ..ObjectMeta::default() },
        string_data: Some([("uri".to_owned(), url.to_owned())].into()),
        ..Secret::default()
    };
    Api::<Secret>::default_namespaced(client.clone()).create(&PostParams::default(), &secret).await.unwrap();
    let sql = (0..20).fold(String::new(), |sql, n| {
        sql + &format!(
            "create table t{n} (id bigint primary key, name text not null, price numeric(12,2));\n"
        )
    });
    let resource = resource("FeatureSet", "featuresets");
    let set = DynamicObject::new("bench", &resource).data(json!({
        "spec": {"version": "1", "features": [{"name": "bench", "sql": [{"inline": sql}]}]}
    }));
    Api::<DynamicObject>::default_namespaced_with(client.clone(), &resource)
        .create(&PostParams::default(), &set)
        .await
        .unwrap();
}

/// Creates an audit and waits for counts in its status.
async fn first_findings(client: &kube::Client, number: usize) -> Duration {
    let resource = resource("SchemaAudit", "schemaaudits");
    let api = Api::<DynamicObject>::default_namespaced_with(client.clone(), &resource);
    let name = format!("bench-{number}");
    let audit = DynamicObject::new(&name, &resource).data(json!({
        "spec": {
            "database": {"secretRef": {"name": "db"}},
            "featureSets": [{"kind": "FeatureSet", "name": "bench"}],
            "interval": "10m"
        }
    }));
    let start = Instant::now();
    let created = api.create(&PostParams::default(), &audit).await.unwrap();
    let version = created.metadata.resource_version.unwrap();
    let only = WatchParams::default().fields(&format!("metadata.name={name}"));
    let mut events = std::pin::pin!(api.watch(&only, &version).await.unwrap());
    while let Some(event) = events.try_next().await.unwrap() {
        if let WatchEvent::Modified(object) = event
            && object
                .data
                .pointer("/status/summary/required")
                .is_some_and(|required| required.as_u64() > Some(0))
        {
            return start.elapsed();
        }
    }
    panic!("the watch ended without findings");
}
