//! A cluster with a node, and the operator deployed on it.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use crate::support::unique;

/// How long anything may take.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(90);

/// Who asks for objects, in server-side apply.
const MANAGER: &str = "schema-audit-tests";

/// A running cluster, which has the images of the tests.
#[derive(Debug)]
pub struct Cluster {
    directory: PathBuf,
    kubectl: PathBuf,
}

/// The cluster of this test binary, with the operator on it.
pub fn shared() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let cluster = Cluster::start();
        cluster.deploy();
        cluster
    })
}

/// The program of the images: the one under test, or the one that `E2E_PROGRAM` names, which is measured.
pub fn program() -> String {
    std::env::var("E2E_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_schema-audit").to_owned())
}

/// A path in the repository.
pub fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

impl Cluster {
    /// Starts one, which ends with this process, and gives it the images.
    fn start() -> Self {
        let kubectl = run(&path("tests/cluster/assets"), ["kubectl"]).trim().into();
        let directory = std::env::var_os("E2E_CLUSTER").map_or_else(
            || {
                let directory = std::env::temp_dir().join(unique("schema-audit-e2e"));
                let parent = std::process::id().to_string();
                let arguments =
                    [directory.as_os_str(), "--node".as_ref(), "--with-parent".as_ref(), parent.as_ref()];
                run(&path("tests/cluster/up"), arguments);
                directory
            },
            PathBuf::from,
        );
        let this = Self { directory, kubectl };
        let cluster = &this;
        let program = program();
        let program = ["--program", program.as_str()];
        std::thread::scope(|scope| {
            scope.spawn(move || cluster.import("operator", &program));
            scope.spawn(move || cluster.import("backup", &program));
            scope.spawn(|| cluster.import("postgres", &[]));
        });
        this
    }

    /// Makes an image and gives it to the node.
    fn import(&self, image: &str, options: &[&str]) {
        let file = self.directory.join(image).with_extension("tar");
        let mut arguments = vec![OsStr::new(image), file.as_os_str()];
        arguments.extend(options.iter().map(OsStr::new));
        arguments.extend([OsStr::new("--import"), self.directory.as_os_str()]);
        run(&path("tests/cluster/image"), arguments);
    }

    /// Installs the definitions and the operator, as `README.md` says, and waits until it is ready.
    fn deploy(&self) {
        let crds = path("crds").display().to_string();
        self.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", &crds]);
        self.kubectl(&["wait", "--for=condition=Established", "--timeout=30s", "-f", &crds]);
        let overlay = path("tests/e2e/operator").display().to_string();
        let manifests = self.kubectl(&["kustomize", "--load-restrictor=LoadRestrictionsNone", &overlay]);
        let earlier = ["--namespace", "schema-audit", "get", "deployments", "--output=name"];
        let earlier = self.kubectl(&earlier);
        self.apply(&manifests);
        if !earlier.is_empty() {
            // What runs there is of an earlier image with the same name.
            self.kubectl(&["--namespace", "schema-audit", "rollout", "restart", "deployment/schema-audit"]);
        }
        let rollout = ["rollout", "status", "deployment/schema-audit", "--timeout=90s"];
        self.kubectl(&[&["--namespace", "schema-audit"], &rollout[..]].concat());
    }

    /// Makes a directory on the node that is there for a volume, and gives its path.
    pub fn volume(&self, name: &str) -> PathBuf {
        let directory = self.directory.join("node/volumes").join(name);
        std::fs::create_dir_all(&directory).expect("a directory for a volume");
        directory
    }

    /// A client for the administrator, for the runtime that calls.
    pub async fn client(&self) -> Client {
        // A process-wide choice; the operator makes it for itself.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let kubeconfig = Kubeconfig::read_from(self.kubeconfig()).expect("a kubeconfig");
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(kubeconfig, &options).await.expect("a usable kubeconfig");
        Client::try_from(config).expect("a client")
    }

    /// The file with the administrator's credentials.
    pub fn kubeconfig(&self) -> PathBuf {
        self.directory.join("kubeconfig")
    }

    /// Applies objects in YAML.
    pub fn apply(&self, yaml: &str) {
        self.kubectl_with(&["apply", "--server-side", "--field-manager", MANAGER, "-f", "-"], yaml);
    }

    /// What kubectl prints; a failure fails the test.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        self.kubectl_with(arguments, "")
    }

    /// The same with a text on standard input.
    pub fn kubectl_with(&self, arguments: &[&str], input: &str) -> String {
        self.try_kubectl(arguments, input)
            .unwrap_or_else(|error| panic!("kubectl {}: {error}", arguments.join(" ")))
    }

    /// The same, where it may fail: then with what it says about that.
    pub fn try_kubectl(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        let mut kubectl = Command::new(&self.kubectl)
            .args(arguments)
            .env("KUBECONFIG", self.kubeconfig())
            .env("KUBECACHEDIR", self.directory.join("kubectl-cache"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kubectl");
        kubectl.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("kubectl reads");
        let output = kubectl.wait_with_output().expect("kubectl");
        let (text, error) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if output.status.success() { Ok(text.into_owned()) } else { Err(format!("{error}{text}")) }
    }

    /// What one wants to see when a test waited in vain.
    pub fn tell(&self) -> String {
        [
            &["get", "pods,jobs,schemaaudits", "--all-namespaces", "--output=wide"][..],
            &["get", "events", "--all-namespaces"],
            &["--namespace", "schema-audit", "logs", "deployment/schema-audit", "--tail=40"],
        ]
        .map(|arguments| {
            let output =
                Command::new(&self.kubectl).args(arguments).env("KUBECONFIG", self.kubeconfig()).output();
            output.map_or_else(
                |error| error.to_string(),
                |output| String::from_utf8_lossy(&output.stdout).into_owned(),
            )
        })
        .join("\n")
    }
}

/// Runs a script, and gives what it prints.
fn run<T: AsRef<OsStr>>(script: &Path, arguments: impl IntoIterator<Item = T>) -> String {
    let output = Command::new(script)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", script.display()));
    assert!(output.status.success(), "{} failed", script.display());
    String::from_utf8(output.stdout).expect("the script prints text")
}
