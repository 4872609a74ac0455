//! `schema-audit crd`: the definitions of the Kubernetes kinds, as `kubectl apply -f -` takes them.

use super::{Outcome, print, print_error};
use crate::api::crd::{PrintError, crds};

/// Print the Kubernetes definitions that `schema-audit run` needs.
///
/// They belong to this version of the program: `schema-audit crd | kubectl apply --server-side -f -` installs them, or
/// brings installed ones up to date.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {}

/// Runs the subcommand.
pub(super) fn run(Arguments {}: &Arguments) -> Outcome {
    match documents().map_err(|error| error.to_string()).and_then(|documents| print(&documents)) {
        Ok(()) => Outcome::Good,
        Err(message) => {
            print_error(&message);
            Outcome::Failed
        }
    }
}

/// All definitions in one stream of YAML documents.
fn documents() -> Result<String, PrintError> {
    Ok(crds()?.into_iter().flat_map(|(_, yaml)| ["---\n".to_owned(), yaml]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_a_document_of_its_own() {
        let documents = documents().unwrap();
        let kinds =
            documents.split("---\n").filter(|document| document.contains("kind: CustomResourceDefinition"));
        assert_eq!(kinds.count(), 3);
    }
}
