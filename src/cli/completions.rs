//! `schema-audit completions`: what a shell needs to complete the command line.

use clap::CommandFactory as _;
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
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut CommandLine::command(), "schema-audit", &mut script);
    match print(&String::from_utf8_lossy(&script)) {
        Ok(()) => Outcome::Good,
        Err(message) => {
            print_error(&message);
            Outcome::Failed
        }
    }
}
