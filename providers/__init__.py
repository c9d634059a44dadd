"""Where the numbers come from: no printing, no UI, nothing imported from `tray`; no thread outlives a call.

    files, servers, programs  →  sources  →  one snapshot  →  many faces

    usage        who is signed in where → one UsageSnapshot
    pipeline     asks an account's sources, in order, as each can stand in for the one before; keeps every attempt
    manners      when a source may be asked again
    blocked      whether an account can go on now
    merge        many readings → one picture, lane by lane; the newest wins
    memory       what is remembered of each account between runs, shared by all processes
    pace         use against time
    registry     PROVIDERS: a new provider is one folder and one line there
    codex/       all that is known of Codex: login, usage endpoint, app-server, /status screen, limits in its logs,
                 reading its logs
    claude/      all that is known of Claude Code: login, usage endpoint, /usage command, status line, what it
                 noted, reading its transcripts
    ledger/      logs → observations → billed responses → reports, in one SQLite file
                   finding   the logs of a home    scan      bytes → lines       reading   one log → observation
                   refresh   read what is new, by two_readers where it is much; judge the parts it touches
                   database  the file itself       index     its logs            responses what they came to
                   query, report   sums
                   pricing   rates.json < prices.toml < the person's own prices.toml
                   ledger    all of it, as the rest of the house sees it
    outside/     the few ways to the outside: http, paths, programs (where one is), children and probe (run it so
                 that nothing of it stays), jsonrpc and terminal (talk to it), system_keyring
    source       what a provider is made of
    logs         how a provider's logs are read: what the ledger asks of it
    errors       what can go wrong: a closed set, each with one remedy
    models       every word of the limits
    bill         every word of tokens and money
    toml_lines   where in a TOML text a key stands, for who must name it

Imports go down this list: usage, pipeline → manners, blocked → memory, merge, pace → registry → codex, claude →
ledger, outside → source, logs, errors, models → bill, toml_lines. Providers never know of each other; the ledger
knows none of them.
"""
