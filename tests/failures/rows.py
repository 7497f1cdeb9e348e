"""The list of failures, by number: what happens, and the tests that make it happen.

`folder/test_file.py::test_name` from tests/.  Short names of folders and files stand below, in `_PLACES`.
"""

from __future__ import annotations

from typing import NamedTuple

_PLACES = {
    "kill": "execute/test_torture.py",
    "calls": "torture/test_system_calls.py",
    "random": "torture/test_random_kills.py",
    "races": "torture/test_races.py",
    "crash": "failures/test_crashes.py",
    "machine": "failures/test_machine.py",
    "signal": "failures/test_signals.py",
    "vendor": "failures/test_vendor.py",
    "result": "failures/test_results.py",
    "wire": "execute/test_wire_matrix.py",
    "doubt": "execute/test_doubt.py",
    "recovery": "execute/test_recovery.py",
    "submit": "execute/test_submit.py",
    "journal": "execute/test_journal_file.py",
    "view": "execute/test_journal_view.py",
    "blobs": "execute/test_blobs.py",
    "lock": "execute/test_lock.py",
    "state": "execute/test_state_dir.py",
    "stop": "execute/test_interrupts.py",
    "wait": "execute/test_waiting.py",
    "account": "execute/test_accounts.py",
    "budget": "execute/test_budget.py",
    "collect": "execute/test_collect.py",
    "inputs": "execute/test_inputs.py",
    "outputs": "execute/test_outputs.py",
    "full": "execute/test_disk_full.py",
    "runner": "execute/test_runner.py",
    "pacing": "execute/test_pacing.py",
    "polling": "execute/test_polling.py",
    "history": "execute/test_history.py",
    "delivered": "execute/test_delivered.py",
    "resolving": "execute/test_resolving.py",
    "build": "cli/test_build.py",
    "status": "cli/test_status.py",
    "check": "cli/test_check.py",
    "post": "providers/http/test_http_submit.py",
    "ask": "providers/http/test_http_ask.py",
    "reading": "providers/http/test_http_reading.py",
    "download": "providers/http/test_http_download.py",
    "server": "providers/fake/test_fake_server.py",
    "progress": "report/test_progress.py",
    "told": "report/test_status.py",
    "planner": "plan/test_planner.py",
    "ffmpeg": "media/test_ffmpeg.py",
    "pyav": "media/test_pyav.py",
    "join": "assemble/test_join.py",
    "joining": "assemble/test_failures.py",
    "odd": "assemble/test_odd_clips.py",
    "timeline": "assemble/test_timeline.py",
    "meaning": "hostile/test_meaning.py",
    "network": "hostile/test_network.py",
    "pull": "hostile/test_pull_requests.py",
    "proof": "proofs/test_crash_points.py",
}


class Row(NamedTuple):
    """What happens, and the tests of it."""

    what: str
    tests: tuple[str, ...]


def _row(what: str, *tests: str) -> Row:
    """Tests as `place.test_name`, the names without their `test_`."""
    named = (test.partition(".") for test in tests)
    return Row(what, tuple(f"{_PLACES[place]}::test_{name}" for place, _, name in named))


_ANYWHERE = ("kill.killed_anywhere_and_built_again", "calls.each_call_fails_once")
_CELL = "wire.each_job_is_accepted_once"
_TORN = "crash.a_log_that_is_torn_at_any_byte"

ROWS: dict[int, Row] = {
    # Crashes and power cuts.
    1: _row("killed before anything of a job is written", *_ANYWHERE),
    2: _row("killed while its row is being written", _TORN, "calls.each_call_fails_once"),
    3: _row(
        "its row was written and is lost in a power cut",
        _TORN,
        "submit.the_row_is_on_the_disk_before_the_provider_hears_of_it",
    ),
    4: _row("killed between its row and the connection", *_ANYWHERE),
    5: _row(
        "killed while the request goes out",
        "random.killed_at_random_and_built_again",
        "crash.killed_while_a_submit_has_no_answer",
    ),
    6: _row("killed when it was accepted and nothing has come back", "crash.killed_while_a_submit_has_no_answer"),
    7: _row("killed between the answer and its being written down", *_ANYWHERE),
    8: _row("killed while the answer is being written down", _TORN, "calls.each_call_fails_once"),
    9: _row("killed while it waits for the render", "crash.killed_while_it_waits_and_copied_then"),
    10: _row("killed when it is done and not yet fetched", *_ANYWHERE),
    11: _row("killed in the middle of a download", "crash.killed_in_the_middle_of_a_download"),
    12: _row("killed between the clip's bytes and its name", *_ANYWHERE),
    13: _row("killed between the clip's name and the word about it", *_ANYWHERE),
    14: _row("killed while ffmpeg works", "random.killed_at_random_and_built_again", "calls.each_call_fails_once"),
    15: _row("killed between the film and the word about it", "crash.killed_between_the_film_and_the_word_about_it"),
    16: _row(
        "power cut: what was not synced is lost",
        _TORN,
        "submit.it_is_there_for_every_job_of_a_build",
        "proof.a_single_crash",
    ),
    17: _row("power cut: a name survived and its bytes did not", "crash.a_clip_in_the_store_that_is_not_what_it_was"),
    18: _row(
        "two crashes, one after the other",
        "proof.a_crash_after_a_crash",
        "kill.killed_anywhere_and_built_again",
        "random.killed_at_random_and_built_again",
    ),
    19: _row(
        "a crash while the last one is mended",
        "proof.a_crash_after_a_crash",
        "kill.killed_anywhere_and_built_again",
        "random.killed_at_random_and_built_again",
    ),
    20: _row(
        "the journal was deleted", "crash.a_journal_that_was_deleted", "kill.a_lost_state_folder_sends_the_same_tokens"
    ),
    21: _row(
        "the journal is damaged in the middle",
        "crash.looking_works_beside_a_damaged_journal",
        "journal.a_flipped_page_in_the_middle_is_found_before_anything_is_spent",
    ),
    22: _row("the journal of a newer r2v", "journal.what_cannot_be_believed_is_refused_and_left_alone"),
    23: _row("the project was copied while a job ran", "crash.killed_while_it_waits_and_copied_then"),
    24: _row("the machine slept for hours", "crash.nine_hours_asleep"),
    # The machine.
    25: _row("no room before it begins", "machine.a_disk_that_is_nearly_full_buys_nothing"),
    26: _row(
        "no room for the row",
        "submit.a_journal_that_cannot_be_written_stops_everything_before_anything_is_sent",
        "calls.each_call_fails_once",
    ),
    27: _row(
        "no room for the answer",
        "submit.a_disk_that_stays_full_prints_the_only_name_of_what_was_bought",
        "submit.a_full_disk_after_the_answer_is_tried_again",
    ),
    28: _row(
        "no room for a clip",
        "full.a_full_disk_stops_the_build_and_the_next_one_finishes_it",
        "collect.a_full_disk_is_not_fetched_past",
    ),
    29: _row("no room for the film", "joining.a_full_disk", "calls.each_call_fails_once"),
    30: _row("a sync fails", "calls.each_call_fails_once"),
    31: _row("a quota is used up", "machine.no_file_may_grow"),
    32: _row(
        "a folder that may only be read",
        "build.a_folder_that_cannot_be_written_is_said_so",
        "build.looking_needs_no_writable_folder",
    ),
    33: _row("no cache, and state on another disk", "machine.state_on_another_disk_and_no_cache"),
    34: _row("too many open files", "machine.too_few_open_files"),
    35: _row(
        "files that others may not read",
        "machine.what_r2v_keeps_is_for_its_owner_only",
        "blobs.folders_are_for_their_owner_only",
    ),
    36: _row(
        "a clock that is set",
        "doubt.a_token_past_half_its_life_or_from_the_future_is_not_sent",
        "budget.a_new_month_begins_anew_and_a_clock_set_back_does_not",
        "history.a_clock_that_jumped_poisons_nothing",
        "pacing.a_clock_that_parts_from_the_other_teaches_nothing",
    ),
    37: _row("odd zones and languages", "machine.the_same_bytes_anywhere"),
    38: _row("names that some disks take for the same", "meaning.ids", "meaning.ids_that_windows_has_no_file_for"),
    39: _row("long and odd paths", "machine.a_project_in_an_odd_place", "state.a_project_may_have_any_name"),
    40: _row(
        "a disk without locks",
        "lock.a_disk_without_locks_is_refused",
        "state.a_network_disk_is_refused_with_the_way_out",
    ),
    # Processes, signals, terminals.
    41: _row("two builds of one project", "races.builds_at_once_buy_once", "kill.two_builds_at_once_buy_once"),
    42: _row(
        "looking while a build works",
        "view.reading_never_blocks_a_writer",
        "view.open_attempts_are_seen_while_a_build_runs",
    ),
    43: _row("two projects with one place for state", "state.projects_that_share_a_place_do_not_share_state"),
    44: _row("a build that was stopped still holds its lock", "lock.a_stopped_build_still_holds_it"),
    45: _row("a killed one holds none", "lock.a_killed_build_holds_nothing"),
    46: _row(
        "Ctrl-C at any stage",
        "signal.a_signal_at_any_stage",
        "stop.a_signal_ends_the_build_in_order",
        "joining.an_interrupt_leaves_nothing",
    ),
    47: _row("Ctrl-C twice", "signal.two_signals_leave_at_once", "stop.a_second_signal_does_not_wait_for_anybody"),
    48: _row(
        "told to end, or its terminal closed", "signal.a_signal_at_any_stage", "stop.a_signal_ends_the_build_in_order"
    ),
    49: _row(
        "nobody reads its output any more",
        "signal.nobody_can_read_what_it_says",
        "signal.streams_that_are_closed_lead_nowhere",
        "signal.streams_that_are_closed_are_not_for_children_either",
        "progress.a_reader_that_leaves_does_not_end_the_build",
    ),
    50: _row(
        "no room for its output",
        "signal.nobody_can_read_what_it_says",
    ),
    51: _row(
        "a poor terminal, a narrow one, one without letters",
        "signal.a_poor_terminal",
        "signal.json_is_json_in_any_encoding",
        "progress.characters_that_the_stream_cannot_say",
    ),
    52: _row("a defect in one job", "runner.a_defect_in_one_job_costs_no_other_and_is_not_hushed_up"),
    53: _row(
        "any hash seed, no assertions, warnings as errors",
        "machine.the_same_bytes_anywhere",
        "machine.the_same_film_under_any_switch",
        "planner.a_plan_is_the_same_bytes_under_any_hash_seed",
    ),
    # The network and the vendor.
    54: _row(
        "no name, nobody listens, no way there",
        "machine.a_vendor_that_is_not_there_costs_nothing",
        "post.nobody_listens",
        "post.no_such_host",
        "post.a_connection_that_never_comes",
    ),
    55: _row(
        "TLS that cannot be trusted",
        "post.tls_that_is_none",
        "post.tls_that_hangs",
        "post.a_certificate_that_nobody_vouches_for",
    ),
    56: _row(
        "a proxy",
        "post.a_proxy_that_refuses",
        "vendor.a_proxy_of_the_environment_is_shown_without_its_password",
        "vendor.a_proxy_that_is_named_in_the_project_is_not_asked",
    ),
    57: _row(
        "the key is refused",
        "vendor.a_refusal_says_why_and_owes_nothing",
        "account.a_refused_account_is_said_once_and_nothing_more_is_sent",
        "ask.a_refusal_of_the_account_names_the_variable",
    ),
    58: _row(
        "the account is empty", "vendor.a_refusal_says_why_and_owes_nothing", "server.an_empty_account_buys_nothing"
    ),
    59: _row("no such model there", "vendor.a_refusal_says_why_and_owes_nothing"),
    60: _row(
        "a fresh job is not known yet",
        "wait.a_job_that_is_not_known_yet_is_asked_about_again",
        "wait.one_that_stays_unknown_for_a_minute_is_gone",
    ),
    61: _row(
        "the request is refused",
        "vendor.a_refusal_says_why_and_owes_nothing",
        "budget.what_is_refused_frees_its_reservation",
    ),
    62: _row("a conflict, or too slow for the vendor", _CELL, "post.a_refusal_is_certain_by_its_status"),
    63: _row(
        "gone at the vendor before it was fetched",
        "recovery.a_paid_job_that_the_provider_lost_is_a_person_s_to_buy_again",
        "resolving.what_is_gone_may_be_bought_again",
    ),
    64: _row(
        "too many requests",
        "account.the_provider_s_wait_is_kept_and_holds_for_all",
        "reading.how_long_to_wait",
        "polling.an_absurd_retry_after_is_clamped",
        _CELL,
    ),
    65: _row("a server error to a submit", _CELL),
    66: _row("a server error to a question", _CELL, "ask.a_fault_that_passes_is_asked_past"),
    67: _row("a connection that breaks at any point", _CELL, "post.what_broke_off_says_which_request_it_was"),
    68: _row(
        "an answer byte by byte",
        _CELL,
        "post.a_broken_answer_is_lost_or_unknown_and_sent_once",
        "download.one_below_the_rate_is_not",
    ),
    69: _row("headers without end or measure", _CELL),
    70: _row("less than was announced", _CELL, "download.what_has_come_is_not_fetched_again"),
    71: _row("more than was announced", _CELL),
    72: _row("cut off, and nothing was announced", _CELL),
    73: _row("broken chunks, broken or endless compression", _CELL),
    74: _row("a page instead of a film", _CELL, "download.only_a_film_is_one"),
    75: _row("a film of nothing", _CELL, "delivered.what_is_no_video_is_refused"),
    76: _row("half a film", _CELL, "delivered.so_is_half_a_clip"),
    77: _row("a film with damage in its middle", _CELL, "pyav.a_damaged_download_is_refused"),
    78: _row("another film than was asked for", "collect.a_clip_that_is_not_as_asked_is_kept_and_said"),
    79: _row(
        "an address that has expired",
        "collect.a_link_that_does_not_work_is_asked_for_anew",
        "download.an_expired_address_is_not_tried_again",
    ),
    80: _row(
        "an address that leads elsewhere",
        "vendor.a_result_that_is_none",
        "reading.where_results_may_lie",
        "network.no_client_follows_redirects_by_itself",
    ),
    81: _row(
        "JSON that no honest service sends",
        _CELL,
        "reading.json_that_no_honest_service_sends",
        "reading.ids_that_may_not",
    ),
    82: _row(
        "accepted, and failed later",
        "vendor.a_render_that_fails_is_said_and_not_bought_again",
        "wait.a_failure_counts_unless_the_provider_says_that_it_is_free",
    ),
    83: _row("refused for what it shows", "vendor.a_render_that_fails_is_said_and_not_bought_again"),
    84: _row("a status that nobody knows", "vendor.a_status_that_nobody_knows_is_no_end"),
    85: _row("a status that goes back", "vendor.a_status_that_nobody_knows_is_no_end"),
    86: _row("a job that never ends", "wait.a_job_that_takes_too_long_goes_on_and_is_collected_later"),
    87: _row("no result, or none that is an address", "vendor.a_result_that_is_none"),
    88: _row(
        "one job for two submits", "vendor.two_submits_are_given_one_job", "account.one_job_for_two_requests_is_said"
    ),
    89: _row(
        "none, one, several in the listing; half a listing",
        "doubt.what_a_listing_does_not_say_for_certain_is_held",
        "doubt.a_job_of_another_shot_is_never_taken_for_the_lost_one",
        _CELL,
    ),
    90: _row("our clock was wrong when it was sent", "doubt.a_wrong_clock_is_corrected_by_the_provider_s"),
    91: _row(
        "a reference that fails to go up, or changes meanwhile",
        "machine.a_reference_that_goes_away_after_the_check",
        _CELL,
        "inputs.a_file_that_changed_since_the_plan_is_not_sent",
        "inputs.a_file_that_changes_while_it_is_uploaded_is_not_used",
    ),
    92: _row("a reference that the vendor has forgotten", "vendor.an_upload_that_is_forgotten_is_made_again"),
    # What is kept, ffmpeg, what is told.
    93: _row(
        "a clip in the store that is not what it was",
        "crash.a_clip_in_the_store_that_is_not_what_it_was",
        "blobs.a_damaged_blob_makes_way_for_a_whole_one_and_is_kept",
    ),
    94: _row(
        "a clip that is gone from the store",
        "crash.a_clip_in_the_store_that_is_not_what_it_was",
        "build.a_clip_that_is_gone_from_the_store_is_planned_openly",
    ),
    95: _row(
        "a clip that came with a pull request",
        "pull.a_blob_from_elsewhere_is_not_believed",
        "pull.state_from_elsewhere_is_no_reason_to_crash",
    ),
    96: _row(
        "no ffmpeg, too old, or without x264",
        "machine.without_a_working_ffmpeg_nothing_is_bought",
        "ffmpeg.an_older_or_broken_one_or_one_without_x264_is_not",
    ),
    97: _row(
        "ffmpeg crashes, refuses, or talks without end",
        "result.a_film_that_cannot_be_joined_costs_no_clip",
        "ffmpeg.its_last_words_are_in_the_error",
    ),
    98: _row("ffmpeg stands still", "ffmpeg.nobody_is_left_behind"),
    99: _row(
        "ffmpeg is ended and leaves a film that plays",
        "result.a_film_that_cannot_be_joined_costs_no_clip",
        "joining.a_piece_of_the_wrong_length",
    ),
    100: _row(
        "ffmpeg ends well with nothing in the file",
        "ffmpeg.success_without_a_result_is_no_success",
        "joining.a_film_that_is_not_what_was_asked_for",
    ),
    101: _row("ffmpeg ignores being ended, and has children", "ffmpeg.nobody_is_left_behind"),
    102: _row(
        "clips of other sizes, rates and sounds",
        "odd.the_odd_one_is_heard_and_seen_in_its_place",
        "odd.another_shape_is_put_on_black",
    ),
    103: _row(
        "cards of no length, one clip, a hundred clips",
        "timeline.shots_stand_end_to_end_with_their_cards",
        "join.many_clips_are_one_run_with_flat_memory",
    ),
    104: _row(
        "one processor or several",
        "result.one_processor_joins_the_same_film_as_many",
        "join.a_second_join_gives_the_same_bytes",
    ),
    105: _row(
        "a report of what failed, is in doubt, was adopted",
        "told.text",
        "told.json",
        "doubt.an_adopted_job_says_so",
        "doubt.a_held_shot_says_its_price_its_time_and_the_ways_out",
    ),
}

# What has nothing to fail yet: the number, and the files of the package that would bring it.
ABSENT = {106: ("a page of a build that asks the network for something", "report/*html*")}
