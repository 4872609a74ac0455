//! Connection strings, as libpq reads them: a `postgres://` URL or `key=value` pairs.
//!
//! The driver's own parser knows neither `verify-full` nor `sslrootcert`, and its errors quote the string. No error of
//! this file does.

use percent_encoding::percent_decode_str;

use super::Error;

/// A keyword and its value. `named` tells whether a message may quote the keyword: after a password that was not
/// quoted it may be the second half of that password.
pub(super) struct Pair {
    pub keyword: String,
    pub value: String,
    pub named: bool,
}

/// The pairs of a connection string, in its order. White space around it does not count: Secrets often end in a line
/// feed.
pub(super) fn pairs(connection_string: &str) -> Result<Vec<Pair>, Error> {
    let text = connection_string.trim();
    if text.contains('\0') {
        return Err(Error::invalid("the connection string holds a NUL character"));
    }
    let url = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
    match url {
        Some(rest) => url_pairs(rest),
        None if text.is_empty() => Err(Error::invalid("the connection string is empty")),
        None if !text.contains('=') || text.split_once('=').is_some_and(|(key, _)| key.contains("://")) => {
            Err(Error::invalid(
                "the connection string is neither a postgres:// URL nor key=value pairs: write \
                 postgres://user:password@host:5432/database",
            ))
        }
        None => key_value_pairs(text),
    }
}

/// The pairs of a URL after its scheme, by the rules of `conninfo_uri_parse_options` in libpq's `fe-connect.c`.
fn url_pairs(rest: &str) -> Result<Vec<Pair>, Error> {
    let mut pairs = Vec::new();
    let (credentials, rest) = match rest.find(['@', '/']) {
        Some(end) if rest[end..].starts_with('@') => (&rest[..end], &rest[end + 1..]),
        _ => ("", rest),
    };
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (hosts, database) = rest.split_once('/').unwrap_or((rest, ""));
    if hosts.contains('@') || (credentials.is_empty() && rest.contains('@')) {
        return Err(Error::invalid(
            "the user or the password in the URL holds a character that must be percent-encoded there: @ is %40, / is \
             %2F, ? is %3F, # is %23",
        ));
    }
    let (hosts, ports) = hosts_and_ports(hosts)?;
    let named = !query.contains('@');
    for (keyword, value) in
        [("user", user), ("password", password), ("host", &hosts), ("port", &ports), ("dbname", database)]
    {
        if !value.is_empty() {
            pairs.push(Pair { keyword: keyword.to_owned(), value: decode(value)?, named });
        }
    }
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let Some((keyword, value)) = parameter.split_once('=') else {
            return Err(Error::invalid("a parameter after the ? of the URL has no ="));
        };
        pairs.push(Pair { keyword: decode(keyword)?, value: decode(value)?, named });
    }
    Ok(pairs)
}

/// Splits `host:port,[address]:port` into two lists of equal length. No port at all gives an empty list.
fn hosts_and_ports(text: &str) -> Result<(String, String), Error> {
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for part in text.split(',') {
        let (host, port) = match part.strip_prefix('[') {
            Some(bracketed) => {
                let (host, port) = bracketed
                    .split_once(']')
                    .ok_or_else(|| Error::invalid("an address in the URL has no closing bracket"))?;
                (host, port.strip_prefix(':').unwrap_or(port))
            }
            None => part.split_once(':').unwrap_or((part, "")),
        };
        hosts.push(host);
        ports.push(port);
    }
    let ports = if ports.iter().all(|port| port.is_empty()) { String::new() } else { ports.join(",") };
    Ok((hosts.join(","), ports))
}

fn decode(text: &str) -> Result<String, Error> {
    let bytes = text.as_bytes();
    let valid =
        |at: usize| bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    if bytes.iter().enumerate().any(|(at, byte)| *byte == b'%' && !valid(at)) {
        return Err(Error::invalid(
            "the URL holds a % that is not followed by two hexadecimal digits: write a percent sign as %25",
        ));
    }
    match percent_decode_str(text).decode_utf8() {
        Ok(text) if !text.contains('\0') => Ok(text.into_owned()),
        _ => Err(Error::invalid("a percent-encoded part of the URL is not UTF-8 text")),
    }
}

/// The pairs of `key = value` text, by the rules of `conninfo_parse` in libpq's `fe-connect.c`.
fn key_value_pairs(text: &str) -> Result<Vec<Pair>, Error> {
    let mut pairs = Vec::new();
    let mut rest = text.trim_start();
    let mut named = true;
    while !rest.is_empty() {
        let (keyword, after) = rest
            .split_once('=')
            .ok_or_else(|| Error::invalid("the connection string holds a word without ="))?;
        let keyword = keyword.trim_end();
        if keyword.is_empty() || keyword.contains(char::is_whitespace) {
            return Err(Error::invalid(
                "the connection string holds a word without =; a value with spaces must be quoted: 'two words'",
            ));
        }
        let after = after.trim_start();
        let (value, after) = if let Some(quoted) = after.strip_prefix('\'') {
            let (value, after) = scan(quoted, |character| character == '\'');
            let after = after.strip_prefix('\'').ok_or_else(|| {
                Error::invalid("a quoted value of the connection string has no closing quote")
            })?;
            (value, after)
        } else {
            named &= keyword != "password";
            scan(after, char::is_whitespace)
        };
        pairs.push(Pair { keyword: keyword.to_owned(), value, named: named || keyword == "password" });
        rest = after.trim_start();
    }
    Ok(pairs)
}

/// Reads up to a character that ends the value, taking the one after a backslash as it is.
fn scan(text: &str, ends: impl Fn(char) -> bool) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            _ if ends(character) => return (value, &text[at..]),
            _ => value.push(character),
        }
    }
    (value, "")
}
