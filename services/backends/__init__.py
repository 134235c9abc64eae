"""Models that answer: the engine on this computer and OpenAI-compatible servers."""
