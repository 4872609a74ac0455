//! `schema-audit completions`: what a shell needs to complete the command line.

use clap::{Arg, ArgGroup, Command, CommandFactory as _};
use clap_complete::Shell;

use super::{CommandLine, Outcome, print, print_error};

/// Print the completions of a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The shell.
    #[arg(value_name = "SHELL", value_parser = clap::value_parser!(Shell))]
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  # In ~/.bashrc
  source <(schema-audit completions bash)

  # In a directory of $fpath
  schema-audit completions zsh > ~/.zfunc/_schema-audit

  schema-audit completions fish > ~/.config/fish/completions/schema-audit.fish";

/// Runs the subcommand.
pub(super) fn run(arguments: &Arguments) -> Outcome {
    match print(&script(arguments.shell)) {
        Ok(()) => Outcome::Good,
        Err(message) => {
            print_error(&message);
            Outcome::Failed
        }
    }
}

fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut visible(&CommandLine::command()), "schema-audit", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// What completions are made of, without hidden options: the generators offer them, and clap takes none from a command.
fn visible(command: &Command) -> Command {
    // A few names, once in the life of a process: clap keeps those that live as long as it does.
    let name: &'static str = command.get_name().to_owned().leak();
    let (hidden, arguments): (Vec<&Arg>, Vec<&Arg>) =
        command.get_arguments().partition(|argument| argument.is_hide_set());
    let mut shown = Command::new(name)
        .args(arguments.into_iter().cloned())
        // Other options may speak of them.
        .groups(hidden.into_iter().map(|argument| ArgGroup::new(argument.get_id().clone())))
        .subcommands(command.get_subcommands().map(visible));
    if let Some(about) = command.get_about() {
        shown = shown.about(about.clone());
    }
    if let Some(version) = command.get_version() {
        let version: &'static str = version.to_owned().leak();
        shown = shown.version(version);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a script offers an option, which each shell writes in its own way.
    fn offers(script: &str, option: &str) -> bool {
        let ends = |rest: &str| !rest.starts_with(|c: char| c == '-' || c.is_alphanumeric());
        [format!("--{option}"), format!("-l {option}")]
            .iter()
            .any(|written| script.match_indices(written).any(|(at, _)| ends(&script[at + written.len()..])))
    }

    #[test]
    fn all_options_are_offered_but_hidden_ones() {
        let command = CommandLine::command();
        let options: Vec<_> = command.get_subcommands().flat_map(Command::get_arguments).collect();
        assert!(options.iter().any(|option| option.is_hide_set()));
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Elvish, Shell::PowerShell] {
            let script = script(shell);
            for option in &options {
                let Some(long) = option.get_long() else { continue };
                assert_eq!(offers(&script, long), !option.is_hide_set(), "{shell}: --{long}");
            }
            for (shell_wide, is_there) in [("help", true), ("version", true), ("no-such-thing", false)] {
                assert_eq!(offers(&script, shell_wide), is_there, "{shell}: --{shell_wide}");
            }
        }
    }
}
