# A private PostgreSQL that listens on a Unix socket only. Sourced by `stack`.
# With a socket, no other user of the machine can connect, and a client that does not set TCP_NODELAY loses no time.

# PostgreSQL refuses to run as root. Debian's package creates the user `postgres`.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"; else "$@"; fi
}
owner_of_data() { if [ "$(id -u)" = 0 ]; then echo postgres; else id -un; fi; }

postgres_place() { # DIR: prints the data folder; outside the project folder only if `postgres` cannot enter that
    local dir=$1/data home
    mkdir -p "$dir" && chown "$(owner_of_data)" "$dir" && chmod 700 "$dir"
    if ! (cd / && as_postgres test -w "$dir" 2>/dev/null); then
        rmdir "$dir"
        home=$(mktemp -d /var/tmp/peyvand-postgres.XXXXXX)
        chown "$(owner_of_data)" "$home"
        ln -sfn "$home" "$dir"
        dir=$home
    fi
    (cd "$dir" && pwd -P)
}

postgres_start() { # DIR: returns when the server answers
    local dir=$1 bin data socket began
    began=$(now_ms) bin=$(postgres_bin)
    mkdir -p "$dir"
    if [ -e "$dir/data" ]; then data=$(cd "$dir/data" && pwd -P); else data=$(postgres_place "$dir"); fi
    # A socket path has at most 107 bytes, which a deep project folder exceeds. Therefore the socket is in /tmp.
    # A killed server restarts with the same socket path, where its clients look for it.
    socket=$(cat "$dir/socket" 2>/dev/null) && [ -d "$socket" ] || socket=$(mktemp -d /tmp/peyvand-pg.XXXXXX)
    chown "$(owner_of_data)" "$socket"
    echo "$data" >"$dir/where"; echo "$socket" >"$dir/socket"
    cd / # `postgres` may not be able to enter the current folder
    if ! as_postgres test -e "$data/PG_VERSION"; then
        as_postgres "$bin/initdb" -D "$data" -U peyvand -A trust -E UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1 9>&- ||
            { cat "$dir/initdb.log" >&2; die "initdb failed"; }
        postgres_settings | as_postgres tee -a "$data/postgresql.conf" >/dev/null
    fi
    as_postgres "$bin/pg_ctl" -D "$data" -w -t 60 -s -l "$data/server.log" -o "-k $socket -c listen_addresses=''" start \
        </dev/null >"$dir/start.log" 2>&1 9>&- || { as_postgres tail -20 "$data/server.log" >&2; die "PostgreSQL did not start"; }
    record_process "$(as_postgres head -1 "$data/postmaster.pid")" "$dir/pid"
    as_postgres "$bin/createdb" -h "$socket" -U peyvand peyvand 2>/dev/null || true
    say "PostgreSQL $("$bin/postgres" -V | grep -oE '[0-9][0-9.]*' | head -1) is up ($(seconds_since "$began") s)"
}

postgres_settings() { # fsync stays on: measurements include the cost of durability
    cat <<-END
		max_connections = 200
		shared_buffers = 256MB
		max_wal_size = 2GB
		wal_compression = $(wal_compression)
		log_min_messages = warning
		log_timezone = 'UTC'
		timezone = 'UTC'
	END
}

wal_compression() { # version 14, or a build without lz4, supports only `on`
    if [ "$("$(postgres_bin)/postgres" -V | grep -oE '[0-9]+' | head -1)" -ge 15 ] && ldd "$(postgres_bin)/postgres" 2>/dev/null | grep lz4 >/dev/null; then echo lz4; else echo on; fi
}

postgres_url() { echo "postgres://peyvand@localhost/peyvand?host=$(cat "$1/socket")"; }

postgres_stop() { # DIR [now]
    local pid
    if pid=$(recorded_process "$1/pid"); then
        # INT is a fast shutdown, QUIT an immediate one.
        if [ "${2-}" = now ]; then kill -QUIT "$pid"; else kill -INT "$pid"; fi 2>/dev/null
        wait_gone "$pid" 30 || { kill -QUIT "$pid" 2>/dev/null; wait_gone "$pid" 10; }
    fi
    rm -f "$1/pid"
    [ -r "$1/socket" ] && case $(cat "$1/socket") in /tmp/peyvand-pg.*) rm -rf "$(cat "$1/socket")" ;; esac
    rm -f "$1/socket"
}

postgres_erase() { # DIR: deletes the data outside the project folder
    [ -r "$1/where" ] || return 0
    case $(cat "$1/where") in /var/tmp/peyvand-postgres.*) rm -rf "$(cat "$1/where")" ;; esac
}
