#include "core/data/chat_dataset.h"

#include "core/base/sha256.h"
#include "core/data/dataset_file.h"
#include "core/data/parallel_chunks.h"
#include "core/data/row_encoder.h"
#include "core/io/weight_source.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <limits>
#include <new>
#include <string_view>
#include <unordered_map>

namespace attune::data {

namespace {

constexpr int64_t kChunk = 64;             // rows a thread takes at a time
constexpr int64_t kTemplateFailures = 20;  // a template that fails on so many rows will fail on the others
constexpr int64_t kErrorsEnough = 1000000; // no use in counting on
constexpr double kMaxWeight = 1000.0;
constexpr double kSlack = 1e-6; // so that a fifth of ten rows is two, whatever 1.2 - 1 rounds to

/// What one chunk of rows gave.
struct Part {
  std::vector<Sample> samples;
  ProblemList problems;
  std::vector<RowFacts> facts;
  std::vector<size_t> hashes; // of the raw rows, for duplicates
  int64_t usable = 0;
  int64_t answerable = 0;
  int64_t droppedOverlength = 0;
  int64_t truncated = 0;
  int64_t droppedNoTargets = 0;
  int64_t templateFailures = 0;
  int64_t calls = 0; // rows with a tool call in an answer
};

int32_t clamp32(size_t value) { return static_cast<int32_t>(std::min(value, size_t(std::numeric_limits<int32_t>::max()))); }

bool hasToolCall(const tokenizer::Conversation &conversation) {
  return std::any_of(conversation.messages.begin(), conversation.messages.end(), [](const auto &message) {
    const auto holds = [&](const std::string &key) {
      const size_t at = message.extraJson.find(key);
      return at != std::string::npos && message.extraJson.compare(at + key.size(), 2, "[]") != 0;
    };
    return message.role == "assistant" && (holds("\"tool_calls\":") || holds("\"function_call\":"));
  });
}

/// One file's rows on their way to samples.
class FileSurvey {
public:
  FileSurvey(const DatasetFile &file, size_t fileIndex, int64_t firstRow, const RowEncoder *encoder, const DatasetOptions &options)
      : m_file(file), m_fileIndex(fileIndex), m_firstRow(firstRow), m_encoder(encoder), m_options(options),
        m_vocabulary(options.vocabularySize > 0 || !encoder ? options.vocabularySize : encoder->vocabularySize()) {}

  Part rows(int64_t begin, int64_t end) const {
    Part part;
    RowReader reader(*m_file.source);
    for (int64_t row = begin; row < end; ++row) one(row, reader, part);
    return part;
  }

private:
  void one(int64_t row, RowReader &reader, Part &part) const {
    const RowSource &source = *m_file.source;
    if (m_options.findDuplicates) {
      const auto raw = reader.raw(row);
      part.hashes.push_back(raw.ok() ? std::hash<std::string_view>()(*raw) : 0);
    }
    const auto record = readRecord(m_file, reader, row, m_vocabulary, part.problems);
    if (!record) return;
    ++part.usable;
    part.calls += hasToolCall(record->conversation);
    part.answerable += hasSomethingToTrain(*record, m_options.trainOn);
    RowFacts facts;
    facts.row = static_cast<int32_t>(row);
    facts.line = clamp32(static_cast<size_t>(source.line(row)));
    facts.file = static_cast<int32_t>(m_fileIndex);
    facts.turns = record->conversation.messages.empty() ? 1 : clamp32(record->conversation.messages.size());
    facts.bytes = clamp32(source.size(row));
    if (m_encoder) encode(row, *record, part, facts);
    if (m_options.keepFacts) part.facts.push_back(facts);
  }

  void encode(int64_t row, const Record &record, Part &part, RowFacts &facts) const {
    RowProblems problems(part.problems, m_file.source->path(), row, m_file.source->line(row));
    auto encoded = m_encoder->encode(record);
    if (!encoded.ok()) {
      ++part.templateFailures;
      problems.error("", errorCodeName(encoded.error().code), encoded.error().message.substr(0, 400), encoded.error().hint);
      return;
    }
    Sample sample = std::move(*encoded);
    facts.tokens = clamp32(sample.ids.size());
    facts.trainedTokens = static_cast<int32_t>(countTargets(sample.labels));
    const auto length = static_cast<int64_t>(sample.ids.size());
    if (length > m_options.maxLength) {
      if (m_options.overlength == api::Overlength::Drop) {
        ++part.droppedOverlength;
        return;
      }
      if (m_options.overlength == api::Overlength::Refuse) {
        problems.error("", "too_long",
                       std::string("The row has ") + std::to_string(length) + " tokens and max_length is " +
                           std::to_string(m_options.maxLength) + ".",
                       "Raise max_length, shorten the row, or set overlength to truncate or drop.");
        return;
      }
      ++part.truncated;
      sample.ids.resize(static_cast<size_t>(m_options.maxLength));
      sample.labels.resize(static_cast<size_t>(m_options.maxLength));
      sample.ids.shrink_to_fit();
      sample.labels.shrink_to_fit();
    }
    if (reportOutside(sample.ids, m_options.vocabularySize, problems)) return;
    if (countTargets(sample.labels) == 0) {
      ++part.droppedNoTargets;
      return;
    }
    sample.row = m_firstRow + row;
    part.samples.push_back(std::move(sample));
  }

  const DatasetFile &m_file;
  size_t m_fileIndex;
  int64_t m_firstRow;
  const RowEncoder *m_encoder;
  const DatasetOptions &m_options;
  int64_t m_vocabulary; // what ids of token rows are judged by
};

/// Whole copies of all samples in order, then an even choice of them for the rest of the weight.
void applyWeight(std::vector<Sample> &samples, double weight) {
  if (weight == 1.0) return;
  const auto copies = static_cast<int64_t>(std::floor(weight));
  const double rest = weight - std::floor(weight);
  std::vector<Sample> weighted;
  for (int64_t copy = 0; copy < copies; ++copy) weighted.insert(weighted.end(), samples.begin(), samples.end());
  for (size_t i = 0; i < samples.size(); ++i) {
    const auto at = static_cast<double>(i);
    if (std::floor((at + 1) * rest + kSlack) > std::floor(at * rest + kSlack)) weighted.push_back(samples[i]);
  }
  samples = std::move(weighted);
}

void mergePart(Part &&part, EncodedDataset &dataset, std::vector<Sample> &samples) {
  std::move(part.samples.begin(), part.samples.end(), std::back_inserter(samples));
  dataset.problems.append(part.problems);
  dataset.facts.insert(dataset.facts.end(), part.facts.begin(), part.facts.end());
  dataset.usableRows += part.usable;
  dataset.answerableRows += part.answerable;
  dataset.droppedOverlength += part.droppedOverlength;
  dataset.truncated += part.truncated;
  dataset.droppedNoTargets += part.droppedNoTargets;
}

/// Finds rows equal to an earlier one of any file.
class DuplicateFinder {
public:
  explicit DuplicateFinder(const std::vector<DatasetFile> &files) : m_files(files) {}

  void report(size_t file, const std::vector<size_t> &hashes, ProblemList &problems) {
    const RowSource &source = *m_files[file].source;
    for (size_t i = 0; i < hashes.size(); ++i) {
      const auto row = static_cast<int64_t>(i);
      const auto [found, added] = m_first.emplace(hashes[i], Place{file, row});
      const Place first = found->second;
      if (added || !sameRow(*m_files[first.file].source, first.row, source, row)) continue;
      const std::string where = first.file == file ? "" : " of " + m_files[first.file].source->path();
      RowProblems(problems, source.path(), row, source.line(row))
          .warn("", "duplicate", "The row is the same as row " + std::to_string(first.row) + where + ".",
                "Delete one of them, unless it should count twice.");
    }
  }

private:
  struct Place {
    size_t file;
    int64_t row;
  };
  const std::vector<DatasetFile> &m_files;
  std::unordered_map<size_t, Place> m_first;
};

void reportToolCalls(const DatasetFile &file, const RowEncoder &encoder, int64_t rows, ProblemList &problems) {
  if (rows == 0) return;
  const std::string count = std::to_string(rows) + (rows == 1 ? " row has" : " rows have") + " tool calls in an answer, which ";
  RowProblems report(problems, file.source->path(), -1, 0);
  if (encoder.trainsToolCalls())
    report.warn("", "tool_calls_trained", count + "are trained as the template renders them.", "");
  else
    report.warn("", "tool_calls_not_trained", count + "are not trained under this template; the text of answers is.",
                "Use a template with {% generation %} around what is to be trained, or set train_on to all.");
}

Result<EncodedDataset> survey(const std::vector<api::DatasetRef> &files, const tokenizer::TokenizerBundle *bundle,
                              const DatasetOptions &options, const StopToken &stop, const ProgressFunction &progress) {
  EncodedDataset dataset;
  std::optional<RowEncoder> encoder;
  if (bundle) {
    ATTUNE_TRY(encoder, RowEncoder::create(*bundle, options.templateName, options.trainOn));
  }
  for (const auto &ref : files) {
    if (!(ref.weight > 0.0) || ref.weight > kMaxWeight) {
      return Error{ErrorCode::InvalidConfig, "A dataset's weight must be above 0 and at most 1000.", ref.path,
                   "Use 1 to take every row once."};
    }
  }
  ATTUNE_TRY(const auto opened, openDatasets(files, stop));
  Sha256 hash;
  int64_t total = 0;
  for (const auto &file : opened) {
    ATTUNE_CHECK(file.source->eachBlock([&](ByteView block) { hash.update(block); }));
    total += file.source->count();
    if (bundle && !bundle->tokenizer && file.format != api::DatasetFormat::Tokens) {
      return Error{ErrorCode::MissingInFolder, "The model has no tokenizer, which these rows need.", file.source->path(),
                   "Put the model's tokenizer files into its folder, or give rows of token ids."};
    }
  }
  dataset.hash = hash.hex();
  dataset.format = formatOf(opened);
  dataset.columns = columnsOf(opened);
  DuplicateFinder duplicates(opened);
  for (size_t i = 0; i < opened.size(); ++i) {
    const DatasetFile &file = opened[i];
    dataset.problems.append(file.source->problems());
    if (encoder && dataset.templateUsed.empty()) dataset.templateUsed = encoder->templateFor(file.format);
    const FileSurvey rows(file, i, dataset.rows, encoder ? &*encoder : nullptr, options);
    std::vector<Sample> samples;
    std::vector<size_t> hashes;
    int64_t templateFailures = 0;
    int64_t calls = 0;
    const auto report = [&](int64_t done) {
      if (progress) progress(dataset.rows + done, total);
    };
    const bool finished = forEachChunk(
        file.source->count(), kChunk, options.threads, stop, report, [&](int64_t begin, int64_t end) { return rows.rows(begin, end); },
        [&](Part &&part) {
          templateFailures += part.templateFailures;
          calls += part.calls;
          hashes.insert(hashes.end(), part.hashes.begin(), part.hashes.end());
          mergePart(std::move(part), dataset, samples);
          return templateFailures < kTemplateFailures && dataset.problems.errors() < kErrorsEnough;
        });
    if (!finished) return Error{ErrorCode::Interrupted, "Reading the dataset was stopped.", file.source->path(), ""};
    duplicates.report(i, hashes, dataset.problems);
    ATTUNE_CHECK(file.source->unchanged()); // else its rows are not those that were hashed
    if (encoder) reportToolCalls(file, *encoder, calls, dataset.problems);
    applyWeight(samples, files[i].weight);
    std::move(samples.begin(), samples.end(), std::back_inserter(dataset.samples));
    dataset.rows += file.source->count();
  }
  for (const auto &sample : dataset.samples) {
    dataset.tokens += static_cast<int64_t>(sample.ids.size());
    dataset.trainedTokens += countTargets(sample.labels);
  }
  return dataset;
}

} // namespace

bool hasSomethingToTrain(const Record &record, api::TrainOn trainOn) {
  if (record.format == api::DatasetFormat::Text) return true;
  if (record.format == api::DatasetFormat::Tokens) return countTargets(record.tokens.labels) > 0;
  if (trainOn == api::TrainOn::All) return true;
  return std::any_of(record.conversation.messages.begin(), record.conversation.messages.end(),
                     [](const auto &message) { return message.role == "assistant"; });
}

int64_t countTargets(const std::vector<int32_t> &labels) {
  if (labels.empty()) return 0;
  return static_cast<int64_t>(labels.size()) - 1 - std::count(labels.begin() + 1, labels.end(), kIgnore);
}

Result<EncodedDataset> surveyDataset(const std::vector<api::DatasetRef> &files, const tokenizer::TokenizerBundle *bundle,
                                     const DatasetOptions &options, StopToken stop, const ProgressFunction &progress) {
  if (options.maxLength < 1) return Error{ErrorCode::InvalidConfig, "max_length must be at least 1.", "max_length", ""};
  try {
    return survey(files, bundle, options, stop, progress);
  } catch (const std::bad_alloc &) {
    return Error{ErrorCode::OutOfMemory, "There is not enough memory for the dataset.", files.empty() ? "" : files[0].path,
                 "Use fewer rows, or close other programs."};
  }
}

Result<tokenizer::TokenizerBundle> loadTokenizerFor(const std::string &model, const std::vector<api::DatasetRef> &files) {
  auto bundle = tokenizer::loadTokenizer(model);
  if (bundle.ok() || bundle.error().code != ErrorCode::MissingInFolder) return bundle;
  ATTUNE_TRY(const bool needed, needsTokenizer(files));
  return needed ? std::move(bundle) : tokenizer::TokenizerBundle{};
}

int64_t modelVocabularySize(const std::string &model) {
  const auto source = io::openModel(model, true);
  return source.ok() ? (*source)->config().vocab : 0;
}

bool reportOutside(const std::vector<int32_t> &ids, int64_t vocabulary, RowProblems &problems) {
  const auto id = std::find_if(ids.begin(), ids.end(), [&](int32_t each) { return vocabulary > 0 && each >= vocabulary; });
  if (id == ids.end()) return false;
  problems.error("", "id_out_of_range",
                 "The tokenizer gives the id " + std::to_string(*id) + ", and the model's vocabulary has only " +
                     std::to_string(vocabulary) + " tokens.",
                 "Use the tokenizer that belongs to the model, or leave that token out of the row.");
  return true;
}

Error mistakesError(int64_t mistakes, const Problem &first) {
  return {ErrorCode::InvalidData,
          "The dataset has " + std::to_string(mistakes) + (mistakes == 1 ? " mistake" : " mistakes, the first") + ": " + first.message,
          first.where(), first.fix + " \"attune data check\" lists all of them."};
}

Error nothingToTrain(const EncodedDataset &counts, bool encoded) {
  std::string why = "the files have no rows";
  if (counts.rows > 0) {
    why = std::to_string(counts.rows) + " rows were read, " + std::to_string(counts.rows - counts.usableRows) + " were empty, ";
    why += encoded ? std::to_string(counts.droppedOverlength) + " were dropped as too long and " + std::to_string(counts.droppedNoTargets) +
                         " had nothing to train"
                   : "and none has an answer";
  }
  return {ErrorCode::NothingToTrain, "The dataset would train on nothing: " + why + ".", "dataset",
          "Give rows with answers, raise max_length, or set train_on to all."};
}

Status datasetVerdict(const EncodedDataset &dataset) {
  if (const Problem *first = dataset.problems.firstError()) return mistakesError(dataset.problems.errors(), *first);
  const bool encoded = !dataset.templateUsed.empty();
  if (encoded ? !dataset.samples.empty() : dataset.answerableRows > 0) return {};
  return nothingToTrain(dataset, encoded);
}

Result<EncodedDataset> encodeDataset(const std::vector<api::DatasetRef> &files, const tokenizer::TokenizerBundle &bundle,
                                     const DatasetOptions &options, StopToken stop, const ProgressFunction &progress) {
  ATTUNE_TRY(auto dataset, surveyDataset(files, &bundle, options, stop, progress));
  ATTUNE_CHECK(datasetVerdict(dataset));
  return dataset;
}

} // namespace attune::data
