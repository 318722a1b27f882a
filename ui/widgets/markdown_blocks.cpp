#include "ui/widgets/markdown_blocks.h"

#include <algorithm>

namespace attune::ui {

namespace {

// A paragraph ends a piece of prose from the first size on; a line from the second; anything at the third.
constexpr qsizetype kParagraphCut = 1500, kLineCut = 6000, kHardCut = 8000;

struct Fence {
  QChar mark;
  qsizetype length = 0; // 0 = none
  qsizetype indent = 0;
  QStringView info;
};

Fence fenceOf(QStringView line) {
  Fence fence;
  while (fence.indent < line.size() && line[fence.indent] == u' ') ++fence.indent;
  if (fence.indent > 3 || fence.indent == line.size()) return {};
  fence.mark = line[fence.indent];
  if (fence.mark != u'`' && fence.mark != u'~') return {};
  qsizetype end = fence.indent;
  while (end < line.size() && line[end] == fence.mark) ++end;
  fence.length = end - fence.indent;
  fence.info = line.mid(end).trimmed();
  if (fence.length < 3 || (fence.mark == u'`' && fence.info.contains(u'`'))) return {};
  return fence;
}

/// Whether a line cannot belong to a list, table or quotation above a blank line.
bool beginsParagraph(QStringView line) {
  if (line.isEmpty()) return false;
  const QChar first = line.front();
  return !first.isSpace() && !first.isDigit() && !QStringView(u"-*+>|:").contains(first);
}

QStringView withoutIndent(QStringView line, qsizetype indent) {
  qsizetype skip = 0;
  while (skip < std::min(indent, line.size()) && line[skip] == u' ') ++skip;
  return line.mid(skip);
}

} // namespace

std::vector<MarkdownBlock> markdownBlocks(const QString &markdown, qsizetype begin, size_t most) {
  std::vector<MarkdownBlock> blocks;
  Fence open;
  MarkdownBlock block;
  block.begin = begin;
  bool blank = false; // the line before
  const auto close = [&](qsizetype next) {
    if (block.code || !QStringView(block.text).trimmed().isEmpty()) blocks.push_back(block);
    block = MarkdownBlock();
    block.begin = next;
  };
  for (qsizetype at = begin; at < markdown.size();) {
    if (blocks.size() + 1 >= most && at == block.begin) {
      block.code = true;
      block.text = markdown.mid(at);
      break;
    }
    qsizetype end = markdown.indexOf(u'\n', at);
    if (end < 0) end = markdown.size();
    const bool cut = open.length == 0 && end - at > kHardCut;
    if (cut) end = at + kHardCut;
    const QStringView line = QStringView(markdown).mid(at, end - at);
    const qsizetype next = cut ? end : std::min(end + 1, markdown.size());
    const Fence fence = fenceOf(line);
    if (open.length > 0) {
      const bool closes = fence.mark == open.mark && fence.length >= open.length && fence.info.isEmpty();
      if (!closes) {
        if (!block.text.isEmpty()) block.text += u'\n';
        block.text += withoutIndent(line, open.indent);
      } else {
        open = {};
        close(next);
      }
    } else if (fence.length > 0) {
      close(at);
      block.code = true;
      block.language = fence.info.left(40).toString();
      open = fence;
    } else {
      const qsizetype size = block.text.size();
      if ((size > kParagraphCut && blank && beginsParagraph(line)) || size > kLineCut) close(at);
      block.text += line;
      block.text += u'\n';
    }
    blank = line.trimmed().isEmpty();
    at = next;
  }
  close(markdown.size());
  return blocks;
}

} // namespace attune::ui
