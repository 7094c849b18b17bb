"""The process as a flow: three handles in parallel, a join that goes on at two and cancels the third."""

from __future__ import annotations

from viewflow import this
from viewflow.workflow import STATUS, flow
from viewflow.workflow.lock import select_for_update_lock
from viewflow.workflow.models import Process


def _two_are_in(activation, _active) -> bool:
    return activation.task.previous.filter(status=STATUS.DONE).count() >= 2


class Bench(flow.Flow):
    process_class = Process
    lock_impl = select_for_update_lock

    submit = flow.StartHandle(this.submitted).Next(this.split)
    split = flow.Split().Next(this.a).Next(this.b).Next(this.c)
    a = flow.Handle(this.approved).Next(this.agreed)
    b = flow.Handle(this.approved).Next(this.agreed)
    c = flow.Handle(this.approved).Next(this.agreed)
    agreed = flow.Join(continue_on_condition=_two_are_in).Next(this.decide)
    decide = flow.Handle(this.decided).Next(this.granted)
    granted = flow.End()

    def submitted(self, activation):
        activation.process.data = {"requested": 400_000}
        return activation.process

    def approved(self, activation):
        activation.task.data = {"vote": "yes"}

    def decided(self, activation):
        activation.process.data = {**activation.process.data, "granted": 400_000}
