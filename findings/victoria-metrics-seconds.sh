#!/usr/bin/env bash
# VictoriaMetrics 1.79 takes a time stamp of a sample for seconds or for milliseconds by its size alone.
#
# Guess: /api/v1/import/prometheus reads the text format of Prometheus, whose time stamps are milliseconds, so what is
#   written for OpenMetrics, with seconds, comes out in January 1970; or it reads both, and the content type or the
#   `# EOF` of OpenMetrics tells which it is.
# What is so: a number below 2^31 is seconds, and any other milliseconds, whatever the content type and with or without
#   `# EOF`. So both formats can be sent to the same address as they are. With seconds a fraction counts, with
#   milliseconds it is cut off. The answer is 204 even where the sample is dropped for being too far in the future, as
#   2147483647 is (2038); only the counter vm_rows_ignored_total tells.
# Version: victoria-metrics 1.79.5 (Debian 12).
# Source: seen, in what was exported again. The documentation that one would believe: "timestamp … milliseconds since
#   epoch" (Prometheus, text format 0.0.4), "timestamps MUST be Unix Epoch in seconds" (OpenMetrics 1.0).
#
# Needs Debian 12, python3, curl; as root where apt has no lists yet. The package is unpacked, not installed.
set -euo pipefail
VERSION=1.79.5

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
server=
trap '[[ -z $server ]] || { kill "$server" && wait "$server"; } 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

cd "$work"
download() { timeout 300 apt-get -qq download victoria-metrics 2>"$work/apt"; }
download || { timeout 120 apt-get -qq update && download; } || fail "no package: $(<"$work/apt")"
version=$(dpkg-deb -f victoria-metrics_*.deb Version)
echo "version: victoria-metrics $version"
[[ $version == "$VERSION"+* ]] || fail "another version than $VERSION"
dpkg-deb -x victoria-metrics_*.deb "$work"

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$port
ask() { curl --silent --show-error --noproxy '*' --max-time 20 "$@"; }
"$work/usr/bin/victoria-metrics" -storageDataPath="$work/data" -httpListenAddr="127.0.0.1:$port" -retentionPeriod=100y \
    >"$work/log" 2>&1 &
server=$!
for _ in {1..100}; do
    ask --fail "$url/health" >/dev/null 2>&1 && break
    sleep 0.1
done

import() { # TYPE TEXT: its status
    printf '%b' "$2" | ask --write-out '%{http_code}' -H "Content-Type: $1" --data-binary @- \
        "$url/api/v1/import/prometheus"
}
plain="text/plain; version=0.0.4" open="application/openmetrics-text; version=1.0.0; charset=utf-8"

case_of() { # TYPE TEXT EXPECTED
    local status shown
    status=$(import "$1" "$2")
    ask "$url/internal/force_flush"
    shown=$(ask "$url/api/v1/export" --data-urlencode "match[]={__name__=~'.+'}" -d start=0 -d end=9999999999 |
        sed 's/.*"timestamps":\[\(.*\)\].*/\1/')
    ask -o /dev/null "$url/api/v1/admin/tsdb/delete_series" --data-urlencode "match[]={__name__=~'.+'}"
    printf '%-28s %-31s %s, %s\n' "${1%%;*}" "$2" "$status" "${shown:-nothing}"
    [[ $status == 204 && ${shown:-nothing} == "$3" ]] || fail "expected $3"
}

case_of "$plain" 'a 1 1700000000000\n' 1700000000000
case_of "$plain" 'b 1 1700000000\n' 1700000000000
case_of "$open" 'c 1 1700000000\n# EOF\n' 1700000000000
case_of "$open" 'd 1 1700000000000\n# EOF\n' 1700000000000
case_of "$plain" 'e 1 1700000000.25\n' 1700000000250
case_of "$plain" 'f 1 1700000000000.75\n' 1700000000000
case_of "$plain" 'g 1 2147483648\n' 2147483648
too_far() { ask "$url/metrics" | sed -n 's/.*{reason="big_timestamp"} //p'; }
[[ $(too_far) == 0 ]] || fail "something else was too far in the future"
case_of "$plain" 'h 1 2147483647\n' nothing
for _ in {1..50}; do # what /metrics shows is a moment old
    [[ $(too_far) == 0 ]] || break
    sleep 0.1
done
echo "vm_rows_ignored_total{reason=\"big_timestamp\"} $(too_far)"
[[ $(too_far) == 1 ]] || fail "the last one was not counted"
echo "as found: below 2^31 it is seconds"
