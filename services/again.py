"""Ask again: the same prompt, answered here or, after a look, in the cloud."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from services.answer import LiveAnswer
from services.conversation import ConversationService
from services.domain import Mode
from services.endpoints import CloudSettings
from services.prompts import Prompt
from services.route_line import reason_sentence
from services.texts import say


@dataclass(frozen=True, slots=True)
class AskAgain:
    """One wish to have a prompt answered once more, in ``language``."""

    conversations: ConversationService
    cloud: CloudSettings | None
    language: str

    async def start(
        self, prompt: Prompt, answer_id: str, seen: str | None
    ) -> LiveAnswer | dict[str, Any]:
        """Answer again what ``answer_id`` had answered.

        ``seen`` is the digest of what the person was shown and agreed to send.
        Returns the new answer; or, for the browser to show, what would be sent
        (``preview``, ``digest``, ``destination``, ``warning``), or why nothing
        is (``refused``).
        """
        if self.conversations.live(prompt.conversation_id):
            return self._refused("busy")
        asked = await self.conversations.prompt_of(prompt, answer_id)
        if asked is None:
            return self._refused("not_found")
        prompt = replace(prompt, message_id=asked)
        if prompt.mode is Mode.CLOUD:
            shown = await self._preview(prompt)
            if "digest" not in shown or shown["digest"] != seen:
                return shown
            prompt = replace(prompt, released=seen)
        return self.conversations.answer_again(prompt)

    async def _preview(self, prompt: Prompt) -> dict[str, Any]:
        if self.cloud is None:
            return self._refused("no_cloud")
        shown = await self.conversations.preview(prompt)
        if shown.candidate is None:
            reason = reason_sentence(shown.decision.reasons[0], self.language)
            return self._refused("cloud_refused", reason=reason)
        messages = shown.candidate.messages
        private = shown.candidate.released
        return {
            "preview": [{"role": m.role.value, "content": m.content} for m in messages],
            "digest": shown.digest,
            "destination": say(
                "interface.preview_destination",
                self.language,
                host=self.cloud.host,
                model=self.cloud.model,
            ),
            "warning": say("interface.preview_private", self.language) if private else None,
        }

    def _refused(self, key: str, **values: str) -> dict[str, Any]:
        return {"refused": say(f"interface.{key}", self.language, **values)}
