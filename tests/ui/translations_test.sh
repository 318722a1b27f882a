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
# Since a plain literal does not become a QString here, whatever is shown passes through one of these. Two words, or a word
# with a capital, are meant for a person; files that speak to other programs, and names, are not.
literal='(QStringLiteral|QLatin1String|fromUtf8|fromLatin1)\("([^"\\]|\\.)*|[^A-Za-z_]u"([^"\\]|\\.)*'
words='([^A-Za-z"][A-Z][a-z]{2,}|"[A-Z][a-z]{2,}|[a-z]{2,} [A-Za-z]{2,})'
names='"(Attune|English|ModelScope|ForCausalLM|Alpaca|ShareGPT|attune train|attune submit|scontrol show job |User|Base|Tuned|SmolLM2-.*)"|\\n\*\*(User|Base|Tuned)\*\*'
if grep -rL 'include <QDBus' ui app/gui --include='*.cpp' --include='*.h' |
  grep -vE '^(ui/widgets/theme|ui/shell/diagnostics|app/gui/composition|ui/models/terminal_command|ui/net/(hub_address|hub_files|file_transfer))\.cpp$' | xargs grep -noE "($literal)\"" |
  sed -E 's/^([^:]*:[0-9]+:)[^"]*/\1/' | grep -E "[0-9]+:.*$words" | grep -vE "$names"; then
  echo "These texts are shown without tr()." >&2
  exit 1
fi
