// attune data check|stats|preview|convert|split: everything one does with dataset files before training.
#include "app/cli/command/output.h"
#include "app/cli/command/progress_line.h"
#include "core/api/config_fields.h"
#include "core/base/atomic_file.h"
#include "core/data/dataset_convert.h"
#include "core/data/dataset_stats.h"
#include "core/data/row_preview.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iomanip>

namespace attune::app {

namespace {

constexpr size_t kShownProblems = 50; // in the text for people; --json holds all that were kept

Json problemJson(const data::Problem &problem) {
  return {{"file", problem.file},
          {"row", problem.row < 0 ? Json() : Json(problem.row)}, // null: the file as a whole
          {"line", problem.line > 0 ? Json(problem.line) : Json()},
          {"field", problem.field},
          {"code", problem.code},
          {"message", problem.message},
          {"fix", problem.fix},
          {"severity", problem.severity == data::Severity::Error ? "error" : "warning"}};
}

Json statsJson(const data::DatasetStats &stats, const std::vector<std::string> &files) {
  Json histogram = Json::array();
  for (const data::LengthBin &bin : stats.histogram) histogram.push_back({{"from", bin.from}, {"to", bin.to}, {"rows", bin.rows}});
  Json longest = Json::array();
  for (const data::LongRow &row : stats.longestRows)
    longest.push_back({{"file", files[static_cast<size_t>(row.file)]}, {"row", row.row}, {"line", row.line}, {"length", row.length}});
  Json result = {{"usable_rows", stats.usableRows}, {"turns", stats.turns}, {"bytes", stats.bytes}};
  if (stats.inTokens) {
    result["tokens_before_cut"] = stats.tokens;
    result["trained_tokens_before_cut"] = stats.trainedTokens;
  }
  result["length"] = {{"unit", stats.inTokens ? "tokens" : "bytes"},
                      {"min", stats.shortest},
                      {"median", stats.median},
                      {"p95", stats.percentile95},
                      {"max", stats.longest},
                      {"mean", stats.mean}};
  if (stats.inTokens) {
    result["max_length"] = stats.cutoff;
    result["over_max_length"] = stats.overCutoff;
  }
  result["histogram"] = std::move(histogram);
  result["longest_rows"] = std::move(longest);
  return result;
}

class DataCommand : public Command {
public:
  std::string name() const override { return "data"; }
  std::string summary() const override { return "Check, count, show, convert or split the rows of a dataset"; }
  std::string example() const override { return "attune data check rows.jsonl --model model.gguf"; }
  unsigned globalOptions() const override { return kTakesThreads | kTakesSeed; }
  void addOptions(CLI::App &options) override {
    options.add_option("action", m_action, "check, stats, preview, convert or split")
        ->required()
        ->check(CLI::IsMember({"check", "stats", "preview", "convert", "split"}));
    options.add_option("files", m_files, "Dataset files: .jsonl, .json, .csv, .txt")->required();
    options.add_option("--model", m_model, "Count tokens with this model's tokenizer and template");
    std::vector<std::string> formats = api::datasetFormatNames();
    options.add_option("--format", m_format, "The rows' format; for convert the one to write")->check(CLI::IsMember(formats));
    options.add_option("--template", m_options.templateName, "Chat template: auto, model, a built-in name or a .jinja file");
    options.add_option("--max-length", m_options.maxLength, "Tokens a row may have")->check(CLI::Range(int64_t(2), int64_t(1) << 24));
    options.add_option("--train-on", m_trainOn, "Which answers are trained")->check(CLI::IsMember({"answers", "last", "all"}));
    options.add_option("--overlength", m_overlength, "What happens to longer rows")->check(CLI::IsMember({"truncate", "drop", "refuse"}));
    const auto only = [this](CLI::Option *option, const std::vector<std::string> &actions) {
      m_only.push_back({option->get_name(), actions, 0});
      return option->each([this, index = m_only.size() - 1](const std::string &) { ++m_only[index].given; });
    };
    only(options.add_option("--out", m_out,
                            "File that convert writes, laid out as its ending says (.jsonl, .json, .csv, .tsv, .txt); split "
                            "writes it and puts -validation before its ending"),
         {"convert", "split"});
    only(options.add_flag("--overwrite", m_overwrite, "Let convert and split replace files that exist, the input among them"),
         {"convert", "split"});
    only(options.add_option("--first", m_first, "First row that preview shows"), {"preview"})
        ->check(CLI::Range(int64_t(0), int64_t(1) << 40));
    only(options.add_option("--count", m_count, "Rows that preview shows"), {"preview"})->check(CLI::Range(int64_t(1), int64_t(10000)));
    only(options.add_option("--fraction", m_fraction, "Share of the rows that split sets aside"), {"split"})->check(CLI::Range(0.0, 1.0));
  }

  Result<int> run(CommandContext &context) override {
    for (const OnlyOption &option : m_only) {
      if (option.given == 0 || std::find(option.actions.begin(), option.actions.end(), m_action) != option.actions.end()) continue;
      return Error{ErrorCode::Usage, "\"data " + m_action + "\" has no " + option.name + ".", option.name,
                   "Leave it out; \"data " + option.actions.front() + "\" takes it."};
    }
    m_options.threads = static_cast<int>(context.threads);
    m_options.trainOn = m_trainOn == "last" ? api::TrainOn::Last : m_trainOn == "all" ? api::TrainOn::All : api::TrainOn::Answers;
    m_options.overlength = m_overlength == "drop"     ? api::Overlength::Drop
                           : m_overlength == "refuse" ? api::Overlength::Refuse
                                                      : api::Overlength::Truncate;
    if (m_action == "convert" || m_action == "split") {
      if (m_out.empty()) return Error{ErrorCode::Usage, "\"data " + m_action + "\" needs --out.", "--out", "Say which file to write."};
      return m_action == "convert" ? convert(context) : split(context);
    }
    m_options.findDuplicates = m_action == "check";
    m_options.keepFacts = m_action == "stats";
    std::optional<tokenizer::TokenizerBundle> bundle;
    if (!m_model.empty()) {
      ATTUNE_TRY(bundle, m_action == "preview" ? tokenizer::loadTokenizer(m_model) : data::loadTokenizerFor(m_model, refs()));
      m_options.vocabularySize = data::modelVocabularySize(m_model);
    } else if (m_action == "preview") {
      return Error{ErrorCode::Usage, "\"data preview\" needs --model, whose tokens it shows.", "--model", ""};
    }
    if (m_action == "preview") return preview(context, *bundle);
    ProgressLine progress(context);
    const auto show = [&](int64_t done, int64_t total) {
      if (context.progress) progress.show("Reading rows: " + std::to_string(done) + " of " + std::to_string(total));
    };
    ATTUNE_TRY(const data::EncodedDataset dataset, data::surveyDataset(refs(), bundle ? &*bundle : nullptr, m_options, context.stop, show));
    progress.finish();
    return report(context, dataset, bundle.has_value());
  }

private:
  std::vector<api::DatasetRef> refs() const {
    std::vector<api::DatasetRef> files;
    for (const std::string &path : m_files) {
      api::DatasetRef ref;
      ref.path = path;
      if (m_action != "convert") ref.format = data::formatFromName(m_format).value_or(api::DatasetFormat::Auto);
      files.push_back(ref);
    }
    return files;
  }

  /// What every action says of a dataset.
  static Json summaryJson(int64_t rows, const std::string &format, const std::vector<std::string> &columns, const data::ProblemList &list) {
    Json problems = Json::array();
    for (const data::Problem &problem : list.items()) problems.push_back(problemJson(problem));
    return {{"rows", rows},
            {"format", format},
            {"columns", columns},
            {"problems", std::move(problems)},
            {"errors", list.errors()},
            {"warnings", list.warnings()}};
  }

  Json overview(const data::EncodedDataset &dataset, bool tokens) const {
    Json result = summaryJson(dataset.rows, dataset.format, dataset.columns, dataset.problems);
    result["usable_rows"] = dataset.usableRows;
    result["hash"] = dataset.hash;
    if (tokens) {
      result["template"] = dataset.templateUsed;
      result["tokens"] = dataset.tokens;
      result["trained_tokens"] = dataset.trainedTokens;
      result["truncated"] = dataset.truncated;
      result["dropped_overlength"] = dataset.droppedOverlength;
      result["dropped_no_targets"] = dataset.droppedNoTargets;
    }
    return result;
  }

  /// check and stats. `check` refuses what `train` would refuse.
  Result<int> report(CommandContext &context, const data::EncodedDataset &dataset, bool tokens) const {
    const Status verdict = m_action == "check" ? data::datasetVerdict(dataset) : Status();
    const data::DatasetStats stats = m_action == "stats" ? data::datasetStats(dataset, m_options.maxLength) : data::DatasetStats();
    if (context.json) {
      Json object = overview(dataset, tokens);
      if (!verdict.ok() && verdict.error().code == ErrorCode::NothingToTrain) { // a problem of no single row
        const data::Problem none{m_files.front(),      -1, 0, "", "nothing_to_train", verdict.error().message, verdict.error().hint,
                                 data::Severity::Error};
        object["problems"].push_back(problemJson(none));
      }
      if (m_action == "stats") object.update(statsJson(stats, m_files));
      if (!verdict.ok()) object["error"] = errorJson(verdict.error());
      printJson(context, object);
      return verdict.ok() ? 0 : exitCodeOf(verdict.error().code);
    }
    printOverview(context.out, dataset, tokens);
    if (m_action == "stats") printStats(context.out, stats);
    if (!verdict.ok()) return verdict.error();
    return 0;
  }

  static void printOverview(std::ostream &out, const data::EncodedDataset &dataset, bool tokens) {
    out << dataset.rows << " rows, format " << dataset.format << ", " << dataset.usableRows << " usable\n";
    if (tokens)
      out << dataset.tokens << " tokens, " << dataset.trainedTokens << " of them trained; " << dataset.truncated << " rows cut, "
          << dataset.dropped() << " left out\n";
    printProblems(out, dataset.problems);
  }

  static void printProblems(std::ostream &out, const data::ProblemList &problems) {
    size_t shown = 0;
    for (const data::Problem &problem : problems.items()) {
      if (++shown > kShownProblems) break;
      out << (problem.severity == data::Severity::Error ? "error " : "warning ") << printable(problem.where()) << ": "
          << printable(problem.message) << ' ' << printable(problem.fix) << '\n';
    }
    const int64_t all = problems.errors() + problems.warnings();
    out << problems.errors() << " errors, " << problems.warnings() << " warnings";
    if (all > static_cast<int64_t>(kShownProblems)) out << " (the first " << kShownProblems << " are shown)";
    out << '\n';
  }

  static void printStats(std::ostream &out, const data::DatasetStats &stats) {
    const char *unit = stats.inTokens ? "tokens" : "bytes";
    out << "Length in " << unit << ": shortest " << stats.shortest << ", median " << stats.median << ", 95 % " << stats.percentile95
        << ", longest " << stats.longest << '\n';
    if (stats.inTokens) out << stats.overCutoff << " rows are longer than " << stats.cutoff << " tokens\n";
    int64_t most = 1;
    for (const data::LengthBin &bin : stats.histogram) most = std::max(most, bin.rows);
    for (const data::LengthBin &bin : stats.histogram)
      out << std::setw(8) << bin.from << " .. " << std::setw(8) << std::left << bin.to << std::right << std::setw(8) << bin.rows << ' '
          << std::string(static_cast<size_t>(40 * bin.rows / most), '#') << '\n';
  }

  Result<int> preview(CommandContext &context, const tokenizer::TokenizerBundle &bundle) const {
    ATTUNE_TRY(const auto found, data::previewRows(refs(), bundle, m_options, m_first, m_count));
    Json list = Json::array();
    for (const data::RowPreview &row : found.shown) {
      Json trained = Json::array();
      for (const int32_t label : row.labels) trained.push_back(label != data::kIgnore);
      if (context.json) {
        list.push_back({{"file", row.file},
                        {"row", row.row},
                        {"line", row.line},
                        {"format", row.format},
                        {"template", row.templateUsed},
                        {"text", row.text},
                        {"ids", row.ids},
                        {"pieces", row.pieces},
                        {"labels", row.labels},
                        {"trained", std::move(trained)},
                        {"full_length", row.fullLength}});
        continue;
      }
      context.out << "--- " << printable(row.file) << ":" << row.line << ", " << row.ids.size() << " of " << row.fullLength
                  << " tokens; trained parts between >> and <<\n"
                  << printable(markedText(bundle, row)) << '\n';
    }
    if (context.json) {
      Json object = summaryJson(found.rows, found.format, found.columns, found.problems);
      object["preview"] = std::move(list);
      printJson(context, object);
    } else if (!context.quiet) {
      if (m_first >= found.rows)
        context.err << "There is no row " << m_first << ": " << (found.rows == 0 ? "the files are empty" : "the last one is row ")
                    << (found.rows == 0 ? "" : std::to_string(found.rows - 1)) << ".\n";
      if (!found.problems.items().empty()) printProblems(context.err, found.problems);
    }
    return 0;
  }

  static std::string markedText(const tokenizer::TokenizerBundle &bundle, const data::RowPreview &row) {
    tokenizer::StreamingDecoder decoder(*bundle.tokenizer);
    std::string text;
    bool trained = false;
    for (size_t i = 0; i < row.ids.size(); ++i) {
      const bool now = row.labels[i] != data::kIgnore;
      if (now != trained) text += decoder.flush() + (now ? ">>" : "<<");
      trained = now;
      text += decoder.push(row.ids[i]);
    }
    return text + decoder.flush() + (trained ? "<<" : "");
  }

  Result<int> convert(CommandContext &context) const {
    const auto format = data::formatFromName(m_format);
    if (!format || *format == api::DatasetFormat::Auto)
      return Error{ErrorCode::Usage, "\"data convert\" needs the --format to write.", "--format", "alpaca, sharegpt, messages or text"};
    const bool toStdout = isStandardOutput(m_out);
    if (context.json) ATTUNE_CHECK(checkBesideJson(m_out, "--out"));
    ATTUNE_TRY(const auto report, data::convertDataset(refs(), *format, m_out, m_overwrite, context.stop));
    if (context.json) {
      Json object = summaryJson(report.rows, m_format, report.columns, report.problems);
      object["empty_rows"] = report.emptyRows;
      object["out"] = m_out;
      printJson(context, object);
      return 0;
    }
    (toStdout ? context.err : context.out) << report.rows << " rows written to " << m_out << '\n';
    if (report.emptyRows > 0 && !context.quiet) context.err << report.emptyRows << " empty rows are left out.\n";
    return 0;
  }

  Result<int> split(CommandContext &context) const {
    const size_t slash = m_out.rfind('/');
    const size_t dot = m_out.rfind('.');
    const bool ending = dot != std::string::npos && (slash == std::string::npos || dot > slash);
    const std::string stem = ending ? m_out.substr(0, dot) : m_out;
    const std::string validation = stem + "-validation" + (ending ? m_out.substr(dot) : "");
    for (const std::string &path : {m_out, validation})
      if (context.json) ATTUNE_CHECK(checkBesideJson(path, "--out"));
    ATTUNE_TRY(const auto report,
               data::splitDataset(refs(), m_fraction, context.seed.value_or(42), {m_out, validation, m_overwrite}, context.stop));
    if (context.json) {
      Json object = summaryJson(report.train + report.validation, report.format, report.columns, report.problems);
      object["train"] = {{"path", m_out}, {"rows", report.train}};
      object["validation"] = {{"path", validation}, {"rows", report.validation}};
      object["shared_rows"] = report.sharedRows;
      printJson(context, object);
      return 0;
    }
    const bool toStdout = isStandardOutput(m_out) || isStandardOutput(validation);
    (toStdout ? context.err : context.out) << report.train << " rows written to " << m_out << ", " << report.validation << " to "
                                           << validation << '\n';
    if (report.sharedRows > 0 && !context.quiet)
      context.err << report.sharedRows << " rows of the validation part are in the training part too; delete duplicates first "
                  << "(\"attune data check\" lists them).\n";
    return 0;
  }

  /// An option that means nothing to the other actions.
  struct OnlyOption {
    std::string name;
    std::vector<std::string> actions;
    int given;
  };

  std::vector<OnlyOption> m_only;
  std::string m_action;
  std::vector<std::string> m_files;
  std::string m_model;
  std::string m_format = "auto";
  std::string m_trainOn = "answers";
  std::string m_overlength = "truncate";
  std::string m_out;
  int64_t m_first = 0;
  int64_t m_count = 5;
  double m_fraction = 0.1;
  bool m_overwrite = false;
  data::DatasetOptions m_options;
};

ATTUNE_COMMAND(DataCommand);

} // namespace

} // namespace attune::app
