"""An application that is answering when it dies; prints its engine's process number."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path

from services.backends.local.engine import LocalEngineBackend
from services.backends.local.model_ref import BUILTIN_DIRECTORY, ModelRef
from services.domain import GenerationOptions, Message, Role


async def main() -> None:
    """Answer for ever."""
    engine = LocalEngineBackend(ModelRef("builtin", BUILTIN_DIRECTORY), Path(sys.argv[1]))
    while True:
        prompt = (Message(Role.USER, "Hello"),)
        async with aclosing(engine.stream(prompt, GenerationOptions())) as stream:
            async for _ in stream:
                print(engine.pid, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
