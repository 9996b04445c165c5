"""`Owners` on Firebase Authentication."""

from firebase_admin import App, auth, exceptions
from google.auth import exceptions as auth_exceptions

from contracts.paths import is_user_id
from contracts.ports import StoreUnavailable

# A ValueError is about our own settings, or an answer that makes no sense: it says nothing of the user.
FAILURES = (exceptions.FirebaseError, auth_exceptions.GoogleAuthError, ValueError)


class FirebaseOwners:
    """The accounts of one project."""

    def __init__(self, app: App) -> None:
        self._app = app

    def exists(self, user_id: str) -> bool:
        """See `Owners.exists`."""
        if not is_user_id(user_id):
            return False
        try:
            auth.get_user(user_id, app=self._app)
        except auth.UserNotFoundError:
            return False
        except FAILURES as error:
            msg = f"Authentication could not be asked for a user: {type(error).__name__}"
            raise StoreUnavailable(msg) from error
        return True
