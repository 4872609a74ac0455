//! Why the Job of a migration does not run yet, where that is more than a matter of seconds.

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Pod, PodStatus};

use crate::api::condition::cut;

/// Why a Job that neither runs nor is over does not run, by its latest pod, if it has one. The same cause gives the same
/// words.
pub(super) fn why(job: &Job, latest: Option<&Pod>) -> Option<String> {
    match latest {
        Some(pod) => pod.status.as_ref().and_then(amiss),
        None => without_pod(job),
    }
}

/// Why there is no pod. The Job's controller tells what refused one in events alone, which the operator may not read; but
/// it sets the time of the start together with what came of making a pod (`syncJob` in kube-controller-manager).
fn without_pod(job: &Job) -> Option<String> {
    let status = job.status.as_ref()?;
    let is_suspended =
        status.conditions.iter().flatten().any(|it| it.type_ == "Suspended" && it.status == "True");
    if is_suspended {
        return Some(
            "the Job is suspended, by a queue for Jobs or a person who set its spec.suspend".to_owned(),
        );
    }
    status.start_time.as_ref()?;
    let name = job.metadata.name.as_deref().unwrap_or_default();
    let namespace = job.metadata.namespace.as_deref().unwrap_or_default();
    Some(format!(
        "it has no pod; what refuses one (a quota or a policy, say) is told by: kubectl describe job {name} --namespace \
         {namespace}"
    ))
}

/// Why a pod does not start, where that is more than a matter of seconds. The same cause gives the same words, however
/// often the kubelet renames it.
fn amiss(status: &PodStatus) -> Option<String> {
    let containers = [&status.init_container_statuses, &status.container_statuses];
    let waiting = containers.into_iter().flatten().flatten().filter_map(|container| {
        let reason = container.state.as_ref()?.waiting.as_ref()?.reason.as_deref()?;
        let image = &container.image;
        match reason {
            "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull" => {
                Some(format!("the image {image} of container {} cannot be pulled", container.name))
            }
            "CreateContainerConfigError" => {
                Some(format!("container {} refers to something that is not there", container.name))
            }
            _ => None,
        }
    });
    let unschedulable = status.conditions.iter().flatten().find(|condition| {
        condition.type_ == "PodScheduled" && condition.reason.as_deref() == Some("Unschedulable")
    });
    waiting.chain(unschedulable.map(|condition| no_node(condition.message.as_deref()))).next()
}

/// The most that is said of the scheduler's words, in bytes.
const LONGEST_CAUSE: usize = 300;

/// Why no node takes a pod, in the words of the scheduler. What it says behind that is about other pods that could make
/// room.
fn no_node(message: Option<&str>) -> String {
    let why = message.unwrap_or_default().split(" preemption: ").next().unwrap_or_default();
    let why = why.trim_end_matches(['.', ' ']);
    if why.is_empty() {
        return "no node takes its pod".to_owned();
    }
    format!("no node takes its pod: {}", cut(why.to_owned(), LONGEST_CAUSE))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn job(status: &Value) -> Job {
        let metadata = json!({"namespace": "shop", "name": "shop-1-7"});
        serde_json::from_value(json!({"metadata": metadata, "status": status})).unwrap()
    }

    fn why_with(pod: &Value) -> Option<String> {
        let pod: Pod = serde_json::from_value(json!({"metadata": {}, "status": pod})).unwrap();
        why(&job(&json!({"startTime": "2026-01-01T00:00:00Z"})), Some(&pod))
    }

    #[test]
    fn a_job_without_a_pod_says_where_the_cause_is_told() {
        assert_eq!(why(&job(&json!({})), None), None, "its controller did not look at it yet");
        let refused = job(&json!({"startTime": "2026-01-01T00:00:00Z"}));
        let told = why(&refused, None).unwrap();
        assert!(told.ends_with("kubectl describe job shop-1-7 --namespace shop"), "{told}");
        let suspended = json!({"conditions": [{"type": "Suspended", "status": "True"}]});
        let told = why(&job(&suspended), None).unwrap();
        assert!(told.contains("spec.suspend"), "{told}");
    }

    #[test]
    fn a_pod_that_no_node_takes_says_why_in_the_words_of_the_scheduler() {
        let pending = |message: Option<&str>| {
            let condition = json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message});
            why_with(&json!({"conditions": [condition]})).unwrap()
        };
        assert_eq!(pending(None), "no node takes its pod");
        let claim = "0/1 nodes are available: persistentvolumeclaim \"backups\" not found";
        for behind in ["", ". not found", ". preemption: 0/1 nodes are available: 1 No preemption victims."] {
            let told = pending(Some(&format!("{claim}{behind}")));
            assert!(told.starts_with(&format!("no node takes its pod: {claim}")), "{told}");
            assert!(!told.contains("preemption") && !told.ends_with('.'), "{told}");
        }
        assert!(pending(Some(&"x".repeat(5000))).len() < 400);
    }

    #[test]
    fn a_pod_that_cannot_start_says_why_in_the_same_words() {
        let pending = |reason: &str| {
            let state = json!({"waiting": {"reason": reason, "message": "host db.secret"}});
            let container = json!({"name": "apply", "state": state, "image": "i", "imageID": "", "ready": false,
                "restartCount": 0});
            why_with(&json!({"containerStatuses": [container]}))
        };
        let told = pending("ErrImagePull").unwrap();
        assert!(told.contains("the image i of container apply"), "{told}");
        assert_eq!(pending("ImagePullBackOff"), Some(told));
        assert_eq!(pending("ContainerCreating"), None);
    }
}
