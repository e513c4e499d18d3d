#!/usr/bin/env bash
# Tests the program with a broker and a database that require authentication: TLS with a private certificate authority,
# SCRAM-SHA-512, a client certificate, exactly the rights that docs/OPERATIONS.md lists, PostgreSQL with verify-full.
# Starts both servers and removes all their data at the end.
#   security.sh PEYVAND PYTHON        (PYTHON: an interpreter with Confluent's client)
set -euo pipefail
peyvand=$(realpath "$1") python=$2
OUTSIDE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
HERE=$(cd "$OUTSIDE/../../deploy/local" && pwd -P)
LOCAL=${LOCAL_STACK_HOME:-$(cd "$HERE/../.." && pwd -P)/.local}
for part in common needs kafka postgres; do . "$HERE/parts/$part.sh"; done
command -v openssl >/dev/null || die "openssl is missing; it creates the certificates"

work=$(mktemp -d) service=
chmod 711 "$work" # the database's user must be able to enter
clean_up() {
    set +e
    trap '' INT TERM HUP
    [ -z "$service" ] || kill -KILL "$service" 2>/dev/null
    wait
    kafka_stop "$work/kafka" now &
    postgres_stop "$work/postgres"
    wait
    postgres_erase "$work/postgres"
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 129' HUP

# --- certificates: a private authority, one certificate for both servers, one for a client, and an untrusted authority
authority() { # NAME
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
        -addext keyUsage=critical,keyCertSign -keyout "$work/$1.key" -out "$work/$1.pem" 2>/dev/null
}
certificate() { # NAME EXTENSIONS: signed by `ours`
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$work/$1.key" 2>/dev/null |
        openssl x509 -req -days 2 -CA "$work/ours.pem" -CAkey "$work/ours.key" -CAcreateserial \
            -extfile <(echo "$2") -out "$work/$1.pem" 2>/dev/null
}
authority ours
authority untrusted
certificate server subjectAltName=DNS:localhost
certificate by-certificate extendedKeyUsage=clientAuth
cat "$work/server.key" "$work/server.pem" >"$work/keystore.pem"

# --- the broker of the private stack with three more listeners; the plain listener has no access control
password=a-password-for-tests-alone
fetch_broker
jars=$(broker_jars)
broker_jars() { echo "$jars"; }
tls=$(free_port) plain=$(free_port) mutual=$(free_port)
settings="
listeners=PLAINTEXT://127.0.0.1:@PORT@,CONTROLLER://127.0.0.1:@CONTROLLER_PORT@,SASL_SSL://127.0.0.1:$tls,SASL_PLAINTEXT://127.0.0.1:$plain,SSL://127.0.0.1:$mutual
advertised.listeners=PLAINTEXT://127.0.0.1:@PORT@,SASL_SSL://localhost:$tls,SASL_PLAINTEXT://localhost:$plain,SSL://localhost:$mutual
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location=$work/keystore.pem
ssl.truststore.type=PEM
ssl.truststore.location=$work/ours.pem
listener.name.ssl.ssl.client.auth=required
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"
cat "$HERE/server.properties" - >"$work/server.properties" <<<"$settings"
cp "$HERE/pom.xml" "$work"
kafka_format() { # DIR
    java "${JVM_FLAGS[@]}" -cp "$jars/lib/*" kafka.tools.StorageTool format -t "the-broker-of-security" -c "$1/server.properties" \
        --add-scram "SCRAM-SHA-512=[name=peyvand,password=$password]" >"$1/format.log" 2>&1 ||
        { cat "$1/format.log" >&2; die "the broker's data could not be formatted"; }
}

# --- the database: accepts only TCP with TLS and a password
start_database() {
    local dir=$work/postgres bin data port
    mkdir -p "$dir"
    chmod 711 "$dir"
    bin=$(postgres_bin) data=$(postgres_place "$dir") port=$1
    echo "$data" >"$dir/where"
    echo "$work" >"$dir/socket"
    echo "$password" >"$work/password"; chmod 644 "$work/password"
    cd /
    as_postgres "$bin/initdb" -D "$data" -U peyvand -A scram-sha-256 --pwfile="$work/password" -E UTF8 --locale=C --no-sync \
        >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; die "initdb failed"; }
    install -m 600 -o "$(owner_of_data)" "$work/server.key" "$data/server.key"
    install -m 644 -o "$(owner_of_data)" "$work/server.pem" "$data/server.crt"
    echo "hostssl all peyvand 127.0.0.1/32 scram-sha-256" | as_postgres tee "$data/pg_hba.conf" >/dev/null
    as_postgres "$bin/pg_ctl" -D "$data" -w -t 60 -s -l "$data/server.log" start \
        -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories= -c ssl=on" </dev/null >"$dir/start.log" 2>&1 ||
        { as_postgres tail -20 "$data/server.log" >&2; die "the database did not start"; }
    record_process "$(as_postgres head -1 "$data/postmaster.pid")" "$dir/pid"
}
database=$(free_port)
(HERE=$work; kafka_start "$work/kafka") & kafka=$!
(start_database "$database") & postgres=$!
wait "$kafka" && wait "$postgres"
"$python" "$OUTSIDE/acls.py" --brokers "$(cat "$work/kafka/address")" --prefix test. peyvand CN=by-certificate

# --- the program
for name in $(compgen -v PEYVAND_); do unset "$name"; done
without_tls=(--kafka-brokers "localhost:$plain" --kafka-property security.protocol=SASL_PLAINTEXT)
by_certificate=(--kafka-brokers "localhost:$mutual" --kafka-property security.protocol=SSL
    --kafka-property "ssl.certificate.location=$work/by-certificate.pem" --kafka-property "ssl.key.location=$work/by-certificate.key")
trusted="sslmode=verify-full&sslrootcert=$work/ours.pem"
server=postgres://peyvand:$password@localhost:$database/postgres
export PEYVAND_KAFKA_BROKERS=localhost:$tls PEYVAND_TOPIC_PREFIX=test. PEYVAND_TODAY=1404-08-01 PEYVAND_BATCH_WAIT_MS=10
export PEYVAND_HTTP_LISTEN=none # many processes run at the same time
export PEYVAND_KAFKA_PROPERTY_SECURITY_PROTOCOL=SASL_SSL PEYVAND_KAFKA_PROPERTY_SSL_CA_LOCATION=$work/ours.pem
export PEYVAND_KAFKA_PROPERTY_SASL_MECHANISM=SCRAM-SHA-512
export PEYVAND_KAFKA_PROPERTY_SASL_USERNAME=peyvand PEYVAND_KAFKA_PROPERTY_SASL_PASSWORD=$password
export PEYVAND_DATABASE_URL="$server?$trusted"
cd "$work"

fail() { echo "security: $*" >&2; tail -20 "$work"/*.log >&2; exit 1; }
"$peyvand" serve --roles intake,relay >"$work/serve.log" 2>&1 & service=$!
"$peyvand" generate month --marriages 5 >/dev/null 2>&1
publish() { "$peyvand" publish "$1" "month/$1.csv" --timeout 60 >/dev/null || fail "publish $1"; }
all() { # waits for all background jobs except the service; each must succeed
    local job
    for job in $(jobs -p); do [ "$job" = "$service" ] || wait "$job"; done
}
publish persons & publish employments & publish wages &
all
publish marriages
"$peyvand" close-month 1404-07 --confirm >/dev/null || fail "close-month"
"$peyvand" status --wait --timeout 60 >/dev/null || fail "status --wait"
"$peyvand" export out >/dev/null || fail "export"
documents=$(grep -c finance.payment-document.issued out/finance.payment-documents.v1.jsonl) ||
    fail "no document was issued"

# --- the other listeners, and clients that must be refused with a reason
refused() { # TEXT COMMAND...: the command must fail and print TEXT
    local text=$1 output
    shift
    ! output=$(timeout 20 "$@" 2>&1) || fail "not refused: $*"
    grep -qF "$text" <<<"$output" || fail "$* did not print '$text' but: $output"
}
kept_out() { # TEXT COMMAND...: the service must log TEXT; it retries, so it is killed
    local text=$1 log i pid
    shift
    log=$(mktemp "$work/kept-out-XXXX.log")
    "$@" --roles intake --provision false >"$log" 2>&1 & pid=$!
    for ((i = 0; i < 200; i++)); do ! grep -qF "$text" "$log" || break; sleep 0.05; done
    kill -KILL "$pid" && wait "$pid" 2>/dev/null || true
    grep -qF "$text" "$log" || fail "$* did not log '$text'"
}
let_in() { "$peyvand" status "$@" >/dev/null || fail "refused: $*"; }
let_in "${without_tls[@]}" &
let_in "${by_certificate[@]}" &
refused "TopicAuthorizationFailed" "$peyvand" export "$work/other" --topic-prefix other. &
refused "no encryption" "$peyvand" status --database-url "$server?sslmode=disable" &
refused "UnknownIssuer" "$peyvand" status --database-url "$server?sslmode=verify-full&sslrootcert=$work/untrusted.pem" &
refused "not valid for name" "$peyvand" status --database-url "${server/localhost/127.0.0.1}?$trusted" &
refused "password authentication failed" "$peyvand" status --database-url "${server/$password/another}?$trusted" &
kept_out "invalid credentials" env PEYVAND_KAFKA_PROPERTY_SASL_PASSWORD=another "$peyvand" serve &
kept_out "certificate verify failed" env PEYVAND_KAFKA_PROPERTY_SSL_CA_LOCATION="$work/untrusted.pem" "$peyvand" serve &
kept_out "certificate verify failed" "$peyvand" serve --kafka-brokers "127.0.0.1:$tls" &
all

kill -TERM "$service"
wait "$service" || fail "the service ended with $?"
service=
! grep -F "$password" "$work"/*.log || fail "the password is in a log"
! grep -F AuthorizationFailed "$work/serve.log" || fail "the rights that docs/OPERATIONS.md lists are not sufficient"
echo "{\"documents\": $documents}"
