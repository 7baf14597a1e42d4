"""Every request that cannot be answered gets a sentence, whoever made it up."""

import traceback
from typing import Any

import gradio as gr

from apps.demo_parts.inputs import refuse
from apps.demo_parts.words import BROKEN, WRONG_INPUT


class SpokenBlocks(gr.Blocks):
    """A page whose API never gives ``null`` for a reason, as Gradio does for unexpected errors."""

    async def preprocess_data(self, *arguments: Any, **named: Any) -> list[Any]:
        """As Gradio's; inputs of other types or numbers than the function has are a sentence."""
        try:
            return await super().preprocess_data(*arguments, **named)
        except gr.Error:
            raise
        # What Gradio and pydantic raise over a payload is of every kind.
        except Exception as error:
            raise refuse(WRONG_INPUT) from error

    async def process_api(self, *arguments: Any, **named: Any) -> dict[str, Any]:
        """As Gradio's; of what nobody expected the owner has a log and the visitor a sentence."""
        try:
            return await super().process_api(*arguments, **named)
        except gr.Error:
            raise
        except Exception as error:
            traceback.print_exception(error)
            raise refuse(BROKEN) from error
