//! Why something is as it is: one closed, documented list, used as condition reason, event reason and metric label.

use std::fmt;

/// What follows from a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Nothing is wrong.
    Fine,
    /// It may pass by itself: tried again soon, with growing pauses.
    Transient,
    /// Something that is referred to is not there yet: tried again soon, and at once when it appears.
    Waiting,
    /// A person must act. Tried again at the interval all the same, because people act outside of the cluster too.
    Stalled,
}

impl Class {
    /// Every class.
    pub const ALL: &'static [Self] = &[Self::Fine, Self::Transient, Self::Waiting, Self::Stalled];

    /// The name in documents and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fine => "Fine",
            Self::Transient => "Transient",
            Self::Waiting => "Waiting",
            Self::Stalled => "Stalled",
        }
    }
}

macro_rules! reasons {
    ($($variant:ident, $class:ident, $doc:literal;)+) => {
        /// The reasons, in the order of their documentation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $(#[doc = $doc] $variant,)+ }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name, one word in CamelCase: the form of conditions, events and metric labels.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => stringify!($variant),)+ } }

            /// What follows from it.
            #[must_use]
            pub const fn class(self) -> Class { match self { $(Self::$variant => Class::$class,)+ } }

            /// What it means and what to do, in sentences.
            #[must_use]
            pub const fn explanation(self) -> &'static str { match self { $(Self::$variant => $doc,)+ } }
        }
    };
}

reasons! {
    AuditSucceeded, Fine, "The database was read. With `enforcement: Enforce` it also carries all that is required.";
    Succeeded, Fine, "The feature set was read in whole.";
    Suspended, Fine, "`spec.suspend` is true, so no audit runs. Set it to false to go on.";
    BaselineAccepted, Fine, "What the database holds is the baseline now, which drift is compared with: a first compliant audit accepted it, or a person did with the annotation `schemaaudit.dev/acceptDrift`.";
    BaselineRecreated, Fine, "A compliant audit made the baseline again, because its ConfigMap was gone, or was made by another version or on another major version of PostgreSQL. What changed since the last audit before that was not seen.";
    ProgressingWithRetry, Transient, "An audit that was due at once (a first one, a new generation, a requested one) failed, and is tried again.";

    ComponentsMissing, Stalled, "At least one required component is not in the database. Create it, or correct the feature set.";
    ComponentsDifferent, Stalled, "At least one component is there with another shape than the feature set declares. Change the database or the feature set.";
    ComponentsDrifted, Stalled, "At least one component still has its shape, but is not as it was when it was last accepted. Change the database back, or accept what it holds now: give the SchemaAudit the annotation `schemaaudit.dev/acceptDrift` with a new value.";
    ComponentsUnknown, Waiting, "Nothing is known to be missing, but at least one component could not be seen or decided. Each finding says why and, where there is one, the remedy.";
    BaselineUnreadable, Stalled, "What the ConfigMap with the accepted state holds is no baseline, so that drift cannot be decided. Restore it; or delete it, so that the next compliant audit makes it again; or accept what the database holds now: give the SchemaAudit the annotation `schemaaudit.dev/acceptDrift` with a new value.";

    ConfigMapUnwritable, Stalled, "The API server takes no other content for a ConfigMap that the operator keeps, the report or the accepted state: somebody made it immutable. Delete the one that the message names; the next audit makes it anew. What was found is in the status all the same.";

    NothingToMigrate, Fine, "There is nothing to run: the database carries everything, or no statement of the feature sets makes what it lacks.";
    MigrationPlanned, Fine, "There is a plan, and with `spec.migration.mode: Never` it is only shown, in the ConfigMap that `status.migration.plan` names.";
    MigrationsSwitchedOff, Stalled, "There is a plan, and this operator launches none: it was not started with `--allow-migrations`.";
    MigrationBlocked, Stalled, "There is a plan, and something keeps it from being run: a privilege, an extension, a feature set that cannot be read. The message and the plan say what to do.";
    AwaitingApproval, Waiting, "There is a plan that a person must allow: set `spec.migration.approval` to its digest, `status.migration.plan.digest`, and your name.";
    ApprovalVoid, Waiting, "There is an approval, but not of the plan as it is now, or it was used up: it is of one attempt. Review the plan and approve it anew.";
    AwaitingWindow, Waiting, "The plan runs when the window of `spec.migration.window` opens.";
    MigrationRetrying, Waiting, "The migration could not begin, for a reason that may pass, and is tried again.";
    MigrationStarted, Fine, "A Job applies the plan, or ended, and the audit after it is still to come.";
    MigrationSucceeded, Fine, "The plan was applied, and the audit after it found nothing left to run.";
    MigrationFailed, Stalled, "The migration did not do what it should. The message names the statement, its place and the server's words. It is not tried again until the plan changes, or is approved anew; with mode `Automatic`, until the spec changes.";

    SecretNotFound, Waiting, "A Secret that the spec names is not in the namespace. Create it, or correct the name.";
    SecretKeyMissing, Waiting, "A Secret is there, but not the key that is needed. Add it, or name the right one in `spec.database`.";
    FeatureSetNotFound, Waiting, "A feature set that the spec names is not there. Create it, or correct kind and name.";
    ConfigMapNotFound, Waiting, "A ConfigMap with the SQL of a feature is not in the namespace of the feature set. Create it, or correct the name. What could be read is audited.";
    ConfigMapKeyMissing, Waiting, "A ConfigMap with the SQL of a feature lacks the key that the feature set names. Add it, or correct the key. What could be read is audited.";
    ReferenceForbidden, Stalled, "The operator may not read an object that the spec names. Give its service account the right, or put the object where it has it.";

    InvalidSpec, Stalled, "The spec cannot be read. Correct the field that the message names.";
    InvalidFeatureSet, Stalled, "A feature set contradicts itself: a name given twice, a circle of dependencies, a feature that it does not have. What could be read is audited.";
    InvalidSql, Stalled, "A statement of a feature set could not be read; the message names source and line. The other statements are audited.";

    InvalidConnection, Stalled, "The connection in the Secret cannot be read. Correct the URL or its parts.";
    HostUnreachable, Transient, "The name of the server does not resolve, or nothing answers there. Look at host, port, network policies and the server itself.";
    TlsFailed, Stalled, "The server does not offer TLS, or its certificate is not trusted or is for another name. Name its authority in `spec.database.caSecretRef`, or choose the TLS mode in the Secret.";
    AuthenticationFailed, Stalled, "The server refused user or password. The Secret was read again before the second and last attempt. Correct the Secret.";
    DatabaseNotFound, Waiting, "The server has no database of that name. Create it, or correct the Secret.";
    PermissionDenied, Stalled, "The role may not connect to the database. Give it the right: `GRANT CONNECT ON DATABASE ... TO ...`.";
    ServerUnavailable, Transient, "The server answers but takes no connection now: it starts, stops, or has no connection left.";
    UnsupportedServer, Stalled, "What answers is not PostgreSQL, or not a version that is supported.";
    TimedOut, Transient, "The audit did not end within `spec.timeout`. Raise it, or find out what is slow.";
    Interrupted, Transient, "The connection broke, or the server answered what it should not.";
    KubernetesApiFailed, Transient, "The Kubernetes API did not answer as it should while an object was read.";
}

impl Reason {
    /// The reason of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.name() == name)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_word_in_camel_case_and_leads_back_to_its_reason() {
        for reason in Reason::ALL {
            let name = reason.name();
            assert!(name.starts_with(|c: char| c.is_ascii_uppercase()), "{name}");
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{name}");
            assert!(name.len() <= 128, "{name} is too long for an event");
            assert_eq!(Reason::from_name(name), Some(*reason));
        }
        assert_eq!(Reason::from_name("NoSuchReason"), None);
    }

    #[test]
    fn every_explanation_is_a_sentence() {
        for reason in Reason::ALL {
            let explanation = reason.explanation();
            assert!(explanation.ends_with('.') && explanation.len() > 20, "{reason}: {explanation}");
        }
    }
}
