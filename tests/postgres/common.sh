# shellcheck shell=bash
# What tests/postgres/up, pgbouncer and down share: the account under which the
# servers run. To be sourced; $dir is the directory of the server.

# shellcheck source=tests/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

# Sets $account (empty: the caller's own) and $account_prefix, the words that
# run a command under it.
choose_account() {
  account='' account_prefix=(env)
  ((EUID == 0)) || return 0
  need setpriv util-linux
  account=postgres
  if ! id "$account" >/dev/null 2>&1; then account=nobody; fi
  account_prefix=(setpriv "--reuid=$account" "--regid=$(id -g "$account")" --init-groups env HOME=/ "USER=$account")
}

as_account() { (cd / && "${account_prefix[@]}" "$@"); }

own() { # own FILE...
  if [[ -n $account ]]; then chown "$account" "$@"; fi
}

# Gives the directory to the account, and checks that it can get there.
share_dir() {
  own "$1"
  chmod u+rwx,go-w "$1"
  as_account test -w "$1" ||
    die "the account $account cannot reach $1: choose a directory under /tmp whose parents all can enter"
}

finish() {
  local status=$?
  trap - EXIT
  if ((status != 0)); then "$(dirname "${BASH_SOURCE[0]}")/down" "$dir" || true; fi
  exit "$status"
}
