"""How a window is read: in a few REST chunks, or by Bulk jobs whose result pages are its chunks.

Belongs here: asking how much there is, choosing, and going on where another process stopped.
Does not: the arithmetic of sections (`planning`), the life of a job (`jobs`), reading a chunk (`connector`).

A section read by REST is one chunk. A section read by Bulk is a job; each page of its result is a chunk.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from nooks_dagster.crm.model import Chunk, Plan, Promise, SourceObject, Step, Window
from nooks_dagster.crm.salesforce import planning
from nooks_dagster.crm.salesforce.jobs import Job, JobEnded, Jobs, first_pages
from nooks_dagster.crm.salesforce.meanings import NotInBulk
from nooks_dagster.crm.salesforce.planning import Section
from nooks_dagster.crm.salesforce.questions import Questions
from nooks_dagster.crm.salesforce.soql import conditions, moment, select

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large the parts of a window are, in rows.

    Attributes:
        chunk: Of a REST chunk: ten pages, the seconds that are lost when a worker dies.
        bulk_from: A window above it is read by Bulk: below, 25 REST pages are there before a job has begun.
        job: Of a Bulk job: 50 pages, so that a failed one costs minutes, and 20 calls are enough for its control.
    """

    chunk: int = 20_000
    bulk_from: int = 50_000
    job: int = 2_500_000


class Planner:
    """Plans the windows of one org.

    Args:
        questions: Asks the org how much there is.
        jobs: Its Bulk jobs.
        sizes: How large the parts are.
    """

    def __init__(self, questions: Questions, jobs: Jobs, sizes: Sizes) -> None:
        self._questions = questions
        self._jobs = jobs
        self._sizes = sizes

    def plan(self, source: SourceObject, window: Window, resume: Mapping[str, str] | None) -> Plan:
        """See `Connector.plan`. `resume` names a section; with a `job`, that section is being read by one."""
        if resume is not None:
            return Plan(self._go_on(source, window, resume))
        rows = self._questions.rows(source, window)
        return Plan(self._begin(source, window, rows), rows)

    def _begin(self, source: SourceObject, window: Window, rows: int) -> Iterator[Step]:
        if rows > self._sizes.bulk_from:
            sections = self._sections(source, window, rows, self._sizes.job)
            yield from self._by_bulk(source, window, self._by_jobs(source, sections))
        else:
            yield from _by_rest(self._sections(source, window, rows, self._sizes.chunk))

    def _go_on(self, source: SourceObject, window: Window, resume: Mapping[str, str]) -> Iterator[Step]:
        section = Section.of(resume)
        if "job" not in resume:
            yield from _by_rest(self._behind(source, window, section, self._sizes.chunk))
        else:
            behind = self._behind(source, window, section, self._sizes.job)
            steps = chain(self._rest_of_job(source, section, resume), self._by_jobs(source, behind))
            yield from self._by_bulk(source, window, steps)

    def _by_bulk(self, source: SourceObject, window: Window, steps: Iterator[Step]) -> Iterator[Step]:
        """Go by Bulk, or by REST from the beginning once it turns out, at once or by a job that fails, not to work."""
        try:
            yield from steps
        except NotInBulk as refused:
            log.info("%s is read by REST: %s", source.name, refused.what)
            rows = self._questions.rows(source, window)
            yield from _by_rest(self._sections(source, window, rows, self._sizes.chunk))

    def _rest_of_job(self, source: SourceObject, section: Section, resume: Mapping[str, str]) -> Iterator[Step]:
        if not resume["job"]:
            yield from self._job_steps(source, section, self._create(source, section))
        elif "rows" not in resume:
            job = Job(resume["job"], datetime.fromisoformat(resume["began"]))
            yield from self._job_steps(source, section, job)
        else:
            yield from self._page_steps(source, section, resume)

    def _by_jobs(self, source: SourceObject, sections: Iterator[Section]) -> Iterator[Step]:
        for section in sections:
            yield from self._job_steps(source, section, self._create(source, section))

    def _create(self, source: SourceObject, section: Section) -> Job:
        fields = [field.name for field in source.fields]
        query = select(fields, source.name, conditions(section.spec, source.stamp))
        return self._jobs.create(query, source.name)

    def _job_steps(self, source: SourceObject, section: Section, job: Job) -> Iterator[Step]:
        """Wait for a job that is remembered from its first moment on, then list its pages."""
        resume = {**section.resume, "job": job.id, "began": job.began.isoformat()}
        yield Step((), resume)
        try:
            for found in self._jobs.wait(job.id, source.name):
                if found is None:
                    yield Step((), resume)
                else:
                    job = found
        except JobEnded as ended:
            yield Step((), {**section.resume, "job": ""})  # the next try makes another
            raise ended.failure from None
        more = first_pages(job.id) if job.rows else ""
        resume |= {"began": job.began.isoformat(), "rows": str(job.rows), "page": "0", "more": more}
        yield from self._page_steps(source, section, resume)

    def _page_steps(self, source: SourceObject, section: Section, resume: Mapping[str, str]) -> Iterator[Step]:
        promise = Promise(section.key, int(resume["rows"]))
        number, more = int(resume["page"]), resume["more"]
        while more:
            pages = self._jobs.pages(more, source.name)
            chunks = tuple(
                Chunk(f"{section.key}.{number + place:04d}", {"page": address, "began": resume["began"]}, promise)
                for place, address in enumerate(pages.addresses)
            )
            number, more = number + len(chunks), pages.more
            yield Step(chunks, {**resume, "page": str(number), "more": more})

    def _sections(self, source: SourceObject, window: Window, rows: int, size: int) -> Iterator[Section]:
        if window.since is not None:
            return _slices(window.since, window.until, rows, size)
        return self._ranges(source, planning.parts(rows, size))

    def _ranges(self, source: SourceObject, count: int) -> Iterator[Section]:
        smallest = self._questions.edge(source, "ASC") if count > 1 else None
        if smallest is None:
            yield planning.everything()
            return
        largest = self._questions.edge(source, "DESC") or smallest
        yield from planning.first_ranges(smallest, largest, planning.id_step(smallest, largest, count))

    def _behind(self, source: SourceObject, window: Window, section: Section, size: int) -> Iterator[Section]:
        if window.since is None:
            if "high" in section.spec:
                largest = self._questions.edge(source, "DESC") or section.spec["high"]
                yield from planning.ranges_after(section, largest)
            return
        start = datetime.fromisoformat(section.spec["until"])
        if start < window.until:
            rows = self._questions.count(source, {"since": moment(start), "until": moment(window.until)})
            yield from _slices(start, window.until, rows, size, int(section.key) + 1)


def _by_rest(sections: Iterator[Section]) -> Iterator[Step]:
    for section in sections:
        yield Step((Chunk(section.key, section.spec),), section.resume)


def _slices(since: datetime, until: datetime, rows: int, size: int, number: int = 0) -> Iterator[Section]:
    if rows:
        yield from planning.time_slices(since, until, planning.parts(rows, size), number)
