# Apache Kafka from its Maven artefacts, with broker and controller in one process. Sourced by `stack`.

# A small JVM that starts quickly: a demo or a test runs it for a few minutes only.
JVM_FLAGS=(-Xms512m -Xmx512m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dorg.slf4j.simpleLogger.defaultLogLevel=warn)

kafka_version() { grep -A1 '<artifactId>kafka_2.13<' "$HERE/pom.xml" | sed -n 's/.*<version>\(.*\)<.*/\1/p'; }
broker_dir() { echo "$LOCAL/kafka-$(kafka_version)-$(cksum <"$HERE/pom.xml" | cut -d' ' -f1)"; }
broker_jars() { [ -e "$(broker_dir)/complete" ] && broker_dir; }

fetch_broker() {
    local dir began log=$LOCAL/maven.log
    [ -n "$(broker_jars)" ] && return
    dir=$(broker_dir) began=$(now_ms)
    mkdir -p "$LOCAL"
    exec 8>"$LOCAL/maven.lock"; flock 8
    if [ -z "$(broker_jars)" ]; then
        say "fetching Apache Kafka $(kafka_version) from Maven ..."
        mvn -q -B -f "$HERE/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
            -DoutputDirectory="$dir/lib" >"$log" 2>&1 8>&- || { tail -20 "$log" >&2; die "Maven failed (whole log: $log)"; }
        touch "$dir/complete"
        say "fetched ($(seconds_since "$began") s)"
    fi
    exec 8>&-
}

kafka_start() { # DIR: returns when the broker listens
    local dir=$1 began port controller attempt
    began=$(now_ms)
    mkdir -p "$dir"
    for attempt in 1 2 3; do
        port=$(free_port) controller=$(free_port)
        [ "$port" = "$controller" ] && continue
        sed "s|@PORT@|$port|; s|@CONTROLLER_PORT@|$controller|g; s|@DATA@|$dir/data|" "$HERE/server.properties" >"$dir/server.properties"
        sed -i "s|@PORT@|$port|g" "$dir/server.properties"
        if kafka_launch "$dir" "$port"; then
            echo "127.0.0.1:$port" >"$dir/address"
            say "Kafka $(kafka_version) is up ($(seconds_since "$began") s)"
            return
        fi
        kafka_stop "$dir" now
    done
    tail -20 "$dir/broker.log" >&2
    die "Kafka did not start (whole log: $dir/broker.log)"
}

kafka_launch() { # DIR PORT: uses the properties and the data in DIR; returns when the broker listens
    kafka_format "$1"
    # A broker that inherits an ignored TERM could not be stopped gracefully.
    setsid env --default-signal=INT,TERM,HUP java "${JVM_FLAGS[@]}" -cp "$(broker_jars)/lib/*" kafka.Kafka "$1/server.properties" \
        </dev/null >>"$1/broker.log" 2>&1 9>&- &
    record_process $! "$1/pid"
    disown
    kafka_wait "$1" "$2"
}

kafka_format() { # DIR
    [ -e "$1/data/meta.properties" ] && return
    java "${JVM_FLAGS[@]}" -cp "$(broker_jars)/lib/*" kafka.tools.StorageTool format \
        -t "${KAFKA_CLUSTER_ID:-$(head -c 16 /dev/urandom | base64 | tr '+/' 'ab' | tr -d '=' | sed 's/^-/a/')}" -c "$1/server.properties" \
        >"$1/format.log" 2>&1 9>&- || { cat "$1/format.log" >&2; die "Kafka's data folder could not be formatted"; }
}

kafka_wait() { # DIR PORT
    local i
    for ((i = 0; i < 600; i++)); do
        port_is_free "$2" || return 0
        recorded_process "$1/pid" >/dev/null || return 1
        sleep 0.1
    done
    return 1
}

kafka_stop() { # DIR [now]: `now` kills the broker at once, for data that are deleted anyway
    local pid
    pid=$(recorded_process "$1/pid") || return 0
    if [ "${2-}" != now ]; then kill -TERM "$pid" 2>/dev/null; wait_gone "$pid" 20 && { rm -f "$1/pid"; return 0; }; fi
    kill -KILL "$pid" 2>/dev/null
    wait_gone "$pid" 10
    rm -f "$1/pid"
}
