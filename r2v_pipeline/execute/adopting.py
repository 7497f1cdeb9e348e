"""Taking the clip that the lock names for a render as that render's result.

It may have been fetched from where a teammate left it, or two people bought the same request and the lock says whose
clip is in the film.  What was made of another clip of that key is made again; what was bought with it stays.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from r2v_pipeline.execute import results
from r2v_pipeline.execute.blobs import Blobs
from r2v_pipeline.execute.holdings import whole
from r2v_pipeline.execute.journal import Journal


def adopt(journal: Journal, blobs: Blobs, named: Mapping[str, str], made_of: Mapping[str, Collection[str]]) -> None:
    """Makes each clip of `named`, which maps render keys to digests, the result of its key, where it is here.

    `made_of` has the keys of what is made of a render's clip: pictures out of it, the joined clip of a split shot.
    """
    if not named:
        return
    known = results.stored(journal)
    for key, digest in named.items():
        first = next((blob for blob in known.get(key, ()) if blobs.intact(blob)), None)
        clip = whole(blobs, digest)
        if clip is None or (first and first.digest == digest):
            continue
        with journal.transaction() as db:
            db.execute("INSERT OR REPLACE INTO derived VALUES (?, ?, ?)", (key, clip.digest, clip.size))
            db.executemany("DELETE FROM derived WHERE key = ?", ((other,) for other in made_of.get(key, ())))
            # Copies of the other clip, and films that have it: r2v's own still, and no longer what is asked for.
            old = ((other,) for other in (key, *made_of.get(key, ())))
            db.executemany("UPDATE output_file SET key = '' WHERE key = ?", old)
            db.execute(
                "UPDATE output_file SET key = '' WHERE path NOT LIKE 'clips/%'"
                " AND output IN (SELECT output FROM used WHERE key = ?)",
                (key,),
            )
