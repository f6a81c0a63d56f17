# Sourced by the other scripts: finds Go, and what the tests need beside it. On
# Debian, as root, what is missing is installed; elsewhere it is named.

export LC_ALL=C.UTF-8
if [ -z "${HOME:-}" ]; then
  HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
  export HOME
fi
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # what apt-get calls
command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin
command -v go >/dev/null || { echo "Go is not installed: see https://go.dev/doc/install" >&2; exit 2; }
# A checkout of another user's, or without git, cannot be stamped.
git status >/dev/null 2>&1 || export GOFLAGS="${GOFLAGS:-} -buildvcs=false"

debian() { [ -e /etc/debian_version ] && command -v apt-get >/dev/null; }

# postgres_folder is the folder of the newest PostgreSQL server's programs.
postgres_folder() {
  local found
  found=$(ls -d /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb 2>/dev/null | sort -V | tail -1)
  [ -n "$found" ] || found=$(command -v initdb) || return 1
  dirname "$(readlink -f "$found")"
}

chromium_program() {
  local name
  for name in "${VHOD_TEST_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Chromium.app/Contents/MacOS/Chromium" "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    [ -n "$name" ] && command -v "$name" && return
  done
  return 1
}

font() { [ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || ! debian; }

# node_major is 0 where Node.js is missing.
node_major() {
  local version
  version=$(node --version 2>/dev/null) || version=v0
  version=${version#v}
  echo "${version%%.*}"
}

# need_packages sees to the Debian packages behind what is missing.
need_packages() {
  local missing=()
  postgres_folder >/dev/null || missing+=(postgresql)
  chromium_program >/dev/null || missing+=(chromium)
  font || missing+=(fonts-dejavu-core)
  [ "$(node_major)" -gt 0 ] || missing+=(nodejs)
  command -v npm >/dev/null || missing+=(npm)
  [ ${#missing[@]} -gt 0 ] || return 0

  if ! debian; then
    echo "missing: ${missing[*]}"
    echo "install: a PostgreSQL server of version 14 or later (its initdb on PATH), Chromium (on PATH, or"
    echo "  named by VHOD_TEST_CHROMIUM), Node.js 20 or later with npm"
    ! command -v brew >/dev/null || echo "  brew install postgresql@17 node && brew install --cask chromium"
    ! command -v dnf >/dev/null || echo "  dnf install postgresql-server chromium nodejs npm"
    return 0
  fi
  local install=(apt-get install -y --no-install-recommends "${missing[@]}")
  if [ "$(id -u)" != 0 ]; then
    echo "missing: ${missing[*]}"
    echo "install: sudo apt-get update && sudo ${install[*]}"
    return 0
  fi
  echo "installing: ${missing[*]}"
  # The package would start a server of its own, which nobody asked for.
  local quiet=/etc/postgresql-common/createcluster.d/vhod-test.conf
  if [[ " ${missing[*]} " == *" postgresql "* ]]; then
    mkdir -p "${quiet%/*}"
    echo "create_main_cluster = false" >"$quiet"
  fi
  local options=(-qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0)
  if ! { DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" update &&
    DEBIAN_FRONTEND=noninteractive "${install[@]}" "${options[@]}" >/dev/null; }; then
    echo "not installed: ${missing[*]}; ${install[*]}" >&2
  fi
  rm -f "$quiet"
}

# need_node takes npm's own Node.js where the system's is too old.
need_node() {
  local major folder=$PWD/var/test/node
  major=$(node_major)
  if [ "$major" -ge 20 ] || ! command -v npm >/dev/null; then
    return 0
  fi
  if [ ! -x "$folder/node_modules/node/bin/node" ]; then
    echo "Node.js $major is too old: taking npm's"
    npm install --prefix "$folder" --no-save --no-audit --no-fund --no-progress node@22.23.3 || return 0
  fi
  PATH=$folder/node_modules/node/bin:$PATH
}

# need_npm installs the packages of a folder, as locked; of the browser journeys when
# none is named.
need_npm() {
  local folder=${1:-cmd/vhod/e2e}
  [ -e $folder/package-lock.json ] && command -v npm >/dev/null || return 0
  # npm's own record of what is installed is at least as new as the lock file.
  [ $folder/package-lock.json -nt $folder/node_modules/.package-lock.json ] || return 0
  (cd $folder && npm ci --ignore-scripts --no-audit --no-fund --no-progress) || echo "npm packages are not installed" >&2
}
