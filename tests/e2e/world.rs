//! A namespace, and what tests put there and wait for.

use std::fmt::Debug;
use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{Namespace, Pod};
use kube::api::{LogParams, PostParams};
use kube::runtime::wait::await_condition;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::cluster::{self, Cluster, PATIENCE};
use crate::plans::Plans;
use crate::postgres;
use crate::support::{Database, unique};

/// The namespace of the operator.
pub const OPERATOR: &str = "schema-audit";

/// A namespace of its own for one test, on a cluster that has the operator.
pub struct World {
    /// The cluster that all tests share.
    pub cluster: &'static Cluster,
    /// The administrator.
    pub client: Client,
    /// The name of the namespace.
    pub namespace: String,
    /// What the operators publish in it.
    pub _plans: Plans,
}

impl World {
    /// An empty namespace.
    pub async fn new() -> Self {
        let cluster = cluster::shared();
        let client = cluster.client().await;
        let namespace = unique("e2e").replace('_', "-");
        let object = Namespace {
            metadata: kube::core::ObjectMeta { name: Some(namespace.clone()), ..Default::default() },
            ..Default::default()
        };
        Api::all(client.clone()).create(&PostParams::default(), &object).await.expect("a namespace");
        let plans = Plans::of(&client, &namespace, || postgres::MAJOR).await;
        Self { cluster, client, namespace, _plans: plans }
    }

    /// The objects of a kind in the namespace.
    pub fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// What `kubectl --namespace` prints.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        self.cluster.kubectl(&[&["--namespace", &self.namespace], arguments].concat())
    }

    /// Applies objects in YAML, in this namespace.
    pub fn apply(&self, yaml: &str) {
        let arguments = ["--namespace", &self.namespace, "apply", "--server-side", "-f", "-"];
        self.cluster.kubectl_with(&arguments, yaml);
    }

    /// Applies objects in JSON.
    pub fn apply_json(&self, object: &serde_json::Value) {
        self.apply(&object.to_string());
    }

    /// A Secret with a superuser's URL of a database, in the layout of `CloudNativePG`.
    pub fn secret_of(&self, name: &str, database: &Database) {
        let data = json!({"uri": database.url()});
        self.apply_json(
            &json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}),
        );
    }

    /// A `PersistentVolumeClaim` with a volume of its own on the node.
    pub fn claim(&self, name: &str) {
        let volume = format!("{}-{name}", self.namespace);
        let node = json!({"key": "kubernetes.io/hostname", "operator": "In", "values": ["node"]});
        let (capacity, modes) = (json!({"storage": "1Gi"}), json!(["ReadWriteOnce"]));
        self.apply_json(&json!({
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": volume},
            "spec": {
                "capacity": capacity,
                "accessModes": modes,
                "persistentVolumeReclaimPolicy": "Retain",
                "claimRef": {"namespace": self.namespace, "name": name},
                "local": {"path": self.cluster.volume(&volume)},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [node]}]}},
            },
        }));
        self.apply_json(&json!({
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": name},
            "spec": {
                "storageClassName": "",
                "volumeName": volume,
                "accessModes": modes,
                "resources": {"requests": capacity},
            },
        }));
    }

    /// An object of the namespace when it is as wanted. Fails, with what there is, when that takes too long.
    pub async fn wait_for<K>(&self, name: &str, wanted: impl Fn(&K) -> bool) -> K
    where
        K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + DeserializeOwned
            + Send
            + 'static,
    {
        wait_for(self.cluster, self.api(), name, wanted).await
    }

    /// What a container of a pod wrote.
    pub async fn logs(&self, pod: &str, container: &str) -> String {
        let parameters = LogParams { container: Some(container.to_owned()), ..LogParams::default() };
        self.api::<Pod>().logs(pod, &parameters).await.expect("the log of a pod")
    }

    /// What an HTTP server that is reached from this machine answers; `None` where nobody does.
    pub async fn get(&self, address: &str, path: &str) -> Option<String> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: operator\r\nConnection: close\r\n\r\n");
        let exchange = async {
            let mut stream = TcpStream::connect(address).await.ok()?;
            stream.write_all(request.as_bytes()).await.ok()?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.ok()?;
            Some(answer)
        };
        // A Service may lead to a pod that is gone for a moment; such a connection never comes about.
        tokio::time::timeout(Duration::from_secs(2), exchange).await.ok()?
    }

    /// The pods of a Job.
    pub async fn pods_of(&self, job: &str) -> Vec<Pod> {
        let selector =
            kube::api::ListParams::default().labels(&format!("batch.kubernetes.io/job-name={job}"));
        self.api::<Pod>().list(&selector).await.expect("a list of pods").items
    }

    /// The operator's pod when it is ready and is not the one of this uid.
    pub async fn operator_pod(&self, but_not: Option<&str>) -> Pod {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), OPERATOR);
        // Tests have operators of their own there.
        let deployed = watcher::Config::default().labels("app.kubernetes.io/name=schema-audit");
        let seen = watcher(pods, deployed).applied_objects();
        let mut seen = std::pin::pin!(seen.filter_map(|pod| async {
            pod.ok().filter(|pod| is_ready(pod) && pod.uid().as_deref() != but_not)
        }));
        match tokio::time::timeout(PATIENCE, seen.next()).await {
            Ok(pod) => pod.expect("an endless watch"),
            Err(elapsed) => panic!("no pod of the operator is ready: {elapsed}\n{}", self.cluster.tell()),
        }
    }
}

/// An object when it is as wanted.
pub async fn wait_for<K>(cluster: &Cluster, api: Api<K>, name: &str, wanted: impl Fn(&K) -> bool) -> K
where
    K: kube::Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let waiting = await_condition(api.clone(), name, |object: Option<&K>| object.is_some_and(&wanted));
    match tokio::time::timeout(PATIENCE, waiting).await {
        Ok(object) => object.expect("a working watch").expect("an object"),
        Err(_elapsed) => {
            let object = api.get(name).await;
            panic!("waited in vain for {name}; it is {object:#?}\n{}", cluster.tell());
        }
    }
}

/// Is a pod ready, and not about to end?
pub fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    pod.metadata.deletion_timestamp.is_none()
        && conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}
