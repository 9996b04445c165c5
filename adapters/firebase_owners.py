"""`Owners` on Firebase Authentication."""

from firebase_admin import App, auth, exceptions

from contracts.ports import StoreUnavailable


class FirebaseOwners:
    """The accounts of one project."""

    def __init__(self, app: App) -> None:
        self._app = app

    def exists(self, user_id: str) -> bool:
        """See `Owners.exists`."""
        try:
            auth.get_user(user_id, app=self._app)
        except auth.UserNotFoundError:
            return False
        except ValueError:
            return False  # no id that an account can have
        except exceptions.FirebaseError as error:
            msg = f"Authentication could not be asked for a user: {type(error).__name__}"
            raise StoreUnavailable(msg) from error
        return True
