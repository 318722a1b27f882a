#include "core/store/local_token_preview.h"

#include "core/data/dataset_file.h"
#include "core/data/dataset_stats.h"
#include "core/data/row_preview.h"

namespace attune::store {

namespace {

data::DatasetOptions optionsOf(const api::RunConfig &config, int64_t vocabulary) {
  data::DatasetOptions options;
  options.templateName = config.templateName;
  options.maxLength = config.maxLength;
  options.overlength = api::Overlength::Truncate; // a preview shows what would be refused, too
  options.trainOn = config.trainOn;
  options.threads = 1; // a training may want the cores
  options.vocabularySize = vocabulary;
  return options;
}

} // namespace

Result<std::vector<api::RowTokens>> LocalTokenPreview::rows(const api::RunConfig &config, int64_t first, int64_t count,
                                                            const StopToken &stop) {
  ATTUNE_TRY(const LoadedTokenizer known, m_tokenizers->load(config.model, config.dataset));
  ATTUNE_TRY(const auto preview, data::previewRows(config.dataset, known.bundle, optionsOf(config, known.vocabulary), first, count, stop));
  std::vector<api::RowTokens> rows;
  for (const data::RowPreview &shown : preview.shown) rows.push_back(rowTokens(shown, known.bundle));
  return rows;
}

Result<int64_t> LocalTokenPreview::countRows(const api::RunConfig &config, const StopToken &stop) {
  int64_t rows = 0;
  for (const api::DatasetRef &ref : config.dataset) {
    ATTUNE_TRY(const auto file, data::openDataset(ref, stop));
    rows += file.source->count();
  }
  return rows;
}

Result<api::LengthSurvey> LocalTokenPreview::lengths(const api::RunConfig &config, const StopToken &stop) {
  ATTUNE_TRY(const LoadedTokenizer known, m_tokenizers->load(config.model, config.dataset));
  data::DatasetOptions options = optionsOf(config, known.vocabulary);
  options.keepFacts = true;
  ATTUNE_TRY(const auto dataset, data::surveyDataset(config.dataset, &known.bundle, options, stop));
  const data::DatasetStats stats = data::datasetStats(dataset, config.maxLength);
  api::LengthSurvey survey{stats.rows, stats.usableRows, stats.overCutoff, stats.trainedTokens, stats.tokens, {}, ""};
  for (const data::LengthBin &bin : stats.histogram) survey.histogram.push_back({bin.from, bin.to, bin.rows});
  const Status verdict = data::datasetVerdict(dataset);
  if (!verdict.ok()) survey.refusal = verdict.error().text();
  return survey;
}

} // namespace attune::store
