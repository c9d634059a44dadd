"""Where the numbers come from: no printing, no UI, nothing imported from `tray`; no thread outlives a call.

    files, servers, programs  →  sources  →  one engine with one snapshot  →  many faces

    domain/      the words of the field, and pure rules on them
        limits, cost      windows, credits, tokens, reports
        session_figures   what a live session used, as the ledger is asked for it
        usage_rate        how fast a window is used, and what was used of it today
        window_value      what one percent of a window is worth (session_percent: how many of them a session took)
        account           the name of an account, the same from a log and from a login
        scalars, lenient  plain values in whatever form they were written; what can be salvaged of an object
        typed             decoders of Structs, made by one thread at a time
        errors            a closed set, each with its remedy
        merge             many readings → one picture
        currency          how many decimals money has
        server_count      what a vendor's server counted of sessions and days (server_audit: compared with ours)
        glyph             a provider's sign in the icon
        project           one name for all spellings of a folder
        context_use       how much of its context window a session uses
        account_pages     what a vendor's own pages tell an account of its past
        budgets           what a person's own day, week or month comes to: plain numbers, as in rules
        pace, blocked     use against time, and what today may have; whether an account can go on
        visible           foreign text without control and bidi characters: each exit uses it last
        short_hash        names for files, made of text; stable_hash: names of responses and logs, as numbers
        hook_call, hook_line   what a CLI's hook was called for and is answered; how hooks of ours are recognized
        process_tree      which processes come from which
        saved_cookie      whose cookies were saved, without any secret
        hooked_status     what a call of a CLI's hook says of a session
        rules, work_days  the same on plain numbers, for fast paths; the days that a week's pace counts
    source       what a provider is made of: a new one is a folder and a line in `registry`
    logs         how a provider's logs are found, scanned and resolved: what the ledger asks of it
    host/        the few ways to the outside, each injected:
                 files, file_ends, answers, http/, process/, terminal/, locate/, keyring/, status_page, toml_lines
                 (answers: what may hang, on a dead mount, asked in a thread)
                 (processes/: what runs on this machine: on Linux from /proc, on macOS and Windows by psutil)
                 (shown_path: how a path is displayed, and a home named in the snapshot)
                 (private, trust: what is ours on the disk, and whose folders are refused; atomic: how it is
                 written; in process/, `keeper` is the parent of a probe's program, so that no daemon of it stays)
                 (redact: what is taken out of a text; secret_names: which names stand for secrets; shown_command:
                 a command line that may be shown; agent_command: without a prompt for another CLI)
                 (in keyring/, `keyring_child` is the program that opens it; own_items are tankful's, cookies those
                 that people saved)
                 storage, file_lock   why nothing can be written; a lock on a file (holder: who holds it)
    ledger/      logs → observations → billed responses → reports, in one SQLite file
        discover          the logs of a home, found once and looked at again cheaply (listing, log_walk, log_tree;
                          found_logs: their names and stamps in columns)
        log_reader        one log → one observation, by its format's scanner
        log_writer        the logs of a step → the ledger, new ones with the parts they were resolved in
        line_scanner      the scanner of logs with lines (scan: bytes to lines; damaged_line: what is left of one)
        refresh           reads what is new (changes: compared with known_logs; reading_plan: in which order), in
                          `parallel` where it is much and with `read_ahead` where it comes from a disk, and has it
                          resolved
        resolve           the logs that belong together → what was billed, each response once (growth: only what
                          changed, where one log of many grew; long_logs: piece by piece)
        place             its file, or `memory` while that cannot be written; scan_lock lets one process count
        database          the file itself (schema, statements): its logs (index), what they came to (responses,
                          repricing, counters), its times (epoch_ms), facts that hold until it is written again
        checksum          of all that is stored (part_checksums: of responses; log_checksums: of logs;
                          message_checksums; row_checksums: of limits, windows, logins); reports verify it
                          (`verify`), and so does the scrub, a slow check of everything (integrity); a ledger of an
                          older version gets its own by `backfill`
        repair            makes anew what is damaged, from the logs and their observations
        salvage           what can still be read of a ledger beyond repair (salvage_logs: of logs deleted since)
        quarantine        the files beside the ledger that record damage (health: what `doctor` shows of it)
        logins            who was signed in to which home when, for logs that name no account
        rows              the billed responses and changes of limits one by one, for exports
        fast_cost         the cost of one session and of the last hours, with the standard library
        elsewhere         responses that other machines exported, each once, in a temporary database
        messages          when the person sent messages, by part (contexts: what they have in common); what is
                          asked of them by sent_messages
        query, report     sums (of `sums`), by day (`steps`), session, …; and by `blocks` of five hours (spans: of
                          which time)
        session_figures   what live sessions used, read of their own parts (window_cost: what their account did)
        audit             what is counted of each session, for its program's own total (audit_accounts: of each
                          session alone and of each day, for its server's)
        coverage          what of each home is counted; session_contexts: the newest response of each session
        project_sessions  what each session of a project used
        stored_limits     the limits over time (history); `rates` of the last hours, limit_news (what an account
                          hears of it)
        windows           what became of each window, from its readings: pure; kept for ever by window_log
        window_use        what was logged of each window, read again only where it changed (kept_uses)
        period_sums       what past weeks and months came to (span_states: whether it may have changed)
        prices/           the user's own prices.toml > the price library's list (rates.json, or one that `update`
                          downloaded) > our prices.toml for what it lacks, read as gaps.json (layers: which price
                          applies; pricing: what a response costs)
        rollup/           sums of all of it that answer any filter at once, with a copy in the cache folder: of
                          the ledger only parts whose checksums changed are read again (reading, update)
        ledger            all of it, as the rest of the project sees it
    codex/       descriptor auth claims config program scratch_home hook hooks
                 | endpoint/ pages/ app_server/ status/ web/ logs/ sessions/
                 limits, balance, shapes, parts, same_account: what these have in common
                 hook: the protocol of its hooks; session_hook: what they say of sessions; hooks: ours in a home
    claude/      descriptor auth variables config limits keychain noted desktop context_window hook hooks
                 | endpoint/ usage_command/ statusline/ logs/ sessions/
    polling/     from homes to what is known of each account
        homes             whose homes are read
        accounts          who is signed in where: the entries of a snapshot (targets: also by a cookie alone)
        poll              load → decide → fetch → record → save, for one account
        decide            what a round does next: pure
        backoff           when a source may be asked again: pure
        account_store     what is saved of each account, shared by all processes
        account_pages     what the vendor's own pages tell of an account, asked for seldom (page_store: the files)
        server_counts     what servers counted, as they were last asked
    live/        from processes and logs to the live sessions
        look              all of it, remembered from look to look: find → read → status → figures (observer: of one
                          session; observed: with its subagents; recent: those that just ended; compose: as faces
                          see it; costs: who says what they used, that is ledger_costs; problems: what could not
                          be looked at; homes: which of them answer)
        children          which processes belong to which session; orphans: those that outlive theirs
        git/              what git says of their folders, seldom asked (states: when; program: how)
        session_processes what belongs to the sessions: children, orphans, and MCP servers (servers)
        tail              the end of one log, and what is appended to it (lines: in bounded memory; older: turns in
                          the part before that, counted once)
    setting      what a setting is: key, type, default, meaning; provider_settings: those that each provider has
    registry     PROVIDERS

    tray/engine/
        engine            the one owner of the state; it asks, looks and counts (jobs), and calls its listeners
        transitions       (state, event) → state: pure
        state             what is known at one moment, frozen
        schedule          when to ask and to count; refresh_policy how often: pure
        account_jobs      the accounts, and the jobs for them; poll_queue: who waits to be asked
        tasks             what the jobs do, each of which may wait
        surroundings      whether the machine slept, has a network again, runs on battery
        incidents         what the providers' status pages report; incident_setting: whether it is shown
        watch             what changed on the disk, by stat; of which files: watched_files
        scope             whose numbers (zones: in which time zone)
        settings          what the person set: settings_table names all settings
        budgets           the budgets that the person set (budget_settings), and what was used of each; judged by
                          published_budgets, with the standard library (budget_history: past ones)
        settings_edit     one key changed in the text of the file; settings_writer does it
                          (home_settings: homes that the person adds)
        prices_edit       one price changed in the text of the person's own file; prices_writer does it
                          (toml_file: how either is replaced; repricing: what other prices would come to)
        audit             what programs and servers report, beside what is counted (server_audit: servers alone)
        window_figures    what was logged of the windows (project_fit: what a project's sessions took of them)
        costs, history    what the ledger says of them: `counting` brings it up to date, `cost_summary` adds it up
                          (home_costs: those of each home, kept; cost_faults: a fault with one provider's logs
                          costs no other's figures)
        publish           snapshot.json, written: the shape of it is `document` (document_values: times and
                          amounts, as all documents have them;
                          account_pages_document: what account pages tell, there and back)
        published         the same, read with the standard library (published_costs: the cost in it as of now;
                          iso_time: times in it as text; published_settings: the settings in it;
                          published_state: as the state that views draw)
        exported_files    files that other machines exported, read again (exported_rows, exported_limits: the
                          rows in them; machine: what this one is called)
        salt              a secret of this machine, without which hashes of names cannot be guessed
        once              one round without an engine; other_homes: what others have published is kept
        detached          the same in the background, for a bar
        hook_marks        what hooks of CLIs remember (hook_file: how it is read); brief_log is a line for
                          tankful.log without `logging`
        takeover          a tray takes over from the engine of those who only watch
        single_instance   who owns the engine
        bounded           work that may hang, waited for only so long
        count_child       a first scan in a process of its own
        live/             live sessions: `cadence` says when an engine looks, `looks` does it in jobs; `feed`
                          shares one look among all faces of the machine, by sessions.json (`shared`, in the
                          shape of `document`), and is made by `feeds`; own_count: costs where no engine
                          counts; hook_records: what hooks wrote down
        notices/          which notices are due (`due`: pure), from a table of kinds; the notifier shows them
                          (screen: what it shows; memory: what a process knows; stored: what outlives it);
                          sessions/: those about live sessions, which have a life of their own
        log, log_entries  tankful.log, and what of a change goes into it: pure (log_file: the file;
                          fault_log: for commands)
        doctor/           the facts of a report, each check with a deadline
    tray/view/       snapshot → rows, text, pictures: pure, shared by all faces
        accounts          which account and which window is the tightest; whose it is, how old
        rows, row_icon    what a row is, and the ring or mark before it
        menu/             the rows: `top` arranges account, windows, cost, problems, sessions and actions; `text`
                          and `summary` are the same in a terminal and in a few lines
        icon/, tooltip    the picture in the tray (`glance`: what it shows; `draw`: how), and the text beside it
        limit_cards       an account as a card (window_names: of windows without a title)
        window_history    how far a window was used over time, as charts draw it; window_events: what became of it
        window_sums       what was used in each window; project_fit: whether a session fits into what is left
        charts/, usage/   SVG made of numbers; days, averages, changes, forecasts of the use (price_rows: rates)
        level             how loud a window is shown: plenty, low, scarce, spent (error_words: errors, in a word)
        format            how percent, times, tokens and money read (words: with the standard library)
        export/           rows as files for other programs: `pieces` says which, each other file writes them
        metric_families   the metrics of Prometheus, and how a sample is written
        audit/            `tankful audit` as a table and as JSON
        cost_tables       `tankful cost` for people (cost_groups: its rows in order), cost_document as JSON
        sessions/         the live sessions as a table, and their words for menu, tooltip and notices
        terminal          whether a stream takes colours, and how wide it is: with the standard library
        columns           tables that fit a width; output: the paper they are for, and what ASCII makes of it
                          (cells: how many columns a text takes, with the standard library)
    tray/desktop/    the tray of each desktop
        actions           what a click does: a line for each name; by opener, clipboard, launcher (programs that
                          outlive us)
        terminals/        brings the terminal of a session to the front, where it is certain which one that is
    tray/faces/      what else shows numbers: a new one is a file, or a folder as `bars`
                     (bars/: lines for bars and prompts; `watch` prints them on each change, its keeper runs
                     an engine where no tray does)
                     (guard/: whether enough is left, for scripts; `hook` for agents; `judge` is pure)
                     (mcp/: a server for coding agents; protocol is pure, children runs what a tool needs)
                     (page/: the page in a browser. `app` has its addresses, `security` refuses what is not to be
                     answered, `service` begins and ends all; `figures` counts and holds the sums, `watcher` hears
                     what others write, `events` tells open pages; `gather` makes the PageData of an address
                     (`query`), of which sections/ build what `render` fills their templates with, by `spending`
                     (sums of days), `amounts`, table/ and limits/; live/ keeps live sessions up to date; actions/
                     do what its forms ask for, api* answer programs)
                     (session_hook records what a session is doing, as a hook of its CLI; hook_input is what hooks
                     are sent, hook_protocol finds what providers know of them, deadline ends one that hangs)
                     (session_watch/: live sessions, drawn again in place)
                     (claude_statusline, claude_template: Claude Code's status line; metrics: for Prometheus)
    tray/cli/        a command is a file and a line in COMMANDS

Imports go one way: cli → desktop | faces → view → engine → providers; and within the providers registry,
polling → codex | claude → ledger → host → source → setting → logs → domain. Providers never know of each
other, the ledger knows none of them, and no import goes in a circle.

Words: a **home** is a folder in which a provider's program keeps its login and its logs. A **source** is one
way to learn an account's limits; a **reading** is what one said at one moment; a **lane** is a value with its
source and age. A **window** is a limit that refills. A **round** asks the sources of one account. An
**observation** is what is worth keeping of one log, its **make** the version of its format; a **part** is all
logs that must be resolved together. What is billed is **not on lines** where a log has it only in a total.
The **snapshot** is all that is known, the **state** the snapshot and what is going on. A **face** is whatever
shows it.
"""
