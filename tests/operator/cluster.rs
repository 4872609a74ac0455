//! An API server, and our definitions on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use k8s_openapi::api::authentication::v1::TokenRequest;
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::conditions::is_crd_established;
use kube::runtime::wait::await_condition;
use kube::{Api, Client, Config};

use crate::support::unique;

/// A running API server.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// How to reach it as its administrator.
    pub kubeconfig: PathBuf,
}

/// The API server of this test binary, without our definitions until somebody installs them.
pub fn shared() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| match std::env::var_os("KUBECONFIG") {
        Some(kubeconfig) => Cluster { kubeconfig: kubeconfig.into() },
        None => Cluster::start(),
    })
}

impl Cluster {
    /// Starts one, which ends with this process.
    pub fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/up");
        let directory = std::env::temp_dir().join(unique("schema-audit-cluster"));
        let status = Command::new(&script)
            .arg(&directory)
            .args(["--with-parent", &std::process::id().to_string()])
            .stdout(Stdio::null())
            .status()
            .unwrap_or_else(|error| panic!("{}: {error}", script.display()));
        assert!(status.success(), "{} failed", script.display());
        Self { kubeconfig: directory.join("kubeconfig") }
    }

    /// The same API server for the service account of `deploy/operator.yaml`, with no right but those given there.
    pub async fn as_deployed(&self) -> Self {
        self.deploy("deploy/operator.yaml", |_| {}).await;
        self.as_service_account("schema-audit", "schema-audit").await
    }

    /// The same API server for an operator that launches migrations: another service account, with the rights of
    /// `deploy/operator.yaml` and of `deploy/migrations/rbac.yaml`.
    pub async fn as_migrating(&self) -> Self {
        let account = "schema-audit-migrating";
        let for_account = |object: &mut DynamicObject| {
            let kind = object.types.clone().expect("a kind").kind;
            if let ("ClusterRoleBinding", Some(name)) = (&*kind, &mut object.metadata.name) {
                name.push_str("-of-migrating");
                object.data["subjects"][0]["name"] = account.into();
            }
            if kind == "ServiceAccount" {
                object.metadata.name = Some(account.to_owned());
            }
        };
        self.deploy("deploy/operator.yaml", for_account).await;
        self.deploy("deploy/migrations/rbac.yaml", for_account).await;
        self.as_service_account("schema-audit", account).await
    }

    /// Applies the objects of a manifest, apart from its Deployment, changed like this.
    pub async fn deploy(&self, manifest: &str, change: impl Fn(&mut DynamicObject)) {
        let client = self.client().await;
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(manifest);
        let text = std::fs::read_to_string(path).expect("a manifest");
        for document in text.split("\n---\n") {
            let mut object: DynamicObject = serde_saphyr::from_str(document).expect("an object");
            change(&mut object);
            let types = object.types.clone().expect("a kind");
            if types.kind == "Deployment" {
                continue;
            }
            let resource = ApiResource::from_gvk(&types.try_into().expect("a group and a version"));
            let api: Api<DynamicObject> = match &object.metadata.namespace {
                Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
                None => Api::all_with(client.clone(), &resource),
            };
            let name = object.metadata.name.clone().expect("a name");
            let parameters = PatchParams::apply("schema-audit-tests").force();
            api.patch(&name, &parameters, &Patch::Apply(&object)).await.expect("a valid object");
        }
    }

    /// A client that acts as this user, in no group but that of all users.
    pub async fn client_of(&self, user: &str) -> Client {
        let kubeconfig = Kubeconfig::read_from(&self.kubeconfig).expect("a kubeconfig");
        let options = KubeConfigOptions::default();
        let mut config =
            Config::from_custom_kubeconfig(kubeconfig, &options).await.expect("a usable kubeconfig");
        config.auth_info.impersonate = Some(user.to_owned());
        config.auth_info.impersonate_groups = Some(vec!["system:authenticated".to_owned()]);
        Client::try_from(config).expect("a client")
    }

    /// The same API server for a service account.
    pub async fn as_service_account(&self, namespace: &str, name: &str) -> Self {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client().await, namespace);
        let (parameters, request) = (PostParams::default(), TokenRequest::default());
        let answer = accounts.create_token_request(name, &parameters, &request).await;
        let token = answer.expect("a token").status.expect("a token").token;
        let text = std::fs::read_to_string(&self.kubeconfig).expect("a kubeconfig");
        let mut kubeconfig: serde_json::Value = serde_saphyr::from_str(&text).expect("a kubeconfig");
        for user in kubeconfig["users"].as_array_mut().expect("users") {
            user["user"] = serde_json::json!({"token": token});
        }
        let path = std::env::temp_dir().join(unique("schema-audit-operator")).with_extension("kubeconfig");
        std::fs::write(&path, kubeconfig.to_string()).expect("a kubeconfig");
        Self { kubeconfig: path }
    }

    /// A client for the administrator, for the runtime that calls.
    pub async fn client(&self) -> Client {
        // A process-wide choice; the operator makes it for itself.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let kubeconfig = Kubeconfig::read_from(&self.kubeconfig).expect("a kubeconfig");
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(kubeconfig, &options).await.expect("a usable kubeconfig");
        Client::try_from(config).expect("a client")
    }

    /// Applies `crds/` and waits until the API server serves them.
    pub async fn install_definitions(&self) {
        let api: Api<CustomResourceDefinition> = Api::all(self.client().await);
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("crds");
        for file in std::fs::read_dir(directory).expect("the directory crds") {
            let text = std::fs::read_to_string(file.expect("a file").path()).expect("a readable file");
            let definition: CustomResourceDefinition = serde_saphyr::from_str(&text).expect("a definition");
            let name = definition.metadata.name.clone().expect("a name");
            let parameters = PatchParams::apply("schema-audit-tests").force();
            api.patch(&name, &parameters, &Patch::Apply(&definition)).await.expect("a valid definition");
            await_condition(api.clone(), &name, is_crd_established())
                .await
                .expect("an established definition");
        }
    }

    /// The API server's own count of requests that may change something of ours, by verb and resource.
    pub async fn writes(&self) -> Vec<String> {
        let request = axum::http::Request::get("/metrics").body(Vec::new()).expect("a request");
        let text = self.client().await.request_text(request).await.expect("the API server's metrics");
        let mut writes: Vec<String> = text
            .lines()
            .filter(|line| line.starts_with("apiserver_request_total{"))
            .filter(|line| {
                ["APPLY", "CREATE", "DELETE", "DELETECOLLECTION", "PATCH", "POST", "PUT", "UPDATE"]
                    .iter()
                    .any(|verb| line.contains(&format!("verb=\"{verb}\"")))
            })
            .filter(|line| {
                ["schemaaudits", "featuresets", "clusterfeaturesets", "configmaps", "events", "secrets"]
                    .iter()
                    .any(|resource| line.contains(&format!("resource=\"{resource}\"")))
            })
            .map(str::to_owned)
            .collect();
        writes.sort();
        writes
    }
}
