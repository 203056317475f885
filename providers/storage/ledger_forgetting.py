"""Makes the ledger forget a project: what its calls took stays, what they were about does not.

Each of its calls stays a row, because limits, statistics and estimates are made of rows; but
nothing in it names the project any more: builds and files get names that mean nothing, digests of
prompts and texts of errors are emptied. User, stage, template, model, tokens, cost and times stay.
"""

import asyncio
from uuid import uuid4

from sqlalchemy import Connection, delete, func, insert, select, update

from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_tables import builds, calls, models

FORGOTTEN = "(deleted)"
"""The project of such calls, and what the ids of its builds begin with; no project has that id."""

_FORGOTTEN_FILE = "(deleted)/{number}"


class LedgerForgetting:
    """Forgets projects.

    Args:
        database: the ledger's; not closed here. Its `StorageError` is raised on.
    """

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    async def known(self, project_id: str) -> int:
        """Number of the project's calls; where no ledger of this release is, none is made."""
        return await asyncio.to_thread(self._known, project_id)

    async def forget(self, project_id: str) -> int:
        """Make the project's calls nobody's, all of them or none; done again, it finds nothing.

        None of its builds may be running.

        Returns:
            Number of calls.
        """
        return await asyncio.to_thread(self._forget, project_id)

    def _known(self, project_id: str) -> int:
        if not self._database.is_readable():
            return 0
        query = select(func.count()).where(calls.c.project_id == project_id)
        with self._database.reading() as connection:
            return int(connection.scalar(query) or 0)

    def _forget(self, project_id: str) -> int:
        its = calls.c.project_id == project_id
        with self._database.writing() as connection:
            names = connection.scalars(select(calls.c.build_id).where(its).distinct())
            of_project = sorted(names.all())
            said = select(calls.c.error).where(its, calls.c.error != "")
            connection.execute(
                update(models).where(models.c.last_error.in_(said)).values(last_error="")
            )
            return sum(_forget_build(connection, build_id) for build_id in of_project)


def _forget_build(connection: Connection, build_id: str) -> int:
    """Give a build and its files names that mean nothing; what it took moves with it."""
    nobody = f"{FORGOTTEN}-{uuid4().hex[:10]}"
    own = select(builds).where(builds.c.build_id == build_id).with_for_update()
    totals = dict(connection.execute(own).mappings().one())
    connection.execute(insert(builds).values({**totals, "build_id": nobody}))
    files = connection.scalars(
        select(calls.c.file)
        .where(calls.c.build_id == build_id, calls.c.file.is_not(None))
        .distinct()
    ).all()
    for number, file in enumerate(sorted(map(str, files)), 1):
        renamed = _FORGOTTEN_FILE.format(number=number)
        its = (calls.c.build_id == build_id) & (calls.c.file == file)
        connection.execute(update(calls).where(its).values(file=renamed))
    changed = connection.execute(
        update(calls)
        .where(calls.c.build_id == build_id)
        .values(build_id=nobody, project_id=FORGOTTEN, prompt_digest="", error="")
    )
    connection.execute(delete(builds).where(builds.c.build_id == build_id))
    return changed.rowcount
