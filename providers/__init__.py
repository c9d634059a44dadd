"""Where the numbers come from: no printing, no UI, nothing imported from `tray`; no thread outlives a call.

    files, servers, programs  →  sources  →  one snapshot  →  many faces

    usage        who is signed in where → one UsageSnapshot
    pipeline     asks an account's sources, in order, with manners; keeps every attempt
    merge        many readings → one picture, lane by lane; the newest wins
    memory       what is remembered of each account between runs, shared by all processes
    pace         use against time
    registry     PROVIDERS: a new provider is one folder and one line there
    codex/       all that is known of Codex: login, usage endpoint, limits in its logs, counting its logs
    ledger/      logs → billed responses → money: scan, pricing (+ rates.json), report
    outside/     the few ways to the outside: http, paths
    source       what a provider is made of
    models       every word of the domain
    errors       what can go wrong: a closed set, each with one remedy

Imports go down this list: usage, pipeline → memory, merge, pace → registry → codex → ledger, outside →
source, models, errors. Providers never know of each other; the ledger knows none of them.
"""
