#!/usr/bin/env python3
"""Ids and trained masks of conversations through the starter model's own template, by Hugging Face transformers:
writes tests/data/chat_ids.json. Trained: tokens whose first byte lies in an assistant's content (found in the text
from left to right, never in the ids), and the first <|im_end|> behind it.

Usage: make_chat_ids_fixture.py MODEL_FOLDER [REPOSITORY]
"""
import json
import pathlib
import sys

from transformers import AutoTokenizer

TALKS = [
    [("user", "Hello"), ("assistant", "Hi there!")],
    [("system", "Be brief."), ("user", "What is 2 + 2?"), ("assistant", "4"), ("user", "And 3 + 3?"), ("assistant", "6.")],
    [("user", "spaces "), ("assistant", "  indented\n\n    code\n"), ("user", "\n\nx"), ("assistant", "\ty \n ")],
    [("user", "你好，世界"), ("assistant", "你好！👋🏽 有什么可以帮你？"), ("user", "é ß ﬁ"), ("assistant", "İ ñ 12345 don't")],
    [("assistant", "I begin"), ("user", "ok")],
    [("user", "same"), ("assistant", "user\nsame"), ("user", "same"), ("assistant", "same")],
    [("user", "q"), ("assistant", "")],
]


def main():
    folder = sys.argv[1]
    root = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else pathlib.Path(__file__).resolve().parents[2]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    cases = []
    for talk in TALKS:
        messages = [{"role": role, "content": content} for role, content in talk]
        text = tokenizer.apply_chat_template(messages, tokenize=False)
        encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        ids, offsets = encoded["input_ids"], encoded["offset_mapping"]
        spans, at = [], 0
        for role, content in talk:
            begin = text.index(f"<|im_start|>{role}\n{content}<|im_end|>", at) + len(f"<|im_start|>{role}\n")
            at = begin + len(content)
            if role == "assistant" and content:
                spans.append((begin, at))
        trained = []
        for begin, stop in spans:
            inside = [i for i, (first, _) in enumerate(offsets) if begin <= first < stop]
            behind = next(i for i, (first, _) in enumerate(offsets) if first >= stop and ids[i] == end)
            trained.append(inside + [behind])
        cases.append({"messages": messages, "text": text, "ids": ids, "trained": trained})
    out = root / "tests/data/chat_ids.json"
    out.write_text(json.dumps(cases, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    print(len(cases), "conversations,", out.stat().st_size, "bytes")


main()
