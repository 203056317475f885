"""The flow `answer-for-people`: builds that wait for a person do not wait for ever."""

from prefect import flow

from tasks.unanswered import answer_overdue


@flow(name="answer-for-people")
async def answer_for_people() -> tuple[str, ...]:
    """Answer for people who did not in time, so that their builds go on or halt in order.

    What stands for nobody's answer is up to each question: what is unclear is assumed; a structure
    that nobody approved and money that nobody allowed halt the build, which can be started again;
    what cannot be mended goes to a review branch.

    Returns:
        Ids of the runs that were resumed.
    """
    return await answer_overdue()
