#!/bin/sh
# Fails on a text without Chinese, a text that is no longer there, and a literal shown to the user without tr().
# usage: translations_test.sh LUPDATE (in the root of the tree)
work=$(mktemp -d) || exit 1
trap 'rm -r "$work"' EXIT
cp translations/attune_zh_CN.ts "$work/zh_CN.ts" || exit 1
"$1" -I . ui app/gui -ts "$work/zh_CN.ts" -locations none -silent 2>/dev/null || exit 1
if grep -B3 -E 'type="(unfinished|vanished|obsolete)"' "$work/zh_CN.ts"; then
  echo "translations/attune_zh_CN.ts is behind the sources: run lupdate -I . ui app/gui -ts translations/attune_zh_CN.ts and translate." >&2
  exit 1
fi
if grep -nE '(setText|setToolTip|addAction|addMenu|setPlaceholderText|setAccessibleName|setTitle)\(QStringLiteral\("[A-Za-z]+ ?[A-Za-z]*' -r ui app/gui | grep -v '"Attune"'; then
  echo "These texts are shown without tr()." >&2
  exit 1
fi
