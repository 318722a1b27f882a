#!/usr/bin/env python3
"""Renders templates and expressions with jinja2, set up as Hugging Face transformers sets it up, and writes
tests/data/template_cases.json and tests/data/template_expressions.json.

Usage: make_template_fixtures.py [REPOSITORY]   (needs jinja2 >= 3.1.6)
"""
import json
import pathlib
import sys
import time

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from template_conversations import CONVERSATIONS
from template_expressions import EXPRESSIONS, STATEMENTS, VARIABLES

NOW = 1732406400  # 2024-11-24 00:00:00 UTC


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_keep"), [], [], body).set_lineno(line)

    def _keep(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment():
    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda format: time.strftime(format, time.gmtime(NOW))
    return env


def aliased(message):
    message = {k: v for k, v in message.items() if v is not None}
    reasoning = next((message[k] for k in ("reasoning_content", "thinking", "reasoning") if message.get(k) is not None), None)
    return message if reasoning is None else {"thinking": reasoning, **message, "reasoning_content": reasoning}


def render(env, source, **variables):
    try:
        return {"text": env.from_string(source).render(**variables)}
    except Exception as error:  # the message differs, that it fails must not
        return {"fails": type(error).__name__}


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    env = environment()
    cases = []
    for path in sorted((root / "tests/data/templates").glob("*.jinja")):
        source = path.read_text(encoding="utf-8")
        for number, conversation in enumerate(CONVERSATIONS):
            for prompt in (False, True):
                result = render(env, source, messages=[aliased(m) for m in conversation["messages"]], tools=conversation.get("tools"),
                                documents=None, add_generation_prompt=prompt, bos_token="<s>", eos_token="</s>")
                cases.append({"template": path.stem, "conversation": number, "prompt": prompt, **result})
    texts = sorted({case["text"] for case in cases if "text" in case})
    places = {text: i for i, text in enumerate(texts)}
    for case in cases:  # many renderings are the same: name each text once
        if "text" in case:
            case["text"] = places[case["text"]]
    out = root / "tests/data/template_cases.json"
    out.write_text(json.dumps({"now": NOW, "conversations": CONVERSATIONS, "texts": texts, "cases": cases}, ensure_ascii=False, separators=(",", ":")))
    results = []
    for expression in EXPRESSIONS:
        results.append({"source": "{{ " + expression + " }}", **render(env, "{{ " + expression + " }}", **VARIABLES)})
    for statement in STATEMENTS:
        results.append({"source": statement, **render(env, statement, **VARIABLES)})
    out2 = root / "tests/data/template_expressions.json"
    out2.write_text(json.dumps({"variables": VARIABLES, "cases": results}, ensure_ascii=False, indent=0))
    print(len(cases), "renderings,", sum("fails" in c for c in cases), "fail;", len(results), "expressions,",
          sum("fails" in c for c in results), "fail;", out.stat().st_size, out2.stat().st_size, "bytes")


main()
