"""Files of pictures, complete or not at all."""

from pathlib import Path
from uuid import uuid4


def write(target: Path, content: bytes) -> None:
    """Write beside the target and rename, so that no reader ever sees half a file, and a failure leaves an older one.

    Raises:
        OSError: if the file cannot be written, of the subclass that the system reports (`PermissionError` ...).
    """
    try:
        final = target.resolve()
        draft = final.with_name(f".{uuid4().hex}.tmp")
        try:
            with draft.open("xb") as file:
                file.write(content)
            draft.replace(final)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        reason = f"cannot save the picture: {error.strerror}; choose a folder that exists and can be written to"
        # OSError picks its subclass by the number, so PermissionError stays PermissionError.
        raise OSError(error.errno, reason, str(target)) from error
