# Functions that the other parts share. Sourced by `stack`; not a program.

say() { printf '%s\n' "stack: $*" >&2; }
die() { say "$*"; exit 1; }

# Milliseconds of bash's wall clock, which is monotonic enough here.
now_ms() { local t=${EPOCHREALTIME/[.,]/}; echo "${t%???}"; }
seconds_since() { local ms=$(($(now_ms) - $1)); printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100)); }

# A process is identified by its id *and* its start time: another process may have got the same id.
start_time() { local s; s=$(cat "/proc/$1/stat" 2>/dev/null) || return 1; s=${s##*) }; set -- $s; echo "${20}"; }
record_process() { echo "$1 $(start_time "$1")" >"$2"; }
recorded_process() { # FILE: prints the id if the same process still runs
    local pid began
    [ -r "$1" ] && read -r pid began <"$1" && [ -n "$began" ] && [ "$(start_time "$pid")" = "$began" ] && echo "$pid"
}

wait_gone() { # PID SECONDS
    local i
    for ((i = 0; i < $2 * 20; i++)); do kill -0 "$1" 2>/dev/null || return 0; sleep 0.05; done
    return 1
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free_port() { # below the kernel's ephemeral range, so that no outgoing connection takes it in the meantime
    local port
    while :; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        port_is_free "$port" && { echo "$port"; return; }
    done
}
