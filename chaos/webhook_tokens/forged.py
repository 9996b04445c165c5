"""Tokens that nobody with our secret has signed, made from one that we have."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from random import Random

from chaos.webhook_tokens.genuine import SIGNS, Genuine, genuine, new_secret
from contracts.webhook_token import MAX_TOKEN_LENGTH

ALPHABET = SIGNS[:62] + "-_"  # of base64, by the value of each character
ALGORITHMS = ["md5", "sha1", "sha224", "sha384", "sha512", "sha3_256", "blake2s"]
OTHER_CHARACTERS = ["\0", "\n", "\r", " ", "\t", "é", "あ", "😀", "\ud800", "\x7f", "\u200b", *"%=+?#;"]


def _a_bit_in_what_it_says(random: Random, one: Genuine) -> str:
    return f"{_encode(_flipped(random, _decode(one.said)))}.{one.signature}"


def _a_bit_in_its_signature(random: Random, one: Genuine) -> str:
    return f"{one.said}.{_encode(_flipped(random, _decode(one.signature)))}"


def _a_bit_in_its_text(random: Random, one: Genuine) -> str:
    return _flipped(random, one.token.encode(), bits=7).decode()


def _its_signature_in_another_spelling(random: Random, one: Genuine) -> str:
    return f"{one.said}.{_respelled(random, one.signature)}"


def _its_claims_in_another_spelling(random: Random, one: Genuine) -> str:
    return f"{_respelled(random, one.said)}.{one.signature}"


def _another_secret(random: Random, one: Genuine) -> str:
    others = [one.secret[::-1], one.secret + "x", one.secret[:-1], one.secret.swapcase(), new_secret(random)]
    return signed(one.said, random.choice(others).encode())


def _no_secret(random: Random, one: Genuine) -> str:
    return signed(one.said, random.choice([b"", b"\0", b"secret", b"None", b"null", b"undefined"]))


def _another_algorithm(random: Random, one: Genuine) -> str:
    return signed(one.said, one.secret.encode(), random.choice(ALGORITHMS))


def _a_hash_that_is_no_hmac(random: Random, one: Genuine) -> str:
    key, said = one.secret.encode(), one.said.encode()
    hashed = hashlib.sha256(random.choice([said, key + said, said + key, key + b"." + said])).digest()
    return f"{one.said}.{_encode(random.choice([hashed, hmac.digest(said, key, 'sha256')]))}"


def _a_signature_in_hexadecimal(random: Random, one: Genuine) -> str:
    digits = _decode(one.signature).hex()
    return f"{one.said}.{random.choice([digits, digits.upper()])}"


def _a_signature_of_what_it_says_decoded(_: Random, one: Genuine) -> str:
    return f"{one.said}.{_encode(hmac.digest(one.secret.encode(), _decode(one.said), 'sha256'))}"


def _no_signature(random: Random, one: Genuine) -> str:
    return one.said + random.choice(["", ".", ".none", ".null", "..", "." + "A" * 43])


def _a_json_web_token(random: Random, one: Genuine) -> str:
    header = _encode(json.dumps({"alg": random.choice(["none", "HS256", "RS256"]), "typ": "JWT"}).encode())
    return f"{header}.{one.said}.{random.choice(['', one.signature])}"


def _several_dots(random: Random, one: Genuine) -> str:
    spellings = [
        f".{one.token}",
        f"{one.token}.",
        f"{one.said}..{one.signature}",
        f"{one.token}.{one.signature}",
        "...",
    ]
    return random.choice([*spellings, signed(one.token, one.secret.encode())])


def _cut_off(random: Random, one: Genuine) -> str:
    place = random.randrange(1, len(one.token))
    return random.choice([one.token[:place], one.token[place:]])


def _another_character_in_it(random: Random, one: Genuine) -> str:
    place = random.choice([0, len(one.token), random.randrange(len(one.token))])
    return f"{one.token[:place]}{random.choice(OTHER_CHARACTERS)}{one.token[place:]}"


def _other_capitals(_: Random, one: Genuine) -> str:
    return one.token.swapcase()


def _huge(random: Random, one: Genuine) -> str:
    fill = random.choice(["A", ".", "é", "=", "\0"]) * random.choice([MAX_TOKEN_LENGTH, 100_000])
    return random.choice([fill, one.token + fill, fill + one.token])


def _signed_and_too_long(random: Random, one: Genuine) -> str:
    """With our own secret: it would be believed, were it shorter."""
    claims = json.loads(_decode(one.said))
    said = _encode((json.dumps(claims) + " " * random.randint(MAX_TOKEN_LENGTH, 10_000)).encode())
    return signed(said, one.secret.encode())


def _no_token_at_all(random: Random, one: Genuine) -> str:
    words = ["", ".", "null", one.hint.path.document, "../" + one.hint.path.document, one.secret]
    return random.choice([*words, _decode(one.said).decode(), "".join(random.choices(SIGNS + ".", k=150))])


def _another_signature_of_ours(random: Random, one: Genuine) -> str:
    return f"{one.said}.{genuine(random, one.secret).signature}"


def _another_text_under_our_signature(random: Random, one: Genuine) -> str:
    return f"{genuine(random, one.secret).said}.{one.signature}"


FORGERIES: dict[str, Callable[[Random, Genuine], str]] = {
    draw.__name__.strip("_").replace("_", " "): draw
    for draw in (
        _a_bit_in_what_it_says, _a_bit_in_its_signature, _a_bit_in_its_text, _its_signature_in_another_spelling,
        _its_claims_in_another_spelling, _another_secret, _no_secret, _another_algorithm, _a_hash_that_is_no_hmac,
        _a_signature_in_hexadecimal, _a_signature_of_what_it_says_decoded, _no_signature, _a_json_web_token,
        _several_dots, _cut_off, _another_character_in_it, _other_capitals, _huge, _signed_and_too_long,
        _no_token_at_all, _another_signature_of_ours, _another_text_under_our_signature,
    )
}  # fmt: skip
"""Every way, by its name."""


def signed(said: str, secret: bytes, algorithm: str = "sha256") -> str:
    """A token as any program can make it, also with a secret that we would refuse."""
    return f"{said}.{_encode(hmac.digest(secret, said.encode(), algorithm))}"


def _flipped(random: Random, content: bytes, bits: int = 8) -> bytes:
    place, bit = random.randrange(len(content)), 1 << random.randrange(bits)
    return content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :]


def _respelled(random: Random, text: str) -> str:
    """Another text that a forgiving reader of base64 takes for the same bytes."""
    others = [text + "=", text + "==", text + "\n", text[:4] + "\n" + text[4:], text[:5] + "!" + text[5:]]
    spare = {0: 0, 2: 4, 3: 2}[len(text) % 4]  # bits of the last character that say nothing
    last = ALPHABET.index(text[-1])
    others += [text[:-1] + ALPHABET[last ^ low] for low in range(1, 1 << spare)] * 3
    return random.choice([*others, text.replace("-", "+") if "-" in text else text + "==="])


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
