#!/usr/bin/env bash
# node_exporter 1.5 drops what a text file holds because another has another HELP for it; its error metric stays 0.
#
# Guess: HELP is a text for people, so it may differ between two files of the textfile collector that have the same
#   metric with other labels, as two versions of one program write them; and if a file cannot be used, that is what
#   node_textfile_scrape_error is for.
# What is so: the HELP that is read first counts, in the order of the files' names, and each sample of that metric from
#   a file with another one is missing from /metrics, though both files are valid. The answer has status 200,
#   node_textfile_scrape_error is 0, and node_scrape_collector_success is 1. Only the log of node_exporter tells, and
#   promhttp_metric_handler_errors_total{cause="gathering"}. So a program that several users of a machine run must not
#   change a HELP from one version to the next, or has to leave it out: without HELP in any file nothing is dropped.
# Version: prometheus-node-exporter 1.5.0 (Debian 12).
# Source: seen, in what /metrics has.
#
# Needs Debian 12, python3, curl; as root where apt has no lists yet. The package is unpacked, not installed.
set -euo pipefail
VERSION=1.5.0

fail() { echo "CHANGED: $*" >&2; exit 1; }
work=$(mktemp -d)
server=
trap '[[ -z $server ]] || { kill "$server" && wait "$server"; } 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

cd "$work"
download() { timeout 300 apt-get -qq download prometheus-node-exporter 2>"$work/apt"; }
download || { timeout 120 apt-get -qq update && download; } || fail "no package: $(<"$work/apt")"
version=$(dpkg-deb -f prometheus-node-exporter_*.deb Version)
echo "version: prometheus-node-exporter $version"
[[ $version == "$VERSION"-* ]] || fail "another version than $VERSION"
dpkg-deb -x prometheus-node-exporter_*.deb "$work"

mkdir "$work/files"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$work/usr/bin/prometheus-node-exporter" --collector.disable-defaults --collector.textfile \
    --collector.textfile.directory="$work/files" --web.listen-address="127.0.0.1:$port" >"$work/log" 2>&1 &
server=$!
metrics() { curl --silent --show-error --fail --noproxy '*' --max-time 20 "http://127.0.0.1:$port/metrics"; }
for _ in {1..100}; do
    metrics >/dev/null 2>&1 && break
    sleep 0.1
done

write() { # USER HELP
    {
        [[ -z $2 ]] || echo "# HELP tokens $2"
        printf '# TYPE tokens gauge\ntokens{user="%s"} 1\n' "$1"
    } >"$work/files/$1.prom"
}

case_of() { # HELP-OF-ANN HELP-OF-BEN EXPECTED
    local seen
    write ann "$1"
    write ben "$2"
    seen=$(metrics | grep -E '^(tokens|node_textfile_scrape_error|node_scrape_collector_success)') || fail "no answer"
    echo "$seen"
    [[ $seen == "$3" ]] || fail "expected"$'\n'"$3"
}

good='node_scrape_collector_success{collector="textfile"} 1
node_textfile_scrape_error 0
tokens{user="ann"} 1'
echo "with the same HELP:"
case_of "Tokens used." "Tokens used." "$good
tokens{user=\"ben\"} 1"
echo "without HELP:"
case_of "" "" "$good
tokens{user=\"ben\"} 1"
[[ $(metrics) == *'promhttp_metric_handler_errors_total{cause="gathering"} 0'* ]] || fail "an error was counted before"
echo "with another HELP:"
case_of "Tokens used." "Tokens that were used." "$good"
metrics | grep '^promhttp_metric_handler_errors_total{cause="gathering"}' || fail "no such counter"
[[ $(metrics) != *'promhttp_metric_handler_errors_total{cause="gathering"} 0'* ]] || fail "it was not counted"
grep -q 'has help .*Tokens that were used.* but should have .*Tokens used' "$work/log" || fail "it is not in the log"
echo "as found: the samples below another HELP are missing, and no metric of the textfile collector tells"
