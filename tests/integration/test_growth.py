"""The copies with which the system is measured at size are as good as what the store wrote itself."""

from __future__ import annotations

from collections import Counter
from functools import partial

from sqlalchemy import make_url

from tests.bench.growth.loading import growth
from tests.integration.conftest import Servers
from tests.integration.walks import CHECKER, COMPLETE, HEKS, at_check, at_review, deliver, language, rows
from web.cli.story import Story
from workflow.verify import verify

CASES = 90


def test_a_grown_database_holds_together(told: Story, servers: Servers) -> None:
    told.withdraw(HEKS, at_check(told))
    told.withdraw(HEKS, at_check(told))
    told.draft(HEKS, language())
    told.do(CHECKER, at_check(told, 8_000), "complete", COMPLETE)
    at_review(told)
    deliver(told)
    name = make_url(told.settings.database_url).database or ""
    said: list[int] = []
    grown = growth(partial(servers.postgres.connect, name))
    grown.to(30, lambda done, _: said.append(done))
    grown.to(CASES, lambda done, _: said.append(done))
    assert said[-1] == CASES - 30
    report = verify(told.settings.database_url, told.settings.data_dir, jobs=1)
    # so many grants need credits that no programme has published
    found = Counter(one.code for one in report.findings)
    assert set(found) <= {"ceiling_differs"}, report.findings[:3]
    assert report.cases > CASES - 9  # some are drafts
    [ended] = rows(told.db, "SELECT count(*) FROM cases WHERE ending = 'withdrawn'")
    assert ended.count > CASES * 0.8
    [found] = rows(
        told.db, "SELECT count(*) FROM applications WHERE words @@ plainto_tsquery('german', 'Trommeln')"
    )
    assert CASES / 20 < found.count < CASES / 5  # each has words of its own, this one every tenth
    at_check(told)
