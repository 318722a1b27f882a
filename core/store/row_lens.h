// How rows are looked at: judged by the rules of their format and, with a model, tokenised under a template. Immutable after
// creation; any thread.
#pragma once

#include "core/api/dataset_document.h"
#include "core/data/row_encoder.h"
#include "core/store/row_texts.h"
#include "core/store/tokenizer_cache.h"

namespace attune::store {

/// What is to be told of a row's text.
struct RowReading {
  std::optional<Json> value;
  api::DatasetFormat format = api::DatasetFormat::Auto; // of this row
  std::optional<data::Record> record;                   // of a row that training would use
  data::ProblemList problems;
};
RowReading readRow(const RowTexts &texts, TextRef ref, api::DatasetFormat fileFormat, int64_t vocabulary);

/// What a survey keeps of a row.
struct RowMeasure {
  api::RowFigures figures;
  bool known = false;  // the row was looked at
  bool usable = false; // neither broken nor empty
  bool trains = false; // something, after the cut
};

class RowLens {
public:
  /// Without a model rows are only judged. Fails when the model's tokenizer or the template cannot be used.
  static Result<std::shared_ptr<const RowLens>> create(TokenizerCache &tokenizers, const api::RunConfig &config, const std::string &file,
                                                       api::DatasetFormat format);

  /// One that only judges.
  static std::shared_ptr<const RowLens> judging() { return std::shared_ptr<const RowLens>(new RowLens()); }

  bool encodes() const { return m_encoder.has_value(); }
  int64_t maxLength() const { return m_maxLength; }
  RowMeasure measure(const RowTexts &texts, TextRef ref, api::DatasetFormat fileFormat, bool encode = true) const;
  /// The row with every problem that measure() counts.
  RowReading read(const RowTexts &texts, TextRef ref, api::DatasetFormat fileFormat, bool encode) const;
  Result<api::RowTokens> tokens(const RowTexts &texts, TextRef ref, api::DatasetFormat fileFormat) const;

private:
  RowLens() = default;
  std::optional<data::Sample> encode(RowReading &reading, const std::string &file) const;
  LoadedTokenizer m_tokenizer;
  std::optional<data::RowEncoder> m_encoder;
  int64_t m_vocabulary = 0;
  int64_t m_maxLength = 0;
  api::TrainOn m_trainOn = api::TrainOn::Answers;
};

} // namespace attune::store
