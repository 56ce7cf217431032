"""The client libraries of PyPI against the Worker: what each makes of its answers.

Usage: clients.py ORIGIN. Reads asks as a line of JSON each, {"client", "model", "prompt", "stream"}, and answers with a line:
{"text", "finish", "calls"} or {"error", "status", "message"}.
"""

import json
import sys

import anthropic
import openai
from google import genai
from google.genai import errors, types

ORIGIN = sys.argv[1]
OPENAI = openai.OpenAI(base_url=f"{ORIGIN}/v1", api_key="none", max_retries=0)
ANTHROPIC = anthropic.Anthropic(base_url=ORIGIN, api_key="none", max_retries=0)
GEMINI = genai.Client(api_key="none", http_options=types.HttpOptions(base_url=ORIGIN))


def chat(model, prompt, stream):
    messages = [{"role": "user", "content": prompt}]
    if not stream:
        (choice,) = OPENAI.chat.completions.create(model=model, messages=messages).choices
        calls = [call.function.name for call in choice.message.tool_calls or []]
        return choice.message.content or "", choice.finish_reason, calls
    text, finish, calls = "", None, []
    for chunk in OPENAI.chat.completions.create(model=model, messages=messages, stream=True):
        assert finish is None, "nothing follows the end"
        (choice,) = chunk.choices
        text += choice.delta.content or ""
        calls += [it.function.name for it in choice.delta.tool_calls or [] if it.function.name]
        finish = choice.finish_reason
    return text, finish, calls


def responses(model, prompt, stream):
    if stream:
        with OPENAI.responses.stream(model=model, input=prompt) as events:
            ends = [event for event in events if event.type in ("response.completed", "response.incomplete")]
        (end,) = ends
        response = end.response
    else:
        response = OPENAI.responses.create(model=model, input=prompt)
    why = response.incomplete_details.reason if response.incomplete_details else response.status
    calls = [item.name for item in response.output if item.type == "function_call"]
    return response.output_text, why, calls


def messages(model, prompt, stream):
    asked = {"model": model, "max_tokens": 500, "messages": [{"role": "user", "content": prompt}]}
    if stream:
        with ANTHROPIC.messages.stream(**asked) as events:
            message = events.get_final_message()
    else:
        message = ANTHROPIC.messages.create(**asked)
    text = "".join(block.text for block in message.content if block.type == "text")
    calls = [block.name for block in message.content if block.type == "tool_use"]
    return text, message.stop_reason, calls


def gemini(model, prompt, stream):
    text, finish, calls = "", None, []
    if stream:
        chunks = GEMINI.models.generate_content_stream(model=model, contents=prompt)
    else:
        chunks = [GEMINI.models.generate_content(model=model, contents=prompt)]
    for chunk in chunks:
        (candidate,) = chunk.candidates
        for part in candidate.content.parts or []:
            text += part.text or ""
            if part.function_call:
                calls.append(part.function_call.name)
        assert finish is None, "nothing follows the end"
        finish = candidate.finish_reason.value if candidate.finish_reason else None
    return text, finish, calls


CLIENTS = {"chat": chat, "responses": responses, "messages": messages, "gemini": gemini}


def answer(client, model, prompt, stream):
    try:
        text, finish, calls = CLIENTS[client](model, prompt, stream)
        return {"text": text, "finish": finish, "calls": calls}
    except (openai.APIStatusError, anthropic.APIStatusError) as error:
        return {"error": type(error).__name__, "status": error.status_code, "message": str(error)}
    except errors.APIError as error:
        return {"error": type(error).__name__, "status": error.code, "message": str(error)}
    except Exception as error:  # noqa: BLE001 (the test tells what it is)
        return {"error": type(error).__name__, "status": 0, "message": str(error)}


for line in sys.stdin:
    print(json.dumps(answer(**json.loads(line))), flush=True)
