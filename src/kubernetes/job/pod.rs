//! The pod of a migration: its containers, what they are given, and as whom they run.

use k8s_openapi::api::core::v1::{
    Capabilities, ConfigMapProjection, Container, KeyToPath, PersistentVolumeClaimVolumeSource,
    PodSecurityContext, PodSpec, ProjectedVolumeSource, ResourceRequirements, SeccompProfile,
    SecretProjection, SecurityContext, Volume, VolumeMount, VolumeProjection,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::{Images, backup_claim, backup_file, secret_reference};
use crate::api::SchemaAudit;
use crate::api::migration::{Migration, PodSettings};
use crate::api::secret_reference::{CaSecretReference, SecretReference};
use crate::core::migration::Run;
use crate::translate::job::{APPLY, BACKUP};

/// Where the bundle and the Secret are in the pod.
const BUNDLE_DIRECTORY: &str = "/etc/schema-audit/bundle";
const SECRET_DIRECTORY: &str = "/etc/schema-audit/secret";
const AUTHORITY_DIRECTORY: &str = "/etc/schema-audit/ca";
const BACKUP_DIRECTORY: &str = "/backup";

/// The user and group of the pod.
const NOBODY: i64 = 65532;

/// The pod of a migration, with the bundle in these `ConfigMap`s.
pub(super) fn pod(
    audit: &SchemaAudit,
    migration: &Migration,
    images: &Images,
    run: &Run,
    bundle: &[(String, String)],
    settings: PodSettings,
) -> PodSpec {
    let PodSettings {
        labels: _,
        annotations: _,
        node_selector,
        tolerations,
        resources,
        priority_class_name,
        image_pull_secrets,
    } = settings;
    let reference = secret_reference(audit, migration);
    let authority = audit.spec.database.ca_secret_ref.as_ref();
    let mut volumes = vec![secret_volume(reference), bundle_volume(bundle)];
    volumes.extend(authority.map(authority_volume));
    let common = Common {
        run,
        has_authority: authority.is_some(),
        resources: resources.unwrap_or_else(usual_resources),
    };
    let backup = backup_claim(migration).zip(images.backup.as_ref()).map(|(claim, image)| {
        volumes.push(backup_volume(claim));
        common.saving(image, &backup_file(audit, &run.job, run.started))
    });
    PodSpec {
        containers: vec![common.applying(&images.apply)],
        init_containers: backup.map(|backup| vec![backup]),
        volumes: Some(volumes),
        restart_policy: Some("Never".to_owned()),
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        service_account_name: migration.service_account_name.clone(),
        node_selector: Some(node_selector).filter(|it| !it.is_empty()),
        tolerations: Some(tolerations).filter(|it| !it.is_empty()),
        image_pull_secrets: Some(image_pull_secrets).filter(|it| !it.is_empty()),
        priority_class_name,
        security_context: Some(as_nobody()),
        ..PodSpec::default()
    }
}

/// What the containers of a migration have in common.
struct Common<'a> {
    run: &'a Run,
    /// Whether the certificates of an authority are mounted.
    has_authority: bool,
    resources: ResourceRequirements,
}

impl Common<'_> {
    fn applying(&self, image: &str) -> Container {
        Container {
            args: Some(arguments(self.run, self.has_authority)),
            termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
            ..self.container(APPLY, image, &[])
        }
    }

    fn saving(&self, image: &str, file: &str) -> Container {
        Container {
            args: Some(backup_arguments(self.run, self.has_authority, file)),
            ..self.container(BACKUP, image, &[("backup", BACKUP_DIRECTORY, false)])
        }
    }

    /// A container, with volumes beside those that each has: the name, the place, and whether it may only be read.
    fn container(&self, name: &str, image: &str, more: &[(&str, &str, bool)]) -> Container {
        let mount = |(name, path, read_only): &(&str, &str, bool)| VolumeMount {
            name: (*name).to_owned(),
            mount_path: (*path).to_owned(),
            read_only: Some(*read_only),
            ..VolumeMount::default()
        };
        let usual = [("secret", SECRET_DIRECTORY, true), ("bundle", BUNDLE_DIRECTORY, true)];
        let authority = self.has_authority.then_some(("ca", AUTHORITY_DIRECTORY, true));
        Container {
            name: name.to_owned(),
            image: Some(image.to_owned()),
            volume_mounts: Some(usual.iter().chain(more).chain(&authority).map(mount).collect()),
            resources: Some(self.resources.clone()),
            security_context: Some(restricted()),
            ..Container::default()
        }
    }
}

fn arguments(run: &Run, has_authority: bool) -> Vec<String> {
    let mut arguments = vec![
        "apply",
        "--bundle",
        BUNDLE_DIRECTORY,
        "--secret-directory",
        SECRET_DIRECTORY,
        "--expect-plan",
        &run.plan,
        "--rebuild-invalid",
        "--yes",
        "--termination-message",
        "/dev/termination-log",
    ];
    if has_authority {
        arguments.extend(["--ca-directory", AUTHORITY_DIRECTORY]);
    }
    arguments.into_iter().map(str::to_owned).collect()
}

/// What the plan touches is saved, and can be read back, before the other container begins. A backup that is there already
/// stays: the pod before this one may have begun to change the database.
fn backup_arguments(run: &Run, has_authority: bool, file: &str) -> Vec<String> {
    let mut arguments = arguments(run, has_authority);
    arguments.extend([
        "--backup-only".to_owned(),
        "--backup".to_owned(),
        format!("{BACKUP_DIRECTORY}/{file}"),
    ]);
    arguments
}

fn secret_volume(reference: &SecretReference) -> Volume {
    let secret = SecretProjection { name: reference.name.clone(), ..SecretProjection::default() };
    projected("secret", 0o440, vec![VolumeProjection { secret: Some(secret), ..VolumeProjection::default() }])
}

fn authority_volume(authority: &CaSecretReference) -> Volume {
    let CaSecretReference { name, key } = authority;
    let certificates = KeyToPath { key: key.clone(), path: key.clone(), ..KeyToPath::default() };
    let secret = SecretProjection {
        name: name.clone(),
        items: Some(vec![certificates]),
        ..SecretProjection::default()
    };
    projected("ca", 0o440, vec![VolumeProjection { secret: Some(secret), ..VolumeProjection::default() }])
}

/// Each part by its key, which holds the digest of the bundle: what somebody else puts there under another one is not
/// mounted, and under this one it is refused.
fn bundle_volume(maps: &[(String, String)]) -> Volume {
    let source = |(name, key): &(String, String)| VolumeProjection {
        config_map: Some(ConfigMapProjection {
            name: name.clone(),
            items: Some(vec![KeyToPath { key: key.clone(), path: key.clone(), ..KeyToPath::default() }]),
            ..ConfigMapProjection::default()
        }),
        ..VolumeProjection::default()
    };
    projected("bundle", 0o444, maps.iter().map(source).collect())
}

fn backup_volume(claim: &str) -> Volume {
    Volume {
        name: "backup".to_owned(),
        persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
            claim_name: claim.to_owned(),
            ..PersistentVolumeClaimVolumeSource::default()
        }),
        ..Volume::default()
    }
}

fn projected(name: &str, mode: i32, sources: Vec<VolumeProjection>) -> Volume {
    Volume {
        name: name.to_owned(),
        projected: Some(ProjectedVolumeSource { default_mode: Some(mode), sources: Some(sources) }),
        ..Volume::default()
    }
}

fn usual_resources() -> ResourceRequirements {
    let quantities = |list: &[(&str, &str)]| {
        Some(list.iter().map(|(name, value)| ((*name).to_owned(), Quantity((*value).to_owned()))).collect())
    };
    ResourceRequirements {
        requests: quantities(&[("cpu", "10m"), ("memory", "64Mi")]),
        limits: quantities(&[("memory", "256Mi")]),
        ..ResourceRequirements::default()
    }
}

/// Nobody, in one group: the files of the Secret are readable by the group alone.
fn as_nobody() -> PodSecurityContext {
    PodSecurityContext {
        run_as_non_root: Some(true),
        run_as_user: Some(NOBODY),
        run_as_group: Some(NOBODY),
        fs_group: Some(NOBODY),
        seccomp_profile: Some(SeccompProfile {
            type_: "RuntimeDefault".to_owned(),
            ..SeccompProfile::default()
        }),
        ..PodSecurityContext::default()
    }
}

fn restricted() -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        read_only_root_filesystem: Some(true),
        capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), ..Capabilities::default() }),
        ..SecurityContext::default()
    }
}
