"""The ways out of this process: one for each integration, kept while it is the same.

Belongs here: finding the writer or the webhook of an integration. Does not: what they do.
"""

import threading
from collections.abc import Callable

from nooks_dagster.calls.delivery.contents import WEBHOOK
from nooks_dagster.calls.delivery.sending import Integration
from nooks_dagster.calls.delivery.webhook_registry import Addresses
from nooks_dagster.calls.delivery.webhooks import Target, Webhook, usual_network
from nooks_dagster.crm.activities import Readiness
from nooks_dagster.crm.writers import WriterFactory, Writers, shared_writers
from nooks_dagster.database.pool import Database
from nooks_dagster.research.web.pools import Network
from nooks_dagster.settings import Settings
from nooks_dagster.workspaces.registry import Registry
from nooks_dagster.workspaces.secrets import FileSecrets


class Doors:
    """The integrations of one process. Safe to share between threads.

    Args:
        db: The platform's database.
        settings: Where secrets are kept.
        stopped: Says that this process is to end.
        writers: Makes a writer of a connection, if not as usual.
        network: How webhooks are reached, if not as usual.
    """

    def __init__(
        self,
        db: Database,
        settings: Settings,
        stopped: Callable[[], bool],
        writers: WriterFactory | None = None,
        network: Network | None = None,
    ) -> None:
        self._writers = Writers(Registry(db), writers or shared_writers(db))
        self._addresses = Addresses(db, FileSecrets(settings.secrets))
        self._network = network
        self._stopped = stopped
        self._lock = threading.Lock()
        self._webhooks: dict[str, tuple[Target, Webhook]] = {}

    def open(self, integration: str, kind: str) -> Integration:
        """Return an integration.

        Raises:
            Permanent: It is gone or marked.
            Resting: A person let it rest meanwhile.
        """
        return self._webhook(integration) if kind == WEBHOOK else self._writers.get(integration)

    def look(self, connection: str) -> Readiness:
        """Ask a CRM whether calls can be logged in it.

        Raises:
            Failure: It was not asked, or gave no answer.
        """
        return self._writers.get(connection).look()

    def _webhook(self, identity: str) -> Webhook:
        target = self._addresses.target(identity)
        with self._lock:
            kept = self._webhooks.get(identity)
            if kept is None or kept[0] != target:
                self._network = self._network or usual_network()
                kept = self._webhooks[identity] = target, Webhook(target, self._network, self._stopped)
            return kept[1]
