"""The threads of a loop: a neighbour may be slow, and may be many."""

import threading

from nooks_dagster.calls.delivery.threads import AT_ONCE, OF_A_WORKSPACE, Threads


def test_slow_webhooks_hold_up_neither_other_workspaces_nor_a_crm() -> None:
    threads, end, begun = Threads(), threading.Event(), list[str]()

    def start(name: str, kind: str, workspace: str) -> None:
        def work() -> None:
            begun.append(name)
            end.wait()

        threads.start(name, kind, workspace, work)

    for number in range(2 * AT_ONCE):
        start(f"slow-{number}", "webhook", "slow")
    start("wh-acme", "webhook", "acme")
    for number in range(2 * AT_ONCE):
        start(f"many-{number}", "webhook", f"many-{number}")
    start("slow-salesforce", "salesforce", "slow")
    end.set()
    threads.join(60)

    slow = [name for name in begun if name.startswith("slow-") and name != "slow-salesforce"]
    assert (len(slow), len(begun)) == (OF_A_WORKSPACE, AT_ONCE + 1)
    assert {"wh-acme", "slow-salesforce"} <= {*begun}
