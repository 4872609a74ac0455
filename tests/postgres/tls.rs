//! TLS, against a server whose certificate is for localhost and 127.0.0.1.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use schema_audit::core::audit::requirement::Requirements;
use schema_audit::postgres::{Error, Failure, Limits, Origin, Target, observe};

use crate::support::{Database, Server};

static SERVER: LazyLock<Server> = LazyLock::new(|| Server::start(&["--tls"]));

/// A certificate authority that did not sign the server's certificate.
const OTHER_AUTHORITY: &str = include_str!("../support/other-authority.pem");

fn authority() -> String {
    std::fs::read_to_string(SERVER.directory().join("ca.crt")).unwrap()
}

async fn look(url: &str, root_certificates: Option<&str>, origin: Origin) -> Result<(), Error> {
    let target = Target::parse(url, root_certificates, origin)?;
    let limits = Limits { total: Duration::from_secs(10), lock: Duration::from_millis(300) };
    observe(&target, &Requirements::default(), &limits).await.map(drop)
}

/// Fails unless the look fails because of TLS, with these words.
async fn fails(url: &str, root_certificates: Option<&str>, words: &str) {
    let error = look(url, root_certificates, Origin::Secret).await.expect_err("the look succeeds");
    assert_eq!(error.failure, Failure::TlsFailed, "{error}");
    assert!(error.message.contains(words), "{error}");
    assert!(!error.message.contains("wrong.example") && !error.message.contains("127.0.0.1"), "{error}");
}

#[tokio::test]
async fn a_secret_without_sslmode_verifies_the_server() {
    look(&SERVER.url_with(""), Some(&authority()), Origin::Secret).await.unwrap();
}

#[tokio::test]
async fn the_command_line_reads_the_authority_from_a_file() {
    // With sslmode=verify-full and the sslrootcert of the server.
    look(&SERVER.url(), None, Origin::CommandLine).await.unwrap();
}

#[tokio::test]
async fn another_authority_is_not_trusted() {
    for mode in ["require", "verify-ca", "verify-full"] {
        let url = SERVER.url_with(&format!("sslmode={mode}"));
        fails(&url, Some(OTHER_AUTHORITY), "not signed by a trusted authority").await;
    }
}

#[tokio::test]
async fn another_host_name_is_refused_by_verify_full_only() {
    let url = |mode: &str| {
        let url = SERVER.url_with(&format!("sslmode={mode}&hostaddr=127.0.0.1"));
        url.replace("@127.0.0.1:", "@wrong.example:")
    };
    fails(&url("verify-full"), Some(&authority()), "for another host name").await;
    look(&url("verify-ca"), Some(&authority()), Origin::Secret).await.unwrap();
}

#[tokio::test]
async fn require_without_an_authority_encrypts_only() {
    look(&SERVER.url_with("sslmode=require"), None, Origin::Secret).await.unwrap();
}

#[tokio::test]
async fn r67_channel_binding_works_with_tls_and_can_be_required() {
    look(&SERVER.url_with("sslmode=require&channel_binding=require"), None, Origin::Secret).await.unwrap();
    let error = look(&SERVER.url_with("sslmode=disable&channel_binding=require"), None, Origin::Secret).await;
    let error = error.unwrap_err();
    assert_eq!(error.failure, Failure::AuthenticationFailed);
    assert!(error.message.contains("leave out channel_binding=require"), "{error}");
}

#[tokio::test]
async fn prefer_goes_on_without_tls_where_the_server_wants_none() {
    let database = Database::on(&SERVER);
    let role = database.role();
    admit(&format!(
        "hostnossl all {} 127.0.0.1/32 scram-sha-256\nhost all {0} 127.0.0.1/32 reject",
        role.name
    ));
    let url = database.url_as(&role.name, &role.password);
    let url = url.split('?').next().unwrap();
    look(url, None, Origin::CommandLine).await.unwrap();
    let error = look(&format!("{url}?sslmode=require"), None, Origin::CommandLine).await.unwrap_err();
    assert_eq!(error.failure, Failure::AuthenticationFailed);
    assert!(error.message.contains("(SQLSTATE 28000)"), "{error}");
}

#[tokio::test]
async fn sslmode_is_ignored_on_a_socket() {
    let (directory, port) = (SERVER.directory().display(), SERVER.port());
    let pairs = format!("host='{directory}' port={port} user=postgres dbname=postgres sslmode=verify-full");
    look(&pairs, None, Origin::CommandLine).await.unwrap();
}

#[tokio::test]
async fn a_client_certificate_logs_in() {
    let database = Database::on(&SERVER);
    let role = database.role();
    admit(&format!("hostssl all {} 127.0.0.1/32 cert", role.name));
    let directory = tempfile::tempdir().unwrap();
    sign(SERVER.directory(), directory.path(), &role.name);
    let server = database.session();
    server.execute(&format!(
        "alter system set ssl_ca_file = '{}'",
        SERVER.directory().join("ca.crt").display()
    ));
    server.execute("select pg_reload_conf()");
    let (certificate, key) = (directory.path().join("client.crt"), directory.path().join("client.key"));
    let identity = format!("&sslcert={}&sslkey={}", certificate.display(), key.display());
    let url = format!("{}{identity}", database.url_as(&role.name, ""));
    // The postmaster rereads its settings in its own time.
    let start = std::time::Instant::now();
    while let Err(error) = look(&url, None, Origin::CommandLine).await {
        assert!(start.elapsed() < Duration::from_secs(10), "{error}");
    }
}

/// Puts lines before those of the server's `pg_hba.conf`.
fn admit(lines: &str) {
    let server = SERVER.session("postgres");
    let path = SERVER.directory().join("data/pg_hba.conf");
    let rules = server.query("select count(*) from pg_hba_file_rules where error is null")[0]
        .parse::<usize>()
        .unwrap();
    let rest = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{lines}\n{rest}")).unwrap();
    let expected = (rules + lines.lines().count()).to_string();
    server.wait_until("select count(*) from pg_hba_file_rules where error is null", &expected);
    server.execute("select pg_reload_conf()");
}

/// Makes `client.crt` and `client.key` for a role, signed by the server's authority.
fn sign(server: &Path, directory: &Path, role: &str) {
    let script = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=$3 \
                      -keyout $2/client.key -out $2/client.csr && \
                  echo basicConstraints=CA:FALSE >$2/client.ext && \
                  openssl x509 -req -in $2/client.csr -CA $1/ca.crt -CAkey $1/ca.key -set_serial 2 -days 1 \
                      -extfile $2/client.ext -out $2/client.crt";
    let output =
        Command::new("sh").args(["-c", script, "sh"]).args([server, directory]).arg(role).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
