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

Error noTokenizer() {
  return {ErrorCode::MissingInFolder, "The model has no tokenizer, which these rows need.", "", "Choose another model."};
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

/// The tokens of a row that training would use; what is wrong with them joins its problems.
std::optional<data::Sample> RowLens::encode(RowReading &reading, const std::string &file) const {
  if (!reading.record || !m_encoder) return std::nullopt;
  data::RowProblems report(reading.problems, file, -1, 0);
  auto encoded = reading.record->format != api::DatasetFormat::Tokens && !m_tokenizer.bundle.tokenizer ? Result<data::Sample>(noTokenizer())
                                                                                                       : m_encoder->encode(*reading.record);
  if (!encoded.ok()) {
    report.error("", errorCodeName(encoded.error().code), encoded.error().message, encoded.error().hint);
    return std::nullopt;
  }
  (void)data::reportOutside(encoded->ids, m_tokenizer.vocabulary, report);
  return std::move(*encoded);
}

RowReading RowLens::read(const RowTexts &texts, TextRef ref, api::DatasetFormat fileFormat, bool encoded) const {
  RowReading reading = readRow(texts, ref, fileFormat, m_vocabulary);
  if (encoded) (void)encode(reading, texts.file().source->path());
  return reading;
}

RowMeasure RowLens::measure(const RowTexts &texts, TextRef ref, api::DatasetFormat fileFormat, bool encoded) const {
  RowReading reading = readRow(texts, ref, fileFormat, m_vocabulary);
  RowMeasure measure;
  measure.known = true;
  measure.usable = reading.record.has_value();
  api::RowFigures &figures = measure.figures;
  figures.bytes = clamped<int32_t>(texts.size(ref));
  if (reading.value) figures.turns = data::countTurns(*reading.value, reading.format);
  if (m_encoder && encoded) {
    if (auto sample = encode(reading, texts.file().source->path())) {
      figures.tokens = clamped<int32_t>(sample->ids.size());
      figures.trainedTokens = static_cast<int32_t>(data::countTargets(sample->labels));
      sample->labels.resize(std::min(sample->labels.size(), static_cast<size_t>(m_maxLength)));
      measure.trains = data::countTargets(sample->labels) > 0;
    }
  } else if (reading.record) {
    measure.trains = data::hasSomethingToTrain(*reading.record, m_trainOn);
  }
  figures.errors = clamped<uint16_t>(static_cast<size_t>(reading.problems.errors()));
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
  if (reading.record->format != api::DatasetFormat::Tokens && !m_tokenizer.bundle.tokenizer) return noTokenizer();
  ATTUNE_TRY(const data::RowPreview shown, data::previewRecord(*reading.record, *m_encoder, m_maxLength));
  return rowTokens(shown, m_tokenizer.bundle);
}

} // namespace attune::store
