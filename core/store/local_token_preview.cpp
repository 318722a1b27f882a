#include "core/store/local_token_preview.h"

#include "core/data/dataset_file.h"
#include "core/data/dataset_stats.h"
#include "core/data/row_preview.h"

namespace attune::store {

namespace {

data::DatasetOptions optionsOf(const api::RunConfig &config) {
  data::DatasetOptions options;
  options.templateName = config.templateName;
  options.maxLength = config.maxLength;
  options.overlength = api::Overlength::Truncate; // a preview shows what would be refused, too
  options.trainOn = config.trainOn;
  options.threads = 1; // a training may want the cores
  return options;
}

} // namespace

Result<tokenizer::TokenizerBundle> LocalTokenPreview::bundle(const std::string &model) {
  {
    const std::lock_guard<std::mutex> lock(m_mutex);
    if (m_bundle.tokenizer && m_model == model) return m_bundle;
  }
  ATTUNE_TRY(auto loaded, tokenizer::loadTokenizer(model));
  const std::lock_guard<std::mutex> lock(m_mutex);
  m_model = model;
  m_bundle = loaded;
  return loaded;
}

Result<std::vector<api::RowTokens>> LocalTokenPreview::rows(const api::RunConfig &config, int64_t first, int64_t count, const StopToken &) {
  ATTUNE_TRY(const auto tools, bundle(config.model));
  data::ProblemList problems;
  ATTUNE_TRY(const auto previews, data::previewRows(config.dataset, tools, optionsOf(config), first, count, problems));
  std::vector<api::RowTokens> rows;
  for (const data::RowPreview &preview : previews) {
    api::RowTokens row{preview.file, preview.row, preview.line, {}, preview.fullLength, preview.templateUsed};
    tokenizer::StreamingDecoder decoder(*tools.tokenizer); // a character split over tokens shows at its last one
    for (size_t i = 0; i < preview.ids.size(); ++i)
      row.tokens.push_back({decoder.push(preview.ids[i]), preview.ids[i], i < preview.labels.size() && preview.labels[i] != -100});
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<int64_t> LocalTokenPreview::countRows(const api::RunConfig &config) {
  int64_t rows = 0;
  for (const api::DatasetRef &ref : config.dataset) {
    ATTUNE_TRY(const auto file, data::openDataset(ref));
    rows += file.source->count();
  }
  return rows;
}

Result<api::LengthSurvey> LocalTokenPreview::lengths(const api::RunConfig &config, const StopToken &stop) {
  ATTUNE_TRY(const auto tools, bundle(config.model));
  data::DatasetOptions options = optionsOf(config);
  options.keepFacts = true;
  ATTUNE_TRY(const auto dataset, data::surveyDataset(config.dataset, &tools, options, stop));
  const data::DatasetStats stats = data::datasetStats(dataset, config.maxLength);
  api::LengthSurvey survey{stats.rows, stats.usableRows, stats.overCutoff, stats.trainedTokens, stats.tokens, {}, ""};
  for (const data::LengthBin &bin : stats.histogram) survey.histogram.push_back({bin.from, bin.to, bin.rows});
  const Status verdict = data::datasetVerdict(dataset);
  if (!verdict.ok()) survey.refusal = verdict.error().text();
  return survey;
}

} // namespace attune::store
