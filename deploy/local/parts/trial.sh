# The service on an invented month, and an OpenID provider with the people of that month. Sourced by `stack`.
# Everything listens on 127.0.0.1 only, because the provider accepts any password.

port_or_free() { if port_is_free "$1"; then echo "$1"; else free_port; fi; }

trial_start() { # DIR PEYVAND [flags of `peyvand demo`]: DIR is the folder of a running stack
    local dir=$1/trial program=$2
    shift 2
    mkdir -p "$dir"
    trial_load "$dir" "$program" "$@"
    recorded_process "$dir/provider.pid" >/dev/null && recorded_process "$dir/service.pid" >/dev/null && return
    trial_stop "$dir"
    trial_choose "$dir"
    trial_provider "$dir"
    trial_service "$dir" "$program"
}

# The month is loaded once; a stack that lives on keeps it.
trial_load() { # DIR PEYVAND [flags]
    local dir=$1 program=$2
    shift 2
    [ ! -e "$dir/today" ] || return 0
    say "loading an invented month ..."
    env -u PEYVAND_OIDC_ISSUER "$program" demo "$@" --out "$dir/month" --sign-ins "$dir" >"$dir/load.log" 2>&1 ||
        { tail -5 "$dir/load.log" >&2; die "the month could not be loaded (whole log: $dir/load.log); \`make down\` and try again"; }
    trial_today "$@" >"$dir/today"
}

trial_today() { # the date of the demo
    while [ $# -gt 1 ]; do [ "$1" = --today ] && { echo "$2"; return; }; shift; done
    echo 1404-08-01
}

trial_choose() { # DIR: addresses and a secret for this start
    local portal provider http
    portal=$(port_or_free 8081) http=$(port_or_free 8080) provider=$(free_port)
    cat >"$1/settings" <<-END
	export PEYVAND_TODAY=$(cat "$1/today")
	export PEYVAND_HTTP_LISTEN=127.0.0.1:$http
	export PEYVAND_PORTAL_LISTEN=127.0.0.1:$portal
	export PEYVAND_PORTAL_URL=http://127.0.0.1:$portal
	export PEYVAND_OIDC_ISSUER=http://127.0.0.1:$provider
	export PEYVAND_OIDC_CLIENT_SECRET=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')
	export PEYVAND_BLOBS_URL='file:$1/pictures'
	END
}

trial_provider() (
    . "$1/settings"
    export OIDC_PEOPLE_FILE=$1/people.json OIDC_ANY_CODE=1 OIDC_SECRET=$PEYVAND_OIDC_CLIENT_SECRET NODE_NO_WARNINGS=1
    setsid env --default-signal=INT,TERM,HUP node "$HERE/oidc/provider.mjs" "${PEYVAND_OIDC_ISSUER##*:}" "$PEYVAND_PORTAL_URL" \
        </dev/null >"$1/provider.log" 2>&1 9>&- &
    record_process $! "$1/provider.pid"
    trial_wait "$1/provider" "${PEYVAND_OIDC_ISSUER#http://}" /.well-known/openid-configuration
)

trial_service() ( # DIR PEYVAND
    . "$1/settings"
    setsid env --default-signal=INT,TERM,HUP "$2" serve </dev/null >"$1/service.log" 2>&1 9>&- &
    record_process $! "$1/service.pid"
    trial_wait "$1/service" "$PEYVAND_HTTP_LISTEN" /readyz
    trial_wait "$1/service" "$PEYVAND_PORTAL_LISTEN" /
)

trial_wait() { # PROCESS ADDRESS PATH: PROCESS.pid has the process, PROCESS.log its output
    local i answer
    for ((i = 0; i < 600; i++)); do
        answer=$({ exec 3<>"/dev/tcp/${2%:*}/${2##*:}" && printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$3" "$2" >&3 && head -1 <&3; } 2>/dev/null) || true
        case $answer in *" 200 "*) return ;; esac
        recorded_process "$1.pid" >/dev/null || break
        sleep 0.1
    done
    tail -5 "$1.log" >&2
    die "it did not start (whole log: $1.log)"
}

trial_print() { # DIR
    (
        . "$1/trial/settings"
        echo
        echo "The pages for people: $PEYVAND_PORTAL_URL/my"
        echo "Sign in with one of these logins, and any password. A national code of the month is a login, too."
        cat "$1/trial/sign-ins.txt"
        echo "Staff: $PEYVAND_PORTAL_URL/sign-in?as=staff with the login officer."
        echo "Health and metrics: http://$PEYVAND_HTTP_LISTEN/readyz, /metrics. Log: $1/trial/service.log"
        echo "For the commands of peyvand: eval \"\$(deploy/local/stack env)\". To end everything: make down"
    )
}

trial_stop() { # DIR
    local name pid
    for name in service provider; do
        pid=$(recorded_process "$1/$name.pid") || continue
        kill -TERM "$pid" 2>/dev/null
        wait_gone "$pid" 15 || { kill -KILL "$pid" 2>/dev/null; wait_gone "$pid" 10; }
        rm -f "$1/$name.pid"
    done
}
