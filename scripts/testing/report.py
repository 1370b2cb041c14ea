"""Run phases and sum them up."""

from concurrent.futures import ThreadPoolExecutor

from common import say
from testing import passed
from testing.job import Job, relative
from testing.phases import Phase


def run(phases: list[Phase]) -> int:
    for phase in phases:
        if not phase.jobs:
            say(f"{phase.name}: nothing to run")
        with ThreadPoolExecutor(phase.at_once) as pool:
            list(pool.map(run_one, phase.jobs))
    jobs = [job for phase in phases for job in phase.jobs]
    print(table(jobs))
    for job in jobs:
        for line in job.reasons():
            print(f"{job.name}: {line}")
    failed = sum(job.failed for job in jobs)
    print(f"{sum(job.passed for job in jobs)} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def run_one(job: Job) -> None:
    job.run()
    passed.remember(job)


def table(jobs: list[Job]) -> str:
    width = max([len(job.name) for job in jobs] + [5])
    lines = [f"\n{'':{width}}  passed  failed  skipped  seconds  log"]
    for job in jobs:
        counts = f"{job.passed:6}  {job.failed:6}  {job.skipped:7}  {job.seconds:7.0f}"
        lines.append(f"{job.name:{width}}  {counts}  {relative(job.log)}")
    return "\n".join(lines) + "\n"
