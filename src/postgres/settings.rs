//! The settings of a connection: texts by libpq's keywords, so that the environment and the defaults can fill what a
//! connection string left open. No error of this file holds a value.

use std::collections::BTreeMap;

use super::Error;
use super::connection_string::{self, Pair};

/// Where settings come from: how far they are trusted, and what holds where they say nothing about TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The person at the command line: files and sockets of this machine may be named. Without `sslmode`, libpq's
    /// `prefer`: TLS where the server offers it, unverified.
    CommandLine,
    /// A Secret that a tenant of the cluster wrote: nothing of the operator's machine may be named. Without
    /// `sslmode`, `verify-full`: TLS, with certificate and host name verified.
    Secret,
}

/// The settings of a connection, by libpq's keywords. Holds secrets, and shows none.
#[derive(Clone)]
pub struct Settings {
    origin: Origin,
    values: BTreeMap<&'static str, String>,
}

/// libpq's environment variables and the keywords that they fill.
pub const VARIABLES: &[(&str, &str)] = &[
    ("PGHOST", "host"),
    ("PGHOSTADDR", "hostaddr"),
    ("PGPORT", "port"),
    ("PGDATABASE", "dbname"),
    ("PGUSER", "user"),
    ("PGPASSWORD", "password"),
    ("PGAPPNAME", "application_name"),
    ("PGSSLMODE", "sslmode"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGSSLCERT", "sslcert"),
    ("PGSSLKEY", "sslkey"),
    ("PGSSLNEGOTIATION", "sslnegotiation"),
    ("PGCHANNELBINDING", "channel_binding"),
    ("PGCONNECT_TIMEOUT", "connect_timeout"),
    ("PGTARGETSESSIONATTRS", "target_session_attrs"),
    ("PGLOADBALANCEHOSTS", "load_balance_hosts"),
];

/// What happens to a keyword.
enum Rule {
    /// It is kept.
    Keep,
    /// It is kept from the command line; a Secret may not name files of the operator's machine.
    File,
    /// It changes nothing here.
    Ignore,
    /// It is accepted with these values, which ask for no more than what is done anyway.
    Only(&'static [&'static str]),
    /// It is refused, for this reason.
    Refuse(&'static str),
}

/// Every keyword of libpq 18, from `PQconninfoOptions` in `fe-connect.c`, and what connection strings often carry
/// from other clients.
const KEYWORDS: &[(&str, Rule)] = &[
    ("application_name", Rule::Keep),
    ("channel_binding", Rule::Keep),
    ("client_encoding", Rule::Ignore),
    ("connect_timeout", Rule::Keep),
    ("dbname", Rule::Keep),
    ("fallback_application_name", Rule::Ignore),
    ("gssdelegation", Rule::Only(&["0"])),
    ("gssencmode", Rule::Only(&["disable", "prefer"])),
    ("gsslib", Rule::Ignore),
    ("host", Rule::Keep),
    ("hostaddr", Rule::Keep),
    ("keepalives", Rule::Keep),
    ("keepalives_count", Rule::Keep),
    ("keepalives_idle", Rule::Keep),
    ("keepalives_interval", Rule::Keep),
    ("krbsrvname", Rule::Ignore),
    ("load_balance_hosts", Rule::Keep),
    ("oauth_client_id", Rule::Refuse("logging in by OAuth is not supported")),
    ("oauth_client_secret", Rule::Refuse("logging in by OAuth is not supported")),
    ("oauth_issuer", Rule::Refuse("logging in by OAuth is not supported")),
    ("oauth_scope", Rule::Refuse("logging in by OAuth is not supported")),
    ("options", Rule::Refuse("poolers refuse settings at the start, and each transaction makes its own")),
    (
        "passfile",
        Rule::Refuse("write the password into the connection string, or set PGPASSFILE for the command line"),
    ),
    ("password", Rule::Keep),
    ("port", Rule::Keep),
    ("replication", Rule::Only(&["false", "off", "no", "0"])),
    ("require_auth", Rule::Refuse("it is not supported; channel_binding=require is the stricter form")),
    ("requirepeer", Rule::Refuse("it is not supported")),
    ("requiressl", Rule::Refuse("write sslmode=require")),
    ("scram_client_key", Rule::Refuse("it is not supported")),
    ("scram_server_key", Rule::Refuse("it is not supported")),
    ("service", Rule::Refuse("write out what the service file holds")),
    ("servicefile", Rule::Refuse("write out what the service file holds")),
    ("ssl_max_protocol_version", Rule::Only(&["TLSv1.3"])),
    ("ssl_min_protocol_version", Rule::Only(&["TLSv1", "TLSv1.1", "TLSv1.2"])),
    ("sslcert", Rule::File),
    ("sslcertmode", Rule::Only(&["allow", "disable"])),
    ("sslcompression", Rule::Only(&["0", "1"])),
    ("sslcrl", Rule::Refuse("revocation lists are not supported")),
    ("sslcrldir", Rule::Refuse("revocation lists are not supported")),
    ("sslkey", Rule::File),
    ("sslkeylogfile", Rule::Refuse("it is not supported")),
    ("sslmode", Rule::Keep),
    ("sslnegotiation", Rule::Keep),
    ("sslpassword", Rule::Refuse("keys with a password are not supported")),
    ("sslrootcert", Rule::File),
    ("sslsni", Rule::Only(&["1"])),
    ("target_session_attrs", Rule::Keep),
    ("tcp_user_timeout", Rule::Keep),
    ("user", Rule::Keep),
];

impl Settings {
    /// No settings yet.
    #[must_use]
    pub const fn new(origin: Origin) -> Self {
        Self { origin, values: BTreeMap::new() }
    }

    /// Reads a connection string. White space around it does not count: Secrets often end in a line feed.
    pub fn parse(connection_string: &str, origin: Origin) -> Result<Self, Error> {
        let mut settings = Self::new(origin);
        for (position, pair) in connection_string::pairs(connection_string)?.into_iter().enumerate() {
            settings.set(position, pair)?;
        }
        Ok(settings)
    }

    fn set(&mut self, position: usize, pair: Pair) -> Result<(), Error> {
        let Pair { keyword, value, named } = pair;
        // libpq takes JDBC's spelling in URLs.
        let (keyword, value) = match (keyword.as_str(), value.as_str()) {
            ("ssl", "true") => ("sslmode".to_owned(), "require".to_owned()),
            _ => (keyword, value),
        };
        let Some((keyword, rule)) = KEYWORDS.iter().find(|(known, _)| *known == keyword) else {
            let which = if named && is_plain_word(&keyword) {
                format!("the parameter \"{keyword}\"")
            } else {
                format!("parameter {} (not shown: it may be part of a password)", position + 1)
            };
            return Err(Error::invalid(format!(
                "{which} of the connection string is not known; a password with spaces must be quoted, one in a URL \
                 percent-encoded"
            )));
        };
        match rule {
            Rule::Ignore => {}
            Rule::Only(values) if value.is_empty() || values.contains(&value.as_str()) => {}
            Rule::Only(values) => {
                let values = values.join(" or ");
                return Err(Error::invalid(format!("only {values} is supported for {keyword}")));
            }
            Rule::Refuse(reason) => {
                return Err(Error::invalid(format!(
                    "{keyword} is not allowed in the connection string: {reason}"
                )));
            }
            Rule::File if self.origin == Origin::Secret && value != "system" && !value.is_empty() => {
                return Err(Error::invalid(format!(
                    "{keyword} names a file, which a Secret may not do: put the certificate of the authority into the \
                     Secret as ca.crt"
                )));
            }
            // The latter one wins, as in libpq.
            Rule::Keep | Rule::File => {
                self.values.insert(keyword, value);
            }
        }
        Ok(())
    }

    /// Sets a keyword that nothing has set yet. An empty value counts as none.
    ///
    /// # Errors
    /// As for the keyword in a connection string.
    pub fn fill(&mut self, keyword: &str, value: &str) -> Result<(), Error> {
        if value.is_empty() || self.get(keyword).is_some() {
            return Ok(());
        }
        self.set(0, Pair { keyword: keyword.to_owned(), value: value.to_owned(), named: true })
    }

    /// Fills what libpq makes up itself: the user of the operating system, a database of the user's name, and the
    /// socket of a local server. Comes after everything else.
    pub fn fill_defaults(&mut self, operating_system_user: &str) -> Result<(), Error> {
        self.fill("user", operating_system_user)?;
        let user = self.get("user").unwrap_or_default().to_owned();
        self.fill("dbname", &user)?;
        if self.get("hostaddr").is_none() {
            self.fill("host", "/var/run/postgresql")?;
        }
        Ok(())
    }

    /// Fills the password from the text of a password file (`~/.pgpass`): the first line that fits host, port,
    /// database and user. Comes after [`Settings::fill_defaults`].
    pub fn fill_password_from(&mut self, password_file: &str) -> Result<(), Error> {
        let first = |keyword| self.get(keyword).unwrap_or_default().split(',').next().unwrap_or_default();
        let host = first("host");
        let host = if host.is_empty() { first("hostaddr") } else { host };
        // "The host name localhost is also searched for when the connection is a Unix domain socket connection and
        // the host parameter matches libpq's default socket directory."
        let host = if host == "/var/run/postgresql" || host == "/tmp" { "localhost" } else { host };
        let port = first("port");
        let port = if port.is_empty() { "5432" } else { port };
        let wanted =
            [host, port, self.get("dbname").unwrap_or_default(), self.get("user").unwrap_or_default()];
        let password = password_file.lines().find_map(|line| password_of_line(line, &wanted));
        match password {
            Some(password) => self.fill("password", &password),
            None => Ok(()),
        }
    }

    /// The settings as libpq's variables, for a program of PostgreSQL's own that is to reach the same database. It holds
    /// the password: it belongs in the environment of that program, and nowhere else.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let said = VARIABLES
            .iter()
            .filter_map(|(variable, keyword)| Some((*variable, self.get(keyword)?.to_owned())));
        let mut variables: Vec<_> = said.collect();
        if self.origin == Origin::Secret && self.get("sslmode").is_none() {
            variables.push(("PGSSLMODE", "verify-full".to_owned()));
        }
        variables
    }

    /// The value of a keyword; `None` where it is empty or not set.
    pub(super) fn get(&self, keyword: &str) -> Option<&str> {
        self.values.get(keyword).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(super) const fn origin(&self) -> Origin {
        self.origin
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").finish_non_exhaustive()
    }
}

fn is_plain_word(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// `host:port:database:user:password`, with `*` for any and backslashes before colons and backslashes.
fn password_of_line(line: &str, wanted: &[&str; 4]) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = vec![String::new()];
    let mut characters = line.trim_end_matches('\r').chars();
    while let Some(character) = characters.next() {
        match character {
            ':' if fields.len() < 5 => fields.push(String::new()),
            _ => {
                let character = if character == '\\' { characters.next()? } else { character };
                fields.last_mut()?.push(character);
            }
        }
    }
    let password = if fields.len() == 5 { fields.pop()? } else { return None };
    let fits = fields.iter().zip(wanted).all(|(field, wanted)| field == "*" || field == wanted);
    (fits && !password.is_empty()).then_some(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(&'static str, String)> {
        let settings = Settings::parse(text, Origin::CommandLine).unwrap();
        settings.values.into_iter().collect()
    }

    #[test]
    fn what_is_set_is_said_again_as_variables_of_libpq() {
        let settings = |text, origin| Settings::parse(text, origin).unwrap().variables();
        let text = "postgres://app:pw@db:6432/shop?keepalives=0";
        let expected = [
            ("PGHOST", "db"),
            ("PGPORT", "6432"),
            ("PGDATABASE", "shop"),
            ("PGUSER", "app"),
            ("PGPASSWORD", "pw"),
        ];
        let mut expected: Vec<_> = expected.map(|(name, value)| (name, value.to_owned())).to_vec();
        assert_eq!(settings(text, Origin::CommandLine), expected);
        // A Secret that says nothing of TLS means a verified server, which is not libpq's default.
        expected.push(("PGSSLMODE", "verify-full".to_owned()));
        assert_eq!(settings(text, Origin::Secret), expected);
    }

    fn refused(text: &str, origin: Origin) -> String {
        Settings::parse(text, origin).unwrap_err().message
    }

    #[test]
    fn urls_and_pairs_are_read_alike() {
        for text in [
            "postgres://app:a%20%27b%5C@db:6432/shop?sslmode=require",
            "postgresql://app@db:6432/shop?password=a%20%27b%5C&ssl=true",
            "postgresql:///shop?host=db&port=6432&user=app&password=a%20'b\\&sslmode=require\n",
            r"host=db port=6432 user=app password='a \'b\\' dbname=shop sslmode=require",
            r"  host = db port= 6432 user =app password=a\ \'b\\ dbname='shop' sslmode=disable sslmode=require ",
        ] {
            let expected = [
                ("dbname", "shop"),
                ("host", "db"),
                ("password", "a 'b\\"),
                ("port", "6432"),
                ("sslmode", "require"),
                ("user", "app"),
            ];
            assert_eq!(read(text), expected.map(|(keyword, value)| (keyword, value.to_owned())), "{text}");
        }
    }

    #[test]
    fn hosts_of_urls_are_read_as_libpq_does() {
        for (text, host, port) in [
            ("postgres://db", Some("db"), None),
            ("postgres://app@/shop", None, None),
            ("postgres://[2001:db8::1]:6432/shop", Some("2001:db8::1"), Some("6432")),
            ("postgres://one:1,two,[::1]:3/shop", Some("one,two,::1"), Some("1,,3")),
            ("postgres://%2Fvar%2Frun/shop", Some("/var/run"), None),
            ("postgres://app:what?@db/shop", Some("db"), None),
        ] {
            let settings = Settings::parse(text, Origin::CommandLine).unwrap();
            assert_eq!((settings.get("host"), settings.get("port")), (host, port), "{text}");
        }
    }

    #[test]
    fn malformed_strings_are_refused_without_their_text() {
        for (text, words) in [
            ("", "is empty"),
            ("hunter2", "neither a postgres:// URL nor key=value pairs"),
            ("mysql://app:hunter2@db/shop", "neither a postgres:// URL"),
            ("jdbc:postgresql://db/shop?user=app&password=hunter2", "neither a postgres:// URL"),
            ("postgres://app:p%zzhunter2@db/shop", "percent sign as %25"),
            ("postgres://app:%ffhunter2@db/shop", "not UTF-8"),
            ("postgres://app:%00hunter2@db/shop", "not UTF-8"),
            ("postgres://app:hun@ter2@db/shop", "@ is %40"),
            ("postgres://app:hun/ter2@db/shop", "@ is %40"),
            ("postgres://[::1/hunter2", "no closing bracket"),
            ("postgres://db/shop?hunter2", "has no ="),
            ("host=db password='hunter2", "no closing quote"),
            ("host=db password=my hunter2", "a word without ="),
            ("host=db password=my hunter2=x", "parameter 3 (not shown"),
            ("host=db pool_size=hunter2", "the parameter \"pool_size\""),
            ("postgres://db/shop?pgbouncer=true", "the parameter \"pgbouncer\""),
            ("postgres://db/shop?options=-c%20hunter2", "options is not allowed"),
            ("service=hunter2", "service is not allowed"),
            ("passfile=hunter2", "set PGPASSFILE"),
            ("host=db replication=hunter2", "only false or off or no or 0"),
        ] {
            let message = refused(text, Origin::CommandLine);
            assert!(message.contains(words), "{text}: {message}");
            assert!(!message.contains("hunter2") && !message.contains("ter2"), "{text}: {message}");
        }
    }

    #[test]
    fn a_secret_may_not_name_files_of_the_operators_machine() {
        for keyword in ["sslrootcert", "sslcert", "sslkey"] {
            let text = format!("host=db user=app {keyword}=/etc/passwd");
            assert!(
                refused(&text, Origin::Secret).contains("put the certificate of the authority into"),
                "{text}"
            );
            Settings::parse(&text, Origin::CommandLine).unwrap();
        }
        Settings::parse("host=db user=app sslrootcert=system", Origin::Secret).unwrap();
    }

    #[test]
    fn every_variable_fills_a_keyword_that_is_known() {
        for (variable, keyword) in VARIABLES {
            assert!(KEYWORDS.iter().any(|(known, _)| known == keyword), "{variable}");
        }
    }

    #[test]
    fn the_environment_fills_only_what_the_string_left_open() {
        let mut settings = Settings::parse("host=db user=app", Origin::CommandLine).unwrap();
        for (keyword, value) in [("host", "other"), ("user", "other"), ("password", ""), ("port", "6432")] {
            settings.fill(keyword, value).unwrap();
        }
        settings.fill_defaults("jane").unwrap();
        assert_eq!(settings.get("host"), Some("db"));
        assert_eq!(settings.get("port"), Some("6432"));
        assert_eq!(settings.get("user"), Some("app"));
        assert_eq!(settings.get("dbname"), Some("app"));
        assert_eq!(settings.get("password"), None);
    }

    #[test]
    fn without_any_setting_the_local_server_is_meant() {
        let mut settings = Settings::new(Origin::CommandLine);
        settings.fill_defaults("jane").unwrap();
        assert_eq!(settings.get("host"), Some("/var/run/postgresql"));
        assert_eq!(settings.get("user"), Some("jane"));
        assert_eq!(settings.get("dbname"), Some("jane"));
    }

    #[test]
    fn the_first_fitting_line_of_a_password_file_counts() {
        let file = "# db:5432:shop:app:comment\n\
                    db:5432:shop:other:wrong\n\
                    db:5432:shop\n\
                    db:*:sh\\:op:app:colon\\:and\\\\slash\r\n\
                    *:*:*:app:second\n\
                    localhost:5432:local:app:socket\n";
        for (text, password) in [
            ("host=db dbname=sh:op user=app", Some("colon:and\\slash")),
            ("host=db dbname=shop user=app", Some("second")),
            ("host=db dbname=shop user=nobody", None),
            ("host=db dbname=shop user=app password=given", Some("given")),
        ] {
            let mut settings = Settings::parse(text, Origin::CommandLine).unwrap();
            settings.fill_password_from(file).unwrap();
            assert_eq!(settings.get("password"), password, "{text}");
        }
        let mut settings = Settings::parse("dbname=local user=app", Origin::CommandLine).unwrap();
        settings.fill_defaults("jane").unwrap();
        settings.fill_password_from("localhost:5432:local:app:socket\n").unwrap();
        assert_eq!(settings.get("password"), Some("socket"));
    }

    #[test]
    fn settings_print_no_secret() {
        let settings = Settings::parse("postgres://app:hunter2@db/shop", Origin::CommandLine).unwrap();
        assert_eq!(format!("{settings:?}"), "Settings { .. }");
    }
}
