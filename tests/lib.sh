# shellcheck shell=bash
# What the scripts of this directory and examples/demo share: messages, free
# ports, and processes that end by their own process id. To be sourced.
#
# Environment: SCHEMA_AUDIT_CACHE, the directory for what is built or downloaded
# once (default: $XDG_CACHE_HOME/schema-audit, else ~/.cache/schema-audit).

shopt -s inherit_errexit

# Debian has PgBouncer there, which is not on the PATH of every account.
PATH=$PATH:/usr/sbin

say() { printf '%s\n' "$*" >&2; }

die() {
  say "${0##*/}: $*"
  exit 1
}

cache_dir() { printf '%s\n' "${SCHEMA_AUDIT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/schema-audit}"; }

# cargo-deny, which tests/install-tools compiles: this version, in this directory.
cargo_deny_version=0.20.2
cargo_deny_bin() { printf '%s/cargo-deny-%s/bin\n' "$(cache_dir)" "$cargo_deny_version"; }

need() { # need PROGRAM PACKAGE
  command -v "$1" >/dev/null || die "$1 is not installed: apt-get install $2 (or run tests/install-tools)"
}

# The start time of a process in clock ticks: with the process id, it names a
# process for good. Fails for a process that is gone or a zombie.
process_start() {
  local stat fields
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  read -ra fields <<<"${stat##*) }"
  [[ ${fields[0]} != Z ]] && printf '%s\n' "${fields[19]}"
}

running() { # running PID START
  local start
  start=$(process_start "$1") && [[ $start == "$2" ]]
}

# Is the process of this pid file ("PID START") still there?
pidfile_running() {
  local pid start
  [[ -r $1 ]] && read -r pid start <"$1" && running "$pid" "$start"
}

# Starts a program in a session of its own, with its output in a log file:
#   spawn PIDFILE LOG COMMAND...
spawn() {
  local pidfile=$1 log=$2
  shift 2
  setsid "$@" </dev/null >>"$log" 2>&1 &
  local pid=$! start
  disown "$pid"
  start=$(process_start "$pid") || start=gone
  printf '%s %s\n' "$pid" "$start" >"$pidfile"
}

# Ends the process of a pid file with each signal in turn, five seconds apart:
#   stop PIDFILE SIGNAL...
stop() {
  local pidfile=$1 pid start signal tries
  shift
  [[ -r $pidfile ]] || return 0
  read -r pid start <"$pidfile" || return 0
  for signal in "$@" KILL; do
    running "$pid" "$start" || break
    kill -s "$signal" "$pid" 2>/dev/null || true
    for ((tries = 0; tries < 100; tries++)); do
      running "$pid" "$start" || break 2
      sleep 0.05
    done
  done
  rm -f "$pidfile"
}

# A TCP port of the loopback interface on which nothing listens, below the range
# from which Linux gives ports to outgoing connections.
free_port() {
  local port tries
  for ((tries = 0; tries < 100; tries++)); do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    if ! (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      printf '%s\n' "$port"
      return
    fi
  done
  die "found no free port on 127.0.0.1"
}

# Polls a condition until it holds, the time is up, or the process of the pid
# file is gone (then it fails):
#   poll SECONDS PIDFILE COMMAND...
poll() {
  local until=$((SECONDS + $1)) pidfile=$2
  shift 2
  while ((SECONDS <= until)); do
    if "$@"; then return 0; fi
    pidfile_running "$pidfile" || return 1
    sleep 0.1
  done
  return 1
}

# Makes the directory for one start of a program; remembers when it was made (or
# empty), so that "down --remove" never removes what was there before.
make_dir() {
  mkdir -p "$1"
  if [[ -z $(ls -A "$1") ]]; then : >"$1/.made-by-up"; fi
}

remove_dir() {
  if [[ -e $1/.made-by-up ]]; then rm -rf "$1"; fi
}

# Runs "DOWN DIR --remove" as soon as the process PARENT is gone, also when this
# script is still at work then:
#   watch_parent PARENT DOWN DIR
watch_parent() {
  local parent=$1 down=$2 dir=$3 parent_start own_start
  parent_start=$(process_start "$parent") || die "--with-parent: there is no process $parent"
  own_start=$(process_start $$)
  # shellcheck disable=SC2016 # expanded by the inner shell
  spawn "$dir/watchdog.pid" /dev/null bash -c '
    . "$1"
    while running "$2" "$3"; do sleep 0.5; done
    rm -f "$7/watchdog.pid"
    if running "$4" "$5"; then kill "$4"; fi
    while running "$4" "$5"; do sleep 0.1; done
    exec "$6" "$7" --remove
  ' watchdog "${BASH_SOURCE[0]}" "$parent" "$parent_start" $$ "$own_start" "$down" "$dir"
}
