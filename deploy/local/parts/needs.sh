# The required packages. As root on Debian they are installed; elsewhere they are listed. Sourced by `stack`.

postgres_bin() { # the newest installed server, at least version 14
    local dir found=
    for dir in $(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin 2>/dev/null | sort -V); do
        [ -x "$dir/initdb" ] && [ "$("$dir/initdb" --version | grep -oE '[0-9]+' | head -1)" -ge 14 ] && found=$dir
    done
    if [ -z "$found" ] && command -v initdb >/dev/null; then found=$(dirname "$(readlink -f "$(command -v initdb)")"); fi
    [ -n "$found" ] && echo "$found"
}

java_is_good() {
    command -v java >/dev/null || return 1
    [ "$(java -version 2>&1 | grep -oE '"[0-9]+' | head -1 | tr -d '"')" -ge 17 ]
}

missing_packages() { # [all]: what the stack needs; with `all` also what building and testing the program needs
    java_is_good || echo openjdk-17-jre-headless
    [ -n "$(broker_jars)" ] || command -v mvn >/dev/null || echo maven
    [ -n "$(postgres_bin)" ] || echo postgresql
    [ "${1-}" = all ] || return 0
    command -v cc >/dev/null && command -v make >/dev/null || echo build-essential
    [ -e /usr/include/zlib.h ] || echo zlib1g-dev
    [ -e /usr/include/openssl/ssl.h ] || echo libssl-dev
    command -v pkg-config >/dev/null || echo pkg-config
    command -v kcat >/dev/null || echo kcat
    [ -x "${CHROMIUM:-/usr/bin/chromium}" ] || echo chromium
    python_is_good || echo python3-venv
    node_is_good || echo nodejs npm
}

python_is_good() { command -v python3 >/dev/null && python3 -c 'import venv, ensurepip' 2>/dev/null; }

node_is_good() { # with the package manager, which Debian packs apart
    command -v node >/dev/null && command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)'
}

install_missing() { # [all]
    local packages
    packages=$(missing_packages "${1-}" | tr '\n' ' ')
    if [ -n "${packages// /}" ]; then
        if [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ] && command -v apt-get >/dev/null; then
            debian_install $packages
        else
            die "install these packages first (names as in Debian): $packages
       or set PEYVAND_KAFKA_BROKERS and PEYVAND_DATABASE_URL to a broker and an empty database of your own"
        fi
    fi
    [ "${1-}" != all ] || command -v cargo >/dev/null || die "Rust is missing: see https://rustup.rs (version 1.94 or newer)"
}

java_package() { # each Debian release has another Java version
    local name
    for name in openjdk-17-jre-headless openjdk-21-jre-headless openjdk-25-jre-headless; do
        apt-cache show "$name" >/dev/null 2>&1 && break
    done
    echo "$name"
}

debian_install() {
    local began log=$LOCAL/apt.log no_cluster=/etc/postgresql-common/createcluster.d/peyvand-none.conf
    began=$(now_ms)
    mkdir -p "$LOCAL"
    say "installing $* ..."
    # Debian's package would also start a server for the whole machine, which is not needed.
    mkdir -p "${no_cluster%/*}" && echo 'create_main_cluster = false' >"$no_cluster"
    if ! { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends \
        "${@/#openjdk-17-jre-headless/$(java_package)}"; } >"$log" 2>&1; then
        rm -f "$no_cluster"
        tail -20 "$log" >&2
        die "apt-get could not install them (whole log: $log)"
    fi
    rm -f "$no_cluster"
    say "installed ($(seconds_since "$began") s)"
}
