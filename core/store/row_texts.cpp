#include "core/store/row_texts.h"

namespace attune::store {

Result<Json> parseRow(std::string_view text) {
  JsonLimits limits; // as RowSource::read
  limits.maxDepth = 64;
  limits.maxKeys = 1000;
  limits.keepNumberTexts = true;
  return parseJson(text, "", limits);
}

TextRef RowTexts::add(const JournalText &text) {
  const std::lock_guard<std::mutex> lock(m_mutex);
  m_edited.push_back(text);
  return static_cast<TextRef>(static_cast<size_t>(m_file.source->count()) + m_edited.size() - 1);
}

std::optional<JournalText> RowTexts::edited(TextRef ref) const {
  if (ref < m_file.source->count()) return std::nullopt;
  const std::lock_guard<std::mutex> lock(m_mutex);
  return m_edited[static_cast<size_t>(ref - m_file.source->count())];
}

size_t RowTexts::size(TextRef ref) const {
  if (const auto text = edited(ref)) return text->size;
  return m_file.source->size(ref);
}

bool RowTexts::asInFile(TextRef ref) const {
  const auto text = edited(ref);
  return !text || text->asInFile;
}

Result<std::string> RowTexts::raw(TextRef ref) const {
  if (const auto text = edited(ref)) return m_journal->read(*text);
  return m_file.source->raw(ref);
}

std::optional<Json> RowTexts::read(TextRef ref, data::ProblemList &problems) const {
  if (!edited(ref)) return m_file.source->read(ref, problems);
  const auto bytes = raw(ref);
  if (bytes.ok()) return parse(ref, *bytes, problems);
  data::RowProblems(problems, m_file.source->path(), -1, 0)
      .error("", errorCodeName(bytes.error().code), bytes.error().message, bytes.error().hint);
  return std::nullopt;
}

std::optional<Json> RowTexts::parse(TextRef ref, std::string_view raw, data::ProblemList &problems) const {
  if (asInFile(ref)) {
    const bool own = ref < m_file.source->count();
    return m_file.source->parse(raw, own ? int64_t(ref) : -1, own ? m_file.source->line(ref) : 0, problems);
  }
  auto value = parseRow(raw);
  if (value.ok()) return std::move(*value);
  data::RowProblems(problems, m_file.source->path(), -1, 0).error("", "not_json", value.error().message, "");
  return std::nullopt;
}

} // namespace attune::store
