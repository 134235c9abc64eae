"""An application that is about to die; prints its engine's process number.

``idle`` only loads the model, ``answering`` answers for ever.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path

from services.backends.local.engine import LocalEngineBackend
from services.backends.local.model_ref import BUILTIN_DIRECTORY, ModelRef
from services.domain import GenerationOptions, Message, Role


async def main() -> None:
    """Do what the second argument says until killed."""
    engine = LocalEngineBackend(ModelRef("builtin", BUILTIN_DIRECTORY), Path(sys.argv[1]))
    await engine.warm_up()
    print(engine.pid, flush=True)
    if sys.argv[2] == "idle":
        await asyncio.Event().wait()
    while True:
        prompt = (Message(Role.USER, "Hello"),)
        async with aclosing(engine.stream(prompt, GenerationOptions())) as stream:
            async for _ in stream:
                print("token", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
