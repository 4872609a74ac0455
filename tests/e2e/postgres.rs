//! A PostgreSQL server in a pod, behind a Service; this machine reaches the Service by the same address as pods do.

use std::sync::OnceLock;
use std::time::Instant;

use crate::cluster::{self, PATIENCE};
use crate::support::{Database, Server};

/// The image with the server and its clients, `pg_dump` included.
pub const IMAGE: &str = "registry.local/postgres:test";

/// The version of that server.
pub const MAJOR: u32 = 18;

const POD: &str = r"
apiVersion: v1
kind: Namespace
metadata: {name: postgres}
---
apiVersion: v1
kind: Pod
metadata: {name: postgres, namespace: postgres, labels: {app: postgres}}
spec:
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 5
  securityContext: {runAsUser: 999, runAsGroup: 999, fsGroup: 999}
  containers:
  - name: postgres
    image: registry.local/postgres:test
    imagePullPolicy: Never
    env: [{name: POSTGRES_PASSWORD, value: password-of-postgres}]
    readinessProbe: {tcpSocket: {port: 5432}, periodSeconds: 1}
    volumeMounts: [{name: data, mountPath: /data}, {name: small, mountPath: /small}]
  volumes:
  - {name: data, emptyDir: {}}
  - {name: small, emptyDir: {medium: Memory, sizeLimit: 4Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: postgres, namespace: postgres}
spec:
  selector: {app: postgres}
  ports: [{port: 5432}]
";

/// The server of this test binary.
pub fn shared() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let cluster = cluster::shared();
        cluster.apply(POD);
        cluster.kubectl(&[
            "-n",
            "postgres",
            "wait",
            "pod/postgres",
            "--for=condition=Ready",
            "--timeout=60s",
        ]);
        let address =
            cluster.kubectl(&["-n", "postgres", "get", "service/postgres", "-o=jsonpath={.spec.clusterIP}"]);
        let url = format!("postgres://postgres:password-of-postgres@{address}:5432/postgres?sslmode=disable");
        let server = Server::at(&url);
        // kube-proxy hears of the pod a moment after the pod is ready.
        let start = Instant::now();
        while !server.answers() {
            assert!(
                start.elapsed() < PATIENCE,
                "the Service of PostgreSQL leads nowhere\n{}",
                cluster.tell()
            );
        }
        server
    })
}

/// Runs a script of psql in the pod of the server.
pub fn psql(database: &Database, script: &str) {
    let psql =
        ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--username=postgres", "--host=/data"];
    let exec = ["--namespace", "postgres", "exec", "--stdin", "postgres", "--"];
    let arguments = [&exec[..], &psql, &["--dbname", database.name()]].concat();
    cluster::shared().kubectl_with(&arguments, script);
}
