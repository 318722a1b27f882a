// Markdown cut into blocks that can be rendered on their own: fenced code, and prose in pieces of bounded size. An answer
// that grows is cut again from its last block only. Pure functions.
#pragma once

#include <QString>

#include <vector>

namespace attune::ui {

struct MarkdownBlock {
  bool code = false;
  QString text;     // of code: without its fences
  QString language; // of code, as written
  qsizetype begin = 0;
};

/// The blocks of `markdown` from `begin`, where a block begins; at most `most`, the last one then holds the rest as it is.
std::vector<MarkdownBlock> markdownBlocks(const QString &markdown, qsizetype begin = 0, size_t most = 200);

} // namespace attune::ui
