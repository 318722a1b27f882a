#include "core/store/row_texts.h"

#include "core/base/fast_hash.h"

namespace attune::store {

namespace {

uint32_t sumOf(std::string_view text) {
  return static_cast<uint32_t>(fastHash({reinterpret_cast<const uint8_t *>(text.data()), text.size()}));
}

} // namespace

Result<std::shared_ptr<RowTexts>> RowTexts::create(data::DatasetFile file, std::shared_ptr<EditJournal> journal, const StopToken &stop) {
  std::shared_ptr<RowTexts> texts(new RowTexts(std::move(file), std::move(journal)));
  const data::RowSource &source = *texts->m_file.source;
  data::RowReader reader(source);
  texts->m_sums.reserve(static_cast<size_t>(source.count()));
  for (int64_t row = 0; row < source.count(); ++row) {
    if (row % 4096 == 0 && stop.stopRequested())
      return Error{ErrorCode::Interrupted, "Opening the dataset was stopped.", source.path(), ""};
    const auto text = reader.raw(row);
    if (!text.ok() && text.error().code == ErrorCode::IoFailed) return text.error();
    texts->m_sums.push_back(text.ok() ? sumOf(*text) : 0); // one too large is never read
  }
  return texts;
}

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
  auto text = m_file.source->rawAnyway(ref);
  if (text.ok() && sumOf(*text) != m_sums[ref])
    return Error{ErrorCode::IoFailed, "Another program changed this row in the file since it was opened.",
                 m_file.source->path() + ":" + std::to_string(m_file.source->line(ref)),
                 "Save over it to keep the rows that can be read, or discard the changes to see the file as it is now."};
  return text;
}

std::optional<Json> RowTexts::read(TextRef ref, data::ProblemList &problems) const {
  const auto bytes = raw(ref);
  if (!edited(ref)) return m_file.source->parse(ref, bytes.ok() ? Result<std::string_view>(*bytes) : bytes.error(), problems);
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
