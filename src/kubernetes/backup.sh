# Saves the database to $BACKUP_FILE before anything is changed. What goes wrong is told in words of our own: those of
# pg_dump may name hosts and users, and stay in the log.
set -u
fail() {
  printf '%s' "$1" >/dev/termination-log
  exit 1
}
cd "$SECRET_DIRECTORY" || fail 'the Secret is not there'
value() { # value KEY...: the value of the first key that the Secret has
  for key; do
    case $key in
    # A key has no slash: a path would lead to another file, whose words are not the Secret's.
    '' | */*) continue ;;
    esac
    if [ -f "./$key" ]; then
      cat "./$key"
      return
    fi
  done
}
uri=$(value "${KEY_URI:-uri}")
PGSSLMODE=$(value "${KEY_SSLMODE:-}" sslmode)
export PGSSLMODE="${PGSSLMODE:-verify-full}"
# What the URL says wins in libpq, too.
mode=$PGSSLMODE
case $uri in
  *sslmode=*) mode=${uri##*sslmode=} && mode=${mode%%[&[:space:]]*} ;;
esac
if [ -f ca.crt ]; then
  export PGSSLROOTCERT="$SECRET_DIRECTORY/ca.crt"
elif [ -f sslrootcert ]; then
  export PGSSLROOTCERT="$SECRET_DIRECTORY/sslrootcert"
elif [ -n "${AUTHORITY_FILE:-}" ]; then
  export PGSSLROOTCERT="$AUTHORITY_FILE"
elif [ "$mode" = verify-full ]; then
  # With any other mode libpq refuses it.
  export PGSSLROOTCERT=system
fi
if [ -n "$uri" ]; then
  if [ -n "${KEY_HOST:-}${KEY_PORT:-}${KEY_DBNAME:-}${KEY_USER:-}${KEY_PASSWORD:-}" ]; then
    fail 'the Secret has a URL, and the spec names keys for parts of it: give one or the other for a backup'
  fi
  set -- --dbname="$uri"
else
  PGHOST=$(value "${KEY_HOST:-}" host)
  PGPORT=$(value "${KEY_PORT:-}" port)
  PGUSER=$(value "${KEY_USER:-}" username user)
  PGPASSWORD=$(value "${KEY_PASSWORD:-}" password)
  PGDATABASE=$(value "${KEY_DBNAME:-}" dbname database)
  export PGHOST PGPORT="${PGPORT:-5432}" PGUSER PGPASSWORD PGDATABASE="${PGDATABASE:-$PGUSER}"
  set --
fi
if [ ! -f "$BACKUP_FILE" ]; then
  pg_dump --format=custom --file="$BACKUP_FILE.part" "$@" || fail 'pg_dump failed; its log says why'
  pg_restore --list "$BACKUP_FILE.part" >/dev/null || fail 'pg_restore cannot read what pg_dump wrote'
  mv "$BACKUP_FILE.part" "$BACKUP_FILE" || fail 'the backup cannot be put in its place'
fi
