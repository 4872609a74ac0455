//! The file that `--compare drift` compares with, and when it is written.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::print_warning;
use crate::core::audit::report::Report;
use crate::core::drift::{Baseline, BaselineError, Watched};

/// Why the file cannot be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("--compare drift needs --baseline FILE; a file that is not there yet is written")]
    NotGiven,
    #[error("--baseline is of use with --compare drift only")]
    NotWanted,
    #[error("{}: the baseline cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}: the baseline cannot be read: {source}; remove the file to begin anew", path.display())]
    Parse { path: PathBuf, source: BaselineError },
    #[error("{}: the baseline cannot be written: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// Reads the file; `None` if there is none.
pub(super) fn read(path: &Path) -> Result<Option<Baseline>, Error> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::Read { path: path.to_owned(), source }),
    };
    Baseline::parse(&text).map(Some).map_err(|source| Error::Parse { path: path.to_owned(), source })
}

/// Writes the file if that is asked for (`accept`), or if there is nothing to lose: no file yet, or one that cannot be
/// compared with, and a database that is as it should be. Says so on standard error.
pub(super) fn update(
    path: &Path,
    previous: Option<&Baseline>,
    report: &Report,
    watched: &Watched,
    accept: bool,
) -> Result<(), Error> {
    let version = &report.server.version;
    let stale = previous.and_then(|previous| previous.stale(version));
    if let Some(why) = &stale {
        print_warning(&format!("{why}: nothing could be compared with it, so that drift begins anew"));
    }
    let begin = previous.is_none() || stale.is_some();
    if !(accept || begin && report.is_compliant()) {
        let new = previous.filter(|_| !begin).map_or(0, |previous| previous.unknown(watched));
        if begin {
            print_warning(
                "there is nothing to compare with, and none is accepted before the audit is compliant: see --accept",
            );
        } else if new > 0 {
            print_warning(&format!(
                "{new} of the components are not in the baseline yet: accept them with --accept"
            ));
        }
        return Ok(());
    }
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default().to_string();
    let next = Baseline::accept(previous, watched, version, Some(&now));
    if previous != Some(&next) {
        write(path, &next)?;
    }
    // Nobody is left to hear where standard error is closed.
    let _ = writeln!(
        anstream::stderr(),
        "{}: accepted the state of {} components",
        crate::report::printable::lines(&path.display().to_string()),
        next.len()
    );
    Ok(())
}

/// Beside the file first, so that no half of a baseline is ever there.
fn write(path: &Path, baseline: &Baseline) -> Result<(), Error> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let json = baseline.to_json().map_err(|error| failed(error.into()))?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    std::fs::write(&beside, json).and_then(|()| std::fs::rename(&beside, path)).map_err(failed)
}
