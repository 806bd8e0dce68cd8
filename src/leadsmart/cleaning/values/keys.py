"""The private key that hashes contacts: stated, or made once and kept outside the project; each client has its own."""

import hmac
import json
import os
import re
import secrets
from pathlib import Path
from typing import Final

import platformdirs

from leadsmart.errors import InputError
from leadsmart.params import Params
from leadsmart.vocabulary import CLIENT

KEY_VARIABLE: Final = "LEADSMART_CONTACT_KEY"
#: A stated key of fewer could be found by trying.
MIN_CHARACTERS: Final = 16


def contact_key(params: Params) -> bytes:
    """The key of the contact hashes of a report.

    A client's is derived from the private key and its business users: two clients can't join their people by hashes,
    nor with those of an internal report.

    Parameters
    ----------
    params : Params
        Its ``audience`` and ``user_ids`` count, in any order.

    Returns
    -------
    bytes
    """
    key = load_key()
    if params.audience != CLIENT:
        return key
    client = json.dumps([params.audience, *sorted(set(params.user_ids or ()))])
    return hmac.digest(key, f"contacts of {client}".encode(), "sha256")


def load_key() -> bytes:
    """The private key, from ``LEADSMART_CONTACT_KEY`` or a private file made once.

    Returns
    -------
    bytes

    Raises
    ------
    InputError
        If a stated key is short, or the file can be read by others, is damaged, or can't be written.
    """
    stated = os.environ.get(KEY_VARIABLE)
    if stated:
        if len(stated) < MIN_CHARACTERS:
            raise InputError(
                f"the contact key has {len(stated)} characters, and could be guessed",
                remedy=f"State at least {MIN_CHARACTERS}, such as those that `openssl rand -hex 32` prints",
                file=KEY_VARIABLE,
            )
        return stated.encode()
    path = Path(platformdirs.user_config_dir("leadsmart", appauthor=False)) / "contact.key"
    try:
        if not path.exists():
            _create_key(path)
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise InputError("others may read the contact key", remedy=f"chmod 600 {path}", file=path.name)
        key = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise InputError(
            f"the contact key can't be kept: {error.strerror}",
            remedy=f"Set the environment variable {KEY_VARIABLE}",
            file=path.name,
        ) from error
    if not re.fullmatch(r"[0-9a-f]{64}", key):
        raise InputError(
            "the contact key is damaged", remedy="Delete it to have a new one made", file=path.name
        )
    return key.encode()


def _create_key(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(32))
    try:
        # a link fails where another run was faster, and then that run's key stands
        os.link(partial, path)
    except FileExistsError:
        pass
    finally:
        partial.unlink()
