"""`EndingPublisher` on Pub/Sub."""

import logging

from google.api_core import exceptions
from google.cloud.pubsub_v1 import PublisherClient

from contracts.ending import TOPIC, Ending

PUBLISH_TIMEOUT_SECONDS = 5.0

log = logging.getLogger(__name__)


class PubSubEndings:
    """The topic `generation-events` of one project. The topic must be there; see docs/deploy.md."""

    def __init__(self, publisher: PublisherClient, project_id: str) -> None:
        self._publisher = publisher
        self._topic = publisher.topic_path(project_id, TOPIC)

    def publish(self, ending: Ending) -> None:
        """See `EndingPublisher.publish`."""
        message = ending.model_dump_json(exclude_none=True).encode()
        try:
            self._publisher.publish(
                self._topic, message, status=ending.status, timeout=PUBLISH_TIMEOUT_SECONDS
            ).result(timeout=PUBLISH_TIMEOUT_SECONDS)
        except (exceptions.GoogleAPICallError, exceptions.RetryError, TimeoutError) as error:
            log.warning("ending_not_published", extra={"file_uid": ending.file_uid, "cause": type(error).__name__})
