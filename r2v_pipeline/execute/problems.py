"""The diagnostics of a build: what happened to one job, what it cost, what to do.  R2V61x state, R2V70x answers."""

from __future__ import annotations

from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.diagnostics import Diagnostic, error, warning
from r2v_pipeline.errors import MediaTrouble, R2VError
from r2v_pipeline.execute.records import Attempt
from r2v_pipeline.plan.amounts import price
from r2v_pipeline.plan.reasons import utc
from r2v_pipeline.providers.base import Cost, Reference
from r2v_pipeline.providers.catalog.troubles import Kind, help_for, kind_of

# Seconds after its request that a job may still appear in a provider's listing.
WINDOW_S = 600.0
CHECK_FAILED = "R2V801"
REFUSED = "R2V701"
FAILED = "R2V702"
LOST = "R2V703"


def changed_input(job: Job, reference: Reference) -> Diagnostic:
    """A local reference is not what the plan was made for."""
    return error(
        "R2V611",
        f"'{reference.path}' changed or vanished since the plan was made; shot '{job.id}' was not submitted",
        reference.span,
        "run the same command again: it plans with the file as it is now",
    )


def damaged_result(job: Job, of: str, moved: str, cost: Cost | None = None) -> Diagnostic:
    """A finished result (of the job `of`) turned out to be gone or changed when it was needed.  `cost` is what it was
    bought for, None where it was free."""
    where = f"; what lay there is now {moved}" if moved else ""
    paid = f"; it was bought for {price(cost)}" if cost else ""
    return error(
        "R2V612",
        f"the finished result of '{of}' is no longer in the store as it was{where}{paid}",
        job.span,
        "run `r2v plan` to see what making it again costs, then build again",
    )


def needs_missing(job: Job, need: str, why: str) -> Diagnostic:
    """Something this job depends on has no result."""
    return error(
        "R2V613",
        f"'{job.id}' was skipped: it needs '{need}', which {why}",
        job.span,
        f"see what happened to '{need}' first",
    )


def held(job: Job, why: str) -> Diagnostic:
    """The plan had a reason to wait for a person, and nothing in the journal says more."""
    return error("R2V614", f"shot '{job.id}' is held: {why}", job.span, "see `r2v status`")


def in_doubt(job: Job, attempt: Attempt, why: str, named: str) -> Diagnostic:
    """A submit whose answer was lost: it may have been bought, and only a person can say whether."""
    sent = utc(attempt.created_at)
    until = utc(attempt.created_at + WINDOW_S)
    return error(
        "R2V614",
        f"shot '{job.id}' is held: {attempt.provider} may have taken it and bill {price(attempt.estimate)}; {why}",
        job.span,
        f"look at what your account at {attempt.provider} lists ({sent} to {until}), then say which it is: "
        + ", ".join(f"'{command}' {what}" for command, what in _ways(job, named)),
    )


def _ways(job: Job, named: str) -> tuple[tuple[str, str], ...]:
    """The commands that settle a doubt, with what each means."""
    command = f"r2v resolve {job.id} {named}"
    return (
        (f"{command} --found ID", "fetches the clip of that job"),
        (f"{command} --never-ran", "if it is not there"),
        (f"{command} --resubmit", "buys it again, even if it is billed twice"),
    )


def other_account(job: Job, attempt: Attempt) -> Diagnostic:
    """It was sent with another key than the one that is set now."""
    return error(
        "R2V614",
        f"shot '{job.id}' is held: it was sent to {attempt.provider} {utc(attempt.created_at)} from another "
        f"account, for {price(attempt.estimate)}",
        job.span,
        "build with the key of that account: what exists there is collected then, and not paid for twice",
    )


def gone(job: Job, attempt: Attempt, named: str) -> Diagnostic:
    """Paid for, as far as anybody knows, and its provider has it no more: nothing buys it again by itself."""
    return error(
        "R2V617",
        f"shot '{job.id}' was bought from {attempt.provider} ({price(attempt.estimate)}, {utc(attempt.created_at)})"
        f", and the clip is gone there: {attempt.reason}",
        job.span,
        f"'r2v resolve {job.id} {named} --resubmit' lets the next build buy it again",
    )


def declined(job: Job, why: str) -> Diagnostic:
    """The budget does not allow it; nothing was sent."""
    return error(
        "R2V616",
        f"'{job.id}' was not bought: {why}",
        job.span,
        "raise the cap, or build fewer shots; what fits was bought",
    )


def same_job(attempt: Attempt, other: Attempt) -> str:
    """A provider gave two requests one job: one clip, and perhaps one bill, for two.  Both stay counted."""
    return f"{attempt.provider} gave it the job of '{other.job}': see whether both clips are right, and what was billed"


def detached(job: Job, attempt: Attempt, waited_s: float) -> Diagnostic:
    """It takes longer at its provider than this build waits."""
    return error(
        "R2V618",
        f"shot '{job.id}' is not finished at {attempt.provider} after {waited_s / 60:.0f} min; it goes on there",
        job.span,
        "`r2v build` collects it later; it is not paid for twice",
    )


def account_refused(job: Job, attempt: Attempt) -> Diagnostic:
    """The provider refuses whoever asks, so no other job was sent to it either."""
    said = f" ({attempt.code})" if attempt.code else ""
    return error(
        "R2V705",
        f"{attempt.provider} refuses this account{said}: {attempt.reason}; nothing more is sent to it",
        job.span,
        f"{_about_who_asks(attempt)}; then build again: nothing is owed for what was refused",
    )


def account_unknown(job: Job, provider: str, why: R2VError) -> Diagnostic:
    """As `account_refused`, said by a provider when a file was brought to it."""
    return error(
        "R2V705", f"{provider} refuses this account: {why.message}; nothing more is sent to it", job.span, why.help
    )


def broken(job: Job, attempt: Attempt) -> Diagnostic:
    """A clip that was paid for and does not decode, however often it is fetched."""
    return error(
        "R2V801",
        f"the clip that {attempt.provider} made of shot '{job.id}' is broken: {attempt.reason}",
        job.span,
        "build again: it is fetched anew, for nothing. Another take is bought with `take: 2`",
    )


def not_as_asked(job: Job, differences: tuple[str, ...]) -> Diagnostic:
    """A whole clip that is not what was asked for.  It was paid for, so it is kept."""
    return warning(
        "R2V804",
        f"the clip of shot '{job.id}' is not as it was asked for: {', '.join(differences)}",
        job.span,
        "look at it; another take is bought with `take: 2`",
    )


def ended(job: Job, attempt: Attempt) -> Diagnostic:
    """An attempt that did not end with a clip."""
    codes = {"rejected": REFUSED, "failed": FAILED, "expired": LOST, "cancelled": FAILED, "abandoned": LOST}
    code = attempt.code if attempt.code == CHECK_FAILED else codes[attempt.state]
    said = f" ({attempt.code})" if attempt.code and attempt.code != code else ""
    verbs = {
        "rejected": f"{attempt.provider} refused shot '{job.id}'",
        "failed": f"shot '{job.id}' failed at {attempt.provider}",
        "expired": f"the clip of shot '{job.id}' is gone at {attempt.provider}",
        "cancelled": f"shot '{job.id}' was cancelled at {attempt.provider}",
        "abandoned": f"{attempt.provider} did not answer for shot '{job.id}'",
    }
    if code == CHECK_FAILED:
        verbs["failed"] = f"the clip that {attempt.provider} made of shot '{job.id}' is broken"
    help = "building again may succeed" if attempt.again else _what_to_do(attempt)
    return error(code, f"{verbs[attempt.state]}{said}: {attempt.reason}", job.span, help)


def _what_to_do(attempt: Attempt) -> str:
    """What helps against the kind of trouble that the provider's code and words are."""
    return help_for(attempt.provider, kind(attempt))


def kind(attempt: Attempt) -> Kind:
    """Of what kind the trouble is that ended an attempt."""
    return kind_of(attempt.provider, attempt.code, attempt.reason, _status(attempt.code))


def _about_who_asks(attempt: Attempt) -> str:
    """The same, where it is certain that the account is what was refused, however the provider calls that."""
    kind = kind_of(attempt.provider, attempt.code, attempt.reason, _status(attempt.code))
    return help_for(attempt.provider, kind) if kind.account else "see its key, credit and region at the provider"


def _status(code: str) -> int:
    """A code that is only the status of an answer."""
    return int(code) if code.isdecimal() and len(code) == 3 else 0


def trouble(job: Job, why: str) -> Diagnostic:
    """The provider could not be asked, or the machine was in the way; the row stays where it is."""
    help = "build again: what the provider has of it is collected then, and not paid for twice"
    return error("R2V704", f"'{job.id}': {why}", job.span, help)


def frame_failed(job: Job, why: str) -> Diagnostic:
    """A picture could not be taken out of a finished clip."""
    return error("R2V802", f"cannot take frame '{job.frame}' out of the clip that '{job.id}' needs: {why}", job.span)


def splice_failed(job: Job, why: MediaTrouble) -> Diagnostic:
    """The clips of a split shot's parts could not be made one; they are all kept."""
    help = why.help or "the parts are kept: build again, or look at them in the output folder"
    return error("R2V803", f"the parts of shot '{job.id}' cannot be joined: {why.message}", job.span, help)


def not_begun(job: Job, why: str) -> Diagnostic:
    """A job that nobody got to."""
    return error("R2V615", f"'{job.id}' was not begun: {why}", job.span, "run the same command again")
