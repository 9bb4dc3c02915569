"""Which files are tested first, and which of them by one process."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling

# Files of more than some 15 s of CPU: taken first, they end beside others and not after them all.
# Those with a browser stand apart from each other: some of their tests have to be quick.
DEAREST = (
    "tests/browser/test_pages.py",
    "tests/app/rights/test_audited.py",
    "tests/app/rights/test_graphs.py",
    "tests/app/rights/test_table.py",
    "tests/browser/test_trends.py",
    "tests/alerts/episodes/test_any_order.py",
    "tests/app/fhir_api/test_scans.py",
    "tests/alerts/test_any_acts.py",
    "tests/app/test_live.py",
    "tests/browser/test_live.py",
    "tests/lab/test_plan_fit.py",
    "tests/app/oidc/test_sign_in.py",
    "tests/app/rights/test_addresses.py",
)
# Ask one running system, one after the other in one process: each start of it is twenty seconds
# of CPU, and it works a tenth of a core for as long as it stands there.
SHARING = (
    "tests/flows/test_main_job.py",
    "tests/flows/test_integrating.py",
    "tests/flows/test_command_line.py",
    "tests/flows/test_secrets_kept.py",
    "tests/flows/test_smart_fetch.py",
    "tests/flows/test_watching.py",
    "tests/reference/test_payloads.py",
)


class Sharing(LoadFileScheduling):  # type: ignore[misc]  # it has no types
    """Whole files to each process, and to one of them all that share a system."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "sharing" if file in SHARING else file
