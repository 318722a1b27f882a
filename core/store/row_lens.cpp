#include "core/store/row_lens.h"

#include "core/data/chat_dataset.h"
#include "core/data/row_fields.h"

#include <algorithm>
#include <limits>

namespace attune::store {

namespace {

template <typename Number> Number clamped(size_t value) {
  return static_cast<Number>(std::min<size_t>(value, std::numeric_limits<Number>::max()));
}

} // namespace

RowReading readRow(const RowTexts &texts, TextRef ref, api::DatasetFormat fileFormat, int64_t vocabulary) {
  RowReading reading;
  reading.value = texts.read(ref, reading.problems);
  if (!reading.value) return reading;
  reading.format = data::rowFormat(*reading.value, fileFormat);
  data::RowProblems report(reading.problems, texts.file().source->path(), -1, 0);
  reading.record = data::parseRecord(*reading.value, {fileFormat, vocabulary}, report);
  return reading;
}

Result<std::shared_ptr<const RowLens>> RowLens::create(TokenizerCache &tokenizers, const api::RunConfig &config, const std::string &file,
                                                       api::DatasetFormat format) {
  if (config.maxLength < 1) return Error{ErrorCode::InvalidConfig, "max_length must be at least 1.", "max_length", ""};
  std::shared_ptr<RowLens> lens(new RowLens());
  lens->m_maxLength = config.maxLength;
  lens->m_trainOn = config.trainOn;
  if (config.model.empty()) return std::shared_ptr<const RowLens>(std::move(lens));
  ATTUNE_TRY(lens->m_tokenizer, tokenizers.load(config.model, {{file, format}}));
  ATTUNE_TRY(lens->m_encoder, data::RowEncoder::create(lens->m_tokenizer.bundle, config.templateName, config.trainOn));
  lens->m_vocabulary = lens->m_tokenizer.vocabulary > 0 ? lens->m_tokenizer.vocabulary : lens->m_encoder->vocabularySize();
  return std::shared_ptr<const RowLens>(std::move(lens));
}

RowMeasure RowLens::measure(const RowTexts &texts, TextRef ref, api::DatasetFormat fileFormat, bool encode) const {
  RowReading reading = readRow(texts, ref, fileFormat, m_vocabulary);
  RowMeasure measure;
  measure.known = true;
  measure.usable = reading.record.has_value();
  api::RowFigures &figures = measure.figures;
  figures.bytes = clamped<int32_t>(texts.size(ref));
  if (reading.value) figures.turns = data::countTurns(*reading.value, reading.format);
  auto errors = static_cast<size_t>(reading.problems.errors());
  if (reading.record && m_encoder && encode) {
    auto encoded = reading.record->format != api::DatasetFormat::Tokens && !m_tokenizer.bundle.tokenizer
                       ? Result<data::Sample>(Error{ErrorCode::MissingInFolder, "The model has no tokenizer.", "", ""})
                       : m_encoder->encode(*reading.record);
    if (encoded.ok()) {
      figures.tokens = clamped<int32_t>(encoded->ids.size());
      figures.trainedTokens = static_cast<int32_t>(data::countTargets(encoded->labels));
      const bool outside = std::any_of(encoded->ids.begin(), encoded->ids.end(),
                                       [&](int32_t id) { return m_tokenizer.vocabulary > 0 && id >= m_tokenizer.vocabulary; });
      errors += outside;
      encoded->labels.resize(std::min(encoded->labels.size(), static_cast<size_t>(m_maxLength)));
      measure.trains = data::countTargets(encoded->labels) > 0;
    } else {
      ++errors; // the template failed
    }
  } else if (reading.record) {
    measure.trains = data::hasSomethingToTrain(*reading.record, m_trainOn);
  }
  figures.errors = clamped<uint16_t>(errors);
  figures.warnings = clamped<uint16_t>(static_cast<size_t>(reading.problems.warnings()));
  return measure;
}

Result<api::RowTokens> RowLens::tokens(const RowTexts &texts, TextRef ref, api::DatasetFormat fileFormat) const {
  const RowReading reading = readRow(texts, ref, fileFormat, m_vocabulary);
  if (!reading.record) {
    const auto &found = reading.problems.items();
    const data::Problem *why = reading.problems.firstError();
    if (!why && !found.empty()) why = &found.front();
    return Error{ErrorCode::InvalidData, why ? why->message : "The row cannot be read.", why ? why->field : "", why ? why->fix : ""};
  }
  if (!m_encoder) return Error{ErrorCode::Usage, "Without a model a row has no tokens.", "", "Choose a model."};
  if (reading.record->format != api::DatasetFormat::Tokens && !m_tokenizer.bundle.tokenizer)
    return Error{ErrorCode::MissingInFolder, "The model has no tokenizer, which these rows need.", "", "Choose another model."};
  ATTUNE_TRY(const data::RowPreview shown, data::previewRecord(*reading.record, *m_encoder, m_maxLength));
  return rowTokens(shown, m_tokenizer.bundle);
}

} // namespace attune::store
