"""`EndingPublisher` on Pub/Sub."""

import logging

from google.api_core import exceptions
from google.api_core.retry import Retry
from google.cloud.pubsub_v1 import PublisherClient

from contracts.dead_letter import DEAD_LETTERS, DeadLetter
from contracts.ending import TOPIC, Ending

PUBLISH_TIMEOUT_SECONDS = 5.0
"""Of all tries together: the library's own would go on in the background for ten minutes."""

log = logging.getLogger(__name__)


class PubSubEndings:
    """The topics of one project. They must be there; see docs/deploy.md."""

    def __init__(self, publisher: PublisherClient, project_id: str) -> None:
        self._publisher = publisher
        self._topic = publisher.topic_path(project_id, TOPIC)
        self._dead_letters = publisher.topic_path(project_id, DEAD_LETTERS)

    def publish(self, ending: Ending) -> None:
        """See `EndingPublisher.publish`."""
        message = ending.model_dump_json(exclude_none=True).encode()
        self._publish(self._topic, message, {"file_uid": ending.file_uid}, status=ending.status)

    def publish_dead_letter(self, letter: DeadLetter) -> None:
        """See `EndingPublisher.publish_dead_letter`."""
        message = letter.model_dump_json().encode()
        self._publish(self._dead_letters, message, {"generation": letter.document}, code=letter.code)

    def _publish(self, topic: str, message: bytes, about: dict[str, str], **attributes: str) -> None:
        try:
            retry = Retry(initial=0.1, maximum=1.0, timeout=PUBLISH_TIMEOUT_SECONDS)
            published = self._publisher.publish(
                topic, message, retry=retry, timeout=PUBLISH_TIMEOUT_SECONDS, **attributes
            )
            published.result(timeout=PUBLISH_TIMEOUT_SECONDS)
        except (exceptions.GoogleAPICallError, exceptions.RetryError, TimeoutError) as error:
            log.warning("ending_not_published", extra={**about, "cause": type(error).__name__})
