"""A service account key for the emulators: of the right form, signed by nobody, made anew each time."""

import functools
import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local.emulator_environment import PROJECT


@functools.cache
def emulator_service_account(project_id: str = PROJECT) -> str:
    """The JSON that `FIREBASE_SERVICE_ACCOUNT_KEY` holds on this machine. It opens nothing."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private_key = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return json.dumps(
        {
            "type": "service_account",
            "project_id": project_id,
            "private_key_id": "emulator",
            "private_key": private_key.decode(),
            "client_email": f"worker@{project_id}.iam.gserviceaccount.com",
            "token_uri": "http://127.0.0.1/no-token-is-ever-asked-for",
        }
    )
