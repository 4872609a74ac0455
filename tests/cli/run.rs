//! The operator as a command; what it does in a cluster is tested in `tests/operator`.

use crate::command::call;

#[test]
fn without_a_cluster_the_operator_says_how_to_name_one() {
    let addresses = ["--metrics-address", "127.0.0.1:0", "--health-address", "127.0.0.1:0"];
    let outcome = call("run").environment("KUBECONFIG", "/nowhere").arguments(&addresses).run();
    assert_eq!(outcome.code, 2);
    let told = outcome.stderr.lines().last().unwrap_or_default();
    assert!(told.starts_with("error: there is no cluster to work for: set KUBECONFIG"), "{told}");
    assert_eq!(told.matches("/nowhere").count(), 1, "{told}");
}
