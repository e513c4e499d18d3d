#!/usr/bin/env bash
# Reads a topic to its end with kcat. Prints one line of JSON per record, with headers; the last line is their count.
#   kcat_read.sh --brokers HOST:PORT [--prefix P] [--timeout S] TOPIC
set -euo pipefail
prefix='' timeout=60 brokers='' topic=''
while [ $# -gt 0 ]; do
    case $1 in
    --brokers) brokers=$2; shift 2 ;;
    --prefix) prefix=$2; shift 2 ;;
    --timeout) timeout=$2; shift 2 ;;
    *) topic=$1; shift ;;
    esac
done
[ -n "$brokers" ] && [ -n "$topic" ] || { sed -n '2,3s/^# \{0,1\}//p' "$0" >&2; exit 2; }
# -J: one JSON object per record with topic, partition, offset, key, headers and payload; -e: stop at the end of the
# topic.
timeout "$timeout" kcat -C -q -e -J -X isolation.level=read_committed -o beginning -b "$brokers" -t "$prefix$topic" |
    awk '{ print; n++ } END { printf "{\"records\": %d}\n", n }'
