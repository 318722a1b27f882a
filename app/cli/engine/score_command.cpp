// attune score: log-probabilities, perplexity and logits of given tokens.
#include "app/cli/command/output.h"
#include "app/cli/command/template_option.h"
#include "app/cli/command/token_ids.h"
#include "app/cli/engine/model_options.h"
#include "core/data/chat_dataset.h"
#include "core/data/dataset_file.h"
#include "core/generate/finite_logits.h"
#include "core/generate/scorer.h"
#include "core/io/safetensors.h"

#include <cmath>

namespace attune::app {

namespace {

class ScoreCommand : public Command {
public:
  std::string name() const override { return "score"; }
  std::string summary() const override { return "Log-probabilities and perplexity of given text or tokens"; }
  std::string example() const override { return "attune score --model model.gguf --text \"The capital of France is Paris.\" --json"; }
  unsigned globalOptions() const override { return kTakesThreads | kTakesDevice; }
  void addOptions(CLI::App &options) override {
    m_model.add(options);
    auto *input = options.add_option_group("input", "What to score (one of these)");
    input->add_option("--ids", m_ids, "Token ids, \"1 2 3\"");
    input->add_option("--text", m_text, "Raw text");
    input->add_option("--file", m_file, "A dataset file; conversations score their answers only");
    input->require_option(1);
    m_template.add(options);
    options.add_option("--logits", m_logits, "Write the raw logits here (safetensors, float32 [T, V])");
  }

  Result<int> run(CommandContext &context) override {
    if (!m_logits.empty() && m_file) return Error{ErrorCode::Usage, "Logits can be written for --ids and --text only.", "--logits", ""};
    if (context.json && !m_logits.empty()) ATTUNE_CHECK(checkBesideJson(m_logits, "--logits"));
    std::vector<int32_t> ids;
    if (m_ids) {
      ATTUNE_TRY(ids, parseIds(*m_ids));
    }
    bool needsText = m_text.has_value();
    if (m_file) {
      ATTUNE_TRY(needsText, data::needsTokenizer({{*m_file}}));
    }
    ATTUNE_TRY(core::ModelSession session, m_model.open(context, needsText));
    if (m_file) return scoreFile(session, context);
    if (m_text) ids = session.encode(*m_text);
    ATTUNE_CHECK(scoreRow(session, ids, nullptr));
    return report(context, nullptr);
  }

private:
  Status scoreRow(core::ModelSession &session, const std::vector<int32_t> &ids, const std::vector<int32_t> *targets) {
    std::optional<io::SafetensorsWriter> writer;
    core::LogitsSink sink;
    const int64_t vocab = session.model.transformer.config().vocab;
    if (!m_logits.empty() && !ids.empty()) {
      const io::SafetensorsSpec spec{"logits", io::DType::F32, {static_cast<int64_t>(ids.size()), vocab}};
      ATTUNE_TRY(io::SafetensorsWriter made, io::SafetensorsWriter::create(m_logits, {spec}));
      writer.emplace(std::move(made));
      sink = [&](const float *logits, int64_t rows) {
        return writer->write({reinterpret_cast<const uint8_t *>(logits), static_cast<size_t>(rows * vocab) * sizeof(float)});
      };
    }
    const auto scores =
        core::tokenLogProbs(session.model.transformer, session.model.tunedWeights, session.model.adapters(), ids, targets, sink);
    if (!scores.ok()) return core::withCause(scores.error(), m_model.model);
    for (const std::optional<double> &score : *scores) {
      m_logProbs.push_back(score);
      if (!score) continue;
      m_nll -= *score;
      ++m_tokens;
    }
    return writer ? writer->commit() : Status();
  }

  Result<int> scoreFile(core::ModelSession &session, CommandContext &context) {
    data::DatasetOptions options;
    options.maxLength = session.model.transformer.config().context;
    options.templateName = m_template.name;
    options.vocabularySize = session.model.transformer.config().vocab;
    auto encoded = data::encodeDataset({{*m_file}}, session.bundle, options, context.stop);
    if (!encoded.ok() && encoded.error().code == ErrorCode::NothingToTrain)
      return Error{ErrorCode::NothingToTrain, "The file has nothing to score: no row has an answer or a text.", *m_file,
                   "Give rows with answers, or texts."};
    ATTUNE_TRY(const data::EncodedDataset dataset, std::move(encoded));
    for (const data::Sample &sample : dataset.samples) {
      if (context.stop.stopRequested()) return Error{ErrorCode::Interrupted, "Scoring was stopped.", "", ""};
      ATTUNE_CHECK(scoreRow(session, sample.ids, &sample.labels));
    }
    return report(context, &dataset);
  }

  Result<int> report(CommandContext &context, const data::EncodedDataset *dataset) const {
    const double perplexity = m_tokens > 0 ? std::exp(m_nll / static_cast<double>(m_tokens)) : 0.0;
    if (context.json) {
      Json logProbs = Json::array();
      for (const std::optional<double> &score : m_logProbs) logProbs.push_back(score ? Json(*score) : Json());
      Json object = {{"tokens", m_tokens}, {"nll", m_nll}, {"perplexity", m_tokens > 0 ? Json(perplexity) : Json()}};
      object["logprobs"] = std::move(logProbs);
      if (dataset) object.update({{"rows", dataset->samples.size()}, {"dropped", dataset->dropped()}, {"truncated", dataset->truncated}});
      printJson(context, object);
      return 0;
    }
    if (dataset) {
      context.out << "rows: " << dataset->samples.size() << '\n';
      if (dataset->dropped() > 0 && !context.quiet)
        context.err << dataset->dropped() << " of " << dataset->rows << " rows are left out: empty, or without anything to score.\n";
      if (dataset->truncated > 0 && !context.quiet)
        context.err << dataset->truncated << " of " << dataset->rows << " rows are cut at the model's context.\n";
    }
    context.out << "tokens: " << m_tokens << "\nnll: " << m_nll << '\n';
    if (m_tokens > 0) context.out << "perplexity: " << perplexity << '\n';
    return 0;
  }

  ModelOptions m_model;
  std::optional<std::string> m_ids, m_text, m_file;
  TemplateOption m_template;
  std::string m_logits;
  std::vector<std::optional<double>> m_logProbs;
  double m_nll = 0.0;
  int64_t m_tokens = 0;
};

ATTUNE_COMMAND(ScoreCommand);

} // namespace

} // namespace attune::app
