//! What a kubelet would do: there is no node in this tier. The Job controller is the real one, and makes the pods; tests say
//! in their status how they fare, or run what they say.

use std::path::{Path, PathBuf};
use std::process::Command;

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, Container, Pod, Secret, Volume};
use kube::ResourceExt;
use kube::api::{ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use crate::support::Database;
use crate::world::{World, eventually};

/// The container that applies the plan, with its image.
const APPLY: &str = "apply";

impl World {
    /// The Jobs of the namespace.
    pub async fn jobs(&self) -> Vec<Job> {
        self.api::<Job>().list(&ListParams::default()).await.expect("a list").items
    }

    /// The one Job, when it is there.
    pub async fn job(&self) -> Job {
        let jobs = eventually(|| self.jobs(), |jobs| !jobs.is_empty()).await;
        assert_eq!(jobs.len(), 1, "{jobs:#?}");
        jobs.into_iter().next().expect("a Job")
    }

    /// The pod of a Job, when its controller has made it.
    pub async fn pod(&self, job: &Job) -> Pod {
        let of_job =
            ListParams::default().labels(&format!("batch.kubernetes.io/job-name={}", job.name_any()));
        let pods = || async { self.api::<Pod>().list(&of_job).await.expect("a list").items };
        let pods = eventually(pods, |pods| !pods.is_empty()).await;
        pods.into_iter().next().expect("a pod")
    }

    /// The container that applies the plan runs, or waits for this reason.
    pub async fn pod_is(&self, job: &Job, state: Value) {
        self.pod_status(job, "Pending", APPLY, state).await;
    }

    /// The container that applies the plan ends.
    pub async fn pod_ends(&self, job: &Job, exit_code: i32, message: &Value) {
        let phase = if exit_code == 0 { "Succeeded" } else { "Failed" };
        let message = if message.is_null() { String::new() } else { message.to_string() };
        let at = "2026-01-01T00:00:00Z";
        let ended = json!({"exitCode": exit_code, "message": message, "startedAt": at, "finishedAt": at});
        self.pod_status(job, phase, APPLY, json!({"terminated": ended})).await;
    }

    /// The container that saves the database fails.
    pub async fn backup_fails(&self, job: &Job, why: &str) {
        let message = json!({"outcome": "notBegun", "message": why}).to_string();
        let ended = json!({"exitCode": 2, "message": message});
        self.pod_status(job, "Failed", "backup", json!({"terminated": ended})).await;
    }

    /// Runs the pod of a Job as it says, with the files that it mounts, and tells how it ended; gives the exit code. What
    /// an image would bring is the binary under test, and the PostgreSQL tools of this machine.
    pub async fn run_pod(&self, job: &Job) -> i32 {
        let pod = job.spec.clone().expect("a spec").template.spec.expect("a pod");
        let root = self.root_of(job);
        for volume in pod.volumes.iter().flatten() {
            self.mount(volume, &root).await;
        }
        let message = root.join("termination-log");
        for init in pod.init_containers.iter().flatten() {
            let ended = run(init, &root, &message).await;
            assert_eq!(ended, 0, "the container {} failed", init.name);
        }
        let code = run(&pod.containers[0], &root, &message).await;
        let text = std::fs::read_to_string(&message).expect("a termination message");
        std::fs::remove_dir_all(root.join("secret")).expect("the mounted Secret");
        self.pod_ends(job, code, &serde_json::from_str(&text).expect("JSON")).await;
        code
    }

    /// The backup that the pod of a Job wrote.
    pub fn backup_of(&self, job: &Job) -> PathBuf {
        let files = std::fs::read_dir(self.root_of(job).join("backup")).expect("backups");
        let files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        files.into_iter().next().expect("a backup")
    }

    /// What is the root directory for the pod of a Job.
    fn root_of(&self, job: &Job) -> PathBuf {
        std::env::temp_dir().join(format!("schema-audit-{}-{}", self.namespace, job.name_any()))
    }

    /// Writes the files of a volume, into a directory of its name.
    async fn mount(&self, volume: &Volume, root: &Path) {
        let directory = root.join(&volume.name);
        std::fs::create_dir_all(&directory).expect("a directory");
        let sources = volume.projected.iter().flat_map(|projected| projected.sources.iter().flatten());
        for source in sources {
            let mut files = std::collections::BTreeMap::new();
            if let Some(map) = &source.config_map {
                // A pod waits for what it mounts.
                let api = self.api::<ConfigMap>();
                let there = || async { api.get_opt(&map.name).await.expect("an answer") };
                let there = eventually(there, Option::is_some).await;
                let mut data = there.and_then(|map| map.binary_data).unwrap_or_default();
                for item in map.items.iter().flatten() {
                    let bytes = data.remove(&item.key).expect("a key that the volume names");
                    files.insert(item.path.clone(), bytes);
                }
            }
            if let Some(secret) = &source.secret {
                let secret = self.api::<Secret>().get(&secret.name).await.expect("a Secret");
                files.extend(secret.data.unwrap_or_default());
            }
            for (name, bytes) in files {
                std::fs::write(directory.join(name), bytes.0).expect("a file");
            }
        }
    }

    async fn pod_status(&self, job: &Job, phase: &str, container: &str, state: Value) {
        let name = self.pod(job).await.name_any();
        let status = json!({"name": container, "image": "registry.local/x", "imageID": "", "ready": false,
            "restartCount": 0, "state": state});
        let list = if container == APPLY { "containerStatuses" } else { "initContainerStatuses" };
        let patch = json!({"status": {"phase": phase, list: [status]}});
        let pods = self.api::<Pod>();
        pods.patch_status(&name, &PatchParams::default(), &Patch::Merge(&patch)).await.expect("a status");
    }
}

/// Runs a container with its mounts under `root`; gives the exit code.
async fn run(container: &Container, root: &Path, message: &Path) -> i32 {
    let mounts = container.volume_mounts.clone().unwrap_or_default();
    let inside = |text: &str| {
        let mounted = |text: String, (path, to): (&str, &Path)| text.replace(path, &to.display().to_string());
        let all = mounts.iter().map(|mount| (mount.mount_path.clone(), root.join(&mount.name)));
        let all = all.chain([("/dev/termination-log".to_owned(), message.to_owned())]);
        all.fold(text.to_owned(), |text, (path, to)| mounted(text, (&path, &to)))
    };
    assert_eq!(container.command, None, "the images have this program for their entry point");
    let mut command = Command::new(env!("CARGO_BIN_EXE_schema-audit"));
    command.args(container.args.iter().flatten().map(|argument| inside(argument)));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", root);
    for variable in container.env.iter().flatten() {
        command.env(&variable.name, inside(variable.value.as_deref().unwrap_or_default()));
    }
    let name = &container.name;
    let ended = tokio::task::spawn_blocking(move || command.output()).await.expect("a thread");
    let ended = ended.unwrap_or_else(|error| panic!("{name}: {error}"));
    let code = ended.status.code().expect("an exit code");
    // Beside the files of the pod, for whoever looks for what went wrong.
    let log = [ended.stdout, ended.stderr].concat();
    std::fs::write(root.join(format!("{name}.log")), log).expect("a log");
    code
}

/// Restores a backup into a database, and counts the rows of the table `kept`.
pub fn restored(database: &Database, dump: &Path) -> String {
    let restore = Command::new("pg_restore")
        .args(["--clean", "--if-exists", "--single-transaction"])
        .arg(format!("--dbname={}", database.url()))
        .arg(dump)
        .status()
        .expect("pg_restore");
    assert!(restore.success(), "pg_restore failed");
    database.query("select count(*) from kept").concat()
}

/// The termination message of a migration that did everything.
pub fn applied() -> Value {
    json!({"apiVersion": "schemaaudit.dev/apply/v1", "outcome": "applied", "statements": {"run": 2, "of": 2},
        "segments": {"run": 1, "of": 1}, "message": "All statements were applied"})
}
