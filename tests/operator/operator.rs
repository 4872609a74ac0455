//! An operator: the real binary, as a process.

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::cluster::{self, Cluster};
use crate::support::unique;

/// The label of audits that the shared operator leaves alone.
pub const OWN_OPERATOR: &str = "own-operator";

/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A running operator; it ends with this value, and with this process.
pub struct Operator {
    /// A shell that passes the end of this process on to the operator: its standard input closes with it.
    shell: Child,
    log: PathBuf,
    metrics: SocketAddr,
    health: SocketAddr,
}

/// The operator of this test binary, for all audits without the label [`OWN_OPERATOR`], with the rights that
/// `deploy/operator.yaml` gives it.
pub async fn shared() -> &'static Operator {
    static OPERATOR: OnceLock<Operator> = OnceLock::new();
    static STARTING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _starting = STARTING.lock().await;
    if let Some(operator) = OPERATOR.get() {
        return operator;
    }
    let cluster = cluster::shared();
    cluster.install_definitions().await;
    let deployed = cluster.as_deployed().await;
    let operator = Operator::start(&deployed, &["--watch-label-selector", &format!("!{OWN_OPERATOR}")]).await;
    operator.wait_until_ready().await;
    OPERATOR.get_or_init(|| operator)
}

/// The label of audits whose migrations the operator of [`migrating`] launches.
pub const MIGRATING: &str = "migrating";

/// The operator of this test binary that launches migrations, for audits whose label [`OWN_OPERATOR`] is [`MIGRATING`].
pub async fn migrating() -> &'static Operator {
    static OPERATOR: OnceLock<Operator> = OnceLock::new();
    static STARTING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    shared().await;
    let _starting = STARTING.lock().await;
    if let Some(operator) = OPERATOR.get() {
        return operator;
    }
    let operator = start_migrating(MIGRATING).await;
    OPERATOR.get_or_init(|| operator)
}

/// An operator that launches migrations, for audits with this value of the label [`OWN_OPERATOR`].
pub async fn start_migrating(label: &str) -> Operator {
    let deployed = cluster::shared().as_migrating().await;
    let selector = format!("{OWN_OPERATOR}={label}");
    let arguments = [
        "--watch-label-selector",
        &selector,
        "--allow-migrations",
        "--migration-image",
        "registry.local/schema-audit:test",
        "--backup-image",
        "registry.local/schema-audit-backup:test",
    ];
    let operator = Operator::start(&deployed, &arguments).await;
    operator.wait_until_ready().await;
    operator
}

/// An operator that launches none, for audits with this value of the label [`OWN_OPERATOR`].
pub async fn start_without_migrations(label: &str) -> Operator {
    let deployed = cluster::shared().as_deployed().await;
    let operator =
        Operator::start(&deployed, &["--watch-label-selector", &format!("{OWN_OPERATOR}={label}")]).await;
    operator.wait_until_ready().await;
    operator
}

/// Runs a program, and ends it when standard input closes. (What bash runs in the background has no standard input of
/// its own: hence the copy.)
const GUARD: &str = r#"exec 3<&0; "$@" 3<&- & child=$!; { cat <&3 >/dev/null; kill $child 2>/dev/null; } & exec 3<&-; wait $child"#;

impl Operator {
    /// Starts one with these arguments, a heartbeat of zero and ports that the system chooses.
    pub async fn start(cluster: &Cluster, arguments: &[&str]) -> Self {
        let log = std::env::temp_dir().join(unique("schema-audit-operator")).with_extension("log");
        let file = File::create(&log).expect("a log file");
        let shell = Command::new("bash")
            .args(["-c", GUARD, "guard", env!("CARGO_BIN_EXE_schema-audit"), "run"])
            .args(["--metrics-address", "127.0.0.1:0", "--health-address", "127.0.0.1:0"])
            .args(["--log-format", "json", "--log-level", "info,schema_audit=debug"])
            .args(["--status-heartbeat", "0s"])
            .args(arguments)
            .env("KUBECONFIG", &cluster.kubeconfig)
            .env("POD_NAME", "operator-under-test")
            .stdin(Stdio::piped())
            .stdout(file.try_clone().expect("a log file"))
            .stderr(file)
            .spawn()
            .expect("bash");
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut operator = Self { shell, log, metrics: nowhere, health: nowhere };
        let started = operator.wait_for_line("Started the operator").await;
        let address = |name: &str| started[name].as_str().expect("an address").parse().expect("an address");
        (operator.metrics, operator.health) = (address("metrics_at"), address("health_at"));
        operator
    }

    /// Everything it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("the log")
    }

    async fn wait_for_line(&self, message: &str) -> serde_json::Value {
        let start = Instant::now();
        loop {
            let log = self.log();
            let lines = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
            if let Some(line) = lines.into_iter().find(|line| line["message"] == message) {
                return line;
            }
            assert!(start.elapsed() < PATIENCE, "no line {message:?} in {log}");
            tokio::task::yield_now().await;
        }
    }

    /// Waits until `/readyz` says so.
    pub async fn wait_until_ready(&self) {
        let start = Instant::now();
        while self.readyz().await.0 != 200 {
            assert!(start.elapsed() < PATIENCE, "not ready: {:?}\n{}", self.readyz().await, self.log());
        }
    }

    /// Status code and text of `/readyz`.
    pub async fn readyz(&self) -> (u16, String) {
        get(self.health, "/readyz").await
    }

    /// Status code and text of `/healthz`.
    pub async fn healthz(&self) -> (u16, String) {
        get(self.health, "/healthz").await
    }

    /// A scrape.
    pub async fn metrics(&self) -> String {
        let (code, text) = get(self.metrics, "/metrics").await;
        assert_eq!(code, 200, "{text}");
        text
    }

    /// The value of a metric, by its whole line in front of the value.
    pub async fn metric(&self, series: &str) -> Option<f64> {
        let text = self.metrics().await;
        let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.map(|value| value.parse().expect("a number"))
    }

    /// Ends it as Kubernetes does, and gives its exit status and how long that took.
    pub fn terminate(mut self) -> (ExitStatus, Duration) {
        let start = Instant::now();
        self.close();
        let status = self.shell.wait().expect("the end of the operator");
        (status, start.elapsed())
    }

    fn close(&mut self) {
        // The guard sends SIGTERM when its standard input closes.
        if let Some(mut stdin) = self.shell.stdin.take() {
            let _ = stdin.flush();
        }
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.close();
        let _ = self.shell.wait();
    }
}

async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.expect("the operator listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: operator\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let code = head.split(' ').nth(1).expect("a status").parse().expect("a number");
    (code, body.to_owned())
}
