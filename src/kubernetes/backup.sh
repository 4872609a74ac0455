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
    if [ -n "$key" ] && [ -f "$key" ]; then
      cat "$key"
      return
    fi
  done
}
uri=$(value "${KEY_URI:-uri}")
PGSSLMODE=$(value "${KEY_SSLMODE:-}" sslmode)
export PGSSLMODE="${PGSSLMODE:-verify-full}"
if [ -f ca.crt ]; then
  export PGSSLROOTCERT="$SECRET_DIRECTORY/ca.crt"
elif [ -f sslrootcert ]; then
  export PGSSLROOTCERT="$SECRET_DIRECTORY/sslrootcert"
else
  export PGSSLROOTCERT="${AUTHORITY_FILE:-system}"
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
