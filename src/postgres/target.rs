//! Which database, and how to reach it.

use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{
    ChannelBinding, Host, LoadBalanceHosts, SslMode, SslNegotiation, TargetSessionAttrs,
};

use super::settings::{Origin, Settings};
use super::tls::{self, Roots, Tls, Trust};
use super::{Error, Failure};

/// How long one address may take to answer, where the settings name no `connect_timeout`.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A database to look at. `Debug` shows no secret.
#[derive(Clone)]
pub struct Target {
    pub(super) config: Config,
    pub(super) tls: Tls,
    host_key: String,
    database: String,
}

impl Target {
    /// Reads a connection string: a `postgres://` URL or libpq's `key=value` pairs. `root_certificates` is PEM text
    /// that is trusted instead of the platform's roots, unless the string has its own `sslrootcert`.
    pub fn parse(
        connection_string: &str,
        root_certificates: Option<&str>,
        origin: Origin,
    ) -> Result<Self, Error> {
        Self::new(&Settings::parse(connection_string, origin)?, root_certificates)
    }

    /// The database that settings describe. Reads the files that they name.
    pub fn new(settings: &Settings, root_certificates: Option<&str>) -> Result<Self, Error> {
        let mut config = Config::new();
        hosts(settings, &mut config)?;
        let user = settings.get("user").ok_or_else(|| {
            Error::invalid("the connection settings name no user: put user@ into the URL, or set PGUSER")
        })?;
        let database = settings.get("dbname").unwrap_or(user);
        config.user(user).dbname(database);
        if let Some(password) = settings.get("password") {
            config.password(password);
        }
        config.application_name(settings.get("application_name").unwrap_or("schema-audit"));
        timeouts(settings, &mut config)?;
        choices(settings, &mut config)?;
        let tls = tls_of(settings, root_certificates, &mut config)?;
        Ok(Self { host_key: host_key(&config), database: database.to_owned(), config, tls })
    }

    /// The first host and its port: what bounds the number of connections per server. Not for logs.
    #[must_use]
    pub fn host_key(&self) -> &str {
        &self.host_key
    }

    /// The name of the database. Not for messages about failed connections.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database
    }

    /// Whether the server must prove who it is before the password is sent.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        matches!(
            &self.tls,
            Tls::Required(tls::Settings { trust: Trust::Chain(_) | Trust::ChainAndName(_), .. })
        )
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").finish_non_exhaustive()
    }
}

fn hosts(settings: &Settings, config: &mut Config) -> Result<(), Error> {
    let addresses = settings.get("hostaddr");
    let Some(hosts) = settings.get("host").or(addresses) else {
        return Err(Error::invalid("the connection settings name no host"));
    };
    for host in hosts.split(',') {
        if host.is_empty() || host.contains('@') {
            return Err(Error::invalid("a host of the connection settings is empty or holds an @"));
        }
        if host.starts_with('/') && settings.origin() == Origin::Secret {
            return Err(Error::invalid("the host is a socket of this machine, which a Secret may not name"));
        }
        config.host(host);
    }
    for address in addresses.into_iter().flat_map(|addresses| addresses.split(',')) {
        let address = address.parse().map_err(|_| Error::invalid("hostaddr is not an IP address"))?;
        config.hostaddr(address);
    }
    for port in settings.get("port").into_iter().flat_map(|ports| ports.split(',')) {
        let port = if port.is_empty() { "5432" } else { port };
        match port.parse() {
            Ok(port) if port > 0 => config.port(port),
            _ => {
                return Err(Error::invalid(
                    "the port is not a number from 1 to 65535; if it is part of a password in a URL, percent-encode \
                     the password",
                ));
            }
        };
    }
    let (hosts, ports) = (config.get_hosts().len(), config.get_ports().len());
    if ports > 1 && ports != hosts {
        return Err(Error::invalid("there must be one port, or as many ports as hosts"));
    }
    let addresses = config.get_hostaddrs().len();
    if addresses > 0 && addresses != hosts {
        return Err(Error::invalid("there must be as many addresses in hostaddr as hosts"));
    }
    Ok(())
}

fn host_key(config: &Config) -> String {
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match config.get_hosts().first() {
        Some(Host::Tcp(host)) => format!("{}:{port}", host.to_ascii_lowercase()),
        Some(Host::Unix(directory)) => format!("{}:{port}", directory.display()),
        None => String::new(),
    }
}

fn seconds(settings: &Settings, keyword: &str) -> Result<Option<u64>, Error> {
    let value = settings.get(keyword).map(|value| value.trim().parse::<i32>());
    match value {
        None => Ok(None),
        // libpq takes zero and negative numbers for "the default".
        Some(Ok(value)) => Ok(u64::try_from(value).ok().filter(|value| *value > 0)),
        Some(Err(_)) => Err(Error::invalid(format!("{keyword} is not a whole number"))),
    }
}

fn timeouts(settings: &Settings, config: &mut Config) -> Result<(), Error> {
    let connect = seconds(settings, "connect_timeout")?.map_or(CONNECT_TIMEOUT, Duration::from_secs);
    config.connect_timeout(connect);
    if settings.get("keepalives") == Some("0") {
        config.keepalives(false);
    }
    if let Some(idle) = seconds(settings, "keepalives_idle")? {
        config.keepalives_idle(Duration::from_secs(idle));
    }
    if let Some(interval) = seconds(settings, "keepalives_interval")? {
        config.keepalives_interval(Duration::from_secs(interval));
    }
    if let Some(count) = seconds(settings, "keepalives_count")? {
        config.keepalives_retries(u32::try_from(count).unwrap_or(u32::MAX));
    }
    if let Some(milliseconds) = seconds(settings, "tcp_user_timeout")? {
        config.tcp_user_timeout(Duration::from_millis(milliseconds));
    }
    Ok(())
}

/// One of the values that a keyword may have.
fn choice<T: Copy>(settings: &Settings, keyword: &str, values: &[(&str, T)]) -> Result<Option<T>, Error> {
    let Some(value) = settings.get(keyword) else { return Ok(None) };
    if let Some((_, value)) = values.iter().find(|(name, _)| *name == value) {
        return Ok(Some(*value));
    }
    let names: Vec<_> = values.iter().map(|(name, _)| *name).collect();
    Err(Error::invalid(format!("{keyword} must be one of {}", names.join(", "))))
}

fn choices(settings: &Settings, config: &mut Config) -> Result<(), Error> {
    let attributes = [
        ("any", TargetSessionAttrs::Any),
        ("read-write", TargetSessionAttrs::ReadWrite),
        ("read-only", TargetSessionAttrs::ReadOnly),
        // The driver lacks these. The first two mean nearly the same, and an audit reads a standby as well.
        ("primary", TargetSessionAttrs::ReadWrite),
        ("standby", TargetSessionAttrs::ReadOnly),
        ("prefer-standby", TargetSessionAttrs::Any),
    ];
    if let Some(value) = choice(settings, "target_session_attrs", &attributes)? {
        config.target_session_attrs(value);
    }
    let balance = [("disable", LoadBalanceHosts::Disable), ("random", LoadBalanceHosts::Random)];
    if let Some(value) = choice(settings, "load_balance_hosts", &balance)? {
        config.load_balance_hosts(value);
    }
    let binding = [
        ("disable", ChannelBinding::Disable),
        ("prefer", ChannelBinding::Prefer),
        ("require", ChannelBinding::Require),
    ];
    if let Some(value) = choice(settings, "channel_binding", &binding)? {
        config.channel_binding(value);
    }
    let negotiation = [("postgres", SslNegotiation::Postgres), ("direct", SslNegotiation::Direct)];
    if let Some(value) = choice(settings, "sslnegotiation", &negotiation)? {
        config.ssl_negotiation(value);
    }
    Ok(())
}

/// libpq's six modes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

fn tls_of(settings: &Settings, root_certificates: Option<&str>, config: &mut Config) -> Result<Tls, Error> {
    let modes = [
        ("disable", Mode::Disable),
        // libpq's `allow` starts without TLS. Starting with it reaches the same servers, and is never worse.
        ("allow", Mode::Prefer),
        ("prefer", Mode::Prefer),
        ("require", Mode::Require),
        ("verify-ca", Mode::VerifyCa),
        ("verify-full", Mode::VerifyFull),
    ];
    let system_roots = settings.get("sslrootcert") == Some("system");
    let mode = match (choice(settings, "sslmode", &modes)?, settings.origin()) {
        (Some(mode), _) => mode,
        (None, Origin::CommandLine) if !system_roots => Mode::Prefer,
        (None, Origin::CommandLine | Origin::Secret) => Mode::VerifyFull,
    };
    let local = config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)));
    // "sslmode is ignored for Unix domain socket communication."
    if mode == Mode::Disable || local {
        config.ssl_mode(SslMode::Disable);
        return Ok(Tls::Off);
    }
    if mode == Mode::Prefer {
        config.ssl_mode(SslMode::Prefer);
        return Ok(Tls::Preferred);
    }
    config.ssl_mode(SslMode::Require);
    let given = match settings.get("sslrootcert").filter(|_| !system_roots) {
        Some(path) => Some(tls::roots(&read_file("sslrootcert", path)?)?),
        None if system_roots => None,
        None => root_certificates.map(|pem| tls::roots(pem.as_bytes())).transpose()?,
    };
    let trust = match (mode, given) {
        (Mode::VerifyFull, given) => Trust::ChainAndName(given.map_or(Roots::Platform, Roots::Given)),
        // "If a root CA file exists, the behavior of sslmode=require will be the same as that of verify-ca."
        (_, Some(roots)) => Trust::Chain(Roots::Given(roots)),
        (Mode::VerifyCa, None) => Trust::Chain(Roots::Platform),
        (_, None) => Trust::Anyone,
    };
    let identity = match (settings.get("sslcert"), settings.get("sslkey")) {
        (None, None) => None,
        (Some(certificate), Some(key)) => {
            Some(tls::identity(&read_file("sslcert", certificate)?, &read_file("sslkey", key)?)?)
        }
        _ => return Err(Error::invalid("sslcert and sslkey go together")),
    };
    let direct = config.get_ssl_negotiation() == SslNegotiation::Direct;
    Ok(Tls::Required(tls::Settings { trust, identity, direct }))
}

fn read_file(keyword: &str, path: &str) -> Result<Vec<u8>, Error> {
    std::fs::read(path)
        .map_err(|_| Error::new(Failure::TlsFailed, format!("the file that {keyword} names cannot be read")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str, origin: Origin) -> Target {
        Target::parse(text, None, origin).unwrap()
    }

    /// `off`, `preferred`, `anyone`, `chain` or `name`.
    fn encryption(text: &str, root_certificates: Option<&str>, origin: Origin) -> &'static str {
        match Target::parse(text, root_certificates, origin).unwrap().tls {
            Tls::Off => "off",
            Tls::Preferred => "preferred",
            Tls::Required(tls::Settings { trust: Trust::Anyone, .. }) => "anyone",
            Tls::Required(tls::Settings { trust: Trust::Chain(_), .. }) => "chain",
            Tls::Required(tls::Settings { trust: Trust::ChainAndName(_), .. }) => "name",
        }
    }

    /// A certificate authority whose key nobody has.
    const AUTHORITY: &str = include_str!("../../tests/support/other-authority.pem");

    #[test]
    fn sslmode_means_what_libpq_documents() {
        for (mode, alone, with_authority) in [
            ("disable", "off", "off"),
            ("allow", "preferred", "preferred"),
            ("prefer", "preferred", "preferred"),
            ("require", "anyone", "chain"),
            ("verify-ca", "chain", "chain"),
            ("verify-full", "name", "name"),
        ] {
            let text = format!("postgres://app@db/shop?sslmode={mode}");
            for origin in [Origin::CommandLine, Origin::Secret] {
                assert_eq!(encryption(&text, None, origin), alone, "{mode}");
                assert_eq!(encryption(&text, Some(AUTHORITY), origin), with_authority, "{mode}");
            }
        }
    }

    #[test]
    fn without_sslmode_the_command_line_prefers_tls_and_a_secret_demands_proof() {
        let text = "postgres://app@db/shop";
        assert_eq!(encryption(text, None, Origin::CommandLine), "preferred");
        assert_eq!(encryption(text, None, Origin::Secret), "name");
        assert!(target(text, Origin::Secret).is_verified());
        assert!(!target(text, Origin::CommandLine).is_verified());
        assert!(!target("postgres://app@db/shop?sslmode=require", Origin::Secret).is_verified());
        assert_eq!(encryption("postgres://app@db/?sslrootcert=system", None, Origin::CommandLine), "name");
        assert_eq!(encryption("host=/tmp user=app sslmode=require", None, Origin::CommandLine), "off");
    }

    #[test]
    fn values_that_make_no_sense_are_refused_without_their_text() {
        for (text, words) in [
            ("host=db", "name no user"),
            ("user=hunter2", "name no host"),
            ("postgres://app@,hunter2/shop", "a host of the connection settings is empty"),
            ("postgres://app@db:hunter2/shop", "the port is not a number"),
            ("postgres://db:0/shop?user=hunter2", "the port is not a number"),
            ("postgres://app@one:1,two:2,three:3/shop?port=1,2", "as many ports as hosts"),
            ("host=db hostaddr=hunter2 user=app", "hostaddr is not an IP address"),
            ("host=one,two hostaddr=127.0.0.1 user=app", "as many addresses"),
            ("host=db user=app connect_timeout=hunter2", "connect_timeout is not a whole number"),
            ("host=db user=app sslmode=hunter2", "sslmode must be one of disable, allow, prefer, require"),
            ("host=db user=app channel_binding=hunter2", "channel_binding must be one of"),
            ("host=db user=app sslmode=require sslcert=/hunter2", "sslcert and sslkey go together"),
            (
                "host=db user=app sslmode=require sslrootcert=/hunter2",
                "that sslrootcert names cannot be read",
            ),
        ] {
            let error = Target::parse(text, None, Origin::CommandLine).unwrap_err();
            assert!(error.message.contains(words), "{text}: {error}");
            assert!(!error.message.contains("hunter2"), "{text}: {error}");
        }
    }

    #[test]
    fn a_secret_may_not_name_a_socket() {
        for text in ["host=/tmp user=app", "postgres://app@%2Ftmp/shop", "postgres://app@/shop?host=/tmp"] {
            let error = Target::parse(text, None, Origin::Secret).unwrap_err();
            assert!(error.message.contains("a socket of this machine"), "{error}");
        }
    }

    #[test]
    fn an_authority_that_is_not_pem_is_a_failure_of_tls() {
        let error = Target::parse("postgres://app@db/", Some("not PEM"), Origin::Secret).unwrap_err();
        assert_eq!(error.failure, Failure::TlsFailed);
    }

    #[test]
    fn one_server_has_one_key() {
        for (text, key, database) in [
            ("postgres://app@DB.example/shop", "db.example:5432", "shop"),
            ("host=db.example port=5432 user=app dbname=other", "db.example:5432", "other"),
            ("postgres://app@one:1,two:2", "one:1", "app"),
            ("host=/tmp user=app", "/tmp:5432", "app"),
            ("hostaddr=127.0.0.1 user=app", "127.0.0.1:5432", "app"),
        ] {
            let target = target(text, Origin::CommandLine);
            assert_eq!((target.host_key(), target.database()), (key, database), "{text}");
        }
    }

    #[test]
    fn targets_print_no_secret() {
        assert_eq!(
            format!("{:?}", target("postgres://app:hunter2@db/shop", Origin::CommandLine)),
            "Target { .. }"
        );
    }
}
