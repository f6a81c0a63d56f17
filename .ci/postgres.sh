# Sourced: a PostgreSQL server of one's own, in a temporary folder on a free
# loopback port. Needs tools.sh.

server=     # the server's process
server_dir= # its folder

# as_postgres runs a program as a user other than root, whom the server refuses;
# it replaces the shell, so that a background job's id is the program's.
as_postgres() {
  if [ "$(id -u)" != 0 ]; then
    exec "$@"
  fi
  local user=postgres
  id -u $user >/dev/null 2>&1 || user=nobody
  chown -R "$(id -u $user):$(id -g $user)" "$server_dir"
  cd /
  exec setpriv --reuid="$(id -u $user)" --regid="$(id -g $user)" --clear-groups "$@"
}

# start_postgres [durable] starts the server and exports VHOD_TEST_POSTGRES. Tests
# do not need to survive a power cut; measurements have to pay for it.
start_postgres() {
  local bin port password mode=${1:-} settings try
  bin=$(postgres_folder) || return 0
  server_dir=$(mktemp -d "${TMPDIR:-/tmp}/vhod-postgres-XXXXXX")
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  echo "$password" >"$server_dir/password"
  if ! (as_postgres "$bin/initdb" --pgdata="$server_dir/data" --username=postgres --pwfile="$server_dir/password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync --no-instructions) >"$server_dir/initdb.log" 2>&1; then
    cat "$server_dir/initdb.log" >&2
    echo "PostgreSQL: initdb failed" >&2
    return 0
  fi
  settings=(-c listen_addresses=127.0.0.1 -c unix_socket_directories="$server_dir" -c shared_buffers=128MB
    -c max_connections=300 -c max_locks_per_transaction=256 -c max_parallel_workers_per_gather=0
    -c jit=off -c timezone=UTC -c logging_collector=off)
  if [ "$mode" != durable ]; then
    settings+=(-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0)
  fi
  # The server itself finds out whether a port is free: no gap between looking and
  # taking. Below 32768 no outgoing connection takes one either.
  for try in 1 2 3 4 5 6 7 8 9 10; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    (as_postgres "$bin/postgres" -D "$server_dir/data" -p $port "${settings[@]}") >"$server_dir/server.log" 2>&1 &
    server=$!
    if postgres_ready "$bin" $port; then
      export VHOD_TEST_POSTGRES="postgres://postgres:$password@127.0.0.1:$port/postgres?sslmode=disable"
      echo "PostgreSQL: $("$bin/postgres" --version | awk '{print $3}'), port $port"
      return 0
    fi
    wait $server || true
    server=
  done
  cat "$server_dir/server.log" >&2
  echo "PostgreSQL: the server did not start" >&2
}

# postgres_ready waits until our own server, not a stranger on its port, accepts.
postgres_ready() {
  local tick
  for tick in $(seq 600); do
    kill -0 $server 2>/dev/null || return 1
    if [ "$(sed -n 8p "$server_dir/data/postmaster.pid" 2>/dev/null | tr -d ' ')" = ready ] &&
      [ "$(head -1 "$server_dir/data/postmaster.pid")" = $server ] &&
      "$1/pg_isready" -q -h 127.0.0.1 -p "$2"; then
      return 0
    fi
    sleep 0.1
  done
  kill -QUIT $server 2>/dev/null || true
  return 1
}

stop_postgres() {
  if [ -n "$server" ] && kill -0 $server 2>/dev/null; then
    # Immediate: nothing in it is wanted any more.
    kill -QUIT $server 2>/dev/null || true
    wait $server 2>/dev/null || true
  fi
  server=
  [ -z "$server_dir" ] || rm -rf "$server_dir"
}
