"""The diagnostics of a build: what happened to one job, what it cost, what to do.  R2V61x state, R2V70x answers."""

from __future__ import annotations

from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.diagnostics import Diagnostic, error
from r2v_pipeline.errors import MediaTrouble
from r2v_pipeline.execute.records import Attempt
from r2v_pipeline.providers.base import Reference

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


def damaged_result(job: Job, of: str, moved: str) -> Diagnostic:
    """A finished result (of the job `of`) turned out to be gone or changed when it was needed."""
    where = f"; what lay there is now {moved}" if moved else ""
    return error(
        "R2V612",
        f"the finished result of '{of}' is no longer in the store as it was{where}",
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
    """A submit in doubt: it may have been bought; or the plan had another reason to wait for a person."""
    return error(
        "R2V614",
        f"shot '{job.id}' is held: {why}",
        job.span,
        "r2v asks for nothing again while one request is in doubt; look at what the provider's account lists",
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
    help = "building again may succeed" if attempt.again else "change the shot, or ask for another take"
    return error(code, f"{verbs[attempt.state]}{said}: {attempt.reason}", job.span, help)


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
